//! Where an Argo Rollout stands on its course, and which move leads to a weight.
//!
//! Invariants: pure; a status that is older than the spec, or that is just being moved on, says nothing; a move is
//! bound to the step, the versions and the pause it was decided on, so that a second press never skips a step.

use serde_json::{Value, json};

use crate::base::Weight;

/// A Rollout as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// What changes with every write.
    pub version: String,
    /// Hash of the version that is going out.
    pub current: String,
    /// Hash of the version that serves when nothing goes out.
    pub stable: String,
    /// The steps; none of them for blue-green.
    pub steps: Vec<Step>,
    /// The step it is at, from 0; the number of steps when all are done.
    pub index: usize,
    /// Why it waits, as the controller wrote it; none when it does not.
    pub pauses: Option<Value>,
    /// How it moves traffic.
    pub kind: Kind,
    /// What it does now.
    pub phase: Phase,
    /// Revisions there have been; 1 means that nothing was ever replaced.
    pub revision: u64,
    /// The canary's share as the controller wrote it to its router.
    pub weight: Option<Weight>,
    /// Hash of the version that this share goes to.
    pub canary: String,
    /// What changes with every wish, and not with what the controller says.
    pub generation: Value,
}

/// How traffic is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By a router, in parts.
    Routed,
    /// By the number of pods.
    Counted,
    /// By a Service, all at once.
    Switched {
        /// True when the Service already sends to the version that is going out.
        over: bool,
    },
}

/// What a Rollout does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The controller has not seen the newest change.
    Unseen,
    /// Somebody has just let it go on.
    Unpausing,
    /// It was aborted.
    Aborted,
    /// Nothing is going out.
    Idle,
    /// It goes to the end.
    Full,
    /// A person stopped it (`spec.paused`).
    Held,
    /// It waits for a person or for its time.
    Paused,
    /// An analysis could not tell, and a person has to look.
    Inconclusive,
    /// It works on a step.
    Busy,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Gives the canary a share.
    Weight(Weight),
    /// Waits for a person.
    Pause,
    /// Waits a time.
    Wait,
    /// Something else, by its name.
    Other(String),
}

/// A change of the status.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// It goes there by itself, or is there.
    Stay,
    /// Lets it go on from its pause.
    Promote,
    /// Goes to the end at once.
    Full,
    /// Goes back to an earlier step.
    StepBack(usize),
    /// Gives the stable version everything.
    Abort,
}

/// Why there is no move.
#[derive(Clone, Debug, PartialEq)]
pub enum Stuck {
    /// It changes by itself: look again.
    Soon(String),
    /// Somebody has to do something else.
    Never(String),
}

