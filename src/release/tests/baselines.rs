//! Baselines: asked for, written down, captured at T-0 and at the end of a watch, and kept over versions.

use super::scene::Scene;
use crate::analysis::baseline::{BaselineName, Demand, Level, Snapshot, Unusable};
use crate::analysis::{Arm, Sample};
use crate::base::*;
use crate::plan::Baseline;
use crate::release::baseline::{due, question};
use crate::release::*;

const HOUR: i64 = 3600;

fn before() -> BaselineName {
    BaselineName::Before
}

fn old() -> BaselineName {
    BaselineName::version("2.3.0")
}

/// A metric with a source, compared with what was before.
fn with(mut scene: Scene, baseline: Option<Baseline>) -> Scene {
    scene.plan.metrics[0].source = Some("prom".into());
    scene.plan.metrics[0].baseline = baseline;
    scene
}

fn hour() -> Option<Baseline> {
    Some(Baseline::Before { span: Seconds(3600) })
}

fn dues(scene: &Scene) -> Vec<Capture> {
    due(&scene.state, &scene.plan, scene.now)
}

/// The engine answers for what is due first: a number of the first window, or why there is none.
fn read(scene: &mut Scene, answer: Result<f64, &str>) {
    let capture = dues(scene).into_iter().next().expect("something is due");
    let window = &capture.windows[0];
    let step = (window.to.as_second() - window.from.as_second()) / 20;
    let sample = |n: i64, value| {
        let at = Timestamp::from_second(window.from.as_second() + n * step).expect("time");
        Sample::of(at, Some(value))
    };
    let (mut found, mut missed) = (Vec::new(), Vec::new());
    match answer {
        Ok(value) => {
            let asked = question(&scene.plan.metrics[0]);
            let samples = (1..=20).map(|n| sample(n, value));
            let snapshot = Snapshot::of(samples, (window.from, window.to), asked).expect("samples");
            found.push((window.name.clone(), snapshot, Digest::of("samples")));
        }
        Err(why) => missed.push((window.name.clone(), why.into())),
    }
    scene.report(Report::BaselinesRead { metric: capture.metric, found, missed });
}

fn usable(scene: &Scene, name: &BaselineName) -> Result<f64, Unusable> {
    let metric = &scene.plan.metrics[0];
    let found = scene.state.baselines.usable(metric, name, &Demand::default(), scene.now);
    found.map(|found| found.value)
}

#[test]
fn what_was_before_is_captured_at_t0_with_the_days_before_it() {
    let mut scene = with(Scene::ready(), hour());
    assert_eq!(dues(&scene), [], "not before T-0");
    assert!(matches!(usable(&scene, &before()), Err(Unusable::None { .. })));
    scene.begin("web");
    let started = scene.state.started.expect("started");
    let [capture] = dues(&scene).try_into().expect("one metric");
    assert_eq!(capture.side, Arm::Baseline);
    let ends: Vec<i64> = capture.windows.iter().map(|it| started.as_second() - it.to.as_second()).collect();
    assert_eq!(ends, [0, 24 * HOUR, 7 * 24 * HOUR]);
    assert!(capture.windows.iter().all(|it| it.to.as_second() - it.from.as_second() == HOUR));
    scene.later(900);
    assert_eq!(dues(&scene), [capture], "the time it is of does not move with the clock");
    read(&mut scene, Ok(0.5));
    assert_eq!((dues(&scene), usable(&scene, &before())), (vec![], Ok(0.5)));
    scene.later(25 * HOUR);
    let stale = usable(&scene, &before()).expect_err("it is of yesterday");
    assert!(stale.to_string().contains("more than 1d"), "{stale}");
}

#[test]
fn what_cannot_be_captured_is_tried_three_times_and_said() {
    let mut scene = with(Scene::ready(), hour());
    scene.begin("web");
    for tries in 1..=3 {
        read(&mut scene, Err("prom did not answer"));
        assert_eq!(dues(&scene), [], "not at once");
        let missed = &scene.state.baselines.missed[&MetricId::new("errors")][&before()];
        assert_eq!(missed.tries, tries);
        scene.later(60);
    }
    assert_eq!(dues(&scene), [], "nor without end");
    let said = usable(&scene, &before()).expect_err("missed").to_string();
    assert!(said.contains("prom did not answer"), "{said}");
    // A person may name a time that was before.
    let started = scene.state.started.expect("started");
    let ask = |from: i64, to: i64| {
        let at = |second| Timestamp::from_second(started.as_second() + second).expect("time");
        Wish::CaptureBaseline { metric: "errors".into(), name: before(), since: at(from), until: at(to) }
    };
    let refused = scene.try_wish(ask(-HOUR, 30)).expect_err("that is not before");
    assert_eq!(refused.code, RefusalCode::WrongState);
    scene.wish(ask(-HOUR, 0));
    read(&mut scene, Ok(0.25));
    assert_eq!(usable(&scene, &before()), Ok(0.25));
}

