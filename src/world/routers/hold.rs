//! Holding an Argo Rollout where it is (`spec.paused`), whatever its own pauses and analyses say.
//!
//! Invariants: a hold moves no traffic and needs nothing of where it stands; letting it go on promotes nothing, so
//! that a pause of a step stays one; doing either twice changes nothing.

use serde_json::{Value, json};

use crate::base::OperationId;
use crate::engine::ports::Fault;
use crate::world::cluster::{Cluster, Deadline, Effect, Object, Part, Patch};

use super::adapter::OPERATION;

/// Whether a Rollout is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It stays where it is.
    Held,
    /// It goes on by its steps.
    Released,
}

/// Holds a Rollout, or lets it go on.
///
/// # Errors
/// When the cluster did not take it.
pub async fn hold(
    cluster: &Cluster,
    rollout: &Object,
    hold: Hold,
    operation: &OperationId,
    deadline: Deadline,
) -> Result<(), Fault> {
    let value: Value = cluster.get(rollout, deadline).await?;
    let held = value.pointer("/spec/paused").and_then(Value::as_bool).unwrap_or(false);
    let wanted = hold == Hold::Held;
    if held == wanted {
        return Ok(());
    }
    let fields = json!({
        "metadata": { "annotations": { OPERATION: operation.as_str() } },
        "spec": { "paused": wanted },
    });
    cluster.patch(rollout, Part::Whole, &Patch::Merge(fields), Effect::Real, deadline).await?;
    Ok(())
}
