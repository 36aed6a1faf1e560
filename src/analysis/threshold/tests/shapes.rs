//! Verdicts and phases, by the shape of the samples.

use super::*;
use crate::analysis::Verdict;
use crate::analysis::threshold::{Answer, Limits, Phase, judge};

/// A sample each 15 s from 0 on: `g`ood (0.05 %), `m`iddling (0.5 %), `b`ad (5 %), `.` asked and not there,
/// a space not even asked.
fn samples(shape: &str) -> (Samples, Timestamp) {
    let mut samples = Samples::new(Seconds(15), Seconds(3600));
    let mut now = at(0);
    for (place, kind) in (0..).zip(shape.chars()) {
        now = at(place * 15);
        let value = match kind {
            'g' => Some(0.0005),
            'm' => Some(0.005),
            'b' => Some(0.05),
            ' ' => continue,
            _ => None,
        };
        samples.take([Sample::of(now, value)]);
    }
    (samples, now)
}

fn verdict(shape: &str, answer: &Answer) -> Verdict {
    let (samples, now) = samples(shape);
    let (target, alert) = (rule(Op::Below, 0.001, None), rule(Op::Above, 0.01, Some(60)));
    let limits = Limits { name: "error-rate", target: Some(&target), alert: Some(&alert), against: None };
    judge(&samples, &limits, answer, now).verdict
}

#[test]
fn a_verdict_is_green_only_on_whole_fresh_data_inside_the_target() {
    let whole = Answer::Whole;
    for (shape, wanted) in [
        ("", Verdict::NoData),
        ("...", Verdict::NoData),
        ("g", Verdict::Pass),
        ("bg", Verdict::Pass),
        ("gm", Verdict::Warn),
        ("gb", Verdict::Fail),
        ("g.", Verdict::Pass),
        ("g..", Verdict::Stale),
        ("g   .", Verdict::Stale),
    ] {
        assert_eq!(verdict(shape, &whole), wanted, "{shape:?}");
    }
    assert_eq!(verdict("g", &Answer::Partial("two series".to_owned())), Verdict::Warn);
    assert_eq!(verdict("b", &Answer::Partial("two series".to_owned())), Verdict::Fail);
    assert_eq!(verdict("g", &Answer::Fault("timed out".to_owned())), Verdict::Error);
}

#[test]
fn silence_goes_stale_by_the_clock() {
    let (samples, _) = samples("g");
    let limits = Limits { name: "error-rate", target: None, alert: None, against: None };
    let says = |second| judge(&samples, &limits, &Answer::Whole, at(second)).verdict;
    assert_eq!(says(45), Verdict::Pass);
    assert_eq!(says(46), Verdict::Stale);
}

#[test]
fn a_number_beside_its_baseline_is_compared_and_without_one_it_is_not() {
    let mut samples = Samples::new(Seconds(15), Seconds(3600));
    samples.take([Sample::of(at(0), Some(130.0))]);
    let near: Rule = "baseline +/- 10%".parse().expect("a rule");
    let far: Rule = "> 20% change".parse().expect("a rule");
    let says = |against| {
        let limits = Limits { name: "throughput", target: Some(&near), alert: Some(&far), against };
        judge(&samples, &limits, &Answer::Whole, at(0)).verdict
    };
    assert_eq!(says(Some(125.0)), Verdict::Pass);
    assert_eq!(says(Some(115.0)), Verdict::Warn);
    assert_eq!(says(Some(100.0)), Verdict::Fail);
    assert_eq!(says(None), Verdict::TooFew);
}

#[test]
fn a_percentage_that_is_no_share_is_doubted() {
    let mut samples = Samples::new(Seconds(15), Seconds(3600));
    samples.take([Sample::of(at(0), Some(84.0))]);
    let target = rule(Op::AtLeast, 0.8, None);
    let limits = Limits { name: "coverage", target: Some(&target), alert: None, against: None };
    let judged = judge(&samples, &limits, &Answer::Whole, at(0));
    assert_eq!(judged.verdict, Verdict::Error);
    assert!(judged.reason.contains("percent"), "{}", judged.reason);
}

