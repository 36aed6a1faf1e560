//! Argo Rollouts: its controller moves the weights, we promote, hold and abort it.
//!
//! Invariants: a promotion is one compare-and-swap of the status, bound to the step, the versions and the pause that
//! were read, so that two presses make one step; traffic that goes back needs nothing of that but the version; the
//! weight is what the controller has written to its router, never what it intends.

use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::base::{ObjectName, OperationId, Untrusted, Weight};
use crate::engine::ports::{Change, Fault, Preview, Split, Stamp, Way, Written};
use crate::plan::{DeployBy, Rollout};
use crate::release::Owner;
use crate::world::cluster::{Cluster, Deadline, Effect, Kind, Object, Objects, Part, Patch, Refusal, Why};
use crate::world::workloads::{sets, undo};

use super::adapter::{Adapter, OPERATION};
use super::course::{self, Course, Move, Phase, Stuck};
use super::promotion::{PROMOTION, Promotion};
use super::{Means, abort};

/// How often a promotion is sent again that was refused because of something it does not rest on.
const TRIES: usize = 6;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(20);

/// The rollout of this name.
pub(super) fn adapter<'a>(means: &'a Means, plan: &'a Rollout, object: &ObjectName) -> Box<dyn Adapter + 'a> {
    Box::new(Argo {
        cluster: &means.cluster,
        object: Object::new(Kind::ROLLOUT, &object.namespace, &object.name),
        image: match &plan.deploy.by {
            DeployBy::Image { image, .. } => Some(image),
            DeployBy::GitOps(commit) => Some(&commit.image),
            DeployBy::Nobody | DeployBy::Workflow(_) | DeployBy::Command { .. } => None,
        },
    })
}

struct Argo<'a> {
    cluster: &'a Cluster,
    object: Object,
    /// The new version, where the plan names it.
    image: Option<&'a str>,
}

/// A Rollout as it was read, and what is known of its version.
struct Seen {
    course: Course,
    promotion: Promotion,
    /// The new version's share.
    configured: Option<Weight>,
    desired: Option<Weight>,
}

impl Adapter for Argo<'_> {
    fn read(&self) -> BoxFuture<'_, Result<Split, Fault>> {
        Box::pin(async move {
            let seen = self.look(Deadline::usual()).await?;
            Ok(Split {
                desired: seen.desired,
                configured: seen.configured,
                owner: Owner::Rollout { name: format!("{}/{}", self.object.namespace, self.object.name) },
                stamp: Some(stamp(&seen.course)),
                ..Split::default()
            })
        })
    }

    fn write<'a>(&'a self, change: Change<'a>) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move {
            let deadline = Deadline::usual();
            match change.way {
                Way::Forward => self.forward(change, deadline).await,
                Way::Back => self.back(change.operation, deadline).await,
            }
        })
    }

    fn preview(&self, weight: Weight) -> BoxFuture<'_, Result<Preview, Fault>> {
        Box::pin(async move {
            let deadline = Deadline::usual();
            let seen = self.look(deadline).await?;
            let made = match weight.is_near(Weight::ZERO) {
                true if seen.course.phase == Phase::Aborted => Move::Stay,
                true => Move::Abort,
                false => self.decide(&seen, weight)?,
            };
            if made == Move::Stay {
                return Ok(Preview {
                    patch: "nothing: it is there, or on its way".into(),
                    ..Preview::default()
                });
            }
            let operations = seen.course.patch(&made);
            let Object { namespace, name, .. } = &self.object;
            let path = format!("/apis/argoproj.io/v1alpha1/namespaces/{namespace}/rollouts/{name}/status");
            let body = Value::Array(operations.clone());
            let text = format!("PATCH {path}\n{} {}\n{body}", "Content-Type:", "application/json-patch+json");
            let patch = Patch::Json(operations);
            let answer =
                self.cluster.patch(&self.object, Part::Status, &patch, Effect::DryRun, deadline).await;
            let answer = match answer {
                Ok(value) => Ok(Untrusted::new(said(&value))),
                Err(refusal) => Err(Untrusted::new(refusal.text())),
            };
            Ok(Preview { patch: Untrusted::new(text), answer: Some(answer), ..Preview::default() })
        })
    }

    fn watched(&self) -> Vec<Objects> {
        vec![Objects::of(Kind::ROLLOUT, &self.object.namespace).named(&self.object.name)]
    }
}

