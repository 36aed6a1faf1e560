//! One metric in full: how it stands, what to do about it, its chart, and the triggers over it.

use ratatui::layout::Rect;

use crate::base::{Timestamp, Weight};
use crate::plan::rule::{Check, Rule};
use crate::plan::{Metric, Trigger, Watched};
use crate::release::{Act, Series, clock};
use crate::tui::model::{Model, advice, metric_look, newest, quality_word};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, Chart, Limit, Piece, Taken, band, piece, wrap};

use super::metrics::limit_text;
use super::triggers;

/// What stands behind the heading: which metric, and its place among them.
pub fn title(model: &Model) -> Vec<Piece> {
    let all = model.view.plan.metrics.len();
    match model.metric() {
        Some((place, metric)) => {
            vec![
                piece(Meaning::Base, format!("  {}", metric.title.line())),
                piece(Meaning::Muted, format!("  {} of {all}", place + 1)),
            ]
        }
        None => Vec::new(),
    }
}

/// The whole screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some((_, metric)) = model.metric() else {
        canvas.put(
            (area.x, area.y),
            area.width,
            Meaning::Muted,
            "no metrics; tminus init writes them into a plan file",
        );
        return;
    };
    let over = over(model, metric);
    let mut top = 0;
    canvas.line(area, top, &standing(model, metric));
    top += 1;
    if let Some(advice) = advice(&model.view, metric, model.now()) {
        for text in wrap(&advice, area.width).into_iter().take(if area.height >= 16 { 2 } else { 1 }) {
            canvas.line(area, top, &[piece(Meaning::Warn, text)]);
            top += 1;
        }
    } else if let Some(pieces) = sides(model, metric).filter(|_| area.height >= 10) {
        canvas.line(area, top, &pieces);
        top += 1;
    }
    let below = triggers::height(model, &over).min(4).min(area.height / 4);
    let top = top.min(area.height);
    let room = area.height - top - below.min(area.height - top);
    plot(model, canvas, Rect { y: area.y + top, height: room, ..area }, metric);
    let rows = Rect { y: area.y + top + room, height: area.height - top - room, ..area };
    triggers::draw(model, canvas, rows, &over, None);
}

/// The triggers that watch a metric.
fn over<'a>(model: &'a Model, metric: &Metric) -> Vec<&'a Trigger> {
    let watches = |trigger: &&Trigger| match &trigger.when {
        Watched::Metric { metric: watched, .. } | Watched::Burn { metric: watched, .. } => {
            watched == &metric.id
        }
        Watched::Gate { .. } | Watched::Manual => false,
    };
    model.view.plan.triggers.iter().filter(watches).collect()
}

fn series<'a>(model: &'a Model, metric: &Metric) -> Option<&'a Series> {
    model.view.seen.metrics.get(&metric.id)
}

/// The verdict, the number, its limits, and how good the answers are.
fn standing(model: &Model, metric: &Metric) -> Vec<Piece> {
    let symbols = &model.setup.theme.symbols;
    let series = series(model, metric);
    let look = metric_look(series, symbols);
    let mut pieces = vec![piece(look.meaning, format!("{} {}", look.glyph, look.word))];
    if let Some(value) = newest(series) {
        pieces.push(piece(Meaning::Title, format!("  {}", metric.written(value))));
    }
    for (name, rule) in [("target", &metric.target), ("alert", &metric.alert)] {
        if let Some(rule) = rule {
            pieces.push(piece(Meaning::Muted, format!("   {name} {}", limit_text(rule, symbols))));
        }
    }
    let word =
        series.filter(|series| series.verdict.is_known()).and_then(|series| quality_word(series.quality));
    if let Some(word) = word {
        pieces.push(piece(Meaning::Unknown, format!("   {word}")));
    }
    let from = match &metric.source {
        Some(source) => format!("   from {source}"),
        None => "   typed by a person".to_owned(),
    };
    pieces.push(piece(Meaning::Muted, from));
    pieces
}

