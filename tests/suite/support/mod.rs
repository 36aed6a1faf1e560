//! What several topics build on.

pub mod pictures;
