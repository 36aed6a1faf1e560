//! Following the controller that brings a commit into the cluster, until it says that it is there and healthy.

use futures::StreamExt as _;
use serde_json::Value;

use crate::base::{ObjectName, Untrusted};
use crate::engine::ports::Fault;
use crate::world::cluster::{Change, Cluster, Deadline, Kind, Object, Objects};

use super::short;

/// What follows a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Follower {
    Application(Object),
    Kustomization(Object),
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stand {
    Waiting(String),
    There,
    Failed(String),
}

impl Follower {
    /// Reads `argocd/NAMESPACE/NAME` or `flux/NAMESPACE/NAME`.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let parts = text.split_once('/').and_then(|(tool, name)| Some((tool, ObjectName::parse(name)?)));
        let object = |kind, name: &ObjectName| Object::new(kind, &name.namespace, &name.name);
        match &parts {
            Some(("argocd", name)) => Ok(Self::Application(object(Kind::APPLICATION, name))),
            Some(("flux", name)) => Ok(Self::Kustomization(object(Kind::KUSTOMIZATION, name))),
            _ => Err(Fault::Unsupported(format!(
                "`{}` follows nothing: write argocd/NAMESPACE/NAME or flux/NAMESPACE/NAME",
                Untrusted::new(text).cell(80)
            ))),
        }
    }

    fn object(&self) -> &Object {
        match self {
            Self::Application(object) | Self::Kustomization(object) => object,
        }
    }

    fn stand(&self, value: &Value, revision: &str) -> Stand {
        match self {
            Self::Application(_) => application(value, revision),
            Self::Kustomization(_) => kustomization(value, revision),
        }
    }
}

/// Waits until it has brought in this commit.
pub(super) async fn until_there(
    cluster: &Cluster,
    follower: &Follower,
    revision: &str,
    deadline: Deadline,
) -> Result<(), Fault> {
    let object = follower.object();
    let mut newest = "nothing was heard of it".to_owned();
    let only = Objects::of(object.kind, &object.namespace).named(&object.name);
    let mut changes = cluster.watch::<Value>(only);
    let refused = |why: String| Err(Fault::Refused(object.to_string(), why));
    let following = async {
        while let Some(change) = changes.next().await {
            let values = match change {
                Change::Listed(values) if values.is_empty() => return refused("it is not there".to_owned()),
                Change::Listed(values) => values,
                Change::Applied(value) => vec![value],
                Change::Deleted(_) => return refused("somebody deleted it".to_owned()),
                Change::Lost(refusal) => {
                    newest = refusal.to_string();
                    continue;
                }
                Change::Fresh | Change::Back => continue,
            };
            for value in &values {
                match follower.stand(value, revision) {
                    Stand::There => return Ok(()),
                    Stand::Failed(why) => return refused(why),
                    Stand::Waiting(why) => newest = why,
                }
            }
        }
        refused("it is not followed any more".to_owned())
    };
    match tokio::time::timeout(deadline.left(), following).await {
        Ok(end) => end,
        Err(_) => refused(format!("commit {} was not there in time: {newest}", short(revision))),
    }
}

fn text<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

fn shown(text: &str) -> String {
    Untrusted::new(text).cell(200)
}

fn application(value: &Value, revision: &str) -> Stand {
    let several = value.pointer("/status/sync/revisions").and_then(Value::as_array).into_iter().flatten();
    let seen = text(value, "/status/sync/revision") == revision
        || several.filter_map(Value::as_str).any(|it| it == revision);
    if !seen {
        let at = shown(short(text(value, "/status/sync/revision")));
        return Stand::Waiting(format!(
            "it is at commit {at} (no sync yet; its own interval, or argocd app sync)"
        ));
    }
    let ended = text(value, "/status/operationState/phase");
    let of = text(value, "/status/operationState/syncResult/revision");
    if matches!(ended, "Failed" | "Error") && of == revision {
        let why = text(value, "/status/operationState/message");
        return Stand::Failed(format!("the sync failed: {}", shown(why)));
    }
    match (text(value, "/status/sync/status"), text(value, "/status/health/status")) {
        ("Synced", "Healthy") => Stand::There,
        (sync, health) => Stand::Waiting(format!("{}, {}", shown(sync), shown(health))),
    }
}

