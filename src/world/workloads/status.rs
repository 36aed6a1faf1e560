//! Whether a workload has arrived where its specification wants it, as its own status says.
//!
//! Invariants: a status that is older than the specification says nothing; what the controller gave up on is failed.

use serde_json::Value;

use crate::base::Untrusted;
use crate::plan::WorkloadKind;

/// How far a workload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// On its way, and what it waits for.
    Waiting(String),
    /// There.
    Up {
        /// Pods of the newest template that are available.
        available: u64,
        /// Pods that are wanted of it.
        wanted: u64,
    },
    /// It does not get there by itself.
    Failed(String),
}

/// Characters of what a controller said that are kept.
const SAID: usize = 300;

/// How far it is.
pub(super) fn of(kind: WorkloadKind, object: &Value) -> Progress {
    let generation = number(object, "/metadata/generation").unwrap_or(0);
    let observed = object.pointer("/status/observedGeneration");
    // A rollout writes the number as text.
    let observed = observed.and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok())).unwrap_or(0);
    if observed < generation {
        return Progress::Waiting("its controller has not seen the change yet".to_owned());
    }
    match kind {
        WorkloadKind::Deployment => deployment(object),
        WorkloadKind::StatefulSet => stateful_set(object),
        WorkloadKind::DaemonSet => daemon_set(object),
        WorkloadKind::Rollout => rollout(object),
    }
}

fn deployment(object: &Value) -> Progress {
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let count = |name: &str| number(object, &format!("/status/{name}")).unwrap_or(0);
    if let Some(stuck) = condition(object, "Progressing")
        && stuck.get("reason").and_then(Value::as_str) == Some("ProgressDeadlineExceeded")
    {
        return Progress::Failed(format!("its progress deadline is over: {}", said(stuck)));
    }
    let (updated, all, available) = (count("updatedReplicas"), count("replicas"), count("availableReplicas"));
    if updated < wanted {
        if object.pointer("/spec/paused").and_then(Value::as_bool) == Some(true) {
            return Progress::Failed("it is paused; resume it: kubectl rollout resume".to_owned());
        }
        return Progress::Waiting(format!("{updated} of {wanted} pods are of the new template"));
    }
    if all > updated {
        return Progress::Waiting(format!("{} pods of the old template are still there", all - updated));
    }
    if available < wanted {
        return Progress::Waiting(format!("{available} of {wanted} pods are available"));
    }
    Progress::Up { available, wanted }
}

