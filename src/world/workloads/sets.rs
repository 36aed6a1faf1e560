//! The versions a workload has had, as the replica sets that its controller keeps.
//!
//! Invariants: a set belongs to a workload by its owner reference, never by its name; templates are compared whole,
//! but for the label that the controller itself adds.

use serde_json::Value;

use crate::world::cluster::{Cluster, Deadline, Kind, Object, Objects, Refusal};

/// The labels controllers add to a template: its hash.
const HASHES: [&str; 2] = ["rollouts-pod-template-hash", "pod-template-hash"];

/// One version of a workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// Hash of its template.
    pub hash: String,
    /// How often the workload had been changed when it went out last.
    pub revision: u64,
    /// Pods that can take traffic.
    pub available: u64,
    /// Its template, without the hash.
    pub template: Value,
}

/// The versions of a workload that are still kept.
///
/// # Errors
/// When they cannot be read.
pub async fn sets(
    cluster: &Cluster,
    workload: &Object,
    value: &Value,
    deadline: Deadline,
) -> Result<Vec<Set>, Refusal> {
    let mut objects = Objects::of(Kind::REPLICA_SET, &workload.namespace);
    let labels = value.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let labels: Vec<String> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, label)| Some(format!("{key}={}", label.as_str()?)))
        .collect();
    if !labels.is_empty() {
        objects = objects.labelled(labels.join(","));
    }
    let all: Vec<Value> = cluster.list(&objects, deadline).await?;
    let uid = value.pointer("/metadata/uid").and_then(Value::as_str);
    Ok(all.iter().filter(|set| uid.is_some() && owner(set) == uid).filter_map(read).collect())
}

fn owner(set: &Value) -> Option<&str> {
    let references = set.pointer("/metadata/ownerReferences")?.as_array()?;
    let own = references.iter().find(|it| it.get("controller").and_then(Value::as_bool) == Some(true))?;
    own.get("uid")?.as_str()
}

fn read(set: &Value) -> Option<Set> {
    let text = |at: &str| set.pointer(at).and_then(Value::as_str);
    let labels = set.pointer("/metadata/labels")?;
    let annotations = set.pointer("/metadata/annotations");
    let revision = ["rollout.argoproj.io/revision", "deployment.kubernetes.io/revision"]
        .into_iter()
        .find_map(|key| annotations?.get(key)?.as_str()?.parse().ok());
    Some(Set {
        name: text("/metadata/name")?.to_owned(),
        hash: HASHES.into_iter().find_map(|key| labels.get(key)?.as_str())?.to_owned(),
        revision: revision.unwrap_or(0),
        available: set.pointer("/status/availableReplicas").and_then(Value::as_u64).unwrap_or(0),
        template: plain(set.pointer("/spec/template")?.clone()),
    })
}

/// A template as a person would have written it: without hash and empty leftovers.
pub fn plain(mut template: Value) -> Value {
    if let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("creationTimestamp");
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            HASHES.into_iter().for_each(|key| drop(labels.remove(key)));
        }
    }
    template
}

/// The images of a template, with the places of their containers.
pub fn images(template: &Value) -> impl Iterator<Item = (usize, &str)> {
    let containers = template.pointer("/spec/containers").and_then(Value::as_array);
    containers.into_iter().flatten().enumerate().filter_map(|(at, it)| Some((at, it.get("image")?.as_str()?)))
}
