//! The edges of the rank test; its numbers are held against R's in the suite.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const EITHER: Demand = Demand { side: Side::Either, tolerance: 0.25 };
const ASKED: Question =
    Question { alternative: Alternative::TwoSided, confidence: 0.98, method: Method::Normal };
const INF: f64 = f64::INFINITY;

fn judged(x: &[f64], y: &[f64]) -> (Class, RankTest) {
    let pair = Pair::new(x, y).expect("both hold values");
    let test = ask(&pair, &ASKED);
    (classify(&pair, &test, &EITHER), test)
}

fn rising(from: f64) -> Vec<f64> {
    (0..30).map(|i| from + f64::from(i * 7 % 30) / 10.0).collect()
}

#[rstest]
#[case::all_tied(&[1.0; 3], &[1.0; 2], Class::Pass, 0.0, 1.0)]
#[case::identical(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], Class::Pass, 0.0, 1.0)]
#[case::one_each(&[10.0], &[1.0], Class::NoData, 9.0, 1.0)]
#[case::both_signs_of_zero(&[0.0, -0.0], &[-0.0], Class::Pass, 0.0, 1.0)]
#[case::constant_arms(&[10.0; 8], &[1.0; 8], Class::High, 9.0, 0.000_137_586_057_166_028_86)]
fn degenerate_samples_have_an_answer(
    #[case] x: &[f64],
    #[case] y: &[f64],
    #[case] class: Class,
    #[case] estimate: f64,
    #[case] p: f64,
) {
    let (judged, test) = judged(x, y);
    assert_eq!((judged, test.estimate), (class, estimate));
    assert!((test.p - p).abs() < 1e-12, "{test:?}");
}

#[test]
fn a_sample_without_a_value_is_none() {
    assert_eq!(Pair::new(&[], &[1.0]), None);
    assert_eq!(Pair::new(&[1.0], &[f64::NAN, f64::NAN]), None);
    let with = judged(&[1.0, f64::NAN, 2.0], &[3.0, 4.0]);
    assert_eq!(with, judged(&[1.0, 2.0], &[3.0, 4.0]));
}

#[test]
fn one_infinite_value_does_not_stop_the_test() {
    let (plain, worse) = (rising(10.0), rising(50.0));
    for infinity in [INF, -INF] {
        let (mut x, mut y) = (worse.clone(), plain.clone());
        x[3] = infinity;
        assert_eq!(judged(&x, &plain).0, Class::High, "{infinity} in x");
        y[3] = infinity;
        assert_eq!(judged(&worse, &y).0, Class::High, "{infinity} in y");
        let (class, test) = judged(&x, &y);
        assert_eq!(class, Class::High, "{infinity} in both");
        assert!((test.estimate - 40.0).abs() < 0.5 && test.lower.is_finite(), "{test:?}");
        assert_eq!(judged(&plain, &x).0, Class::Low);
    }
}

#[rstest]
#[case::every_value_of_x(&[INF; 9], &[1.0; 9], Class::High, INF)]
#[case::every_value_of_y(&[1.0; 9], &[INF; 9], Class::Low, -INF)]
#[case::every_value(&[INF; 9], &[INF; 9], Class::Pass, 0.0)]
#[case::most_of_x(&[5.0, 6.0, INF, INF, INF, INF, INF, INF, INF], &[1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8], Class::High, INF)]
fn infinite_arms_have_an_answer(
    #[case] x: &[f64],
    #[case] y: &[f64],
    #[case] class: Class,
    #[case] estimate: f64,
) {
    let (judged, test) = judged(x, y);
    assert_eq!((judged, test.estimate), (class, estimate));
    assert!(!test.lower.is_nan() && !test.upper.is_nan() && test.p.is_finite(), "{test:?}");
}

#[test]
fn a_bound_that_only_infinite_values_reach_is_infinite() {
    let mut x = rising(10.0);
    x[..20].fill(INF);
    let (_, test) = judged(&x, &rising(10.0));
    assert_eq!((test.upper, test.estimate), (INF, INF));
    assert!(test.lower.is_finite(), "{test:?}");
}

#[test]
fn the_direction_changes_the_class_alone() {
    let pair = Pair::new(&rising(20.0), &rising(10.0)).expect("values");
    let test = ask(&pair, &ASKED);
    let class = |side| classify(&pair, &test, &Demand { side, ..EITHER });
    assert_eq!(class(Side::Increase), Class::High);
    assert_eq!(class(Side::Decrease), Class::Pass);
    assert_eq!(class(Side::Either), Class::High);
}

#[test]
fn an_interval_that_is_a_point_is_that_point() {
    // Nearly every value is 0, so that every crossing is the difference 0: no trace of the search may be left.
    let mut x = vec![0.0; 60];
    let mut y = vec![0.0; 60];
    (x[0], x[1], y[0]) = (0.03, 0.01, 0.02);
    let (class, test) = judged(&x, &y);
    assert_eq!((class, test.lower, test.upper, test.estimate), (Class::Pass, 0.0, 0.0, 0.0));
}

