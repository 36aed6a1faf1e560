//! What a chart looks like, as text.

use ratatui::buffer::Buffer;

use super::*;
use crate::tui::export;
use crate::tui::theme::{Depth, Theme, ThemeName};

fn t0() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().expect("a time")
}

fn after(seconds: i64) -> Timestamp {
    t0().checked_add(jiff::SignedDuration::from_secs(seconds)).expect("in range")
}

fn shown(chart: &Chart<'_>, (width, height): (u16, u16), symbols: Symbols) -> Vec<String> {
    let theme = Theme::built_in(ThemeName::Mono, Depth::Mono, symbols);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let area = buffer.area;
    let mut canvas = Canvas::new(&mut buffer, &theme);
    canvas.fill(area, Meaning::Base);
    chart.draw(&mut canvas, area, &symbols);
    export::text(&buffer).lines().map(str::to_owned).collect()
}

fn flat(value: f64) -> Vec<(Timestamp, Option<f64>)> {
    (0..41).map(|i| (after(i * 60), Some(value))).collect()
}

fn chart<'a>(samples: Samples<'a>, baseline: Samples<'a>) -> Chart<'a> {
    Chart {
        first: "canary",
        samples,
        baseline,
        band: None,
        target: None,
        alert: None,
        taken: Vec::new(),
        unit: Unit::Ratio,
        t0: Some(t0()),
        now: after(2400),
    }
}

#[test]
fn both_lines_limits_steps_and_axes_are_there() {
    let (canary, baseline) = (flat(0.002), flat(0.0005));
    let limit = |label: &str, value| Some(Limit { label: label.to_owned(), value: Some(value) });
    let chart = Chart {
        target: limit("target < 0.1 %", 0.001),
        alert: limit("alert > 1 %", 0.01),
        taken: vec![Taken { at: after(600), label: "25 %".to_owned(), warm_up: 300 }],
        ..chart(&canary, &baseline)
    };
    let rows = shown(&chart, (60, 16), Symbols::ASCII);
    assert_eq!(rows[0].trim_end(), "** canary   oo stable   - target < 0.1 %", "{rows:#?}");
    assert_eq!(rows[1].trim_end(), "^ alert > 1 %, above   . warm-up", "{rows:#?}");
    assert!(rows[2].contains(">25 %"), "{rows:#?}");
    assert!(rows.iter().any(|row| row.starts_with("0.2 %") && row.contains("*****")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.contains("ooooo")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.starts_with("0.1 %") && row.contains("-----")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.contains(":....")), "warm-up follows the step: {rows:#?}");
    assert!(rows[15].contains("T-0") && rows[15].contains("T+00:15"), "{rows:#?}");
}

#[test]
fn a_gap_is_a_gap_and_is_said() {
    let mut samples = flat(0.002);
    for (_, value) in samples.iter_mut().skip(10).take(10) {
        *value = None;
    }
    let rows = shown(&chart(&samples, &[]), (50, 8), Symbols::ASCII);
    let line = rows.iter().find(|row| row.contains("***")).expect("a line");
    let broken = line.trim_start_matches(|c| c != '*').trim_end();
    assert!(broken.contains("        "), "{rows:#?}");
    assert!(!rows.iter().any(|row| row.starts_with("0.0") && row.contains('*')), "never zero: {rows:#?}");
    assert!(rows[6].contains("????????") && rows[6].starts_with("       -"), "{rows:#?}");
    let mut begins_late = vec![(after(-60_000), None); 3];
    begins_late.extend(flat(0.002));
    let rows = shown(&chart(&begins_late, &[]), (50, 8), Symbols::ASCII);
    assert!(rows[7].contains("T-0"), "what was before the first number has no room: {rows:#?}");
    let late = Chart { now: after(4800), ..chart(&samples, &[]) };
    let rows = shown(&late, (50, 8), Symbols::ASCII);
    assert!(rows[6].trim_end().ends_with("????????????????????"), "silence up to now is a gap: {rows:#?}");
}

#[test]
fn nothing_and_odd_sizes_are_drawn_too() {
    let none = chart(&[], &[]);
    assert!(shown(&none, (40, 5), Symbols::UNICODE)[0].starts_with("nothing was measured yet"));
    let samples = [(after(0), Some(f64::NAN)), (after(60), None)];
    assert!(shown(&chart(&samples, &[]), (40, 5), Symbols::UNICODE)[0].contains("nothing"));
    let one = [(after(0), Some(0.5))];
    let rows = shown(&chart(&one, &one), (40, 12), Symbols::UNICODE);
    assert!(rows.iter().any(|row| row.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c))), "{rows:#?}");
    for width in 0..30 {
        for height in 0..14 {
            shown(&chart(&flat(1e300), &flat(-1e300)), (width, height), Symbols::UNICODE);
        }
    }
}

#[test]
fn the_band_leaves_out_what_is_rare() {
    let samples: Vec<_> = (0..20).map(|i| (after(i), Some(if i == 7 { 99.0 } else { i as f64 }))).collect();
    assert_eq!(band(&samples), Some((2.0, 18.0)));
    assert_eq!(band(&samples[..9]), None);
}
