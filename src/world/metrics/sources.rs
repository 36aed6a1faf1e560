//! All sources of a plan behind the one port: each is asked in its own way, and its fallback when it does not answer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::base::{SourceId, Untrusted};
use crate::engine::ports::{Ask, Clock, DEADLINE, Fault, Numbers, Reading};
use crate::plan::{Plan, Source, SourceKind};
use crate::world::http::Http;

use super::alertmanager::Alertmanager;
use super::cluster::{PodCounts, Pods};
use super::command::Commands;
use super::json::Documents;
use super::page::Pages;
use super::prometheus::Prometheus;

/// How many sources are asked for one answer.
const MOST: usize = 3;
/// How long they may take together: a little less than who asks waits.
const PATIENCE: Duration = Duration::from_millis(DEADLINE.0 * 950);

/// Reads numbers from every source of a plan.
pub struct Sources {
    known: BTreeMap<SourceId, Source>,
    prometheus: Prometheus,
    pages: Pages,
    documents: Documents,
    commands: Commands,
    alerts: Alertmanager,
    pods: Pods,
}

/// What sources are asked with.
pub struct Means {
    /// The plan's folder: commands run there.
    pub folder: PathBuf,
    /// The user's HTTP client.
    pub http: Http,
    /// The cluster.
    pub cluster: Arc<dyn PodCounts>,
    /// Our own clock.
    pub clock: Arc<dyn Clock>,
}

impl Sources {
    /// The sources of a plan that this user trusts.
    pub fn new(plan: &Plan, means: Means) -> Self {
        let Means { folder, http, cluster, clock } = means;
        Self {
            known: plan.sources.iter().map(|source| (source.id.clone(), source.clone())).collect(),
            prometheus: Prometheus::new(http.clone(), clock.clone()),
            pages: Pages::new(http.clone(), clock.clone()),
            documents: Documents::new(http.clone(), clock.clone()),
            commands: Commands::new(folder, clock.clone()),
            alerts: Alertmanager::new(http, clock.clone()),
            pods: Pods::new(cluster, clock),
        }
    }

    fn of(&self, kind: &SourceKind) -> &dyn Numbers {
        match kind {
            SourceKind::Prometheus { .. } => &self.prometheus,
            SourceKind::Exposition { .. } => &self.pages,
            SourceKind::Json { .. } => &self.documents,
            SourceKind::Command { .. } => &self.commands,
            SourceKind::Alertmanager { .. } => &self.alerts,
            SourceKind::Kubernetes { .. } => &self.pods,
        }
    }

    /// A source and those that are asked when it does not answer, in their order, each once.
    fn chain<'a>(&'a self, source: &'a Source) -> Vec<&'a Source> {
        let mut chain = vec![source];
        while let Some(next) = chain.last().and_then(|last| self.known.get(last.fallback.as_ref()?)) {
            if chain.len() >= MOST || chain.iter().any(|one| one.id == next.id) {
                break;
            }
            chain.push(next);
        }
        chain
    }
}

impl Numbers for Sources {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move {
            let chain = self.chain(ask.source);
            let patience = PATIENCE / u32::try_from(chain.len()).unwrap_or(1);
            let mut first: Option<Fault> = None;
            for source in chain {
                let asked = self.of(&source.kind).read(Ask { source, ..ask });
                let answer = tokio::time::timeout(patience, asked).await.unwrap_or_else(|_| {
                    let why = format!("no answer in {} ms", patience.as_millis());
                    Err(Fault::Unreachable(source.id.to_string(), why))
                });
                match (answer, &first) {
                    (Ok(reading), None) => return Ok(reading),
                    (Ok(mut reading), Some(fault)) => {
                        let note = format!("{fault}; {} answered instead", source.id);
                        reading.notes.push(Untrusted::new(note));
                        reading.instead = Some(source.id.clone());
                        return Ok(reading);
                    }
                    (Err(fault), None) => first = Some(owned(fault, source)),
                    (Err(_), Some(_)) => {}
                }
            }
            Err(first.unwrap_or_else(|| Fault::Unsupported(format!("{} was not asked", ask.source.id))))
        })
    }
}

/// A fault names whom to turn to.
fn owned(fault: Fault, source: &Source) -> Fault {
    let Some(owner) = &source.owner else { return fault };
    let with = |why: String| format!("{why}; ask {owner}");
    match fault {
        Fault::Unreachable(name, why) => Fault::Unreachable(name, with(why)),
        Fault::Refused(name, why) => Fault::Refused(name, with(why)),
        Fault::Foreign(name, why) => Fault::Foreign(name, with(why)),
        other => other,
    }
}
