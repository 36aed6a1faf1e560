//! What is true of a rollout's traffic beside its shares, as screens and scripts tell it: somebody else's weight,
//! how ready the way back is, how long the old version stays warm, and what proves that traffic is back.
//!
//! Invariants: pure; what could not be read is said, and proves nothing; nothing here is green on no data.

use serde::Serialize;

use crate::analysis::Verdict;
use crate::base::{RolloutId, Timestamp, Untrusted, Weight};
use crate::plan::{Rollout, Watched};
use crate::release::{Act, PodSide, Readiness, RolloutPhase, Traffic, View};

/// A weight that nobody here asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// What the object says the canary gets.
    pub is: Weight,
    /// What is wanted.
    pub wanted: Weight,
    /// Who wrote it, as the object says.
    pub by: Option<Untrusted>,
    /// Since when it is known.
    pub since: Option<Timestamp>,
}

/// The weight that somebody else set, when the object says another one than is wanted and nothing is on its way.
pub fn drift(view: &View, id: &RolloutId) -> Option<Drift> {
    let known = view.state.rollouts.get(id)?;
    let seen = view.seen.traffic.get(id).filter(|seen| seen.fault.is_none())?;
    let (wanted, is) = (known.nearest.or(known.desired)?, seen.configured?);
    let moving = known.operation.is_some()
        || matches!(
            known.phase,
            RolloutPhase::Waiting
                | RolloutPhase::Deploying
                | RolloutPhase::Shifting
                | RolloutPhase::RollingBack
        );
    let Traffic { by, since, .. } = seen.clone();
    (!moving && !wanted.is_near(is)).then_some(Drift { is, wanted, by, since })
}

/// How ready the way back is, in the words of a footer.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// Everything a rollback needs is there.
    Ready,
    /// Something could not be looked at; what.
    Unknown(String),
    /// Something is missing; what.
    Red(String),
}

/// How ready what a rollback goes to is.
pub fn way(readiness: &Readiness) -> Way {
    if let Some(red) = readiness.red() {
        return Way::Red(red);
    }
    let unseen = readiness.needs.iter().find(|need| !need.verdict.is_pass());
    match unseen {
        Some(need) => Way::Unknown(format!("{}: {}", need.what, need.said.line())),
        None => Way::Ready,
    }
}

/// What keeps the old version, once all traffic is on the new one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warmth {
    /// Seconds until it is scaled down; not above zero when that time has come.
    pub left: i64,
    /// The share it keeps as a control.
    pub control: Weight,
}

/// How long the old version stays warm; none when nothing counts down.
pub fn warmth(view: &View, planned: &Rollout, now: Timestamp) -> Option<Warmth> {
    let known = view.state.rollouts.get(&planned.id)?;
    let warm = planned.warm.filter(|_| known.phase == RolloutPhase::Completed)?;
    let began = known.stages.last()?;
    let left = began.as_second().saturating_add(warm.keep.signed()).saturating_sub(now.as_second());
    Some(Warmth { left, control: warm.control })
}

/// How long it would take to bring the old version up again, in seconds: as long as the new one took. None while it
/// is there, or when no deploy was measured.
pub fn restore(view: &View, id: &RolloutId) -> Option<i64> {
    let gone = view.seen.readiness.get(id).is_some_and(|seen| seen.ready == 0);
    let deploys = view.state.operations.values().filter(|known| match &known.act {
        Act::Deploy { rollout, .. } => rollout == id && known.outcome.is_some_and(|it| it.is_done()),
        _ => false,
    });
    let newest = deploys.filter(|_| gone).max_by_key(|known| known.version)?;
    Some(newest.ended?.as_second() - newest.mark.at.as_second())
}

/// One of the things that must agree before traffic is back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// `configured`, `pods`, `observed` or `error-rate`.
    pub what: &'static str,
    /// Whether it agrees.
    pub verdict: Verdict,
    /// What it says, for people.
    pub said: String,
}

/// Shares of requests below this are none: a few are always on their way.
const NONE: f64 = 0.5;

