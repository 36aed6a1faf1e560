//! What must hold of the judge whatever it is fed.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::analysis::Tally;
use crate::base::{Seconds, Timestamp};

/// How far apart the steps are.
const EVERY: i64 = 15;

fn at(place: usize) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + EVERY * i64::try_from(place).expect("few")).expect("in range")
}

fn step(place: usize, (canary, bad, baseline, other): (u64, u64, u64, u64)) -> Step {
    Step::new(at(place), Tally::ratio(canary, bad), Tally::ratio(baseline, other))
}

fn steps(counts: &[(u64, u64, u64, u64)]) -> Vec<Step> {
    counts.iter().enumerate().map(|(place, counts)| step(place, *counts)).collect()
}

/// Settings under which little is needed to act, so that both decisions are common.
fn hasty() -> Settings {
    let (dwell, warm_up, every) = (Seconds(120), Seconds(60), u64::try_from(EVERY).ok().map(Seconds));
    Settings { alpha: 0.2, beta: 0.4, dwell, warm_up, every, ..Settings::default() }
}

fn judge(settings: Settings) -> Judge {
    Judge::new(settings).expect("fit")
}

fn after(settings: Settings, steps: &[Step]) -> Judge {
    let mut judge = judge(settings).begun(at(0));
    for step in steps {
        judge.take(*step);
    }
    judge
}

/// What was decided first, and at which step's time; none when it held all along.
fn acted(settings: Settings, steps: &[Step]) -> Option<(Timestamp, Decision)> {
    let mut judge = judge(settings).begun(at(0));
    steps.iter().find_map(|step| match judge.take(*step) {
        Decision::Hold => None,
        decision => Some((step.at, decision)),
    })
}

/// A step like one of a small service, or of a worse canary than that.
fn counts() -> impl Strategy<Value = (u64, u64, u64, u64)> {
    (50u64..150, 0u64..6, 450u64..950, 0u64..12)
}

