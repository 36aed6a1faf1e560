//! How triggers stand, in words and as a share of the time they need. Pure; nothing here draws.

use super::asking::asks;
use super::facts::Look;
use crate::base::{TriggerId, clock_text};
use crate::plan::{Proof, Trigger, Watched};
use crate::release::{TriggerPhase, View};
use crate::tui::theme::{Meaning, Symbols};

/// Where a trigger stands.
pub fn phase(view: &View, id: &TriggerId) -> TriggerPhase {
    view.state.triggers.get(id).map(|known| known.phase).unwrap_or_default()
}

/// How it looks: meaning, glyph and the word alone.
pub fn trigger_look(view: &View, trigger: &Trigger, symbols: &Symbols) -> Look {
    let (meaning, glyph, word) = match phase(view, &trigger.id) {
        TriggerPhase::Armed => (Meaning::Good, symbols.done, "armed"),
        TriggerPhase::Pending => (Meaning::Warn, symbols.doubt, "pending"),
        TriggerPhase::Fired => (Meaning::Bad, symbols.failed, "fired"),
        TriggerPhase::Suppressed => (Meaning::Warn, symbols.skipped, "suppressed"),
        TriggerPhase::Unknown => (Meaning::Unknown, symbols.unknown, "unknown"),
    };
    Look { meaning, glyph, word }
}

/// The word with the time or the reason behind it: `pending 03:20 of 05:00`, `unknown: no such series`.
pub fn trigger_words(view: &View, trigger: &Trigger, symbols: &Symbols) -> String {
    let word = trigger_look(view, trigger, symbols).word;
    let known = view.state.triggers.get(&trigger.id);
    let reason = known.map(|known| known.reason.line()).filter(|reason| !reason.is_empty());
    match (phase(view, &trigger.id), reason) {
        (TriggerPhase::Pending, _) => match view.seen.triggers.get(&trigger.id) {
            Some(seen) => format!("{word} {} of {}", clock_text(seen.elapsed), clock_text(seen.needed)),
            None => word.to_owned(),
        },
        (TriggerPhase::Suppressed | TriggerPhase::Unknown, Some(reason)) => format!("{word}: {reason}"),
        (TriggerPhase::Unknown, None) => format!("{word}: no good data"),
        (TriggerPhase::Fired, _) if asks(view, trigger) => format!("{word}, asks"),
        _ => word.to_owned(),
    }
}

/// How far it is to firing: seconds it held, and must; none when it has no time to hold.
pub fn arming(view: &View, trigger: &Trigger) -> Option<(i64, i64)> {
    let seen = view.seen.triggers.get(&trigger.id);
    let lasting = match &trigger.when {
        Watched::Metric { rule, .. } => rule.lasting.map(|lasting| lasting.signed()),
        Watched::Gate { lasting, .. } => Some(lasting.signed()),
        Watched::Burn { .. } | Watched::Manual => None,
    };
    let needed = seen.map(|seen| seen.needed).or(lasting)?;
    let elapsed = match phase(view, &trigger.id) {
        TriggerPhase::Pending => seen.map_or(0, |seen| seen.elapsed),
        TriggerPhase::Fired => needed,
        TriggerPhase::Armed | TriggerPhase::Suppressed | TriggerPhase::Unknown => 0,
    };
    Some((elapsed, needed))
}

/// How it is held against samples, in a word or two.
pub fn mode(trigger: &Trigger) -> String {
    match &trigger.when {
        Watched::Metric { .. } => match trigger.terms.proof {
            Proof::Point => "point".to_owned(),
            Proof::Evidence => "evidence".to_owned(),
            Proof::Guardrail => "guardrail".to_owned(),
        },
        Watched::Burn { factor, .. } => format!("burns {factor}x"),
        Watched::Gate { .. } => "gate".to_owned(),
        Watched::Manual => "by hand".to_owned(),
    }
}