#[test]
fn a_version_is_kept_when_its_watch_ends_and_compared_with_by_the_next() {
    let mut scene = with(Scene::ready(), None);
    scene.begin("web");
    scene.complete("web");
    assert_eq!(dues(&scene), []);
    scene.later(12 * HOUR);
    scene.wish(Wish::DeclareStable);
    let version = BaselineName::version(&scene.state.identity.clone().expect("known").version);
    let [capture] = dues(&scene).try_into().expect("one metric");
    assert_eq!((capture.side, &capture.windows[0].name), (Arm::Canary, &version));
    assert_eq!(capture.windows[0].to, scene.now);
    read(&mut scene, Ok(0.02));
    assert_eq!(dues(&scene), []);
    scene.wish(Wish::OpenAttempt { artifact: "9.9.9".into() });
    scene.later(400 * 24 * HOUR);
    assert_eq!(usable(&scene, &version), Ok(0.02), "it outlives its release and does not age");
    scene.plan.metrics[0].query = Some("another".to_owned());
    assert_eq!(usable(&scene, &version), Err(Unusable::OtherQuestion { name: version }));
}

#[test]
fn a_watch_that_was_short_gives_what_it_has() {
    let mut scene = with(Scene::ready(), None);
    scene.begin("web");
    scene.complete("web");
    scene.later(600);
    scene.wish(Wish::DeclareStable);
    let window = &dues(&scene)[0].windows[0];
    assert_eq!(window.to.as_second() - window.from.as_second(), 600, "nothing of the old version");
}

#[test]
fn a_person_writes_a_number_down() {
    let mut scene = with(Scene::ready(), None);
    let set = |value| Wish::SetBaseline { metric: "errors".into(), name: old(), value };
    let refused = scene.try_wish(set(f64::NAN)).expect_err("no number");
    assert_eq!(refused.code, RefusalCode::Incomplete);
    scene.wish(set(0.02));
    assert_eq!(usable(&scene, &old()), Ok(0.02));
    let kept = scene.state.baselines.of(&"errors".into(), &old()).expect("kept");
    assert_eq!((kept.snapshot.level, kept.inputs), (Level::Said { value: 0.02 }, None));
    let said = usable(&scene, &BaselineName::version("1.0.0")).expect_err("another version").to_string();
    assert!(said.contains("tminus baseline set errors --version 1.0.0"), "{said}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_write() {
    let mut scene = with(Scene::ready(), None);
    let now = scene.now;
    let at = |second: i64| Timestamp::from_second(now.as_second() + second).expect("time");
    let ask = |metric: &str, name, from, to| Wish::CaptureBaseline {
        metric: metric.into(),
        name,
        since: at(from),
        until: at(to),
    };
    let cases = [
        (ask("none", old(), -HOUR, 0), RefusalCode::Unknown),
        (ask("errors", old(), 0, -HOUR), RefusalCode::Incomplete),
        (ask("errors", old(), -HOUR, 60), RefusalCode::Incomplete),
        (ask("errors", old(), -25 * HOUR, 0), RefusalCode::Incomplete),
        (ask("errors", BaselineName::version(" "), -HOUR, 0), RefusalCode::Incomplete),
        (ask("errors", BaselineName::LastWeek, -HOUR, 0), RefusalCode::NotAllowed),
        (Wish::SetBaseline { metric: "errors".into(), name: before(), value: 1.0 }, RefusalCode::Incomplete),
    ];
    for (wish, code) in cases {
        assert_eq!(scene.try_wish(wish.clone()).expect_err("refused").code, code, "{wish:?}");
    }
    scene.plan.metrics[0].source = None;
    let refused = scene.try_wish(ask("errors", old(), -HOUR, 0)).expect_err("nobody to ask");
    assert!(refused.help.contains("baseline set"), "{}", refused.help);
}

#[test]
fn what_nobody_asked_for_is_not_taken() {
    let mut scene = with(Scene::ready(), None);
    let snapshot = Snapshot::said(1.0, scene.now);
    let found = vec![(old(), snapshot, Digest::of("x"))];
    let events =
        scene.give(Input::Report(Report::BaselinesRead { metric: "errors".into(), found, missed: vec![] }));
    assert_eq!(events, Ok(vec![]));
}
