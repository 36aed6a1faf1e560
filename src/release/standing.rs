//! Where a gate stands now: its newest verdict, its age, its reviews and waivers, in one answer.

use crate::analysis::Verdict;
use crate::base::Timestamp;
use crate::plan::{Check, Gate, Otherwise};
use crate::release::state::{GateState, State};

/// Where a gate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it says now.
    pub word: Word,
    /// True when it lets the release on.
    pub allows: bool,
    /// Why it does not, or what to know although it does; empty when there is nothing to say.
    pub note: String,
}

/// What a gate says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Word {
    /// It never ran.
    Pending,
    /// A run has begun.
    Running,
    /// The newest run that ended, as it counts today.
    Verdict(Verdict),
}

impl Word {
    /// The word on screens and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Word::Pending => "pending",
            Word::Running => "running",
            Word::Verdict(verdict) => verdict.as_str(),
        }
    }
}

/// Where a gate stands at `now`.
pub fn standing(state: &State, gate: &Gate, now: Timestamp) -> Standing {
    let never = GateState::default();
    let known = state.gates.get(&gate.id).unwrap_or(&never);
    let word = word(state, gate, known, now);
    if let Some((mark, reason)) = &known.waiver {
        let note = format!("waived by {}: {}", mark.by.name(), reason.line());
        return Standing { word, allows: true, note };
    }
    let (allows, note) = allowed(gate, known, word);
    Standing { word, allows, note }
}

fn word(state: &State, gate: &Gate, known: &GateState, now: Timestamp) -> Word {
    // A gate by the clock keeps its last word while the next run is on.
    let again = gate.every.is_some() && known.newest().is_some_and(|run| run.attempt == state.attempt);
    if known.is_running() && !again {
        return Word::Running;
    }
    if matches!(gate.check, Check::Manual) {
        return match &known.review {
            Some(review) if review.accepted => Word::Verdict(Verdict::Pass),
            Some(_) => Word::Verdict(Verdict::Fail),
            None => Word::Pending,
        };
    }
    let Some((run, verdict)) = known.newest().and_then(|run| run.verdict.map(|verdict| (run, verdict)))
    else {
        return Word::Pending;
    };
    let age = run.ended.map_or(0, |ended| now.as_second() - ended.as_second());
    let expired = gate.fresh.is_some_and(|fresh| age > fresh.signed()) || run.attempt < state.attempt;
    Word::Verdict(if verdict.is_pass() && expired { Verdict::Stale } else { verdict })
}

fn allowed(gate: &Gate, known: &GateState, word: Word) -> (bool, String) {
    let passes = word == Word::Verdict(Verdict::Pass);
    match &gate.otherwise {
        _ if passes => (true, String::new()),
        Otherwise::Block => (false, reason(known, word)),
        Otherwise::Warn => (true, reason(known, word)),
        Otherwise::Review(role) => {
            let newest = known.newest().map_or(0, |run| run.number);
            match &known.review {
                Some(review) if review.accepted && review.run == newest && word != Word::Running => {
                    (true, format!("accepted by {}: {}", review.mark.by.name(), review.reason.line()))
                }
                _ => (false, format!("{role} has to decide; {}", reason(known, word))),
            }
        }
        Otherwise::Require => match (word, known.newest()) {
            (Word::Verdict(Verdict::Stale), _) => (false, "its evidence is too old".to_owned()),
            (Word::Verdict(_), Some(run)) if run.evidence.is_some() => (true, reason(known, word)),
            (Word::Verdict(_), _) => (false, "its evidence is missing".to_owned()),
            _ => (false, reason(known, word)),
        },
    }
}

fn reason(known: &GateState, word: Word) -> String {
    match word {
        Word::Pending => "it has not run".to_owned(),
        Word::Running => "it is running".to_owned(),
        Word::Verdict(Verdict::Stale) => "its pass is too old".to_owned(),
        Word::Verdict(verdict) => {
            let summary = known.newest().map(|run| run.summary.line()).unwrap_or_default();
            if summary.is_empty() { verdict.as_str().to_owned() } else { summary }
        }
    }
}
