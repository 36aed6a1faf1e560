//! Thresholds over time: what a number says now, and whether a rule has held for long enough.
//!
//! `judged` is the word about the newest number. `machine` is where a rule stands: it looks back from the newest
//! sample over a `tape` of those that matter, asks at each of them what the rule says of its window (`look`), and for
//! an automatic action asks for `proof`.
//!
//! Invariants: where a rule stands is a function of the stored samples, the moments given and whether it had fired;
//! time accrues by the samples' own timestamps, never by a clock; a hole of up to two intervals neither adds time nor
//! starts anew, and with strict gaps it does start anew; no data is never green and never fires; a rule that cannot
//! be answered is unknown, never true.

mod judged;
mod look;
mod machine;
mod proof;
mod settings;
mod standing;
mod tape;
#[cfg(test)]
mod tests;

pub use judged::{Answer, Judged, Limits, answer, judge};
pub use machine::stand;
pub use settings::{Comparison, Course, Gaps, Proof, Reads, SECOND_LOOK, Sides, Span, Terms, Watched};
pub use standing::{Kept, Phase, Standing, State, Unsure};
