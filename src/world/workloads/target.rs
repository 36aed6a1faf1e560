//! Which workloads of a cluster a rollout means.

use std::time::Duration;

use crate::base::{ObjectName, Seconds};
use crate::engine::ports::Fault;
use crate::plan::{Deploy, DeployBy, Rollout, RouterKind, Workload, WorkloadKind};
use crate::world::cluster::{Deadline, Kind, Object};

/// Time kept back, so that why it was not ready in time can still be found out and said.
const REST: u64 = 15;

/// The workloads of the two versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sides {
    /// One for each.
    Apart {
        /// Of the last known good.
        stable: Target,
        /// Of the new one.
        canary: Target,
    },
    /// One that keeps both.
    Together(Target),
}

/// A workload in a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) kind: WorkloadKind,
    pub(super) object: Object,
}

impl Target {
    /// As a plan names it.
    pub(super) fn workload(&self) -> Workload {
        let Object { namespace, name, .. } = self.object.clone();
        Workload { kind: self.kind, object: ObjectName { namespace, name } }
    }
}

impl From<&Workload> for Target {
    fn from(workload: &Workload) -> Self {
        let kind = match workload.kind {
            WorkloadKind::Deployment => Kind::DEPLOYMENT,
            WorkloadKind::StatefulSet => Kind::STATEFUL_SET,
            WorkloadKind::DaemonSet => Kind::DAEMON_SET,
            WorkloadKind::Rollout => Kind::ROLLOUT,
        };
        let ObjectName { namespace, name } = &workload.object;
        Self { kind: workload.kind, object: Object::new(kind, namespace, name) }
    }
}

impl Sides {
    /// What a plan says of them; what it leaves out is what the router names.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] with what to write.
    pub(super) fn of(rollout: &Rollout) -> Result<Self, Fault> {
        let Deploy { workload, stable, .. } = &rollout.deploy;
        let named = routed(rollout);
        let (old, new) = match named {
            Some((old, new)) => (Some(old), Some(new)),
            None => (None, None),
        };
        let stable = stable.clone().or(old);
        let canary = workload.clone().or(new);
        match (stable, canary) {
            (Some(stable), Some(canary)) if stable == canary => Ok(Self::Together((&stable).into())),
            (Some(stable), Some(canary)) => {
                Ok(Self::Apart { stable: (&stable).into(), canary: (&canary).into() })
            }
            (Some(one), None) | (None, Some(one)) if matches!(one.kind, WorkloadKind::Rollout) => {
                Ok(Self::Together((&one).into()))
            }
            _ => Err(Fault::Unsupported(format!(
                "the plan does not say what runs the two versions of {}: write workload = \"deployment/NAMESPACE/NAME\" \
                 and stable = \"deployment/NAMESPACE/NAME\" into its deploy, the same twice where one keeps both",
                rollout.id
            ))),
        }
    }
}

/// What the router itself says of them.
fn routed(rollout: &Rollout) -> Option<(Workload, Workload)> {
    match &rollout.router.as_ref()?.kind {
        RouterKind::Argo { object } => {
            let one = Workload { kind: WorkloadKind::Rollout, object: object.clone() };
            Some((one.clone(), one))
        }
        RouterKind::Deployment { object, sides, .. } => {
            let one = |name: &str| Workload { kind: WorkloadKind::Deployment, object: object.beside(name) };
            Some((one(&sides.stable), one(&sides.canary)))
        }
        _ => None,
    }
}

/// The workload that gets the new version.
///
/// # Errors
/// [`Fault::Unsupported`] with what to write.
pub(super) fn deployed(rollout: &Rollout) -> Result<Target, Fault> {
    if let Some(workload) = &rollout.deploy.workload {
        return Ok(workload.into());
    }
    match Sides::of(rollout)? {
        Sides::Apart { canary, .. } | Sides::Together(canary) => Ok(canary),
    }
}

/// The image of the new version, where the plan says it.
pub(super) fn image(rollout: &Rollout) -> Option<&str> {
    match &rollout.deploy.by {
        DeployBy::Image { image, .. } => Some(image),
        DeployBy::GitOps(commit) => Some(&commit.image),
        DeployBy::Nobody | DeployBy::Workflow(_) | DeployBy::Command { .. } => None,
    }
}

/// Until when an errand may wait.
pub(super) fn deadline(time: Seconds) -> Deadline {
    let kept = REST.min(time.0 / 4);
    Deadline::within(Duration::from_secs(time.0 - kept))
}
