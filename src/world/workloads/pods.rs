//! The pods of the two versions, and what they wrote.

use serde_json::Value;

use crate::base::Untrusted;
use crate::engine::ports::Fault;
use crate::plan::{Rollout, WorkloadKind};
use crate::release::{PodCard, PodSide};
use crate::world::cluster::{Cluster, Deadline, Life, Pod, PodMark, PodSides, Tail};

use super::target::{self, Sides, Target};

/// Bytes of a log at most.
const LOG: u32 = 256 * 1024;

/// A pod and the version it serves.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) pod: Pod,
    pub(super) side: PodSide,
}

impl Seen {
    /// As a screen shows it.
    pub(super) fn card(self) -> PodCard {
        PodCard { side: self.side, ..self.pod.card(&PodSides::default()) }
    }
}

/// The pods of both versions, in the order of their names.
pub(super) async fn of(cluster: &Cluster, rollout: &Rollout, deadline: Deadline) -> Result<Vec<Seen>, Fault> {
    match Sides::of(rollout)? {
        Sides::Apart { stable, canary } => {
            let old = cluster.pods(&stable.object, deadline).await?;
            let new = cluster.pods(&canary.object, deadline).await?;
            Ok(apart(old, new))
        }
        Sides::Together(target) => {
            let object: Value = cluster.get(&target.object, deadline).await?;
            let pods = cluster.pods(&target.object, deadline).await?;
            Ok(together(&target, &object, target::image(rollout), pods))
        }
    }
}

/// A pod that both workloads select is of neither.
fn apart(old: Vec<Pod>, new: Vec<Pod>) -> Vec<Seen> {
    let shared: Vec<String> = old
        .iter()
        .filter(|pod| new.iter().any(|it| it.name == pod.name))
        .map(|pod| pod.name.clone())
        .collect();
    let side = |pod: &Pod, side: PodSide| if shared.contains(&pod.name) { PodSide::Other } else { side };
    let mut all: Vec<Seen> =
        old.into_iter().map(|pod| Seen { side: side(&pod, PodSide::Stable), pod }).collect();
    all.extend(
        new.into_iter()
            .filter(|pod| !shared.contains(&pod.name))
            .map(|pod| Seen { pod, side: PodSide::Canary }),
    );
    all.sort_by(|a, b| a.pod.name.cmp(&b.pod.name));
    all
}

/// A rollout tells its templates apart by their hashes; elsewhere the image does.
fn together(target: &Target, object: &Value, image: Option<&str>, pods: Vec<Pod>) -> Vec<Seen> {
    let text = |at: &str| object.pointer(at).and_then(Value::as_str).filter(|it| !it.is_empty());
    let (stable, current) = (text("/status/stableRS"), text("/status/currentPodHash"));
    let by_image = |pod: &Pod| {
        let new = image.is_some_and(|image| pod.image.raw() == image);
        if new { PodSide::Canary } else { PodSide::Stable }
    };
    let side = |pod: &Pod| match (target.kind, stable, current) {
        (WorkloadKind::Rollout, Some(stable), Some(current)) if stable != current => {
            let mark = |hash: &str| Some(PodMark::Hash(hash.to_owned()));
            PodSides { stable: mark(stable), canary: mark(current) }.of(pod)
        }
        _ => by_image(pod),
    };
    pods.into_iter().map(|pod| Seen { side: side(&pod), pod }).collect()
}

/// The last lines of a pod, which has to be one of this rollout's.
pub(super) async fn log(
    cluster: &Cluster,
    rollout: &Rollout,
    pod: &str,
    lines: u32,
) -> Result<Untrusted, Fault> {
    let deadline = Deadline::usual();
    let seen = of(cluster, rollout, deadline).await?;
    if !seen.iter().any(|it| it.pod.name == pod) {
        let shown = Untrusted::new(pod).cell(80);
        return Err(Fault::Refused(shown, format!("it is no pod of {}", rollout.id)));
    }
    let namespace = match Sides::of(rollout)? {
        Sides::Apart { canary, .. } | Sides::Together(canary) => canary.object.namespace,
    };
    tail(cluster, &namespace, pod, lines, deadline).await
}

/// The last lines of a pod; of its life before when it has just been restarted and says nothing yet.
pub(super) async fn tail(
    cluster: &Cluster,
    namespace: &str,
    pod: &str,
    lines: u32,
    deadline: Deadline,
) -> Result<Untrusted, Fault> {
    let mut tail = Tail { container: None, lines, bytes: LOG, life: Life::Now };
    let now = cluster.log(namespace, pod, &tail, deadline).await;
    if let Ok(log) = &now
        && !log.text.raw().trim().is_empty()
    {
        return Ok(log.text.clone());
    }
    tail.life = Life::Before;
    match cluster.log(namespace, pod, &tail, deadline).await {
        Ok(log) if !log.text.raw().trim().is_empty() => {
            Ok(Untrusted::new(format!("[before its last restart]\n{}", log.text.raw())))
        }
        _ => now.map(|log| log.text).map_err(Fault::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::cluster::{Kind, Object};

    fn pod(name: &str, image: &str, hash: &str) -> Pod {
        serde_json::from_value(json!({
            "metadata": { "name": name, "labels": { "rollouts-pod-template-hash": hash } },
            "spec": { "containers": [{ "name": "a", "image": image }] },
        }))
        .expect("a pod")
    }

    fn sides(seen: &[Seen]) -> Vec<(&str, PodSide)> {
        seen.iter().map(|it| (it.pod.name.as_str(), it.side)).collect()
    }

    #[test]
    fn a_pod_that_two_workloads_select_is_of_neither() {
        let seen =
            apart(vec![pod("a", "1", ""), pod("b", "1", "")], vec![pod("b", "1", ""), pod("c", "2", "")]);
        assert_eq!(sides(&seen), [("a", PodSide::Stable), ("b", PodSide::Other), ("c", PodSide::Canary)]);
    }

    #[test]
    fn a_rollout_tells_its_sides_by_hash_while_they_differ() {
        let target =
            Target { kind: WorkloadKind::Rollout, object: Object::new(Kind::ROLLOUT, "shop", "web") };
        let pods = || vec![pod("a", "web:1", "old"), pod("b", "web:2", "new"), pod("c", "web:0", "older")];
        let status = |stable: &str, current: &str| json!({ "status": { "stableRS": stable, "currentPodHash": current } });
        let seen = together(&target, &status("old", "new"), Some("web:2"), pods());
        assert_eq!(sides(&seen), [("a", PodSide::Stable), ("b", PodSide::Canary), ("c", PodSide::Other)]);
        let seen = together(&target, &status("new", "new"), Some("web:2"), pods());
        assert_eq!(sides(&seen)[1], ("b", PodSide::Canary));
    }
}
