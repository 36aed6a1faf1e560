//! Canaries that answer slowly: log-normal latencies with a median of 120 ms and a 95th percentile of 447 ms, seen
//! through the eleven buckets of a classic histogram.

use tminus::analysis::Tally;
use tminus::analysis::judge::Settings;
use tminus::analysis::rank::probability;

use super::counts::Tick;
use super::luck::{Luck, Wander, shared};
use super::outcome::{MINUTE, Outcome, Record, TICKS};
use super::peers::kayenta::{self, Class, Effect, Metric, Missing, Thresholds, Trend};
use super::peers::{argo, flagger, playbook};
use super::tminus_judge::{calibrated, judged};

pub const RATES: [f64; 2] = [20.0, 200.0];
const SHARE: f64 = 0.1;
const BEFORE: usize = 480;
const MEDIAN: f64 = 120.0;
/// The standard deviation of the logarithm: 447 ms is 1.645 of them above the median.
const SPREAD: f64 = 0.8;
/// Upper bounds of the buckets in ms; one more holds the rest.
const BOUNDS: [f64; 10] = [25.0, 50.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 1500.0, 2500.0, 5000.0];
/// The three bounds that the judge is given: the target of 500 ms, half and double of it.
const JUDGED: [usize; 3] = [3, 4, 6];

type Buckets = [u64; BOUNDS.len() + 1];

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    Nothing,
    /// Both versions take twice as long for 4 to 8 min.
    Shared,
    /// Each version wanders by itself, by 5 %.
    Noise,
    /// The canary takes so many times as long.
    Slower(f64),
    /// One request in twenty takes five times as long.
    Tail,
}

pub const SCENARIOS: [(&str, Trouble); 8] = [
    ("healthy", Trouble::Nothing),
    ("healthy, shared x2 incident", Trouble::Shared),
    ("healthy, each side wanders 5 %", Trouble::Noise),
    ("+10 %", Trouble::Slower(1.1)),
    ("+25 %", Trouble::Slower(1.25)),
    ("+50 %", Trouble::Slower(1.5)),
    ("x2", Trouble::Slower(2.0)),
    ("5 % of requests x5", Trouble::Tail),
];

pub const DECIDERS: [&str; 8] = [
    "P95 > 1 s for 10 min",
    "P95 > 500 ms for 5 min",
    "Argo, P95 <= 1 s",
    "Flagger, P99 <= 1.5 s",
    "Kayenta at 60 min",
    "Kayenta every 10 min",
    "Kayenta, increase 1.25 allowed",
    "tminus",
];

pub struct Cell {
    pub scenario: &'static str,
    pub rate: f64,
    pub records: Vec<Record>,
}

struct Moment {
    canary: Buckets,
    control: Buckets,
    rest: Buckets,
}

pub fn all(replications: usize, fewer: usize) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (number, (scenario, trouble)) in SCENARIOS.into_iter().enumerate() {
        for rate in RATES {
            let seed = 1_000_000 + number as u64 * 10_000 + rate as u64;
            let done = shared(replications, |replication| {
                run(trouble, rate, &mut Luck::new(seed, replication), replication < fewer as u64)
            });
            let record = |(place, decider): (usize, &&'static str)| Record {
                decider,
                outcomes: done.iter().filter_map(|outcomes| outcomes[place]).collect(),
            };
            cells.push(Cell { scenario, rate, records: DECIDERS.iter().enumerate().map(record).collect() });
        }
    }
    cells
}

fn run(trouble: Trouble, rate: f64, luck: &mut Luck, costly: bool) -> [Option<Outcome>; DECIDERS.len()] {
    let before = if trouble == Trouble::Noise { Trouble::Noise } else { Trouble::Nothing };
    let phi = calibrated(&ticks(&simulated(before, rate, BEFORE, luck)), JUDGED.len());
    let moments = simulated(trouble, rate, TICKS, luck);
    let settings = Settings { rho0: 1.25, rho_max: 1.5, bounds: JUDGED.len(), phi, ..Settings::default() };
    let above = |p: f64, limit: f64| {
        let moments = &moments;
        move |at: usize| quantile(&minute(moments, at, |moment| &moment.canary), p).map(|value| value > limit)
    };
    let below = |p: f64, limit: f64| move |at: usize| above(p, limit)(at).map(|above| !above);
    let analysis = argo::Metric { interval: true, failure_limit: Some(3), ..argo::Metric::default() };
    let kayenta =
        |minutes: usize, allowed: f64| costly.then(|| kayenta_every(&moments, minutes * MINUTE, allowed));
    [
        Some(Outcome::by_schedule(playbook::run(11, TICKS, MINUTE, above(0.95, 1000.0)))),
        Some(Outcome::by_schedule(playbook::run(6, TICKS, MINUTE, above(0.95, 500.0)))),
        Some(Outcome::by_schedule(argo::run(&analysis, TICKS, MINUTE, below(0.95, 1000.0)))),
        Some(Outcome::by_schedule(flagger::run(5, TICKS, MINUTE, below(0.99, 1500.0)))),
        kayenta(60, 1.0),
        kayenta(10, 1.0),
        kayenta(60, 1.25),
        Some(judged(settings, &ticks(&moments)).0),
    ]
}

