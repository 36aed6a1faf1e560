use std::future::Future;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::analysis::{Arm, Sample, Tally, Verdict};
use crate::base::{OperationId, Quantity, Seconds, Timestamp, Unit, Untrusted, Weight};
use crate::engine::clock::VirtualClock;
use crate::engine::ports::{Ask, Change, Clock, Errand, Fault, Fence, Reading, Way, World};
use crate::plan::{
    Check, CommandCheck, Counts, Dialect, Gate, Histogram, Metric, Otherwise, Rollout, Sides, Source,
    SourceKind, Step, Strategy,
};
use crate::release::{Act, Event, Outcome, Recorded};

use super::{NAMES, SimWorld, bundled};

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-12-01T09:30:00Z".parse().expect("start");
    super::service::ahead(start, minutes * 60)
}

/// Runs something to its end, letting time pass only when it waits.
fn finish<T>(clock: &VirtualClock, work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(work);
    loop {
        if let Some(done) = work.as_mut().now_or_never() {
            return done;
        }
        clock.advance_to(clock.next().expect("it waits for the clock"));
    }
}

fn rollout() -> Rollout {
    let step = |weight| Step {
        weight: Weight::percent(weight).expect("share"),
        soak: Seconds(600),
        gates: Vec::new(),
        auto: false,
    };
    Rollout {
        id: "payments".into(),
        strategy: Strategy::Canary,
        router: Default::default(),
        deploy: Default::default(),
        flags: Vec::new(),
        warm: None,
        steps: vec![step(5.0), step(25.0), step(100.0)],
        blind: None,
        judge: None,
        rollback: None,
        budget: Rollout::BUDGET,
        stage: None,
    }
}

fn gate(id: &str, check: Check) -> Gate {
    Gate {
        id: id.into(),
        title: Untrusted::new(id),
        item: None,
        stage: None,
        check,
        pass: None,
        otherwise: Otherwise::Block,
        timeout: Seconds(60),
        fresh: None,
        every: None,
    }
}

fn command() -> Check {
    Check::Command(CommandCheck { run: vec!["true".into()], env: Default::default(), expect: None })
}

/// Nobody else acts here.
struct Open;