impl Argo<'_> {
    async fn look(&self, deadline: Deadline) -> Result<Seen, Fault> {
        let value: Value = self.cluster.get(&self.object, deadline).await?;
        let Some(course) = Course::read(&value) else {
            let text = "it has no canary and no blue-green strategy".to_owned();
            return Err(Fault::Foreign(self.object.to_string(), text));
        };
        let counted = match course.kind {
            course::Kind::Counted => self.count(&value, &course, deadline).await?,
            course::Kind::Routed | course::Kind::Switched { .. } => None,
        };
        let promotion = Promotion::of(&value);
        let flip = |weight: Option<Weight>| weight.map(Weight::rest);
        let idle = course.phase == Phase::Idle;
        let template = course.share(counted);
        let (configured, desired) = match self.image {
            None if idle && course.revision == 1 => (Some(Weight::ZERO), Some(Weight::ZERO)),
            // What is in the template is not the new version, but what was there before.
            _ if promotion.is_returning(&course) || promotion.is_back(&course) => {
                (flip(template), flip(course.desired()))
            }
            Some(image) if idle && !undo::runs(&value, image) => (flip(template), flip(course.desired())),
            _ => (template, course.desired()),
        };
        Ok(Seen { course, promotion, configured, desired })
    }

    /// The share of pods of the version in the template, where nothing else splits the traffic.
    async fn count(
        &self,
        value: &Value,
        course: &Course,
        deadline: Deadline,
    ) -> Result<Option<Weight>, Refusal> {
        let sets = sets::sets(self.cluster, &self.object, value, deadline).await?;
        let all: u64 = sets.iter().map(|set| set.available).sum();
        let new: u64 = sets.iter().filter(|set| set.hash == course.current).map(|set| set.available).sum();
        if all == 0 {
            return Ok(None);
        }
        #[allow(clippy::cast_precision_loss)] // counts of pods
        Ok(Weight::percent(new as f64 * 100.0 / all as f64))
    }

    fn decide(&self, seen: &Seen, weight: Weight) -> Result<Move, Fault> {
        let name = format!("{} -n {}", self.object.name, self.object.namespace);
        if seen.promotion.is_returning(&seen.course) {
            let text = "the version before is coming back; set the new one again to begin anew";
            return Err(Fault::Unsupported(format!("{}: {text}", self.object)));
        }
        seen.course.towards(weight, &name).map_err(|stuck| match stuck {
            Stuck::Soon(text) => Fault::Refused(self.object.to_string(), text),
            Stuck::Never(text) => Fault::Unsupported(format!("{}: {text}", self.object)),
        })
    }

    async fn forward(&self, change: Change<'_>, deadline: Deadline) -> Result<Written, Fault> {
        let wanted =
            change.read.and_then(|split| split.stamp.as_ref()).map(|stamp| moment(&stamp.0).to_owned());
        let mut tries = TRIES;
        let mut marked = false;
        loop {
            let seen = self.look(deadline).await?;
            if wanted.as_ref().is_some_and(|wanted| !seen.course.is_still(wanted)) {
                let text = format!("it is at {} now, and was not when it was read", seen.course.place());
                return Err(Fault::Conflict(self.object.to_string(), text));
            }
            let made = self.decide(&seen, change.weight)?;
            if made == Move::Stay {
                return Ok(Written::default());
            }
            // The mark goes first: the versions it names cannot be told any more once the new one has everything.
            if !marked {
                self.mark(&seen.course, change.operation, deadline).await?;
                marked = true;
                continue;
            }
            let patch = Patch::Json(seen.course.patch(&made));
            tries -= 1;
            match self.cluster.patch(&self.object, Part::Status, &patch, Effect::Real, deadline).await {
                Ok(_) => return Ok(Written::default()),
                // A test did not hold: whether it was one that matters, the next look tells.
                Err(refusal)
                    if matches!(refusal.why, Why::Conflict(_) | Why::Invalid { .. }) && tries > 0 =>
                {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(refusal) => return Err(refusal.into()),
            }
        }
    }

    async fn back(&self, operation: &OperationId, deadline: Deadline) -> Result<Written, Fault> {
        abort::abort(self.cluster, &self.object, operation, deadline).await?;
        // Traffic is on its way; a mark that does not stick is no reason to say otherwise.
        let fields = json!({ "metadata": { "annotations": { OPERATION: operation.as_str() } } });
        let patch = Patch::Merge(fields);
        let _ = self.cluster.patch(&self.object, Part::Whole, &patch, Effect::Real, deadline).await;
        Ok(Written::default())
    }

    async fn mark(
        &self,
        course: &Course,
        operation: &OperationId,
        deadline: Deadline,
    ) -> Result<(), Refusal> {
        let mut annotations = json!({ OPERATION: operation.as_str() });
        if let (Some(fields), Some(mark)) = (annotations.as_object_mut(), Promotion::now(course)) {
            fields.insert(PROMOTION.to_owned(), mark);
        }
        let patch = Patch::Merge(json!({ "metadata": { "annotations": annotations } }));
        self.cluster.patch(&self.object, Part::Whole, &patch, Effect::Real, deadline).await.map(|_| ())
    }
}

fn stamp(course: &Course) -> Stamp {
    Stamp(format!("{}/{}", course.version, course.moment()))
}

/// What of a stamp a promotion rests on: all but the version, which every change of a pod count moves.
fn moment(stamp: &str) -> &str {
    stamp.split_once('/').map_or(stamp, |(_, moment)| moment)
}

fn said(value: &Value) -> String {
    let at = |place: &str| value.pointer(place).map(Value::to_string).unwrap_or_else(|| "none".to_owned());
    format!(
        "the server takes it: currentStepIndex {}, pauseConditions {}, promoteFull {}, abort {}",
        at("/status/currentStepIndex"),
        at("/status/pauseConditions"),
        at("/status/promoteFull"),
        at("/status/abort")
    )
}
