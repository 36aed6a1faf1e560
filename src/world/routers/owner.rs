//! Who writes the weight of an object beside us, found out before anything is written.
//!
//! Invariants: what could not be looked at is said, and never counts as nobody; a promotion that would be reverted is
//! refused with what would work; traffic that goes back is never refused: the owner brings it back, or is stopped and
//! the way to start it again is told.

use serde_json::Value;

use crate::base::{OperationId, Untrusted};
use crate::engine::ports::Fault;
use crate::release::{GitOpsTool, Owner};
use crate::world::cluster::{Cluster, Deadline, Kind, Object, Objects, Refusal, Why};

use super::gitops::{self, Habit, Mark, Trust};
use super::suspend::{self, Suspension};
use super::{abort, claim};

/// What is going to be written.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The object.
    pub object: &'a Object,
    /// The object as it was read.
    pub value: &'a Value,
    /// The fields that are going to be written, as JSON pointers, such as `/spec/http/0/route/0/weight`.
    pub fields: &'a [String],
}

/// Who writes an object beside us.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ownership {
    /// Whose it is, the one that writes most eagerly first.
    claims: Vec<Claim>,
    /// What could not be looked at.
    unseen: Vec<Untrusted>,
    /// What a person should know beside that.
    notes: Vec<Untrusted>,
    /// How those are started again that we stopped before.
    stopped: Vec<Untrusted>,
}

/// One controller that writes an object.
#[derive(Clone, Debug, PartialEq)]
struct Claim {
    owner: Owner,
    /// Its own settings, where it can be stopped or sent back; none when they are not in this cluster or may not be read.
    settings: Option<Object>,
    /// What works instead of writing the object.
    help: String,
    /// Where its wish is kept.
    source: Option<String>,
}

/// How the way was made free for traffic to go back.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenWay {
    /// Who writes now.
    pub writer: Writer,
    /// What a person has to undo later.
    pub restore: Vec<Untrusted>,
}

/// Who brings traffic back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Us: write the object.
    Us,
    /// The owner was told to: do not write, read until it is back.
    Owner,
}

impl Ownership {
    /// The one that matters most.
    pub fn owner(&self) -> Owner {
        let reverting = self.claims.iter().find(|claim| claim.owner.reverts());
        match reverting {
            Some(claim) => claim.owner.clone(),
            None if !self.unseen.is_empty() => Owner::Unknown,
            None => self.claims.first().map_or(Owner::Nobody, |claim| claim.owner.clone()),
        }
    }

    /// What a person should know: what could not be looked at, and what happens later.
    pub fn warnings(&self) -> impl Iterator<Item = &Untrusted> {
        self.unseen.iter().chain(&self.notes)
    }

    /// Why a promotion by writing the object is refused; none when it would stay.
    pub fn refusal(&self, object: &Object) -> Option<Fault> {
        let claim = self.claims.iter().find(|claim| claim.owner.reverts())?;
        Some(Fault::Owned {
            what: object.to_string(),
            owner: claim.owner.title().unwrap_or_default(),
            help: claim.help.clone(),
        })
    }

    /// Makes the way free for traffic to go back: an Argo Rollout is aborted, everybody else who would revert it is
    /// stopped. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the one that must bring traffic back could not be told to. One that could not be stopped is no error:
    /// the traffic is written all the same, and what it may do is told.
    pub async fn give_way(
        &self,
        cluster: &Cluster,
        object: &Object,
        operation: &OperationId,
        deadline: Deadline,
    ) -> Result<GivenWay, Fault> {
        let mut writer = Writer::Us;
        for claim in &self.claims {
            if let (Owner::Rollout { .. }, Some(rollout)) = (&claim.owner, &claim.settings) {
                abort::abort(cluster, rollout, operation, deadline).await?;
                writer = Writer::Owner;
            }
        }
        Ok(GivenWay { writer, restore: self.stop(cluster, object, operation, deadline).await })
    }

