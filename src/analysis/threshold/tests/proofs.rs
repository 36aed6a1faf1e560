//! What it takes to act by itself.

use super::*;
use crate::analysis::threshold::{Comparison, Kept, Phase, Proof, Span, State, Unsure};

const EVIDENCE: Proof = Proof::Evidence { alpha: 0.01 };

fn steady(minutes: i64, total: u64, bad: impl Fn(i64) -> u64) -> Samples {
    let mut held = day();
    held.take((0..=minutes * 4).map(|n| tally(n * 15, total, bad(n))));
    held
}

fn proven(samples: &Samples, rule: &Rule, now: i64) -> Standing {
    let terms = Terms { proof: EVIDENCE, ..Terms::default() };
    let course = Course { from: Some(at(0)), ..Course::default() };
    stands(samples, &Watched { terms, course, ..watched(rule) }, now)
}

#[test]
fn one_error_in_twenty_requests_proves_nothing() {
    let alert = text("> 1% for 1m");
    let one = steady(10, 5, |n| u64::from(n == 39));
    assert_eq!(
        stands(&one, &watched(&text("> 1% in 1m")), 600).phase(),
        Phase::Fired,
        "to the letter it is 5 %"
    );
    assert_eq!(proven(&one, &alert, 600).state, State::Pending);
    let many = steady(10, 50, |n| u64::from(n % 2 == 0) * 5);
    assert_eq!(proven(&many, &alert, 600).state, State::Firing, "5 % of 2000 requests");
    assert_eq!(proven(&many, &text("> 5% for 1m"), 600).state, State::Inactive, "it is 5 %, not more");
}

#[test]
fn a_proof_takes_as_long_as_the_rule_and_ends_with_the_trouble() {
    let alert = text("> 1% for 5m");
    let bad = steady(4, 3000, |_| 300);
    assert_eq!(proven(&bad, &alert, 240).state, State::Pending, "not for five minutes yet");
    let bad = steady(5, 3000, |_| 300);
    assert_eq!(proven(&bad, &alert, 300).state, State::Firing);
    let over = steady(30, 3000, |n| if n < 80 { 300 } else { 0 });
    assert_eq!(proven(&over, &alert, 1800).state, State::Inactive);
    let late = steady(120, 300, |n| if n > 440 { 12 } else { 0 });
    assert_eq!(proven(&late, &alert, 7200).state, State::Firing, "two good hours do not hide it");
}

#[test]
fn a_proof_takes_counts() {
    let mut held = day();
    held.take((0..20).map(|n| Sample::of(at(n * 15), Some(0.5))));
    assert_eq!(proven(&held, &text("> 1% for 1m"), 285).state, State::Unknown(Unsure::NoCounts));
    let restarts = text("> 3 restarts in 5m");
    let held = steady(10, 1, |_| 1);
    assert_eq!(proven(&held, &restarts, 600).state, State::Firing, "a count is exact");
}

#[test]
fn a_slow_tail_is_proven_at_the_next_bound() {
    let slow = |bad| Sample {
        measure: Measure::Tally(Tally { total: 400, bad: [300, bad, 0] }),
        quality: Quality::Ok,
        at: at(0),
    };
    let found = |bad| {
        let mut held = day();
        held.take((0..=40).map(|n| Sample { at: at(n * 15), ..slow(bad) }));
        let terms = Terms { proof: EVIDENCE, ..Terms::default() };
        let reads = Reads::Quantile { share: 0.95, bounds: &[0.25, 0.5, 1.0] };
        let course = Course { from: Some(at(0)), ..Course::default() };
        let rule = text("> 500 ms for 5m");
        stands(&held, &Watched { terms, reads, course, ..watched(&rule) }, 600).state
    };
    assert_eq!(found(40), State::Firing, "a tenth is slower");
    assert_eq!(found(21), State::Pending, "5.25 % of 16 000 is no proof");
    assert_eq!(found(20), State::Inactive);
}

#[test]
fn few_events_do_not_stop_a_proof() {
    let alert = text("> 1% for 1m");
    let held = steady(3, 10, |_| 8);
    let terms = Terms { proof: EVIDENCE, at_least: 1000, ..Terms::default() };
    let course = Course { from: Some(at(0)), ..Course::default() };
    assert_eq!(stands(&held, &Watched { terms, course, ..watched(&alert) }, 180).state, State::Firing);
}

