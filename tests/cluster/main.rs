//! What is tested against a real control plane: one binary, one module a topic, one testbed for all.
//!
//! Each test works in a namespace of its own, so they run in parallel and in any order. A test that
//! disturbs the control plane itself (stops the API server, say) starts a testbed of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

mod access;
mod canary;
mod clusters;
mod contract;
mod following;
mod home;
mod parts;
mod rights;
mod rollback;
mod rollouts;
mod routers;
mod shares;
mod storm;
mod testbed;
mod weather;
#[path = "../suite/engine/world.rs"]
#[allow(dead_code, reason = "shared with the tests of the engine, which use the rest")]
mod world;
mod writes;
