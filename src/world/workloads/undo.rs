//! Brings a workload back to its last known good.
//!
//! Invariants: the version is named, never "the one before", so that doing it twice ends at the same; templates are
//! compared whole, so that a removed field is a difference; a write is bound to what was read; ownership by a
//! repository is no reason to refuse, only something to tell.

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::{OperationId, Untrusted};
use crate::engine::ports::Fault;
use crate::plan::{Workload, WorkloadKind};
use crate::world::cluster::{Cluster, Deadline, Effect, Kind, Object, Part, Patch, Refusal, Why};
use crate::world::routers::abort;
use crate::world::routers::adapter::OPERATION;
use crate::world::routers::course::{Course, Move, Phase};
use crate::world::routers::owner::{self, Subject};
use crate::world::routers::promotion::PROMOTION;

use super::good::{self, Found, Good};
use super::sets::{Set, plain, sets};

/// How often it is decided anew because somebody else was faster.
const TRIES: usize = 6;
/// How long the controller has to see a change before it is hurried.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(40);

/// How it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// Whether anything had to be changed.
    pub change: Change,
    /// What was done, in one line.
    pub said: Untrusted,
    /// What a person has to undo later.
    pub restore: Vec<Untrusted>,
}

/// Whether anything had to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It runs, or is on its way, already.
    Already,
    /// The template is the one of before.
    Template,
    /// No version of before is kept: only the image is the one of before.
    Image,
}

