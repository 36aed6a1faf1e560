//! Traffic back through an Argo Rollout.
//!
//! Invariants: never refused for a step, a pause or a hold; a Rollout that is already on its way back is hurried and
//! never aborted, because that would bring the bad version again; what is aborted is the version that was looked at,
//! never a newer one; with nothing in progress nothing is done, and that is said.

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::{ObjectName, OperationId};
use crate::engine::ports::Fault;
use crate::plan::{Workload, WorkloadKind};
use crate::world::cluster::{Cluster, Deadline, Effect, Object, Part, Patch, Refusal, Why};
use crate::world::workloads::undo;

use super::course::{Course, Move, Phase};
use super::promotion::Promotion;

/// How often it is decided anew because the Rollout moved meanwhile.
const TRIES: usize = 6;
/// How long a change that the controller has not seen yet is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(40);

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// It was told to give the stable version everything.
    Aborted,
    /// It had been aborted, or brought back, before.
    Already,
    /// The good version is going out again, and goes to the end at once.
    Returning,
}

/// Sends the traffic of a Rollout back to what served before.
///
/// # Errors
/// When it could not be told to, or when nothing is in progress.
pub async fn abort(
    cluster: &Cluster,
    rollout: &Object,
    operation: &OperationId,
    deadline: Deadline,
) -> Result<Back, Fault> {
    let patience = deadline.at_most(PATIENCE);
    let mut tries = TRIES;
    loop {
        let value: Value = cluster.get(rollout, deadline).await?;
        let Some(course) = Course::read(&value) else {
            return Err(Fault::Foreign(rollout.to_string(), "it is no canary and no blue-green".to_owned()));
        };
        let promotion = Promotion::of(&value);
        let made = if promotion.is_returning(&course) {
            match course.phase {
                Phase::Full | Phase::Idle => {
                    release(cluster, rollout, &value, deadline).await?;
                    return Ok(Back::Returning);
                }
                _ => Move::Full,
            }
        } else {
            match course.phase {
                Phase::Aborted => return Ok(Back::Already),
                // Seeing a new template, the controller forgets an abort: it has to see it first.
                Phase::Unseen if !patience.left().is_zero() => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Phase::Idle if promotion.is_back(&course) => return Ok(Back::Already),
                Phase::Idle => {
                    let Some(good) = promotion.before(&course) else {
                        return Err(Fault::Unsupported(format!(
                            "{rollout}: nothing is in progress, so there is nothing to abort: one version has all \
                             the traffic; bring the workload back to the last known good"
                        )));
                    };
                    let workload = Workload {
                        kind: WorkloadKind::Rollout,
                        object: ObjectName {
                            namespace: rollout.namespace.clone(),
                            name: rollout.name.clone(),
                        },
                    };
                    let good = format!("#{good}");
                    undo::undo(cluster, &workload, &good, operation, deadline).await?;
                    return Ok(Back::Returning);
                }
                _ => Move::Abort,
            }
        };
        let patch = Patch::Json(course.patch(&made));
        tries -= 1;
        match cluster.patch(rollout, Part::Status, &patch, Effect::Real, deadline).await {
            Ok(_) if made == Move::Abort => {
                // Held, the stable side would not grow again, and its traffic follows its pods.
                let follows = "/spec/strategy/canary/dynamicStableScale";
                if value.pointer(follows).and_then(Value::as_bool) == Some(true) {
                    release(cluster, rollout, &value, deadline).await?;
                }
                return Ok(Back::Aborted);
            }
            Ok(_) => {
                release(cluster, rollout, &value, deadline).await?;
                return Ok(Back::Returning);
            }
            Err(refusal) if matches!(refusal.why, Why::Conflict(_) | Why::Invalid { .. }) && tries > 0 => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
}

/// Lets a held Rollout change its pods again: while it is held it brings none up.
pub async fn release(
    cluster: &Cluster,
    rollout: &Object,
    value: &Value,
    deadline: Deadline,
) -> Result<(), Refusal> {
    if value.pointer("/spec/paused").and_then(Value::as_bool) == Some(true) {
        let patch = Patch::Merge(json!({ "spec": { "paused": false } }));
        cluster.patch(rollout, Part::Whole, &patch, Effect::Real, deadline).await?;
    }
    Ok(())
}
