//! The judge on small, made-up canaries.

use super::*;
use crate::analysis::Tally;
use crate::base::{MetricId, Seconds, Timestamp, TriggerId, Weight};

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

fn ruled(steps: &[Step]) -> Judge {
    let mut judge = Judge::new(Settings::default()).expect("fit");
    for step in steps {
        judge.take(*step);
    }
    judge
}

fn signal(name: &str, steps: &[Step]) -> Signal {
    let next = Weight::percent(25.0);
    Signal::of(MetricId::new(name), 1.0, &ruled(steps), next, inputs(&Settings::default(), steps))
}

fn bad() -> Signal {
    signal("errors", &steady(240, (300, 6), (2700, 11)))
}
fn good() -> Signal {
    signal("errors", &steady(240, (3000, 3), (27_000, 27)))
}
fn thin() -> Signal {
    signal("errors", &steady(20, (30, 0), (270, 1)))
}

fn of(signals: Vec<Signal>) -> Inputs {
    Inputs { signals, ..Inputs::new(at(3600), 0.01, Authority::Automatic, Soak::Running(Seconds(60))) }
}

fn term(standing: Standing, rolls_back: Option<Authority>) -> Term {
    Term { trigger: TriggerId::new("error-rate"), standing, rolls_back }
}

fn guard(standing: Standing) -> Guard {
    Guard { name: TriggerId::new("crash-loop"), standing }
}

#[test]
fn the_first_that_has_a_say_is_heard() {
    let nothing = of(vec![good()]);
    let split = Trouble::Split { set: Weight::ZERO, seen: Weight::FULL };
    let table = [
        (nothing.clone(), "promote", "promote: every signal is fine"),
        (of(Vec::new()), "hold", "no signal may decide"),
        (of(vec![Signal { weight: 0.0, ..bad() }, good()]), "promote", "every signal is fine"),
        (of(vec![good(), bad()]), "roll-back", "roll back: errors: taken back before"),
        (of(vec![good(), thin()]), "hold", "not enough to say"),
        (
            Inputs { guards: vec![guard(Standing::Firing)], ..nothing.clone() },
            "roll-back",
            "hard limit crash-loop",
        ),
        (
            Inputs { guards: vec![guard(Standing::Pending)], ..nothing.clone() },
            "hold",
            "crash-loop is pending",
        ),
        (
            Inputs { rules: vec![term(Standing::Firing, Some(Authority::Request))], ..nothing.clone() },
            "roll-back",
            "error-rate has fired; a person confirms it",
        ),
        (
            Inputs { rules: vec![term(Standing::Firing, None)], ..nothing.clone() },
            "hold",
            "error-rate has fired",
        ),
        (Inputs { rules: vec![term(Standing::Unknown, None)], ..nothing.clone() }, "hold", "no good data"),
        (
            Inputs { rules: vec![term(Standing::Suppressed, None)], ..nothing.clone() },
            "hold",
            "is suppressed",
        ),
        (Inputs { troubles: vec![split.clone()], ..nothing }, "hold", "look at the router"),
        (Inputs { troubles: vec![split], ..of(vec![bad()]) }, "roll-back", "taken back before"),
        (Inputs { authority: Authority::Request, ..of(vec![bad()]) }, "roll-back", "; a person confirms it"),
        (
            Inputs { soak: Soak::Over, ..of(vec![thin()]) },
            "hold",
            "the soak is over with 0 of 240 canary requests",
        ),
    ];
    for (inputs, decision, sentence) in table {
        let judged = rule_on(&inputs);
        assert_eq!(judged.decision.as_str(), decision, "{judged}");
        assert!(judged.to_string().contains(sentence), "{judged}");
        assert_eq!(judged, rule_on(&inputs), "it can be judged again");
    }
}

#[test]
fn too_few_says_what_is_needed_here_and_at_the_next_weight() {
    let judged = rule_on(&Inputs { soak: Soak::Over, ..of(vec![thin()]) });
    let Grounds::TooFew { canary, forecast: Some(forecast), .. } = &judged.grounds else {
        panic!("{judged:?}")
    };
    assert_eq!(*canary, Counts { total: 8 * 30, bad: 0 });
    let (weight, there) = forecast.there.expect("a next weight");
    assert!(weight.value() == 25.0 && there < forecast.here, "{forecast}");
    assert!(judged.faster().is_some_and(|sentence| sentence.contains("at 25 %")), "{judged}");
    let silent = signal("errors", &steady(20, (30, 0), (270, 0)));
    let judged = rule_on(&Inputs { soak: Soak::Over, ..of(vec![silent]) });
    assert!(judged.to_string().contains("while nothing goes bad"), "{judged}");
}

