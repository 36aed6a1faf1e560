//! Everything outside the process, behind the engine's ports: real adapters and the simulated world.
//!
//! Invariants: every call ends by itself within its deadline; a write is never repeated here; what could not be
//! read is an error or `None`, never a made-up number; what comes from outside is capped and stays
//! [`crate::base::Untrusted`] until it is shown.

pub mod checks;
pub mod cluster;
pub mod flags;
pub mod http;
pub mod metrics;
pub mod notify;
pub mod routers;
pub mod servers;
pub mod sim;
mod unconnected;
pub mod workloads;

pub use unconnected::Unconnected;
