//! Running gates, deciding on them, and what a new verdict changes.

use crate::analysis::Verdict;
use crate::base::{Digest, GateId, Untrusted};
use crate::plan::{Check, Gate, Otherwise};
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::Event;
use crate::release::policy::approvals;

type Granted = Result<(), Refusal>;

/// How a run ended.
pub struct End<'a> {
    pub verdict: Verdict,
    pub summary: &'a Untrusted,
    pub evidence: Option<Digest>,
    pub took_ms: u64,
}

pub fn run(draft: &mut Draft<'_>, gate: &GateId) -> Granted {
    let planned = known(draft, gate)?;
    if matches!(planned.check, Check::Manual) {
        return Err(refuse(
            RefusalCode::Incomplete,
            format!("gate `{gate}` is answered by a person"),
            "look, then accept or reject it with a reason",
        ));
    }
    if !is_running(draft, gate) {
        begin(draft, gate);
    }
    Ok(())
}

/// Begins a run of a gate that is not running.
pub fn begin(draft: &mut Draft<'_>, gate: &GateId) {
    let run = draft.state.gates.get(gate).map_or(0, |known| known.count()).saturating_add(1);
    draft.push(Event::GateStarted { gate: gate.clone(), run });
}

pub fn finish(draft: &mut Draft<'_>, gate: &GateId, run: u32, end: &End<'_>) {
    let open =
        draft.state.gates.get(gate).is_some_and(|known| {
            known.runs.iter().any(|found| found.number == run && found.verdict.is_none())
        });
    if !open {
        return;
    }
    let before =
        draft.state.gates.get(gate).and_then(|known| known.newest()).and_then(|newest| newest.verdict);
    draft.push(Event::GateFinished {
        gate: gate.clone(),
        run,
        verdict: end.verdict,
        summary: end.summary.clone(),
        evidence: end.evidence,
        took_ms: end.took_ms,
    });
    // Verdicts are ordered from best to worst.
    if let Some(before) = before.filter(|before| *before < end.verdict) {
        approvals::void_all(draft, &format!("gate {gate} went from {before} to {}", end.verdict));
    }
}

pub fn review(draft: &mut Draft<'_>, gate: &GateId, accepted: bool, reason: &Untrusted) -> Granted {
    let planned = known(draft, gate)?;
    let role = match (&planned.otherwise, &planned.check) {
        (Otherwise::Review(role), _) => Some(role.clone()),
        (_, Check::Manual) => None,
        _ => {
            return Err(refuse(
                RefusalCode::WrongState,
                format!("gate `{gate}` decides by itself"),
                "run it again, or waive it with a reason",
            ));
        }
    };
    if reason.raw().trim().is_empty() {
        return Err(refuse(RefusalCode::Incomplete, "the decision has no reason", "say what you looked at"));
    }
    if is_running(draft, gate) {
        return Err(refuse(
            RefusalCode::WrongState,
            format!("gate `{gate}` is running"),
            "wait for its verdict",
        ));
    }
    let run = draft.state.gates.get(gate).and_then(|known| known.newest()).map_or(0, |newest| newest.number);
    let known = draft.state.gates.get(gate).and_then(|known| known.review.as_ref());
    let taken_back = !accepted && known.is_some_and(|review| review.accepted);
    draft.push(Event::GateReviewed { gate: gate.clone(), run, role, accepted, reason: reason.clone() });
    if taken_back {
        approvals::void_all(draft, &format!("gate {gate} is no longer accepted"));
    }
    Ok(())
}

pub fn waive(draft: &mut Draft<'_>, gate: &GateId, reason: &Untrusted) -> Granted {
    known(draft, gate)?;
    if reason.raw().trim().is_empty() {
        return Err(refuse(RefusalCode::Incomplete, "the waiver has no reason", "say why it may be let be"));
    }
    draft.push(Event::GateWaived { gate: gate.clone(), reason: reason.clone() });
    Ok(())
}

fn is_running(draft: &Draft<'_>, gate: &GateId) -> bool {
    draft.state.gates.get(gate).is_some_and(|known| known.is_running())
}

fn known<'a>(draft: &Draft<'a>, gate: &GateId) -> Result<&'a Gate, Refusal> {
    draft.plan.gate(gate).ok_or_else(|| {
        refuse(RefusalCode::Unknown, format!("there is no gate `{gate}`"), "`tminus gate list` names them")
    })
}
