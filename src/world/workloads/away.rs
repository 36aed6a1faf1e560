//! Taking the new version away: its own workload to nothing, never the only one that serves; one that keeps both
//! versions back to the last known good.

use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::base::Untrusted;
use crate::engine::ports::{Errand, Fault};
use crate::plan::WorkloadKind;
use crate::world::cluster::{Change, Cluster, Deadline, Objects, Patch};
use crate::world::routers::OPERATION;

use super::image::{self, CALL, REPLICAS};
use super::target::Target;
use super::{undo, wait};

/// How long pods may take to end before that is said instead of waited for.
const ENDING: std::time::Duration = std::time::Duration::from_secs(60);

/// Scales a workload to nothing, and notes how many pods it had; `stable` is the one that goes on serving.
pub(super) async fn scale_down(
    cluster: &Cluster,
    stable: &Target,
    canary: &Target,
    errand: Errand<'_>,
    deadline: Deadline,
) -> Result<Untrusted, Fault> {
    let what = canary.object.to_string();
    if canary.kind == WorkloadKind::DaemonSet {
        return Err(Fault::Unsupported(format!("{what} has no replica count; take it away by hand")));
    }
    let call = deadline.at_most(CALL);
    let value: Value = cluster.get(&canary.object, call).await?;
    let had = value.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    if had == 0 {
        return Ok(Untrusted::new(format!("{what} wants no pods already")));
    }
    let serving =
        cluster.pods(&stable.object, call).await?.iter().filter(|pod| pod.live && pod.ready).count();
    if serving == 0 {
        let why = format!("nothing was taken away: {} has no pod that is ready", stable.object);
        return Err(Fault::Refused(what, why));
    }
    errand.pass(&what).await?;
    let patch = Patch::Merge(json!({
        "metadata": {
            "resourceVersion": value.pointer("/metadata/resourceVersion"),
            "annotations": { OPERATION: errand.operation.as_str(), REPLICAS: had.to_string() },
        },
        "spec": { "replicas": 0 },
    }));
    image::write(cluster, &canary.object, &value, &patch, deadline.at_most(CALL)).await?;
    let left = ended(cluster, canary, deadline.at_most(ENDING)).await;
    let rest = match left {
        Some(0) => "its pods are gone".to_owned(),
        Some(left) => format!("{left} pods are still ending"),
        None => "whether its pods are gone is not known yet".to_owned(),
    };
    Ok(Untrusted::new(format!(
        "{what} scaled from {had} to 0, {rest}; {serving} pods of {} serve",
        stable.object
    )))
}

/// Gives a workload its pods again that we had scaled to nothing, and waits until they are up.
pub(super) async fn wake(
    cluster: &Cluster,
    target: &Target,
    errand: Errand<'_>,
    deadline: Deadline,
) -> Result<Untrusted, Fault> {
    let what = target.object.to_string();
    let value: Value = cluster.get(&target.object, deadline.at_most(CALL)).await?;
    let asleep = value.pointer("/spec/replicas").and_then(Value::as_u64) == Some(0);
    if asleep {
        let Some(had) = image::sleeping(&value) else {
            let why = "it wants no pods, and how many it had is not noted on it: kubectl scale".to_owned();
            return Err(Fault::Refused(what, why));
        };
        errand.pass(&what).await?;
        let patch = Patch::Merge(json!({
            "metadata": {
                "resourceVersion": value.pointer("/metadata/resourceVersion"),
                "annotations": { OPERATION: errand.operation.as_str(), REPLICAS: null },
            },
            "spec": { "replicas": had },
        }));
        image::write(cluster, &target.object, &value, &patch, deadline.at_most(CALL)).await?;
    }
    let seen = wait::until_up(cluster, target, deadline).await?;
    Ok(Untrusted::new(format!("{what}: {seen}")))
}

/// Brings a workload that keeps both versions back to one of them, and waits until it is there.
pub(super) async fn bring_back(
    cluster: &Cluster,
    target: &Target,
    to: &str,
    errand: Errand<'_>,
    deadline: Deadline,
) -> Result<Untrusted, Fault> {
    errand.pass(&target.object.to_string()).await?;
    let call = deadline.at_most(CALL * 3);
    let undone = undo::undo(cluster, &target.workload(), to, errand.operation, call).await?;
    let seen = wait::until_up(cluster, target, deadline).await?;
    let restore: Vec<String> = undone.restore.iter().map(Untrusted::line).collect();
    let restore =
        if restore.is_empty() { String::new() } else { format!("; to restore: {}", restore.join("; ")) };
    Ok(Untrusted::new(format!("{}: {seen}{restore}", undone.said.line())))
}

/// Follows it until it has no pods, and answers how many it has in the end; none when it never said.
async fn ended(cluster: &Cluster, target: &Target, deadline: Deadline) -> Option<u64> {
    let only = Objects::of(target.object.kind, &target.object.namespace).named(&target.object.name);
    let mut changes = cluster.watch::<Value>(only);
    let mut left = None;
    let following = async {
        while let Some(change) = changes.next().await {
            let objects = match change {
                Change::Listed(objects) => objects,
                Change::Applied(object) => vec![object],
                Change::Deleted(_) => break,
                _ => continue,
            };
            for object in &objects {
                let count = |at: &str| object.pointer(at).and_then(Value::as_u64);
                let seen = count("/status/observedGeneration")
                    .is_none_or(|it| Some(it) >= count("/metadata/generation"));
                if seen {
                    left = Some(count("/status/replicas").unwrap_or(0));
                }
            }
            if left == Some(0) {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(deadline.left(), following).await;
    left
}
