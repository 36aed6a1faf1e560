//! What the scripted service's metrics say.

use futures::future::BoxFuture;

use crate::analysis::{Arm, Measure, Quality, Sample};
use crate::base::{Timestamp, Untrusted};
use crate::engine::ports::{Ask, Fault, Numbers, Reading};
use crate::plan::Metric;

use super::counts::Counted;
use super::history::Track;
use super::script::{Kind, Number, Part, Silence};
use super::world::Play;

/// No answer holds more samples, as with the real source.
const MOST: usize = 11_000;

impl Numbers for Play {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move {
            let track = self.history().main();
            let now = self.clock.now();
            let name = ask.metric.id.as_str();
            if self.silence(&track, name, now) == Some(Silence::Unreachable) {
                return Err(Fault::Unreachable(ask.source.id.to_string(), "silent by the script".to_owned()));
            }
            let partial = (self.silence(&track, name, now) == Some(Silence::Partial))
                .then(|| Untrusted::new("the script leaves a part out"));
            let every = ask.source.every.signed().max(1);
            let first = ask.from.as_second() + (-ask.from.as_second()).rem_euclid(every);
            let last = ask.to.min(now);
            let number = self.number(name);
            let moments = (0..)
                .map_while(|step: i64| {
                    Timestamp::from_second(first + step * every).ok().filter(|at| *at <= last)
                })
                .take(MOST)
                .filter(|at| self.silence(&track, name, *at) != Some(Silence::Stale));
            let reading = match counted(ask.metric) {
                Some(bounds) => {
                    let what = Counted { name, number: &number, bounds: &bounds, every: ask.source.every };
                    let moments: Vec<Timestamp> = moments.collect();
                    let side = |arm| {
                        let one = |at: &Timestamp| self.tally(&track, &what, arm, *at);
                        (arm, moments.iter().map(one).collect())
                    };
                    let arms = [Arm::Canary, Arm::Baseline].map(side).into();
                    Reading { arms, ..Reading::default() }
                }
                None if in_sides(ask.metric) => {
                    let moments: Vec<Timestamp> = moments.collect();
                    let side = |(arm, of)| {
                        let number = Number { of, ..number.clone() };
                        let one = |at: &Timestamp| Sample::of(*at, self.sample(&track, name, &number, *at));
                        (arm, moments.iter().map(one).collect())
                    };
                    let arms = [(Arm::Canary, Part::Canary), (Arm::Baseline, Part::Stable)].map(side).into();
                    Reading { arms, ..Reading::default() }
                }
                None => Reading::whole(moments.map(|at| (at, self.sample(&track, name, &number, at)))),
            };
            Ok(Reading { partial, server_time: Some(now), ..reading })
        })
    }
}

impl Play {
    /// What is wrong with a metric at a moment.
    fn silence(&self, track: &Track, metric: &str, at: Timestamp) -> Option<Silence> {
        let service = self.service(track);
        let mut outages = self.script.outage.iter();
        let named = |names: &[String]| names.is_empty() || names.iter().any(|name| name == metric);
        outages
            .find(|outage| named(&outage.metrics) && service.is_on(outage.timing(), at))
            .map(|outage| outage.is)
    }

    fn sample(&self, track: &Track, name: &str, number: &Number, at: Timestamp) -> Option<f64> {
        match self.silence(track, name, at) {
            None | Some(Silence::Partial) => self.service(track).number(name, number, at),
            Some(_) => None,
        }
    }

    fn tally(&self, track: &Track, what: &Counted<'_>, arm: Arm, at: Timestamp) -> Sample {
        let nothing = |quality| Sample { at, measure: Measure::None, quality };
        let counted = || self.service(track).counted(what, arm, at);
        match self.silence(track, what.name, at) {
            None => counted(),
            Some(Silence::Partial) => Sample { quality: Quality::Partial, ..counted() },
            Some(Silence::Unreachable) => nothing(Quality::Error),
            Some(_) => nothing(Quality::NoSeries),
        }
    }

    /// The newest number of a metric, as a check would read it.
    pub(super) fn newest(&self, name: &str) -> Option<f64> {
        let track = self.history().main();
        self.sample(&track, name, &self.number(name), self.clock.now())
    }

    /// What the script says of a metric, or else what its name says.
    fn number(&self, name: &str) -> Number {
        let told = |kind, of| Number { kind, of, level: 0.42, turns: Vec::new() };
        let speaks_of = |words: &[&str]| words.iter().any(|word| name.contains(word));
        match self.script.metric.get(name) {
            Some(number) => number.clone(),
            None if speaks_of(&["error", "fail", "5xx"]) => told(Kind::ErrorRatio, Part::Canary),
            None if speaks_of(&["latency", "p95", "p99", "duration", "response"]) => {
                told(Kind::LatencyP95, Part::Canary)
            }
            None if speaks_of(&["cpu", "memory", "disk", "usage", "utili"]) => told(Kind::Gauge, Part::Whole),
            None => told(Kind::RequestRate, Part::Whole),
        }
    }
}

/// The bounds of a metric that counts events of both sides: none for one that counts failures.
fn counted(metric: &Metric) -> Option<Vec<f64>> {
    metric.sides.as_ref()?;
    match (&metric.counts, &metric.histogram) {
        (Some(_), _) => Some(Vec::new()),
        (None, Some(histogram)) => Some(histogram.bounds.iter().map(|bound| bound.value).collect()),
        (None, None) => None,
    }
}

/// True for a number that is asked of each side.
fn in_sides(metric: &Metric) -> bool {
    metric.sides.is_some() && metric.query.as_ref().is_some_and(|query| query.contains("{{side}}"))
}
