//! What is taken in, what is let go, and how much room it takes.

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn number(second: i64, value: f64) -> Sample {
    Sample::of(at(second), Some(value))
}

fn gap(second: i64, quality: Quality) -> Sample {
    Sample { at: at(second), measure: Measure::None, quality }
}

fn tally(second: i64, total: u64, bad: u64) -> Sample {
    let quality = if total == 0 { Quality::NoTraffic } else { Quality::Ok };
    Sample { at: at(second), measure: Measure::Tally(Tally::ratio(total, bad)), quality }
}

fn day() -> Samples {
    Samples::new(Seconds(15), Seconds(24 * 3600))
}

#[test]
fn gaps_are_filled_late_and_known_values_stay() {
    let mut samples = Samples::new(Seconds(15), Seconds(3600));
    assert!(samples.take([number(0, 1.0), gap(15, Quality::Error), number(30, f64::NAN)]));
    assert!(samples.take([number(15, 2.0), number(0, 9.0)]));
    assert!(!samples.take([number(15, 3.0), gap(30, Quality::NoSeries)]));
    assert_eq!(
        samples.iter().collect::<Vec<_>>(),
        [number(0, 1.0), number(15, 2.0), gap(30, Quality::NoSeries)]
    );
    assert_eq!(samples.newest(), Some((at(15), 2.0)));
    let partial = Sample { quality: Quality::Partial, ..number(45, 4.0) };
    assert!(samples.take([partial, number(45, 5.0)]), "a whole answer is better than a part");
    assert!(!samples.take([partial]));
    assert_eq!(samples.newest(), Some((at(45), 5.0)));
}

#[test]
fn the_oldest_go_when_there_are_too_many() {
    let mut samples = Samples::new(Seconds(15), Seconds(150));
    samples.take((0..1000).map(|n| number(n * 15, 1.0)));
    assert_eq!((samples.len(), samples.iter().count()), (10, 10));
    assert_eq!(samples.last(), Some(at(999 * 15)));
    assert!(!samples.take([number(7, 1.0)]), "there is no room for older ones");
    assert!(samples.take([number(999 * 15 - 7, 1.0)]));
    assert_eq!(samples.iter().next(), Some(number(991 * 15, 1.0)));
    assert_eq!(samples.len(), 10);
}

#[test]
fn a_sample_from_the_future_says_nothing_of_now() {
    let mut samples = Samples::new(Seconds(15), Seconds(3600));
    samples.take([number(3600, 1.0)]);
    assert!(!samples.speaks(at(0)).1);
    assert!(samples.speaks(at(3570)).1, "clocks differ a little");
}

#[test]
fn a_hole_or_age_ends_its_word() {
    let mut samples = Samples::new(Seconds(15), Seconds(3600));
    samples.take([0, 15, 90, 105, 135].map(|second| number(second, 1.0)));
    assert!(samples.speaks(at(180)).1);
    assert!(!samples.speaks(at(181)).1);
    samples.take([gap(150, Quality::NoSeries)]);
    assert!(samples.speaks(at(150)).1, "one hole is let be");
    samples.take([gap(165, Quality::NoSeries)]);
    assert!(!samples.speaks(at(165)).1, "two are not");
}

#[test]
fn windows_are_open_at_their_begin_and_closed_at_their_end() {
    let mut samples = day();
    samples.take((0..1000).map(|n| tally(n * 15, 10, u64::from(n % 100 == 0))));
    let times = |after, to| samples.between(at(after), at(to)).map(|s| s.at.as_second()).collect::<Vec<_>>();
    assert_eq!(times(30, 75), [45, 60, 75]);
    assert_eq!(times(-10, 0), [0]);
    assert!(times(999 * 15, 99_999).is_empty());
    assert!(times(75, 30).is_empty());
    let sum = samples.sum(at(0), at(1500 * 15));
    assert_eq!(sum, Sum { tally: Tally::ratio(9990, 9), samples: 999, missing: 501 });
    samples.take([gap(1000 * 15, Quality::Error), tally(1001 * 15, 0, 0)]);
    let sum = samples.sum(at(998 * 15), at(1001 * 15));
    assert_eq!(sum, Sum { tally: Tally::ratio(10, 0), samples: 2, missing: 1 }, "no traffic is an answer");
}

/// One of the shapes that a source has.
fn shape(metric: u64, arm: u64, n: i64) -> Sample {
    // A small generator of its own: the figure must be the same every day.
    let mut state = (metric << 40) ^ (arm << 32) ^ u64::try_from(n).expect("not negative");
    let mut random = |below: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb) % below
    };
    let when = at(1_790_000_000 + n * 15);
    let tally = |total, bad| Measure::Tally(Tally { total, bad });
    let measure = match metric % 4 {
        0 => Measure::Number(random(1 << 53) as f64 / 1e17),
        1 => tally(3_000 + random(3_000), [random(300), 0, 0]),
        2 => tally(30_000 + random(30_000), [random(3_000), random(1_000), random(100)]),
        _ => Measure::Number(random(50) as f64),
    };
    // What we scrape ourselves comes when it comes.
    let late = if metric % 8 < 4 { 0 } else { i64::try_from(random(90_000_000)).expect("small") };
    let at = when.checked_add(jiff::SignedDuration::from_nanos(late)).expect("in range");
    Sample { at, measure, quality: Quality::Ok }
}

