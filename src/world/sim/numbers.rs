//! What the scripted service's metrics say.

use futures::future::BoxFuture;

use crate::base::{Timestamp, Untrusted};
use crate::engine::ports::{Ask, Fault, Numbers, Reading};

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
            let samples = (0..)
                .map_while(|step: i64| {
                    Timestamp::from_second(first + step * every).ok().filter(|at| *at <= last)
                })
                .take(MOST)
                .filter(|at| self.silence(&track, name, *at) != Some(Silence::Stale))
                .map(|at| (at, self.sample(&track, name, &number, at)));
            Ok(Reading { partial, server_time: Some(now), ..Reading::whole(samples) })
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
