//! The judge: what the counts of two versions say about promoting or rolling back.

mod decision;

pub use decision::Decision;
