//! Canaries that answer with errors: twelve scenarios at three rates of requests.

use std::f64::consts::TAU;

use tminus::analysis::Tally;
use tminus::analysis::judge::Settings;

use super::counts::{Scrape, Tick, window};
use super::grid;
use super::luck::{Luck, Wander, shared};
use super::outcome::{MINUTE, Outcome, Record, TICKS};
use super::peers::kayenta::{self, Class, Metric, Missing, Thresholds, Trend};
use super::peers::{argo, flagger, playbook};
use super::tminus_judge::{calibrated, judged};

/// Requests a second, of both versions.
pub const RATES: [f64; 3] = [20.0, 200.0, 2000.0];
/// The share of the canary.
const SHARE: f64 = 0.1;
/// The share of requests that fail when nothing is wrong.
const BASE: f64 = 0.001;
/// Ticks of the two healthy hours that the dispersion is measured on.
const BEFORE: usize = 480;
/// Ticks in which a third of a wandering level's deviation is left: 5 min.
const SLOW: f64 = 20.0;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    Nothing,
    /// Both versions fail twenty times as often for 4 to 8 min.
    Shared,
    /// Each version's errors wander by themselves.
    Bursty,
    /// The canary's pods are better or worse by as much, all the time.
    Pods,
    /// The canary fails five times as often for 2 min.
    Cold,
    /// One scrape in twenty is lost, and the metric system is down for 6 min.
    Outage,
    /// The canary fails so many times as often, from a minute on.
    Worse {
        times: f64,
        from: usize,
    },
    /// The same, with errors that wander.
    WorseBursty {
        times: f64,
    },
}

/// A scenario: its name, and what is wrong.
pub const SCENARIOS: [(&str, Trouble); 13] = [
    ("healthy", Trouble::Nothing),
    ("healthy, shared incident", Trouble::Shared),
    ("healthy, bursty", Trouble::Bursty),
    ("healthy, pod luck 10 %", Trouble::Pods),
    ("healthy, cold start", Trouble::Cold),
    ("healthy, metrics down 6 min", Trouble::Outage),
    ("x1.5", Trouble::Worse { times: 1.5, from: 0 }),
    ("x2", Trouble::Worse { times: 2.0, from: 0 }),
    ("x3", Trouble::Worse { times: 3.0, from: 0 }),
    ("x5", Trouble::Worse { times: 5.0, from: 0 }),
    ("x10", Trouble::Worse { times: 10.0, from: 0 }),
    ("x5 from minute 20", Trouble::Worse { times: 5.0, from: 20 }),
    ("x5, bursty", Trouble::WorseBursty { times: 5.0 }),
];

/// The deciders, in the order of the columns.
pub const DECIDERS: [&str; 10] = [
    "any minute > 1 %",
    "> 1 % for 5 min",
    "Argo",
    "Flagger",
    "Kayenta at 60 min",
    "Kayenta every 10 min",
    "tminus",
    "tminus, E_bad < 1 not asked",
    "tminus, rho0 1.25",
    "tminus, grid from 1.05 rho0",
];

/// All of one scenario at one rate.
pub struct Cell {
    pub scenario: &'static str,
    pub rate: f64,
    /// The tick from which the canary is worse.
    pub onset: usize,
    pub records: Vec<Record>,
}

impl Cell {
    pub fn of(&self, decider: &str) -> &Record {
        self.records.iter().find(|record| record.decider == decider).expect("a decider of the list")
    }
}

/// Every scenario at every rate; the costlier deciders get fewer replications.
pub fn all(replications: usize, fewer: usize) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (number, (scenario, trouble)) in SCENARIOS.into_iter().enumerate() {
        for rate in RATES {
            let seed = number as u64 * 10_000 + rate as u64;
            let done = shared(replications, |replication| {
                run(trouble, rate, &mut Luck::new(seed, replication), replication < fewer as u64)
            });
            let record = |(place, decider): (usize, &&'static str)| Record {
                decider,
                outcomes: done.iter().filter_map(|outcomes| outcomes[place]).collect(),
            };
            let onset = match trouble {
                Trouble::Worse { from, .. } => from * MINUTE,
                _ => 0,
            };
            cells.push(Cell {
                scenario,
                rate,
                onset,
                records: DECIDERS.iter().enumerate().map(record).collect(),
            });
        }
    }
    cells
}

/// How often the judge ever alarms on a healthy canary at alpha 0.05, when no margin is harmless and nothing scatters.
pub fn ever(replications: usize) -> f64 {
    let settings = Settings { rho0: 1.0, alpha: 0.05, phi: 1.0, ..Settings::default() };
    let backs = shared(replications, |replication| {
        let mut luck = Luck::new(999, replication);
        judged(settings, &simulated(Trouble::Nothing, 2000.0, TICKS, &mut luck).0).0.back.is_some()
    });
    backs.iter().filter(|back| **back).count() as f64 / replications.max(1) as f64
}

