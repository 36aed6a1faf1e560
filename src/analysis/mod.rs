//! Numbers to verdicts. Pure.

mod series;
pub mod threshold;
mod verdict;

pub use series::Samples;
pub use verdict::Verdict;