#[test]
fn signals_that_are_not_enough_alone_can_be_together() {
    let settings = Settings { alpha: 0.001, ..Settings::default() };
    let steps = steady(240, (300, 6), (2700, 11));
    let mut judge = Judge::new(settings).expect("fit");
    let enough = steps.iter().position(|step| {
        judge.take(*step);
        judge.log_e_bad() >= 100f64.ln()
    });
    let steps = &steps[..=enough.expect("it is worse")];
    assert_eq!(judge.decision(), Decision::Hold, "{}", judge.ruling());
    let part = |name| Signal::of(MetricId::new(name), 1.0, &judge, None, inputs(&settings, steps));
    let judged = rule_on(&of(vec![part("errors"), part("timeouts")]));
    assert!(matches!(judged.grounds, Grounds::WorseTogether { .. }), "{judged}");
    assert_eq!(judged.decision, Decision::RollBack);
}

#[test]
fn what_is_judged_has_a_digest_of_all_of_it_in_any_order() {
    let (one, other) =
        (signal("errors", &steady(9, (9, 1), (9, 1))), signal("slow", &steady(9, (9, 1), (9, 1))));
    let ordered = of(vec![one.clone(), other.clone()]);
    assert_eq!(ordered.digest(), of(vec![other, one.clone()]).digest());
    assert_ne!(ordered.digest(), of(vec![one]).digest());
    assert_ne!(
        ordered.digest(),
        Inputs { rules: vec![term(Standing::Calm, None)], ..ordered.clone() }.digest()
    );
    let judged = rule_on(&ordered);
    let text = serde_json::to_string(&judged).expect("JSON");
    assert_eq!(serde_json::from_str::<Judgement>(&text).expect("reads back"), judged);
}

#[test]
fn the_error_allowed_is_shared_by_weight() {
    let parts = budget(0.01, &[3.0, 1.0, 0.0]);
    assert!((parts[0] - 0.0075).abs() < 1e-12 && (parts[1] - 0.0025).abs() < 1e-12);
    assert_eq!(parts[2], 0.01);
}

#[test]
fn a_promotion_does_not_outlive_the_data() {
    let mut steps = steady(60, (3000, 3), (27_000, 27));
    steps.extend((60..64).map(|place| Step::missing(at(place * 15))));
    let log = log(Settings::default(), &steps).expect("fit");
    let last = &log.last().expect("a ruling").ruling;
    assert_eq!((last.decision, &last.reason), (Decision::Hold, &Reason::Blind { steps: 4 }));
    assert_eq!(log[1].ruling.decision, Decision::Promote);
    assert_eq!(log[2].at, at(62 * 15), "a gap of two is let be");
}

#[test]
fn lost_steps_are_in_the_way_only_as_far_as_they_could_matter() {
    let settings = Settings { every: Some(Seconds(15)), ..Settings::default() };
    let holes = |steps: Vec<Step>, each: usize| -> Vec<Step> {
        steps.into_iter().enumerate().filter(|(place, _)| place % each != 1).map(|(_, step)| step).collect()
    };
    let bad = judged(settings, &holes(steady(240, (300, 8), (2700, 12)), 20));
    assert_eq!(
        bad.last().map(|last| last.1),
        Some(Decision::RollBack),
        "a bad canary goes back all the same"
    );
    let good = holes(steady(240, (3000, 3), (27_000, 27)), 3);
    let log = log(settings, &good).expect("fit");
    let last = &log.last().expect("a ruling").ruling;
    assert!(matches!(last.reason, Reason::Lost { .. }), "{last}");
    assert!(last.log_e_ok > settings.fine_bar());
}

#[test]
fn a_new_stage_warms_up_and_starts_anew() {
    let mut judge = Judge::new(Settings::default()).expect("fit");
    for place in 0..240 {
        if place == 100 {
            judge.stage(at(place * 15));
        }
        // Cold for two minutes: five times as many errors, which do not count.
        let bad = if (100..108).contains(&place) { 15 } else { 3 };
        judge.take(Step::new(at(place * 15), Tally::ratio(3000, bad), Tally::ratio(27_000, 27)));
    }
    assert_eq!(judge.decision(), Decision::Promote);
    let canary = judge.ruling().canary;
    assert_eq!(canary, Counts { total: 3000 * 216, bad: 3 * 216 }, "twice twelve steps of warm-up");
}

#[test]
fn latency_is_judged_at_all_bounds_and_a_tail_is_seen() {
    let settings = Settings { bounds: 3, rho_max: 1.5, ..Settings::default() };
    let tally = |total, bad| Tally { total, bad };
    let mut judge = Judge::new(settings).expect("fit");
    let mut healthy = judge.clone();
    for place in 0..240 {
        let baseline = tally(2700, [900, 270, 27]);
        judge.take(Step::new(at(place * 15), tally(300, [100, 30, 15]), baseline));
        healthy.take(Step::new(at(place * 15), tally(300, [100, 30, 3]), baseline));
    }
    assert_eq!((judge.decision(), healthy.decision()), (Decision::RollBack, Decision::Promote));
    let ratio = judge.ruling().ratio;
    assert!(ratio.mid.is_some_and(|mid| (mid - 5.0).abs() < 0.1), "of the bound that speaks: {ratio:?}");
}