fn run(trouble: Trouble, rate: f64, luck: &mut Luck, costly: bool) -> [Option<Outcome>; DECIDERS.len()] {
    let before = match trouble {
        Trouble::Bursty | Trouble::WorseBursty { .. } => Trouble::Bursty,
        Trouble::Pods => Trouble::Pods,
        _ => Trouble::Nothing,
    };
    let phi = calibrated(&simulated(before, rate, BEFORE, luck).0, 1);
    let (ticks, extra) = simulated(trouble, rate, TICKS, luck);
    let bad = |minutes: usize| {
        let ticks = &ticks;
        move |at: usize| {
            let seen =
                window(ticks, at, minutes * MINUTE, |tick| tick.canary).filter(|seen| seen.total > 0)?;
            Some(seen.bad[0] as f64 / seen.total as f64 > 0.01)
        }
    };
    let good = |minutes: usize| move |at: usize| bad(minutes)(at).map(|bad| !bad);
    let analysis = argo::Metric { interval: true, failure_limit: Some(3), ..argo::Metric::default() };
    let settings = Settings { phi, ..Settings::default() };
    let (ships, without) = judged(settings, &ticks);
    let healthy = !matches!(trouble, Trouble::Worse { .. } | Trouble::WorseBursty { .. });
    let wider = (costly || healthy).then(|| judged(Settings { rho0: 1.25, ..settings }, &ticks).0);
    let every = |minutes: usize| costly.then(|| kayenta_every(&ticks, minutes * MINUTE));
    let outcomes = [
        Some(Outcome::by_schedule(playbook::run(1, TICKS, MINUTE, bad(1)))),
        Some(Outcome::by_schedule(playbook::run(6, TICKS, MINUTE, bad(1)))),
        Some(Outcome::by_schedule(argo::run(&analysis, TICKS, MINUTE, good(5)))),
        Some(Outcome::by_schedule(flagger::run(5, TICKS, MINUTE, good(1)))),
        every(60),
        every(10),
        Some(ships),
        Some(without),
        wider,
        costly.then(|| grid::rolled_back(settings, &ticks)),
    ];
    outcomes.map(|outcome| {
        outcome.map(|outcome| Outcome {
            excess: extra.iter().take(outcome.back.unwrap_or(TICKS)).sum(),
            ..outcome
        })
    })
}

/// Kayenta on the share of errors in percent, a point a minute, at its best: against a part of the baseline that is as
/// large as the canary.
fn kayenta_every(ticks: &[Tick], interval: usize) -> Outcome {
    let metric =
        Metric { trend: Trend::Increase, missing: Missing::Remove, critical: false, required: false };
    let points = |to: usize, of: fn(&Tick) -> Tally| -> Vec<f64> {
        let share = |seen: Tally| (seen.total > 0).then(|| 100.0 * seen.bad[0] as f64 / seen.total as f64);
        let point = |at: usize| window(ticks, at, MINUTE, of).and_then(share).unwrap_or(f64::NAN);
        (MINUTE..=to).step_by(MINUTE).map(point).collect()
    };
    let (mut back, mut flips, mut last) = (None, 0, None);
    for at in (interval..=TICKS).step_by(interval) {
        let (experiment, control) = (points(at, |tick| tick.canary), points(at, |tick| tick.control));
        let class = kayenta::classify(&experiment, &control, &metric, &Thresholds::default()).class;
        flips += u32::from(last.is_some_and(|last| last != class));
        last = Some(class);
        if class == Class::High && back.is_none() {
            back = Some(at);
        }
    }
    Outcome::by_schedule((back, flips))
}

/// So many ticks; and, for each, the failures of the canary that a healthy one would not have had.
fn simulated(trouble: Trouble, rate: f64, count: usize, luck: &mut Luck) -> (Vec<Tick>, Vec<f64>) {
    let bursty = matches!(trouble, Trouble::Bursty | Trouble::WorseBursty { .. });
    let own = if bursty { 0.5 } else { 0.0 };
    let mut common = Wander::new(0.3, SLOW, luck);
    let (mut here, mut there) = (Wander::new(own, SLOW, luck), Wander::new(own, SLOW, luck));
    let pods = if trouble == Trouble::Pods { (0.1 * luck.normal()).exp() } else { 1.0 };
    let phase = luck.normal() * TAU;
    let (from, long) = (luck.between(40, 180), luck.between(4 * MINUTE, 8 * MINUTE));
    let mut ticks = Vec::with_capacity(count);
    let mut extra = Vec::with_capacity(count);
    for place in 0..count {
        let minute = place / MINUTE;
        let requests = rate * 15.0 * (1.0 + 0.2 * (TAU * place as f64 / TICKS as f64 + phase).sin());
        let incident = trouble == Trouble::Shared && (from..from + long).contains(&place);
        let level = BASE * common.next(luck) * if incident { 20.0 } else { 1.0 };
        let times = match trouble {
            Trouble::Worse { times, from } if minute >= from => times,
            Trouble::WorseBursty { times } => times,
            Trouble::Cold if minute < 2 => 5.0,
            _ => 1.0,
        };
        let canary = arm(requests * SHARE, level * here.next(luck) * pods * times, luck);
        let baseline = level * there.next(luck);
        let control = arm(requests * SHARE, baseline, luck);
        let rest = arm(requests * (1.0 - 2.0 * SHARE), baseline, luck);
        let down = trouble == Trouble::Outage && (from..from + 6 * MINUTE).contains(&place);
        let scrape = match trouble {
            Trouble::Outage if down => Scrape::Down,
            Trouble::Outage if luck.chance(0.05) => Scrape::Lost,
            _ => Scrape::Good,
        };
        extra.push(canary.bad[0] as f64 * (1.0 - 1.0 / times));
        ticks.push(Tick { canary, control, rest, scrape });
    }
    (ticks, extra)
}

fn arm(requests: f64, share: f64, luck: &mut Luck) -> Tally {
    let total = luck.poisson(requests);
    Tally::ratio(total, luck.poisson(total as f64 * share).min(total))
}
