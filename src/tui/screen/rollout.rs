//! One rollout: its step and soak, shares wanted, written and seen, and what it waits for.

use ratatui::layout::Rect;

use crate::base::{Weight, clock_text};
use crate::plan::{Rollout, Strategy};
use crate::release::{RolloutPhase, RolloutState, TriggerPhase};
use crate::tui::model::{Model, arming, phase, phase_word, shares, trigger_look, trigger_words};
use crate::tui::theme::Meaning;
use crate::tui::widget::{self, Canvas, Piece, cells, piece};

use super::footer::roll_back_hint;
use super::header::short_name;
use super::judge;
use super::standing;
use super::triggers::held_bar;

/// The rows of step, shares and bar.
const TOP: u16 = 5;

/// How many rows all of it takes.
pub fn height(model: &Model, width: u16) -> u16 {
    let lines = model.rollout().map_or(4, |rollout| lines(model, rollout, width).len());
    TOP + u16::try_from(lines).unwrap_or(u16::MAX).max(4)
}

/// What stands behind the heading: which rollout, and by what it moves traffic.
pub fn title(model: &Model) -> Vec<Piece> {
    let Some(rollout) = model.rollout() else {
        return Vec::new();
    };
    let strategy = match rollout.strategy {
        Strategy::Canary => "canary",
        Strategy::BlueGreen => "blue-green",
        Strategy::Rolling => "rolling",
    };
    let others = model.view.plan.rollouts.len().saturating_sub(1);
    let more = if others > 0 { format!(" +{others}") } else { String::new() };
    // The router's own name says more than the rollout's.
    let name = match &rollout.router {
        Some(router) => router.kind.title(),
        None => rollout.id.to_string(),
    };
    vec![piece(Meaning::Muted, format!("  {name} {strategy}{more}"))]
}

/// Draws it; rows that do not fit are left out from the end.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(rollout) = model.rollout() else {
        let text = "no rollout; the plan file may name one";
        canvas.put((area.x, area.y), area.width, Meaning::Muted, text);
        return;
    };
    let known = model.view.state.rollouts.get(&rollout.id);
    step_row(model, canvas, area, rollout, known);
    table(model, canvas, area, rollout);
    let symbols = &model.setup.theme.symbols;
    let seen = shares(&model.view, &rollout.id);
    let bar = widget::shares(seen.observed.or(seen.configured), area.width, symbols);
    canvas.line(area, 4, &bar);
    for (row, pieces) in (TOP..).zip(lines(model, rollout, area.width)) {
        canvas.line(area, row, &pieces);
    }
}

/// The lines under the bar: what is not as wanted first, then what is judged, awaited and watched, and the way back.
fn lines(model: &Model, rollout: &Rollout, width: u16) -> Vec<Vec<Piece>> {
    let known = model.view.state.rollouts.get(&rollout.id);
    let back = roll_back_hint(model, 120).map(|(meaning, text)| vec![piece(meaning, text)]);
    let mut lines = standing::lines(model, rollout);
    lines.extend(judge::line(model, rollout, width));
    lines.push(waits(model, rollout, known, width));
    lines.push(trigger_row(model, width));
    lines.extend(back);
    lines
}

fn step_row(
    model: &Model,
    canvas: &mut Canvas<'_>,
    area: Rect,
    rollout: &Rollout,
    known: Option<&RolloutState>,
) {
    let symbols = &model.setup.theme.symbols;
    let steps = rollout.steps.len();
    let Some(known) = known else {
        canvas.line(area, 0, &[piece(Meaning::Muted, format!("not begun, {steps} steps"))]);
        return;
    };
    let mut pieces = vec![piece(Meaning::Title, format!("step {} of {steps}", known.step))];
    let step = (known.step as usize).checked_sub(1).and_then(|place| rollout.steps.get(place));
    match (known.phase, step) {
        (RolloutPhase::Soaking, Some(step)) if step.soak.0 > 0 => {
            let needed = step.soak.signed();
            let elapsed = known.soak.elapsed(model.now()).min(needed);
            let elapsed = if known.soak.completed { needed } else { elapsed };
            let text = format!("  soak {} of {}  ", clock_text(elapsed), clock_text(needed));
            let used: u16 = cells(&text) + cells(&format!("step {} of {steps}", known.step));
            pieces.push(piece(Meaning::Base, text));
            let width = area.width.saturating_sub(used).min(24);
            if width >= 4 {
                pieces.extend(widget::progress(elapsed, needed, width, symbols));
            }
        }
        (phase, _) => {
            let meaning = match phase {
                RolloutPhase::RolledBack => Meaning::Bad,
                RolloutPhase::RollingBack => Meaning::Warn,
                RolloutPhase::Completed => Meaning::Good,
                _ => Meaning::Accent,
            };
            pieces.push(piece(meaning, format!("  {}", phase_word(phase))));
        }
    }
    canvas.line(area, 0, &pieces);
}

