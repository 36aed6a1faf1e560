//! What machines ask of people, between the header and everything else on every screen.

use crate::release::{Proposal, Request};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::{Model, cause_words, requests};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Piece, age, cells, piece, safe, wall, wrap};

/// The rows of the banner, none when nothing is asked: what and by which keys, then why, since when and by what.
pub fn rows(model: &Model, width: u16, most: u16) -> Vec<Vec<Piece>> {
    let all = requests(&model.view);
    let Some(first) = all.first() else { return Vec::new() };
    let symbols = &model.setup.theme.symbols;
    let what = format!(" {0}{0} ASKED: {1} {2} ", symbols.doubt, words(first, width), first.rollout);
    let more = if all.len() > 1 { format!(" +{} more ", all.len() - 1) } else { String::new() };
    let keys = keys(model, first, width.saturating_sub(cells(&what)));
    let fits = cells(&what) + cells(&more) + cells(&keys) <= width;
    let what = if fits { format!("{what}{more}") } else { what };
    let space = width.saturating_sub(cells(&what) + cells(&keys));
    let line = format!("{what}{}{keys}", " ".repeat(usize::from(space)));
    let mut rows = vec![vec![piece(Meaning::Ask, line)]];
    let zone = model.index.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    let since = wall(first.since, &zone);
    let since = since.get(..5).unwrap_or(&since).to_owned();
    let old = age(model.now().as_second() - first.since.as_second());
    let why = format!("{}: {} (since {since}, {old})", cause_words(first), first.why.line());
    let room = usize::from(most.saturating_sub(1));
    let mut parts = wrap(&safe(&why), width.saturating_sub(4));
    if parts.len() > room {
        let rest = parts.split_off(room.saturating_sub(1).min(parts.len())).join(" ");
        parts.push(rest);
    }
    for part in parts.into_iter().take(room) {
        let text = crate::tui::widget::fit(&part, usize::from(width.saturating_sub(4)), symbols.cut);
        let filled = format!("    {text:<room$}", room = usize::from(width.saturating_sub(4)));
        rows.push(vec![piece(Meaning::Ask, filled)]);
    }
    rows
}

fn words(request: &Request, width: u16) -> String {
    match request.wants {
        Proposal::Raise { to } if width < 60 => format!("raise to {to}"),
        wants => wants.to_string(),
    }
}

/// The keys that answer, as many as fit: what does it, what declines it.
fn keys(model: &Model, request: &Request, room: u16) -> String {
    let key = |action| {
        let binding = model.setup.keymap.binding_of(&[Context::Any], action);
        binding.map(|binding| binding.first_key()).unwrap_or_default()
    };
    let here = model.rollout().is_some_and(|rollout| rollout.id == request.rollout);
    let action = match request.wants {
        Proposal::RollBack => Some(Action::RollBack),
        Proposal::Hold => Some(Action::Hold),
        Proposal::Promote { .. } | Proposal::Raise { .. } => Some(Action::Promote),
        Proposal::StepBack => None,
    };
    let does = match action.filter(|_| here) {
        Some(action) => key(action),
        // Another rollout is selected, or there is no key: the palette has it.
        None => format!("{} grant", key(Action::Palette)),
    };
    let declines = key(Action::Decline);
    let long = format!("{does} does it   {declines} declines ");
    let short = format!("{does} yes, {declines} no ");
    let least = format!("{does} yes ");
    [long, short, least].into_iter().find(|text| cells(text) <= room).unwrap_or_default()
}
