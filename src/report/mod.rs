//! What people and scripts read of a release. Everything is made from one [`View`](crate::release::View); nothing
//! is looked up, and what is not known is said to be unknown.

pub mod card;
pub mod numbers;
pub mod status;
