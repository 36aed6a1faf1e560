//! What rules say of counts, windows, baselines and buckets.

use super::*;
use crate::analysis::threshold::{Course, Phase, State, Unsure};

fn phase_of(samples: &[Sample], rule: &Rule, course: Course<'_>) -> Standing {
    let mut held = day();
    held.take(samples.iter().copied());
    let now = held.last().map_or(0, |last| last.as_second());
    stands(&held, &Watched { course, ..watched(rule) }, now)
}

#[test]
fn a_count_in_a_window_is_exact() {
    let restarts = text("> 3 restarts in 5m");
    let shape =
        |bad: &[u64]| -> Vec<Sample> { (0..).zip(bad).map(|(n, bad)| tally(n * 15, *bad, *bad)).collect() };
    let quiet = [0; 20];
    let found = |bad: &[u64]| phase_of(&shape(&[&quiet[..], bad].concat()), &restarts, Course::default());
    assert_eq!(found(&[1, 1, 1]).phase(), Phase::Armed);
    assert_eq!(found(&[1, 1, 1, 0, 1]).phase(), Phase::Pending);
    let fired = found(&[1, 1, 1, 0, 1, 0]);
    assert_eq!((fired.phase(), fired.value), (Phase::Fired, Some(4.0)));
    assert_eq!(found(&[2, 2]).phase(), Phase::Pending);
    let left = [&[2, 2][..], &[0; 18]].concat();
    assert_eq!(found(&left).phase(), Phase::Fired, "all of it is in the window");
    assert_eq!(found(&[&left[..], &[0]].concat()).phase(), Phase::Armed, "the first of it has left");
}

#[test]
fn a_window_is_cut_at_the_beginning_of_the_stage() {
    let restarts = text("> 3 restarts in 5m");
    let bad: Vec<Sample> = (0..20).map(|n| tally(n * 15, 1, u64::from(n < 10))).collect();
    assert_eq!(phase_of(&bad, &restarts, Course::default()).phase(), Phase::Fired);
    let course = |from| Course { from: Some(at(from)), ..Course::default() };
    assert_eq!(phase_of(&bad, &restarts, course(60)).phase(), Phase::Fired, "five after it");
    assert_eq!(phase_of(&bad, &restarts, course(120)).phase(), Phase::Armed, "one after it");
    let few = text("< 3 restarts in 5m");
    assert_eq!(phase_of(&bad, &few, Course::default()).phase(), Phase::Armed);
    let cut = phase_of(&bad, &few, course(240));
    assert!(matches!(cut.state, State::Unknown(Unsure::Holes { .. })), "{cut:?}: the window is not full");
}

#[test]
fn holes_in_a_window_may_hide_what_it_does_not_show() {
    let restarts = text("> 3 restarts in 5m");
    let shape = |holes: &[i64], bad: u64| -> Vec<Sample> {
        (0..40)
            .map(|n| match holes.contains(&n) {
                true => gap(n * 15, Quality::Error),
                false => tally(n * 15, 5, if n == 38 { bad } else { 0 }),
            })
            .collect()
    };
    let found = |holes: &[i64], bad| phase_of(&shape(holes, bad), &restarts, Course::default());
    assert_eq!(found(&[25, 30], 3).phase(), Phase::Armed);
    assert_eq!(found(&[25, 28, 31], 3).state, State::Unknown(Unsure::Holes { missing: 3 }));
    assert_eq!(found(&[25, 28, 31], 4).phase(), Phase::Fired, "more would not make it less");
}

#[test]
fn a_share_over_a_window_is_of_all_its_events() {
    let alert = text("> 1% in 1m");
    let found = |bad: [u64; 5]| {
        let shape: Vec<Sample> =
            (0..).zip(bad).map(|(n, bad)| tally(n * 15, if n == 0 { 1000 } else { 25 }, bad)).collect();
        phase_of(&shape, &alert, Course { from: Some(at(0)), ..Course::default() })
    };
    assert_eq!(
        found([500, 0, 0, 0, 1]).phase(),
        Phase::Armed,
        "one in a hundred, and what was before is not in it"
    );
    assert_eq!(found([0, 0, 0, 0, 2]).phase(), Phase::Pending, "two in a hundred");
    let idle: Vec<Sample> = (0..8).map(|n| tally(n * 15, 0, 0)).collect();
    let idle = phase_of(&idle, &alert, Course::default());
    assert_eq!(idle.state, State::Unknown(Unsure::Silent(Quality::NoTraffic)));
}

#[test]
fn without_a_window_a_share_is_of_its_own_step() {
    let alert = text("> 1%");
    let found = |shape: &[(u64, u64)]| {
        let shape: Vec<Sample> =
            (0..).zip(shape).map(|(n, (total, bad))| tally(n * 15, *total, *bad)).collect();
        phase_of(&shape, &alert, Course::default())
    };
    assert_eq!(found(&[(100, 1), (100, 2)]).phase(), Phase::Pending);
    assert_eq!(found(&[(100, 2), (100, 2)]).phase(), Phase::Fired);
    assert_eq!(found(&[(100, 2), (0, 0), (100, 2)]).phase(), Phase::Fired, "no traffic is a gap");
    assert_eq!(found(&[(100, 2), (0, 0), (0, 0)]).state, State::Unknown(Unsure::Silent(Quality::NoTraffic)));
}

