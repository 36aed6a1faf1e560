//! How well deciders decide: the judge of tminus beside the literal rules of playbooks, Argo Rollouts, Flagger and
//! Kayenta, on simulated canaries.
//!
//! Seeded: the same numbers at every run. `cargo bench --bench deciders` prints Markdown; `-- quick` takes a tenth of
//! the replications. What the peers compute is modelled in `tests/peers`, each held against its project's own cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a bench prints")]

mod counts;
mod errors;
mod gauge;
mod grid;
mod latency;
mod luck;
mod outcome;
#[path = "../../peers/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the suite uses the rest")]
mod peers;
mod report;
mod targets;
mod tminus_judge;

use std::time::Instant;

fn main() {
    let tenth = std::env::args().any(|word| word == "quick");
    let count = |full: usize| if tenth { full / 10 } else { full };
    let start = Instant::now();
    let errors = errors::all(count(2_000), count(250));
    let never = errors::ever(count(2_000));
    let latency = latency::all(count(300), count(100));
    let gauges = gauge::all(count(2_000));
    report::errors(&errors);
    report::latency(&latency);
    report::gauges(&gauges);
    targets::print(&errors, never, &latency, &gauges);
    println!("\nSimulated in {:.0} s.", start.elapsed().as_secs_f64());
}
