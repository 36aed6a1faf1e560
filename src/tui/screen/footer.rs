//! The lines under the panes: what just happened, what is due next, and what the keys would do.

use ratatui::layout::Rect;

use crate::base::{Untrusted, Weight};
use crate::release::{RolloutPhase, Status};
use crate::report::status::traffic::{Way, way};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::{Due, Model, is_contested, item_line, next_weight, ready, requests, without_owner};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, Piece, cells, fit, piece, until, wall};

use super::header::short_name;

/// Below this width the footer has room for signs only.
const NARROW: u16 = 60;

/// What just happened, newest first, as much as fits.
pub fn recent(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let zone = model.index.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    let symbols = &model.setup.theme.symbols;
    let mut pieces = vec![piece(Meaning::Base, " ")];
    let mut left = area.width.saturating_sub(2);
    for (count, line) in model.view.recent.iter().rev().take(4).enumerate() {
        let time = wall(line.at, &zone);
        let text = format!(" {}", line.text);
        let gap = if count == 0 { String::new() } else { format!("  {}  ", symbols.dot) };
        let size = cells(&gap) + cells(&time) + cells(&text);
        if size > left && count > 0 {
            break;
        }
        left = left.saturating_sub(size);
        pieces.push(piece(Meaning::Border, gap));
        pieces.push(piece(Meaning::Muted, time));
        pieces.push(piece(if count == 0 { Meaning::Base } else { Meaning::Muted }, text));
    }
    if model.view.recent.is_empty() {
        pieces.push(piece(Meaning::Muted, "nothing has happened yet"));
    }
    canvas.line(area, 0, &pieces);
}

/// What is due next, and what is late.
pub fn due(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let now = model.now();
    let symbols = &model.setup.theme.symbols;
    let late = match model.index.overdue(now) {
        0 => String::new(),
        count => format!("   {} {count} late", symbols.doubt),
    };
    let mut pieces = vec![piece(Meaning::Muted, " next ")];
    match model.index.next(now) {
        None => pieces.push(piece(Meaning::Muted, "nothing is due")),
        Some((at, due)) => {
            let (text, owner, offset) = match due {
                Due::Item(place) => match item_line(&model.view, place) {
                    Some(line) => (without_owner(line.text), line.owner, line.due),
                    None => ("", None, None),
                },
                Due::Checkpoint(place) => match model.view.plan.checkpoints.get(place) {
                    Some(row) => (without_owner(row.text.raw()), row.owner.as_deref(), Some(row.at)),
                    None => ("", None, None),
                },
            };
            let offset = offset.map(|offset| offset.to_string()).unwrap_or_default();
            let owner = owner.map(|owner| format!("  {}", short_name(owner))).unwrap_or_default();
            let left = until(at.as_second() - now.as_second());
            let used = 9 + cells(&offset) + cells(&owner) + cells(&left) + cells(&late);
            let room = usize::from(area.width.saturating_sub(used));
            pieces.push(piece(Meaning::Accent, format!("{offset} ")));
            pieces.push(piece(Meaning::Base, fit(text, room, symbols.cut)));
            pieces.push(piece(Meaning::Muted, format!("{owner}  {left}")));
        }
    }
    pieces.push(piece(Meaning::Warn, late));
    canvas.line(area, 0, &pieces);
}

/// The keys and what they would do now. The world's keys and the help stay when there is no room for others.
pub fn keys(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.fill(area, Meaning::Bar);
    let row = if model.typed.is_empty() { hints(model, area.width) } else { follow_ups(model) };
    canvas.line(area, 0, &row);
}

fn follow_ups(model: &Model) -> Vec<Piece> {
    let typed: String = model.typed.iter().map(ToString::to_string).collect();
    let mut pieces = vec![piece(Meaning::Key, format!(" {typed} "))];
    for (key, desc) in model.setup.keymap.follow_ups(&model.contexts(), &model.typed) {
        pieces.push(piece(Meaning::Key, format!(" {key} ")));
        pieces.push(piece(Meaning::Bar, desc));
    }
    pieces
}

fn hints(model: &Model, width: u16) -> Vec<Piece> {
    let contexts = model.contexts();
    let must: Vec<Vec<Piece>> = [Action::Promote, Action::Hold, Action::RollBack, Action::Help]
        .into_iter()
        .filter_map(|action| must_hint(model, &contexts, action, width))
        .collect();
    let size = |pieces: &[Piece]| pieces.iter().map(|Piece(_, text)| cells(text)).sum::<u16>() + 2;
    let mut left = width.saturating_sub(1 + must.iter().map(|hint| size(hint)).sum::<u16>());
    let mut shown: Vec<Vec<Piece>> = Vec::new();
    for binding in contexts.iter().flat_map(|context| model.setup.keymap.bindings(*context)) {
        let Some(hint) = binding.hint.as_ref().filter(|_| is_of_use(model, binding.action)) else {
            continue;
        };
        let pieces =
            vec![piece(Meaning::Key, format!("{} ", binding.first_key())), piece(Meaning::Bar, hint.clone())];
        if size(&pieces) > left {
            break;
        }
        left -= size(&pieces);
        shown.push(pieces);
    }
    let mut row = vec![piece(Meaning::Bar, " ")];
    for hint in shown.into_iter().chain(must) {
        row.extend(hint);
        row.push(piece(Meaning::Bar, "  "));
    }
    row
}

