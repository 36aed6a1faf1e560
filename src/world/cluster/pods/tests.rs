//! Pods as servers write them.

use serde_json::json;

use super::*;

fn pod(value: Value) -> Pod {
    serde_json::from_value(value).expect("a pod")
}

#[test]
fn a_running_pod_tells_its_digest_and_restarts() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let pod = pod(json!({
        "metadata": {
            "name": "web-1", "creationTimestamp": "2026-12-01T10:00:00Z",
            "labels": { "app": "web", "pod-template-hash": "5d8" },
            "annotations": { "kubectl.kubernetes.io/default-container": "web", "other": "x" },
        },
        "spec": { "nodeName": "n1", "containers": [
            { "name": "mesh", "image": "mesh:1" }, { "name": "web", "image": "registry.example.com/web:3.2.0" },
        ] },
        "status": {
            "phase": "Running",
            "conditions": [{ "type": "Ready", "status": "True" }],
            "containerStatuses": [
                { "name": "mesh", "restartCount": 1, "imageID": "x", "state": { "running": {} } },
                { "name": "web", "restartCount": 3, "imageID": format!("registry.example.com/web@{digest}"),
                  "state": { "running": {} } },
            ],
            "initContainerStatuses": [{ "name": "init", "restartCount": 2,
                "state": { "terminated": { "reason": "Completed" } } }],
        },
    }));
    assert!(pod.ready && pod.live);
    assert_eq!((pod.name.as_str(), pod.restarts, pod.hash()), ("web-1", 6, Some("5d8")));
    assert_eq!(pod.image.raw(), "registry.example.com/web:3.2.0");
    assert_eq!(pod.digest, Some(Untrusted::new(digest)));
    assert_eq!((pod.phase.raw(), pod.node.as_ref().map(Untrusted::raw)), ("Running", Some("n1")));
    assert_eq!(pod.since.map(|at| at.to_string()).as_deref(), Some("2026-12-01T10:00:00Z"));
}

#[test]
fn the_word_is_what_holds_a_pod_up() {
    let word = |value: Value| pod(value).phase.raw().to_owned();
    let waiting = json!({ "status": { "phase": "Running", "containerStatuses": [
        { "name": "a", "state": { "running": {} } },
        { "name": "b", "state": { "waiting": { "reason": "CrashLoopBackOff" } } } ] } });
    assert_eq!(word(waiting), "CrashLoopBackOff");
    let gone = json!({ "metadata": { "deletionTimestamp": "2026-12-01T10:00:00Z" }, "status": { "phase": "Running" } });
    assert_eq!(word(gone.clone()), "Terminating");
    assert!(!pod(gone).live);
    let evicted = json!({ "status": { "phase": "Failed", "reason": "Evicted" } });
    assert_eq!(word(evicted.clone()), "Evicted");
    assert!(!pod(evicted).live);
    assert_eq!(word(json!({ "status": { "phase": "Pending" } })), "Pending");
    assert_eq!(word(json!({})), "Unknown");
}

#[test]
fn digests_are_taken_in_every_spelling_and_nothing_else_is() {
    let hex = "0123456789abcdef".repeat(4);
    for id in [
        format!("docker-pullable://h/x@sha256:{hex}"),
        format!("h:5000/x@sha256:{hex}"),
        format!("sha256:{hex}"),
        format!("docker://sha256:{hex}"),
    ] {
        assert_eq!(digest(&id), Some(Untrusted::new(format!("sha256:{hex}"))), "{id}");
    }
    for id in ["", "web:3.2.0", "sha256:short", "sha256:zz", "h:5000/web"] {
        assert_eq!(digest(id), None, "{id}");
    }
}

#[test]
fn selectors_are_written_as_queries() {
    let object = json!({ "spec": { "selector": {
        "matchLabels": { "app": "web", "track": "canary" },
        "matchExpressions": [
            { "key": "tier", "operator": "In", "values": ["a", "b"] },
            { "key": "old", "operator": "DoesNotExist" },
            { "key": "zone", "operator": "Exists" },
            { "key": "env", "operator": "NotIn", "values": ["dev"] },
        ] } } });
    assert_eq!(
        selector(&object).as_deref(),
        Some("app=web,track=canary,tier in (a,b),!old,zone,env notin (dev)")
    );
    let borrowed = json!({ "spec": { "workloadRef": {} }, "status": { "selector": "app=web" } });
    assert_eq!(selector(&borrowed).as_deref(), Some("app=web"));
    // Without a selector every pod of the namespace would be its own.
    assert_eq!(selector(&json!({ "spec": { "selector": {} } })), None);
    let odd = json!({ "spec": { "selector": { "matchExpressions": [{ "key": "a", "operator": "Gt" }] } } });
    assert_eq!(selector(&odd), None);
}

#[test]
fn a_pod_that_both_sides_claim_is_of_neither() {
    let labels =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let one = pod(json!({ "metadata": { "labels": { "app": "web", "rollouts-pod-template-hash": "1" } } }));
    let sides = |stable, canary| PodSides { stable, canary };
    let hash = |it: &str| Some(PodMark::Hash(it.to_owned()));
    assert_eq!(sides(hash("1"), hash("2")).of(&one), PodSide::Stable);
    assert_eq!(sides(hash("2"), hash("1")).of(&one), PodSide::Canary);
    assert_eq!(sides(hash("1"), hash("1")).of(&one), PodSide::Other);
    assert_eq!(sides(None, None).of(&one), PodSide::Other);
    assert_eq!(sides(Some(PodMark::Labels(labels(&[("app", "web")]))), None).of(&one), PodSide::Stable);
    assert_eq!(sides(Some(PodMark::Labels(labels(&[]))), None).of(&one), PodSide::Other);
}

#[test]
fn workloads_are_written_in_three_parts() {
    assert_eq!(workload("deployment/shop/web").unwrap(), Object::new(Kind::DEPLOYMENT, "shop", "web"));
    assert_eq!(workload("rollout/shop/web").unwrap(), Object::new(Kind::ROLLOUT, "shop", "web"));
    for bad in [
        "",
        "web",
        "shop/web",
        "pod/shop/web",
        "deployment//web",
        "deployment/shop/web/x",
        "deployment/shop/",
    ] {
        let fault = workload(bad).expect_err(bad).to_string();
        assert!(fault.contains("write deployment/NAMESPACE/NAME"), "{fault}");
    }
}
