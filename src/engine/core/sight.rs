//! What the engine sees: numbers and traffic, into the picture and, where they change what is known, to the policy.

use std::sync::Arc;

use super::{Core, Poll};
use crate::analysis::Verdict;
use crate::base::{MetricId, RolloutId, Seconds, Timestamp};
use crate::engine::assessor::{Edge, Opinion, sourced};
use crate::engine::executor::after;
use crate::engine::ports::{Fault, Reading, Split};
use crate::plan::{Metric, Plan};
use crate::release::{HoldCause, Owner, Readiness, Ready, Report, RolloutPhase, Traffic};

/// How soon a second look follows a first that has to be confirmed.
const AGAIN: Seconds = Seconds(5);
/// Shares of requests that differ by less are the same for the journal, in percent points.
const DRIFT: f64 = 5.0;

impl Core {
    pub(super) fn numbers(&mut self, id: &MetricId, reading: Result<Reading, Fault>, now: Timestamp) {
        let plan: Arc<Plan> = self.dispatcher.plan().clone();
        let Some((metric, source)) = sourced(&plan, id) else { return };
        let health = self.health.sources.entry(source.id.clone()).or_default();
        match &reading {
            Ok(reading) => {
                health.good = Some(now);
                health.fault = reading.partial.clone();
            }
            Err(fault) => health.fault = Some(fault.to_string().into()),
        }
        self.assessor.take(metric, source, reading);
        self.unkept = true;
        self.looked(metric, &plan, now);
        if let (Some(until), Some(next)) =
            (self.assessor.look_again(id), self.polls.get_mut(&Poll::Metric(id.clone())))
        {
            *next = (*next).min(after(now, AGAIN)).min(until);
        }
    }

    /// What people typed for a metric that nobody else reads, looked at like any other number.
    pub(super) fn typed(&mut self, id: &MetricId, now: Timestamp) {
        let plan: Arc<Plan> = self.dispatcher.plan().clone();
        let state = self.dispatcher.state().clone();
        let (Some(metric), Some(typed)) = (plan.metric(id), state.typed.get(id)) else { return };
        if self.assessor.typed(metric, typed) {
            self.looked(metric, &plan, now);
        }
    }

    /// A metric has samples it was not looked at with: its edges are told, its picture is shown, the judge is asked.
    fn looked(&mut self, metric: &Metric, plan: &Plan, now: Timestamp) {
        let id = &metric.id;
        let state = self.dispatcher.state().clone();
        let edges = self.assessor.edges(metric, plan, &state, now);
        drop(state);
        let moved = !edges.is_empty();
        self.tell(edges, now);
        let shown = self.assessor.shown(metric, self.dispatcher.state(), now);
        let elapsed = self.assessor.elapsed(id, plan, self.dispatcher.state(), now);
        let seen = Arc::make_mut(&mut self.seen);
        seen.metrics.extend(shown.map(|series| (id.clone(), series)));
        seen.triggers.extend(elapsed);
        if moved || self.assessor.is_judged(id, plan) {
            self.judge(plan, now);
        }
    }

    /// Asks the judge, now that numbers came: its card is shown, its ruling is told when it is another one.
    fn judge(&mut self, plan: &Plan, now: Timestamp) {
        let state = self.dispatcher.state().clone();
        for Opinion { rollout, card, edge } in self.assessor.judge(plan, &state, now) {
            Arc::make_mut(&mut self.seen).judged.insert(rollout, card);
            self.tell(edge.into_iter().collect(), now);
        }
    }

    pub(super) fn tell(&mut self, edges: Vec<Edge>, now: Timestamp) {
        for Edge { report, evidence } in edges {
            if let Some(text) = evidence {
                // Without its evidence an edge still counts; its digest then names what could not be kept.
                let _ = self.dispatcher.keep(text.as_bytes());
            }
            self.report(report, now);
        }
    }

    pub(super) fn see_traffic(&mut self, rollout: &RolloutId, split: &Split, now: Timestamp) {
        let seen = Arc::make_mut(&mut self.seen);
        let before = seen.traffic.get(rollout).filter(|before| before.configured == split.configured);
        let traffic = Traffic {
            by: split.by.clone(),
            since: before.and_then(|before| before.since).or(Some(now)),
            towards: split.desired,
            configured: split.configured,
            observed: split.observed,
            at: Some(now),
            owner: split.owner.clone(),
            fault: None,
        };
        seen.traffic.insert(rollout.clone(), traffic);
    }

    /// What the router answered; when it did not, what was read before stays and grows old.
    pub(super) fn split(&mut self, rollout: &RolloutId, split: Result<Split, Fault>, now: Timestamp) {
        self.cluster(rollout, split.as_ref().err(), now);
        match split {
            Ok(split) => self.traffic(rollout, &split, now),
            Err(fault) => {
                let seen = Arc::make_mut(&mut self.seen);
                seen.traffic.entry(rollout.clone()).or_default().fault = Some(fault.to_string().into());
            }
        }
    }

    /// What was read goes into the picture, and into the journal when it changes what is known there.
    pub(super) fn traffic(&mut self, rollout: &RolloutId, split: &Split, now: Timestamp) {
        self.see_traffic(rollout, split, now);
        if split.owner != Owner::Unknown {
            let owner = split.owner.clone();
            self.report(Report::Owned { rollout: rollout.clone(), owner }, now);
        }
        let Some(known) = self.dispatcher.state().rollouts.get(rollout) else { return };
        if known.phase == RolloutPhase::Waiting || known.operation.is_some() {
            return;
        }
        let proves = known.rollback.as_ref().is_some_and(|back| back.done.is_some() && !back.proven);
        let moved = known.drift.is_some() || known.holds.iter().any(|hold| hold.cause == HoldCause::Drift);
        let drifted = match (known.observed, split.observed) {
            (Some(was), Some(is)) => (was.value() - is.value()).abs() >= DRIFT,
            (was, is) => was.is_some() != is.is_some(),
        };
        if proves || drifted || moved || known.configured != split.configured {
            let Split { configured, observed, by, .. } = split.clone();
            self.report(Report::Traffic { rollout: rollout.clone(), configured, observed, by }, now);
        }
    }

    /// What a rollback would go to; when that could not be read it is not known to be ready.
    pub(super) fn readiness(
        &mut self,
        rollout: &RolloutId,
        readiness: Result<Readiness, Fault>,
        now: Timestamp,
    ) {
        let readiness = match readiness {
            Ok(readiness) => readiness,
            Err(fault) => {
                if let Some(known) = Arc::make_mut(&mut self.seen).readiness.get_mut(rollout) {
                    let said = fault.to_string().into();
                    known.needs = vec![Ready { what: "target".to_owned(), verdict: Verdict::NoData, said }];
                }
                return;
            }
        };
        let red = readiness.missing();
        let Readiness { version, ready, of, digest, .. } = readiness.clone();
        Arc::make_mut(&mut self.seen).readiness.insert(rollout.clone(), readiness);
        self.report(Report::Readiness { rollout: rollout.clone(), version, ready, of }, now);
        self.report(Report::Needs { rollout: rollout.clone(), digest, red }, now);
    }
}