#[test]
fn effects_are_ratios_and_shares() {
    let pair = |x: &[f64], y: &[f64]| Pair::new(x, y).expect("values");
    assert_eq!(mean_ratio(&pair(&[10.0, 30.0], &[10.0])), Some(2.0));
    assert_eq!(mean_ratio(&pair(&[10.0], &[0.0])), None);
    assert_eq!(mean_ratio(&pair(&[INF, 10.0], &[5.0])), Some(2.0));
    assert_eq!(mean_ratio(&pair(&[INF], &[5.0])), None);
    assert_eq!(common_language(&pair(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0])), 0.5);
    assert_eq!(common_language(&pair(&[3.0, 4.0], &[1.0, 2.0])), 1.0);
}

#[test]
fn the_exact_distribution_is_the_counted_one() {
    let exact = Exact::new(2, 3);
    let found: Vec<f64> = (0..=6).map(|u| exact.probability(f64::from(u)) * 10.0).map(f64::round).collect();
    assert_eq!(found, [1.0, 2.0, 4.0, 6.0, 8.0, 9.0, 10.0]);
    assert!((exact.above(4.0) - 0.2).abs() < 1e-15);
    assert_eq!((exact.most(), exact.quantile(0.25), exact.quantile(1.0)), (6, 2, 6));
}

fn sample() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        4 => (0..40i32).prop_map(f64::from),
        4 => 0.0..100.0f64,
        1 => Just(INF),
        1 => Just(f64::NAN),
    ];
    prop::collection::vec(value, 2..40)
}

proptest! {
    #[test]
    fn the_unit_of_the_data_changes_no_answer(x in sample(), y in sample(), power in -9..=9i32) {
        let Some(pair) = Pair::new(&x, &y) else { return Ok(()) };
        let unit = 10.0f64.powi(power);
        let scaled = |values: &[f64]| values.iter().map(|value| value * unit).collect::<Vec<_>>();
        let other = Pair::new(&scaled(&x), &scaled(&y)).expect("as many values");
        let (a, b) = (ask(&pair, &ASKED), ask(&other, &ASKED));
        prop_assert_eq!(classify(&pair, &a, &EITHER), classify(&other, &b, &EITHER));
        prop_assert!((a.p - b.p).abs() < 1e-12);
        for (a, b) in [(a.lower, b.lower), (a.upper, b.upper), (a.middle, b.middle)] {
            prop_assert!(a * unit == b || (a * unit - b).abs() <= 1e-6 * unit, "{a} {b}");
        }
    }

    #[test]
    fn swapped_samples_mirror_the_answer(x in sample(), y in sample()) {
        let (Some(pair), Some(mirror)) = (Pair::new(&x, &y), Pair::new(&y, &x)) else { return Ok(()) };
        let (a, b) = (ask(&pair, &ASKED), ask(&mirror, &ASKED));
        prop_assert!((a.p - b.p).abs() < 1e-12);
        prop_assert!(a.lower == -b.upper || (a.lower + b.upper).abs() < 1e-6, "{a:?} {b:?}");
        prop_assert!(a.lower <= a.upper, "{a:?}");
        prop_assert!((a.u + b.u - pair.x.count * pair.y.count).abs() < 1e-9);
    }

    #[test]
    fn the_ends_of_what_a_float_holds_are_no_end(x in prop::collection::vec(0.1..100.0f64, 2..20), y in prop::collection::vec(0.1..100.0f64, 2..20)) {
        let middle = judged(&x, &y);
        for power in [-1000, 1000] {
            let unit = f64::from(power).exp2();
            let scaled = |values: &[f64]| values.iter().map(|value| value * unit).collect::<Vec<_>>();
            let (class, test) = judged(&scaled(&x), &scaled(&y));
            prop_assert_eq!(class, middle.0);
            prop_assert!((test.estimate / unit - middle.1.estimate).abs() < 1e-6, "{:?} {:?}", test, middle.1);
        }
    }
}
#[rstest]
#[case(0.01, -2.326_347_874_040_840_8)]
#[case(0.025, -1.959_963_984_540_054_5)]
#[case(0.3, -0.524_400_512_708_040_9)]
#[case(1e-6, -4.753_424_308_822_899)]
#[case(0.5, 0.0)]
fn quantiles_undo_probabilities(#[case] p: f64, #[case] z: f64) {
    assert!((quantile(p) - z).abs() < 1e-14, "{}", quantile(p));
    assert!((quantile(1.0 - p) + z).abs() < 1e-9, "{}", quantile(1.0 - p));
    assert!((probability(z) - p).abs() < 1e-15 * p.max(0.1), "{}", probability(z));
}

#[test]
fn the_last_quantiles_are_infinite() {
    assert_eq!((quantile(0.0), quantile(1.0)), (-INF, INF));
    assert!(quantile(1e-300).is_finite() && quantile(f64::NAN).is_nan());
}
