//! How fast the judge is. Budgets: 10 000 pairs of counts a second on one core, and a tick of 200 signals in 5 ms.
#![allow(clippy::expect_used, reason = "a bench that cannot run should say where")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tminus::analysis::Tally;
use tminus::analysis::judge::{Authority, Inputs, Judge, Settings, Signal, Soak, Step, rule_on};
use tminus::base::{Digest, MetricId, Seconds, Timestamp, Weight};

fn main() {
    divan::main();
}

/// How many signals a tick has.
const SIGNALS: usize = 200;
/// An hour of steps: by then all twelve starts are reached.
const HOUR: i64 = 240;

fn at(place: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 15 * place).expect("in range")
}

/// A step of a service with 200 requests a second and a few errors in each step, so that none is for free.
fn step(place: i64) -> Step {
    let wave = place.unsigned_abs() % 7;
    Step::new(at(place), Tally::ratio(300 + wave, wave / 6), Tally::ratio(2700 + 11 * wave, 1 + wave % 4))
}

/// A judge after an hour.
fn judge() -> Judge {
    let mut judge = Judge::new(Settings { every: Some(Seconds(15)), ..Settings::default() }).expect("fit");
    for place in 0..HOUR {
        judge.take(step(place));
    }
    judge
}

/// Pairs of counts, one after another.
#[divan::bench]
fn pairs(bencher: Bencher) {
    const PAIRS: i64 = 1000;
    bencher.counter(ItemsCount::new(PAIRS.unsigned_abs())).with_inputs(judge).bench_local_values(
        |mut judge| {
            for place in HOUR..HOUR + PAIRS {
                judge.take(black_box(step(place)));
            }
            judge
        },
    );
}

/// One tick: every signal takes a step and decides.
#[divan::bench]
fn tick(bencher: Bencher) {
    let judges = vec![judge(); SIGNALS];
    bencher.with_inputs(|| judges.clone()).bench_local_values(|mut judges| {
        for judge in &mut judges {
            judge.take(black_box(step(HOUR)));
        }
        judges
    });
}

/// One tick and all that a screen shows of it: intervals, forecasts, the judgement of the whole with its digest.
#[divan::bench]
fn tick_and_judgement(bencher: Bencher) {
    let judges = vec![judge(); SIGNALS];
    let samples = Digest::of("samples");
    bencher.with_inputs(|| judges.clone()).bench_local_values(|mut judges| {
        let signal = |(place, judge): (usize, &mut Judge)| {
            judge.take(black_box(step(HOUR)));
            let metric = MetricId::new(format!("metric-{place}"));
            Signal::of(metric, 1.0, judge, Weight::percent(25.0), samples)
        };
        let signals = judges.iter_mut().enumerate().map(signal).collect();
        let soak = Soak::Running(Seconds(600));
        rule_on(&Inputs { signals, ..Inputs::new(at(HOUR), 0.01, Authority::Automatic, soak) })
    });
}
