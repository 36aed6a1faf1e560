//! What must be so of every series.

use proptest::prelude::*;

use super::*;
use crate::analysis::threshold::{Gaps, Phase, Proof};

/// What a tick showed: nobody asked, nothing there, a number that is none, or a share in percent.
fn tick() -> impl Strategy<Value = Option<Option<f64>>> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(None)),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]).prop_map(|odd| Some(Some(odd))),
        4 => Just(Some(Some(0.5))),
        8 => Just(Some(Some(5.0))),
    ]
}

fn ticks() -> impl Strategy<Value = Vec<Option<Option<f64>>>> {
    prop::collection::vec(tick(), 1..60)
}

fn above(limit: f64, lasting: Option<u64>) -> Rule {
    let value = Quantity::new(limit, Unit::None);
    Rule {
        any: vec![vec![Test::new(Check::Compare { op: Op::Above, value })]],
        lasting: lasting.map(Seconds),
    }
}

fn samples(ticks: &[Option<Option<f64>>], factor: f64) -> Vec<Sample> {
    (0..)
        .zip(ticks)
        .filter_map(|(n, value)| Some(Sample::of(at(n * 15), value.as_ref()?.map(|value| value * factor))))
        .collect()
}

/// The phases of a rule that is looked at on every tick.
fn course(samples: &[Sample], ticks: usize, what: &Watched<'_>) -> Vec<Phase> {
    let mut held = day();
    let mut fired = false;
    (0..i64::try_from(ticks).expect("few"))
        .map(|n| {
            held.take(samples.iter().filter(|sample| sample.at == at(n * 15)).copied());
            let phase = stands(&held, &Watched { fired, ..*what }, n * 15).phase();
            fired = phase == Phase::Fired;
            phase
        })
        .collect()
}