#[test]
fn too_few_events_say_nothing() {
    let alert = text("> 1% for 30s");
    let shape: Vec<Sample> = (0..8).map(|n| tally(n * 15, 20, 2)).collect();
    let mut held = day();
    held.take(shape);
    let found = |at_least| {
        let terms = Terms { at_least, ..Terms::default() };
        stands(&held, &Watched { terms, ..watched(&alert) }, 105).state
    };
    assert_eq!(found(40), State::Firing);
    assert_eq!(found(41), State::Unknown(Unsure::TooFew { have: 40, wanted: 41 }));
    let calm = text("> 50% for 30s");
    let terms = Terms { at_least: 41, ..Terms::default() };
    let found = stands(&held, &Watched { terms, ..watched(&calm) }, 105).state;
    assert_eq!(found, State::Unknown(Unsure::TooFew { have: 40, wanted: 41 }), "nor that all is well");
}

/// Both sides, each sample a pair.
fn compared(rule: &Rule, pairs: &[(f64, Option<f64>)], captured: Option<f64>) -> Standing {
    let (mut canary, mut baseline) = (day(), day());
    for (n, (own, other)) in (0..).zip(pairs) {
        canary.take([Sample::of(at(n * 15), Some(*own))]);
        baseline.take([Sample::of(at(n * 15), *other)]);
    }
    let sides = Sides { other: Some(&baseline), captured, ..Sides::of(&canary) };
    let now = canary.last().expect("samples");
    stand(&sides, &Watched { name: "latency", ..watched(rule) }, now)
}

#[test]
fn rules_about_a_baseline_are_answered_by_the_other_side_or_by_what_was_captured() {
    for (rule, own, other, wanted) in [
        ("> 2x baseline", 21.0, 10.0, Phase::Fired),
        ("> 2x baseline", 19.0, 10.0, Phase::Armed),
        ("baseline +/- 10%", 10.5, 10.0, Phase::Fired),
        ("baseline +/- 10%", 12.0, 10.0, Phase::Armed),
        ("> 20% change", 7.0, 10.0, Phase::Fired),
        ("> 20% change", 9.0, 10.0, Phase::Armed),
        ("increasing", 10.1, 10.0, Phase::Fired),
        ("decreasing", 10.1, 10.0, Phase::Armed),
    ] {
        let rule = text(rule);
        assert_eq!(compared(&rule, &[(own, Some(other)); 3], None).phase(), wanted, "{rule}");
        assert_eq!(compared(&rule, &[(own, None); 3], Some(other)).phase(), wanted, "{rule}, captured");
        let none = compared(&rule, &[(own, None); 3], None);
        assert!(matches!(none.state, State::Unknown(Unsure::Doubt(_))), "{rule}: {none:?}");
    }
    let twice = text("> 2x baseline for 30s");
    let late = [(30.0, Some(10.0)), (30.0, None), (30.0, None)];
    assert_eq!(compared(&twice, &late, None).phase(), Phase::Fired, "two intervals are let be");
    assert_eq!(compared(&twice, &[late[0], late[1], late[1], late[1]], None).phase(), Phase::Unknown);
}

/// Counts at the bounds 250 ms, 500 ms and 1 s.
fn latency(rule: &Rule, own: [u64; 3], other: [u64; 3]) -> Standing {
    let sample = |second, bad| Sample {
        measure: Measure::Tally(Tally { total: 1000, bad }),
        ..Sample::of(at(second), None)
    };
    let of = |bad| {
        let mut held = day();
        held.take([0, 15, 30].map(|second| Sample { quality: Quality::Ok, ..sample(second, bad) }));
        held
    };
    let (canary, baseline) = (of(own), of(other));
    let sides = Sides { other: Some(&baseline), ..Sides::of(&canary) };
    let reads = Reads::Quantile { share: 0.95, bounds: &[0.25, 0.5, 1.0] };
    stand(&sides, &Watched { name: "p95", reads, ..watched(rule) }, at(30))
}

#[test]
fn a_quantile_is_as_certain_as_its_buckets() {
    let alert = text("> 500 ms");
    assert_eq!(latency(&alert, [900, 60, 0], [0; 3]).phase(), Phase::Fired, "P95 is above 500 ms");
    assert_eq!(latency(&alert, [900, 50, 0], [0; 3]).phase(), Phase::Armed, "it is at most 500 ms");
    let between = text("> 400 ms");
    let found = latency(&between, [900, 40, 0], [0; 3]);
    assert!(matches!(found.state, State::Unknown(Unsure::Between { .. })), "{found:?}");
    assert_eq!(latency(&text("> 2 s"), [900, 900, 900], [0; 3]).phase(), Phase::Unknown);
    assert_eq!(latency(&text("> 1 s"), [900, 900, 900], [0; 3]).phase(), Phase::Fired);
    let twice = text("> 2x baseline");
    // Above 500 ms, and at most 250 ms: more than twice, for certain.
    assert_eq!(latency(&twice, [900, 900, 10], [10, 0, 0]).phase(), Phase::Fired);
    assert_eq!(latency(&twice, [900, 10, 0], [10, 0, 0]).phase(), Phase::Unknown);
}
