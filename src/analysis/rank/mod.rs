//! The rank test that users of rank-based canary judges know: Wilcoxon's rank sum, also called Mann-Whitney.
//!
//! The numbers are those of R's `wilcox.test`: the exact distribution for small samples without ties, the normal
//! approximation with corrections for ties and continuity otherwise, and the interval for the shift by inverting the
//! test. It is here for comparison and for people who ask for it. The judge of a release does not rest on it: it
//! assumes independent points, which points of a gauge are not; it knows nothing of looking twice; and it counts
//! points, not requests, so that rare errors pass.
//!
//! Invariants: NaN is no value and is left out; an infinite value is the largest or the smallest and never stops the
//! test; roots are exact to 1e-9 of the data's own span, and no answer depends on the unit of the data.

mod class;
mod crossing;
mod effect;
mod exact;
mod normal;
mod pair;
mod root;
mod shift;
#[cfg(test)]
mod tests;
mod wilcoxon;

pub use class::{Class, Demand, Side, classify};
pub use effect::{common_language, mean_ratio};
pub use exact::Exact;
pub use normal::{probability, quantile};
pub use pair::{Pair, Values};
pub use root::zero;
pub use shift::{Continuity, Shift};
pub use wilcoxon::{Alternative, Method, Question, RankTest, ask};