fn fires(phases: &[Phase]) -> bool {
    phases.contains(&Phase::Fired)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// With strict gaps what did not fire does not fire when ticks are lost, whichever they are.
    #[test]
    fn lost_ticks_never_fire_a_strict_rule(
        ticks in ticks(),
        lost in prop::collection::vec(any::<bool>(), 60),
        lasting in prop::sample::select(vec![None, Some(30), Some(60), Some(300)]),
    ) {
        let alert = above(1.0, lasting);
        let what = Watched { terms: Terms { gaps: Gaps::Strict, ..Terms::default() }, ..watched(&alert) };
        let all = samples(&ticks, 1.0);
        let kept: Vec<Sample> =
            all.iter().zip(&lost).filter(|(_, lost)| !**lost).map(|(sample, _)| *sample).collect();
        if !fires(&course(&all, ticks.len(), &what)) {
            prop_assert!(!fires(&course(&kept, ticks.len(), &what)));
        }
    }

    /// A tolerant rule lets small gaps be, so it may be fooled by losing the good ticks and no others: without bad
    /// ones, or ones without a number, it fires no more often.
    #[test]
    fn lost_bad_ticks_never_fire_a_tolerant_rule(
        ticks in ticks(),
        lost in prop::collection::vec(any::<bool>(), 60),
        lasting in prop::sample::select(vec![None, Some(30), Some(60), Some(300)]),
    ) {
        let alert = above(1.0, lasting);
        let all = samples(&ticks, 1.0);
        let is_good = |sample: &Sample| sample.number() == Some(0.5);
        let kept: Vec<Sample> = all
            .iter()
            .zip(&lost)
            .filter(|(sample, lost)| is_good(sample) || !**lost)
            .map(|(sample, _)| *sample)
            .collect();
        if !fires(&course(&all, ticks.len(), &watched(&alert))) {
            prop_assert!(!fires(&course(&kept, ticks.len(), &watched(&alert))));
        }
    }

    /// Proof never comes from what is missing: a lost tick counts as a busy and a good one.
    #[test]
    fn lost_ticks_never_prove(
        bad in prop::collection::vec(0u64..6, 8..60),
        lost in prop::collection::vec(any::<bool>(), 60),
    ) {
        let alert = text("> 2% for 1m");
        let terms = Terms { proof: Proof::Evidence { alpha: 0.05 }, ..Terms::default() };
        let from = Course { from: Some(at(0)), ..Course::default() };
        let what = Watched { terms, course: from, ..watched(&alert) };
        let all: Vec<Sample> = (0..).zip(&bad).map(|(n, bad)| tally(n * 15, 100, *bad)).collect();
        let kept: Vec<Sample> =
            all.iter().zip(&lost).filter(|(_, lost)| !**lost).map(|(sample, _)| *sample).collect();
        if !fires(&course(&all, bad.len(), &what)) {
            prop_assert!(!fires(&course(&kept, bad.len(), &what)));
        }
    }

    /// The unit that numbers come in does not matter.
    #[test]
    fn scale_changes_nothing(ticks in ticks(), power in -9i32..=9, strict in any::<bool>()) {
        let factor = 10f64.powi(power);
        let gaps = if strict { Gaps::Strict } else { Gaps::Tolerant };
        let terms = Terms { gaps, ..Terms::default() };
        let phases = |factor: f64| {
            let alert = above(factor, Some(60));
            course(&samples(&ticks, factor), ticks.len(), &Watched { terms, ..watched(&alert) })
        };
        prop_assert_eq!(phases(1.0), phases(factor));
        let relative = |factor: f64| {
            let (mut canary, mut baseline) = (day(), day());
            canary.take(samples(&ticks, factor));
            baseline.take(samples(&vec![Some(Some(1.0)); ticks.len()], factor));
            let sides = Sides { other: Some(&baseline), ..Sides::of(&canary) };
            let now = i64::try_from(ticks.len()).expect("few") * 15 - 15;
            stand(&sides, &watched(&text("> 2x baseline for 1m")), at(now)).phase()
        };
        prop_assert_eq!(relative(1.0), relative(factor));
    }

    /// Where a rule stands depends on the samples, not on when and how often they were asked for.
    #[test]
    fn the_order_of_polling_does_not_matter(ticks in ticks(), portion in 1usize..20, fired in any::<bool>()) {
        let alert = above(1.0, Some(60));
        let what = Watched { fired, ..watched(&alert) };
        let now = i64::try_from(ticks.len()).expect("few") * 15;
        let mut once = day();
        once.take(samples(&ticks, 1.0));
        let mut portions = day();
        for portion in samples(&ticks, 1.0).chunks(portion).rev() {
            portions.take(portion.iter().copied());
            portions.take(portion.iter().rev().copied());
        }
        prop_assert_eq!(stands(&once, &what, now), stands(&portions, &what, now));
    }

    /// What is no number neither fires nor passes.
    #[test]
    fn what_is_no_number_neither_fires_nor_passes(
        odd in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
        demand in prop::sample::select(vec!["> 1", "< 1", ">= 1 for 1m", "!= 1", "<= 1 for 30s"]),
        fired in any::<bool>(),
    ) {
        let mut held = day();
        held.take((0..20).map(|n| Sample::of(at(n * 15), Some(odd))));
        let demand = text(demand);
        let phase = stands(&held, &Watched { fired, ..watched(&demand) }, 285).phase();
        prop_assert_eq!(phase, if fired { Phase::Fired } else { Phase::Unknown });
    }
}

/// Why the property of strict rules cannot hold for tolerant ones: a lost tick is let be, so two spells that a good
/// tick parted are one spell without it.
#[test]
fn a_tolerant_rule_takes_a_lost_good_tick_for_a_bad_one() {
    let alert = above(1.0, Some(60));
    let (bad, good) = (Some(Some(5.0)), Some(Some(0.5)));
    let parted = [bad, bad, bad, bad, good, bad, bad, bad, bad];
    let mut joined = parted;
    joined[4] = None;
    let phases = |ticks: &[Option<Option<f64>>]| course(&samples(ticks, 1.0), ticks.len(), &watched(&alert));
    assert!(!fires(&phases(&parted)));
    assert!(fires(&phases(&joined)));
}
