//! Where a release stands, as one object. Its JSON is a contract with scripts: names and meanings stay.
//!
//! Invariants: weights are percent shares; what is not known is `null`, never zero; times are seconds.

pub mod traffic;

use std::collections::BTreeMap;

use serde::Serialize;

use super::numbers;
use crate::base::{Assurance, Timestamp, Weight};
use crate::plan::{Plan, Watched};
use crate::release::{
    Answer, ApprovalState, Blocker, EngineHealth, PodSide, RolloutState, State, Tick, TriggerPhase, Trouble,
    View, Word, clock, explain, standing,
};

/// Where a release stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// The service or product.
    pub release: String,
    /// The version that goes out.
    pub version: String,
    /// The current attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// Where to.
    pub environment: String,
    /// The release's status word.
    pub status: &'static str,
    /// The stage people are in.
    pub stage: Option<String>,
    /// Seconds from T-0, negative before it; none without a T-0.
    pub t: Option<i64>,
    /// How many items there are.
    pub items: Items,
    /// How many gates say each word; every word is there.
    pub gates: BTreeMap<&'static str, usize>,
    /// The roll-call, in the order people are asked.
    pub approvals: Vec<Approval>,
    /// How each service goes out.
    pub rollouts: Vec<Rollout>,
    /// Where each trigger stands.
    pub triggers: Vec<Trigger>,
    /// How each metric stands.
    pub metrics: Vec<numbers::Metric>,
    /// What machines ask of people and is not answered yet.
    pub requests: Vec<numbers::Request>,
    /// Why the release waits.
    pub blockers: Vec<Blocker>,
    /// What a rollback would go to.
    pub rollback: Rollback,
    /// How the cluster is; none when the release has none.
    pub cluster: Option<Cluster>,
    /// Who acts: `alive`, `nobody`, `silent` or `other-build`.
    pub engine: &'static str,
    /// The hash of the newest event.
    pub head: Option<String>,
    /// How many events there are.
    pub events: u64,
}

/// How the cluster is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cluster {
    /// Its context, when it is known.
    pub context: Option<String>,
    /// Seconds since it last answered.
    pub age: Option<i64>,
    /// What is wrong with it, in a word: `expired`, `no-credentials`, `forbidden`, `unreachable`, `busy`, `refused`
    /// or `foreign`.
    pub trouble: Option<Trouble>,
    /// The same in a sentence.
    pub fault: Option<String>,
}

/// How many items there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Items {
    /// Done; skipped ones are not.
    pub done: usize,
    /// All of them, added ones too.
    pub total: usize,
    /// Due and not settled.
    pub overdue: usize,
}

/// What one role said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Approval {
    /// The role.
    pub role: String,
    /// `waiting`, `go`, `no-go`, `absent` or `void`.
    pub state: &'static str,
    /// Who said it.
    pub by: Option<String>,
    /// How sure we are of who.
    pub assurance: Option<Assurance>,
    /// True when it was spoken elsewhere, and `by` only wrote it down: the plan names others for the role.
    pub spoken: bool,
}

/// How one service goes out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rollout {
    /// The rollout.
    pub name: String,
    /// The step whose weight was reached, from 1; 0 before the first.
    pub step: u32,
    /// How many steps there are.
    pub steps: usize,
    /// The old version's share.
    pub stable: Shares,
    /// The new version's share.
    pub canary: Shares,
    /// What the judge says; none without one.
    pub judge: Option<numbers::Judge>,
    /// What splits the traffic: `httproute shop/payments`.
    pub router: Option<String>,
    /// Who moves the weight beside us, when somebody is known to.
    pub owner: Option<String>,
    /// What the owner works towards, in percent for the new version.
    pub towards: Option<f64>,
    /// Seconds since the traffic was read.
    pub age: Option<i64>,
    /// Why it could not be read the last time.
    pub fault: Option<String>,
    /// The weight that somebody else set.
    pub drift: Option<Drift>,
    /// The pods of the old version; none when they are not known.
    pub stable_pods: Option<traffic::Pods>,
    /// The pods of the new version.
    pub canary_pods: Option<traffic::Pods>,
    /// Seconds until the old version is scaled down.
    pub warm: Option<i64>,
    /// Seconds it would take to bring the old version up again, when it is gone.
    pub restore: Option<i64>,
    /// How its rollback goes, or went.
    pub rollback: Option<traffic::WayBack>,
}

