use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn asked() -> Digest {
    Digest::of("the question")
}

fn number(second: i64, value: f64) -> Sample {
    Sample::of(at(second), Some(value))
}

fn tally(second: i64, total: u64, bad: u64) -> Sample {
    let quality = if total == 0 { Quality::NoTraffic } else { Quality::Ok };
    Sample { at: at(second), measure: Measure::Tally(Tally::ratio(total, bad)), quality }
}

fn hour(samples: impl IntoIterator<Item = Sample>) -> Result<Snapshot, Empty> {
    Snapshot::of(samples, (at(0), at(3600)), asked())
}

#[test]
fn counts_are_added_and_numbers_give_their_median() {
    let counts = hour((1..=240).map(|n| tally(n * 15, 100, u64::from(n % 10 == 0)))).expect("counts");
    assert_eq!(counts.level, Level::Counts { total: 24_000, bad: [24, 0, 0] });
    assert_eq!((counts.value(), counts.events(), counts.samples), (Some(0.001), Some(24_000), 240));
    let numbers = hour([number(10, 3.0), number(20, 1.0), number(30, 900.0)]).expect("numbers");
    assert_eq!((numbers.level, numbers.events()), (Level::Median { value: 3.0 }, None));
    let even = hour([number(10, 1.0), number(20, 2.0)]).expect("numbers");
    assert_eq!(even.value(), Some(1.5));
}

#[test]
fn what_is_outside_or_doubtful_does_not_count() {
    let doubtful = |quality| Sample { quality, ..number(60, 99.0) };
    let samples = [
        number(0, 99.0),
        number(3601, 99.0),
        doubtful(Quality::Partial),
        doubtful(Quality::WarmUp),
        Sample::of(at(90), None),
        number(100, 7.0),
        number(3600, 7.0),
    ];
    let found = hour(samples).expect("two are good");
    assert_eq!((found.value(), found.samples), (Some(7.0), 2));
    assert_eq!(hour([doubtful(Quality::Stale)]), Err(Empty::NoSamples(at(0), at(3600))));
    assert_eq!(hour([tally(15, 0, 0)]), Err(Empty::NoEvents(at(0), at(3600))));
}

#[test]
fn each_refusal_has_its_reason_and_says_what_to_do() {
    let good = hour((1..=240).map(|n| tally(n * 15, 10, 1))).expect("counts");
    let few = hour((1..=9).map(|n| tally(n * 15, 10, 1))).expect("counts");
    let numbers = hour((1..=7).map(|n| number(n * 15, 5.0))).expect("numbers");
    let before = BaselineName::Before;
    let version = BaselineName::version("v2.3.0");
    let ask = |snapshot: &Snapshot, name: &BaselineName, second| {
        snapshot.usable(name, asked(), &Demand::default(), at(second)).map_err(|why| why.to_string())
    };
    assert_eq!(ask(&good, &before, 3600 + DAY), Ok(0.1), "a day is not too old");
    assert_eq!(
        ask(&good, &before, 3601 + DAY),
        Err("the baseline `before` is 1d1s old, more than 1d; capture it again before the release goes on"
            .to_owned())
    );
    assert_eq!(ask(&good, &version, 3600 + 400 * DAY), Ok(0.1), "a version does not age");
    for (snapshot, word) in [(&few, "90 events, fewer than 100"), (&numbers, "7 samples, fewer than 8")] {
        let said = ask(snapshot, &version, 3600).expect_err("too few");
        assert!(said.contains("version 2.3.0") && said.contains(word) && said.contains("longer"), "{said}");
    }
    let other = good.usable(&version, Digest::of("another"), &Demand::default(), at(3600));
    assert_eq!(other, Err(Unusable::OtherQuestion { name: version.clone() }));
    let said = Snapshot::said(0.25, at(10));
    assert_eq!(
        said.usable(&version, Digest::of("any"), &Demand::default(), at(DAY * 900)),
        Ok(0.25),
        "a person's number answers no query and is of no count"
    );
}

#[test]
fn names_are_read_as_they_are_written() {
    use BaselineName::{Before, LastWeek, Version, Yesterday};
    for name in [Before, Yesterday, LastWeek, Version("2.3.0".to_owned())] {
        let text = String::from(name.clone());
        assert_eq!(BaselineName::try_from(text), Ok(name));
    }
    assert_eq!(BaselineName::version(" v2.3.0 "), Version("2.3.0".to_owned()));
    assert_eq!(BaselineName::version("vanilla"), Version("vanilla".to_owned()));
    assert_eq!(BaselineName::version("before"), Version("before".to_owned()), "a version may be called so");
    for text in ["", "version", "version ", "after"] {
        assert!(BaselineName::try_from(text.to_owned()).is_err(), "{text}");
    }
    assert!(Before.warning().is_some() && Version("1".to_owned()).warning().is_none());
}

#[test]
fn two_sides_of_one_version_tell_how_errors_scatter() {
    let side = |odd: bool| -> Vec<Sample> {
        (1..=240).map(|n| tally(n * 15, 100, if (n / 40 % 2 == 1) == odd { 7 } else { 3 })).collect()
    };
    let (one, other) = (side(true), side(false));
    let found = hour(other.clone()).expect("counts").scattered(&one, &other);
    assert!(found.phi.is_some_and(|phi| phi > 10.0), "{found:?}");
    let alone = hour(other.clone()).expect("counts").scattered(&[], &other);
    assert_eq!(alone.phi, None, "there is no other side");
}

#[test]
fn it_is_kept_as_it_was() {
    let counts = hour((1..=9).map(|n| tally(n * 15, 10, 1))).expect("counts");
    let numbers = hour([number(10, 0.1), number(20, 1e-9)]).expect("numbers");
    for snapshot in [counts, numbers, Snapshot::said(210.5, at(9))] {
        let text = serde_json::to_string(&snapshot).expect("text");
        assert_eq!(serde_json::from_str::<Snapshot>(&text).expect("read"), snapshot, "{text}");
    }
}

proptest! {
    /// The order of the samples does not matter, and the median lies among them.
    #[test]
    fn order_does_not_matter(values in prop::collection::vec(-1e12..1e12f64, 1..60), turn in 0usize..60) {
        let samples: Vec<Sample> = (1..).zip(&values).map(|(n, value)| number(n * 15, *value)).collect();
        let mut turned = samples.clone();
        turned.rotate_left(turn % samples.len());
        let (one, other) = (hour(samples).expect("some"), hour(turned).expect("some"));
        prop_assert_eq!(&one, &other);
        let value = one.value().expect("a number");
        let below = values.iter().filter(|it| **it <= value).count();
        let above = values.iter().filter(|it| **it >= value).count();
        prop_assert!(2 * below >= values.len() && 2 * above >= values.len());
    }

    /// Two halves of a time come to the same as the whole.
    #[test]
    fn counts_of_two_halves_are_those_of_the_whole(
        counts in prop::collection::vec((1u64..1000, 0u64..50), 2..60),
        cut in 0i64..60,
    ) {
        let samples: Vec<Sample> =
            (1..).zip(&counts).map(|(n, (total, bad))| tally(n * 15, *total, *bad)).collect();
        let part = |from, to| match Snapshot::of(samples.clone(), (at(from), at(to)), asked()) {
            Ok(Snapshot { level: Level::Counts { total, bad: [bad, ..] }, .. }) => (total, bad),
            _ => (0, 0),
        };
        let (first, second, whole) = (part(0, cut * 15), part(cut * 15, 3600), part(0, 3600));
        prop_assert_eq!((first.0 + second.0, first.1 + second.1), whole);
    }
}
