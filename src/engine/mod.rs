//! The one that acts: a single writer that turns inputs into events, and starts what was intended.

pub mod client;
pub mod ports;
