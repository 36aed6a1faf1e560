//! How a rollout stands beside its shares: how old they are, who else moves them, what somebody set, the way back
//! and what proves it.

use crate::analysis::Verdict;
use crate::base::{Untrusted, clock_text, short_duration};
use crate::plan::Rollout;
use crate::release::{Owner, RolloutPhase};
use crate::report::status::traffic::{Proof, Way, WayBack, drift, restore, warmth, way, way_back};
use crate::tui::model::Model;
use crate::tui::theme::{Meaning, Symbols};
use crate::tui::widget::{Piece, age, piece};

use super::page::Page;

/// Traffic that was not read for so long is marked, in seconds.
const OLD: i64 = 60;

/// How long ago the shares were read.
pub fn old(model: &Model, rollout: &Rollout) -> Vec<Piece> {
    let Some(seen) = model.view.seen.traffic.get(&rollout.id) else { return Vec::new() };
    let Some(at) = seen.at else { return vec![piece(Meaning::Unknown, "not read")] };
    let seconds = model.now().as_second() - at.as_second();
    let meaning = match (&seen.fault, seconds > OLD) {
        (Some(_), _) => Meaning::Bad,
        (None, true) => Meaning::Warn,
        (None, false) => Meaning::Muted,
    };
    vec![piece(meaning, format!("{} ago", age(seconds)))]
}

/// What is not as wanted, and who else moves the weight, a line each.
pub fn lines(model: &Model, rollout: &Rollout) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    if let Some(back) = way_back(&model.view, rollout, model.now()).filter(|back| !back.proven) {
        lines.push(stopwatch(&back, &model.setup.theme.symbols));
    }
    if let Some(drift) = drift(&model.view, &rollout.id) {
        let by = drift.by.map(|by| format!(": {}", by.cell(40))).unwrap_or_default();
        let ago = drift.since.map(|since| age(model.now().as_second() - since.as_second()));
        let ago = ago.map(|ago| format!(", {ago} ago")).unwrap_or_default();
        let text = format!("somebody set {}{by}{ago}", drift.is);
        lines.push(vec![piece(Meaning::Warn, format!("{} {text}", model.setup.theme.symbols.doubt))]);
    }
    let seen = model.view.seen.traffic.get(&rollout.id);
    if let Some(fault) = seen.and_then(|seen| seen.fault.as_ref()) {
        lines.push(vec![piece(Meaning::Bad, "not read: "), piece(Meaning::Base, fault.line())]);
    }
    if let Some((meaning, text)) = seen.and_then(|seen| owned(&seen.owner)) {
        lines.push(vec![piece(meaning, text)]);
    }
    if let Some(warmth) = warmth(&model.view, rollout, model.now()) {
        let control = warmth.control.value();
        let control =
            if control > 0.0 { format!(", {} stays as a control", warmth.control) } else { String::new() };
        let left = if warmth.left > 0 {
            format!("for {}", short_duration(minutes(warmth.left)))
        } else {
            "no longer".to_owned()
        };
        lines.push(vec![piece(Meaning::Accent, format!("old version kept warm {left}{control}"))]);
    }
    if let Some(seconds) = restore(&model.view, &rollout.id) {
        let text = format!("old version is gone: about {} to restore", short_duration(seconds));
        lines.push(vec![piece(Meaning::Warn, text)]);
    }
    lines
}

/// Whole minutes, once there is more than one.
fn minutes(seconds: i64) -> i64 {
    if seconds > 120 { seconds / 60 * 60 } else { seconds }
}

/// Who moves the weight beside us, and what that means for a move.
pub fn owned(owner: &Owner) -> Option<(Meaning, String)> {
    let title = Untrusted::new(owner.title()?).line();
    Some(match owner {
        Owner::Rollout { .. } => (Meaning::Muted, format!("owned by {title}: moves go through it")),
        Owner::GitOps { automatic: false, .. } => {
            (Meaning::Muted, format!("owned by {title}: it does not write by itself"))
        }
        _ => (Meaning::Warn, format!("owned by {title}: it would revert what is set here")),
    })
}

