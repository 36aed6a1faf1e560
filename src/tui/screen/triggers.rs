//! Triggers: how each stands, how far it is to firing, and what it would do.

use ratatui::layout::Rect;

use crate::plan::{Arming, Trigger};
use crate::release::Choice;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::{Model, arming, asks, mode, trigger_look, trigger_words};
use crate::tui::theme::{Meaning, Symbols};
use crate::tui::widget::{Canvas, Piece, cells, piece, progress, window};

/// A bar of so many cells, when there is room; the shorter one below a hundred cells.
const BAR: (u16, u16) = (12, 8);

/// The rows of some triggers, some of two lines; a window of them, with the selected one marked.
pub fn draw(
    model: &Model,
    canvas: &mut Canvas<'_>,
    area: Rect,
    triggers: &[&Trigger],
    selected: Option<usize>,
) {
    let shown = window(triggers.len(), selected.unwrap_or(0), area.height);
    let rows = triggers.get(shown.clone()).unwrap_or_default();
    let columns = Columns::of(model, rows, area.width);
    let mut y = area.y;
    for (place, trigger) in shown.zip(rows) {
        if y >= area.bottom() {
            break;
        }
        let line = Rect { y, height: 1, ..area };
        canvas.line(line, 0, &row(model, trigger, columns));
        if selected == Some(place) {
            canvas.lay(line, Meaning::Selected);
        }
        y += 1;
        if let Some(note) = contested(model, trigger).filter(|_| y < area.bottom()) {
            canvas.line(Rect { y, height: 1, ..area }, 0, &[piece(Meaning::Warn, format!("    {note}"))]);
            y += 1;
        }
    }
}

/// How many rows some triggers take.
pub fn height(model: &Model, triggers: &[&Trigger]) -> u16 {
    let rows =
        triggers.iter().map(|trigger| 1 + usize::from(contested(model, trigger).is_some())).sum::<usize>();
    u16::try_from(rows).unwrap_or(u16::MAX)
}

/// The rows of all triggers as lines of a page.
pub fn lines(model: &Model, width: u16) -> Vec<Vec<Piece>> {
    let all: Vec<&Trigger> = model.view.plan.triggers.iter().collect();
    let columns = Columns::of(model, &all, width);
    let mut lines = Vec::new();
    for trigger in all {
        let mut line = vec![piece(Meaning::Base, "  ")];
        line.extend(row(model, trigger, columns));
        lines.push(line);
        lines.extend(
            contested(model, trigger).map(|note| vec![piece(Meaning::Warn, format!("      {note}"))]),
        );
    }
    lines
}

/// Both lines of the playbook and how to choose, or what was chosen, for a trigger that it says both of.
fn contested(model: &Model, trigger: &Trigger) -> Option<String> {
    let Arming::Contested { lines: (one, other) } = trigger.arming else { return None };
    let lines = format!("lines {one} and {other} of the playbook differ");
    Some(match model.view.state.choices.get(&trigger.id) {
        Some(Choice::Automatic) => format!("{lines}: chosen is that it acts by itself"),
        Some(Choice::Request) => format!("{lines}: chosen is that it asks"),
        None => {
            let binding = model.setup.keymap.binding_of(&[Context::Metrics], Action::Choose);
            let key = binding.map(|binding| format!("{} chooses: ", binding.first_key())).unwrap_or_default();
            format!("{key}{lines}; until then it asks")
        }
    })
}

/// The widths of the columns; zero leaves a column out.
#[derive(Clone, Copy, Default)]
struct Columns {
    name: u16,
    words: u16,
    bar: u16,
    mode: u16,
    actions: u16,
}

impl Columns {
    fn of(model: &Model, rows: &[&Trigger], width: u16) -> Self {
        let symbols = &model.setup.theme.symbols;
        let widest = |text: &dyn Fn(&Trigger) -> u16| rows.iter().map(|row| text(row)).max().unwrap_or(0);
        let name = widest(&|row| cells(&name(row))).clamp(6, 6.max(width * 2 / 5));
        let words = widest(&|row| cells(&trigger_words(&model.view, row, symbols)));
        let mut left = width.saturating_sub(2 + name + 1);
        let words = words.min((width * 2 / 5).max(26)).min(left);
        left -= words;
        let mut take = |wanted: u16| {
            let fits = wanted > 0 && left >= wanted + 2;
            left -= if fits { wanted + 2 } else { 0 };
            if fits { wanted } else { 0 }
        };
        let bar = take(if width >= 100 { BAR.0 } else { BAR.1 });
        let mode = take(widest(&|row| cells(&mode_text(model, row))));
        let actions = take(widest(&|row| cells(&actions_text(row))).min(32));
        Self { name, words, bar, mode, actions }
    }
}

fn name(trigger: &Trigger) -> String {
    format!("{} {}", trigger.severity, trigger.id)
}

fn mode_text(model: &Model, trigger: &Trigger) -> String {
    let asks = if asks(&model.view, trigger) { ", asks" } else { "" };
    format!("{}{asks}", mode(trigger))
}

fn actions_text(trigger: &Trigger) -> String {
    trigger.actions.iter().map(|action| action.as_str()).collect::<Vec<_>>().join(", ")
}

/// How long a rule has held of the time it needs, in the look of its trigger: a full bar is not good news here.
pub fn held_bar(
    (elapsed, needed): (i64, i64),
    width: u16,
    meaning: Meaning,
    symbols: &Symbols,
) -> Vec<Piece> {
    let mut bar = progress(elapsed, needed, width, symbols);
    bar.iter_mut().filter(|part| part.0 != Meaning::Border).for_each(|part| part.0 = meaning);
    bar
}

fn row(model: &Model, trigger: &Trigger, columns: Columns) -> Vec<Piece> {
    let symbols = &model.setup.theme.symbols;
    let look = trigger_look(&model.view, trigger, symbols);
    let text = |meaning: Meaning, text: &str, width: u16| {
        let fitted = crate::tui::widget::fit(text, usize::from(width), symbols.cut).into_owned();
        let space = " ".repeat(usize::from(width.saturating_sub(cells(&fitted))));
        piece(meaning, format!("{fitted}{space}"))
    };
    let mut pieces = vec![
        piece(look.meaning, format!("{} ", look.glyph)),
        text(Meaning::Base, &crate::tui::widget::safe(&name(trigger)), columns.name + 1),
        text(look.meaning, &trigger_words(&model.view, trigger, symbols), columns.words),
    ];
    let gap = || piece(Meaning::Base, "  ");
    if columns.bar > 0 {
        pieces.push(gap());
        match arming(&model.view, trigger) {
            Some((elapsed, needed)) => {
                let bar = held_bar((elapsed, needed), columns.bar, look.meaning, symbols);
                pieces.extend(bar);
            }
            None => pieces.push(text(Meaning::Base, "", columns.bar)),
        }
    }
    if columns.mode > 0 {
        pieces.push(gap());
        pieces.push(text(Meaning::Muted, &mode_text(model, trigger), columns.mode));
    }
    if columns.actions > 0 {
        pieces.push(gap());
        pieces.push(text(Meaning::Muted, &actions_text(trigger), columns.actions));
    }
    pieces
}
