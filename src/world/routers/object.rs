//! Routers that are one object: what a route or a selector says, and one conditional patch of it.
//!
//! Invariants: a patch is computed from the object whose version it tests; both sides are in the one patch; what is
//! sent is what a preview shows.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::adapter::{Adapter, refused, unsupported};
use super::owner::{Subject, Writer};
use super::owners::Owners;
use super::patch::Draft;
use super::route::{Grain, Routes, Side};
use super::service::{self, Key, Told};
use super::{httproute, managed, virtualservice, warnings};
use crate::base::{ObjectName, OperationId, Untrusted, Weight};
use crate::engine::ports::{Change, Fault, Preview, Split, Stamp, Way, Written};
use crate::plan::{RouterKind, SideNames};
use crate::world::cluster::{Cluster, Deadline, Effect, Kind, Object, Objects, Part, Patch};

/// Where Istio looks for what counts everywhere.
const ISTIO: &str = "istio-system";
/// The annotation in which kubectl keeps a copy of everything.
const COPY: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// One object that splits the traffic.
pub(super) struct Single<'a> {
    cluster: &'a Cluster,
    owners: &'a Owners,
    title: String,
    object: Object,
    shape: Shape<'a>,
}

/// How the object says it.
enum Shape<'a> {
    HttpRoute { rule: Option<&'a str>, sides: &'a SideNames },
    VirtualService { route: Option<&'a str>, sides: &'a SideNames },
    Service { sides: &'a SideNames },
}

/// The object as it was read, and what else its meaning rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    value: Value,
    /// The Deployments of both sides, where their labels tell the sides apart.
    #[serde(default)]
    pods: Option<(Value, Value)>,
}

/// The adapter of a router that is one object; none when it is not.
pub(super) fn adapter<'a>(
    cluster: &'a Cluster,
    owners: &'a Owners,
    kind: &'a RouterKind,
) -> Option<Single<'a>> {
    let (what, object, shape) = match kind {
        RouterKind::HttpRoute { object, rule, sides } => {
            (Kind::HTTP_ROUTE, object, Shape::HttpRoute { rule: rule.as_deref(), sides })
        }
        RouterKind::VirtualService { object, route, sides } => {
            (Kind::VIRTUAL_SERVICE, object, Shape::VirtualService { route: route.as_deref(), sides })
        }
        RouterKind::Service { object, sides } => (Kind::SERVICE, object, Shape::Service { sides }),
        RouterKind::Argo { .. }
        | RouterKind::Deployment { .. }
        | RouterKind::Flag { .. }
        | RouterKind::Command { .. } => return None,
    };
    let ObjectName { namespace, name } = object;
    let object = Object::new(what, namespace, name);
    Some(Single { cluster, owners, title: kind.title(), object, shape })
}