fn stateful_set(object: &Value) -> Progress {
    if object.pointer("/spec/updateStrategy/type").and_then(Value::as_str) == Some("OnDelete") {
        return Progress::Failed(
            "its pods are only replaced when somebody deletes them (OnDelete)".to_owned(),
        );
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let count = |name: &str| number(object, &format!("/status/{name}")).unwrap_or(0);
    let kept = number(object, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
    let text = |name: &str| object.pointer(&format!("/status/{name}")).and_then(Value::as_str);
    let finished = text("updateRevision") == text("currentRevision");
    let (updated, ready) = (count("updatedReplicas"), count("readyReplicas"));
    // When all pods are of one revision some servers count none as updated.
    let updated = if finished { wanted } else { updated };
    if updated < wanted.saturating_sub(kept) {
        return Progress::Waiting(format!("{updated} of {} pods are of the new template", wanted - kept));
    }
    if ready < wanted {
        return Progress::Waiting(format!("{ready} of {wanted} pods are ready"));
    }
    Progress::Up { available: ready, wanted }
}

fn daemon_set(object: &Value) -> Progress {
    if object.pointer("/spec/updateStrategy/type").and_then(Value::as_str) == Some("OnDelete") {
        return Progress::Failed(
            "its pods are only replaced when somebody deletes them (OnDelete)".to_owned(),
        );
    }
    let count = |name: &str| number(object, &format!("/status/{name}")).unwrap_or(0);
    let wanted = count("desiredNumberScheduled");
    let (updated, available) = (count("updatedNumberScheduled"), count("numberAvailable"));
    if updated < wanted {
        return Progress::Waiting(format!("{updated} of {wanted} pods are of the new template"));
    }
    if available < wanted {
        return Progress::Waiting(format!("{available} of {wanted} pods are available"));
    }
    Progress::Up { available, wanted }
}

/// A rollout is up when it stands at a pause with its new pods available, or is done: its steps are somebody else's.
fn rollout(object: &Value) -> Progress {
    let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let count = |name: &str| number(object, &format!("/status/{name}")).unwrap_or(0);
    let told = Untrusted::new(text("/status/message")).cell(SAID);
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    match text("/status/phase") {
        "Degraded" if object.pointer("/status/abort").and_then(Value::as_bool) == Some(true) => {
            Progress::Failed(format!("it was aborted: {told}"))
        }
        "Degraded" => Progress::Failed(told),
        "Healthy" => Progress::Up { available: count("availableReplicas"), wanted },
        "Paused" if object.pointer("/spec/paused").and_then(Value::as_bool) == Some(true) => {
            Progress::Failed("it is paused by hand; promote it: kubectl argo rollouts promote".to_owned())
        }
        "Paused" => Progress::Up { available: count("updatedReplicas"), wanted: count("updatedReplicas") },
        "" => Progress::Waiting("its controller has not said anything yet".to_owned()),
        _ => Progress::Waiting(told),
    }
}

fn number(object: &Value, at: &str) -> Option<u64> {
    object.pointer(at).and_then(Value::as_u64)
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    let all = object.pointer("/status/conditions")?.as_array()?;
    all.iter().find(|it| it.get("type").and_then(Value::as_str) == Some(kind))
}

fn said(condition: &Value) -> String {
    Untrusted::new(condition.get("message").and_then(Value::as_str).unwrap_or("no reason given")).cell(SAID)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(status: Value) -> Progress {
        let object = json!({ "metadata": { "generation": 3 }, "spec": { "replicas": 4 }, "status": status });
        of(WorkloadKind::Deployment, &object)
    }

    fn waits(progress: &Progress, why: &str) -> bool {
        matches!(progress, Progress::Waiting(text) if text.contains(why))
    }

    #[test]
    fn an_old_status_says_nothing() {
        let full =
            json!({ "observedGeneration": 2, "replicas": 4, "updatedReplicas": 4, "availableReplicas": 4 });
        assert!(waits(&deployment(full), "not seen"));
        assert!(waits(&deployment(json!({})), "not seen"));
    }

    #[test]
    fn a_deployment_is_up_when_only_new_pods_are_there_and_available() {
        let counts = |updated: u64, all: u64, available: u64| {
            deployment(json!({ "observedGeneration": 3, "updatedReplicas": updated, "replicas": all,
                               "availableReplicas": available }))
        };
        assert!(waits(&counts(2, 5, 4), "2 of 4 pods are of the new"));
        assert!(waits(&counts(4, 5, 4), "1 pods of the old"));
        assert!(waits(&counts(4, 4, 3), "3 of 4 pods are available"));
        assert_eq!(counts(4, 4, 4), Progress::Up { available: 4, wanted: 4 });
    }

    #[test]
    fn what_a_controller_gave_up_on_is_failed() {
        let stuck = deployment(json!({ "observedGeneration": 3, "updatedReplicas": 1, "conditions": [
            { "type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "has timed out" } ] }));
        assert_eq!(stuck, Progress::Failed("its progress deadline is over: has timed out".to_owned()));
    }

    #[test]
    fn a_rollout_is_up_at_its_pause() {
        let one = |status: Value, paused: bool| {
            let object = json!({ "metadata": { "generation": 2 }, "spec": { "replicas": 4, "paused": paused },
                                 "status": status });
            of(WorkloadKind::Rollout, &object)
        };
        let paused = json!({ "observedGeneration": "2", "phase": "Paused", "updatedReplicas": 1 });
        assert_eq!(one(paused.clone(), false), Progress::Up { available: 1, wanted: 1 });
        assert!(matches!(one(paused, true), Progress::Failed(why) if why.contains("by hand")));
        let broken = json!({ "observedGeneration": "2", "phase": "Degraded", "message": "deadline" });
        assert_eq!(one(broken, false), Progress::Failed("deadline".to_owned()));
        let busy = json!({ "observedGeneration": "1", "phase": "Healthy" });
        assert!(waits(&one(busy, false), "not seen"));
    }

    #[test]
    fn sets_are_counted_by_their_own_fields() {
        let set = json!({ "metadata": { "generation": 1 }, "spec": { "replicas": 3 }, "status": {
            "observedGeneration": 1, "updatedReplicas": 1, "readyReplicas": 3,
            "updateRevision": "b", "currentRevision": "a" } });
        assert!(waits(&of(WorkloadKind::StatefulSet, &set), "1 of 3"));
        let daemon = json!({ "metadata": { "generation": 1 }, "status": { "observedGeneration": 1,
            "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2 } });
        assert_eq!(of(WorkloadKind::DaemonSet, &daemon), Progress::Up { available: 2, wanted: 2 });
    }
}