/// Kayenta on the 95th percentile, a point a minute, against a part of the baseline as large as the canary.
fn kayenta_every(moments: &[Moment], interval: usize, allowed: f64) -> Outcome {
    let metric =
        Metric { trend: Trend::Increase, missing: Missing::Remove, critical: false, required: false };
    let asked = Thresholds { effect: Effect::MeanRatio, allowed: (1.0, allowed), ..Thresholds::default() };
    let points = |of: fn(&Moment) -> &Buckets| -> Vec<f64> {
        let point = |at: usize| quantile(&minute(moments, at, of), 0.95).unwrap_or(f64::NAN);
        (MINUTE..=TICKS).step_by(MINUTE).map(point).collect()
    };
    let (experiment, control) = (points(|moment| &moment.canary), points(|moment| &moment.control));
    let (mut back, mut flips, mut last) = (None, 0, None);
    for at in (interval..=TICKS).step_by(interval) {
        let (experiment, control) = (&experiment[..at / MINUTE], &control[..at / MINUTE]);
        let class = kayenta::classify(experiment, control, &metric, &asked).class;
        flips += u32::from(last.is_some_and(|last| last != class));
        last = Some(class);
        if class == Class::High && back.is_none() {
            back = Some(at);
        }
    }
    Outcome::by_schedule((back, flips))
}

fn minute(moments: &[Moment], at: usize, of: impl Fn(&Moment) -> &Buckets) -> Buckets {
    let mut sum = Buckets::default();
    for moment in &moments[at - MINUTE..at] {
        for (to, from) in sum.iter_mut().zip(of(moment)) {
            *to += from;
        }
    }
    sum
}

/// As `histogram_quantile` has it: straight inside a bucket, and the last bound for what lies past it.
fn quantile(buckets: &Buckets, p: f64) -> Option<f64> {
    let all: u64 = buckets.iter().sum();
    let rank = p * all as f64;
    let (mut below, mut low) = (0.0, 0.0);
    for (count, high) in buckets.iter().zip(BOUNDS) {
        let count = *count as f64;
        if below + count >= rank && count > 0.0 {
            return Some(low + (high - low) * (rank - below) / count);
        }
        below += count;
        low = high;
    }
    (all > 0).then_some(low)
}

/// What the judge sees of it: how many were slower than each of its bounds.
fn ticks(moments: &[Moment]) -> Vec<Tick> {
    let tally = |buckets: &Buckets| Tally {
        total: buckets.iter().sum(),
        bad: JUDGED.map(|bound| buckets[bound + 1..].iter().sum()),
    };
    let tick = |moment: &Moment| Tick {
        canary: tally(&moment.canary),
        control: tally(&moment.control),
        rest: tally(&moment.rest),
        ..Tick::default()
    };
    moments.iter().map(tick).collect()
}

fn simulated(trouble: Trouble, rate: f64, count: usize, luck: &mut Luck) -> Vec<Moment> {
    let own = if trouble == Trouble::Noise { 0.05 } else { 0.0 };
    let mut common = Wander::new(0.05, 20.0, luck);
    let (mut here, mut there) = (Wander::new(own, 20.0, luck), Wander::new(own, 20.0, luck));
    let (from, long) = (luck.between(40, 180), luck.between(4 * MINUTE, 8 * MINUTE));
    let requests = rate * 15.0;
    (0..count)
        .map(|place| {
            let incident = trouble == Trouble::Shared && (from..from + long).contains(&place);
            let level = common.next(luck) * if incident { 2.0 } else { 1.0 };
            let times = if let Trouble::Slower(times) = trouble { times } else { 1.0 };
            let tail = if trouble == Trouble::Tail { 0.05 } else { 0.0 };
            let canary = shares(level * here.next(luck) * times, tail);
            let baseline = shares(level * there.next(luck), 0.0);
            Moment {
                canary: drawn(requests * SHARE, &canary, luck),
                control: drawn(requests * SHARE, &baseline, luck),
                rest: drawn(requests * (1.0 - 2.0 * SHARE), &baseline, luck),
            }
        })
        .collect()
}

/// The share of requests in each bucket, when all take `times` as long, and a `tail` of them five times that.
fn shares(times: f64, tail: f64) -> [f64; BOUNDS.len() + 1] {
    let below = |bound: f64, times: f64| probability((bound / (MEDIAN * times)).ln() / SPREAD);
    let mut shares = [0.0; BOUNDS.len() + 1];
    let mut before = 0.0;
    for (share, bound) in shares.iter_mut().zip(BOUNDS) {
        let mut all = below(bound, times);
        if tail > 0.0 {
            all = (1.0 - tail) * all + tail * below(bound, 5.0 * times);
        }
        *share = all - before;
        before = all;
    }
    shares[BOUNDS.len()] = 1.0 - before;
    shares
}

fn drawn(requests: f64, shares: &[f64; BOUNDS.len() + 1], luck: &mut Luck) -> Buckets {
    shares.map(|share| luck.poisson(requests * share))
}
