//! Evidence that may be looked at after every sample.
//!
//! A fixed-size test that is looked at every minute is wrong far more often than it says. The numbers here are
//! e-values: non-negative, with an expectation of at most one while the hypothesis they speak against is true, at
//! every moment somebody may stop and look. By Ville's inequality the chance that such a number ever reaches `1/α` is
//! at most `α`, however often it is looked at.
//!
//! The comparison of two sides is the counting-process test of Lindon and Malek (Anytime-valid inference for
//! multinomial count data, NeurIPS 2022, arXiv:2011.03567) with a share that may differ at each step: given the bad
//! events `k` of both sides, those of the canary are binomial with `p = ρw / (ρw + 1 − w)`, where `ρ` is the ratio of
//! the two rates and `w` the canary's share of all requests. What both sides suffer together cancels.
//!
//! Invariants: pure arithmetic on counts, in logarithms throughout; no time but the one on the steps; the same counts
//! in the same order give the same bits.

mod bound;
mod dispersion;
mod grid;
mod interval;
mod mixture;
mod schedule;
mod split;
mod sums;
#[cfg(test)]
mod tests;

pub use bound::{log_e_above, rate_at_least};
pub use dispersion::{BLOCKS, Dispersion, dispersion};
pub use grid::{FINE, Grid, WORSE};
pub use interval::{Ratio, ratio};
pub use mixture::{Missing, Mixture, Start};
pub use schedule::{LATER, SPACING, Schedule};
pub use split::{log_e_shares, log_e_split};
pub use sums::{Draw, Sums, log_mean_exp, log_sum_exp};
