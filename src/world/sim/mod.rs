//! A scripted service with a stable and a new version, and people who release it.
//!
//! What this world answers is a function of the script, the seed, the time of its clock and what was written to
//! it; how often or in which order it is asked changes nothing. The same script runs on a virtual clock (tests,
//! the demo) and on the wall's.
//!
//! ```toml
//! start = 2026-12-01T08:00:00Z
//! [service]
//! old = "3.1.4"
//! new = "3.2.0"
//! [canary]
//! error-ratio = 0.0004
//! [[canary.errors]]               # two minutes after the canary first has 25 % of the traffic
//! since = "25%"
//! after = "2m"
//! ratio = 0.08
//! ```

mod bundled;
mod cast;
mod checks;
mod counts;
mod cue;
mod duty;
mod error;
mod flags;
mod history;
mod noise;
mod numbers;
mod script;
mod service;
mod traffic;
mod workloads;
mod world;

pub use bundled::{NAMES, bundled};
pub use cast::SimCast;
pub use error::ScriptError;
pub use world::{Play, SimWorld};

#[cfg(test)]
mod tests;