impl Single<'_> {
    async fn get(&self, deadline: Deadline) -> Result<(Seen, Value), Fault> {
        let value: Value = self.cluster.get(&self.object, deadline).await?;
        let pods = match &self.shape {
            Shape::Service { sides } if self.asks_pods(&value, sides)? => {
                let one = |name: &str| Object::new(Kind::DEPLOYMENT, &self.object.namespace, name);
                let (stable, canary) = (one(&sides.stable), one(&sides.canary));
                let both = futures::join!(
                    self.cluster.get::<Value>(&stable, deadline),
                    self.cluster.get::<Value>(&canary, deadline)
                );
                let unknown = |side: &str, refusal: crate::world::cluster::Refusal| match refusal
                    .is_not_found()
                {
                    true => self.wrong(&format!(
                        "`{side}` is no value of its selector and no Deployment beside it: write `KEY=VALUE`"
                    )),
                    false => refusal.into(),
                };
                let stable = both.0.map_err(|refusal| unknown(&sides.stable, refusal))?;
                let canary = both.1.map_err(|refusal| unknown(&sides.canary, refusal))?;
                Some((labels(&stable), labels(&canary)))
            }
            _ => None,
        };
        Ok((Seen { value: trimmed(&value), pods }, value))
    }

    fn asks_pods(&self, value: &Value, sides: &SideNames) -> Result<bool, Fault> {
        let told = service::told(value, sides).map_err(|why| self.wrong(&why))?;
        Ok(told == Told::Deployments)
    }

    /// What the fields that say it are called in `managedFields`.
    fn fields(&self) -> &'static [&'static [&'static str]] {
        match self.shape {
            Shape::HttpRoute { .. } => &[&["f:spec", "f:rules"]],
            Shape::VirtualService { .. } => {
                &[&["f:spec", "f:http"], &["f:spec", "f:tcp"], &["f:spec", "f:tls"]]
            }
            Shape::Service { .. } => &[&["f:spec", "f:selector"]],
        }
    }

    fn wrong(&self, why: &str) -> Fault {
        unsupported(&self.title, &Untrusted::new(why).line())
    }

    fn routes(&self, seen: &Seen) -> Result<(Routes, Grain), String> {
        match &self.shape {
            Shape::HttpRoute { rule, sides } => Ok((httproute::read(&seen.value, *rule, sides)?, Grain::Any)),
            Shape::VirtualService { route, sides } => {
                Ok((virtualservice::read(&seen.value, *route, sides)?, Grain::Percent))
            }
            Shape::Service { .. } => Err("a selector has no routes".to_owned()),
        }
    }

    fn keys(&self, seen: &Seen, sides: &SideNames) -> Result<Vec<Key>, String> {
        match (service::told(&seen.value, sides)?, &seen.pods) {
            (Told::Keys(keys), _) => Ok(keys),
            (Told::Deployments, Some((stable, canary))) => {
                service::by_pods(&seen.value, sides, stable, canary)
            }
            (Told::Deployments, None) => Err("its selector is neither side's: write `KEY=VALUE`".to_owned()),
        }
    }

    /// The canary's share, and what a person should know besides.
    fn share(&self, seen: &Seen) -> Result<(Option<Weight>, Vec<String>), String> {
        if let Shape::Service { sides } = &self.shape {
            let keys = self.keys(seen, sides)?;
            let share = service::share(&seen.value, &keys);
            let notes = if share.is_none() { vec![service::odd(&seen.value, &keys)] } else { Vec::new() };
            return Ok((share, notes));
        }
        let (routes, _) = self.routes(seen)?;
        Ok((routes.share(), routes.notes()))
    }

    /// The change, and the fields it writes.
    fn draft(&self, seen: &Seen, weight: Weight, way: Way) -> Result<(Draft, Vec<String>), String> {
        let mut draft = Draft::of(&seen.value);
        let mut fields = Vec::new();
        if let Shape::Service { sides } = &self.shape {
            for one in service::changes(&seen.value, &self.keys(seen, sides)?, weight, way)? {
                let told = format!("selector {}: {} → {}", one.key, one.before, one.after);
                draft.set(&one.pointer, json!(one.after), told);
                fields.push(one.pointer);
            }
            return Ok((draft, fields));
        }
        let (routes, grain) = self.routes(seen)?;
        let sets = routes.writes(weight, way, grain)?;
        for (pointer, value) in sets.iter().flat_map(|set| &set.tests) {
            draft.test(pointer, value);
        }
        for set in sets {
            let told = format!("{}: {} {} → {}", set.route, set.name, set.before, set.after);
            draft.set(&set.pointer, json!(set.after), told);
            fields.push(set.pointer);
        }
        Ok((draft, fields))
    }

    /// Refuses traffic towards subsets that nobody defines.
    async fn check(&self, seen: &Seen, deadline: Deadline) -> Result<(), Fault> {
        let Shape::VirtualService { .. } = &self.shape else { return Ok(()) };
        let (routes, _) = self.routes(seen).map_err(|why| self.wrong(&why))?;
        let home = &self.object.namespace;
        let mut rules: Vec<Value> = Vec::new();
        for namespace in virtualservice::homes(&routes, home) {
            rules.extend(self.cluster.list(&Objects::of(Kind::DESTINATION_RULE, namespace), deadline).await?);
        }
        if virtualservice::undefined(&routes, home, &rules).is_none() {
            return Ok(());
        }
        // The root namespace is often closed to us, and what is there is the mesh's own.
        if let Ok(more) = self.cluster.list(&Objects::of(Kind::DESTINATION_RULE, ISTIO), deadline).await {
            rules.extend(more);
        }
        match virtualservice::undefined(&routes, home, &rules) {
            Some(why) => Err(self.wrong(&why)),
            None => Ok(()),
        }
    }

    /// What a person should know of where traffic is about to go.
    async fn warnings(&self, seen: &Seen, value: &Value, way: Way, deadline: Deadline) -> Vec<Untrusted> {
        let (cluster, home) = (self.cluster, self.object.namespace.as_str());
        let mut told = self.share(seen).map(|(_, notes)| notes).unwrap_or_default();
        if let Shape::Service { sides } = &self.shape {
            let keys = self.keys(seen, sides).unwrap_or_default();
            let labels = service::labels(&seen.value, &keys, way);
            told.extend(warnings::pods(cluster, home, &labels, deadline).await);
        } else if let Ok((routes, _)) = self.routes(seen) {
            let to = if way == Way::Back { Side::Stable } else { Side::Canary };
            for host in routes.hosts(to) {
                let found = match &self.shape {
                    Shape::HttpRoute { .. } => Some(host.split_once('/').unwrap_or((home, host)))
                        .map(|(namespace, name)| (name, namespace)),
                    _ => virtualservice::service(host, home),
                };
                if let Some((name, namespace)) = found {
                    told.extend(warnings::service(cluster, namespace, name, deadline).await);
                }
            }
        }
        if let Shape::HttpRoute { .. } = &self.shape {
            told.extend(warnings::parents(value));
        }
        told.into_iter().map(Untrusted::new).collect()
    }

    /// What a change is computed from: what was read before, or a reading of our own.
    async fn seen(&self, read: Option<&Split>, deadline: Deadline) -> Result<Seen, Fault> {
        let stamp = read.and_then(|split| split.stamp.as_ref());
        match stamp.and_then(|stamp| serde_json::from_str(&stamp.0).ok()) {
            Some(seen) => Ok(seen),
            None => Ok(self.get(deadline).await?.0),
        }
    }
}