/// The worst of all those steps in every respect: after it nothing that is lost can surprise.
fn worst() -> [(u64, u64, u64, u64); 2] {
    [(50, 5, 949, 11), (149, 5, 450, 11)]
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_is_evidence_before_the_warm_up_ends(all in vec(counts(), 1..40)) {
        let settings = Settings { warm_up: Seconds(600), ..hasty() };
        let judge = after(settings, &steps(&all));
        prop_assert_eq!((judge.log_e_bad(), judge.log_e_ok(), judge.decision()), (0.0, 0.0, Decision::Hold));
    }

    #[test]
    fn a_step_in_which_nothing_went_bad_changes_no_evidence(all in vec(counts(), 5..60), total in 1u64..1000) {
        let mut judge = after(hasty(), &steps(&all));
        let before = (judge.log_e_bad(), judge.log_e_ok());
        judge.take(step(all.len(), (total, 0, 10 * total, 0)));
        prop_assert_eq!((judge.log_e_bad(), judge.log_e_ok()), before);
    }

    #[test]
    fn one_more_error_speaks_against_the_side_that_made_it(all in vec(counts(), 10..80), place in 0usize..80) {
        let place = place % all.len();
        let plain = after(hasty(), &steps(&all));
        let with = |canary: u64, baseline: u64| {
            let mut all = all.clone();
            all[place].1 += canary;
            all[place].3 += baseline;
            let judge = after(hasty(), &steps(&all));
            (judge.log_e_bad(), judge.log_e_ok())
        };
        let (bad, ok) = with(1, 0);
        prop_assert!(bad >= plain.log_e_bad() - 1e-9 && ok <= plain.log_e_ok() + 1e-9);
        let (bad, ok) = with(0, 1);
        prop_assert!(bad <= plain.log_e_bad() + 1e-9 && ok >= plain.log_e_ok() - 1e-9);
    }

    #[test]
    fn more_requests_of_the_same_split_change_nothing(all in vec(counts(), 10..80), power in 0u32..10) {
        let factor = 10u64.pow(power);
        let scale = |(canary, bad, baseline, other): &(u64, u64, u64, u64)| {
            (canary * factor, *bad, baseline * factor, *other)
        };
        let scaled: Vec<_> = all.iter().map(scale).collect();
        prop_assert_eq!(acted(hasty(), &steps(&all)), acted(hasty(), &steps(&scaled)));
        let (plain, scaled) = (after(hasty(), &steps(&all)), after(hasty(), &steps(&scaled)));
        prop_assert!(close(plain.log_e_bad(), scaled.log_e_bad()));
        prop_assert!(close(plain.log_e_ok(), scaled.log_e_ok()));
    }

    #[test]
    fn the_order_of_asking_does_not_matter(
        (ordered, mixed) in vec(counts(), 5..80).prop_flat_map(|all| {
            let all = steps(&all);
            (Just(all.clone()), Just(all).prop_shuffle())
        })
    ) {
        prop_assert_eq!(log(hasty(), &ordered), log(hasty(), &mixed));
        prop_assert_eq!(inputs(&hasty(), &ordered), inputs(&hasty(), &mixed));
    }

    #[test]
    fn the_interval_holds_the_estimate(all in vec(counts(), 10..120)) {
        let ratio = after(hasty(), &steps(&all)).ruling().ratio;
        if let Some(mid) = ratio.mid {
            prop_assert!(ratio.low <= mid && ratio.high.is_none_or(|high| mid <= high), "{:?}", ratio);
        }
    }

    /// Steps that are deleted are lost, and what they held is not known. Whatever it was, within what was seen, the
    /// judge would have acted on the whole as well.
    #[test]
    fn deleting_steps_never_turns_hold_into_an_action(
        all in vec(counts(), 20..120), kept in vec(0u8..10, 120), share in 1u8..10, blank in any::<bool>()
    ) {
        let mut whole = steps(&worst());
        whole.extend(all.iter().enumerate().map(|(place, counts)| step(place + 2, *counts)));
        let keeps = |place: usize| place < 2 || kept.get(place % 120).is_some_and(|number| *number >= share);
        let rest: Vec<Step> = whole.iter().enumerate().filter_map(|(place, step)| match keeps(place) {
            true => Some(*step),
            false => blank.then(|| Step::missing(step.at)),
        }).collect();
        if let Some((when, decision)) = acted(hasty(), &rest) {
            let known = acted(hasty(), &whole);
            prop_assert!(known.is_some_and(|(earlier, _)| earlier <= when), "{decision} at {when}, not {known:?}");
        }
    }

    /// Of counters that run on a step that is not asked for is not lost: its events are in the next difference. At a
    /// constant share nothing is different then.
    #[test]
    fn not_asking_counters_never_turns_hold_into_an_action(
        all in vec((0u64..6, 0u64..12), 20..120), kept in vec(0u8..10, 120), share in 1u8..10
    ) {
        let whole: Vec<Step> =
            all.iter().enumerate().map(|(place, (bad, other))| step(place, (100, *bad, 900, *other))).collect();
        let mut rest = Vec::new();
        let mut since = (0, 0, 0, 0);
        for (place, (bad, other)) in all.iter().enumerate() {
            since = (since.0 + 100, since.1 + bad, since.2 + 900, since.3 + other);
            if place < 2 || kept[place % 120] >= share {
                let (canary, baseline) = (Tally::ratio(since.0, since.1), Tally::ratio(since.2, since.3));
                rest.push(Step::since_last(at(place), canary, baseline));
                since = (0, 0, 0, 0);
            }
        }
        if let Some((when, decision)) = acted(hasty(), &rest) {
            let known = acted(hasty(), &whole);
            prop_assert!(known.is_some_and(|(earlier, _)| earlier <= when), "{decision} at {when}, not {known:?}");
        }
    }
}

#[test]
fn both_decisions_are_common_under_the_settings_of_these_tests() {
    let often = |counts: (u64, u64, u64, u64)| {
        acted(hasty(), &steps(&vec![counts; 60])).map(|(_, decision)| decision)
    };
    assert_eq!(often((100, 3, 900, 5)), Some(Decision::RollBack));
    assert_eq!(often((100, 0, 900, 6)), Some(Decision::Promote));
}
