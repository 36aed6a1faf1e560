//! The judge on small, made-up canaries.

use super::*;
use crate::analysis::Tally;
use crate::base::{Seconds, Timestamp};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

/// So many steps of 15 s with the same counts.
fn steady(count: i64, canary: (u64, u64), baseline: (u64, u64)) -> Vec<Step> {
    let step = |place| {
        Step::new(at(place * 15), Tally::ratio(canary.0, canary.1), Tally::ratio(baseline.0, baseline.1))
    };
    (0..count).map(step).collect()
}

fn judged(settings: Settings, steps: &[Step]) -> Vec<(i64, Decision)> {
    let entries = log(settings, steps).expect("fit settings");
    entries.iter().map(|entry| (entry.at.as_second(), entry.ruling.decision)).collect()
}

#[test]
fn a_bad_canary_goes_back_soon_after_the_warm_up() {
    let log = judged(Settings::default(), &steady(240, (300, 6), (2700, 11)));
    assert_eq!(log[0], (0, Decision::Hold));
    assert_eq!(log[1].1, Decision::RollBack);
    assert!((180..=270).contains(&log[1].0), "{log:?}");
    assert_eq!(log.len(), 3, "it stays back to the end: {log:?}");
}

#[test]
fn a_good_one_is_promoted_once_it_was_watched_for_long_enough() {
    let log = judged(Settings::default(), &steady(240, (3000, 3), (27_000, 27)));
    assert_eq!(log, [(0, Decision::Hold), (600, Decision::Promote), (239 * 15, Decision::Promote)]);
}

#[test]
fn no_bad_events_are_no_evidence() {
    let steps = steady(240, (300, 0), (2700, 0));
    let log = log(Settings::default(), &steps).expect("fit");
    let last = &log.last().expect("a ruling").ruling;
    assert_eq!((last.log_e_bad, last.log_e_ok, last.decision), (0.0, 0.0, Decision::Hold));
    assert_eq!((last.ratio.low, last.ratio.mid, last.ratio.high), (0.0, None, None));
}

#[test]
fn nothing_counts_before_the_warm_up_ends() {
    let mut judge = Judge::new(Settings::default()).expect("fit");
    for step in steady(12, (300, 300), (2700, 0)) {
        assert_eq!(judge.take(step), Decision::Hold);
        assert_eq!((judge.log_e_bad(), judge.log_e_ok()), (0.0, 0.0));
    }
    assert!(matches!(judge.ruling().reason, Reason::WarmUp { left: Seconds(15) }), "{:?}", judge.ruling());
}

#[test]
fn settings_that_nothing_can_be_judged_with_are_named() {
    let usual = Settings::default();
    for (settings, word) in [
        (Settings { rho0: 0.0, ..usual }, "rho0"),
        (Settings { rho_max: f64::NAN, ..usual }, "rho-max"),
        (Settings { rho_max: 1.0, ..usual }, "below rho-max"),
        (Settings { alpha: 0.0, ..usual }, "alpha"),
        (Settings { beta: 1.0, ..usual }, "beta"),
        (Settings { phi: 0.9, ..usual }, "phi"),
        (Settings { every: Some(Seconds(0)), ..usual }, "second"),
        (Settings { bounds: 4, ..usual }, "bounds"),
    ] {
        let message = settings.check().expect_err(word).to_string();
        assert!(message.contains(word) && message.contains("write"), "{message}");
    }
}
