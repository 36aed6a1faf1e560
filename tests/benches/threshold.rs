//! A tick of the rules: 200 signals of two sides with a day of samples behind them take one more sample each, and
//! every rule is asked where it stands. The aim is below 5 ms. A proof costs an integral or two for each rule that is
//! broken and has not fired yet, so the last row is the worst tick there can be and not what a tick is.

use divan::{Bencher, black_box};
use tminus::analysis::threshold::{Comparison, Course, Phase, Proof, Reads, Sides, Terms, Watched, stand};
use tminus::analysis::{Measure, Quality, Sample, Samples, Tally};
use tminus::base::{Seconds, Timestamp};
use tminus::plan::rule::Rule;

fn main() {
    divan::main();
}

const SIGNALS: usize = 200;
const EVERY: i64 = 15;
const DAY: i64 = 24 * 3600 / EVERY;

/// What a signal is of.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    Share,
    Slow,
}

struct Signal {
    kind: Kind,
    canary: Samples,
    baseline: Samples,
    rule: Rule,
}

fn at(n: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + n * EVERY).unwrap_or_default()
}

/// A sample with a bit of noise.
fn sample(kind: Kind, signal: usize, n: i64, bad: u64) -> Sample {
    let noise = (n.unsigned_abs() * 7919 + signal as u64 * 104_729) % 97;
    let measure = match kind {
        Kind::Number => Measure::Number((noise + 1 + 200 * bad) as f64 / 1000.0),
        Kind::Share => Measure::Tally(Tally::ratio(3000 + noise, noise / 32 + 60 * bad)),
        Kind::Slow => {
            Measure::Tally(Tally { total: 3000 + noise, bad: [300 + noise, 90 + 300 * bad, noise / 8] })
        }
    };
    Sample { at: at(n), measure, quality: Quality::Ok }
}

fn signals(bad: u64) -> Vec<Signal> {
    let rule = |text: &str| Rule::parse(text).ok();
    let one = |signal: usize| {
        let (kind, text) = match signal % 5 {
            0 => (Kind::Number, "> 0.1 for 5m"),
            1 => (Kind::Number, "> 2x baseline for 5m"),
            2 => (Kind::Share, "> 1% for 5m"),
            3 => (Kind::Share, "> 1% in 5m"),
            _ => (Kind::Slow, "> 500 ms for 5m"),
        };
        let of = |bad: u64| {
            let mut samples = Samples::new(Seconds(15), Seconds(24 * 3600));
            let so_bad = |n: i64| if n > DAY - 60 { bad } else { 0 };
            samples.take((0..DAY).map(|n| sample(kind, signal, n, so_bad(n))));
            samples
        };
        Some(Signal { kind, canary: of(bad), baseline: of(0), rule: rule(text)? })
    };
    (0..SIGNALS).filter_map(one).collect()
}

/// One more sample for each, and where each rule stands; how many fired.
fn tick(signals: &mut [Signal], proof: Proof, bad: u64, n: i64) -> usize {
    let steps = [at(DAY - 1200), at(DAY - 600)];
    let course = Course { from: Some(at(DAY - 2400)), steps: &steps, quiet: &[] };
    let mut fired = 0;
    for (place, Signal { kind, canary, baseline, rule }) in signals.iter_mut().enumerate() {
        canary.take([sample(*kind, place, n, bad)]);
        baseline.take([sample(*kind, place, n, 0)]);
        let sides =
            Sides { own: canary, other: Some(baseline), captured: None, comparison: Comparison::Worse };
        let reads = match kind {
            Kind::Slow => Reads::Quantile { share: 0.95, bounds: &[0.25, 0.5, 1.0] },
            _ => Reads::Plain,
        };
        // Numbers have no counts to prove anything with.
        let proof = if matches!(kind, Kind::Number) { Proof::Point } else { proof };
        let terms = Terms { proof, at_least: 100, warm_up: Seconds(180), ..Terms::default() };
        let what = Watched { name: "signal", rule, terms, reads, course, fired: false };
        fired += usize::from(stand(&sides, &what, at(n)).phase() == Phase::Fired);
    }
    fired
}

fn run(bencher: Bencher<'_, '_>, proof: Proof, bad: u64) {
    let mut signals = signals(bad);
    assert_eq!(signals.len(), SIGNALS);
    let mut n = DAY;
    let first = tick(&mut signals, proof, bad, n);
    assert_eq!(first, if bad > 0 { SIGNALS } else { 0 }, "every rule fires on trouble and none without");
    bencher.bench_local(|| {
        n += 1;
        black_box(tick(&mut signals, proof, bad, n))
    });
}

/// All is well: what nearly every tick is.
#[divan::bench]
fn tick_of_200_calm_signals(bencher: Bencher<'_, '_>) {
    run(bencher, Proof::Evidence { alpha: 0.01 }, 0);
}

/// All break their rules at once, and to the letter is enough.
#[divan::bench]
fn tick_of_200_breaking_signals(bencher: Bencher<'_, '_>) {
    run(bencher, Proof::Point, 1);
}

/// All break their rules at once, and proof is wanted of those with counts.
#[divan::bench]
fn tick_of_200_breaking_signals_with_proof(bencher: Bencher<'_, '_>) {
    run(bencher, Proof::Evidence { alpha: 0.01 }, 1);
}