/// Brings a workload back to a version: see [`Good`] for how it is named.
///
/// # Errors
/// When it cannot be told which version is meant, or the cluster did not take it.
pub async fn undo(
    cluster: &Cluster,
    workload: &Workload,
    version: &str,
    operation: &OperationId,
    deadline: Deadline,
) -> Result<Undone, Fault> {
    let object = object(workload)?;
    let good = Good::new(version);
    let mut restore = Vec::new();
    let mut tries = TRIES;
    let mut asked = false;
    loop {
        let seen = Seen::read(cluster, &object, deadline).await?;
        let Step { target, said, write } = seen.towards(good)?;
        let said = Untrusted::new(said);
        let Some((change, patch)) = write else {
            hurry(cluster, &object, &target, deadline).await?;
            return Ok(Undone { change: Change::Already, said, restore });
        };
        // Whoever writes the template again is stopped first, once.
        if !asked {
            asked = true;
            let fields = ["/spec/template".to_owned()];
            let subject = Subject { object: &seen.holder, value: &seen.held, fields: &fields };
            let found = owner::find(cluster, subject, deadline).await;
            restore.extend(found.stop(cluster, &seen.holder, operation, deadline).await);
        }
        let patch = Patch::Json(seen.bound(patch, operation));
        tries -= 1;
        match cluster.patch(&seen.holder, Part::Whole, &patch, Effect::Real, deadline).await {
            Ok(_) => {
                hurry(cluster, &object, &target, deadline).await?;
                return Ok(Undone { change, said, restore });
            }
            Err(refusal) if matches!(refusal.why, Why::Conflict(_) | Why::Invalid { .. }) && tries > 0 => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
}

/// The version a workload serves now, as [`undo`] takes it: `IMAGE#HASH`; none while it is not known.
///
/// # Errors
/// When it cannot be read.
pub async fn serving(
    cluster: &Cluster,
    workload: &Workload,
    deadline: Deadline,
) -> Result<Option<String>, Fault> {
    let seen = Seen::read(cluster, &object(workload)?, deadline).await?;
    let hash = seen.course.as_ref().map(|it| it.stable.clone()).or_else(|| seen.current());
    let set = hash.and_then(|hash| seen.sets.iter().find(|set| set.hash == hash));
    Ok(set.and_then(|set| {
        let image = super::sets::images(&set.template).next().map(|(_, image)| image)?;
        Some(format!("{image}#{}", set.hash))
    }))
}

/// Whether a workload's template runs an image.
pub fn runs(workload: &Value, image: &str) -> bool {
    workload.pointer("/spec/template").is_some_and(|template| good::has(template, image))
}

fn object(workload: &Workload) -> Result<Object, Fault> {
    let kind = match workload.kind {
        WorkloadKind::Deployment => Kind::DEPLOYMENT,
        WorkloadKind::Rollout => Kind::ROLLOUT,
        WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => {
            return Err(Fault::Unsupported(format!(
                "{workload} keeps no replica sets: kubectl rollout undo {}/{} -n {} --to-revision=N",
                workload.kind.word(),
                workload.object.name,
                workload.object.namespace
            )));
        }
    };
    Ok(Object::new(kind, &workload.object.namespace, &workload.object.name))
}

/// A workload as it was read.
struct Seen {
    object: Object,
    /// What holds the template: the workload, or the Deployment that a Rollout refers to.
    holder: Object,
    held: Value,
    sets: Vec<Set>,
    /// Where it stands, for a Rollout.
    course: Option<Course>,
}

/// What is to run.
enum Target {
    /// The version of this template.
    Hash(String),
    /// Whatever version runs this image.
    Image(String),
}

struct Step {
    target: Target,
    said: String,
    /// The change, unless it is so already.
    write: Option<(Change, Vec<Value>)>,
}

impl Seen {
    async fn read(cluster: &Cluster, object: &Object, deadline: Deadline) -> Result<Self, Fault> {
        let patience = deadline.at_most(PATIENCE);
        loop {
            let value: Value = cluster.get(object, deadline).await?;
            let course = if object.kind == Kind::ROLLOUT { Course::read(&value) } else { None };
            let unseen = course.as_ref().is_some_and(|course| course.phase == Phase::Unseen);
            if unseen && !patience.left().is_zero() {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let (holder, held) = holder(cluster, object, &value, deadline).await?;
            let sets = sets(cluster, object, &value, deadline).await?;
            return Ok(Self { object: object.clone(), holder, held, sets, course });
        }
    }

    /// Hash of the version that runs or is going out; none when that is not settled.
    fn current(&self) -> Option<String> {
        if let Some(course) = &self.course {
            return (course.phase != Phase::Unseen).then(|| course.current.clone());
        }
        let template = plain(self.held.pointer("/spec/template")?.clone());
        self.sets.iter().find(|set| set.template == template).map(|set| set.hash.clone())
    }

    fn towards(&self, good: Good<'_>) -> Result<Step, Fault> {
        let current = self.current();
        let stable = self.course.as_ref().map(|course| course.stable.as_str());
        match good.find(&self.sets, current.as_deref(), stable) {
            Found::One(set) => {
                let there = current.as_deref() == Some(set.hash.as_str());
                let (object, hash, image) = (&self.object, &set.hash, image_of(&set.template));
                Ok(Step {
                    target: Target::Hash(set.hash.clone()),
                    said: match there {
                        true => format!("{object} is at {hash} ({image}) already"),
                        false => format!("{object} goes back to {hash} ({image})"),
                    },
                    write: (!there).then(|| (Change::Template, self.template(set))),
                })
            }
            Found::Unclear(count) => Err(Fault::Unsupported(format!(
                "{}: {count} versions of {} have run it and one of them runs now: name the version to go back to as \
                 IMAGE#HASH, with the hash of its replica set",
                good.image, self.object
            ))),
            Found::None => self.image(good),
        }
    }

    fn template(&self, set: &Set) -> Vec<Value> {
        let mut patch = vec![json!({ "op": "replace", "path": "/spec/template", "value": set.template })];
        // The mark tells a second press that the good version is on its way, and which one must not come again.
        if let Some(course) = &self.course {
            let mark = if course.stable == set.hash { &course.current } else { &course.stable };
            patch.push(annotate(PROMOTION, &format!("{}>{mark}", set.hash)));
        }
        patch
    }

    /// No kept version has the image: it alone is set again.
    fn image(&self, good: Good<'_>) -> Result<Step, Fault> {
        let template = self.held.pointer("/spec/template");
        let place = template.and_then(|template| good::place(template, good.image));
        let target = Target::Image(good.image.to_owned());
        match place {
            Some((_, image)) if good::same(image, good.image) => {
                Ok(Step { target, said: format!("{} runs {image} already", self.object), write: None })
            }
            Some((at, image)) => {
                let path = format!("/spec/template/spec/containers/{at}/image");
                let patch = vec![
                    json!({ "op": "test", "path": path, "value": image }),
                    json!({ "op": "replace", "path": path, "value": good.image }),
                ];
                let said = format!(
                    "{} keeps no version with {}: only the image was set, the rest is as in the new version",
                    self.object, good.image
                );
                Ok(Step { target, said, write: Some((Change::Image, patch)) })
            }
            None => Err(Fault::Unsupported(format!(
                "{} keeps no version {} and has no container of that repository: kubectl set image {}/{} -n {} \
                 CONTAINER=IMAGE@DIGEST",
                self.object,
                if good.image.is_empty() { good.hash.unwrap_or_default() } else { good.image },
                self.holder.kind,
                self.holder.name,
                self.holder.namespace
            ))),
        }
    }

    /// The patch, bound to what was read and marked.
    fn bound(&self, patch: Vec<Value>, operation: &OperationId) -> Vec<Value> {
        // Bound to the wish that was read: pods that come and go meanwhile must not stand in the way back.
        let read = self.held.pointer("/metadata/generation").cloned().unwrap_or(Value::Null);
        let mut all = vec![json!({ "op": "test", "path": "/metadata/generation", "value": read })];
        if self.held.pointer("/metadata/annotations").is_none() {
            all.push(json!({ "op": "add", "path": "/metadata/annotations", "value": {} }));
        }
        // A workload that is paused takes a new template and does not act on it.
        if self.held.pointer("/spec/paused").and_then(Value::as_bool) == Some(true) {
            all.push(json!({ "op": "replace", "path": "/spec/paused", "value": false }));
        }
        all.push(annotate(OPERATION, operation.as_str()));
        // The mark of a Rollout stays on it, whoever holds its template.
        let own = self.holder == self.object;
        all.extend(patch.into_iter().filter(|it| own || !is_annotation(it)));
        all
    }
}

fn annotate(key: &str, value: &str) -> Value {
    let path = format!("/metadata/annotations/{}", key.replace('/', "~1"));
    json!({ "op": "add", "path": path, "value": value })
}

fn is_annotation(operation: &Value) -> bool {
    let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
    path.starts_with("/metadata/annotations/")
}

fn image_of(template: &Value) -> String {
    super::sets::images(template).next().map(|(_, image)| image.to_owned()).unwrap_or_default()
}

async fn holder(
    cluster: &Cluster,
    object: &Object,
    value: &Value,
    deadline: Deadline,
) -> Result<(Object, Value), Fault> {
    let reference = |key: &str| value.pointer("/spec/workloadRef")?.get(key)?.as_str();
    match (reference("kind"), reference("name")) {
        (None, _) | (_, None) => Ok((object.clone(), value.clone())),
        (Some("Deployment"), Some(name)) => {
            let holder = Object::new(Kind::DEPLOYMENT, &object.namespace, name);
            let held = cluster.get(&holder, deadline).await?;
            Ok((holder, held))
        }
        (Some(kind), Some(name)) => Err(Fault::Unsupported(format!(
            "{object} takes its template from {kind} {name}, which is not written here: kubectl argo rollouts undo {} \
             -n {} --to-revision=N",
            object.name, object.namespace
        ))),
    }
}

/// Lets a Rollout that goes back to another version than its stable one do so at once, without its steps.
///
/// The controller drops the wish when it comes before it has seen the template, so that is waited for.
async fn hurry(
    cluster: &Cluster,
    object: &Object,
    target: &Target,
    deadline: Deadline,
) -> Result<(), Refusal> {
    if object.kind != Kind::ROLLOUT {
        return Ok(());
    }
    let patience = deadline.at_most(PATIENCE);
    while !patience.left().is_zero() {
        let value: Value = cluster.get(object, deadline).await?;
        let Some(course) = Course::read(&value) else { return Ok(()) };
        let there = match target {
            Target::Hash(hash) => course.current == *hash,
            Target::Image(image) => runs(&value, image),
        };
        match course.phase {
            Phase::Idle | Phase::Full if there => return Ok(()),
            Phase::Unseen => {}
            _ if there => {
                abort::release(cluster, object, &value, deadline).await?;
                let patch = Patch::Json(course.patch(&Move::Full));
                match cluster.patch(object, Part::Status, &patch, Effect::Real, deadline).await {
                    Ok(_) => return Ok(()),
                    Err(refusal) if matches!(refusal.why, Why::Conflict(_) | Why::Invalid { .. }) => {}
                    Err(refusal) => return Err(refusal),
                }
            }
            _ => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
