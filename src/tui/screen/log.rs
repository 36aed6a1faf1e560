//! The journal, newest first.

use ratatui::layout::Rect;

use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, piece, wall};

use super::header::short_name;

/// The newest lines that fit, newest first.
pub fn newest(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    draw(model, canvas, area, 0);
}

/// Lines from so many before the newest on.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, from: usize) {
    let zone = model.index.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    let count = model.log_length();
    if count == 0 {
        canvas.put((area.x, area.y), area.width, Meaning::Muted, "nothing has happened yet");
    }
    let from = from.min(count.saturating_sub(usize::from(area.height)));
    for (row, line) in model.log().skip(from).take(usize::from(area.height)).enumerate() {
        let version = if area.width >= 70 { format!("{:>6} ", line.version) } else { String::new() };
        let by = if area.width >= 50 { format!("{:<10.10} ", short_name(&line.by)) } else { String::new() };
        let pieces = [
            piece(Meaning::Border, version),
            piece(Meaning::Muted, format!("{} ", wall(line.at, &zone))),
            piece(Meaning::Accent, by),
            piece(Meaning::Base, line.text.clone()),
        ];
        canvas.line(area, row as u16, &pieces);
    }
}
