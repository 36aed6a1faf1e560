//! What can be wrong with numbers, done to a real service behind a real Prometheus, and the word each must get.

use std::sync::Arc;
use std::time::Duration;

use tminus::analysis::{Arm, Measure, Quality, Sample, Tally};
use tminus::base::{Seconds, Timestamp, Untrusted};
use tminus::engine::clock::WallClock;
use tminus::engine::ports::{Ask, Fault, Numbers as _, Reading};
use tminus::plan::{Counts, Dialect, Histogram, Metric, Sides, Source, SourceKind};
use tminus::world::http::Http;
use tminus::world::metrics::{Pages, Prometheus};

use crate::support::fleet::Pod;
use crate::support::monitoring::Monitoring;

/// A canary and a baseline under watch.
struct Scene {
    canary: Pod,
    baseline: Pod,
    monitoring: Monitoring,
    source: Source,
    prometheus: Prometheus,
    begun: Timestamp,
}

impl Scene {
    /// Both have answered a few requests well and were scraped; none when there is no Prometheus here.
    async fn begin() -> Option<Self> {
        Self::with(|_, _| {}).await
    }

    async fn with(prepare: impl FnOnce(&Pod, &Pod)) -> Option<Self> {
        let (canary, baseline) = (Pod::start().await, Pod::start().await);
        canary.answers(1, 0, 0);
        baseline.answers(1, 0, 0);
        prepare(&canary, &baseline);
        let monitoring = Monitoring::of(&[("canary", &canary), ("stable", &baseline)])?;
        let source = Source {
            id: "prom".into(),
            kind: SourceKind::Prometheus { url: monitoring.address.clone(), dialect: Dialect::Prometheus },
            every: Seconds(1),
            fallback: None,
            owner: None,
        };
        let prometheus = Prometheus::new(Http::new(None).expect("client"), Arc::new(WallClock));
        let begun = Timestamp::now();
        let scene = Self { canary, baseline, monitoring, source, prometheus, begun };
        scene.until("the first scrape of both", async || Some(scene.up().await == [1.0, 1.0])).await;
        Some(scene)
    }

    /// Asks again and again until it is so, for half a minute at most.
    async fn until(&self, what: &str, mut ask: impl AsyncFnMut() -> Option<bool>) {
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        for _ in 0..300 {
            tick.tick().await;
            if ask().await == Some(true) {
                return;
            }
        }
        panic!("waited in vain for {what}");
    }

    async fn read(&self, metric: &Metric) -> Result<Reading, Fault> {
        let ask = Ask { source: &self.source, metric, from: self.begun, to: Timestamp::now() };
        self.prometheus.read(ask).await
    }

    /// Whether each side was there at its newest scrape.
    async fn up(&self) -> [f64; 2] {
        let metric = Metric { query: Some("up{track=\"{{side}}\"}".to_owned()), ..metric() };
        let Ok(reading) = self.read(&metric).await else { return [f64::NAN; 2] };
        [Arm::Canary, Arm::Baseline].map(|arm| newest(&reading, arm).number().unwrap_or(f64::NAN))
    }

    /// What was counted of a side since the scene began.
    async fn counted(&self, arm: Arm) -> Option<Tally> {
        self.read(&errors()).await.ok().map(|reading| sum(&reading, arm))
    }

    /// Waits until so much was counted of a side since the scene began: all, and bad.
    async fn until_counted(&self, arm: Arm, total: u64, bad: u64) {
        let what = format!("{total} and {bad} of {arm:?}");
        self.until(&what, async || Some(self.counted(arm).await? == Tally::ratio(total, bad))).await;
    }

    /// Waits until the newest sample of a side has this word.
    async fn until_is(&self, arm: Arm, quality: Quality) {
        let what = format!("{quality} of {arm:?}");
        self.until(&what, async || {
            let reading = self.read(&errors()).await.ok()?;
            Some(newest(&reading, arm).quality == quality)
        })
        .await;
    }
}

fn metric() -> Metric {
    Metric {
        id: "errors".into(),
        title: Untrusted::new("errors"),
        source: Some("prom".into()),
        query: None,
        sides: Some(Sides { canary: "canary".to_owned(), baseline: "stable".to_owned() }),
        counts: None,
        histogram: None,
        target: None,
        alert: None,
        baseline: None,
    }
}

fn errors() -> Metric {
    let bad = "sum(http_requests_total{code=~\"5..\",track=\"{{side}}\"})".to_owned();
    let total = "sum(http_requests_total{track=\"{{side}}\"})".to_owned();
    Metric { counts: Some(Counts { bad, total }), ..metric() }
}

fn newest(reading: &Reading, arm: Arm) -> Sample {
    let none = Sample { at: Timestamp::UNIX_EPOCH, measure: Measure::None, quality: Quality::NoSeries };
    reading.arms.get(&arm).and_then(|samples| samples.last()).copied().unwrap_or(none)
}

fn sum(reading: &Reading, arm: Arm) -> Tally {
    let mut all = Tally::default();
    for sample in reading.arms.get(&arm).into_iter().flatten() {
        if let Measure::Tally(tally) = sample.measure {
            all.total += tally.total;
            all.bad.iter_mut().zip(tally.bad).for_each(|(sum, bad)| *sum += bad);
        }
    }
    all
}