impl Course {
    /// Reads a Rollout; none when it is none.
    pub fn read(rollout: &Value) -> Option<Self> {
        let at = |place: &str| rollout.pointer(place);
        let text = |place: &str| at(place).and_then(Value::as_str).unwrap_or_default().to_owned();
        let flag = |place: &str| at(place).and_then(Value::as_bool).unwrap_or(false);
        let current = text("/status/currentPodHash");
        let stable = text("/status/stableRS");
        let canary = at("/spec/strategy/canary");
        let most = at("/spec/strategy/canary/trafficRouting/maxTrafficWeight").and_then(Value::as_f64);
        let share = |it: f64| Weight::percent(it * 100.0 / most.unwrap_or(100.0));
        let kind = match (canary, at("/spec/strategy/canary/trafficRouting")) {
            (Some(_), Some(routing)) if !routing.is_null() => Kind::Routed,
            (Some(_), _) => Kind::Counted,
            (None, _) => {
                at("/spec/strategy/blueGreen")?;
                Kind::Switched {
                    over: text("/status/blueGreen/activeSelector") == current && !current.is_empty(),
                }
            }
        };
        let steps = at("/spec/strategy/canary/steps").and_then(Value::as_array);
        let steps: Vec<Step> = steps.into_iter().flatten().map(|step| read_step(step, share)).collect();
        let index = at("/status/currentStepIndex").and_then(Value::as_u64);
        let index = index.and_then(|it| usize::try_from(it).ok()).unwrap_or(0).min(steps.len());
        let pauses =
            at("/status/pauseConditions").filter(|it| it.as_array().is_some_and(|it| !it.is_empty()));
        let inconclusive = pauses.and_then(Value::as_array).into_iter().flatten().any(|it| {
            let reason = it.get("reason").and_then(Value::as_str).unwrap_or_default();
            !matches!(reason, "CanaryPauseStep" | "BlueGreenPause")
        });
        // Versions before 0.10 kept something else here, and no number.
        let seen = text("/status/observedGeneration").parse::<u64>();
        let behind = match (seen, at("/metadata/generation").and_then(Value::as_u64)) {
            (Ok(seen), Some(newest)) => seen < newest,
            (Err(_), _) => current.is_empty(),
            (Ok(_), None) => false,
        };
        let phase = if behind {
            Phase::Unseen
        } else if flag("/status/abort") {
            Phase::Aborted
        } else if current == stable {
            Phase::Idle
        } else if flag("/status/promoteFull") {
            Phase::Full
        } else if flag("/spec/paused") {
            Phase::Held
        } else if inconclusive {
            Phase::Inconclusive
        } else if pauses.is_some() {
            Phase::Paused
        } else if flag("/status/controllerPause") {
            Phase::Unpausing
        } else {
            Phase::Busy
        };
        let weight = at("/status/canary/weights/canary/weight").and_then(Value::as_f64).and_then(share);
        Some(Self {
            version: text("/metadata/resourceVersion"),
            current,
            stable,
            steps,
            index,
            pauses: pauses.cloned(),
            kind,
            phase,
            revision: text("/metadata/annotations/rollout.argoproj.io~1revision").parse().unwrap_or(0),
            weight,
            canary: text("/status/canary/weights/canary/podTemplateHash"),
            generation: at("/metadata/generation").cloned().unwrap_or(Value::Null),
        })
    }

    /// The share of the version in the template that the router of the controller has, for [`Kind::Counted`] from its
    /// pods. None while the status says nothing.
    pub fn share(&self, counted: Option<Weight>) -> Option<Weight> {
        match (self.phase, self.kind) {
            (Phase::Unseen | Phase::Unpausing, _) => None,
            (_, Kind::Switched { over }) => Some(if over { Weight::FULL } else { Weight::ZERO }),
            // Back at the stable version, the controller says so before it has moved the traffic off the other one.
            (Phase::Idle, Kind::Routed) if !self.canary.is_empty() && self.canary != self.current => {
                Some(self.weight.unwrap_or(Weight::ZERO).rest())
            }
            (Phase::Idle, _) => Some(Weight::FULL),
            (_, Kind::Counted) => counted,
            // Before the first reconciliation of a release nothing was written yet, and the stable side has it all.
            (_, Kind::Routed) => Some(self.weight.unwrap_or(Weight::ZERO)),
        }
    }

    /// What the controller works towards.
    pub fn desired(&self) -> Option<Weight> {
        match (self.phase, self.kind) {
            (Phase::Unseen, _) => None,
            (Phase::Aborted, _) => Some(Weight::ZERO),
            (Phase::Idle | Phase::Full, _) => Some(Weight::FULL),
            (_, Kind::Switched { over }) => Some(if over { Weight::FULL } else { Weight::ZERO }),
            _ => Some(self.step_weight()),
        }
    }

    /// The last weight of a step at or before where it stands.
    fn step_weight(&self) -> Weight {
        if self.index >= self.steps.len() {
            return Weight::FULL;
        }
        let so_far = self.steps.iter().take(self.index + 1).rev();
        so_far.filter_map(Step::weight).next().unwrap_or(Weight::ZERO)
    }