/// A weight that nobody here asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// What the object says the new version gets, in percent.
    pub is: f64,
    /// What is wanted.
    pub wanted: f64,
    /// Who wrote it, as the object says.
    pub by: Option<String>,
    /// Seconds since it is known.
    pub age: Option<i64>,
}

/// One side's share of traffic in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Shares {
    /// What is wanted.
    pub desired: Option<f64>,
    /// What the router's object says.
    pub configured: Option<f64>,
    /// What requests say.
    pub observed: Option<f64>,
}

/// Where one trigger stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trigger {
    /// The trigger.
    pub name: String,
    /// `armed`, `pending`, `fired`, `suppressed` or `unknown`.
    pub state: TriggerPhase,
    /// Seconds its rule has held, while it is pending.
    pub elapsed: Option<i64>,
    /// Seconds its rule must hold.
    #[serde(rename = "for")]
    pub lasting: Option<i64>,
}

/// What a rollback would go to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rollback {
    /// The version or digest.
    pub to: Option<String>,
    /// Healthy instances.
    pub ready: Option<u32>,
    /// Wanted instances.
    pub of: Option<u32>,
    /// What a rollback needs and does not have, or could not be looked at.
    pub red: Option<String>,
}

impl Status {
    /// Where the release of this picture stands.
    pub fn of(view: &View) -> Self {
        let (state, plan) = (&*view.state, &*view.plan);
        let spec = &plan.release;
        let known = state.identity.as_ref();
        Self {
            release: known.map_or_else(|| spec.name.clone(), |it| it.release.clone()),
            version: known.map_or_else(|| spec.version.clone(), |it| it.version.clone()),
            attempt: state.attempt,
            environment: known.map_or_else(|| spec.environment.clone(), |it| it.environment.clone()),
            status: state.status.as_str(),
            stage: state.stage.as_ref().map(ToString::to_string),
            t: clock::t(state, plan, view.now),
            items: items(view),
            gates: gates(view),
            approvals: approvals(state, plan),
            rollouts: plan.rollouts.iter().map(|it| rollout(it, state.rollouts.get(&it.id), view)).collect(),
            triggers: plan.triggers.iter().map(|it| trigger(it, view)).collect(),
            metrics: numbers::metrics(view),
            requests: numbers::requests(view),
            blockers: explain(state, plan, view.now),
            rollback: rollback(view),
            cluster: cluster(view),
            engine: engine(&view.health.engine),
            head: state.head.map(|head| head.to_string()),
            events: state.version,
        }
    }
}

/// Counts the items of a release.
pub fn items(view: &View) -> Items {
    let (state, plan) = (&*view.state, &*view.plan);
    let ids = plan.items.iter().map(|item| &item.id).chain(state.added.iter().map(|item| &item.id));
    let (mut done, mut total) = (0, 0);
    for id in ids {
        total += 1;
        done += usize::from(state.items.get(id).is_some_and(|known| matches!(known.tick, Tick::Done(_))));
    }
    Items { done, total, overdue: clock::overdue(state, plan, view.now).len() }
}

/// Every word a gate can say.
const WORDS: [&str; 9] =
    ["pending", "running", "pass", "warn", "fail", "no-data", "stale", "too-few", "error"];

fn gates(view: &View) -> BTreeMap<&'static str, usize> {
    let mut counts: BTreeMap<&str, usize> = WORDS.into_iter().map(|word| (word, 0)).collect();
    for gate in &view.plan.gates {
        let word: Word = standing(&view.state, gate, view.now).word;
        *counts.entry(word.as_str()).or_default() += 1;
    }
    counts
}

/// What a role's answer is called; `waiting` before there is one.
pub fn answer(known: Option<&ApprovalState>) -> &'static str {
    match known.map(|known| (known.answer, &known.void)) {
        Some((Some(Answer::Go), _)) => "go",
        Some((Some(Answer::NoGo), _)) => "no-go",
        Some((Some(Answer::Absent), _)) => "absent",
        Some((None, Some(_))) => "void",
        Some((None, None)) | None => "waiting",
    }
}

