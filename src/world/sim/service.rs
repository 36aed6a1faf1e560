//! The scripted service at a moment: its traffic, its failures, how slow it is.

use crate::base::{Timestamp, Weight};

use super::cue::Timing;
use super::history::Track;
use super::noise;
use super::script::{Kind, Number, Part, Script, Side, Turn};

/// How many seconds of requests the observed share is counted from.
const OBSERVED: i64 = 10;
/// How far numbers wander around their level, as a fraction of it.
const WANDER: f64 = 0.12;

/// One service, as the script has it and as it was treated.
#[derive(Clone, Copy)]
pub(super) struct Service<'a> {
    pub(super) script: &'a Script,
    pub(super) seed: u64,
    pub(super) start: Timestamp,
    pub(super) track: &'a Track,
}

impl Service<'_> {
    /// The canary's share of requests at a moment, a fraction: the weight, a little later.
    fn share(&self, at: Timestamp) -> f64 {
        self.track.weight(back(at, self.script.service.delay.signed())).value() / 100.0
    }

    /// Requests of the canary and of all in the second that begins then.
    pub(super) fn requests(&self, at: Timestamp) -> (f64, f64) {
        let wander = 1.0 + WANDER * noise::around_zero(self.seed, "requests", at);
        let all = (self.script.service.requests * wander).round().max(0.0);
        let canary = (all * self.share(at) + noise::share(self.seed, "route", at)).floor().min(all);
        (if self.share(at) == 0.0 { 0.0 } else { canary }, all)
    }

    /// Requests of the canary and of all: of the second that begins then, or, where a side has none in most seconds,
    /// of the minute before it, as a query over a minute has it.
    fn lately(&self, at: Timestamp) -> (f64, f64) {
        let now = self.requests(at);
        if now.0 > 0.0 || self.share(at) == 0.0 {
            return now;
        }
        let minute = (1..=60).map(|second| self.requests(back(at, second)));
        minute.fold((0.0, 0.0), |sum, (canary, all)| (sum.0 + canary, sum.1 + all))
    }

    /// The share of requests that went to the canary lately; `None` without requests.
    pub(super) fn observed(&self, at: Timestamp) -> Option<Weight> {
        let (canary, all) = (1..=OBSERVED)
            .map(|second| self.requests(back(at, second)))
            .fold((0.0, 0.0), |sum, (canary, all)| (sum.0 + canary, sum.1 + all));
        if all == 0.0 { None } else { Weight::percent((canary / all * 1000.0).round() / 10.0) }
    }

    /// True when an entry is so at a moment.
    pub(super) fn is_on(&self, timing: Timing, at: Timestamp) -> bool {
        self.since_on(timing, at).is_some()
    }

    fn since_on(&self, timing: Timing, at: Timestamp) -> Option<i64> {
        timing.since_on(self.track.moment(timing.since, self.start, at), at)
    }

    /// A number after all its turns.
    fn turned(&self, level: f64, turns: &[Turn], at: Timestamp) -> f64 {
        turns.iter().fold(level, |level, turn| match self.since_on(turn.timing(), at) {
            None => level,
            Some(on) => {
                let way = if turn.over.0 == 0 { 1.0 } else { (on as f64 / turn.over.0 as f64).min(1.0) };
                level + (turn.to - level) * way
            }
        })
    }

    /// What a metric shows at a moment; `None` when there was no request to measure.
    pub(super) fn number(&self, name: &str, number: &Number, at: Timestamp) -> Option<f64> {
        let (canary, all) = self.lately(at);
        let (of_canary, of_stable) = match number.of {
            Part::Canary => (canary, 0.0),
            Part::Stable => (0.0, all - canary),
            Part::Whole => (canary, all - canary),
        };
        let mix = |of: fn(&Self, &Side, Timestamp) -> f64| {
            let both = of_canary + of_stable;
            let sum =
                of(self, &self.script.canary, at) * of_canary + of(self, &self.script.stable, at) * of_stable;
            (both > 0.0).then(|| sum / both)
        };
        let wander = 1.0 + WANDER * noise::around_zero(self.seed, name, at);
        let value = match number.kind {
            Kind::ErrorRatio => (mix(Self::errors)? * wander).clamp(0.0, 1.0),
            Kind::LatencyP95 => mix(Self::latency)? * wander,
            Kind::RequestRate => {
                let (canary, all) = self.requests(at);
                match number.of {
                    Part::Canary => canary,
                    Part::Stable => all - canary,
                    Part::Whole => all,
                }
            }
            Kind::Gauge => self.turned(number.level, &number.turns, at) * wander,
        };
        Some((value * 1e6).round() / 1e6)
    }

    pub(super) fn errors(&self, side: &Side, at: Timestamp) -> f64 {
        self.turned(side.error_ratio, &side.errors, at)
    }

    pub(super) fn latency(&self, side: &Side, at: Timestamp) -> f64 {
        self.turned(side.latency, &side.slow, at)
    }
}

/// So many seconds before a moment; the moment itself at the edge of the calendar.
pub(super) fn back(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(at)
}

/// So many seconds after a moment; the moment itself at the edge of the calendar.
pub(super) fn ahead(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(at)
}