    /// The move that leads forward, or between steps, to a weight.
    ///
    /// # Errors
    /// Why there is none, and what there is.
    pub fn towards(&self, weight: Weight, name: &str) -> Result<Move, Stuck> {
        let never = |text: String| Err(Stuck::Never(text));
        let soon = |text: &str| Err(Stuck::Soon(text.to_owned()));
        match self.phase {
            Phase::Unseen => return soon("the controller has not seen the newest change: does it run?"),
            Phase::Unpausing => return soon("it has just been let on: look again"),
            Phase::Aborted => {
                return never(format!(
                    "it was aborted; to begin anew: kubectl argo rollouts retry rollout {name}"
                ));
            }
            Phase::Idle if weight.is_near(Weight::FULL) => return Ok(Move::Stay),
            Phase::Idle => return never("nothing is going out: set the new version first".to_owned()),
            Phase::Full if weight.is_near(Weight::FULL) => return Ok(Move::Stay),
            Phase::Full => {
                return never("it goes to 100 % by itself; only an abort brings it back".to_owned());
            }
            Phase::Held | Phase::Paused | Phase::Inconclusive | Phase::Busy => {}
        }
        if let Kind::Switched { over } = self.kind {
            return match (weight.is_near(Weight::FULL), over, self.phase) {
                (false, ..) => never("blue-green knows 0 % (abort) and 100 % only".to_owned()),
                (true, true, _) => Ok(Move::Stay),
                (true, false, Phase::Paused) => Ok(Move::Promote),
                (true, false, _) => soon("its new side is not ready yet"),
            };
        }
        let here = self.step_weight();
        if here.is_near(weight) {
            return Ok(Move::Stay);
        }
        let (next, at) = self.next();
        let done = self.steps.iter().enumerate().take(self.index).rev();
        let earlier = done.filter_map(|(place, step)| Some((place, step.weight()?)));
        if let Some((place, _)) = earlier.clone().find(|(_, known)| known.is_near(weight)) {
            return Ok(Move::StepBack(place));
        }
        if !next.is_near(weight) {
            return match weight.is_near(Weight::FULL) {
                true if self.phase == Phase::Held => never(held(name)),
                true => Ok(Move::Full),
                false => never(format!("{}; the next is {next}", self.listed())),
            };
        }
        match self.phase {
            Phase::Held => never(held(name)),
            Phase::Inconclusive => never(format!(
                "an analysis could not tell: look at it, then kubectl argo rollouts promote {name} or abort {name}"
            )),
            Phase::Paused if self.pauses_before(at) => never(format!(
                "it waits for a person once more before {next}: kubectl argo rollouts promote {name}"
            )),
            Phase::Paused => Ok(Move::Promote),
            _ => Err(Stuck::Soon(format!(
                "{} is not done yet and it goes on by itself; to skip it: kubectl argo rollouts promote {name}",
                self.place()
            ))),
        }
    }

    /// The next weight and its step; all traffic after the last step.
    fn next(&self) -> (Weight, usize) {
        let rest = self.steps.iter().enumerate().skip(self.index + 1);
        let mut weights = rest.filter_map(|(place, step)| Some((step.weight()?, place)));
        weights.next().unwrap_or((Weight::FULL, self.steps.len()))
    }

    /// Whether a person is asked again between here and a step.
    fn pauses_before(&self, place: usize) -> bool {
        self.steps.iter().take(place).skip(self.index + 1).any(|step| *step == Step::Pause)
    }

    /// For people: `step 3 of 8 (analysis)`.
    pub fn place(&self) -> String {
        let what = match self.steps.get(self.index) {
            None => return "the last step".to_owned(),
            Some(Step::Weight(weight)) => format!("weight {weight}"),
            Some(Step::Pause | Step::Wait) => "pause".to_owned(),
            Some(Step::Other(name)) => name.clone(),
        };
        format!("step {} of {} ({what})", self.index + 1, self.steps.len())
    }

