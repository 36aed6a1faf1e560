//! The map of the house. A room may name only the rooms behind its arrow:
//!
//! - [`base`]: the small words everyone uses → nothing
//! - [`plan`]: what should happen → base
//! - [`analysis`]: numbers to verdicts → plan::rule, base
//! - [`release`]: what is true and what may happen next → analysis, plan, base
//! - [`journal`]: what has happened, durably → release, base
//! - [`engine`]: the one that acts → journal, release, analysis, plan, base
//! - [`report`]: what people read → journal, release, analysis, plan, base
//! - [`cli`]: the verbs, and the only wiring of the world to the engine's ports → all
//! - [`world`]: everything outside, behind the engine's ports → engine::ports, types of release, analysis, plan, base
//! - [`tui`]: the cockpit → engine::client, release, analysis, plan, base
//!
//! `base`, `plan`, `analysis` and `release` are pure: no I/O, no clock.

pub mod analysis;
pub mod base;
pub mod cli;
pub mod engine;
pub mod journal;
pub mod plan;
pub mod release;
pub mod report;
pub mod tui;
pub mod world;