impl Adapter for Single<'_> {
    fn read(&self) -> BoxFuture<'_, Result<Split, Fault>> {
        Box::pin(async move {
            let deadline = Deadline::usual();
            let (seen, value) = self.get(deadline).await?;
            let by = managed::by(&value, self.fields());
            let (configured, notes) = self.share(&seen).map_err(|why| self.wrong(&why))?;
            let fields =
                self.draft(&seen, Weight::ZERO, Way::Back).map(|(_, fields)| fields).unwrap_or_default();
            let subject = Subject { object: &self.object, value: &seen.value, fields: &fields };
            let ownership = self.owners.recent(self.cluster, subject, deadline).await;
            let stamp = serde_json::to_string(&seen).ok().map(Stamp);
            let notes = notes.into_iter().map(Untrusted::new).chain(ownership.warnings().cloned());
            Ok(Split {
                configured,
                owner: ownership.owner(),
                by,
                stamp,
                notes: notes.collect(),
                ..Split::default()
            })
        })
    }

    fn write<'a>(&'a self, change: Change<'a>) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move {
            let deadline = Deadline::usual();
            let seen = self.seen(change.read, deadline).await?;
            let drafted = self.draft(&seen, change.weight, change.way);
            let fields = drafted.as_ref().map(|(_, fields)| fields.clone()).unwrap_or_default();
            let subject = Subject { object: &self.object, value: &seen.value, fields: &fields };
            let mut written = Written::default();
            match change.way {
                Way::Forward => {
                    let ownership = self.owners.now(self.cluster, subject, deadline).await;
                    if let Some(fault) = ownership.refusal(&self.object) {
                        return Err(fault);
                    }
                    self.check(&seen, deadline).await?;
                }
                Way::Back => {
                    let ownership = self.owners.recent(self.cluster, subject, deadline).await;
                    let given =
                        ownership.give_way(self.cluster, &self.object, change.operation, deadline).await?;
                    written.restore = given.restore;
                    if given.writer == Writer::Owner {
                        return Ok(written);
                    }
                }
            }
            let (draft, _) = drafted.map_err(|why| self.wrong(&why))?;
            let draft = draft.marked(&seen.value, change.operation);
            let patch = Patch::Json(draft.operations().to_vec());
            let done = self.cluster.patch(&self.object, Part::Whole, &patch, Effect::Real, deadline).await;
            done.map_err(|refusal| refused(&self.object, refusal))?;
            Ok(written)
        })
    }

    fn preview(&self, weight: Weight) -> BoxFuture<'_, Result<Preview, Fault>> {
        Box::pin(async move {
            let deadline = Deadline::usual();
            let way = if weight == Weight::ZERO { Way::Back } else { Way::Forward };
            let (seen, value) = self.get(deadline).await?;
            let (draft, fields) = self.draft(&seen, weight, way).map_err(|why| self.wrong(&why))?;
            let subject = Subject { object: &self.object, value: &seen.value, fields: &fields };
            let ownership = self.owners.recent(self.cluster, subject, deadline).await;
            let draft = draft.marked(&seen.value, &OperationId::new("preview"));
            let mut warnings = self.warnings(&seen, &value, way, deadline).await;
            warnings.extend(ownership.warnings().cloned());
            let owned = ownership.refusal(&self.object);
            let refusal = match way {
                Way::Forward if owned.is_none() => self.check(&seen, deadline).await.err(),
                Way::Forward => owned,
                Way::Back => {
                    warnings.extend(owned.map(|owned| Untrusted::new(owned.to_string())));
                    None
                }
            };
            let patch = Patch::Json(draft.operations().to_vec());
            let dry = self.cluster.patch(&self.object, Part::Whole, &patch, Effect::DryRun, deadline).await;
            let answer = match (refusal, dry) {
                (Some(fault), _) => Err(fault.to_string().into()),
                (None, Ok(_)) => Ok(draft.told().join("; ").into()),
                (None, Err(refusal)) => Err(refused(&self.object, refusal).to_string().into()),
            };
            Ok(Preview { patch: draft.shown(&self.object).into(), answer: Some(answer), warnings })
        })
    }

    fn watched(&self) -> Vec<Objects> {
        vec![Objects::of(self.object.kind, &self.object.namespace).named(&self.object.name)]
    }
}

/// What is kept of a workload: the labels of its pods.
fn labels(value: &Value) -> Value {
    let labels = value.pointer("/spec/template/metadata/labels").cloned().unwrap_or(Value::Null);
    json!({ "spec": { "template": { "metadata": { "labels": labels } } } })
}

/// What is kept of an object: everything a write and its owners rest on, and no more.
pub(super) fn trimmed(value: &Value) -> Value {
    let mut metadata = serde_json::Map::new();
    for key in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "labels",
        "annotations",
        "ownerReferences",
    ] {
        if let Some(found) = value.get("metadata").and_then(|metadata| metadata.get(key)) {
            metadata.insert(key.to_owned(), found.clone());
        }
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove(COPY);
    }
    json!({ "metadata": metadata, "spec": value.get("spec").cloned().unwrap_or(Value::Null) })
}
