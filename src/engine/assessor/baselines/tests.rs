use super::*;
use crate::analysis::baseline::Snapshot;
use crate::analysis::{Measure, Quality, Sample};
use crate::base::{Actor, Assurance, Digest, Seconds};
use crate::release::baseline::question;
use crate::release::{KeptBaseline, Mark};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).expect("in range")
}

fn rule(text: &str) -> Rule {
    Rule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).of_the_metric()
}

fn metric(target: &str, baseline: Option<Baseline>) -> Metric {
    Metric {
        id: "number".into(),
        title: "number".into(),
        source: Some("prom".into()),
        query: Some("up".to_owned()),
        sides: None,
        counts: None,
        histogram: None,
        target: (!target.is_empty()).then(|| rule(target)),
        alert: None,
        baseline,
    }
}

/// A state that keeps this number under a name.
fn keeping(metric: &Metric, name: BaselineName, snapshot: Snapshot) -> State {
    let mark = Mark { by: Actor::Engine, at: at(0), assurance: Assurance::L0 };
    let kept = KeptBaseline { snapshot, inputs: Some(Digest::of("samples")), mark };
    let mut state = State::default();
    state.baselines.kept.entry(metric.id.clone()).or_default().insert(name, kept);
    state
}

fn median(metric: &Metric, value: f64) -> Snapshot {
    let samples = (1..=20).map(|n| Sample::of(at(n - 30), Some(value)));
    Snapshot::of(samples, (at(-3600), at(0)), question(metric)).expect("samples")
}

fn alone() -> Looked<'static> {
    Looked { own: None, other: None }
}

fn before() -> Option<Baseline> {
    Some(Baseline::Before { span: Seconds(3600) })
}

#[test]
fn gates_of_the_playbooks_are_held_against_the_version_they_name() {
    // What the pre-deployment list and the benchmarks of the third playbook ask for, in the units it gives.
    let cases = [
        ("< 15ms", ">= 30% better than 2.3.0", 0.020, 0.010, true),
        ("< 15ms", ">= 30% better than 2.3.0", 0.020, 0.0145, false),
        ("< 15ms", ">= 30% better than v2.3.0", 0.020, 0.014, true),
        ("> 10000/s", ">= 30% better than 2.3.0", 10_000.0, 45_000.0, true),
        ("> 10000/s", ">= 30% better than 2.3.0", 10_000.0, 12_999.0, false),
        ("< 15ms", "no regression > 10% against 2.3.0", 0.020, 0.0219, true),
        ("< 15ms", "no regression > 10% against 2.3.0", 0.020, 0.0221, false),
        ("> 10000/s", "no regression > 10% against 2.3.0", 10_000.0, 9_100.0, true),
        ("> 10000/s", "no regression > 10% against 2.3.0", 10_000.0, 8_900.0, false),
        ("> 10000/s", "no regression > 10% against 2.3.0", 10_000.0, 50_000.0, true),
    ];
    for (target, pass, was, is, wanted) in cases {
        let metric = metric(target, None);
        let state = keeping(&metric, BaselineName::version("2.3.0"), median(&metric, was));
        let found = held(&metric, &rule(pass), is, alone(), (&state, at(400 * 86_400)));
        match &found {
            Held::Said { holds, note } => {
                assert_eq!(*holds, wanted, "{target} {pass} {was} {is}: {note}");
                assert!(note.contains("version 2.3.0") && note.contains("20 samples"), "{note}");
            }
            Held::Unsaid { .. } => panic!("{target} {pass}: {found:?}"),
        }
    }
}

#[test]
fn what_was_before_is_used_where_the_metric_says_so_and_named_as_risky() {
    let cases = [
        ("> 2x baseline", 10.0, 21.0, true),
        ("> 2x baseline", 10.0, 19.0, false),
        ("baseline +/- 10%", 10.0, 10.9, true),
        ("baseline +/- 10%", 10.0, 11.1, false),
        ("no regression > 10%", 10.0, 10.9, true),
        ("no regression > 10%", 10.0, 11.1, false),
        ("no increase", 10.0, 10.0, true),
        ("drops > 20%", 10.0, 7.9, true),
    ];
    for (text, was, is, wanted) in cases {
        let metric = metric("< 500ms", before());
        let state = keeping(&metric, BaselineName::Before, median(&metric, was));
        match held(&metric, &rule(text), is, alone(), (&state, at(3600))) {
            Held::Said { holds, note } => {
                assert_eq!(holds, wanted, "{text} {was} {is}: {note}");
                assert!(note.contains("before/after: risky") && note.contains("1h ago"), "{note}");
            }
            unsaid => panic!("{text}: {unsaid:?}"),
        }
    }
}

