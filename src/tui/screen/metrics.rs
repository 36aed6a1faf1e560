//! The pane of metrics.

use ratatui::layout::Rect;

use crate::plan::Metric;
use crate::tui::model::{Model, verdict_look};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, Piece, cells, limits, piece, rule_text, sparkline, value_text, window};

/// What stands behind the heading: how many are not as wanted.
pub fn title(model: &Model) -> Vec<Piece> {
    let series = model.view.plan.metrics.iter().map(|metric| model.view.seen.metrics.get(&metric.id));
    let off = series.filter(|series| !series.is_some_and(|series| series.verdict.is_pass())).count();
    match (model.view.plan.metrics.len(), off) {
        (0, _) => Vec::new(),
        (all, 0) => vec![piece(Meaning::Good, format!("  all {all} as wanted"))],
        (all, off) => vec![piece(Meaning::Warn, format!("  {off} of {all} not as wanted"))],
    }
}

/// Draws the rows that are on screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
    let metrics = &model.view.plan.metrics;
    if metrics.is_empty() {
        let text = "no metrics; tminus init writes them into a plan file";
        canvas.put((area.x, area.y), area.width, Meaning::Muted, text);
        return;
    }
    let shown = window(metrics.len(), model.lists.metrics.0, area.height);
    let rows = metrics.get(shown.clone()).unwrap_or_default();
    let widest = rows.iter().map(|metric| cells(metric.title.raw())).max().unwrap_or(0);
    let title = widest.clamp(6, 6.max(area.width * 3 / 10));
    for (row, (place, metric)) in shown.zip(rows).enumerate() {
        let line = Rect { y: area.y + row as u16, height: 1, ..area };
        metric_row(model, canvas, line, metric, title);
        if focused && place == model.lists.metrics.0 {
            canvas.lay(line, Meaning::Selected);
        }
    }
}

const VALUE: u16 = 9;
const LIMIT: u16 = 11;

fn metric_row(model: &Model, canvas: &mut Canvas<'_>, line: Rect, metric: &Metric, title: u16) {
    let symbols = &model.setup.theme.symbols;
    let series = model.view.seen.metrics.get(&metric.id);
    let verdict = series.map_or(crate::analysis::Verdict::NoData, |series| series.verdict);
    let look = verdict_look(verdict, symbols);
    canvas.put((line.x, line.y), 2, look.meaning, look.glyph);
    canvas.put((line.x + 2, line.y), title, Meaning::Base, metric.title.raw());
    let mut x = line.x + 2 + title + 1;
    let newest = series.and_then(|series| series.samples.last()).and_then(|(_, value)| *value);
    match newest.filter(|_| verdict.is_known()) {
        Some(value) => canvas.put_right((x, line.y), VALUE, look.meaning, &value_text(metric, value)),
        None => canvas.put_right((x, line.y), VALUE, look.meaning, look.word),
    }
    x += VALUE + 2;
    let rule = metric.target.as_ref().or(metric.alert.as_ref());
    if let Some(rule) = rule.filter(|_| x + LIMIT <= line.right()) {
        canvas.put((x, line.y), LIMIT, Meaning::Muted, &rule_text(rule, symbols));
    }
    x += LIMIT + 1;
    let word = if verdict.is_pass() { "" } else { look.word };
    let tail = if newest.is_some() && verdict.is_known() && !word.is_empty() { cells(word) + 1 } else { 0 };
    if line.right() > x + tail + 3 {
        let width = line.right() - x - tail;
        let samples = series.map(|series| series.samples.as_slice()).unwrap_or_default();
        let drawn = sparkline(samples, limits(metric), width, symbols);
        canvas.line(Rect { x, width, ..line }, 0, &drawn);
    }
    if tail > 0 && line.right() > x + tail {
        canvas.put_right((line.x, line.y), line.width, look.meaning, word);
    }
}