#[test]
fn a_day_of_two_hundred_signals_of_two_sides_takes_less_than_32_mib() {
    let (mut held, mut packed, mut samples) = (0, 0, 0);
    for metric in 0..200 {
        for arm in 0..2 {
            let mut one = day();
            one.take((0..5760).map(|n| shape(metric, arm, n)));
            samples += one.len();
            held += one.size();
            packed += one.pack().len();
        }
    }
    assert_eq!(samples, 200 * 2 * 5760);
    println!("{samples} samples: {held} bytes in memory, {packed} in a file");
    assert!(held < 32 << 20, "{held} bytes in memory");
    assert!(packed < held, "{packed} bytes in a file");
}

#[test]
fn what_is_no_pack_is_refused() {
    let mut one = day();
    one.take((0..300).map(|n| shape(2, 0, n)));
    let (every, keep) = (Seconds(15), Seconds(24 * 3600));
    let packed = one.pack();
    assert_eq!(Samples::unpack(every, keep, &packed), Some(one));
    assert_eq!(Samples::unpack(every, keep, &packed[..packed.len() - 1]), None);
    assert_eq!(Samples::unpack(every, keep, &[packed.clone(), packed.clone()].concat()), None, "twice");
    assert_eq!(Samples::unpack(every, keep, &[0xff; 40]), None);
    assert_eq!(Samples::unpack(every, keep, &[]), Some(day()));
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let quality = prop::sample::select(vec![
        Quality::Ok,
        Quality::WarmUp,
        Quality::NoTraffic,
        Quality::NoSeries,
        Quality::Stale,
        Quality::Partial,
        Quality::Error,
    ]);
    let measure = prop_oneof![
        Just(Measure::None),
        any::<f64>().prop_map(Measure::Number),
        any::<(u64, [u64; 3])>().prop_map(|(total, bad)| Measure::Tally(Tally { total, bad })),
        (0u64..500, 0u64..9).prop_map(|(total, bad)| Measure::Tally(Tally::ratio(total, bad))),
        (-500i32..500).prop_map(|number| Measure::Number(number.into())),
    ];
    let moment = prop_oneof![
        (-40i64..40).prop_map(|n| at(n * 15)),
        (any::<i32>(), 0..1_000_000_000i32).prop_map(|(second, rest)| {
            Timestamp::new(second.into(), if second < 0 { -rest } else { rest }).expect("in range")
        }),
    ];
    (moment, measure, quality).prop_map(|(at, measure, quality)| Sample { at, measure, quality })
}

/// What would be kept without any packing: of each moment the answer that says most.
fn plainly(samples: &[Sample], most: usize) -> Vec<Sample> {
    let mut by_time = std::collections::BTreeMap::<Timestamp, Sample>::new();
    for sample in samples.iter().copied().map(sound) {
        let known = by_time.entry(sample.at).or_insert(sample);
        if worth(known) < worth(&sample) {
            *known = sample;
        }
    }
    let spare = by_time.len().saturating_sub(most);
    by_time.into_values().skip(spare).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Packed is kept as it was, whatever it is and in whatever order and portions it comes.
    #[test]
    fn the_order_of_asking_does_not_matter(
        mut samples in prop::collection::vec(any_sample(), 1..400),
        portion in 1usize..50,
        seed in any::<u64>(),
        keep in 1u64..600,
    ) {
        // Two different answers of the same worth to one question are the source's affair.
        samples.sort_by(|a, b| a.at.cmp(&b.at).then(worth(&sound(*a)).cmp(&worth(&sound(*b)))));
        samples.dedup_by_key(|sample| (sample.at, worth(&sound(*sample))));
        let mut one = Samples::new(Seconds(1), Seconds(keep));
        one.take(samples.iter().copied());
        let wanted = plainly(&samples, one.most);
        prop_assert_eq!(one.iter().collect::<Vec<_>>(), wanted.clone());
        let mut mixed = samples.clone();
        let mut state = seed | 1;
        for place in (1..mixed.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            mixed.swap(place, usize::try_from(state >> 33).expect("small") % (place + 1));
        }
        let mut other = Samples::new(Seconds(1), Seconds(keep));
        for portion in mixed.chunks(portion) {
            other.take(portion.iter().copied());
        }
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(Samples::unpack(Seconds(1), Seconds(keep), &other.pack()), Some(one));
        let reversed: Vec<Sample> = other.iter().rev().collect();
        prop_assert!(reversed.iter().rev().eq(&wanted));
    }

    /// Bytes from elsewhere never harm.
    #[test]
    fn foreign_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Some(samples) = Samples::unpack(Seconds(15), Seconds(3600), &bytes) {
            prop_assert!(samples.iter().zip(samples.iter().skip(1)).all(|(a, b)| a.at < b.at));
        }
    }
}
