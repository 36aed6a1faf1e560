//! Metrics: one line each, in the pane and on the screen of their own.

use ratatui::layout::Rect;

use crate::plan::rule::Rule;
use crate::plan::{Metric, Trigger};
use crate::tui::model::{Model, advice, metric_look, newest, quality_word};
use crate::tui::theme::{Meaning, Symbols};
use crate::tui::widget::{Canvas, Piece, cells, limits, piece, rule_text, sparkline, window};

use super::{chart, triggers};

/// A chart of fewer rows, with its heading, says less than the sparkline.
const PLOT: u16 = 8;
/// Below this many rows the columns have no names.
const HEADED: u16 = 12;

/// What stands behind the heading: how many are not as wanted, and how many say nothing.
pub fn title(model: &Model) -> Vec<Piece> {
    let metrics = &model.view.plan.metrics;
    let verdict = |metric: &Metric| model.view.seen.metrics.get(&metric.id).map(|series| series.verdict);
    let silent = metrics.iter().filter(|it| !verdict(it).is_some_and(|it| it.is_known())).count();
    let good = metrics.iter().filter(|it| verdict(it).is_some_and(|it| it.is_pass())).count();
    match (metrics.len(), metrics.len() - good - silent, silent) {
        (0, ..) => Vec::new(),
        (all, 0, 0) => vec![piece(Meaning::Good, format!("  all {all} as wanted"))],
        (all, 0, silent) => vec![piece(Meaning::Muted, format!("  {silent} of {all} silent"))],
        (all, off, 0) => vec![piece(Meaning::Warn, format!("  {off} of {all} not as wanted"))],
        (all, off, silent) => {
            vec![piece(Meaning::Warn, format!("  {off} of {all} not as wanted, {silent} silent"))]
        }
    }
}

/// Draws the rows that are on screen.
pub fn pane(model: &Model, canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
    draw(model, canvas, area, focused);
}

fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, focused: bool) -> Columns {
    let metrics = &model.view.plan.metrics;
    if metrics.is_empty() {
        let text = "no metrics; tminus init writes them into a plan file";
        canvas.put((area.x, area.y), area.width, Meaning::Muted, text);
        return Columns::default();
    }
    let shown = window(metrics.len(), model.lists.metrics.0, area.height);
    let rows = metrics.get(shown.clone()).unwrap_or_default();
    let lines: Vec<Line<'_>> = rows.iter().map(|metric| Line::of(model, metric)).collect();
    let columns = Columns::of(&lines, area.width);
    for (row, (place, line)) in shown.zip(&lines).enumerate() {
        let at = Rect { y: area.y + row as u16, height: 1, ..area };
        line.draw(model, canvas, at, columns);
        if focused && place == model.lists.metrics.0 {
            canvas.lay(at, Meaning::Selected);
        }
    }
    columns
}

/// The screen: metrics, triggers, and the selected metric's chart when there is room.
pub fn screen(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let plan = &model.view.plan;
    let all: Vec<&Trigger> = plan.triggers.iter().collect();
    let (top, below) = heights(area.height, wanted(model, area.height), triggers::height(model, &all));
    let (head, rest) =
        (Rect { height: top, ..area }, Rect { y: area.y + top, height: area.height - top, ..area });
    table(model, canvas, head);
    let selected = model.trigger().and_then(|one| all.iter().position(|other| other.id == one.id));
    if below > 0 && rest.height > 1 {
        canvas.line(rest, 0, &[piece(Meaning::Title, "Triggers")]);
        let list = Rect { y: rest.y + 1, height: below.min(rest.height) - 1, ..rest };
        triggers::draw(model, canvas, list, &all, selected);
    }
    let plot = Rect { y: rest.y + below.min(rest.height), height: rest.height.saturating_sub(below), ..rest };
    if let Some((_, metric)) = model.metric().filter(|_| plot.height >= PLOT) {
        let mut head = vec![piece(Meaning::Title, metric.title.line())];
        if let Some(advice) = advice(&model.view, metric, model.now()) {
            head.push(piece(Meaning::Warn, format!("  {advice}")));
        }
        canvas.line(plot, 0, &head);
        let plot = Rect { y: plot.y + 1, height: plot.height - 1, ..plot };
        chart::plot(model, canvas, plot, metric);
    }
}

/// How many rows all metrics would like.
fn wanted(model: &Model, height: u16) -> u16 {
    let count = u16::try_from(model.view.plan.metrics.len()).unwrap_or(u16::MAX).max(1);
    count.saturating_add(u16::from(height >= HEADED))
}

/// The rows of metrics and of triggers with their heading. A chart comes below when it has room: then long lists
/// give way to it, and else it to them.
fn heights(height: u16, metrics: u16, triggers: u16) -> (u16, u16) {
    let triggers = if triggers == 0 { 0 } else { triggers.saturating_add(1) };
    let below = triggers.min((height / 4).max(3));
    let room = height.saturating_sub(below + PLOT);
    if room >= metrics.min(4) {
        return (metrics.min(room.max(height / 3)).min(room), below);
    }
    let below = triggers.min((height / 2).max(height.saturating_sub(metrics)));
    (height.saturating_sub(below), below)
}

