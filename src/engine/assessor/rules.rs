//! Rules over samples: where each trigger stands by its numbers, with the stages, quiet times and the other side that
//! have a say in it.

use crate::analysis::burn::Burn;
use crate::analysis::judge::Decision;
use crate::analysis::threshold::{
    self, Comparison, Course, Gaps, Kept, Phase, Proof, Reads, Sides, Span, Terms, stand,
};
use crate::base::{MetricId, Seconds, Timestamp, TriggerId, Unit};
use crate::engine::assessor::baselines::basis;
use crate::engine::assessor::{Assessor, Edge, ahead, back};
use crate::plan::rule::Rule;
use crate::plan::{self, Metric, Plan, Quiet, Scope, Trigger, Watched};
use crate::release::{Elapsed, KeptBack, Report, State, TriggerPhase, clock};

/// The chance that a rule with proof fires on a version that is within its limit, over a whole stage.
const ALPHA: f64 = 0.01;

/// Where a trigger stands by its numbers.
struct Found {
    phase: TriggerPhase,
    kept: Option<Kept>,
    since: Option<Timestamp>,
    value: Option<f64>,
    elapsed: Elapsed,
    look_again: Option<Timestamp>,
}

impl Assessor {
    /// How long each rule over this metric has held.
    pub fn elapsed(
        &self,
        metric: &MetricId,
        plan: &Plan,
        state: &State,
        now: Timestamp,
    ) -> Vec<(TriggerId, Elapsed)> {
        let over = plan.triggers.iter().filter(|trigger| watches(trigger, metric));
        let one =
            |trigger: &Trigger| Some((trigger.id.clone(), self.found(trigger, plan, state, now)?.elapsed));
        over.filter_map(one).collect()
    }

    /// When this metric is to be looked at again, so that a second look can confirm the first.
    pub fn look_again(&self, metric: &MetricId) -> Option<Timestamp> {
        self.again.get(metric).copied()
    }

    /// The edges of triggers over this metric.
    pub(super) fn rule_edges(
        &mut self,
        metric: &MetricId,
        plan: &Plan,
        state: &State,
        now: Timestamp,
    ) -> Vec<Edge> {
        let mut out = Vec::new();
        self.again.remove(metric);
        if state.started.is_none() || state.status.is_over() {
            return out;
        }
        for trigger in plan.triggers.iter().filter(|trigger| watches(trigger, metric)) {
            let Some(found) = self.found(trigger, plan, state, now) else { continue };
            if let Some(until) = found.look_again {
                self.again.insert(metric.clone(), until);
            }
            let sample = (found.since.unwrap_or(now), found.value);
            out.extend(self.moved(trigger, (found.phase, found.kept), sample, state));
        }
        out
    }

    fn found(&self, trigger: &Trigger, plan: &Plan, state: &State, now: Timestamp) -> Option<Found> {
        match &trigger.when {
            Watched::Metric { metric, rule } => {
                self.by_rule(trigger, (plan.metric(metric)?, rule), plan, state, now)
            }
            Watched::Burn { metric, share, factor, long, short } => {
                let burn = Burn { share: *share, factor: *factor, long: *long, short: *short };
                self.by_budget(trigger, metric, &burn, now)
            }
            Watched::Gate { .. } | Watched::Manual => None,
        }
    }

    fn by_rule(
        &self,
        trigger: &Trigger,
        (metric, rule): (&Metric, &Rule),
        plan: &Plan,
        state: &State,
        now: Timestamp,
    ) -> Option<Found> {
        let watching = self.metrics.get(&metric.id)?;
        let known = state.triggers.get(&trigger.id);
        let fired = known.is_some_and(|known| known.phase == TriggerPhase::Fired);
        let about = |id: &crate::base::RolloutId| trigger.rollout.as_ref().is_none_or(|of| of == id);
        let mut steps: Vec<Timestamp> = state
            .rollouts
            .iter()
            .filter(|(id, _)| about(id))
            .flat_map(|(_, known)| known.stages.iter().copied())
            .collect();
        steps.sort();
        let worse = self
            .benches
            .iter()
            .filter(|(id, _)| about(id))
            .any(|(_, bench)| bench.seats.iter().any(|seat| seat.judge.decision() == Decision::RollBack));
        let bounds: Vec<f64> = metric
            .histogram
            .as_ref()
            .filter(|_| metric.counts.is_none())
            .map(|histogram| histogram.bounds.iter().map(|bound| bound.value).collect())
            .unwrap_or_default();
        let terms = &trigger.terms;
        let basis = basis(metric, rule, (state, now));
        let what = threshold::Watched {
            name: metric.id.as_str(),
            rule: &basis.rule,
            terms: Terms {
                proof: match terms.proof {
                    plan::Proof::Point => Proof::Point,
                    plan::Proof::Evidence => Proof::Evidence { alpha: ALPHA },
                    plan::Proof::Guardrail => Proof::Guardrail,
                },
                gaps: match terms.gaps {
                    plan::Gaps::Tolerant => Gaps::Tolerant,
                    plan::Gaps::Strict => Gaps::Strict,
                },
                at_least: terms.at_least,
                exit: terms.exit.as_ref().or(metric.target.as_ref()),
                exit_for: None,
                warm_up: terms.warm_up,
            },
            reads: match rule.unit() {
                Some(Unit::Seconds) if !bounds.is_empty() => {
                    Reads::Quantile { share: quantile(metric), bounds: &bounds }
                }
                _ => Reads::Plain,
            },
            course: Course {
                from: state.started,
                steps: &steps,
                quiet: &quiet(&plan.quiet, &metric.id, plan, now),
            },
            fired,
        };
        let own = watching.scope(terms.scope);
        let other = (terms.scope == Scope::Canary && metric.sides.is_some()).then(|| watching.old_version());
        let comparison = if worse { Comparison::Worse } else { Comparison::NotWorse };
        // What a rule about a baseline is compared with is said by the plan, and by nothing else.
        let other = other.filter(|_| basis.concurrent || !basis.rule.needs_baseline());
        let sides = Sides { own, other, captured: basis.captured, comparison };
        let standing = stand(&sides, &what, now);
        let kept = match &standing.state {
            threshold::State::Suppressed(kept) => Some(*kept),
            _ => None,
        };
        let phase = match standing.phase() {
            Phase::Armed => TriggerPhase::Armed,
            Phase::Pending => TriggerPhase::Pending,
            Phase::Fired => TriggerPhase::Fired,
            Phase::Suppressed => TriggerPhase::Suppressed,
            Phase::Unknown => TriggerPhase::Unknown,
        };
        Some(Found {
            phase,
            kept,
            since: standing.since,
            value: standing.value,
            elapsed: Elapsed { elapsed: standing.elapsed, needed: standing.needed },
            look_again: standing.look_again,
        })
    }

