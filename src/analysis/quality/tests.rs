//! Every situation by itself.

use super::*;
use crate::analysis::{Measure, Sample};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn bad(total: u64, bad: u64) -> Shown {
    Shown::Counts { total: Some(total), part: Counted::Bad(Some(bad)) }
}

fn scene() -> Scene {
    Scene {
        canary: bad(100, 1),
        baseline: bad(1000, 10),
        health: Health::Up,
        reply: Reply::Whole,
        restarted: false,
        ahead: 0,
    }
}

#[test]
fn each_situation_is_told_from_the_others() {
    let counts = |total, part| Shown::Counts { total, part };
    let rows: [(&str, Scene, Meaning, Quality, Asks); 17] = [
        ("whole", scene(), Meaning::Fine, Quality::Ok, Asks::Nothing),
        (
            "no traffic",
            Scene { canary: bad(0, 0), ..scene() },
            Meaning::NoTraffic,
            Quality::NoTraffic,
            Asks::Hold,
        ),
        (
            "no errors yet",
            Scene { canary: counts(Some(100), Counted::Bad(None)), ..scene() },
            Meaning::NoErrorsYet,
            Quality::Ok,
            Asks::Nothing,
        ),
        (
            "all fail, and no success was ever counted",
            Scene { canary: counts(Some(100), Counted::Good(None)), ..scene() },
            Meaning::AllFail,
            Quality::Ok,
            Asks::Alarm,
        ),
        (
            "all fail, and nothing else was counted",
            Scene { canary: counts(None, Counted::Bad(Some(7))), ..scene() },
            Meaning::AllFail,
            Quality::Ok,
            Asks::Alarm,
        ),
        (
            "canary dead",
            Scene { canary: Shown::Gone, health: Health::Down, ..scene() },
            Meaning::CanaryDown,
            Quality::NoSeries,
            Asks::Alarm,
        ),
        (
            "canary dead from the beginning",
            Scene { canary: Shown::Never, health: Health::Down, ..scene() },
            Meaning::CanaryDown,
            Quality::NoSeries,
            Asks::Alarm,
        ),
        (
            "canary gone and up",
            Scene { canary: Shown::Gone, ..scene() },
            Meaning::CanaryGone,
            Quality::NoSeries,
            Asks::Hold,
        ),
        (
            "monitoring down",
            Scene { reply: Reply::Failed, ..scene() },
            Meaning::Blind,
            Quality::Error,
            Asks::Hold,
        ),
        (
            "both gone, whatever `up` says",
            Scene { canary: Shown::Gone, baseline: Shown::Gone, health: Health::Down, ..scene() },
            Meaning::Blind,
            Quality::Error,
            Asks::Hold,
        ),
        (
            "both empty",
            Scene {
                canary: counts(None, Counted::Bad(None)),
                baseline: counts(None, Counted::Bad(None)),
                ..scene()
            },
            Meaning::Blind,
            Quality::Error,
            Asks::Hold,
        ),
        (
            "a part is missing",
            Scene { reply: Reply::Partial, ..scene() },
            Meaning::Partial,
            Quality::Partial,
            Asks::Hold,
        ),
        (
            "the canary's part is missing",
            Scene { reply: Reply::Partial, canary: Shown::Gone, ..scene() },
            Meaning::Partial,
            Quality::Partial,
            Asks::Hold,
        ),
        (
            "counter reset",
            Scene { restarted: true, ..scene() },
            Meaning::Restarted,
            Quality::Ok,
            Asks::Nothing,
        ),
        (
            "another label",
            Scene { canary: Shown::Never, health: Health::Untold, ..scene() },
            Meaning::NeverSeen,
            Quality::NoSeries,
            Asks::Repair,
        ),
        ("skew", Scene { ahead: -31, ..scene() }, Meaning::Skewed(-31), Quality::Ok, Asks::Warn),
        (
            "baseline gone",
            Scene { baseline: Shown::Gone, ..scene() },
            Meaning::BaselineGone,
            Quality::Ok,
            Asks::Hold,
        ),
    ];
    for (name, scene, meaning, quality, asks) in rows {
        let found = read(&scene);
        assert_eq!((found, found.quality(), found.asks()), (meaning, quality, asks), "{name}");
        assert!(!found.to_string().is_empty());
    }
    assert_eq!(read(&Scene { ahead: SKEW, ..scene() }), Meaning::Fine);
    let silent = counts(Some(100), Counted::Good(None));
    assert_eq!(silent.tally(), Some(Tally::ratio(100, 100)));
}

#[test]
fn a_series_is_as_good_as_its_newest_answer_and_no_older() {
    let course = Course::default();
    let of = |samples: &[Sample], course: &Course<'_>, now| {
        let mut held = Samples::new(Seconds(15), Seconds(3600));
        held.take(samples.iter().copied());
        quality(&held, course, Seconds(180), at(now))
    };
    let good = Sample::of(at(0), Some(1.0));
    let gap = |second, quality| Sample { at: at(second), measure: Measure::None, quality };
    assert_eq!(of(&[], &course, 0), Quality::NoSeries);
    assert_eq!(of(&[good], &course, 45), Quality::Ok);
    assert_eq!(of(&[good], &course, 46), Quality::Stale);
    assert_eq!(of(&[good], &course, -46), Quality::Stale, "from the future");
    assert_eq!(of(&[good, gap(15, Quality::Error)], &course, 15), Quality::Ok, "one hole");
    let holes = [good, gap(15, Quality::Error), gap(30, Quality::Partial)];
    assert_eq!(of(&holes, &course, 30), Quality::Partial);
    let idle = Sample { measure: Measure::Tally(Tally::default()), ..gap(0, Quality::NoTraffic) };
    assert_eq!(of(&[idle], &course, 0), Quality::NoTraffic);
    let steps = [at(-100)];
    assert_eq!(of(&[good], &Course { steps: &steps, ..course }, 0), Quality::WarmUp);
    let long_ago = [at(-180)];
    assert_eq!(of(&[good], &Course { steps: &long_ago, ..course }, 0), Quality::Ok);
}
