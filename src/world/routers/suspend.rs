//! Stopping a controller that would write traffic again, and starting it as it was.
//!
//! Invariants: what its settings were is kept on its own object before it counts as stopped, so that anybody can
//! restore it; each write is bound to what was read; what somebody else stopped is not started by us; doing either
//! twice changes nothing.

use serde_json::{Map, Value, json};

use crate::base::{OperationId, Untrusted};
use crate::engine::ports::Fault;
use crate::world::cluster::{Cluster, Deadline, Effect, Kind, Object, Part, Patch, Why};

use super::adapter::OPERATION;
use super::gitops;

/// The annotation that holds what the settings were before we stopped it, as JSON.
pub const SUSPENDED: &str = "tminus.dev/suspended";

/// How often a write is decided anew because somebody else was faster.
const TRIES: usize = 4;

/// A controller that is to be stopped.
#[derive(Clone, Copy, Debug)]
pub struct Suspension<'a> {
    /// Its settings: an Argo CD application, a Flux kustomization or Helm release, a Flagger canary.
    pub settings: &'a Object,
    /// For which operation.
    pub operation: &'a OperationId,
}

/// Stops it and says how it is started again; nothing when somebody else had stopped it.
///
/// # Errors
/// When it could not be told to stop.
pub async fn suspend(
    cluster: &Cluster,
    suspension: Suspension<'_>,
    deadline: Deadline,
) -> Result<Option<Untrusted>, Fault> {
    let Suspension { settings, operation } = suspension;
    let decide = |value: &Value| match stop(settings.kind, value, operation.as_str()) {
        Stop::Write(patch) => Ok(Some(patch)),
        Stop::OursAlready => Ok(None),
        Stop::TheirsAlready => Err(()),
    };
    match change(cluster, settings, decide, deadline).await? {
        Ok(value) => Ok(Some(Untrusted::new(remedy(settings, &value)))),
        Err(()) => Ok(None),
    }
}

/// How one that we stopped before is started again, as its settings were read; none when we did not.
pub fn remembered(settings: &Object, value: &Value) -> Option<Untrusted> {
    let stopped = matches!(stop(settings.kind, value, ""), Stop::OursAlready);
    stopped.then(|| Untrusted::new(remedy(settings, value)))
}

/// Starts it as it was before we stopped it, and says what was done; nothing when it was not stopped by us.
///
/// # Errors
/// When it could not be told to start.
pub async fn restore(
    cluster: &Cluster,
    settings: &Object,
    deadline: Deadline,
) -> Result<Option<Untrusted>, Fault> {
    let decide = |value: &Value| start(settings.kind, value).map(Some).ok_or(());
    let done = change(cluster, settings, decide, deadline).await?;
    Ok(done.ok().map(|_| Untrusted::new(format!("{settings} writes by itself again, as before"))))
}

