//! Real checks behind gates: commands, HTTP, git, metrics.
//!
//! Invariants: nothing passes on no answer; a command is an argument vector and never meets a shell; every run
//! ends within its gate's timeout, with everything it started; output is capped and kept as evidence.

mod capture;
mod command;
mod git;
mod health;
mod metric;
mod numbers;
mod remote;

pub(in crate::world) use command::{End, Ran, located, start};
pub(in crate::world) use git::inside;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;

use crate::analysis::Verdict;
use crate::base::Untrusted;
use crate::engine::ports::{Checks, Clock, Finding, Numbers};
use crate::plan::{Check, CommandCheck, Gate, Plan};
use crate::world::http::Http;

/// Runs the checks of one plan.
#[derive(Clone)]
pub struct RealChecks {
    folder: PathBuf,
    plan: Arc<Plan>,
    http: Http,
    numbers: Arc<dyn Numbers>,
    clock: Arc<dyn Clock>,
}

/// What a check found, before it was timed.
struct Found {
    verdict: Verdict,
    summary: Untrusted,
    evidence: Option<Vec<u8>>,
}

impl Found {
    fn new(verdict: Verdict, summary: impl Into<String>) -> Self {
        Self { verdict, summary: Untrusted::new(summary), evidence: None }
    }
    fn with(self, evidence: Vec<u8>) -> Self {
        Self { evidence: (!evidence.is_empty()).then_some(evidence), ..self }
    }
}

impl RealChecks {
    /// Checks of a plan whose folder this is: commands run there, repositories are looked for there.
    pub fn new(
        folder: PathBuf,
        plan: Arc<Plan>,
        http: Http,
        numbers: Arc<dyn Numbers>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { folder, plan, http, numbers, clock }
    }

    async fn find(&self, gate: &Gate, time: Duration) -> Found {
        match &gate.check {
            Check::Command(check) => command::run(&self.folder, check, gate.pass.as_ref(), time).await,
            Check::Http(check) => health::ask(&self.http, check, time).await,
            Check::Git(check) => git::look(&self.folder, check, time).await,
            Check::Metric { metric } => {
                metric::read(&self.plan, metric, gate.pass.as_ref(), self.numbers.as_ref(), self.clock.now())
                    .await
            }
            Check::Manual => Found::new(Verdict::NoData, "asks a person"),
        }
    }
}

/// Runs a command that is no gate, with the same caps, and says how it ended.
pub(in crate::world) async fn program(folder: &Path, check: &CommandCheck, time: Duration) -> Finding {
    let begun = Instant::now();
    let found = command::run(folder, check, None, time).await;
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Finding { verdict: found.verdict, summary: found.summary, evidence: found.evidence, took_ms }
}

impl Checks for RealChecks {
    fn run<'a>(&'a self, gate: &'a Gate) -> BoxFuture<'a, Finding> {
        Box::pin(async move {
            let begun = Instant::now();
            let time = Duration::from_secs(gate.timeout.0.max(1));
            // A check keeps its own time; this is for one that does not.
            let found = tokio::time::timeout(time + Duration::from_secs(2), self.find(gate, time)).await;
            let found = found
                .unwrap_or_else(|_| Found::new(Verdict::Error, format!("no answer in {} s", time.as_secs())));
            let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            Finding { verdict: found.verdict, summary: found.summary, evidence: found.evidence, took_ms }
        })
    }
}