/// Both sides' newest numbers, and how many times the old version's the new one's is.
fn sides(model: &Model, metric: &Metric) -> Option<Vec<Piece>> {
    let series = series(model, metric)?;
    let stable = series.baseline.iter().rev().find_map(|(_, value)| *value)?;
    let canary = newest(Some(series))?;
    let mut pieces = vec![
        piece(Meaning::Canary, format!("canary {}", metric.written(canary))),
        piece(Meaning::Stable, format!("   stable {}", metric.written(stable))),
    ];
    if stable > 0.0 && canary >= 0.0 {
        pieces.push(piece(Meaning::Muted, format!("   now {:.1}x the stable version's", canary / stable)));
    }
    Some(pieces)
}

/// The chart of a metric.
pub fn plot(model: &Model, canvas: &mut Canvas<'_>, area: Rect, metric: &Metric) {
    let symbols = &model.setup.theme.symbols;
    let series = series(model, metric);
    let baseline = series.map(|series| series.baseline.as_slice()).unwrap_or_default();
    let usual = baseline.iter().rev().find_map(|(_, value)| *value);
    let limit = |name: &str, rule: &Option<Rule>| {
        let rule = rule.as_ref()?;
        Some(Limit { label: format!("{name} {}", limit_text(rule, symbols)), value: place(rule, usual) })
    };
    let chart = Chart {
        first: if baseline.is_empty() { "" } else { "canary" },
        samples: series.map(|series| series.samples.as_slice()).unwrap_or_default(),
        baseline,
        band: around(metric, usual).or_else(|| band(baseline)),
        target: limit("target", &metric.target),
        alert: limit("alert", &metric.alert),
        taken: taken(model, metric),
        unit: metric.unit(),
        t0: clock::t0(&model.view.state, &model.view.plan),
        now: model.now(),
    };
    chart.draw(canvas, area, symbols);
}

/// Where a rule's limit lies; one that speaks of the baseline moves with its newest number.
fn place(rule: &Rule, usual: Option<f64>) -> Option<f64> {
    match rule.tests().next().map(|test| &test.check)? {
        Check::Compare { value, .. } => Some(value.value),
        Check::Range { high, .. } => Some(high.value),
        Check::Baseline { factor, .. } => Some(usual? * factor),
        Check::Around { .. } | Check::Change { .. } | Check::Trend { .. } | Check::Present => None,
    }
}

/// How far from the baseline a rule lets the number be.
fn around(metric: &Metric, usual: Option<f64>) -> Option<(f64, f64)> {
    let usual = usual?;
    [&metric.target, &metric.alert].into_iter().flatten().find_map(|rule| {
        match rule.tests().next().map(|test| &test.check)? {
            Check::Around { margin } => Some((usual * (1.0 - margin), usual * (1.0 + margin))),
            _ => None,
        }
    })
}

/// The shares that were taken, oldest first, with the time after each that does not count for this metric.
fn taken(model: &Model, metric: &Metric) -> Vec<Taken> {
    let of_triggers = over(model, metric).into_iter().map(|trigger| trigger.terms.warm_up.signed());
    let of_judges = model
        .view
        .plan
        .rollouts
        .iter()
        .filter_map(|rollout| rollout.judge.as_ref())
        .filter(|judge| judge.signals.iter().any(|signal| signal.metric == metric.id))
        .map(|judge| judge.warm_up.signed());
    let warm_up = of_triggers.chain(of_judges).max().unwrap_or(0);
    let done =
        model.view.state.operations.values().filter(|known| known.outcome.is_some_and(|it| it.is_done()));
    let mut all: Vec<(Timestamp, Taken)> = done
        .filter_map(|known| match &known.act {
            Act::SetWeight { weight, .. } => {
                let at = known.ended.unwrap_or(known.mark.at);
                // Without traffic there is nothing to warm up.
                let warm_up = if *weight == Weight::ZERO { 0 } else { warm_up };
                Some((at, Taken { at, label: weight.to_string(), warm_up }))
            }
            _ => None,
        })
        .collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, taken)| taken).collect()
}