/// Reads, decides and writes, anew while somebody else is faster. The inner error is a decision to do nothing.
async fn change(
    cluster: &Cluster,
    object: &Object,
    decide: impl Fn(&Value) -> Result<Option<Value>, ()>,
    deadline: Deadline,
) -> Result<Result<Value, ()>, Fault> {
    let mut tries = TRIES;
    loop {
        let value: Value = cluster.get(object, deadline).await?;
        let patch = match decide(&value) {
            Ok(Some(patch)) => Patch::Merge(patch),
            Ok(None) => return Ok(Ok(value)),
            Err(()) => return Ok(Err(())),
        };
        tries -= 1;
        match cluster.patch(object, Part::Whole, &patch, Effect::Real, deadline).await {
            Ok(_) => return Ok(Ok(value)),
            Err(refusal) if matches!(refusal.why, Why::Conflict(_)) && tries > 0 => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
}

#[derive(Debug, PartialEq)]
enum Stop {
    Write(Value),
    OursAlready,
    TheirsAlready,
}

/// The merge patch that stops it.
fn stop(kind: Kind, value: &Value, operation: &str) -> Stop {
    let on = match kind {
        Kind::APPLICATION => {
            value.pointer("/spec/syncPolicy/automated").filter(|it| gitops::is_on(it)).cloned()
        }
        _ if value.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true) => None,
        _ => Some(value.pointer("/spec/suspend").cloned().unwrap_or(Value::Null)),
    };
    let Some(was) = on else {
        return if kept(value).is_some() { Stop::OursAlready } else { Stop::TheirsAlready };
    };
    let spec = match kind {
        Kind::APPLICATION => json!({ "syncPolicy": { "automated": null } }),
        _ => json!({ "suspend": true }),
    };
    let annotations = json!({ SUSPENDED: was.to_string(), OPERATION: operation });
    Stop::Write(bound(value, annotations, spec))
}

/// The merge patch that starts it again; none when we did not stop it.
fn start(kind: Kind, value: &Value) -> Option<Value> {
    let was: Value = serde_json::from_str(kept(value)?).ok()?;
    let spec = match kind {
        // A merge keeps what is there already; only the settings that were taken away come back.
        Kind::APPLICATION => json!({ "syncPolicy": { "automated": was } }),
        _ => json!({ "suspend": was }),
    };
    Some(bound(value, json!({ SUSPENDED: null }), spec))
}

fn bound(value: &Value, annotations: Value, spec: Value) -> Value {
    let mut metadata = Map::new();
    metadata.insert("annotations".to_owned(), annotations);
    if let Some(version) = value.pointer("/metadata/resourceVersion") {
        metadata.insert("resourceVersion".to_owned(), version.clone());
    }
    json!({ "metadata": metadata, "spec": spec })
}

fn kept(value: &Value) -> Option<&str> {
    value.pointer("/metadata/annotations")?.get(SUSPENDED)?.as_str()
}

/// What a person has to do later, with the settings as they were before or as they were kept.
fn remedy(settings: &Object, value: &Value) -> String {
    let Object { namespace, name, .. } = settings;
    let text = match settings.kind {
        Kind::APPLICATION => {
            let was = value.pointer("/spec/syncPolicy/automated").map(Value::to_string);
            let was = was.or_else(|| kept(value).map(str::to_owned)).unwrap_or_else(|| "{}".to_owned());
            format!(
                "turn auto-sync of Argo CD {namespace}/{name} on again: kubectl patch application {name} -n {namespace} \
                 --type merge -p '{{\"metadata\":{{\"annotations\":{{\"{SUSPENDED}\":null}}}},\"spec\":{{\"syncPolicy\":\
                 {{\"automated\":{was}}}}}}}'"
            )
        }
        Kind::CANARY => format!(
            "let Flagger go on: kubectl patch canary {name} -n {namespace} --type merge -p \
             '{{\"metadata\":{{\"annotations\":{{\"{SUSPENDED}\":null}}}},\"spec\":{{\"suspend\":false}}}}'"
        ),
        kind => format!("let Flux go on: flux resume {kind} {name} -n {namespace}"),
    };
    match parent(value) {
        Some(parent) => format!("{text} ({parent} made it and may turn it on by itself)"),
        None => text,
    }
}

fn parent(value: &Value) -> Option<String> {
    let first = value.pointer("/metadata/ownerReferences/0")?;
    let text = |key: &str| first.get(key)?.as_str();
    Some(format!("{} {}", text("kind")?, text("name")?))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn application(policy: Value) -> Value {
        json!({"metadata": {"resourceVersion": "7"}, "spec": {"syncPolicy": policy}})
    }

    #[test]
    fn auto_sync_is_taken_away_and_kept() {
        let value = application(json!({"automated": {"selfHeal": true}, "syncOptions": ["A=true"]}));
        let Stop::Write(patch) = stop(Kind::APPLICATION, &value, "op-1") else { panic!("a write") };
        assert_eq!(
            patch,
            json!({
                "metadata": {"resourceVersion": "7", "annotations":
                    {"tminus.dev/suspended": "{\"selfHeal\":true}", "tminus.dev/operation": "op-1"}},
                "spec": {"syncPolicy": {"automated": null}},
            })
        );
    }

    #[test]
    fn what_was_kept_comes_back_as_it_was() {
        let mut value = application(json!({}));
        assert_eq!(start(Kind::APPLICATION, &value), None, "we did not stop it");
        value["metadata"]["annotations"] =
            json!({"tminus.dev/suspended": "{\"prune\":true,\"selfHeal\":true}"});
        let patch = start(Kind::APPLICATION, &value).expect("a write");
        assert_eq!(
            patch.pointer("/spec/syncPolicy/automated"),
            Some(&json!({"prune": true, "selfHeal": true}))
        );
        assert_eq!(patch.pointer("/metadata/annotations/tminus.dev~1suspended"), Some(&Value::Null));
    }

    #[rstest]
    #[case::nobody_stopped_it(Kind::KUSTOMIZATION, json!({}), false, None)]
    #[case::ours(Kind::KUSTOMIZATION, json!({"suspend": true}), true, Some(Stop::OursAlready))]
    #[case::theirs(Kind::KUSTOMIZATION, json!({"suspend": true}), false, Some(Stop::TheirsAlready))]
    #[case::ours_turned_on_again(Kind::HELM_RELEASE, json!({"suspend": false}), true, None)]
    #[case::sync_is_off(Kind::APPLICATION, json!({}), false, Some(Stop::TheirsAlready))]
    fn stopping_twice_changes_nothing(
        #[case] kind: Kind,
        #[case] spec: Value,
        #[case] ours: bool,
        #[case] wanted: Option<Stop>,
    ) {
        let annotations = if ours { json!({SUSPENDED: "null"}) } else { json!({}) };
        let value = json!({"metadata": {"annotations": annotations}, "spec": spec});
        match (stop(kind, &value, "op-1"), wanted) {
            (Stop::Write(patch), None) => assert_eq!(patch.pointer("/spec/suspend"), Some(&json!(true))),
            (found, wanted) => assert_eq!(Some(found), wanted),
        }
    }

    #[test]
    fn the_remedy_can_be_pasted() {
        let object = Object::new(Kind::APPLICATION, "argocd", "shop");
        let text = remedy(&object, &application(json!({"automated": {"selfHeal": true}})));
        assert!(text.contains("\"automated\":{\"selfHeal\":true}"), "{text}");
        let made = json!({"metadata": {"ownerReferences": [{"kind": "ApplicationSet", "name": "all"}]}});
        assert!(remedy(&object, &made).contains("ApplicationSet all"));
    }
}
