//! What the engine saw, as facts. What is known already is not recorded again.

use crate::analysis::Verdict;
use crate::base::{Digest, MetricId, RolloutId, Timestamp, Untrusted};
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::policy::rollouts;
use crate::release::state::RolloutPhase;

/// A metric's edge.
pub struct Edge {
    pub verdict: Verdict,
    pub since: Timestamp,
    pub value: Option<f64>,
    pub inputs: Digest,
}

/// An engine took the release. Time without one does not count for a soak.
pub fn engine_started(draft: &mut Draft<'_>, epoch: u64) {
    let last = draft.state.updated;
    let soaking: Vec<RolloutId> = draft
        .state
        .rollouts
        .iter()
        .filter(|(_, state)| state.good_data && state.phase == RolloutPhase::Soaking)
        .map(|(rollout, _)| rollout.clone())
        .collect();
    draft.push(Event::EngineStarted { epoch });
    for rollout in soaking {
        let since = last.unwrap_or(draft.now);
        draft.push(Event::DataQualityChanged { rollout, good: false, since });
    }
}

/// How long instances must be better before that is an edge, in seconds: what comes and goes with every look is
/// recorded as bad. That they are worse is recorded at once.
const BETTER: i64 = 60;

/// How many of the wanted instances are healthy, from worst to best. How many exactly is for screens.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Healthy {
    Unwanted,
    None,
    Some,
    All,
}

fn healthy(ready: u32, of: u32) -> Healthy {
    match (ready, of) {
        (_, 0) => Healthy::Unwanted,
        (0, _) => Healthy::None,
        (ready, of) if ready < of => Healthy::Some,
        _ => Healthy::All,
    }
}

/// What runs now. It is what a rollback goes to until the first traffic moves.
pub fn readiness(draft: &mut Draft<'_>, rollout: &RolloutId, version: &str, (ready, of): (u32, u32)) {
    if draft.plan.rollout(rollout).is_none() {
        return;
    }
    let state = rollouts::standing(draft, rollout);
    let known = state.last_known_good.as_ref();
    let now = healthy(ready, of);
    let same = known.is_some_and(|good| {
        let was = healthy(good.ready, good.of);
        let early = draft.now.as_second() - good.since.as_second() < BETTER;
        good.version == version && (now == was || (now > was && early))
    });
    let captured = state.phase != RolloutPhase::Waiting && known.is_some_and(|good| good.version != version);
    if same || captured {
        return;
    }
    draft.push(Event::LastKnownGoodCaptured {
        rollout: rollout.clone(),
        version: version.to_owned(),
        ready,
        of,
        digest: None,
    });
}

/// What a rollback needs beside healthy instances, on its edges: that something is missing at once, that nothing is
/// any more after a while. The digest of what runs is kept until T-0.
pub fn needs(draft: &mut Draft<'_>, rollout: &RolloutId, digest: Option<&str>, red: Option<&Untrusted>) {
    if draft.plan.rollout(rollout).is_none() {
        return;
    }
    let state = rollouts::standing(draft, rollout);
    if let (Some(good), Some(digest)) = (&state.last_known_good, digest) {
        let captured = state.phase != RolloutPhase::Waiting || draft.state.started.is_some();
        let other = good.digest.as_deref() != Some(digest);
        if other && (!captured || good.digest.is_none()) {
            draft.push(Event::LastKnownGoodCaptured {
                rollout: rollout.clone(),
                version: good.version.clone(),
                ready: good.ready,
                of: good.of,
                digest: Some(digest.to_owned()),
            });
        }
    }
    let early = |since: &Timestamp| draft.now.as_second() - since.as_second() < BETTER;
    let edge = match (&state.red, red) {
        (None, Some(_)) => true,
        (Some((since, _)), None) => !early(since),
        _ => false,
    };
    if edge {
        draft.push(Event::ReadinessChanged { rollout: rollout.clone(), red: red.cloned() });
    }
}

pub fn assessed(draft: &mut Draft<'_>, metric: &MetricId, edge: &Edge) {
    let from = draft.state.metrics.get(metric).map_or(Verdict::NoData, |known| known.verdict);
    // A metric that has said nothing yet says nothing new with no data.
    if draft.plan.metric(metric).is_none() || from == edge.verdict {
        return;
    }
    draft.push(Event::Assessed {
        metric: metric.clone(),
        from,
        to: edge.verdict,
        since: edge.since,
        value: edge.value,
        inputs: edge.inputs,
    });
}

pub fn data(draft: &mut Draft<'_>, rollout: &RolloutId, good: bool, since: Timestamp) {
    if draft.plan.rollout(rollout).is_some() && rollouts::standing(draft, rollout).good_data != good {
        draft.push(Event::DataQualityChanged { rollout: rollout.clone(), good, since });
    }
}

pub fn clock_jumped(draft: &mut Draft<'_>, seconds: i64) {
    if seconds.abs() > 2 {
        draft.push(Event::ClockJumped { seconds });
    }
}

/// A number that a person typed, for a metric that nobody else reads.
pub fn typed(draft: &mut Draft<'_>, metric: &MetricId, value: f64) -> Result<(), Refusal> {
    let Some(planned) = draft.plan.metric(metric) else {
        return Err(refuse(
            RefusalCode::Unknown,
            format!("there is no metric `{metric}`"),
            "name one of the plan's metrics",
        ));
    };
    if let Some(source) = &planned.source {
        return Err(refuse(
            RefusalCode::WrongState,
            format!("`{metric}` is read from source `{source}`"),
            "type numbers only of a metric that has no `source`",
        ));
    }
    if !value.is_finite() {
        return Err(refuse(RefusalCode::Incomplete, "that is no number", "write a finite number"));
    }
    draft.push(Event::NumberTyped { metric: metric.clone(), value });
    Ok(())
}
