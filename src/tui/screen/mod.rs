//! Drawing. Pure: a model in, cells out; nothing is kept between frames.

mod banner;
mod chart;
mod clock;
mod flags;
mod footer;
mod gate;
mod gates;
mod header;
mod help;
mod item;
mod judge;
mod log;
mod metrics;
mod operations;
mod overview;
mod page;
mod pods;
mod roll_call;
mod rollout;
mod stages;
mod standing;
mod triggers;

pub use judge::{decision_look, ratio_text, share_text, sides_text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::model::{Model, ScreenName};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, cells, piece};

/// The least a screen needs.
const LEAST: (u16, u16) = (36, 8);

/// Draws the cockpit into a buffer of any size.
pub fn draw(model: &Model, buffer: &mut Buffer) {
    let area = buffer.area;
    let mut canvas = Canvas::new(buffer, &model.setup.theme);
    canvas.fill(area, Meaning::Base);
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("needs {}x{}", LEAST.0, LEAST.1);
        canvas.put((area.x, area.y), area.width, Meaning::Warn, &text);
        return;
    }
    let rows = header::header(model, area.width, area.height >= 20);
    let top = rows.len() as u16;
    canvas.fill(Rect { height: top, ..area }, Meaning::Bar);
    for (row, pieces) in rows.iter().enumerate() {
        canvas.line(area, row as u16, pieces);
    }
    let strip = if area.height >= 16 { 2 } else { 1 };
    let asked = banner::rows(model, area.width, if area.height >= 20 { 3 } else { 2 });
    for (row, pieces) in (top..).zip(&asked) {
        canvas.fill(Rect { y: area.y + row, height: 1, ..area }, Meaning::Ask);
        canvas.line(area, row, pieces);
    }
    let top = top + asked.len() as u16;
    let body = Rect { y: area.y + top, height: area.height.saturating_sub(top + strip + 1), ..area };
    screen(model, &mut canvas, body);
    let bottom = Rect { y: body.bottom(), height: 1, ..area };
    if strip == 2 {
        footer::recent(model, &mut canvas, bottom);
    }
    footer::due(model, &mut canvas, Rect { y: area.bottom() - 2, ..bottom });
    footer::keys(model, &mut canvas, Rect { y: area.bottom() - 1, ..bottom });
    toasts(model, &mut canvas, body);
    for overlay in &model.overlays {
        overlay.draw(model, &mut canvas, area);
    }
}

fn screen(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    if model.screen == ScreenName::Overview {
        overview::draw(model, canvas, body);
        return;
    }
    let mut title = vec![piece(Meaning::Title, heading(model.screen))];
    title.extend(match model.screen {
        ScreenName::RollCall => roll_call::title(model),
        ScreenName::Rollout => rollout::title(model),
        ScreenName::Pods => pods::title(model),
        ScreenName::PodLog => pods::log_title(model),
        ScreenName::Metrics => metrics::title(model),
        ScreenName::Chart => chart::title(model),
        _ => Vec::new(),
    });
    let inner = canvas.frame(body, &title, true);
    let area = padded(inner);
    let from = model.lists.page.0;
    match model.screen {
        ScreenName::Overview => {}
        ScreenName::Item => item::page(model, area.width).draw(canvas, area, from),
        ScreenName::Gate => gate::page(model, area.width).draw(canvas, area, from),
        ScreenName::RollCall => roll_call::draw(model, canvas, area, true),
        ScreenName::Rollout => {
            let (top, rest) = split(area, rollout::height(model, area.width));
            rollout::draw(model, canvas, top);
            operations::page(model, rest.width).draw(canvas, rest, from);
        }
        ScreenName::Pods => pods::draw(model, canvas, area),
        ScreenName::PodLog => pods::draw_log(model, canvas, area, from),
        ScreenName::Metrics => metrics::screen(model, canvas, area),
        ScreenName::Chart => chart::draw(model, canvas, area),
        ScreenName::Clock => clock::page(model, area.width).draw(canvas, area, from),
        ScreenName::Log => log::draw(model, canvas, area, from),
        ScreenName::Help => help::page(model, area.width).draw(canvas, area, from),
        ScreenName::Guide => help::guide(area.width.min(100)).draw(canvas, area, from),
    }
}

fn heading(name: ScreenName) -> &'static str {
    match name {
        ScreenName::Overview => "Overview",
        ScreenName::Item => "Item",
        ScreenName::Gate => "Gate",
        ScreenName::RollCall => "Roll-call",
        ScreenName::Rollout => "Rollout",
        ScreenName::Pods => "Pods",
        ScreenName::PodLog => "Log",
        ScreenName::Metrics => "Metrics",
        ScreenName::Chart => "Metric",
        ScreenName::Clock => "Clock",
        ScreenName::Log => "Journal",
        ScreenName::Help => "Keys",
        ScreenName::Guide => "Guide",
    }
}

/// An area without its outermost columns, so that text does not touch the frame.
fn padded(area: Rect) -> Rect {
    Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(2), ..area }
}

/// The first rows of an area, and one row further on the rest.
fn split(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let below = (rows + 1).min(area.height);
    let rest = Rect { y: area.y + below, height: area.height - below, ..area };
    (Rect { height: rows, ..area }, rest)
}

/// The line of the clock that says now.
pub fn now_line(model: &Model) -> usize {
    clock::now_line(model)
}

/// How many lines the screen of a model has to scroll through.
pub fn page_length(model: &Model) -> usize {
    let width = model.size.0.saturating_sub(4);
    match model.screen {
        ScreenName::Item => item::page(model, width).len(),
        ScreenName::Gate => gate::page(model, width).len(),
        ScreenName::Rollout => operations::page(model, width).len(),
        ScreenName::Clock => clock::page(model, width).len(),
        ScreenName::Log => model.log_length(),
        ScreenName::PodLog => model.pod_log.lines.len(),
        ScreenName::Help => help::page(model, width).len(),
        ScreenName::Guide => help::guide(width.min(100)).len(),
        _ => 0,
    }
}

/// Messages in the lower right corner, the newest lowest.
fn toasts(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    let toasts: Vec<_> = model.toasts.iter().collect();
    let most = body.width.saturating_sub(4);
    for (row, toast) in toasts.iter().rev().enumerate() {
        let width = (cells(&toast.text) + 4).min(most);
        let row = row as u16 + 2;
        if row > body.height || width < 8 {
            break;
        }
        let line = Rect::new(body.right() - width - 2, body.bottom() - row, width, 1);
        canvas.fill(line, Meaning::Dialog);
        canvas.put((line.x + 2, line.y), width - 4, toast.meaning, &toast.text);
    }
}
