//! The feature flags of a release: on or off, for how many, and whether they can be turned off at once.

use crate::plan::Flag;
use crate::release::{FlagCard, KillSwitch};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::widget::{age, piece};

use super::page::Page;

/// Every flag of the plan, as it was last read; those of the selected rollout are marked.
pub fn page(model: &Model, page: &mut Page) {
    let flags = &model.view.plan.flags;
    if flags.is_empty() {
        return;
    }
    page.head("Flags");
    for flag in flags {
        line(model, flag, page);
    }
}

fn line(model: &Model, flag: &Flag, page: &mut Page) {
    let symbols = &model.setup.theme.symbols;
    let ours = model.rollout().is_some_and(|rollout| rollout.flags.contains(&flag.id));
    let mark = if ours { symbols.current } else { " " };
    let Some(card) = model.view.seen.flags.get(&flag.id) else {
        page.line(vec![
            piece(Meaning::Accent, format!("  {mark} ")),
            piece(Meaning::Base, format!("{}  ", flag.title.cell(24))),
            piece(Meaning::Unknown, "not read yet"),
        ]);
        return;
    };
    let (meaning, said) = match card.seen.is_on() {
        Some(true) => (Meaning::Good, card.seen.said()),
        Some(false) => (Meaning::Muted, card.seen.said()),
        None => (Meaning::Unknown, card.seen.said()),
    };
    let switch = match card.switch {
        KillSwitch::Armed => Meaning::Muted,
        KillSwitch::Pulled => Meaning::Bad,
        KillSwitch::Unknown => Meaning::Unknown,
    };
    let old = card.at.map(|at| age(model.now().as_second() - at.as_second()));
    let old = old.map(|old| format!("  {old} ago")).unwrap_or_default();
    page.line(vec![
        piece(Meaning::Accent, format!("  {mark} ")),
        piece(Meaning::Base, format!("{}  ", flag.title.cell(24))),
        piece(meaning, said),
        piece(switch, format!("  kill switch {}", card.switch.as_str())),
        piece(Meaning::Muted, old),
    ]);
    for (meaning, text) in notes(card) {
        page.text(meaning, 6, &text);
    }
}

/// What keeps a flag from being on, and why it could not be read.
fn notes(card: &FlagCard) -> Vec<(Meaning, String)> {
    let mut notes = Vec::new();
    if let Some(environments) = &card.seen.environments {
        let names = crate::base::Untrusted::new(environments.join(", ")).line();
        notes.push((Meaning::Muted, format!("on in {names}")));
    }
    if !card.allowed && card.fault.is_none() {
        notes.push((Meaning::Warn, "not for this environment".to_owned()));
    }
    if !card.waits_for.is_empty() {
        let names: Vec<String> = card.waits_for.iter().map(ToString::to_string).collect();
        notes.push((Meaning::Warn, format!("needs {}, not known to be on", names.join(", "))));
    }
    if let Some(fault) = &card.fault {
        notes.push((Meaning::Bad, format!("not read: {}", fault.line())));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_flag_off_is_said() {
        let card = FlagCard {
            allowed: false,
            waits_for: vec!["base".into()],
            fault: Some("401\u{1b}[2J".into()),
            ..FlagCard::default()
        };
        let notes = notes(&card);
        assert_eq!(notes.len(), 2, "a flag that was not read may be for any environment");
        assert!(notes[0].1.contains("needs base"));
        assert!(!notes[1].1.chars().any(char::is_control));
    }
}
