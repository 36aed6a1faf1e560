//! Scripted runs of gates. Nothing is run; who reads a run sees that it was simulated.

use futures::future::BoxFuture;

use crate::analysis::Verdict;
use crate::base::{MetricId, Timestamp, Unit, Untrusted};
use crate::engine::ports::{Checks, Finding};
use crate::plan::rule::{Fact, Facts, Outcome};
use crate::plan::{Check, Gate};

use super::noise;
use super::world::Play;

impl Checks for Play {
    fn run<'a>(&'a self, gate: &'a Gate) -> BoxFuture<'a, Finding> {
        Box::pin(async move {
            let number = self.history().begin_run(&gate.id);
            let runs = self.script.gate.get(gate.id.as_str()).map_or(&[][..], Vec::as_slice);
            if let Some(run) = runs.get(number).or(runs.last()) {
                self.wait(run.takes.signed()).await;
                let output = (!run.output.is_empty()).then(|| run.output.clone().into_bytes());
                return finding(run.verdict, run.says.clone(), output, run.takes.signed());
            }
            match &gate.check {
                Check::Manual => finding(Verdict::NoData, "asks a person".to_owned(), None, 0),
                Check::Metric { metric } => self.metric(gate, metric),
                Check::Command(_) | Check::Http(_) | Check::Git(_) => {
                    let takes =
                        2 + (noise::share(self.seed, gate.id.as_str(), Timestamp::UNIX_EPOCH) * 4.0) as i64;
                    self.wait(takes).await;
                    let output = format!("simulated run {} of {}\n", number + 1, gate.id);
                    finding(Verdict::Pass, "simulated".to_owned(), Some(output.into_bytes()), takes)
                }
            }
        })
    }
}

impl Play {
    fn metric(&self, gate: &Gate, metric: &MetricId) -> Finding {
        let Some(value) = self.newest(metric.as_str()) else {
            return finding(Verdict::NoData, format!("no number for {metric}"), None, 0);
        };
        let facts = Facts::of(Fact::new(value, Unit::None));
        let shown = format!("simulated, {metric} is {value}");
        match gate.pass.as_ref().map(|rule| rule.evaluate(&facts)) {
            None | Some(Outcome::Holds) => finding(Verdict::Pass, shown, None, 0),
            Some(Outcome::Fails) => finding(Verdict::Fail, shown, None, 0),
            Some(Outcome::Unknown(doubt)) => finding(Verdict::Error, doubt.to_string(), None, 0),
        }
    }
}

fn finding(verdict: Verdict, summary: String, evidence: Option<Vec<u8>>, took: i64) -> Finding {
    let took_ms = u64::try_from(took).unwrap_or(0).saturating_mul(1000);
    Finding { verdict, summary: Untrusted::new(summary), evidence, took_ms }
}
