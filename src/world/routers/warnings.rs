//! What a person should know of where traffic is about to go, that does not forbid it.
//!
//! Invariants: only looks; what may not be looked at warns of nothing.

use serde_json::Value;

use crate::world::cluster::{Cluster, Deadline, Kind, Object, Objects};

/// The label that names the Service of an EndpointSlice.
const OF_SERVICE: &str = "kubernetes.io/service-name";

/// A Service that is missing, or has nobody ready behind it.
pub(super) async fn service(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    deadline: Deadline,
) -> Option<String> {
    let object = Object::new(Kind::SERVICE, namespace, name);
    match cluster.get::<Value>(&object, deadline).await {
        Err(refusal) if refusal.is_not_found() => {
            return Some(format!("there is no {object}: requests to it fail"));
        }
        Err(_) => return None,
        Ok(_) => {}
    }
    let slices = Objects::of(Kind::ENDPOINT_SLICE, namespace).labelled(format!("{OF_SERVICE}={name}"));
    let slices: Vec<Value> = cluster.list(&slices, deadline).await.ok()?;
    let endpoints = slices.iter().filter_map(|slice| slice.get("endpoints")?.as_array()).flatten();
    // An endpoint that does not say is ready.
    let ready = |it: &&Value| it.pointer("/conditions/ready").and_then(Value::as_bool) != Some(false);
    (endpoints.filter(ready).count() == 0).then(|| format!("nobody is ready behind {object}"))
}

/// A selector that takes no ready pod.
pub(super) async fn pods(
    cluster: &Cluster,
    namespace: &str,
    labels: &str,
    deadline: Deadline,
) -> Option<String> {
    let pods = Objects::of(Kind::POD, namespace).labelled(labels);
    let pods: Vec<Value> = cluster.list(&pods, deadline).await.ok()?;
    let ready = |pod: &&Value| {
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        pod.pointer("/metadata/deletionTimestamp").is_none()
            && conditions.into_iter().flatten().any(|it| it["type"] == "Ready" && it["status"] == "True")
    };
    (pods.iter().filter(ready).count() == 0).then(|| format!("no pod with {labels} is ready"))
}

/// A route that no gateway has accepted: its weights move nothing.
pub(super) fn parents(value: &Value) -> Option<String> {
    let parents = value.pointer("/status/parents").and_then(Value::as_array);
    let accepted = parents.into_iter().flatten().any(|parent| {
        let conditions = parent.get("conditions").and_then(Value::as_array);
        conditions.into_iter().flatten().any(|it| it["type"] == "Accepted" && it["status"] == "True")
    });
    (!accepted).then(|| "no gateway has accepted the route, so its weights may move nothing".to_owned())
}
