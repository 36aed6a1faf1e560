//! The pane of stages and items.

use ratatui::layout::Rect;

use crate::base::Timestamp;
use crate::plan::Bound;
use crate::release::{Tick, clock};
use crate::tui::model::{ItemLine, Model, Row, StageSum, item_line, without_owner};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, Piece, cells, piece, window};

use super::header::short_name;

/// What stands behind the heading: the filter, or how far the release is.
pub fn title(model: &Model) -> Vec<Piece> {
    let list = &model.lists.stages;
    if !list.filter.is_empty() {
        return vec![piece(Meaning::Accent, format!("  / {}", list.filter))];
    }
    let done: usize = model.index.stages.iter().map(|stage| stage.done).sum();
    let all: usize = model.index.stages.iter().map(|stage| stage.items.len()).sum();
    vec![piece(Meaning::Muted, format!("  {done} of {all} done"))]
}

/// Draws the rows that are on screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
    let list = &model.lists.stages;
    if list.rows.is_empty() {
        let text = if list.filter.is_empty() { "no stages" } else { "nothing found; esc shows all" };
        canvas.put((area.x, area.y), area.width, Meaning::Muted, text);
        return;
    }
    let shown = window(list.rows.len(), list.cursor, area.height);
    let rows = list.rows.get(shown.clone()).unwrap_or_default();
    let columns = Columns::of(model, rows, area.width);
    for (row, (place, what)) in shown.zip(rows).enumerate() {
        let line = Rect { y: area.y + row as u16, height: 1, ..area };
        match what {
            Row::Stage(stage) => stage_row(model, canvas, line, *stage),
            Row::Item(item) => {
                if let Some(item) = item_line(&model.view, *item) {
                    item_row(model, canvas, line, &item, columns);
                }
            }
        }
        if focused && place == list.cursor {
            canvas.lay(line, Meaning::Selected);
        }
    }
}

/// Widths of the columns on the right, from what is on screen; zero leaves a column out.
#[derive(Clone, Copy, Default)]
struct Columns {
    due: u16,
    owner: u16,
}

impl Columns {
    fn of(model: &Model, rows: &[Row], width: u16) -> Self {
        if width < 32 {
            return Self::default();
        }
        let items = rows.iter().filter_map(|row| match row {
            Row::Item(item) => item_line(&model.view, *item),
            Row::Stage(_) => None,
        });
        items.fold(Self::default(), |columns, item| Self {
            due: columns
                .due
                .max(due_text(&item).filter(|_| width >= 40).map_or(0, |text| cells(&text)))
                .min(10),
            owner: columns.owner.max(item.owner.map_or(0, |owner| cells(&short_name(owner)))).min(width / 5),
        })
    }
    fn total(self) -> u16 {
        let gap = |width: u16| if width > 0 { width + 1 } else { 0 };
        gap(self.due) + gap(self.owner)
    }
}

fn due_text(item: &ItemLine<'_>) -> Option<String> {
    item.due.filter(|_| !item.tick.is_settled()).map(|due| due.to_string())
}

fn stage_row(model: &Model, canvas: &mut Canvas<'_>, line: Rect, place: usize) {
    let symbols = &model.setup.theme.symbols;
    let (Some(stage), Some(sum)) = (model.view.plan.stages.get(place), model.index.stages.get(place)) else {
        return;
    };
    let waived = matches!(model.view.state.left.get(&stage.id), Some(Some(_)));
    let current = model.index.current == Some(place);
    let (glyph, meaning, text) = if waived {
        (symbols.doubt, Meaning::Bad, Meaning::Base)
    } else if current {
        (symbols.current, Meaning::Accent, Meaning::Title)
    } else if model.view.state.left.contains_key(&stage.id) || (sum.is_settled() && !sum.items.is_empty()) {
        (symbols.done, Meaning::Good, Meaning::Base)
    } else {
        (symbols.waiting, Meaning::Muted, Meaning::Base)
    };
    let count = count_text(model, sum, waived);
    let room = line.width.saturating_sub(cells(&count) + 4);
    canvas.put((line.x, line.y), 2, meaning, glyph);
    canvas.put((line.x + 2, line.y), room, text, stage.title.raw());
    canvas.put_right((line.x, line.y), line.width, Meaning::Muted, &count);
}

fn count_text(model: &Model, sum: &StageSum, waived: bool) -> String {
    let symbols = &model.setup.theme.symbols;
    let skipped =
        if sum.skipped > 0 { format!("{}{} ", symbols.skipped, sum.skipped) } else { String::new() };
    let waiver = if waived { "waived " } else { "" };
    if sum.items.is_empty() {
        waiver.trim().to_owned()
    } else {
        format!("{waiver}{skipped}{}/{}", sum.done, sum.items.len())
    }
}

/// The box of an item: its meaning and glyph.
pub fn tick_look(model: &Model, item: &ItemLine<'_>) -> (Meaning, &'static str) {
    let symbols = &model.setup.theme.symbols;
    match item.tick {
        Tick::Open => (Meaning::Base, symbols.open),
        Tick::Done(_) => (Meaning::Good, symbols.ticked),
        Tick::Skipped(..) => (Meaning::Muted, symbols.skipped),
        Tick::Reopened(..) => (Meaning::Warn, symbols.reopened),
    }
}

fn item_row(model: &Model, canvas: &mut Canvas<'_>, line: Rect, item: &ItemLine<'_>, columns: Columns) {
    let indent = 2 + u16::from(item.depth.min(4)) * 2;
    let (meaning, glyph) = tick_look(model, item);
    let text = if item.tick.is_settled() { Meaning::Muted } else { Meaning::Base };
    canvas.put((line.x + indent, line.y), 2, meaning, glyph);
    let start = indent + 2;
    let bound = match item.bound {
        Some(Bound::Gate(_)) if !item.tick.is_settled() => " gate",
        Some(Bound::Message(_)) if !item.tick.is_settled() => " message",
        None if item.ticked_in_file && matches!(item.tick, Tick::Open) => " ticked in the file",
        _ => "",
    };
    let free = line.width.saturating_sub(start + columns.total() + 1);
    let bound = if free < 28 { "" } else { bound };
    let room = free.saturating_sub(cells(bound));
    let used = canvas.put((line.x + start, line.y), room, text, without_owner(item.text));
    canvas.put((line.x + start + used, line.y), cells(bound), Meaning::Muted, bound);
    let mut x = line.right() - columns.total().min(line.width);
    if columns.due > 0 {
        if let Some(due) = due_text(item) {
            let meaning = if is_late(model, item, model.now()) { Meaning::Warn } else { Meaning::Muted };
            canvas.put_right((x + 1, line.y), columns.due, meaning, &due);
        }
        x += columns.due + 1;
    }
    if let Some(owner) = item.owner.filter(|_| columns.owner > 0) {
        canvas.put((x + 1, line.y), columns.owner, Meaning::Muted, &short_name(owner));
    }
}

/// True when an open item's time has passed.
pub fn is_late(model: &Model, item: &ItemLine<'_>, now: Timestamp) -> bool {
    let (state, plan) = (&model.view.state, &model.view.plan);
    let zone = model.index.zone.as_ref();
    let at = item.due.zip(clock::t0(state, plan)).zip(zone).and_then(|((due, t0), zone)| due.at(t0, zone));
    !item.tick.is_settled() && at.is_some_and(|at| at < now)
}
