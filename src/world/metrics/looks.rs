//! Sources that only know now: they are looked at, and what was seen is kept for whoever asks next.
//!
//! Invariants: two readers of one metric never take counts from each other, since a look is taken by the first and
//! kept for the other; looks are no closer than half an interval; the first look at a counter adds nothing; what is
//! kept is bounded, and lost with the process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use tokio::sync;

use crate::analysis::counter::{Count, Counters, Growth};
use crate::analysis::{Arm, Measure, Quality, Sample};
use crate::base::{MetricId, SourceId, Timestamp};
use crate::engine::ports::{Ask, Fault, Reading};

use super::answer::Gathered;
use super::counts::{Doubts, Part, Step, sample};
use super::exposition::Labels;
use super::prometheus::number;
use super::sides::{Side, sides};

/// Samples kept of each side of a metric.
const MOST: usize = 512;

/// A source that only knows now.
pub(super) trait Look: Send + Sync {
    /// Everything in a metric's question that may name its sides.
    fn texts(&self, ask: &Ask<'_>) -> String;
    /// What a side shows now.
    fn look<'a>(&'a self, ask: &'a Ask<'a>, side: &'a Side<'a>) -> BoxFuture<'a, Result<Seen, Fault>>;
}

/// What was seen of one side.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// What it was.
    pub(super) what: What,
    /// Why it may not be whole.
    pub(super) doubts: Vec<String>,
    /// What a person should know besides.
    pub(super) notes: Vec<String>,
    /// The other side's clock, when it told.
    pub(super) server_time: Option<Timestamp>,
}

/// The kinds of things that are seen.
#[derive(Clone, Debug, Default)]
pub(super) enum What {
    /// Nothing, for this reason.
    #[default]
    Nothing,
    /// No number, for this reason.
    Not(Quality),
    /// A number.
    Number(f64),
    /// Counters, whose growth is wanted.
    Counters(Show, Vec<Count<Counter>>),
}

/// Which counter.
pub(super) type Counter = (Part, String, Labels);

/// How the growth of counters becomes a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    /// As counts of all and of bad events.
    Tally,
    /// As a number a second.
    PerSecond,
    /// As how many there were in the last so many seconds.
    Within(i64),
}

/// What is kept of the metrics of a kind of source.
#[derive(Debug, Default)]
pub(super) struct Looks {
    held: Mutex<BTreeMap<(SourceId, MetricId), Shared>>,
}

/// One metric, for one reader at a time.
type Shared = Arc<sync::Mutex<Held>>;

/// What is kept of one metric.
#[derive(Debug, Default)]
struct Held {
    arms: BTreeMap<Arm, Kept>,
    last: Option<Timestamp>,
    gathered: Gathered,
}

/// What is kept of one side.
#[derive(Debug, Default)]
struct Kept {
    counters: Counters<(), Counter>,
    /// When the counters were seen before.
    since: Option<Timestamp>,
    grown: VecDeque<(Timestamp, Growth)>,
    samples: VecDeque<Sample>,
}

impl Looks {
    /// What is known of a metric, after another look when it is time for one.
    pub(super) async fn read(
        &self,
        from: &dyn Look,
        ask: &Ask<'_>,
        now: Timestamp,
    ) -> Result<Reading, Fault> {
        let held = {
            let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (ask.source.id.clone(), ask.metric.id.clone());
            all.entry(key).or_default().clone()
        };
        let mut held = held.lock().await;
        let half = ask.source.every.signed().max(1).saturating_mul(500);
        let due =
            held.last.is_none_or(|last| (ask.to.as_millisecond() - last.as_millisecond()).abs() >= half);
        if due {
            let mut seen = Vec::new();
            for side in sides(ask.metric, &from.texts(ask)) {
                let at_side = from.look(ask, &side).await?;
                seen.push((side.arm, at_side));
            }
            held.take(seen, ask.to);
        }
        let mut gathered = held.gathered.clone();
        let wanted = |sample: &&Sample| sample.at >= ask.from && sample.at <= ask.to;
        gathered.arms = held
            .arms
            .iter()
            .map(|(arm, side)| (*arm, side.samples.iter().filter(wanted).copied().collect()))
            .collect();
        Ok(gathered.reading(now))
    }
}

impl Held {
    fn take(&mut self, seen: Vec<(Arm, Seen)>, at: Timestamp) {
        self.gathered = Gathered::default();
        self.last = Some(at);
        let mut doubts = Doubts::default();
        for (arm, Seen { what, doubts: partial, notes, server_time }) in seen {
            let side = self.arms.entry(arm).or_default();
            let sample = side.sample(what, at, &mut doubts);
            side.samples.push_back(sample);
            if side.samples.len() > MOST {
                side.samples.pop_front();
            }
            partial.into_iter().for_each(|doubt| self.gathered.doubt(doubt));
            notes.into_iter().for_each(|note| self.gathered.note(note));
            self.gathered.server_time = server_time.or(self.gathered.server_time);
        }
        doubts.said().into_iter().for_each(|said| self.gathered.note(said));
    }
}

impl Kept {
    fn sample(&mut self, what: What, at: Timestamp, doubts: &mut Doubts) -> Sample {
        let nothing = |quality| Sample { at, measure: Measure::None, quality };
        match what {
            What::Nothing => nothing(Quality::NoSeries),
            What::Not(quality) => nothing(quality),
            What::Number(value) => number(at, value),
            What::Counters(show, counts) => {
                let seen = counts.iter().any(|count| count.series.0 == Part::Total);
                let before = self.since.replace(at);
                let grown = self.counters.take((), counts);
                let mut step = Step { seen, known: grown.is_some(), ..Step::default() };
                for one in grown.into_iter().flatten() {
                    let sum = step.grown.entry(one.series.0).or_insert(Growth::NONE);
                    *sum = *sum + one.by;
                }
                match (show, before) {
                    (Show::Tally, _) => sample(at, &step, doubts),
                    _ if !step.seen => nothing(Quality::NoSeries),
                    (_, None) => nothing(Quality::WarmUp),
                    (Show::PerSecond, Some(before)) => {
                        let seconds = (at.as_millisecond() - before.as_millisecond()) as f64 / 1000.0;
                        number(at, total(&step).value() / seconds)
                    }
                    (Show::Within(seconds), Some(_)) => number(at, self.within(at, seconds, total(&step))),
                }
            }
        }
    }

    /// How much was added in the last so many seconds, with what was added now.
    fn within(&mut self, at: Timestamp, seconds: i64, now: Growth) -> f64 {
        self.grown.push_back((at, now));
        while self.grown.front().is_some_and(|(then, _)| at.as_second() - then.as_second() >= seconds) {
            self.grown.pop_front();
        }
        self.grown.iter().map(|(_, grown)| *grown).sum::<Growth>().value()
    }
}

fn total(step: &Step) -> Growth {
    step.grown.get(&Part::Total).copied().unwrap_or(Growth::NONE)
}
