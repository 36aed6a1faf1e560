//! What several topics build on.

pub mod fleet;
pub mod monitoring;
pub mod pictures;