fn approvals(state: &State, plan: &Plan) -> Vec<Approval> {
    let asked = plan.approvers();
    let others = plan
        .roles
        .iter()
        .filter(|role| state.approvals.contains_key(&role.id) && !asked.iter().any(|it| it.id == role.id));
    let (asked, others) = (asked.iter().copied(), others);
    asked
        .chain(others)
        .map(|role| {
            let known = state.approvals.get(&role.id);
            let mark = known.and_then(|known| known.mark.as_ref());
            Approval {
                role: role.id.to_string(),
                state: answer(known),
                by: mark.map(|mark| mark.by.name().to_owned()),
                assurance: mark.map(|mark| mark.assurance),
                spoken: known.zip(mark).is_some_and(|(known, mark)| {
                    matches!(known.answer, Some(Answer::Go | Answer::NoGo)) && !role.has(mark.by.name())
                }),
            }
        })
        .collect()
}

fn rollout(planned: &crate::plan::Rollout, known: Option<&RolloutState>, view: &View) -> Rollout {
    let seen = view.seen.traffic.get(&planned.id);
    let desired = known.and_then(|it| it.desired);
    let configured = seen.and_then(|it| it.configured).or(known.and_then(|it| it.configured));
    let observed = seen.and_then(|it| it.observed).or(known.and_then(|it| it.observed));
    let shares = |side: fn(Weight) -> Weight| Shares {
        desired: desired.map(|it| side(it).value()),
        configured: configured.map(|it| side(it).value()),
        observed: observed.map(|it| side(it).value()),
    };
    let drift = traffic::drift(view, &planned.id).map(|drift| Drift {
        is: drift.is.value(),
        wanted: drift.wanted.value(),
        by: drift.by.map(|by| by.line()),
        age: drift.since.map(|since| age(view, since)),
    });
    Rollout {
        router: planned.router.as_ref().map(|router| router.kind.title()),
        owner: seen.and_then(|it| it.owner.title()),
        towards: seen.and_then(|it| it.towards).map(Weight::value),
        age: seen.and_then(|it| it.at).map(|at| age(view, at)),
        fault: seen.and_then(|it| it.fault.as_ref()).map(|fault| fault.line()),
        drift,
        stable_pods: traffic::pods(view, &planned.id, PodSide::Stable),
        canary_pods: traffic::pods(view, &planned.id, PodSide::Canary),
        warm: traffic::warmth(view, planned, view.now).map(|warmth| warmth.left),
        restore: traffic::restore(view, &planned.id),
        rollback: traffic::way_back(view, planned, view.now),
        name: planned.id.to_string(),
        step: known.map_or(0, |it| it.step),
        steps: planned.steps.len(),
        stable: shares(Weight::rest),
        canary: shares(|weight| weight),
        judge: view.seen.judged.get(&planned.id).map(numbers::judge),
    }
}

fn trigger(planned: &crate::plan::Trigger, view: &View) -> Trigger {
    let known = view.state.triggers.get(&planned.id);
    let state = known.map(|it| it.phase).unwrap_or_default();
    let lasting = match &planned.when {
        Watched::Metric { rule, .. } => rule.lasting.map(|it| it.signed()),
        Watched::Burn { long, .. } => Some(long.signed()),
        Watched::Gate { lasting, .. } => Some(lasting.signed()),
        Watched::Manual => None,
    };
    let seen = view.seen.triggers.get(&planned.id);
    let since = known.and_then(|it| it.since).map(|since| view.now.as_second() - since.as_second());
    let elapsed = match state {
        TriggerPhase::Pending => seen.map(|it| it.elapsed).or(since),
        _ => None,
    };
    Trigger { name: planned.id.to_string(), state, elapsed, lasting: lasting.or(seen.map(|it| it.needed)) }
}

