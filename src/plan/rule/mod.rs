//! The rule grammar: the words of a playbook, read as comparisons.
//!
//! One small language covers what release playbooks say about numbers: `> 1% for 5 consecutive minutes`,
//! `P95 > 2x baseline`, `baseline +/- 10%`, `> 3 restarts in 5m`, `0 HIGH/CRITICAL`, `failed = 0 and tests > 0`.
//!
//! | written | read as |
//! |---|---|
//! | `error rate > 1% for 5m` | the named number, a comparison, how long it must last |
//! | `400-600 MB`, `10-50%` | a range, both ends included |
//! | `> 2x baseline`, `no increase` | a comparison with a multiple of the baseline |
//! | `baseline +/- 10%` | within that share of the baseline |
//! | `> 20% change`, `drops > 20%`, `+5%` | a change from the baseline, with its direction |
//! | `>= 30% better than 2.3.0`, `no regression > 10% against 2.3.0` | the same against a named version |
//! | `increasing`, `decreasing` | any change that way |
//! | `> 3 restarts in 5m`, `> 100 / hour` | a count over a window; a rate |
//! | `present`, `health checks failing`, `stable` | a flag that is up |
//! | `a = 0 and b > 1`, `a > 1 or b > 2` | both; either |
//! | `Canary healthy (error rate < 0.1%)` | the condition in the brackets |
//!
//! Where a playbook leaves the operator out, the reading is fixed and [`Rule`]'s `Display` shows it: zero is
//! `= 0`; a length of time after its name (`P0 15 min`) or a name that says `max` is `<=`; all else is `>=`.
//! `unit 100% in < 5 min` asks in addition that `unit duration` (without a name: `duration`) is below five minutes.
//! A clause without a name speaks of the number of the clause before it. `and` binds closer than `or`.
//! A remark in brackets is for people, unless it says the unit of a bare number: `> 1000 (ms)`.
//!
//! From text to rule: `token` cuts, `cursor` walks, `parse` joins, `clause` finds names and spans, `check` reads
//! the demand, `measure` its numbers, `write` puts it back; `reading` shows it with its numbers as written, `missing`
//! says what a phrase lacks, `query` what a query in it gives. `evaluate` holds it against [`Facts`].
//!
//! Invariants: parsing never panics and never guesses a missing number; the canonical text parses back to an
//! equal rule; a rule over a missing, infinite or non-numeric value is unknown, never true; numbers of
//! different units are never compared.

mod action;
mod check;
mod clause;
mod condition;
mod cursor;
mod doubt;
mod error;
mod evaluate;
mod facts;
mod measure;
mod missing;
mod parse;
mod phrase;
pub(crate) mod query;
mod reading;
mod subject;
#[cfg(test)]
mod tests;
mod token;
mod unit;
mod words;
mod write;
mod written;

pub use action::{Action, ActionWord, actions_of};
pub use condition::{Check, Direction, Op, Rule, Test};
pub use doubt::{Doubt, Outcome};
pub use error::RuleError;
pub use facts::{Better, Fact, Facts};
pub use missing::Missing;
pub use phrase::{Phrase, classify};
pub use reading::{Base, Number, Part, Reading, Tests, reading};
pub use subject::Subject;
pub use unit::UnitMismatch;
