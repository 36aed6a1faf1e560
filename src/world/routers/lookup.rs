//! Looking for who writes an object: Argo Rollouts and Flagger by what they name, GitOps controllers by their marks.
//!
//! Invariants: a kind that the cluster does not have owns nothing; what may not be read is unseen, never nobody; a
//! mark whose controller is not in this cluster is believed.

use serde_json::Value;

use crate::base::Untrusted;
use crate::world::cluster::{Cluster, Deadline, Kind, Object, Objects, Refusal, Why};

use super::claim;
use super::gitops::{self, Habit, Mark, Trust};
use super::owner::{Claim, Ownership, Subject};
use super::suspend;

/// Finds out who writes an object beside us.
pub async fn find(cluster: &Cluster, subject: Subject<'_>, deadline: Deadline) -> Ownership {
    let mut found = Ownership::default();
    let (rollouts, canaries) = futures::join!(
        everywhere(cluster, Kind::ROLLOUT, subject.object, deadline),
        listed(cluster, Objects::of(Kind::CANARY, &subject.object.namespace), deadline),
    );
    let named = claim::owners(subject.value);
    let by_name = |kind: &str, namespace: &str, value: &Value| {
        let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        namespace == subject.object.namespace && named.iter().any(|it| it.0 == kind && it.1 == name)
    };
    for rollout in found.seen(rollouts) {
        let Some(object) = object_of(Kind::ROLLOUT, &rollout) else { continue };
        if claim::by_rollout(&rollout, subject.object) || by_name("Rollout", &object.namespace, &rollout) {
            found.claims.push(Claim::rollout(object));
        }
    }
    for canary in found.seen(canaries) {
        let Some(object) = object_of(Kind::CANARY, &canary) else { continue };
        if claim::by_canary(&canary, subject.object) || by_name("Canary", &object.namespace, &canary) {
            if canary.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true) {
                let text = format!("Flagger canary {object} is suspended; once resumed it writes the weight");
                found.notes.push(text.into());
                found.stopped.extend(suspend::remembered(&object, &canary));
                continue;
            }
            found.claims.push(Claim::canary(object));
        }
    }
    for mark in gitops::marks(subject.object, subject.value) {
        match mark {
            Mark::Application { namespace, name, trust } => {
                application(cluster, subject, &mut found, (namespace, name, trust), deadline).await;
            }
            Mark::Flux(owner) => flux(cluster, subject, &mut found, owner, deadline).await,
        }
    }
    found
}

impl Ownership {
    /// What was found; nothing, with a warning, when it could not be looked at.
    fn seen(&mut self, answer: Result<Vec<Value>, Refusal>) -> Vec<Value> {
        answer.unwrap_or_else(|refusal| {
            self.unseen.push(Untrusted::new(format!("who owns it is not known: {}", refusal.text())));
            Vec::new()
        })
    }

    fn noted(&mut self, title: &str, habit: &Habit) {
        self.notes.extend(habit.notes.iter().map(|note| Untrusted::new(format!("{title}: {note}"))));
    }
}

async fn application(
    cluster: &Cluster,
    subject: Subject<'_>,
    found: &mut Ownership,
    (namespace, name, trust): (Option<String>, String, Trust),
    deadline: Deadline,
) {
    let answer = match &namespace {
        Some(namespace) => {
            listed(cluster, Objects::of(Kind::APPLICATION, namespace).named(&name), deadline).await
        }
        None => {
            let all = listed(cluster, Objects::of(Kind::APPLICATION, "").named(&name), deadline).await;
            match all {
                Err(Refusal { why: Why::Forbidden { .. }, .. }) => {
                    listed(cluster, Objects::of(Kind::APPLICATION, "argocd").named(&name), deadline).await
                }
                all => all,
            }
        }
    };
    match answer {
        Ok(all) => match all.iter().find(|it| manages(it, subject.object)) {
            Some(settings) => {
                let habit = gitops::application(settings, subject.object, subject.fields);
                let object = object_of(Kind::APPLICATION, settings);
                let title = object.as_ref().map_or(name, |it| format!("{}/{}", it.namespace, it.name));
                found.noted(&format!("Argo CD {title}"), &habit);
                found.stopped.extend(object.as_ref().and_then(|it| suspend::remembered(it, settings)));
                found.claims.push(Claim::argocd(title, object, habit));
            }
            // Its mark is there and it is not: Argo CD runs in another cluster.
            None if trust == Trust::Sure => {
                found.notes.push(Untrusted::new(format!(
                    "Argo CD {name} tracks it from elsewhere: it is taken to heal by itself"
                )));
                let habit = Habit { automatic: true, ..Habit::default() };
                found.claims.push(Claim::argocd(name, None, habit));
            }
            None => {}
        },
        Err(refusal) => {
            found.unseen.push(Untrusted::new(format!("what Argo CD does is not known: {}", refusal.text())));
            if trust == Trust::Sure {
                let habit = Habit { automatic: true, ..Habit::default() };
                found.claims.push(Claim::argocd(name, None, habit));
            }
        }
    }
}

async fn flux(
    cluster: &Cluster,
    subject: Subject<'_>,
    found: &mut Ownership,
    owner: Object,
    deadline: Deadline,
) {
    match cluster.get::<Value>(&owner, deadline).await {
        Ok(settings) => {
            let habit = gitops::flux(&owner, &settings, subject.value);
            found.noted(&format!("Flux {}/{}", owner.namespace, owner.name), &habit);
            found.stopped.extend(suspend::remembered(&owner, &settings));
            found.claims.push(Claim::flux(owner.clone(), Some(owner), habit));
        }
        Err(refusal) => {
            found.unseen.push(Untrusted::new(format!("what Flux does is not known: {}", refusal.text())));
            let habit = Habit { automatic: true, ..Habit::default() };
            found.claims.push(Claim::flux(owner, None, habit));
        }
    }
}

/// Whether an application counts the object among its own; one that says nothing of its objects is believed.
fn manages(application: &Value, object: &Object) -> bool {
    let Some(resources) = application.pointer("/status/resources").and_then(Value::as_array) else {
        return true;
    };
    let says = |it: &Value, key: &str| it.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    resources.is_empty()
        || resources.iter().any(|it| {
            says(it, "group") == object.kind.group
                && says(it, "kind") == object.kind.kind
                && says(it, "name") == object.name
                && says(it, "namespace") == object.namespace
        })
}

/// All of a kind that may name the object: routes may be named from other namespaces.
async fn everywhere(
    cluster: &Cluster,
    kind: Kind,
    object: &Object,
    deadline: Deadline,
) -> Result<Vec<Value>, Refusal> {
    let shared = matches!(object.kind, Kind::HTTP_ROUTE | Kind::VIRTUAL_SERVICE | Kind::DESTINATION_RULE);
    if shared {
        match listed(cluster, Objects::of(kind, ""), deadline).await {
            Err(Refusal { why: Why::Forbidden { .. }, .. }) => {}
            answer => return answer,
        }
    }
    listed(cluster, Objects::of(kind, &object.namespace), deadline).await
}

/// All there are; none where the cluster has no such kind.
async fn listed(cluster: &Cluster, objects: Objects, deadline: Deadline) -> Result<Vec<Value>, Refusal> {
    match cluster.list(&objects, deadline).await {
        Err(Refusal { why: Why::NotFound(_), .. }) => Ok(Vec::new()),
        answer => answer,
    }
}

fn object_of(kind: Kind, value: &Value) -> Option<Object> {
    let text = |at: &str| value.pointer(at).and_then(Value::as_str);
    Some(Object::new(kind, text("/metadata/namespace")?, text("/metadata/name")?))
}
