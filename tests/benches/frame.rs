//! A frame with many items and many metrics: the cost is what is on screen, not how long the lists are.

#[path = "../suite/support/pictures.rs"]
#[allow(dead_code, clippy::expect_used, reason = "shared with the tests")]
mod pictures;

use std::sync::Arc;

use divan::{Bencher, black_box};
use tminus::analysis::Verdict;
use tminus::base::Offset;
use tminus::release::View;
use tminus::tui::{ScreenName, Stage, ThemeName};

fn main() {
    divan::main();
}

/// Columns and rows of the two sizes that are looked at.
const SIZES: [(u16, u16); 2] = [(120, 40), (200, 60)];

/// One frame of a cockpit that is already open.
#[divan::bench(args = SIZES)]
fn frame_of_10_000_items_and_200_metrics(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let mut stage = Stage::new(&large(10_000, 200), size, ScreenName::Overview, ThemeName::Dark);
    bencher.bench_local(|| black_box(stage.frame().area));
}

/// The same with twelve items and four metrics, to hold it against.
#[divan::bench(args = SIZES)]
fn frame_of_12_items_and_4_metrics(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let mut stage = Stage::new(&pictures::view(), size, ScreenName::Overview, ThemeName::Dark);
    bencher.bench_local(|| black_box(stage.frame().area));
}

/// A whole frame with the chart of one metric: both versions' 240 samples, limits, steps, axes.
#[divan::bench(args = SIZES)]
fn chart_of_two_lines_of_240_samples(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let mut view = pictures::view();
    let mut seen = view.seen.as_ref().clone();
    for series in seen.metrics.values_mut() {
        series.samples = pictures::samples(0.0002, 0.0011, 240);
        series.baseline = pictures::samples(0.0001, 0.0004, 240);
    }
    view.seen = Arc::new(seen);
    let mut stage = Stage::new(&view, size, ScreenName::Chart, ThemeName::Dark);
    bencher.bench_local(|| black_box(stage.frame().area));
}

/// A newer picture that changed: what is worked out once per change.
#[divan::bench]
fn picture_of_10_000_items_and_200_metrics(bencher: Bencher<'_, '_>) {
    let view = large(10_000, 200);
    bencher.bench_local(|| Stage::new(&view, (120, 40), ScreenName::Overview, ThemeName::Dark));
}

/// A release with so many items in the current stage and so many metrics.
fn large(items: usize, metrics: usize) -> View {
    let mut view = pictures::view();
    let mut plan = pictures::plan();
    let mut seen = view.seen.as_ref().clone();
    for place in 0..items {
        let mut more =
            pictures::item("release", &format!("Item number {place} of the long list"), Some("ada"), None);
        more.id = format!("release/{place}").into();
        more.due = (place % 3 == 0).then(|| Offset::seconds(place as i64));
        plan.items.push(more);
    }
    for place in 0..metrics {
        let id = format!("metric-{place}");
        plan.metrics.push(pictures::metric(&id, &format!("Metric {place}"), "< 0.1%", "> 1% for 5m"));
        seen.metrics.insert(id.as_str().into(), pictures::series(0.0002, 0.0011, Verdict::Pass));
    }
    view.plan = Arc::new(plan);
    view.seen = Arc::new(seen);
    view
}
