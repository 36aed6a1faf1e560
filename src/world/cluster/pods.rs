//! Pods of a workload, as far as a release needs to know them.
//!
//! Invariants: only what is needed is kept of each, so that hundreds are cheap; names, images and reasons are other
//! people's text; a pod whose side nothing tells is of neither.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::base::{Timestamp, Untrusted};
use crate::engine::ports::Fault;
use crate::release::{PodCard, PodSide};

use super::client::Cluster;
use super::deadline::Deadline;
use super::kind::{Kind, Object, Objects};
use super::refusal::{Refusal, Why};

/// The label that tells the pods of one template of a deployment from those of another.
pub const DEPLOYMENT_HASH: &str = "pod-template-hash";
/// The same for a rollout of Argo Rollouts.
pub const ROLLOUT_HASH: &str = "rollouts-pod-template-hash";

/// One pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Whether it takes traffic.
    pub ready: bool,
    /// Whether it is one that counts: neither over nor on its way out.
    pub live: bool,
    /// What it is doing, in the cluster's word: `Running`, `CrashLoopBackOff`, `Terminating`.
    pub phase: Untrusted,
    /// How often its containers were restarted.
    pub restarts: u32,
    /// The image of its main container.
    pub image: Untrusted,
    /// The digest that really runs, when the node told.
    pub digest: Option<Untrusted>,
    /// The node it is on.
    pub node: Option<Untrusted>,
    /// When it was made.
    pub since: Option<Timestamp>,
}

impl Pod {
    /// Which template it was made of, when it says.
    pub fn hash(&self) -> Option<&str> {
        let label = |name: &str| self.labels.get(name).map(String::as_str);
        label(ROLLOUT_HASH).or_else(|| label(DEPLOYMENT_HASH))
    }

    /// As a screen shows it.
    pub fn card(&self, sides: &PodSides) -> PodCard {
        PodCard {
            name: Untrusted::new(self.name.clone()),
            side: sides.of(self),
            ready: self.ready,
            phase: self.phase.clone(),
            restarts: self.restarts,
            image: self.image.clone(),
            digest: self.digest.clone(),
            node: self.node.clone(),
            since: self.since,
        }
    }
}

/// How the pods of the two versions are told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodSides {
    /// What a pod of the old version has.
    pub stable: Option<PodMark>,
    /// What a pod of the new version has.
    pub canary: Option<PodMark>,
}

/// What a pod is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodMark {
    /// The hash of its template.
    Hash(String),
    /// All of these labels.
    Labels(BTreeMap<String, String>),
}

impl PodSides {
    /// The version a pod serves; neither when both or none would claim it.
    pub fn of(&self, pod: &Pod) -> PodSide {
        let has = |mark: &Option<PodMark>| mark.as_ref().is_some_and(|mark| mark.is_on(pod));
        match (has(&self.stable), has(&self.canary)) {
            (true, false) => PodSide::Stable,
            (false, true) => PodSide::Canary,
            _ => PodSide::Other,
        }
    }
}

impl PodMark {
    /// Whether a pod has it. No labels at all are on no pod.
    pub fn is_on(&self, pod: &Pod) -> bool {
        match self {
            Self::Hash(hash) => pod.hash() == Some(hash),
            Self::Labels(labels) => {
                !labels.is_empty() && labels.iter().all(|(key, value)| pod.labels.get(key) == Some(value))
            }
        }
    }
}

impl Cluster {
    /// The pods of a workload, in the order of their names.
    ///
    /// # Errors
    /// Why not; also when the workload does not say which pods are its own.
    pub async fn pods(&self, workload: &Object, deadline: Deadline) -> Result<Vec<Pod>, Refusal> {
        let objects = self.pods_of(workload, deadline).await?;
        let mut pods: Vec<Pod> = self.list(&objects, deadline).await?;
        pods.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(pods)
    }

    /// Which pods a workload takes for its own, to be listed or watched.
    ///
    /// # Errors
    /// Why not; also when the workload does not say.
    pub async fn pods_of(&self, workload: &Object, deadline: Deadline) -> Result<Objects, Refusal> {
        let object: Value = self.get(workload, deadline).await?;
        match selector(&object) {
            Some(labels) => Ok(Objects::of(Kind::POD, &workload.namespace).labelled(labels)),
            None => {
                let text = format!("{workload} does not say which pods are its own");
                Err(self.refusal(None, Why::Foreign(text.into())))
            }
        }
    }
}

/// A workload as plans and sources write it: `deployment/NAMESPACE/NAME`.
///
/// # Errors
/// [`Fault::Unsupported`] with what to write.
pub fn workload(text: &str) -> Result<Object, Fault> {
    let mut parts = text.split('/');
    let (kind, namespace, name) = (parts.next(), parts.next(), parts.next());
    let kind = match kind.unwrap_or_default() {
        "deployment" => Some(Kind::DEPLOYMENT),
        "rollout" => Some(Kind::ROLLOUT),
        "statefulset" => Some(Kind::STATEFUL_SET),
        "replicaset" => Some(Kind::REPLICA_SET),
        _ => None,
    };
    match (kind, namespace, name, parts.next()) {
        (Some(kind), Some(namespace), Some(name), None) if !namespace.is_empty() && !name.is_empty() => {
            Ok(Object::new(kind, namespace, name))
        }
        _ => {
            let shown = Untrusted::new(text).cell(80);
            Err(Fault::Unsupported(format!(
                "`{shown}` is no workload: write deployment/NAMESPACE/NAME, or rollout or statefulset"
            )))
        }
    }
}