/// What proves that traffic is back, in the order it comes true.
pub fn proofs(view: &View, id: &RolloutId) -> [Proof; 4] {
    let seen = view.seen.traffic.get(id);
    let share =
        |what, weight: Option<Weight>, most: f64| match (seen.and_then(|it| it.fault.as_ref()), weight) {
            (Some(fault), _) => Proof { what, verdict: Verdict::NoData, said: fault.line() },
            (None, None) => Proof { what, verdict: Verdict::NoData, said: "unknown".to_owned() },
            (None, Some(weight)) => {
                let back = weight.value() <= most;
                let verdict = if back { Verdict::Pass } else { Verdict::Fail };
                Proof { what, verdict, said: format!("canary {weight}") }
            }
        };
    let pods = match view.seen.readiness.get(id) {
        None => Proof { what: "pods", verdict: Verdict::NoData, said: "unknown".to_owned() },
        Some(readiness) => {
            let count = format!("{} of {} of {}", readiness.ready, readiness.of, readiness.version);
            match way(readiness) {
                Way::Ready => Proof { what: "pods", verdict: Verdict::Pass, said: count },
                Way::Unknown(said) => Proof { what: "pods", verdict: Verdict::NoData, said },
                Way::Red(said) => Proof { what: "pods", verdict: Verdict::Fail, said },
            }
        }
    };
    [
        share("configured", seen.and_then(|seen| seen.configured), 0.0),
        pods,
        share("observed", seen.and_then(|seen| seen.observed), NONE),
        errors(view, id),
    ]
}

/// The numbers that triggers of this rollout watch: well when all of them are.
fn errors(view: &View, id: &RolloutId) -> Proof {
    let watched = view.plan.triggers.iter().filter(|it| it.rollout.as_ref().is_none_or(|of| of == id));
    let metrics = watched.filter_map(|trigger| match &trigger.when {
        Watched::Metric { metric, .. } | Watched::Burn { metric, .. } => Some(metric),
        _ => None,
    });
    let worst = metrics
        .map(|metric| {
            let verdict = view.seen.metrics.get(metric).map_or(Verdict::NoData, |series| series.verdict);
            let rank = match verdict {
                Verdict::Fail | Verdict::Error => 2,
                Verdict::Pass | Verdict::Warn => 0,
                Verdict::NoData | Verdict::Stale | Verdict::TooFew => 1,
            };
            (rank, verdict, metric)
        })
        .max_by_key(|(rank, ..)| *rank);
    match worst {
        None => Proof {
            what: "error-rate",
            verdict: Verdict::NoData,
            said: "no trigger watches a metric".to_owned(),
        },
        Some((rank, verdict, metric)) => {
            let word = if verdict == Verdict::NoData { "no data" } else { verdict.as_str() };
            let verdict = [Verdict::Pass, Verdict::NoData, Verdict::Fail][rank.min(2)];
            Proof { what: "error-rate", verdict, said: format!("{metric} {word}") }
        }
    }
}

/// How a rollback goes, or went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WayBack {
    /// Seconds it has taken, or took.
    pub seconds: i64,
    /// Seconds it may take.
    pub budget: i64,
    /// True when traffic was read back.
    pub done: bool,
    /// True when requests showed it too.
    pub proven: bool,
    /// What must agree.
    pub proofs: [Proof; 4],
}

/// How a rollback of this rollout goes; none when there is none.
pub fn way_back(view: &View, planned: &Rollout, now: Timestamp) -> Option<WayBack> {
    let back = view.state.rollouts.get(&planned.id)?.rollback.as_ref()?;
    let until = back.done.unwrap_or(now);
    Some(WayBack {
        seconds: (until.as_second() - back.mark.at.as_second()).max(0),
        budget: planned.budget.signed(),
        done: back.done.is_some(),
        proven: back.proven,
        proofs: proofs(view, &planned.id),
    })
}

/// The pods of one side in a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pods {
    /// How many take traffic.
    pub ready: usize,
    /// How many there are.
    pub of: usize,
    /// How often their containers were restarted.
    pub restarts: u64,
}

/// The pods of a side; none when they are not known.
pub fn pods(view: &View, id: &RolloutId, side: PodSide) -> Option<Pods> {
    let all = view.seen.pods.get(id)?.iter().filter(|pod| pod.side == side);
    Some(all.fold(Pods::default(), |sum, pod| Pods {
        ready: sum.ready + usize::from(pod.ready),
        of: sum.of + 1,
        restarts: sum.restarts + u64::from(pod.restarts),
    }))
}
