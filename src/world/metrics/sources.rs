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
use super::cluster::{Cluster, Pods};
use super::command::Commands;
use super::json::Documents;
use super::page::Pages;
use super::prometheus::Prometheus;

/// How long a source with a fallback may take, so that there is time left for that one.
const PATIENCE: Duration = Duration::from_millis(DEADLINE.0 * 450);

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
    pub cluster: Arc<dyn Cluster>,
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

    /// The source that is asked when this one does not answer; never itself.
    fn fallback(&self, source: &Source) -> Option<&Source> {
        let named = self.known.get(source.fallback.as_ref()?)?;
        (named.id != source.id).then_some(named)
    }
}

impl Numbers for Sources {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move {
            let first = self.of(&ask.source.kind).read(ask);
            let Some(other) = self.fallback(ask.source) else { return owned(first.await, ask.source) };
            let fault = match tokio::time::timeout(PATIENCE, first).await {
                Ok(Ok(reading)) => return Ok(reading),
                Ok(Err(fault)) => fault,
                Err(_) => {
                    let why = format!("no answer in {} ms", PATIENCE.as_millis());
                    Fault::Unreachable(ask.source.id.to_string(), why)
                }
            };
            match self.of(&other.kind).read(Ask { source: other, ..ask }).await {
                Ok(mut reading) => {
                    reading.notes.push(Untrusted::new(format!("{fault}; {} answered instead", other.id)));
                    reading.instead = Some(other.id.clone());
                    Ok(reading)
                }
                Err(_) => owned(Err(fault), ask.source),
            }
        })
    }
}

/// A fault names whom to turn to.
fn owned(answer: Result<Reading, Fault>, source: &Source) -> Result<Reading, Fault> {
    let Some(owner) = &source.owner else { return answer };
    let with = |why: String| format!("{why}; ask {owner}");
    answer.map_err(|fault| match fault {
        Fault::Unreachable(name, why) => Fault::Unreachable(name, with(why)),
        Fault::Refused(name, why) => Fault::Refused(name, with(why)),
        Fault::Foreign(name, why) => Fault::Foreign(name, with(why)),
        unsupported @ Fault::Unsupported(_) => unsupported,
    })
}
