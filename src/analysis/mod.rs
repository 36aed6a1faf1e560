//! Numbers to verdicts. Pure.

mod series;
#[cfg(test)]
mod tests;
pub mod threshold;
mod verdict;

pub use series::Samples;
pub use verdict::Verdict;
