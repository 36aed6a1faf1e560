//! Everything that is tested from outside the library: one binary, one module a topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are tests"
)]

mod arrows;
mod checks;
mod cluster;
mod cockpit;
#[path = "../peers/mod.rs"]
mod deciders;
mod engine;
mod flags;
mod judge;
mod lints;
mod peers;
mod plan_files;
mod playbooks;
mod prometheus;
mod quality;
mod rank;
mod rule_rows;
mod rules;
mod samples;
mod screens;
mod servers;
mod sources;
mod stores;
mod support;
mod terminal;
mod tools;
mod verbs;
mod verbs_baseline;
mod verbs_judge;
mod verbs_metric;
mod verbs_scripts;
mod workloads;
mod worlds;