    fn by_budget(&self, trigger: &Trigger, metric: &MetricId, burn: &Burn, now: Timestamp) -> Option<Found> {
        let samples = self.metrics.get(metric)?.scope(trigger.terms.scope);
        let burning = burn.at(samples, now);
        let phase = match (burning.fires, burning.short) {
            (true, _) => TriggerPhase::Fired,
            (false, None) => TriggerPhase::Unknown,
            (false, Some(short)) if short > burn.factor => TriggerPhase::Pending,
            (false, Some(_)) => TriggerPhase::Armed,
        };
        let needed = burn.short.signed();
        let far = burning.short.map_or(0.0, |short| (short / burn.factor).min(1.0));
        Some(Found {
            phase,
            kept: None,
            since: samples.last(),
            value: burning.long.or(burning.short),
            elapsed: Elapsed { elapsed: (far * needed as f64) as i64, needed },
            look_again: None,
        })
    }

    /// An edge when the state says otherwise; a trigger that is kept from firing is told once.
    pub(super) fn moved(
        &mut self,
        trigger: &Trigger,
        (phase, kept): (TriggerPhase, Option<Kept>),
        (since, value): (Timestamp, Option<f64>),
        state: &State,
    ) -> Option<Edge> {
        let known = state.triggers.get(&trigger.id).map(|known| known.phase).unwrap_or_default();
        let told = self.told.insert(trigger.id.clone(), (phase, kept));
        let again = told == Some((phase, kept));
        let trigger = trigger.id.clone();
        let report = match kept.map(kept_back) {
            Some(_) if again => return None,
            Some(why) => Report::Kept { trigger, why, since, value },
            None if known == phase || (known == TriggerPhase::Suppressed && again) => return None,
            None => Report::Trigger { trigger, phase, since, value },
        };
        Some(Edge { report, evidence: None })
    }
}

fn watches(trigger: &Trigger, metric: &MetricId) -> bool {
    match &trigger.when {
        Watched::Metric { metric: watched, .. } | Watched::Burn { metric: watched, .. } => watched == metric,
        Watched::Gate { .. } | Watched::Manual => false,
    }
}

fn kept_back(kept: Kept) -> KeptBack {
    match kept {
        Kept::Shared => KeptBack::Shared,
        Kept::Quiet => KeptBack::Quiet,
        Kept::WarmUp => KeptBack::WarmUp,
    }
}

/// Which quantile a metric of durations is about, by what it is called: `P99` is 0.99; the 95th percentile otherwise.
fn quantile(metric: &Metric) -> f64 {
    let called = format!("{} {}", metric.id, metric.title.line()).to_lowercase();
    let words = called.split(|letter: char| !letter.is_ascii_alphanumeric());
    let read = |word: &str| {
        let digits = word.strip_prefix('p').filter(|digits| !digits.is_empty())?;
        let number: f64 = digits.parse().ok()?;
        let share = number / 10f64.powi(i32::try_from(digits.len()).ok()?);
        (share > 0.0 && share < 1.0).then_some(share)
    };
    words.into_iter().find_map(read).unwrap_or(0.95)
}

/// The quiet times of a metric around now.
fn quiet(times: &[Quiet], metric: &MetricId, plan: &Plan, now: Timestamp) -> Vec<Span> {
    let zone = clock::zone(plan);
    let mine = times.iter().filter(|quiet| quiet.metrics.is_empty() || quiet.metrics.contains(metric));
    let on = |quiet: &Quiet, days: i64| {
        let day = ahead_days(now, days).to_zoned(zone.clone()).start_of_day().ok()?;
        let minutes = jiff::Span::new().minutes(i64::from(quiet.at));
        let from = day.checked_add(minutes).ok()?.timestamp();
        Some(Span { from, to: ahead(from, quiet.lasting) })
    };
    mine.flat_map(|quiet| [-1, 0, 1].into_iter().filter_map(move |days| on(quiet, days))).collect()
}

fn ahead_days(now: Timestamp, days: i64) -> Timestamp {
    match u64::try_from(days) {
        Ok(days) => ahead(now, Seconds(days.saturating_mul(86_400))),
        Err(_) => back(now, days.saturating_mul(-86_400)),
    }
}
