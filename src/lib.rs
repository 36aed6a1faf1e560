//! The map of the house. A room may name only the rooms named after its arrow:
//!
//! - [`base`]: the small words everyone uses → nothing
//! - [`plan`]: what should happen → base
//!
//! `base`, `plan`, `analysis` and `release` are pure: no I/O, no clock.

pub mod base;
pub mod plan;