/// True for what a hint may be shown for now: it has no place of its own, and would do something.
fn is_of_use(model: &Model, action: Action) -> bool {
    match action {
        Action::Decline => !requests(&model.view).is_empty(),
        Action::Choose => model.trigger().is_some_and(is_contested),
        Action::TypeNumber => model.metric().is_some_and(|(_, metric)| metric.source.is_none()),
        action => !is_must(action),
    }
}

fn is_must(action: Action) -> bool {
    matches!(action, Action::Promote | Action::Hold | Action::RollBack | Action::Help)
}

fn must_hint(model: &Model, contexts: &[Context], action: Action, width: u16) -> Option<Vec<Piece>> {
    let binding = model.setup.keymap.binding_of(contexts, action)?;
    let (meaning, text) = match action {
        Action::Help if width < NARROW => (Meaning::Bar, String::new()),
        Action::Help => (Meaning::Bar, "help".to_owned()),
        Action::Promote => promote_hint(model, width)?,
        Action::Hold => {
            model.rollout().filter(|_| !model.view.state.status.is_over())?;
            (Meaning::Bar, "hold".to_owned())
        }
        _ => roll_back_hint(model, width)?,
    };
    Some(vec![piece(Meaning::Key, format!("{} ", binding.first_key())), piece(meaning, text)])
}

fn promote_hint(model: &Model, width: u16) -> Option<(Meaning, String)> {
    let rollout = model.rollout().filter(|_| !model.view.state.status.is_over())?;
    let known = model.view.state.rollouts.get(&rollout.id);
    let to = next_weight(rollout, known)?;
    let arrow = model.setup.theme.symbols.arrow;
    let from = known.and_then(|known| known.desired).unwrap_or(Weight::ZERO);
    let verb = if width < NARROW { "" } else { "promote " };
    Some((Meaning::Bar, format!("{verb}{}{arrow}{}", from.value(), to.value())))
}

/// What a rollback would do: where to, and whether that is ready.
pub fn roll_back_hint(model: &Model, width: u16) -> Option<(Meaning, String)> {
    let rollout = model.rollout()?;
    let arrow = model.setup.theme.symbols.arrow;
    let known = model.view.state.rollouts.get(&rollout.id);
    let (verb, ready_word) = if width < NARROW { ("", "") } else { ("roll back ", "ready ") };
    if model.view.state.status == Status::RolledBack
        || known.is_some_and(|known| known.phase == RolloutPhase::RolledBack)
    {
        return Some((Meaning::Muted, "rolled back".to_owned()));
    }
    if let Some(seen) = model.view.seen.readiness.get(&rollout.id) {
        let count = format!("{}/{}", seen.ready, seen.of);
        let symbols = &model.setup.theme.symbols;
        let narrow = width < NARROW;
        return Some(match way(seen) {
            Way::Ready => (Meaning::Good, format!("{verb}{arrow} {} {ready_word}{count}", seen.version)),
            Way::Unknown(_) if narrow => {
                (Meaning::Unknown, format!("{arrow} {} {}{count}", seen.version, symbols.unknown))
            }
            Way::Unknown(why) => {
                let why = Untrusted::new(why).cell(40);
                (Meaning::Unknown, format!("{verb}{arrow} {} not known to be ready: {why}", seen.version))
            }
            Way::Red(_) if narrow => {
                (Meaning::Bad, format!("{arrow} {} {}{count}", seen.version, symbols.failed))
            }
            Way::Red(why) => {
                let why = Untrusted::new(why).cell(usize::from(width / 3));
                (Meaning::Bad, format!("{verb}{arrow} {} NOT READY: {why}", seen.version))
            }
        });
    }
    match ready(&model.view, &rollout.id) {
        Some((version, healthy, wanted)) => {
            let meaning = if healthy >= wanted && wanted > 0 { Meaning::Good } else { Meaning::Warn };
            Some((meaning, format!("{verb}{arrow} {version} {ready_word}{healthy}/{wanted}")))
        }
        None if model.view.state.first_release => {
            Some((Meaning::Warn, format!("{verb}{arrow} no traffic, workload to 0")))
        }
        None => Some((Meaning::Unknown, format!("{verb}{arrow} not captured before T-0"))),
    }
}