impl Fence for Open {
    fn holds(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

struct Stage {
    clock: VirtualClock,
    play: super::Play,
    world: World,
}

fn stage(script: &str, seed: u64) -> Stage {
    let sim = SimWorld::load("test", script, seed).expect("script");
    let clock = VirtualClock::new(sim.start());
    let play = sim.play(Arc::new(clock.clone()), sim.start());
    Stage { world: play.world(), clock, play }
}

impl Stage {
    fn read(&self, metric: &str, from: Timestamp, to: Timestamp) -> Result<Reading, Fault> {
        self.ask(&number(metric), from, to)
    }

    fn ask(&self, metric: &Metric, from: Timestamp, to: Timestamp) -> Result<Reading, Fault> {
        let source = Source {
            id: "prom".into(),
            kind: SourceKind::Prometheus { url: "http://prom".into(), dialect: Dialect::Prometheus },
            fallback: None,
            owner: None,
            every: Seconds(15),
        };
        let ask = Ask { source: &source, metric, from, to };
        finish(&self.clock, self.world.numbers.read(ask))
    }
    fn begin(&self) {
        let operation = OperationId::new("d");
        let errand = Errand { operation: &operation, fence: &Open, time: Seconds(60) };
        finish(&self.clock, self.world.workloads.deploy(&rollout(), errand)).expect("deploy");
    }
    fn write(&self, share: f64) -> Result<(), Fault> {
        let weight = Weight::percent(share).expect("share");
        let operation = OperationId::new("w");
        let change = Change { weight, way: Way::Forward, operation: &operation, read: None };
        finish(&self.clock, self.world.router.write(&rollout(), change)).map(|_| ())
    }
    fn shares(&self) -> (f64, f64) {
        let split = finish(&self.clock, self.world.router.read(&rollout())).expect("split");
        (split.configured.expect("configured").value(), split.observed.expect("observed").value())
    }
    fn mean(&self, metric: &str, from: i64, to: i64) -> f64 {
        let samples = self.read(metric, at(from), at(to)).expect("reading").numbers();
        let values: Vec<f64> = samples.iter().filter_map(|(_, value)| *value).collect();
        assert!(!values.is_empty(), "no values of {metric} from {from} to {to}");
        values.iter().sum::<f64>() / values.len() as f64
    }
}

fn number(metric: &str) -> Metric {
    Metric {
        id: metric.into(),
        title: Untrusted::new(metric),
        source: Some("prom".into()),
        query: Some("up".into()),
        sides: None,
        counts: None,
        baseline: None,
        histogram: None,
        target: None,
        alert: None,
    }
}

#[test]
fn the_bundled_worlds_play_and_other_words_do_not() {
    for name in NAMES {
        let sim = SimWorld::load(name, bundled(name).expect(name), 7).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(sim.start().to_string(), "2026-12-01T09:30:00Z");
        assert_eq!(sim.version(), "3.2.0");
        assert!(!sim.summary().is_empty());
    }
    assert_eq!(bundled("../etc/passwd"), None);
}

#[test]
fn a_wrong_script_says_where_and_what_to_write() {
    let good = bundled("good-canary").expect("script");
    for (from, to, words) in [
        ("after = \"30s\"", "after = \"soon\"", "length of time"),
        ("when = \"completed\"", "when = \"later\"", "held-for 20m"),
        ("kind = \"gauge\"", "kind = \"gage\"", "gage"),
        ("deploy = \"40s\"", "deplyo = \"40s\"", "deplyo"),
        ("start = 2026-12-01T09:30:00Z", "start = 2026-12-01", "offset"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from} is not in the script");
        let line_of = text.lines().position(|l| l.contains(to)).expect("line") + 1;
        let error = SimWorld::load("mine.toml", &text, 1).expect_err(to);
        assert!(error.message.contains(words), "{error}");
        assert!(error.line <= line_of && line_of - error.line <= 6, "{error}: wanted {line_of}");
        assert!(error.to_string().contains("mine.toml"));
    }
}

#[test]
fn requests_follow_the_weight_a_little_later() {
    let stage = stage(bundled("good-canary").expect("script"), 3);
    stage.begin();
    assert_eq!(stage.shares(), (0.0, 0.0));
    stage.write(25.0).expect("write");
    let (configured, observed) = stage.shares();
    assert_eq!((configured, observed), (25.0, 0.0), "nothing can be seen at once");
    stage.clock.advance_to(super::service::ahead(stage.clock.now(), 20));
    let (configured, observed) = stage.shares();
    assert_eq!(configured, 25.0);
    assert!((23.0..=27.0).contains(&observed), "{observed}");
    stage.write(0.0).expect("write");
    stage.clock.advance_to(super::service::ahead(stage.clock.now(), 20));
    assert_eq!(stage.shares(), (0.0, 0.0));
}

#[test]
fn a_past_moment_keeps_its_answer_however_it_is_asked() {
    let one = stage(bundled("bad-canary").expect("script"), 11);
    let other = stage(bundled("bad-canary").expect("script"), 11);
    for stage in [&one, &other] {
        stage.begin();
        stage.write(25.0).expect("write");
    }
    one.clock.advance_to(at(10));
    let _ = one.read("latency", at(0), at(10));
    let early = one.read("error-rate", at(0), at(9)).expect("reading");
    one.write(50.0).expect("write");
    one.clock.advance_to(at(30));
    other.clock.advance_to(at(30));
    assert_eq!(one.read("error-rate", at(0), at(9)).expect("reading").numbers(), early.numbers());
    assert_eq!(other.read("error-rate", at(0), at(9)).expect("reading").numbers(), early.numbers());
    let reseeded = stage(bundled("bad-canary").expect("script"), 12);
    reseeded.begin();
    reseeded.write(25.0).expect("write");
    reseeded.clock.advance_to(at(30));
    assert_ne!(reseeded.read("error-rate", at(0), at(9)).expect("reading").numbers(), early.numbers());
}

#[test]
fn samples_stand_on_the_grid_and_the_future_has_none() {
    let stage = stage(bundled("good-canary").expect("script"), 3);
    stage.clock.advance_to(at(2));
    let from = super::service::ahead(at(0), 7);
    let samples = stage.read("requests", from, at(5)).expect("reading").numbers();
    let seconds: Vec<i64> = samples.iter().map(|(t, _)| t.as_second() - at(0).as_second()).collect();
    assert_eq!(seconds, [15, 30, 45, 60, 75, 90, 105, 120]);
    assert!(samples.iter().all(|(_, value)| value.is_some_and(|v| (1500.0..3500.0).contains(&v))));
    let canary = stage.read("error-rate", from, at(5)).expect("reading").numbers();
    assert!(canary.iter().all(|(_, value)| value.is_none()), "a side without traffic has no numbers");
}

#[test]
fn errors_rise_after_the_share_is_reached_and_fall_with_it() {
    let stage = stage(bundled("bad-canary").expect("script"), 5);
    stage.begin();
    stage.write(5.0).expect("write");
    stage.clock.advance_to(at(30));
    assert!(stage.mean("error-rate", 2, 30) < 0.001);
    stage.write(25.0).expect("write");
    stage.clock.advance_to(at(60));
    assert!(stage.mean("error-rate", 31, 32) < 0.001);
    assert!(stage.mean("error-rate", 36, 60) > 0.06);
    assert!(stage.mean("latency", 36, 60) > 0.3);
}

#[test]
fn flapping_is_on_and_off() {
    let stage = stage(bundled("flapping").expect("script"), 5);
    stage.begin();
    stage.write(25.0).expect("write");
    stage.clock.advance_to(at(30));
    let samples = stage.read("latency", at(3), at(30)).expect("reading").numbers();
    let high: Vec<bool> = samples.iter().map(|(_, value)| value.expect("value") > 0.8).collect();
    let edges = high.windows(2).filter(|pair| matches!(pair, [a, b] if a != b)).count();
    assert!(edges >= 8, "{edges}");
    let longest = high.split(|up| !up).map(<[bool]>::len).max().expect("runs") * 15;
    assert!((60..=90).contains(&longest), "{longest}");
}

#[test]
fn numbers_fail_to_come_in_each_way() {
    let script = |is: &str| {
        format!(
            "start = 2026-12-01T09:30:00Z\n[service]\n[metric.cpu]\nkind = \"gauge\"\nlevel = 1.0\n\
             [[outage]]\nafter = \"5m\"\nlasting = \"5m\"\nis = \"{is}\"\nmetrics = [\"cpu\"]\n"
        )
    };
    let gaps = |reading: &Reading| reading.numbers().iter().filter(|(_, value)| value.is_none()).count();
    let played = |is: &str, minute: i64| {
        let stage = stage(&script(is), 1);
        stage.clock.advance_to(at(minute));
        (
            stage.read("cpu", at(0), at(minute)),
            stage.read("requests", at(0), at(minute)).expect("other metric"),
        )
    };
    assert!(matches!(played("unreachable", 7).0, Err(Fault::Unreachable(..))));
    for is in ["no-data", "nan", "unreachable"] {
        let (reading, other) = played(is, 12);
        assert_eq!((is, gaps(&reading.expect("reading"))), (is, 20));
        assert_eq!(gaps(&other), 0);
    }
    let stale = played("stale", 7).0.expect("reading");
    assert_eq!(stale.numbers().last().map(|(t, _)| *t), Some(super::service::ahead(at(5), -15)));
    let partial = played("partial", 7).0.expect("reading");
    assert!(partial.partial.is_some() && gaps(&partial) == 0);
    assert!(played("partial", 11).0.expect("reading").partial.is_none());
}

#[test]
fn the_router_fails_on_cue() {
    let script = |is: &str| {
        format!(
            "start = 2026-12-01T09:30:00Z\n[service]\n[[fault]]\nat = \"router-write\"\nis = \"{is}\"\ntakes = \"30s\"\n"
        )
    };
    let refused = stage(&script("refused"), 1);
    assert!(matches!(refused.write(25.0), Err(Fault::Refused(..))));
    assert_eq!(refused.shares().0, 0.0);
    let lost = stage(&script("lost"), 1);
    assert!(matches!(lost.write(25.0), Err(Fault::Unreachable(..))));
    assert_eq!(lost.shares().0, 25.0, "done, though nobody said so");
    let slow = stage(&script("slow"), 1);
    slow.write(25.0).expect("late, but done");
    assert_eq!(slow.clock.now(), super::service::ahead(at(0), 30));
}

#[test]
fn gates_go_through_their_runs_and_unknown_ones_say_they_are_simulated() {
    let stage = stage(bundled("good-canary").expect("script"), 3);
    let run = |gate: &Gate| finish(&stage.clock, stage.world.checks.run(gate));
    let scan = gate("image-scan", command());
    let verdicts: Vec<Verdict> = (0..3).map(|_| run(&scan).verdict).collect();
    assert_eq!(verdicts, [Verdict::Fail, Verdict::Pass, Verdict::Pass]);
    assert_eq!(stage.clock.now(), super::service::ahead(at(0), 25 + 24 + 24));
    let other = run(&gate("who-knows", command()));
    assert_eq!((other.verdict, other.summary.raw()), (Verdict::Pass, "simulated"));
    assert!(other.took_ms >= 2000);
    assert_eq!(run(&gate("sign-off", Check::Manual)).verdict, Verdict::NoData, "only a person can say");
    let blind = gate("errors", Check::Metric { metric: "error-rate".into() });
    assert_eq!(run(&blind).verdict, Verdict::NoData, "no traffic, no verdict");
}

#[test]
fn a_later_process_takes_up_where_the_journal_says() {
    let first = stage(bundled("bad-canary").expect("script"), 5);
    first.begin();
    let deployed = first.clock.now();
    first.clock.advance_to(at(2));
    first.write(25.0).expect("write");
    let acts = [
        (Act::Deploy { rollout: "payments".into() }, deployed),
        (
            Act::SetWeight {
                rollout: "payments".into(),
                step: 2,
                weight: Weight::percent(25.0).expect("w"),
                reason: None,
            },
            at(2),
        ),
    ];
    let mut events = Vec::new();
    for (number, (act, done)) in acts.into_iter().enumerate() {
        let operation = OperationId::new(format!("op-{number}"));
        let summary = Untrusted::default();
        let intended = Event::OperationIntended { operation: operation.clone(), act, epoch: 1 };
        events.push(recorded(intended, done));
        events.push(recorded(
            Event::OperationEnded { operation, outcome: Outcome::Done, summary, evidence: None },
            done,
        ));
    }
    let second = stage(bundled("bad-canary").expect("script"), 5);
    second.play.recall(&events);
    for stage in [&first, &second] {
        stage.clock.advance_to(at(12));
    }
    assert_eq!(first.shares(), second.shares());
    assert_eq!(first.read("error-rate", at(0), at(12)), second.read("error-rate", at(0), at(12)));
}

fn recorded(event: Event, at: Timestamp) -> Recorded {
    Recorded {
        version: 1,
        at,
        actor: crate::base::Actor::Engine,
        assurance: Default::default(),
        via: Default::default(),
        event: Some(event),
        kind: String::new(),
        hash: crate::base::Digest::of(""),
    }
}

/// Counts of both sides from the script's start to a minute, each summed up.
fn counted(stage: &Stage, metric: &Metric, minutes: (i64, i64)) -> [Tally; 2] {
    let reading = stage.ask(metric, at(minutes.0), at(minutes.1)).expect("reading");
    [Arm::Canary, Arm::Baseline]
        .map(|arm| reading.arms[&arm].iter().filter_map(Sample::tally).fold(Tally::default(), Tally::plus))
}

#[test]
fn events_of_both_sides_are_whole_and_follow_the_script() {
    let stage = stage(bundled("bad-canary").expect("script"), 5);
    let sides = Some(Sides { canary: "canary".into(), baseline: "stable".into() });
    let errors = Metric {
        sides: sides.clone(),
        counts: Some(Counts { bad: "bad".into(), total: "total".into() }),
        ..number("errors")
    };
    stage.begin();
    stage.write(25.0).expect("write");
    stage.clock.advance_to(at(60));
    let [canary, baseline] = counted(&stage, &errors, (10, 60));
    let share = canary.total as f64 / (canary.total + baseline.total) as f64;
    assert!((0.24..0.26).contains(&share), "{share}");
    let ratio = |tally: Tally| tally.bad[0] as f64 / tally.total as f64;
    assert!((0.07..0.09).contains(&ratio(canary)), "{canary:?}");
    assert!(ratio(baseline) < 0.001, "{baseline:?}");
    let bounds = [0.25, 0.5, 1.0].map(|bound| Quantity::new(bound, Unit::Seconds)).to_vec();
    let slow = Metric {
        sides,
        histogram: Some(Histogram { selector: "seconds".into(), bounds }),
        ..number("latency")
    };
    let [canary, baseline] = counted(&stage, &slow, (10, 60));
    assert!(canary.bad[0] > canary.bad[1] && canary.bad[1] > canary.bad[2], "{canary:?}");
    assert!(ratio(canary) > 3.0 * ratio(baseline), "{canary:?} {baseline:?}");
    assert_eq!(counted(&stage, &slow, (10, 60)), [canary, baseline], "asked twice, said twice");
}