/// How long a rollback takes, of what it may, and how much of the proof is there.
fn stopwatch(back: &WayBack, symbols: &Symbols) -> Vec<Piece> {
    let meaning = if back.seconds > back.budget { Meaning::Bad } else { Meaning::Accent };
    let took = format!("rollback {} of {}", clock_text(back.seconds), clock_text(back.budget));
    let mut pieces = vec![piece(meaning, took)];
    for proof in &back.proofs {
        let (meaning, glyph) = look(proof.verdict, symbols);
        pieces.push(piece(meaning, format!("  {glyph} {}", proof.what)));
    }
    pieces
}

fn look(verdict: Verdict, symbols: &Symbols) -> (Meaning, &'static str) {
    match verdict {
        Verdict::Pass => (Meaning::Good, symbols.done),
        Verdict::Fail => (Meaning::Bad, symbols.failed),
        _ => (Meaning::Unknown, symbols.unknown),
    }
}

/// The way back in full: where to, what it needs, and what proves it.
pub fn page(model: &Model, rollout: &Rollout, page: &mut Page) {
    let symbols = &model.setup.theme.symbols;
    let Some(ready) = model.view.seen.readiness.get(&rollout.id) else {
        if let Some((version, healthy, wanted)) = crate::tui::model::ready(&model.view, &rollout.id) {
            page.head("Rollback");
            let text = format!("goes to {version}: {healthy} of {wanted} healthy when it was last recorded");
            page.text(Meaning::Unknown, 2, &text);
        }
        return proof(model, rollout, page);
    };
    let (meaning, word) = match way(ready) {
        Way::Ready => (Meaning::Good, "ready".to_owned()),
        Way::Unknown(why) => (Meaning::Unknown, format!("not known to be ready: {why}")),
        Way::Red(why) => (Meaning::Bad, format!("NOT READY: {why}")),
    };
    page.heading(vec![piece(Meaning::Title, "Rollback  "), piece(meaning, word)]);
    let digest = ready.digest.as_ref().map(|digest| format!(", {digest}")).unwrap_or_default();
    page.text(
        Meaning::Base,
        2,
        &format!("goes to {}: {} of {} healthy{digest}", ready.version, ready.ready, ready.of),
    );
    for need in &ready.needs {
        let (meaning, glyph) = look(need.verdict, symbols);
        page.text(meaning, 2, &format!("{glyph} {}: {}", need.what, need.said.line()));
    }
    proof(model, rollout, page);
}

/// What must agree before traffic is back, while it goes back and after.
fn proof(model: &Model, rollout: &Rollout, page: &mut Page) {
    let Some(back) = way_back(&model.view, rollout, model.now()) else { return };
    let symbols = &model.setup.theme.symbols;
    let (meaning, word) = match (back.done, back.proven) {
        (false, _) => (Meaning::Warn, "under way"),
        (true, false) => (Meaning::Unknown, "back, unproven"),
        (true, true) => (Meaning::Good, "done"),
    };
    let took = format!("  {} of {}", clock_text(back.seconds), clock_text(back.budget));
    page.heading(vec![
        piece(Meaning::Title, "Proof  "),
        piece(meaning, word),
        piece(if back.seconds > back.budget { Meaning::Bad } else { Meaning::Muted }, took),
    ]);
    for Proof { what, verdict, said } in &back.proofs {
        let (meaning, glyph) = look(*verdict, symbols);
        page.line(vec![
            piece(meaning, format!("  {glyph} {what:<11} ")),
            piece(Meaning::Base, Untrusted::new(said.as_str()).line()),
        ]);
    }
    let known = model.view.state.rollouts.get(&rollout.id);
    if known.is_some_and(|known| known.phase == RolloutPhase::RolledBack) && !back.proven {
        page.text(Meaning::Muted, 2, "the proof follows when the numbers return");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::GitOpsTool;

    #[test]
    fn an_owner_says_what_it_does_with_a_move() {
        let text = |owner: Owner| owned(&owner).map(|(_, text)| text);
        assert_eq!(text(Owner::Nobody), None);
        let argo = Owner::Rollout { name: "shop/payments".to_owned() };
        assert_eq!(text(argo).as_deref(), Some("owned by Argo Rollout shop/payments: moves go through it"));
        let flux = |automatic| Owner::GitOps { tool: GitOpsTool::Flux, name: "shop".to_owned(), automatic };
        assert!(text(flux(true)).is_some_and(|text| text.contains("revert")));
        assert!(text(flux(false)).is_some_and(|text| text.contains("not write")));
        assert!(matches!(way(&Default::default()), Way::Red(_)), "nothing is not ready");
    }
}