#[test]
fn a_guardrail_takes_a_second_look_soon_after_the_first() {
    let alert = text("> 3");
    let found = |seconds: &[(i64, f64)]| {
        let mut held = day();
        held.take(seconds.iter().map(|(second, value)| Sample::of(at(*second), Some(*value))));
        let terms = Terms { proof: Proof::Guardrail, at_least: 9, ..Terms::default() };
        let now = held.last().expect("samples").as_second();
        stands(&held, &Watched { terms, ..watched(&alert) }, now)
    };
    let once = found(&[(0, 0.0), (15, 4.0)]);
    assert_eq!((once.state, once.look_again), (State::Pending, Some(at(25))));
    assert_eq!(found(&[(0, 0.0), (15, 4.0), (20, 4.0)]).state, State::Firing);
    assert_eq!(found(&[(0, 0.0), (15, 4.0), (20, 0.0)]).state, State::Inactive, "a time-out");
    assert_eq!(found(&[(0, 4.0), (15, 4.0)]).state, State::Pending, "too far apart to confirm each other");
}

/// The same rule on both sides: canary and baseline, each sample a pair of shares.
fn both(pairs: &[(f64, f64)], comparison: Comparison) -> State {
    let (mut canary, mut baseline) = (day(), day());
    for (n, (own, other)) in (0..).zip(pairs) {
        canary.take([Sample::of(at(n * 15), Some(*own))]);
        baseline.take([Sample::of(at(n * 15), Some(*other))]);
    }
    let alert = text("> 1% for 1m");
    let sides = Sides { other: Some(&baseline), comparison, ..Sides::of(&canary) };
    stand(&sides, &watched(&alert), canary.last().expect("samples")).state
}

#[test]
fn what_both_sides_suffer_is_not_the_canarys_fault() {
    let incident = [(0.05, 0.05); 6];
    assert_eq!(both(&incident, Comparison::NotWorse), State::Suppressed(Kept::Shared));
    assert_eq!(both(&incident, Comparison::Worse), State::Firing);
    assert_eq!(both(&[(0.05, 0.001); 6], Comparison::NotWorse), State::Firing);
    let mut ebbing = incident;
    ebbing[5].1 = 0.001;
    assert_eq!(both(&ebbing, Comparison::NotWorse), State::Suppressed(Kept::Shared), "one good tick");
    let brief = [(0.05, 0.05), (0.05, 0.001), (0.05, 0.001), (0.05, 0.001), (0.05, 0.001), (0.05, 0.001)];
    assert_eq!(both(&brief, Comparison::NotWorse), State::Firing, "one bad tick");
}

#[test]
fn quiet_times_and_warm_up_are_left_out() {
    let alert = text("> 1% for 1m");
    let mut held = day();
    held.take((0..80).map(|n| Sample::of(at(n * 15), Some(0.05))));
    let found = |course: Course<'_>, now| {
        let mut until = day();
        until.take(held.iter().filter(|sample| sample.at <= at(now)));
        let terms = Terms { warm_up: Seconds(180), ..Terms::default() };
        stands(&until, &Watched { terms, course, ..watched(&alert) }, now)
    };
    let steps = [at(0)];
    let warm = Course { steps: &steps, ..Course::default() };
    assert_eq!(found(warm, 165).state, State::Suppressed(Kept::WarmUp));
    assert_eq!((found(warm, 180).state, found(warm, 180).elapsed), (State::Pending, 0));
    assert_eq!((found(warm, 225).state, found(warm, 225).elapsed), (State::Pending, 45));
    assert_eq!(found(warm, 240).state, State::Firing);
    let quiet = [Span { from: at(300), to: at(600) }];
    let night = Course { quiet: &quiet, ..Course::default() };
    assert_eq!(found(night, 285).state, State::Firing);
    assert_eq!(found(night, 300).state, State::Suppressed(Kept::Quiet));
    assert_eq!(found(night, 600).state, State::Pending, "five minutes are longer than half of a minute");
}

#[test]
fn it_clears_when_its_end_has_held_as_long_and_twice() {
    let (alert, target) = (text("> 1% for 30s"), text("< 0.1%"));
    let found = |values: &[f64], exit_for| {
        let mut held = day();
        held.take((0..).zip(values).map(|(n, value)| Sample::of(at(n * 15), Some(*value))));
        let terms = Terms { exit: Some(&target), exit_for, ..Terms::default() };
        let now = held.last().expect("samples").as_second();
        stands(&held, &Watched { terms, fired: true, ..watched(&alert) }, now)
    };
    let (bad, mid, good) = (0.05, 0.005, 0.0005);
    assert_eq!(found(&[bad, mid], None).state, State::Firing);
    let clearing = found(&[bad, good, good], None);
    assert_eq!((clearing.state, clearing.since, clearing.elapsed), (State::Clearing, Some(at(15)), 15));
    assert_eq!(found(&[bad, good, good, good], None).state, State::Inactive);
    assert_eq!(found(&[bad, good, mid, good], None).state, State::Clearing);
    assert_eq!(found(&[bad, good], Some(Seconds(0))).state, State::Clearing, "once is not twice");
    assert_eq!(found(&[bad, good, good], Some(Seconds(0))).state, State::Inactive);
}
