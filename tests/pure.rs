//! The four pure rooms compile without the rest: they are taken in by path, and nothing else is here.
//!
//! Compiling is the test; what the rooms may not name besides is held in `suite/arrows.rs`.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::all,
    reason = "the rooms are held to every rule where they live; here they only have to compile"
)]

#[path = "../src/analysis/mod.rs"]
mod analysis;
#[path = "../src/base/mod.rs"]
mod base;
#[path = "../src/plan/mod.rs"]
mod plan;
#[path = "../src/release/mod.rs"]
mod release;

fn main() {}
