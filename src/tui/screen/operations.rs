//! What is below a rollout on its own screen: steps, triggers and every change to the world.

use crate::release::Outcome;
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::widget::piece;

use super::item::marked;
use super::page::Page;

/// The lines under the rollout.
pub fn page(model: &Model, width: u16) -> Page {
    let mut page = Page::new(width);
    let Some(rollout) = model.rollout() else {
        return page;
    };
    let symbols = &model.setup.theme.symbols;
    let reached = model.view.state.rollouts.get(&rollout.id).map_or(0, |known| known.step as usize);
    super::judge::page(model, rollout, &mut page);
    page.head("Steps");
    for (place, step) in rollout.steps.iter().enumerate() {
        let (meaning, glyph) = match () {
            () if place + 1 < reached => (Meaning::Good, symbols.done),
            () if place + 1 == reached => (Meaning::Accent, symbols.current),
            () => (Meaning::Muted, symbols.waiting),
        };
        let gates: Vec<&str> = step.gates.iter().map(|gate| gate.as_str()).collect();
        let after = if gates.is_empty() { String::new() } else { format!("  then {}", gates.join(", ")) };
        let auto = if step.auto { "  goes on by itself" } else { "" };
        page.line(vec![
            piece(meaning, format!("  {glyph} ")),
            piece(Meaning::Base, format!("{:>6}", step.weight.to_string())),
            piece(Meaning::Muted, format!("  soak {}{after}{auto}", step.soak)),
        ]);
    }
    super::standing::page(model, rollout, &mut page);
    super::flags::page(model, &mut page);
    if let Some(blind) = &rollout.blind {
        let actions: Vec<&str> = blind.actions.iter().map(|action| action.as_str()).collect();
        let text = format!("blind for {} at {} or more: {}", blind.after, blind.above, actions.join(", "));
        page.text(Meaning::Muted, 2, &text);
    }
    triggers(model, &mut page);
    page.head("Changes to the world");
    let mut operations: Vec<_> = model.view.state.operations.values().collect();
    operations.sort_by_key(|operation| std::cmp::Reverse(operation.mark.at));
    if operations.is_empty() {
        page.text(Meaning::Muted, 2, "none yet");
    }
    for operation in operations.into_iter().take(50) {
        let (meaning, word) = match operation.outcome {
            None => (Meaning::Accent, "under way"),
            Some(Outcome::Done) => (Meaning::Good, "done"),
            Some(Outcome::Adopted) => (Meaning::Good, "was so"),
            Some(Outcome::Superseded) => (Meaning::Muted, "replaced"),
            Some(Outcome::Failed) => (Meaning::Bad, "failed"),
            Some(Outcome::Skipped) => (Meaning::Warn, "skipped"),
            Some(Outcome::Unknown) => (Meaning::Unknown, "unknown"),
        };
        page.line(vec![
            piece(meaning, format!("  {word:<10}")),
            piece(Meaning::Base, format!("{}  ", operation.act.key())),
            piece(Meaning::Muted, marked(model, &operation.mark)),
        ]);
        if !operation.summary.is_empty() {
            page.text(Meaning::Muted, 12, &operation.summary.lines());
        }
    }
    page
}

/// Every trigger and how it stands.
fn triggers(model: &Model, page: &mut Page) {
    page.head("Triggers");
    if model.view.plan.triggers.is_empty() {
        page.text(Meaning::Muted, 2, "none");
    }
    for line in super::triggers::lines(model, page.width().saturating_sub(2)) {
        page.line(line);
    }
}
