//! How often the pods of a workload restarted, and how many of them are ready.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::analysis::Quality;
use crate::analysis::counter::Count;
use crate::base::Seconds;
use crate::engine::ports::{Ask, Clock, Fault, Numbers, Reading};
use crate::plan::SourceKind;
use crate::world::cluster::{Cluster, Deadline, workload};

use super::counts::Part;
use super::exposition::Labels;
use super::looks::{Look, Looks, Seen, Show, What};
use super::sides::Side;

/// How far back restarts are counted when the query does not say.
const WINDOW: Seconds = Seconds(300);

/// How many pods a workload has, and how they do.
pub trait PodCounts: Send + Sync {
    /// The pods of a workload, given as `deployment/NAMESPACE/NAME`, or `rollout`.
    fn pods<'a>(&'a self, workload: &'a str) -> BoxFuture<'a, Result<Vec<Pod>, Fault>>;
}

/// One pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// How often its containers were restarted since it began.
    pub restarts: u64,
    /// Whether it takes traffic.
    pub ready: bool,
}

impl PodCounts for Cluster {
    fn pods<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Vec<Pod>, Fault>> {
        Box::pin(async move {
            let found = self.pods(&workload(text)?, Deadline::usual()).await?;
            // One that is over or on its way out is no longer the workload's.
            let live = found.into_iter().filter(|pod| pod.live);
            Ok(live
                .map(|pod| Pod { name: pod.name, restarts: pod.restarts.into(), ready: pod.ready })
                .collect())
        })
    }
}

/// Reads numbers of workloads.
pub struct Pods {
    cluster: Arc<dyn PodCounts>,
    clock: Arc<dyn Clock>,
    looks: Looks,
}

impl Pods {
    /// A reader of this cluster.
    pub fn new(cluster: Arc<dyn PodCounts>, clock: Arc<dyn Clock>) -> Self {
        Self { cluster, clock, looks: Looks::default() }
    }
}

impl Numbers for Pods {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move { self.looks.read(self, &ask, self.clock.now()).await })
    }
}

/// What a query asks of a workload.
enum Wanted {
    /// Restarts in the last so long.
    Restarts(Seconds),
    /// The share of pods that are ready.
    Ready,
}

impl Wanted {
    fn read(query: &str) -> Option<Self> {
        let mut words = query.split_whitespace();
        let wanted = match (words.next()?, words.next()) {
            ("ready", None) => Self::Ready,
            ("restarts", None) => Self::Restarts(WINDOW),
            ("restarts", Some(window)) => Self::Restarts(Seconds::parse(window)?),
            _ => return None,
        };
        words.next().is_none().then_some(wanted)
    }
}

impl Look for Pods {
    fn texts(&self, ask: &Ask<'_>) -> String {
        if let SourceKind::Kubernetes { workload } = &ask.source.kind {
            workload.clone()
        } else {
            String::new()
        }
    }

    fn look<'a>(&'a self, ask: &'a Ask<'a>, side: &'a Side<'a>) -> BoxFuture<'a, Result<Seen, Fault>> {
        Box::pin(async move {
            let SourceKind::Kubernetes { workload } = &ask.source.kind else {
                return Err(Fault::Unsupported(format!("{} is no workload", ask.source.id)));
            };
            let query = ask.metric.query.as_deref().unwrap_or_default();
            let wanted = Wanted::read(query).ok_or_else(|| {
                let text = "write query = \"ready\", \"restarts\" or \"restarts 10m\"";
                Fault::Unsupported(format!(
                    "metric {}: `{query}` is nothing a workload has; {text}",
                    ask.metric.id
                ))
            })?;
            let pods = self.cluster.pods(&side.fill(workload)).await?;
            let what = match wanted {
                Wanted::Ready if pods.is_empty() => What::Not(Quality::NoSeries),
                Wanted::Ready => {
                    What::Number(pods.iter().filter(|pod| pod.ready).count() as f64 / pods.len() as f64)
                }
                Wanted::Restarts(window) => {
                    let one = |pod: &Pod| Count {
                        series: (Part::Total, pod.name.clone(), Labels::new()),
                        value: pod.restarts as f64,
                        since: None,
                    };
                    What::Counters(Show::Within(window.signed()), pods.iter().map(one).collect())
                }
            };
            Ok(Seen { what, ..Seen::default() })
        })
    }
}
