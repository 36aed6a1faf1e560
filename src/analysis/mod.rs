//! Numbers to verdicts. Pure.

pub mod baseline;
pub mod burn;
pub mod counter;
pub mod histogram;
pub mod judge;
pub mod quality;
pub mod rank;
mod sample;
pub mod sequential;
mod series;
pub mod threshold;
mod verdict;

pub use sample::{Arm, Measure, Quality, Sample, Tally};
pub use series::{Samples, Sum};
pub use verdict::Verdict;