fn phase(shape: &str, lasting: Option<u64>, fired: bool) -> (Phase, i64) {
    let (samples, now) = samples(shape);
    let (alert, target) = (rule(Op::Above, 0.01, lasting), rule(Op::Below, 0.001, None));
    let terms = Terms { exit: Some(&target), ..Terms::default() };
    let found = stand(&Sides::of(&samples), &Watched { terms, fired, ..watched(&alert) }, now);
    (found.phase(), found.elapsed)
}

#[test]
fn a_rule_fires_after_its_whole_time_by_sample_time() {
    for (shape, wanted) in [
        ("", (Phase::Unknown, 0)),
        ("g", (Phase::Armed, 0)),
        ("b", (Phase::Pending, 0)),
        ("bbbb", (Phase::Pending, 45)),
        ("bbbbb", (Phase::Fired, 60)),
        ("bbgbb", (Phase::Pending, 15)),
        // One hole adds no time and takes none; the newest sample still speaks.
        ("bb.bb", (Phase::Pending, 30)),
        ("bbbb.", (Phase::Pending, 45)),
        ("bb bbbb", (Phase::Fired, 60)),
        // A longer one is unknown, and time starts anew when it is as long as half of what is needed.
        ("bbbb..", (Phase::Unknown, 0)),
        ("bbbb...b", (Phase::Pending, 0)),
    ] {
        assert_eq!(phase(shape, Some(60), false), wanted, "{shape:?}");
    }
    let long = "bbbb..b";
    assert_eq!(phase(long, Some(300), false), (Phase::Pending, 45), "shorter than half of what is needed");
}

#[test]
fn a_rule_without_a_time_needs_two_samples_in_a_row() {
    for (shape, wanted) in [
        ("b", Phase::Pending),
        ("gb", Phase::Pending),
        ("bb", Phase::Fired),
        ("b.b", Phase::Fired),
        ("b  b", Phase::Pending),
        ("bg", Phase::Armed),
    ] {
        assert_eq!(phase(shape, None, false).0, wanted, "{shape:?}");
    }
}

#[test]
fn what_fired_stays_fired_until_the_target_holds_as_long() {
    for (shape, wanted) in [
        ("bbbbbg", Phase::Fired),
        ("bbbbbmmmmmm", Phase::Fired),
        ("bbbbbgggg", Phase::Fired),
        ("bbbbbggggg", Phase::Armed),
        ("bbbbb...", Phase::Fired),
    ] {
        assert_eq!(phase(shape, Some(60), true).0, wanted, "{shape:?}");
    }
}

#[test]
fn samples_from_before_the_release_do_not_count() {
    let (samples, now) = samples("bbbbbb");
    let alert = rule(Op::Above, 0.01, Some(60));
    let phase = |from| {
        let course = Course { from: Some(at(from)), ..Course::default() };
        stand(&Sides::of(&samples), &Watched { course, ..watched(&alert) }, now).phase()
    };
    assert_eq!(phase(0), Phase::Fired);
    assert_eq!(phase(30), Phase::Pending);
    assert_eq!(phase(80), Phase::Armed);
}

#[test]
fn a_part_of_an_answer_warns_and_never_passes() {
    let (target, alert) = (rule(Op::Below, 0.001, None), rule(Op::Above, 0.01, None));
    let limits = Limits { name: "error-rate", target: Some(&target), alert: Some(&alert), against: None };
    let says = |value, quality| {
        let mut samples = day();
        samples.take([Sample::of(at(0), Some(0.0005)), Sample { quality, ..Sample::of(at(15), value) }]);
        let judged = judge(&samples, &limits, &Answer::Whole, at(15));
        (judged.verdict, judged.value, judged.reason.is_empty())
    };
    assert_eq!(says(Some(0.0005), Quality::Partial), (Verdict::Warn, Some(0.0005), false));
    assert_eq!(says(Some(0.05), Quality::Partial), (Verdict::Fail, Some(0.05), false));
    assert_eq!(says(None, Quality::Partial), (Verdict::Pass, Some(0.0005), true), "one hole is let be");
    let mut idle = day();
    idle.take([tally(0, 0, 0)]);
    let judged = judge(&idle, &limits, &Answer::Whole, at(0));
    assert_eq!(judged.verdict, Verdict::NoData);
    assert!(judged.reason.contains("no traffic"), "{}", judged.reason);
}
