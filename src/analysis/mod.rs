//! Numbers to verdicts. Pure.

mod verdict;

pub use verdict::Verdict;