fn kustomization(value: &Value, revision: &str) -> Stand {
    let is = |at: &str| text(value, at).rsplit([':', '/']).next() == Some(revision);
    let mut ready = value.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let ready = ready.rfind(|it| text(it, "/type") == "Ready");
    let (status, reason, message) =
        ready.map_or(("", "", ""), |it| (text(it, "/status"), text(it, "/reason"), text(it, "/message")));
    if status == "False"
        && is("/status/lastAttemptedRevision")
        && reason != "Progressing"
        && reason != "DependencyNotReady"
    {
        return Stand::Failed(format!("{}: {}", shown(reason), shown(message)));
    }
    let current = value.pointer("/status/observedGeneration") == value.pointer("/metadata/generation");
    if status == "True" && current && is("/status/lastAppliedRevision") {
        return Stand::There;
    }
    Stand::Waiting(format!(
        "it is at {}: {}",
        shown(text(value, "/status/lastAppliedRevision")),
        shown(message)
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_application_is_there_when_it_is_synced_and_healthy_at_the_commit() {
        let one = |revision: &str, sync: &str, health: &str| {
            let value = json!({ "status": { "sync": { "status": sync, "revision": revision }, "health": { "status": health } } });
            application(&value, "abc")
        };
        assert_eq!(one("abc", "Synced", "Healthy"), Stand::There);
        assert!(matches!(one("old", "Synced", "Healthy"), Stand::Waiting(_)), "an older commit is healthy");
        assert!(matches!(one("abc", "Synced", "Progressing"), Stand::Waiting(_)));
        assert!(matches!(one("abc", "OutOfSync", "Healthy"), Stand::Waiting(_)));
        let failed = json!({ "status": { "sync": { "revision": "abc", "status": "OutOfSync" },
            "operationState": { "phase": "Failed", "message": "no such kind", "syncResult": { "revision": "abc" } } } });
        assert_eq!(application(&failed, "abc"), Stand::Failed("the sync failed: no such kind".to_owned()));
    }

    #[test]
    fn a_kustomization_is_there_when_it_is_ready_at_the_commit() {
        let one = |applied: &str, attempted: &str, status: &str, seen: u64| {
            let value = json!({ "metadata": { "generation": 2 }, "status": { "observedGeneration": seen,
                "lastAppliedRevision": applied, "lastAttemptedRevision": attempted,
                "conditions": [{ "type": "Ready", "status": status, "reason": "BuildFailed", "message": "no file" }] } });
            kustomization(&value, "abc")
        };
        assert_eq!(one("main@sha1:abc", "main@sha1:abc", "True", 2), Stand::There);
        assert_eq!(one("main/abc", "main/abc", "True", 2), Stand::There);
        assert!(matches!(one("main@sha1:abc", "main@sha1:abc", "True", 1), Stand::Waiting(_)));
        assert!(matches!(one("main@sha1:old", "main@sha1:old", "True", 2), Stand::Waiting(_)));
        assert_eq!(
            one("main@sha1:old", "main@sha1:abc", "False", 2),
            Stand::Failed("BuildFailed: no file".to_owned())
        );
    }

    #[test]
    fn a_follower_is_written_in_three_parts() {
        assert!(matches!(Follower::parse("argocd/argocd/shop"), Ok(Follower::Application(_))));
        assert!(matches!(Follower::parse("flux/flux-system/shop"), Ok(Follower::Kustomization(_))));
        assert!(Follower::parse("spinnaker/a/b").is_err() && Follower::parse("argocd/shop").is_err());
    }
}
