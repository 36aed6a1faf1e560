//! What splits traffic, behind the engine's port: one file for each kind.
//!
//! Invariants: routes and sides are found by name, never by place; both sides are written in one change, bound to
//! what was read; a write goes out once and is never repeated here; one that puts traffic back is never refused for
//! ownership; the share that requests show never delays or spoils what the object says.

pub mod abort;
pub mod adapter;
mod argo;
pub mod claim;
mod command;
pub mod course;
mod deployment;
mod flag;
pub mod gitops;
pub mod hold;
mod httproute;
pub mod ignore;
mod lookup;
mod managed;
mod object;
mod observed;
pub mod owner;
mod owners;
mod patch;
pub mod promotion;
mod route;
mod service;
pub mod suspend;
#[cfg(test)]
mod tests;
mod virtualservice;
mod warnings;

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _};
use serde::de::IgnoredAny;

use crate::base::{Untrusted, Weight};
use crate::engine::ports::{Change, Clock, Fault, Moved, Numbers, Preview, Router, Split, Written};
use crate::plan::{Flag, Metric, Plan, Rollout, RouterKind, Source};
use crate::world::cluster::{self, Cluster};
use crate::world::http::Http;

use adapter::Adapter;
pub use adapter::OPERATION;
use observed::Observer;
use owners::Owners;

/// Moves traffic by every kind of router.
pub struct Routers {
    known: Known,
    means: Means,
    observer: Observer,
    owners: Owners,
}

/// What routers may need to know of a plan; nothing for a router that is named by hand.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its metrics: one of them says what requests say.
    pub metrics: Vec<Metric>,
    /// Where they come from.
    pub sources: Vec<Source>,
    /// Its flags: one of them may split the traffic.
    pub flags: Vec<Flag>,
}

impl From<&Plan> for Known {
    fn from(plan: &Plan) -> Self {
        Self { metrics: plan.metrics.clone(), sources: plan.sources.clone(), flags: plan.flags.clone() }
    }
}

/// What routers act with.
pub struct Means {
    /// The cluster; it needs no trust in the plan.
    pub cluster: Cluster,
    /// The numbers of the plan.
    pub numbers: Arc<dyn Numbers>,
    /// Our own clock.
    pub clock: Arc<dyn Clock>,
    /// Programs and requests of the plan, which need trust.
    pub leave: Leave,
}

/// Whether the plan's own programs and requests may be used.
#[derive(Clone, Debug)]
pub enum Leave {
    /// They may.
    Granted {
        /// The plan's folder: commands run there.
        folder: PathBuf,
        /// The user's HTTP client.
        http: Http,
    },
    /// They may not, and this says why and what lets them.
    Withheld(String),
}

impl Routers {
    /// The routers of a plan.
    pub fn new(known: Known, means: Means) -> Self {
        let observer = Observer::new(means.numbers.clone(), means.clock.clone());
        Self { known, means, observer, owners: Owners::default() }
    }

    fn adapter<'a>(&'a self, rollout: &'a Rollout) -> Result<Box<dyn Adapter + 'a>, Fault> {
        let Some(router) = &rollout.router else {
            let text =
                format!("{} has no router in the plan: a person moves its traffic by hand", rollout.id);
            return Err(Fault::Unsupported(text));
        };
        match &router.kind {
            RouterKind::Argo { object } => Ok(argo::adapter(&self.means, rollout, object)),
            RouterKind::Flag { flag } => flag::adapter(&self.means, &self.known.flags, flag),
            RouterKind::Command { .. } => command::adapter(&self.means, &router.kind),
            RouterKind::Deployment { object, sides, replicas } => {
                Ok(Box::new(deployment::adapter(&self.means.cluster, &self.owners, object, sides, *replicas)))
            }
            kind @ (RouterKind::HttpRoute { .. }
            | RouterKind::VirtualService { .. }
            | RouterKind::Service { .. }) => match object::adapter(&self.means.cluster, &self.owners, kind) {
                Some(single) => Ok(Box::new(single)),
                None => Err(adapter::unsupported(&kind.title(), "it is no object of a cluster")),
            },
        }
    }

    /// The metric that shows how requests are split, with its source.
    fn metric(&self, rollout: &Rollout) -> Option<(&Metric, &Source)> {
        let id = rollout.router.as_ref()?.observed.as_ref()?;
        let metric = self.known.metrics.iter().find(|metric| &metric.id == id)?;
        let source = metric.source.as_ref()?;
        Some((metric, self.known.sources.iter().find(|known| &known.id == source)?))
    }
}

impl Router for Routers {
    fn read<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Split, Fault>> {
        Box::pin(async move {
            let adapter = self.adapter(rollout)?;
            let metric = self.metric(rollout);
            if let Some((metric, source)) = metric {
                self.observer.ask(metric, source);
            }
            let mut split = adapter.read().await?;
            if let (None, Some((metric, _))) = (split.observed, metric) {
                split.observed = self.observer.share(&metric.id).await;
            }
            Ok(split)
        })
    }

    fn write<'a>(
        &'a self,
        rollout: &'a Rollout,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move { self.adapter(rollout)?.write(change).await })
    }

    fn preview<'a>(&'a self, rollout: &'a Rollout, weight: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        Box::pin(async move { self.adapter(rollout)?.preview(weight).await })
    }

    fn moves<'a>(&'a self, rollout: &'a Rollout) -> BoxStream<'a, Moved> {
        let watched = self.adapter(rollout).map(|adapter| adapter.watched()).unwrap_or_default();
        if watched.is_empty() {
            return stream::pending().boxed();
        }
        let cluster = &self.means.cluster;
        let watches = watched.into_iter().map(|objects| cluster.watch::<IgnoredAny>(objects));
        stream::select_all(watches).filter_map(|change| async move { moved(change) }).boxed()
    }
}

fn moved(change: cluster::Change<IgnoredAny>) -> Option<Moved> {
    match change {
        cluster::Change::Listed(_)
        | cluster::Change::Applied(_)
        | cluster::Change::Deleted(_)
        | cluster::Change::Back => Some(Moved::Changed),
        cluster::Change::Fresh => None,
        cluster::Change::Lost(refusal) => Some(Moved::Lost(Untrusted::new(refusal.to_string()))),
    }
}
