//! What runs: deploys, the way back to what ran before, its readiness, its pods and their logs.
//!
//! Invariants: an object is read, then the fence is asked, then it is written once, bound to what was read; what is
//! said to run was read back from the pods; the only version that runs is never scaled to nothing; what needs trust
//! is not run without it; waits follow the object instead of asking again and again, and end with the errand.

mod away;
mod commit;
mod follows;
pub mod good;
mod image;
mod pods;
mod readiness;
mod reference;
pub mod sets;
mod status;
mod step;
mod target;
pub mod undo;
mod wait;
mod workflow;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::base::Untrusted;
use crate::engine::ports::{Errand, Fault, Workloads};
use crate::plan::{CommandCheck, DeployBy, ProcedureStep, Rollout};
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
        let (folder, http) = match &self.leave {
            Leave::Granted { folder, http } => (folder, http),
            Leave::Withheld(why) => {
                return Err(Fault::Refused(rollout.id.to_string(), format!("nothing is deployed: {why}")));
            }
        };
        let deadline = target::deadline(errand.time);
        match &rollout.deploy.by {
            DeployBy::Nobody => wait::present(&self.cluster, rollout, deadline).await,
            DeployBy::Image { image, container } => {
                let wanted = image::Wanted { image, container: container.as_deref() };
                let target = target::deployed(rollout)?;
                image::deploy(&self.cluster, &target, &wanted, errand, deadline).await
            }
            DeployBy::GitOps(gitops) => {
                let follower = gitops.follows.as_deref().map(follows::Follower::parse).transpose()?;
                let made = commit::commit(folder, gitops, errand).await?;
                let word = if made.new { "committed" } else { "there already" };
                let mut said = format!("{} {word} as {}", gitops.image, short(&made.revision));
                if let Some(follower) = &follower {
                    follows::until_there(&self.cluster, follower, &made.revision, deadline).await?;
                    said.push_str(", synced and healthy");
                }
                self.seen_up(rollout, Untrusted::new(said), deadline).await
            }
            DeployBy::Workflow(workflow) => {
                let said = workflow::run(http, workflow, errand, deadline).await?;
                self.seen_up(rollout, said, deadline).await
            }
            DeployBy::Command { run } => {
                let command = CommandCheck { run: run.clone(), env: BTreeMap::new(), expect: None };
                let (outcome, said) = step::program(folder, &command, errand, deadline).await?;
                let first = Untrusted::new(said.raw().lines().next().unwrap_or_default());
                if !outcome.is_done() {
                    return Err(Fault::Refused(rollout.id.to_string(), first.line()));
                }
                self.seen_up(rollout, first, deadline).await
            }
        }
    }

    /// Whatever deployed it: where the plan names the workload, it has to be up, and its pods tell what runs.
    async fn seen_up(
        &self,
        rollout: &Rollout,
        said: Untrusted,
        deadline: Deadline,
    ) -> Result<Untrusted, Fault> {
        let Ok(target) = target::deployed(rollout) else { return Ok(said) };
        let up = wait::until_up(&self.cluster, &target, deadline).await?;
        let digest = match target::image(rollout) {
            Some(image) => wait::read_back(&self.cluster, &target, image, deadline).await?,
            None => wait::told(&self.cluster, &target, deadline).await?,
        };
        Ok(Untrusted::new(format!("{}; {}: {up}, {digest}", said.line(), target.object)))
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

    fn restore<'a>(
        &'a self,
        rollout: &'a Rollout,
        to: Option<&'a str>,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            let deadline = target::deadline(errand.time);
            match (Sides::of(rollout)?, to) {
                (Sides::Apart { stable, .. }, _) => {
                    away::wake(&self.cluster, &stable, errand, deadline).await
                }
                (Sides::Together(target), Some(to)) => {
                    away::bring_back(&self.cluster, &target, to, errand, deadline).await
                }
                (Sides::Together(target), None) => {
                    Ok(Untrusted::new(format!("{} keeps both versions", target.object)))
                }
            }
        })
    }

    fn retire<'a>(
        &'a self,
        rollout: &'a Rollout,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            let deadline = target::deadline(errand.time);
            match Sides::of(rollout)? {
                Sides::Apart { stable, canary } => {
                    away::scale_down(&self.cluster, &canary, &stable, errand, deadline).await
                }
                Sides::Together(target) => {
                    let text = format!("{} takes its old version away by itself", target.object);
                    Ok(Untrusted::new(text))
                }
            }
        })
    }

    fn step<'a>(
        &'a self,
        rollout: &'a Rollout,
        step: &'a ProcedureStep,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<(Outcome, Untrusted), Fault>> {
        Box::pin(step::take(self, rollout, step, errand))
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

fn short(revision: &str) -> &str {
    revision.get(..12).unwrap_or(revision)
}
