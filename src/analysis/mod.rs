//! Numbers to verdicts. Pure.

pub mod counter;
pub mod histogram;
pub mod judge;
pub mod rank;
mod sample;
pub mod sequential;
mod series;
#[cfg(test)]
mod tests;
pub mod threshold;
mod verdict;

pub use sample::{Arm, Measure, Quality, Sample, Tally};
pub use series::{Samples, Sum};
pub use verdict::Verdict;