/// The labels a workload selects its pods by, as a query writes them. A rollout that borrows its template says it in
/// its status.
pub fn selector(object: &Value) -> Option<String> {
    let spec = object.pointer("/spec/selector");
    let mut terms = Vec::new();
    for (key, value) in
        spec.and_then(|it| it.get("matchLabels")).and_then(Value::as_object).into_iter().flatten()
    {
        terms.push(format!("{key}={}", value.as_str()?));
    }
    for rule in spec.and_then(|it| it.get("matchExpressions")).and_then(Value::as_array).into_iter().flatten()
    {
        let text = |name: &str| rule.get(name).and_then(Value::as_str);
        let key = text("key")?;
        let values: Vec<&str> = rule
            .get("values")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        terms.push(match text("operator")? {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        });
    }
    let told = object.pointer("/status/selector").and_then(Value::as_str);
    match terms.is_empty() {
        false => Some(terms.join(",")),
        true => told.filter(|it| !it.is_empty()).map(str::to_owned),
    }
}

/// A pod as the server writes it: the fields we read, and no others.
#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    metadata: Meta,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: State,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    name: String,
    labels: BTreeMap<String, String>,
    annotations: Notes,
    creation_timestamp: Option<Timestamp>,
    deletion_timestamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Notes {
    #[serde(rename = "kubectl.kubernetes.io/default-container")]
    main: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    node_name: Option<String>,
    containers: Vec<Container>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container {
    name: String,
    image: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct State {
    phase: String,
    reason: Option<String>,
    conditions: Vec<Condition>,
    container_statuses: Vec<ContainerState>,
    init_container_statuses: Vec<ContainerState>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerState {
    name: String,
    restart_count: u32,
    #[serde(rename = "imageID")]
    image_id: String,
    state: Running,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Running {
    waiting: Option<Reason>,
    terminated: Option<Reason>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    reason: String,
}

impl From<Raw> for Pod {
    fn from(Raw { metadata, spec, status }: Raw) -> Self {
        let main = metadata.annotations.main.as_deref();
        let container = spec.containers.iter().find(|it| Some(it.name.as_str()) == main);
        let container = container.or(spec.containers.first());
        let running = container.and_then(|it| status.container_statuses.iter().find(|at| at.name == it.name));
        let all = || status.container_statuses.iter().chain(&status.init_container_statuses);
        let leaving = metadata.deletion_timestamp.is_some();
        let over = matches!(status.phase.as_str(), "Succeeded" | "Failed");
        let ready = status.conditions.iter().any(|it| it.kind == "Ready" && it.status == "True");
        Self {
            ready: ready && !leaving,
            live: !leaving && !over,
            phase: Untrusted::new(phase(&status, leaving)),
            restarts: all().fold(0, |sum: u32, it| sum.saturating_add(it.restart_count)),
            image: Untrusted::new(container.map(|it| it.image.clone()).unwrap_or_default()),
            digest: running.and_then(|it| digest(&it.image_id)),
            node: spec.node_name.filter(|it| !it.is_empty()).map(Untrusted::new),
            since: metadata.creation_timestamp,
            name: metadata.name,
            labels: metadata.labels,
        }
    }
}

/// The word for what a pod is doing: the reason of the container that keeps it, before its own phase.
fn phase(status: &State, leaving: bool) -> String {
    if leaving {
        return "Terminating".to_owned();
    }
    if let Some(reason) = status.reason.as_ref().filter(|it| !it.is_empty()) {
        return reason.clone();
    }
    let held = |it: &ContainerState| {
        let waiting = it.state.waiting.as_ref().map(|it| &it.reason).filter(|it| !it.is_empty());
        let ended = it.state.terminated.as_ref().map(|it| &it.reason);
        waiting.or(ended.filter(|it| !it.is_empty() && *it != "Completed")).cloned()
    };
    let mut containers = status.init_container_statuses.iter().chain(&status.container_statuses);
    containers.find_map(held).unwrap_or_else(|| match status.phase.as_str() {
        "" => "Unknown".to_owned(),
        phase => phase.to_owned(),
    })
}

/// The digest in what a node says it runs: `docker-pullable://host/name@sha256:…`, `host/name@sha256:…`, `sha256:…`.
fn digest(id: &str) -> Option<Untrusted> {
    let text = id.rsplit('@').next().unwrap_or(id);
    let text = text.rsplit("://").next().unwrap_or(text);
    let (kind, hex) = text.split_once(':')?;
    let fine =
        matches!(kind, "sha256" | "sha512") && hex.len() >= 32 && hex.chars().all(|c| c.is_ascii_hexdigit());
    fine.then(|| Untrusted::new(text))
}

#[cfg(test)]
mod tests;
