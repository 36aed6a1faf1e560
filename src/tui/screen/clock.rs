//! The clock: everything with a time, items and rows of the monitoring plan, in order, with now among them.

use crate::base::Timestamp;
use crate::release::clock;
use crate::tui::model::{Due, Model, item_line, without_owner};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Piece, cells, day_and_time, fit, piece, safe, t_clock, until};

use super::header::short_name;
use super::page::Page;
use super::stages::tick_look;

/// The lines, earliest first.
pub fn page(model: &Model, width: u16) -> Page {
    let mut page = Page::new(width);
    let Some(t0) = clock::t0(&model.view.state, &model.view.plan) else {
        page.text(Meaning::Muted, 0, "no T-0 is set; tminus release t0 sets it");
        return page;
    };
    let now = model.now();
    let mut told = false;
    for (at, due) in &model.index.due {
        if !told && *at >= now {
            page.line(marker(model, now, t0, width));
            told = true;
        }
        page.line(row(model, (*at, *due), (t0, now), width));
    }
    if !told {
        page.line(marker(model, now, t0, width));
    }
    if model.index.due.is_empty() {
        page.text(
            Meaning::Muted,
            0,
            "nothing has a time: t on an item gives it one, a checkpoint of the plan has its own",
        );
    }
    page
}

/// The place of the line that says now.
pub fn now_line(model: &Model) -> usize {
    let now = model.now();
    model.index.due.partition_point(|(at, _)| *at < now)
}

fn marker(model: &Model, now: Timestamp, t0: Timestamp, width: u16) -> Vec<Piece> {
    let symbols = &model.setup.theme.symbols;
    let text = format!("{} now {} ", symbols.current, t_clock(now.as_second() - t0.as_second()));
    let rest = width.saturating_sub(cells(&text)).min(60);
    vec![
        piece(Meaning::Accent, text),
        piece(Meaning::Border, symbols.frame.horizontal_top.repeat(usize::from(rest))),
    ]
}

fn row(
    model: &Model,
    (at, due): (Timestamp, Due),
    (t0, now): (Timestamp, Timestamp),
    width: u16,
) -> Vec<Piece> {
    let symbols = &model.setup.theme.symbols;
    let zone = model.index.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    let left = at.as_second() - now.as_second();
    let ((meaning, glyph), text, owner, late) = match due {
        Due::Item(place) => match item_line(&model.view, place) {
            Some(line) => (tick_look(model, &line), without_owner(line.text), line.owner, left < 0),
            None => ((Meaning::Muted, symbols.waiting), "", None, false),
        },
        Due::Checkpoint(place) => match model.view.plan.checkpoints.get(place) {
            // A checkpoint has no tick: it is over when its time is.
            Some(row) => {
                ((Meaning::Muted, symbols.dot), without_owner(row.text.raw()), row.owner.as_deref(), false)
            }
            None => ((Meaning::Muted, symbols.waiting), "", None, false),
        },
    };
    let kind = if matches!(due, Due::Checkpoint(_)) { "look  " } else { "item  " };
    let when = if late || left >= 0 { until(left) } else { "was".to_owned() };
    let owner = owner.map(|owner| format!("  {}", short_name(owner))).unwrap_or_default();
    let mut pieces =
        vec![piece(Meaning::Accent, format!("{:<11} ", t_clock(at.as_second() - t0.as_second())))];
    if width >= 76 {
        pieces.push(piece(Meaning::Muted, format!("{}  ", day_and_time(at, &zone))));
    }
    pieces.push(piece(if late { Meaning::Warn } else { Meaning::Muted }, format!("{when:<10} ")));
    pieces.push(piece(meaning, format!("{glyph} ")));
    if width >= 60 {
        pieces.push(piece(Meaning::Muted, kind));
    }
    let used: u16 = pieces.iter().map(|Piece(_, text)| cells(text)).sum();
    let room = width.saturating_sub(used + cells(&owner));
    pieces.push(piece(Meaning::Base, fit(&safe(text), usize::from(room), symbols.cut)));
    pieces.push(piece(Meaning::Muted, owner));
    pieces
}
