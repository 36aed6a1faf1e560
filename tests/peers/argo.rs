//! Argo Rollouts: when an analysis run fails. Modelled from `analysis/analysis.go`.

/// The phase of a measurement, a metric or a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Pending,
    Running,
    Successful,
    Failed,
    Error,
    Inconclusive,
}

/// The limits of a metric. `None` is "not written".
#[derive(Clone, Copy, Debug, Default)]
pub struct Metric {
    pub count: Option<i64>,
    pub interval: bool,
    pub failure_limit: Option<i64>,
    pub inconclusive_limit: Option<i64>,
    pub consecutive_error_limit: Option<i64>,
    pub consecutive_success_limit: Option<i64>,
}

/// What was measured so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub count: i64,
    pub failed: i64,
    pub inconclusive: i64,
    pub consecutive_error: i64,
    pub consecutive_success: i64,
    pub last: Option<Phase>,
}

impl Tally {
    /// Takes a measurement in. Errors do not count as measurements.
    pub fn take(&mut self, phase: Phase) {
        self.count += i64::from(phase != Phase::Error);
        self.failed += i64::from(phase == Phase::Failed);
        self.inconclusive += i64::from(phase == Phase::Inconclusive);
        self.consecutive_error = if phase == Phase::Error { self.consecutive_error + 1 } else { 0 };
        self.consecutive_success = if phase == Phase::Successful { self.consecutive_success + 1 } else { 0 };
        self.last = Some(phase);
    }
}

/// The phase of a metric. Terminating without a failure is success, even when nothing was ever measured.
pub fn assess(metric: &Metric, tally: &Tally, terminating: bool) -> Phase {
    let ended = if terminating { Phase::Successful } else { Phase::Running };
    match tally.last {
        None if terminating => return Phase::Successful,
        None => return Phase::Pending,
        Some(Phase::Running | Phase::Pending) => return Phase::Running,
        Some(_) => {}
    }
    let failure_limit = metric.failure_limit.unwrap_or(0);
    let over = |count: i64, limit: i64| limit >= 0 && count > limit;
    if over(tally.consecutive_error, metric.consecutive_error_limit.unwrap_or(4)) {
        return Phase::Error;
    }
    if over(tally.inconclusive, metric.inconclusive_limit.unwrap_or(0)) {
        return Phase::Inconclusive;
    }
    if over(tally.failed, failure_limit) {
        return Phase::Failed;
    }
    let successes = metric.consecutive_success_limit.filter(|limit| *limit > 0);
    if successes.is_some_and(|limit| tally.consecutive_success >= limit) {
        return Phase::Successful;
    }
    let count = metric.count.or(if metric.interval { None } else { Some(1) });
    if count.is_some_and(|count| tally.count >= count) {
        return match (successes, failure_limit >= 0) {
            (None, _) => Phase::Successful,
            (Some(_), true) => Phase::Inconclusive,
            (Some(_), false) => Phase::Failed,
        };
    }
    ended
}

/// A background run with one metric and a success condition, measured every `interval` ticks; after an error on the
/// next tick (really after 10 s). `sees` says whether the condition holds at a tick, or nothing when the query fails.
/// Gives the tick at which the rollout is aborted, and how often its measurements changed their mind.
pub fn run(
    metric: &Metric,
    ticks: usize,
    interval: usize,
    mut sees: impl FnMut(usize) -> Option<bool>,
) -> (Option<usize>, u32) {
    let mut tally = Tally::default();
    let (mut next, mut flips) = (interval, 0);
    while next <= ticks {
        let phase = match sees(next) {
            Some(true) => Phase::Successful,
            Some(false) => Phase::Failed,
            None => Phase::Error,
        };
        flips += u32::from(tally.last.is_some_and(|last| last != phase));
        tally.take(phase);
        if matches!(assess(metric, &tally, false), Phase::Failed | Phase::Error) {
            return (Some(next), flips);
        }
        next += if phase == Phase::Error { 1 } else { interval };
    }
    (None, flips)
}
