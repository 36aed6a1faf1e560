//! Gates: triggers that watch one, and what one finds that looks at a metric.

use crate::analysis::Verdict;
use crate::analysis::threshold::Answer;
use crate::base::MetricId;
use crate::base::Timestamp;
use crate::engine::assessor::baselines::{Held, Looked, held};
use crate::engine::assessor::{Assessor, EVIDENCE, Edge, back};
use crate::engine::ports::Finding;
use crate::plan::{self, Gate, Plan};
use crate::release::{State, TriggerPhase};

impl Assessor {
    /// The edges of triggers that watch this gate, of which a run ended just now: it did not pass for so long, by the
    /// ends of its runs since the release began.
    pub fn gate_edges(&mut self, gate: &Gate, plan: &Plan, state: &State, ended: Timestamp) -> Vec<Edge> {
        let mut out = Vec::new();
        if state.started.is_none() || state.status.is_over() {
            return out;
        }
        let failing = state.gates.get(&gate.id).and_then(|known| known.failing);
        for trigger in &plan.triggers {
            let plan::Watched::Gate { gate: watched, lasting } = &trigger.when else { continue };
            if watched != &gate.id {
                continue;
            }
            // What failed before a rollout began does not speak about it.
            let begun = trigger.rollout.as_ref().and_then(|id| state.rollouts.get(id)?.begun);
            let (phase, since) = match failing.map(|first| begun.map_or(first, |begun| first.max(begun))) {
                Some(first) if ended.as_second() - first.as_second() >= lasting.signed() => {
                    (TriggerPhase::Fired, ended)
                }
                Some(first) => (TriggerPhase::Pending, first),
                None => (TriggerPhase::Armed, ended),
            };
            out.extend(self.moved(trigger, (phase, None), (since, None), state));
        }
        out
    }

    /// The finding of a gate that looks at the newest value of a metric.
    pub fn gate(
        &self,
        gate: &Gate,
        metric: &MetricId,
        (plan, state): (&Plan, &State),
        now: Timestamp,
    ) -> Finding {
        let found = |verdict, summary: String, evidence| Finding {
            verdict,
            summary: summary.into(),
            evidence,
            took_ms: 0,
        };
        let Some(metric) = plan.metric(metric) else {
            return found(Verdict::Error, "the plan has no such metric".to_owned(), None);
        };
        let judged = self.judged(metric, state, now);
        let (Some(judged), Some(watching)) = (judged, self.metrics.get(&metric.id)) else {
            return found(Verdict::NoData, format!("{}: no samples", metric.id), None);
        };
        let evidence =
            Some(watching.canary().text(back(now, EVIDENCE * watching.canary().every())).into_bytes());
        let (Some(value), Some(rule), true) = (judged.value, &gate.pass, judged.verdict.is_known()) else {
            let number = judged.value.map(|value| format!(" {value}")).unwrap_or_default();
            return found(judged.verdict, format!("{}{number} {}", metric.id, judged.reason), evidence);
        };
        let doubtful = watching.answer != Answer::Whole;
        let looked = Looked {
            own: Some(watching.canary()),
            other: Some(watching.old_version()).filter(|other| !other.is_empty()),
        };
        let shown = |note: String| match note.is_empty() {
            true => format!("{} {value}", metric.id),
            false => format!("{} {}, {note}", metric.id, metric.written(value)),
        };
        match held(metric, rule, value, looked, (state, now)) {
            Held::Said { holds: true, .. } if doubtful => {
                found(Verdict::Warn, format!("{value}: {}", judged.reason), evidence)
            }
            Held::Said { holds: true, note } => found(Verdict::Pass, shown(note), evidence),
            Held::Said { holds: false, note } => found(Verdict::Fail, shown(note), evidence),
            Held::Unsaid { verdict, why } => found(verdict, why, evidence),
        }
    }
}
