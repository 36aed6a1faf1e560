//! The pane of gates.

use ratatui::layout::Rect;

use crate::plan::Gate;
use crate::release::{Word, standing};
use crate::tui::model::{Model, gate_look, otherwise_word};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, Piece, age, cells, piece, window};

/// What stands behind the heading: how many stand in the way.
pub fn title(model: &Model) -> Vec<Piece> {
    let now = model.now();
    let gates = &model.view.plan.gates;
    let stuck = gates.iter().filter(|gate| !standing(&model.view.state, gate, now).allows).count();
    match (gates.len(), stuck) {
        (0, _) => Vec::new(),
        (all, 0) => vec![piece(Meaning::Good, format!("  all {all} allow"))],
        (_, stuck) => vec![piece(Meaning::Warn, format!("  {stuck} in the way"))],
    }
}

/// Draws the rows that are on screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
    let gates = &model.view.plan.gates;
    if gates.is_empty() {
        let text = "no gates; tminus init writes them into a plan file";
        canvas.put((area.x, area.y), area.width, Meaning::Muted, text);
        return;
    }
    let shown = window(gates.len(), model.lists.gates.0, area.height);
    let rows = gates.get(shown.clone()).unwrap_or_default();
    let widest = rows.iter().map(|gate| cells(gate.title.raw())).max().unwrap_or(0);
    let title = widest.clamp(8, 8.max(area.width * 2 / 5));
    for (row, (place, gate)) in shown.zip(rows).enumerate() {
        let line = Rect { y: area.y + row as u16, height: 1, ..area };
        gate_row(model, canvas, line, gate, title);
        if focused && place == model.lists.gates.0 {
            canvas.lay(line, Meaning::Selected);
        }
    }
}

fn gate_row(model: &Model, canvas: &mut Canvas<'_>, line: Rect, gate: &Gate, title: u16) {
    let now = model.now();
    let standing = standing(&model.view.state, gate, now);
    let look = gate_look(&standing, &model.setup.theme.symbols);
    let known = model.view.state.gates.get(&gate.id);
    let run = known.and_then(|known| known.newest());
    let waived = known.is_some_and(|known| known.waiver.is_some());
    canvas.put((line.x, line.y), 2, look.meaning, look.glyph);
    canvas.put((line.x + 2, line.y), title, Meaning::Base, gate.title.raw());
    let mut x = line.x + 2 + title + 1;
    canvas.put((x, line.y), 8, look.meaning, look.word);
    x += 9;
    let ago = match run.and_then(|run| run.ended) {
        Some(ended) if standing.word != Word::Running => age(now.as_second() - ended.as_second()),
        _ => String::new(),
    };
    let action = match () {
        () if waived => "waived",
        () if standing.allows && look.meaning == Meaning::Good => "",
        // A gate that warns and says warn says it once.
        () if otherwise_word(&gate.otherwise) == look.word => "",
        () => otherwise_word(&gate.otherwise),
    };
    let right = line.right();
    let tail = 4 + 8;
    if right > x + tail + 6 {
        let room = right - x - tail - 1;
        let text = run.map(|run| run.summary.raw()).unwrap_or_default();
        canvas.put((x, line.y), room, Meaning::Muted, text);
    }
    if right > x + tail {
        let meaning = if waived || !standing.allows { Meaning::Bad } else { Meaning::Muted };
        canvas.put((right - tail, line.y), 7, meaning, action);
    }
    if right > x + 4 {
        canvas.put_right((right - 4, line.y), 4, Meaning::Muted, &ago);
    }
}