#[test]
fn what_cannot_be_compared_is_never_green_and_says_what_to_do() {
    let twice = rule("> 2x baseline");
    let of_version = rule(">= 30% better than 2.3.0");
    let ask = |metric: &Metric, rule: &Rule, state: &State, now| match held(
        metric,
        rule,
        1.0,
        alone(),
        (state, at(now)),
    ) {
        Held::Unsaid { verdict, why } => (verdict, why),
        said => panic!("{said:?}"),
    };
    let with = metric("< 15ms", before());
    let kept = keeping(&with, BaselineName::Before, median(&with, 1.0));
    let few = Snapshot { samples: 7, ..median(&with, 1.0) };
    let few = keeping(&with, BaselineName::Before, few);
    let zero = keeping(&with, BaselineName::Before, median(&with, 0.0));
    let other = Metric { query: Some("down".to_owned()), ..with.clone() };
    let unnamed = metric("< 15ms", None);
    let no_way = metric("", before());
    let concurrent = metric("< 15ms", Some(Baseline::Concurrent));
    let nothing = State::default();
    let cases = [
        (&with, &twice, &nothing, 0, Verdict::NoData, "captured at T-0"),
        (&with, &of_version, &nothing, 0, Verdict::NoData, "tminus baseline capture number --version 2.3.0"),
        (&with, &twice, &kept, 90_000, Verdict::Stale, "capture it again"),
        (&with, &twice, &few, 0, Verdict::TooFew, "over a longer time"),
        (&with, &twice, &zero, 0, Verdict::TooFew, "not above zero"),
        (&other, &twice, &kept, 0, Verdict::Error, "another query"),
        (&unnamed, &twice, &nothing, 0, Verdict::Error, "is not named; add"),
        (&no_way, &of_version, &nothing, 0, Verdict::Error, "more or less of number is better"),
        (&concurrent, &twice, &nothing, 0, Verdict::NoData, "look at `sides`"),
    ];
    for (metric, rule, state, now, verdict, word) in cases {
        let (found, why) = ask(metric, rule, state, now);
        assert_eq!(found, verdict, "{why}");
        assert!(why.contains(word), "{why}");
    }
}

fn side(total: u64, bad: u64) -> Samples {
    let mut samples = Samples::new(Seconds(15), Seconds(86_400));
    let tally = |n: i64| Sample {
        at: at(n * 15),
        measure: Measure::Tally(Tally::ratio(total, bad)),
        quality: Quality::Ok,
    };
    samples.take((0..=40).map(tally));
    samples
}

#[test]
fn both_sides_are_compared_over_the_same_intervals_however_traffic_is_split() {
    let metric = metric("< 1%", Some(Baseline::Concurrent));
    let state = State::default();
    let ask = |own: &Samples, other: &Samples| {
        let looked = Looked { own: Some(own), other: Some(other) };
        held(&metric, &rule("> 2x baseline"), 0.99, looked, (&state, at(600)))
    };
    // A twentieth of the traffic: what counts is the share of each side's own.
    let said = ask(&side(20, 1), &side(380, 10));
    assert!(matches!(&said, Held::Said { holds: false, note } if note.contains("7600 events over 300 s")));
    assert!(matches!(ask(&side(20, 2), &side(380, 10)), Held::Said { holds: true, .. }));
    let few = ask(&side(20, 1), &side(4, 1));
    assert!(
        matches!(&few, Held::Unsaid { verdict: Verdict::TooFew, why } if why.contains("80 events")),
        "{few:?}"
    );
}

#[test]
fn numbers_of_both_sides_are_compared_at_the_same_time_only() {
    let metric = metric("< 1s", Some(Baseline::Concurrent));
    let state = State::default();
    let numbers = |last: i64, value| {
        let mut samples = Samples::new(Seconds(15), Seconds(86_400));
        samples.take((0..=last).map(|n| Sample::of(at(n * 15), Some(value))));
        samples
    };
    let ask = |other: &Samples| {
        let own = numbers(40, 0.3);
        held(
            &metric,
            &rule("> 2x baseline"),
            0.3,
            Looked { own: Some(&own), other: Some(other) },
            (&state, at(600)),
        )
    };
    assert!(matches!(ask(&numbers(40, 0.1)), Held::Said { holds: true, .. }));
    assert!(matches!(ask(&numbers(39, 0.2)), Held::Said { holds: false, .. }));
    assert!(matches!(ask(&numbers(10, 0.1)), Held::Unsaid { verdict: Verdict::NoData, .. }));
}

#[test]
fn a_trigger_is_compared_with_what_its_metric_or_its_rule_names() {
    let nothing = State::default();
    let with = metric("< 15ms", before());
    let kept = keeping(&with, BaselineName::Before, median(&with, 4.0));
    let of_version = keeping(&with, BaselineName::version("2.3.0"), median(&with, 5.0));
    let concurrent = metric("< 15ms", Some(Baseline::Concurrent));
    let cases = [
        (&with, "> 2x baseline", &kept, 0, (Some(4.0), false)),
        (&with, "> 2x baseline", &kept, 90_000, (None, false)),
        (&with, "> 2x baseline", &nothing, 0, (None, false)),
        (&with, "> 10% worse than 2.3.0", &of_version, 0, (Some(5.0), false)),
        (&with, "> 10% worse than 2.4.0", &of_version, 0, (None, false)),
        (&concurrent, "> 2x baseline", &kept, 0, (None, true)),
    ];
    for (metric, text, state, now, wanted) in cases {
        let found = basis(metric, &rule(text), (state, at(now)));
        assert_eq!((found.captured, found.concurrent), wanted, "{text}");
    }
    let worse = basis(&with, &rule("> 10% worse than 2.3.0"), (&of_version, at(0))).rule;
    assert!(!worse.needs_direction() && worse.versions().is_empty(), "{worse}");
    let says = |value: f64| worse.evaluate(&Facts::of(Fact::new(value, Unit::None).against(5.0)));
    assert_eq!((says(5.6), says(5.4)), (Outcome::Holds, Outcome::Fails));
}