/// Desired, configured, observed, in columns; unknown is said, and what disagrees is marked.
fn table(model: &Model, canvas: &mut Canvas<'_>, area: Rect, rollout: &Rollout) {
    let seen = shares(&model.view, &rollout.id);
    let column = (area.width.saturating_sub(8) / 3).min(13);
    let heads =
        if column >= 12 { ["desired", "configured", "observed"] } else { ["want", "written", "seen"] };
    let x = |place: usize| area.x + 8 + column * place as u16;
    if area.height < 4 {
        return;
    }
    canvas.line(
        Rect { y: area.y + 1, height: 1, width: 8.min(area.width), ..area },
        0,
        &standing::old(model, rollout),
    );
    for (place, head) in heads.into_iter().enumerate() {
        canvas.put_right((x(place), area.y + 1), column, Meaning::Muted, head);
    }
    let columns = [seen.desired, seen.configured, seen.observed];
    let sides = [("stable", Meaning::Stable, Weight::rest as fn(Weight) -> Weight)];
    let sides =
        sides.into_iter().chain([("canary", Meaning::Canary, (|weight| weight) as fn(Weight) -> Weight)]);
    for (row, (name, meaning, side)) in sides.enumerate() {
        let y = area.y + 2 + row as u16;
        canvas.put((area.x, y), 8, meaning, name);
        for (place, weight) in columns.into_iter().enumerate() {
            let tolerance = if place == 2 { 5.0 } else { 0.01 };
            let off =
                seen.desired.zip(weight).is_some_and(|(a, b)| (a.value() - b.value()).abs() > tolerance);
            let (meaning, text) = match weight {
                // Nothing is wanted before it begins; what is not known is not nothing.
                None if place == 0 => (Meaning::Muted, model.setup.theme.symbols.limits[0].to_owned()),
                None => (Meaning::Unknown, "unknown".to_owned()),
                Some(weight) if off => (Meaning::Warn, side(weight).to_string()),
                Some(weight) => (Meaning::Base, side(weight).to_string()),
            };
            canvas.put_right((x(place), y), column, meaning, &text);
        }
    }
}

/// What it waits for, or why it stands.
fn waits(model: &Model, rollout: &Rollout, known: Option<&RolloutState>, width: u16) -> Vec<Piece> {
    if let Some(hold) = known.and_then(|known| known.holds.first()) {
        let by = short_name(hold.mark.by.name());
        return vec![
            piece(Meaning::Warn, format!("held by {by}: ")),
            piece(Meaning::Base, hold.reason.cell(usize::from(width))),
        ];
    }
    if let Some(back) = known.and_then(|known| known.rollback.as_ref()) {
        let proof = match (back.done, back.proven) {
            (None, _) => "under way",
            (Some(_), true) => "done and read back",
            (Some(_), false) => "done, not yet proven by requests",
        };
        return vec![piece(Meaning::Warn, format!("back to {}: {proof}", back.to))];
    }
    if known.is_some_and(|known| known.phase == RolloutPhase::Completed) {
        return vec![piece(Meaning::Good, "all steps done")];
    }
    let mut pieces = Vec::new();
    if known.is_some_and(|known| known.automation_off) {
        pieces.push(piece(Meaning::Warn, "automation off  "));
    }
    match model.blockers.first() {
        Some(blocker) => {
            pieces.push(piece(Meaning::Muted, "waits: "));
            pieces.push(piece(Meaning::Base, blocker.message.clone()));
        }
        None if known.is_some() || !rollout.steps.is_empty() => {
            pieces.push(piece(Meaning::Good, "nothing in the way"));
        }
        None => {}
    }
    pieces
}

/// The trigger that matters most now, with how far it is to firing.
fn trigger_row(model: &Model, width: u16) -> Vec<Piece> {
    let rank = |phase: TriggerPhase| match phase {
        TriggerPhase::Fired => 0,
        TriggerPhase::Pending => 1,
        TriggerPhase::Unknown => 2,
        TriggerPhase::Suppressed => 3,
        TriggerPhase::Armed => 4,
    };
    let triggers = &model.view.plan.triggers;
    let worst = triggers.iter().min_by_key(|trigger| rank(phase(&model.view, &trigger.id)));
    let Some(worst) = worst else { return Vec::new() };
    let symbols = &model.setup.theme.symbols;
    let look = trigger_look(&model.view, worst, symbols);
    if phase(&model.view, &worst.id) == TriggerPhase::Armed {
        return vec![piece(Meaning::Muted, format!("{} triggers armed", triggers.len()))];
    }
    let text = format!("{} {} {}", look.glyph, worst.id, trigger_words(&model.view, worst, symbols));
    let room = width.saturating_sub(cells(&text) + 2).min(12);
    let mut pieces = vec![piece(look.meaning, text)];
    let held = arming(&model.view, worst).filter(|(elapsed, _)| *elapsed > 0 && room >= 4);
    if let Some((elapsed, needed)) = held {
        pieces.push(piece(Meaning::Base, "  "));
        pieces.extend(held_bar((elapsed, needed), room, look.meaning, symbols));
    }
    pieces
}