    /// For people: `its steps are 5 %, 25 %, then 100 %`.
    fn listed(&self) -> String {
        let weights: Vec<String> =
            self.steps.iter().filter_map(Step::weight).map(|it| it.to_string()).collect();
        match weights.as_slice() {
            [] => "it has no steps with weights".to_owned(),
            some => format!("its steps are {}, then all", some.join(", ")),
        }
    }

    /// What a decision rests on.
    pub fn moment(&self) -> String {
        let pause = self.pauses.as_ref().map(Value::to_string).unwrap_or_default();
        let here = self.step_weight();
        format!("{}/{}/{here}/{}/{:?}/{pause}", self.current, self.stable, self.index, self.phase)
    }

    /// Whether a decision at that moment still means the same. One that was made while a step was worked on also does
    /// once it is done and the pause after it has begun.
    pub fn is_still(&self, moment: &str) -> bool {
        let parts: Vec<&str> = moment.splitn(6, '/').collect();
        let [current, stable, here, index, "Busy", ""] = parts.as_slice() else {
            return moment == self.moment();
        };
        let same =
            self.current == *current && self.stable == *stable && self.step_weight().to_string() == *here;
        let index: Option<usize> = index.parse().ok();
        same && index.is_some_and(|index| (index..=index + 1).contains(&self.index))
    }

    /// The JSON Patch of the status that makes a move, refused by the server when anything it rests on has changed.
    pub fn patch(&self, made: &Move) -> Vec<Value> {
        let test = |path: &str, value: Value| json!({ "op": "test", "path": path, "value": value });
        let mut patch = vec![test("/status/currentPodHash", json!(self.current))];
        match made {
            Move::Stay | Move::Abort => {}
            // The way to the end is also the way back: pods that come up at the same time must not stand in it.
            Move::Full => patch.push(test("/metadata/generation", self.generation.clone())),
            Move::Promote | Move::StepBack(_) => {
                patch.push(test("/metadata/resourceVersion", json!(self.version)));
            }
        }
        if *made != Move::Abort {
            patch.push(test("/status/stableRS", json!(self.stable)));
        }
        if matches!(self.kind, Kind::Routed | Kind::Counted)
            && matches!(made, Move::Promote | Move::StepBack(_))
            && !self.steps.is_empty()
        {
            patch.push(test("/status/currentStepIndex", json!(self.index)));
        }
        let unpause = self.pauses.iter().flat_map(|pauses| {
            [
                test("/status/pauseConditions", pauses.clone()),
                json!({ "op": "remove", "path": "/status/pauseConditions" }),
            ]
        });
        match made {
            Move::Stay => patch.clear(),
            Move::Promote => patch.extend(unpause),
            Move::Full => patch.push(json!({ "op": "add", "path": "/status/promoteFull", "value": true })),
            Move::Abort => patch.push(json!({ "op": "add", "path": "/status/abort", "value": true })),
            Move::StepBack(place) => {
                patch.extend(unpause);
                patch.push(json!({ "op": "add", "path": "/status/controllerPause", "value": false }));
                patch.push(json!({ "op": "replace", "path": "/status/currentStepIndex", "value": place }));
            }
        }
        patch
    }
}

impl Step {
    fn weight(&self) -> Option<Weight> {
        match self {
            Self::Weight(weight) => Some(*weight),
            Self::Pause | Self::Wait | Self::Other(_) => None,
        }
    }
}

fn held(name: &str) -> String {
    format!("a person holds it: kubectl argo rollouts promote {name} lets it go on")
}

fn read_step(step: &Value, share: impl Fn(f64) -> Option<Weight>) -> Step {
    if let Some(weight) = step.get("setWeight").and_then(Value::as_f64).and_then(share) {
        return Step::Weight(weight);
    }
    match step.get("pause") {
        Some(pause) if pause.get("duration").is_some_and(|it| !it.is_null()) => Step::Wait,
        Some(_) => Step::Pause,
        None => {
            let name = step.as_object().and_then(|it| it.keys().next()).cloned().unwrap_or_default();
            Step::Other(name)
        }
    }
}

#[cfg(test)]
mod tests;
