//! What runs: deploys, the way back to what ran before, its readiness, its pods and their logs.
//!
//! Invariants: an object is read, then the fence is asked, then it is written once, bound to what was read; what is
//! said to run was read back from the pods; the only version that runs is never scaled to nothing; what needs trust
//! is not run without it; waits follow the object instead of asking again and again, and end with the errand.

mod away;
pub mod good;
mod image;
mod pods;
mod readiness;
pub mod sets;
mod status;
mod target;
pub mod undo;
mod wait;

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::base::Untrusted;
use crate::engine::ports::{Errand, Fault, Workloads};
use crate::plan::{DeployBy, ProcedureStep, Rollout, StepKind};
use crate::release::{Outcome, PodCard, Readiness};
use crate::world::cluster::{Cluster, Deadline};
use crate::world::routers::Leave;

use target::Sides;

/// The workloads of a plan, in a cluster.
#[derive(Clone)]
pub struct Running {
    /// It needs no trust in the plan.
    cluster: Cluster,
    /// Programs and requests of the plan, which do.
    leave: Leave,
    registry: Arc<readiness::Registry>,
}

impl Running {
    /// The workloads of this cluster.
    pub fn new(cluster: Cluster, leave: Leave) -> Self {
        let http = match &leave {
            Leave::Granted { http, .. } => Some(http.clone()),
            Leave::Withheld(_) => None,
        };
        Self { cluster, leave, registry: Arc::new(readiness::Registry::new(http)) }
    }

    async fn bring_up(&self, rollout: &Rollout, errand: Errand<'_>) -> Result<Untrusted, Fault> {
        if let Leave::Withheld(why) = &self.leave {
            return Err(Fault::Refused(rollout.id.to_string(), format!("nothing is deployed: {why}")));
        }
        let deadline = target::deadline(errand.time);
        match &rollout.deploy.by {
            DeployBy::Nobody => wait::present(&self.cluster, rollout, deadline).await,
            DeployBy::Image { image, container } => {
                let wanted = image::Wanted { image, container: container.as_deref() };
                let target = target::deployed(rollout)?;
                image::deploy(&self.cluster, &target, &wanted, errand, deadline).await
            }
            DeployBy::GitOps(_) | DeployBy::Workflow(_) | DeployBy::Command { .. } => {
                Err(Fault::Unsupported(format!("{} is deployed in a way that is not known here", rollout.id)))
            }
        }
    }

    async fn take_away(
        &self,
        rollout: &Rollout,
        to: Option<&str>,
        errand: Errand<'_>,
    ) -> Result<Untrusted, Fault> {
        let deadline = target::deadline(errand.time);
        match Sides::of(rollout)? {
            Sides::Apart { stable, canary } => {
                away::scale_down(&self.cluster, &stable, &canary, errand, deadline).await
            }
            Sides::Together(target) => {
                let Some(to) = to else {
                    return Err(Fault::Refused(
                        target.object.to_string(),
                        "both versions are in it, and it is not known which one to bring back".to_owned(),
                    ));
                };
                away::bring_back(&self.cluster, &target, to, errand, deadline).await
            }
        }
    }
}

impl Workloads for Running {
    fn deploy<'a>(
        &'a self,
        rollout: &'a Rollout,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(self.bring_up(rollout, errand))
    }

    fn scale_down<'a>(
        &'a self,
        rollout: &'a Rollout,
        to: Option<&'a str>,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(self.take_away(rollout, to, errand))
    }

    fn step<'a>(
        &'a self,
        _: &'a Rollout,
        step: &'a ProcedureStep,
        _: Errand<'a>,
    ) -> BoxFuture<'a, Result<(Outcome, Untrusted), Fault>> {
        Box::pin(async move {
            let what = match &step.does {
                StepKind::Manual { text } => format!("do it by hand: {}", text.raw()),
                _ => format!("not run here, do it by hand: {}", step.title()),
            };
            Ok((Outcome::Skipped, Untrusted::new(what)))
        })
    }

    fn readiness<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Readiness, Fault>> {
        Box::pin(async move {
            if let Leave::Withheld(why) = &self.leave {
                return Err(Fault::Refused(rollout.id.to_string(), why.clone()));
            }
            readiness::look(&self.cluster, &self.registry, rollout).await
        })
    }

    fn pods<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Vec<PodCard>, Fault>> {
        Box::pin(async move {
            let seen = pods::of(&self.cluster, rollout, Deadline::usual()).await?;
            Ok(seen.into_iter().map(pods::Seen::card).collect())
        })
    }

    fn logs<'a>(
        &'a self,
        rollout: &'a Rollout,
        pod: &'a str,
        lines: u32,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(pods::log(&self.cluster, rollout, pod, lines))
    }
}
