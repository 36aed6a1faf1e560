//! A gauge, such as processor load, whose points hang together: a healthy canary, a point a minute for an hour.

use tminus::analysis::rank::{Class as Word, Demand, Method, Pair, Question, Side, ask, classify};

use super::luck::{Luck, shared};
use super::peers::kayenta::{self, Class, Metric, Missing, Thresholds, Trend};
use super::peers::playbook;

const POINTS: usize = 60;

/// How often each decider calls a healthy canary worse.
pub struct Row {
    /// The correlation of a point with the next.
    pub keep: f64,
    pub kayenta_once: f64,
    pub kayenta_every: f64,
    /// `tminus judge compare` with its usual settings, once.
    pub compare: f64,
    /// What the plan of a release would have: a rule with a limit and a time.
    pub rule: f64,
}

pub fn all(replications: usize) -> Vec<Row> {
    [0.0, 0.5, 0.9].into_iter().map(|keep| row(keep, replications)).collect()
}

fn row(keep: f64, replications: usize) -> Row {
    let seed = 2_000_000 + (keep * 10.0) as u64;
    let found = shared(replications, |replication| {
        let mut luck = Luck::new(seed, replication);
        let (experiment, control) = (points(keep, &mut luck), points(keep, &mut luck));
        let high = |count: usize| called_high(&experiment[..count], &control[..count]);
        let every = (10..=POINTS).step_by(10).any(high);
        // "> 75 % for 15 min", where the load is 60 % give or take 5.
        let rule = playbook::run(16, POINTS, 1, |at| experiment.get(at - 1).map(|value| *value > 75.0));
        [high(POINTS), every, compared(&experiment, &control), rule.0.is_some()]
    });
    let share =
        |place: usize| found.iter().filter(|found| found[place]).count() as f64 / replications.max(1) as f64;
    Row { keep, kayenta_once: share(0), kayenta_every: share(1), compare: share(2), rule: share(3) }
}

fn points(keep: f64, luck: &mut Luck) -> Vec<f64> {
    let mut at = luck.normal();
    (0..POINTS)
        .map(|_| {
            at = keep * at + (1.0 - keep * keep).sqrt() * luck.normal();
            60.0 + 5.0 * at
        })
        .collect()
}

fn called_high(experiment: &[f64], control: &[f64]) -> bool {
    let metric =
        Metric { trend: Trend::Increase, missing: Missing::Remove, critical: false, required: false };
    kayenta::classify(experiment, control, &metric, &Thresholds::default()).class == Class::High
}

fn compared(experiment: &[f64], control: &[f64]) -> bool {
    let pair = Pair::new(experiment, control).expect("values");
    let question = Question {
        alternative: tminus::analysis::rank::Alternative::TwoSided,
        confidence: 0.98,
        method: Method::Normal,
    };
    let test = ask(&pair, &question);
    classify(&pair, &test, &Demand { side: Side::Increase, tolerance: 0.25 }) == Word::High
}
