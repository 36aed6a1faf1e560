//! The roll-call: who said what.

use ratatui::layout::Rect;

use crate::plan::Role;
use crate::release::{Answer, ApprovalState, Mark};
use crate::tui::model::{Model, Poll};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, Piece, cells, piece, wall, window};

use super::header::short_name;

/// What stands behind the heading: how far the poll is.
pub fn title(model: &Model) -> Vec<Piece> {
    let poll = Poll::of(&model.view);
    match poll.total() {
        0 => Vec::new(),
        total if poll.go == total => vec![piece(Meaning::Good, format!("  all {total} go"))],
        total => vec![piece(Meaning::Muted, format!("  {} of {total} go", poll.go))],
    }
}

/// Draws the rows that are on screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
    let roles = model.view.plan.approvers();
    if roles.is_empty() {
        let text = "no role has to approve this kind of release";
        canvas.put((area.x, area.y), area.width, Meaning::Muted, text);
        return;
    }
    let shown = window(roles.len(), model.lists.roles.0, area.height);
    let rows = roles.get(shown.clone()).unwrap_or_default();
    let widest = rows.iter().map(|role| cells(role.title.raw())).max().unwrap_or(0);
    let title = widest.clamp(8, 8.max(area.width * 2 / 5));
    for (row, (place, role)) in shown.zip(rows).enumerate() {
        let line = Rect { y: area.y + row as u16, height: 1, ..area };
        role_row(model, canvas, line, role, title);
        if focused && place == model.lists.roles.0 {
            canvas.lay(line, Meaning::Selected);
        }
    }
}

/// How a role's answer looks: meaning, glyph, word.
pub fn answer_look(model: &Model, known: Option<&ApprovalState>) -> (Meaning, &'static str, &'static str) {
    let symbols = &model.setup.theme.symbols;
    match known.map(|known| (known.answer, known.void.is_some(), known.requested.is_some())) {
        Some((Some(Answer::Go), ..)) => (Meaning::Good, symbols.done, "go"),
        Some((Some(Answer::NoGo), ..)) => (Meaning::Bad, symbols.failed, "no-go"),
        Some((Some(Answer::Absent), ..)) => (Meaning::Warn, symbols.skipped, "absent"),
        Some((None, true, _)) => (Meaning::Warn, symbols.doubt, "void"),
        Some((None, false, true)) => (Meaning::Accent, symbols.running, "asked"),
        _ => (Meaning::Muted, symbols.waiting, "waiting"),
    }
}

/// Who answered, or who wrote down what somebody else said.
fn recorded_by(role: &Role, known: Option<&ApprovalState>, mark: &Mark) -> String {
    let said = matches!(known.and_then(|known| known.answer), Some(Answer::Go | Answer::NoGo));
    let name = short_name(mark.by.name());
    if said && !role.has(mark.by.name()) { format!("spoken, recorded by {name}") } else { name }
}

fn role_row(model: &Model, canvas: &mut Canvas<'_>, line: Rect, role: &Role, title: u16) {
    let known = model.view.state.approvals.get(&role.id);
    let (meaning, glyph, word) = answer_look(model, known);
    canvas.put((line.x, line.y), 2, meaning, glyph);
    canvas.put((line.x + 2, line.y), title, Meaning::Base, role.title.raw());
    let mut x = line.x + 2 + title + 1;
    canvas.put((x, line.y), 8, meaning, word);
    x += 8;
    let zone = model.index.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    let counts = known.is_some_and(|known| known.answer.is_some());
    let (who, assurance, when) = match known.and_then(|known| known.mark.as_ref()).filter(|_| counts) {
        Some(mark) => (
            recorded_by(role, known, mark),
            format!("{:?}", mark.assurance),
            wall(mark.at, &zone).chars().take(5).collect(),
        ),
        None => {
            let people: Vec<String> = role.people.iter().map(|name| short_name(name)).collect();
            let who = if people.is_empty() { "anybody".to_owned() } else { people.join(", ") };
            (who, String::new(), String::new())
        }
    };
    let right = line.right();
    if right <= x + 4 {
        return;
    }
    let tail: u16 = if counts && right > x + 20 { 9 } else { 0 };
    let room = right - x - tail;
    let mut text = who;
    if let Some(known) = known {
        let why = known.void.as_ref().unwrap_or(&known.reason);
        if !why.is_empty() {
            text = format!("{text}  {}", why.line());
        }
    }
    canvas.put((x, line.y), room.saturating_sub(1), Meaning::Muted, &text);
    if tail > 0 {
        canvas.put((right - 8, line.y), 2, Meaning::Muted, &assurance);
        canvas.put_right((right - 5, line.y), 5, Meaning::Muted, &when);
    }
}