#[tokio::test]
async fn counts_are_exact_through_a_first_error_and_a_restart() {
    let Some(mut scene) = Scene::begin().await else { return };
    scene.canary.answers(1000, 0, 0);
    scene.baseline.answers(9000, 0, 0);
    // The series of errors is not there yet: that is no error, and not the want of an answer.
    scene.until_counted(Arm::Canary, 1000, 0).await;
    scene.until_counted(Arm::Baseline, 9000, 0).await;
    // The first errors make a new series, whose first value is already a count.
    scene.canary.answers(0, 5, 0);
    scene.until_counted(Arm::Canary, 1005, 5).await;
    scene.canary.restart().await;
    scene.canary.answers(7, 3, 0);
    scene.until_counted(Arm::Canary, 1015, 8).await;
    scene.until_counted(Arm::Baseline, 9000, 0).await;
}

#[tokio::test]
async fn no_traffic_is_a_word_of_its_own() {
    let Some(scene) = Scene::begin().await else { return };
    scene.canary.answers(10, 0, 0);
    scene.until_counted(Arm::Canary, 10, 0).await;
    scene.until_is(Arm::Canary, Quality::NoTraffic).await;
}

#[tokio::test]
async fn all_requests_fail_is_all_of_them_and_not_no_data() {
    let Some(scene) = Scene::begin().await else { return };
    scene.canary.answers(0, 50, 0);
    scene.until_counted(Arm::Canary, 50, 50).await;
}

#[tokio::test]
async fn a_dead_canary_is_not_missing_data() {
    let Some(mut scene) = Scene::begin().await else { return };
    scene.canary.stop();
    scene.until("the canary's end", async || Some(scene.up().await == [0.0, 1.0])).await;
    scene.until_is(Arm::Canary, Quality::NoSeries).await;
    scene.baseline.answers(5, 0, 0);
    scene.until_counted(Arm::Baseline, 5, 0).await;
}

#[tokio::test]
async fn a_canary_under_another_name_was_never_seen() {
    let Some(scene) = Scene::with(|canary, _| canary.renames("requests_total")).await else { return };
    scene.canary.answers(100, 100, 0);
    scene.baseline.answers(5, 0, 0);
    scene.until_counted(Arm::Baseline, 5, 0).await;
    let reading = scene.read(&errors()).await.expect("an answer");
    let seen = |arm: Arm| {
        reading.arms.get(&arm).is_some_and(|samples| samples.iter().any(|it| it.quality != Quality::NoSeries))
    };
    assert!(!seen(Arm::Canary) && seen(Arm::Baseline), "{reading:?}");
}

#[tokio::test]
async fn monitoring_that_is_gone_is_a_fault_and_no_number() {
    let Some(mut scene) = Scene::begin().await else { return };
    scene.monitoring.stop();
    let fault = scene.read(&errors()).await.expect_err("nobody is there");
    assert!(matches!(fault, Fault::Unreachable(..)), "{fault}");
}

#[tokio::test]
async fn a_pod_whose_clock_is_behind_counts_nothing_new() {
    // Six minutes behind, its samples are older than a server looks back.
    let Some(scene) = Scene::with(|canary, _| canary.sets_time(-360)).await else { return };
    scene.canary.answers(100, 100, 0);
    scene.baseline.answers(5, 0, 0);
    scene.until_counted(Arm::Baseline, 5, 0).await;
    let reading = scene.read(&errors()).await.expect("an answer");
    assert_eq!(newest(&reading, Arm::Canary).quality, Quality::NoSeries, "{reading:?}");
    assert_eq!(sum(&reading, Arm::Canary), Tally::default());
}

#[tokio::test]
async fn slow_requests_are_counted_by_bound() {
    let Some(scene) = Scene::begin().await else { return };
    let quantity = |text: &str| match tminus::plan::rule::Rule::parse(text)
        .expect("a rule")
        .tests()
        .next()
        .map(|test| &test.check)
    {
        Some(tminus::plan::rule::Check::Compare { value, .. }) => value.clone(),
        _ => panic!("{text} has a limit"),
    };
    let bounds = vec![quantity("> 250ms"), quantity("> 1s")];
    let selector = "http_request_duration_seconds{track=\"{{side}}\"}".to_owned();
    let latency = Metric { histogram: Some(Histogram { selector, bounds }), ..metric() };
    scene.canary.answers(90, 10, 30);
    scene
        .until("thirty slow ones", async || {
            let tally = sum(&scene.read(&latency).await.ok()?, Arm::Canary);
            Some(tally == Tally { total: 100, bad: [30, 0, 0] })
        })
        .await;
}

#[tokio::test]
async fn a_page_tells_a_restart_by_its_process_however_few_it_counted_before() {
    let mut pod = Pod::start().await;
    let source = Source {
        id: "page".into(),
        kind: SourceKind::Exposition { url: pod.url() },
        every: Seconds(1),
        fallback: None,
        owner: None,
    };
    let counts = Counts {
        bad: "http_requests_total{code=~\"5..\"}".to_owned(),
        total: "http_requests_total".to_owned(),
    };
    let errors = Metric { counts: Some(counts), sides: None, ..metric() };
    let pages = Pages::new(Http::new(None).expect("client"), Arc::new(WallClock));
    let look = async |second| {
        let at = Timestamp::from_second(second).expect("time");
        let ask = Ask { source: &source, metric: &errors, from: at, to: at };
        newest(&pages.read(ask).await.expect("a page"), Arm::Whole)
    };
    pod.answers(5, 2, 0);
    assert_eq!(look(1).await.quality, Quality::WarmUp, "one look counts nothing");
    pod.answers(5, 1, 0);
    assert_eq!(look(2).await.measure, Measure::Tally(Tally::ratio(6, 1)));
    // More than it ever counted before: only the time its process began tells that this is all new.
    pod.restart().await;
    pod.answers(20, 9, 0);
    assert_eq!(look(3).await.measure, Measure::Tally(Tally::ratio(29, 9)));
}
