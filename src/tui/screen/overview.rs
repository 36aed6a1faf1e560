//! Everything at once. The screen, from top to bottom:
//!
//! ```text
//! header                          (1 or 2 rows)
//! stages │ rollout                (two columns; three from 160 columns on; one pane alone when small)
//!        │ gates
//!        │ metrics
//!        │ roll-call
//! what happened, what is next     (2 rows, 1 when low)
//! keys
//! ```

use ratatui::layout::Rect;

use crate::tui::model::{Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, piece};

use super::{gates, log, metrics, padded, roll_call, rollout, stages};

/// Draws the panes.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    if body.width < 60 || body.height < 12 {
        pane(model, canvas, body, model.pane);
    } else if body.width < 160 {
        let share = if body.width < 100 { 45 } else { 42 };
        let left = (body.width * share / 100).min(72);
        pane(model, canvas, Rect { width: left, ..body }, Pane::Stages);
        let right = Rect { x: body.x + left, width: body.width - left, ..body };
        column(model, canvas, right, &[Pane::Rollout, Pane::Gates, Pane::Metrics, Pane::RollCall]);
    } else {
        let left = body.width * 34 / 100;
        let middle = body.width * 31 / 100;
        pane(model, canvas, Rect { width: left, ..body }, Pane::Stages);
        let area = Rect { x: body.x + left, width: middle, ..body };
        column(model, canvas, area, &[Pane::Gates, Pane::RollCall]);
        let right = Rect { x: body.x + left + middle, width: body.width - left - middle, ..body };
        column(model, canvas, right, &[Pane::Rollout, Pane::Metrics]);
    }
}

/// Panes one above the other. The one with the keys is never left out; room that is left over under the metrics
/// shows the log.
fn column(model: &Model, canvas: &mut Canvas<'_>, area: Rect, panes: &[Pane]) {
    let wants: Vec<(u16, u16)> =
        panes.iter().map(|pane| wanted(model, *pane, area.width.saturating_sub(4))).collect();
    let first = panes.iter().position(|pane| *pane == model.pane).unwrap_or(0);
    let heights = share(area.height, &wants, first);
    let mut y = area.y;
    let used: u16 = heights.iter().sum();
    let spare = area.height - used.min(area.height);
    let last = heights.iter().rposition(|height| *height > 0).unwrap_or(0);
    for (place, (name, height)) in panes.iter().zip(&heights).enumerate() {
        let height = if place == last && (spare < 5 || !panes.contains(&Pane::Metrics)) {
            height + spare
        } else {
            *height
        };
        if height > 0 {
            pane(model, canvas, Rect { y, height, ..area }, *name);
            y += height;
        }
    }
    if spare >= 5 && panes.contains(&Pane::Metrics) {
        let rest = Rect { y, height: area.bottom() - y, ..area };
        let inner = padded(canvas.frame(rest, &[piece(Meaning::Muted, "Log")], false));
        log::newest(model, canvas, inner);
    }
}

/// The least a pane is drawn with, and what it would like.
fn wanted(model: &Model, pane: Pane, width: u16) -> (u16, u16) {
    let plan = &model.view.plan;
    let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX).clamp(1, 24) + 2;
    match pane {
        Pane::Stages => (4, u16::MAX),
        Pane::Gates => (4, rows(plan.gates.len())),
        Pane::Rollout => (8, rollout::height(model, width) + 2),
        Pane::Metrics => (4, rows(plan.metrics.len())),
        Pane::RollCall => (4, rows(plan.approvers().len())),
    }
}

/// Shares a height: the least to each in turn, the preferred one first; then what each would like.
fn share(height: u16, wants: &[(u16, u16)], preferred: usize) -> Vec<u16> {
    let mut heights = vec![0; wants.len()];
    let mut left = height;
    let order: Vec<usize> =
        std::iter::once(preferred).chain((0..wants.len()).filter(|place| *place != preferred)).collect();
    for place in &order {
        if let (Some(height), Some((least, _))) = (heights.get_mut(*place), wants.get(*place))
            && *least <= left
        {
            *height = *least;
            left -= least;
        }
    }
    for (height, (_, most)) in heights.iter_mut().zip(wants).filter(|(height, _)| **height > 0) {
        let more = most.saturating_sub(*height).min(left);
        *height += more;
        left -= more;
    }
    heights
}

fn pane(model: &Model, canvas: &mut Canvas<'_>, area: Rect, name: Pane) {
    let focused = model.pane == name;
    let mut title = vec![
        piece(Meaning::Key, format!("{} ", name.number())),
        piece(if focused { Meaning::Title } else { Meaning::Muted }, name.title()),
    ];
    title.extend(match name {
        Pane::Stages => stages::title(model),
        Pane::Gates => gates::title(model),
        Pane::Rollout => rollout::title(model),
        Pane::Metrics => metrics::title(model),
        Pane::RollCall => roll_call::title(model),
    });
    let inner = padded(canvas.frame(area, &title, focused));
    match name {
        Pane::Stages => stages::draw(model, canvas, inner, focused),
        Pane::Gates => gates::draw(model, canvas, inner, focused),
        Pane::Rollout => rollout::draw(model, canvas, inner),
        Pane::Metrics => metrics::pane(model, canvas, inner, focused),
        Pane::RollCall => roll_call::draw(model, canvas, inner, focused),
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn the_preferred_pane_is_never_left_out_and_nothing_overflows() {
        let wants = [(8, 12), (4, 9), (4, 6), (4, 8)];
        assert_eq!(share(36, &wants, 0), [12, 9, 6, 8]);
        assert_eq!(share(20, &wants, 3), [8, 4, 4, 4]);
        assert_eq!(share(12, &wants, 3), [8, 0, 0, 4]);
        for height in 0..60 {
            assert!(share(height, &wants, 2).iter().sum::<u16>() <= height);
        }
    }
}
