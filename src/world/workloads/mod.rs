//! What runs: the versions of a workload, and the way back to one of them.

pub mod good;
pub mod sets;
pub mod undo;
