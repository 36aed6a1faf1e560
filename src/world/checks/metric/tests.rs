use super::*;
use crate::base::Untrusted;

fn below_one_percent(lasting: Option<u64>) -> Rule {
    let lasting = lasting.map_or_else(String::new, |seconds| format!(" for {seconds}s"));
    Rule::parse(&format!("< 1%{lasting}")).expect("rule")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).expect("time")
}

fn reading(values: &[Option<f64>]) -> Reading {
    let samples = values.iter().zip(0..).map(|(value, step)| (at(step * 15), *value));
    Reading::whole(samples)
}

fn verdict(values: &[Option<f64>], lasting: Option<u64>, now: i64) -> Verdict {
    let rule = below_one_percent(lasting);
    judge(&Want::Hold(&rule), &reading(values), at(now), 15).verdict
}

#[test]
fn the_newest_number_decides_when_the_rule_has_no_span() {
    assert_eq!(verdict(&[Some(0.5), Some(0.001)], None, 20), Verdict::Pass);
    assert_eq!(verdict(&[Some(0.001), Some(0.5)], None, 20), Verdict::Fail);
}

#[test]
fn every_number_of_the_span_counts() {
    assert_eq!(verdict(&[Some(0.5), Some(0.001), Some(0.001)], Some(30), 35), Verdict::Fail);
    assert_eq!(verdict(&[Some(0.001), None, Some(0.001)], Some(30), 35), Verdict::TooFew);
    assert_eq!(verdict(&[Some(0.001); 3], Some(30), 35), Verdict::Pass);
}

#[test]
fn nothing_is_green_on_no_data() {
    assert_eq!(verdict(&[], None, 20), Verdict::NoData);
    assert_eq!(verdict(&[None, None], None, 20), Verdict::NoData);
    assert_eq!(verdict(&[Some(0.001)], None, 100), Verdict::Stale);
    assert_eq!(verdict(&[Some(0.001), None], None, 20), Verdict::TooFew);
    let rule = below_one_percent(None);
    let partial =
        Reading { partial: Some(Untrusted::new("one store is missing")), ..reading(&[Some(0.001)]) };
    let found = judge(&Want::Hold(&rule), &partial, at(5), 15);
    assert_eq!(found.verdict, Verdict::Warn);
    assert!(found.summary.raw().contains("one store is missing"));
}

#[test]
fn an_alert_that_holds_is_a_failure() {
    let rule = below_one_percent(None);
    assert_eq!(judge(&Want::Not(&rule), &reading(&[Some(0.001)]), at(5), 15).verdict, Verdict::Fail);
    assert_eq!(judge(&Want::Not(&rule), &reading(&[Some(0.5)]), at(5), 15).verdict, Verdict::Pass);
}