    /// Stops everybody who would write the object again, but for Argo Rollouts, and says what a person has to undo
    /// later. Doing it again changes nothing.
    pub async fn stop(
        &self,
        cluster: &Cluster,
        object: &Object,
        operation: &OperationId,
        deadline: Deadline,
    ) -> Vec<Untrusted> {
        let mut restore = self.stopped.clone();
        let others = self.claims.iter().filter(|claim| !matches!(claim.owner, Owner::Rollout { .. }));
        for claim in others {
            if claim.owner.reverts() {
                let stopped = match &claim.settings {
                    Some(settings) => {
                        let suspension = Suspension { settings, operation };
                        suspend::suspend(cluster, suspension, deadline).await.map_err(|it| it.to_string())
                    }
                    None => Err("its settings are not to be read here".to_owned()),
                };
                restore.extend(stopped.unwrap_or_else(|why| Some(claim.goes_on(object, &why))));
            }
            restore.push(claim.commit(object));
        }
        restore
    }
}

impl Claim {
    fn goes_on(&self, object: &Object, why: &str) -> Untrusted {
        let title = self.owner.title().unwrap_or_default();
        Untrusted::new(format!(
            "{title} could not be stopped ({why}) and may write {object} again: {}",
            self.help
        ))
    }

    fn commit(&self, object: &Object) -> Untrusted {
        let title = self.owner.title().unwrap_or_default();
        Untrusted::new(match (&self.owner, &self.source) {
            (Owner::Flagger { .. }, _) => format!("see that {title} agrees with what {object} says now"),
            (_, Some(source)) => {
                format!("revert the commit in {source}: {title} still wants the old {object}")
            }
            (_, None) => format!("revert the commit that {title} follows: it still wants the old {object}"),
        })
    }

    fn rollout(rollout: Object) -> Self {
        let Object { namespace, name, .. } = &rollout;
        Self {
            owner: Owner::Rollout { name: format!("{namespace}/{name}") },
            help: format!(
                "promote it: kubectl argo rollouts promote {name} -n {namespace}, or name rollout:{namespace}/{name} \
                 as the router"
            ),
            settings: Some(rollout),
            source: None,
        }
    }

    fn canary(canary: Object) -> Self {
        let Object { namespace, name, .. } = &canary;
        Self {
            owner: Owner::Flagger { name: format!("{namespace}/{name}") },
            help: format!(
                "let its analysis go on, or stop it: kubectl patch canary {name} -n {namespace} --type merge \
                 -p '{{\"spec\":{{\"suspend\":true}}}}'"
            ),
            settings: Some(canary),
            source: None,
        }
    }

    fn argocd(name: String, settings: Option<Object>, habit: Habit) -> Self {
        let source = habit.source.as_deref().unwrap_or("its repository");
        Self {
            help: format!(
                "commit the weight to {}, or stop it first: argocd app set {name} --sync-policy none",
                Untrusted::new(source).cell(200)
            ),
            owner: Owner::GitOps { tool: GitOpsTool::Argocd, name, automatic: habit.automatic },
            settings,
            source: habit.source.map(|it| Untrusted::new(it).cell(200)),
        }
    }

    fn flux(object: Object, settings: Option<Object>, habit: Habit) -> Self {
        let Object { namespace, name, .. } = &object;
        let kind = object.kind.to_string();
        let source = habit.source.as_deref().unwrap_or("its repository");
        Self {
            help: format!(
                "commit the weight to {}, or stop it first: flux suspend {kind} {name} -n {namespace}",
                Untrusted::new(source).cell(200)
            ),
            owner: Owner::GitOps {
                tool: GitOpsTool::Flux,
                name: format!("{namespace}/{name}"),
                automatic: habit.automatic,
            },
            settings,
            source: habit.source.map(|it| Untrusted::new(it).cell(200)),
        }
    }
}

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