/// The rows under what their columns are, when there is room for that.
fn table(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let named = u16::from(area.height > model.view.plan.metrics.len().min(4) as u16 && area.height > 3);
    let list = Rect { y: area.y + named, height: area.height - named.min(area.height), ..area };
    let columns = draw(model, canvas, list, true);
    if named == 0 {
        return;
    }
    let mut x = area.x + 2 + columns.word + u16::from(columns.word > 0) + columns.title + 1;
    canvas.put_right((x, area.y), columns.value, Meaning::Muted, "now");
    x += columns.value + 2;
    for (width, name) in [(columns.target, "target"), (columns.alert, "alert")] {
        if width > 0 {
            canvas.put((x, area.y), width, Meaning::Muted, name);
            x += width + 2;
        }
    }
}

/// A limit with the time it must hold, in few cells.
pub fn limit_text(rule: &Rule, symbols: &Symbols) -> String {
    match rule.lasting {
        Some(lasting) => format!("{} for {lasting}", rule_text(rule, symbols)),
        None => rule_text(rule, symbols),
    }
}

/// What a row says.
struct Line<'a> {
    metric: &'a Metric,
    meaning: Meaning,
    glyph: &'static str,
    word: &'static str,
    value: String,
    target: String,
    alert: String,
    quality: &'static str,
}

impl<'a> Line<'a> {
    fn of(model: &Model, metric: &'a Metric) -> Self {
        let symbols = &model.setup.theme.symbols;
        let series = model.view.seen.metrics.get(&metric.id);
        let look = metric_look(series, symbols);
        let known = series.filter(|series| series.verdict.is_known());
        let text =
            |rule: &Option<Rule>| rule.as_ref().map(|rule| limit_text(rule, symbols)).unwrap_or_default();
        Self {
            metric,
            meaning: look.meaning,
            glyph: look.glyph,
            word: look.word,
            value: newest(series).map_or_else(|| "-".to_owned(), |value| metric.written(value)),
            target: text(&metric.target),
            alert: text(&metric.alert),
            quality: known.and_then(|series| quality_word(series.quality)).unwrap_or_default(),
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, line: Rect, columns: Columns) {
        let symbols = &model.setup.theme.symbols;
        canvas.put((line.x, line.y), 2, self.meaning, self.glyph);
        let mut x = line.x + 2;
        if columns.word > 0 {
            canvas.put((x, line.y), columns.word, self.meaning, self.word);
            x += columns.word + 1;
        }
        canvas.put((x, line.y), columns.title, Meaning::Base, self.metric.title.raw());
        x += columns.title + 1;
        canvas.put_right((x, line.y), columns.value, self.meaning, &self.value);
        x += columns.value + 2;
        for (width, text) in [(columns.target, &self.target), (columns.alert, &self.alert)] {
            if width > 0 {
                canvas.put((x, line.y), width, Meaning::Muted, text);
                x += width + 2;
            }
        }
        let tail = if columns.quality > 0 { columns.quality + 1 } else { 0 };
        let series = model.view.seen.metrics.get(&self.metric.id);
        if columns.spark > 0 {
            let samples = series.map(|series| series.samples.as_slice()).unwrap_or_default();
            let drawn = sparkline(samples, limits(self.metric), columns.spark, symbols);
            canvas.line(Rect { x, width: columns.spark, ..line }, 0, &drawn);
        }
        if tail > 0 {
            canvas.put_right((line.x, line.y), line.width, Meaning::Unknown, self.quality);
        }
    }
}

/// The widths of the columns, from what is on screen; zero leaves a column out.
#[derive(Clone, Copy, Default)]
struct Columns {
    word: u16,
    title: u16,
    value: u16,
    target: u16,
    alert: u16,
    quality: u16,
    spark: u16,
}

/// A sparkline of fewer cells says nothing.
const SPARK: u16 = 8;

impl Columns {
    fn of(lines: &[Line<'_>], width: u16) -> Self {
        let widest = |text: &dyn Fn(&Line<'_>) -> u16| lines.iter().map(text).max().unwrap_or(0);
        let title = widest(&|line| cells(line.metric.title.raw()));
        let mut this = Self {
            title: title.clamp(6, 6.max(width * 3 / 10)),
            value: widest(&|line| cells(&line.value)).min(12),
            ..Self::default()
        };
        let mut left = width.saturating_sub(2 + this.title + 1 + this.value + 2);
        let mut take = |wanted: u16, gap: u16, keep: u16| {
            let fits = wanted > 0 && left >= wanted + gap + keep;
            left -= if fits { wanted + gap } else { 0 };
            if fits { wanted } else { 0 }
        };
        this.word = take(widest(&|line| cells(line.word)), 1, 0);
        this.quality = take(widest(&|line| cells(line.quality)), 1, 0);
        this.target = take(widest(&|line| cells(&line.target)).min(16), 2, 0);
        this.alert = take(widest(&|line| cells(&line.alert)).min(20), 2, SPARK * 2);
        this.spark = if left >= SPARK { left } else { 0 };
        this
    }
}