/// What a rollback would go to: as just seen, or as captured at T-0.
pub fn rollback(view: &View) -> Rollback {
    let first = view.plan.rollouts.iter().find_map(|it| {
        let seen = view.seen.readiness.get(&it.id).map(|seen| {
            let red = match traffic::way(seen) {
                traffic::Way::Ready => None,
                traffic::Way::Unknown(said) | traffic::Way::Red(said) => Some(said),
            };
            (seen.version.clone(), seen.ready, seen.of, red)
        });
        let known = view.state.rollouts.get(&it.id).and_then(|known| known.last_known_good.as_ref());
        seen.or_else(|| known.map(|known| (known.version.clone(), known.ready, known.of, None)))
    });
    first.map_or_else(Rollback::default, |(to, ready, of, red)| Rollback {
        to: Some(to),
        ready: Some(ready),
        of: Some(of),
        red,
    })
}

fn cluster(view: &View) -> Option<Cluster> {
    let health = view.health.cluster.as_ref()?;
    Some(Cluster {
        context: (!health.context.is_empty()).then(|| health.context.clone()),
        age: health.good.map(|good| age(view, good)),
        trouble: health.trouble,
        fault: health.fault.as_ref().map(|fault| fault.line()),
    })
}

fn age(view: &View, at: Timestamp) -> i64 {
    (view.now.as_second() - at.as_second()).max(0)
}

/// The word for who acts.
pub fn engine(health: &EngineHealth) -> &'static str {
    match health {
        EngineHealth::Nobody => "nobody",
        EngineHealth::Alive { .. } => "alive",
        EngineHealth::Silent { .. } => "silent",
        EngineHealth::OtherBuild { .. } => "other-build",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Arc;

    use super::*;
    use crate::analysis::judge::Decision;
    use crate::release::{Card, Health, Observations, Proposal, Request, RequestCause, SignalCard};

    #[test]
    fn what_is_asked_and_judged_is_in_both_forms_and_has_no_infinity() {
        let mut state = State::default();
        state.requests.push(Request {
            number: 7,
            rollout: "shop".into(),
            wants: Proposal::Raise { to: Weight::FULL },
            cause: RequestCause::TooFew,
            why: "three errors so far".into(),
            since: crate::base::Timestamp::UNIX_EPOCH,
        });
        let signal = SignalCard {
            metric: "errors".into(),
            ratio: Some((1.5, 2.25, f64::INFINITY)),
            worse: 0.5,
            fine: 0.0,
            canary: (10, 1),
            baseline: (10, 0),
            scatter: None,
        };
        let card = Card {
            decision: Decision::Hold,
            why: "too few".into(),
            signals: vec![signal],
            minutes: Some(4.0),
            faster: "".into(),
            at: None,
        };
        let mut seen = Observations::default();
        seen.judged.insert("shop".into(), card);
        let mut plan = crate::plan::Plan::blank("shop", "prod");
        plan.rollouts.push(crate::plan::Rollout {
            id: "shop".into(),
            stage: None,
            strategy: Default::default(),
            router: None,
            deploy: Default::default(),
            flags: Vec::new(),
            warm: None,
            steps: Vec::new(),
            blind: None,
            judge: None,
            rollback: None,
            budget: crate::plan::Rollout::BUDGET,
        });
        let view = View {
            state: Arc::new(state),
            plan: Arc::new(plan),
            seen: Arc::new(seen),
            presence: Vec::new(),
            health: Health::default(),
            recent: Arc::new(VecDeque::new()),
            now: crate::base::Timestamp::UNIX_EPOCH,
        };
        let status = Status::of(&view);
        let json = serde_json::to_value(&status).expect("JSON");
        let judge = serde_json::json!({
            "decision": "hold", "why": "too few", "minutes": 4.0, "ratio": { "low": 1.5, "mid": 2.25, "high": null },
        });
        assert_eq!(json["rollouts"][0]["judge"], judge);
        let request = serde_json::json!({
            "number": 7, "rollout": "shop", "wants": "raise", "to": 100.0, "cause": "too-few", "trigger": null,
            "why": "three errors so far", "since": "1970-01-01T00:00:00Z",
        });
        assert_eq!(json["requests"], serde_json::json!([request]));
        let card = super::super::card::card(&status);
        assert!(card.contains("shop judge hold, 2.2x [1.5, any], about 4 min: too few"), "{card}");
        assert!(
            card.contains("asked: raise shop to 100 %: three errors so far (request 7, too-few)"),
            "{card}"
        );
    }
}
