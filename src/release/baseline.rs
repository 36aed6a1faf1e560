//! Baselines of a service: what is kept of its versions and of the time before a release, and what is to be captured.
//!
//! A stream is of one service in one environment, so what is kept here outlives its releases. Invariants: what is due
//! follows from state, plan and time alone, so an engine that begins anew goes on with it; nothing is asked for
//! without end; a window is fixed when it becomes due, whenever it is asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::analysis::Arm;
use crate::analysis::baseline::{BaselineName, Demand, Snapshot, Unusable};
use crate::base::{Digest, MetricId, Seconds, Timestamp, Untrusted};
use crate::plan::{Baseline, Metric, Plan};
use crate::release::state::{Mark, State, Status};

/// How often the engine tries to capture by itself what it could not.
const TRIES: u32 = 3;
/// How long it waits in between, in seconds.
const AGAIN: i64 = 60;
/// How long a time is kept of a version at the end of its watch.
const WATCH: Seconds = Seconds(3600);
/// How long a time is captured when nobody says.
pub const USUAL: Seconds = Seconds(3600);

/// What is known of all baselines.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Baselines {
    /// What is kept.
    pub kept: BTreeMap<MetricId, BTreeMap<BaselineName, KeptBaseline>>,
    /// What people asked for and was not read yet, oldest first.
    pub asked: Vec<Asked>,
    /// What could not be read.
    pub missed: BTreeMap<MetricId, BTreeMap<BaselineName, MissedBaseline>>,
    /// When all traffic was on the version that goes out.
    pub watched: Option<Timestamp>,
    /// When this attempt was called stable.
    pub stable: Option<Timestamp>,
}

/// A baseline that is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeptBaseline {
    /// What the number was.
    pub snapshot: Snapshot,
    /// The blob of the samples; none for what a person said.
    pub inputs: Option<Digest>,
    /// Who had it captured or said it, and when.
    pub mark: Mark,
}

/// A baseline somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The metric.
    pub metric: MetricId,
    /// What it will be called, and over which time.
    pub window: Window,
}

/// A time that is to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// What its baseline is called.
    pub name: BaselineName,
    /// Samples after this moment count.
    pub from: Timestamp,
    /// Up to and with this one.
    pub to: Timestamp,
}

/// A baseline that could not be captured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissedBaseline {
    /// Why, the last time.
    pub why: Untrusted,
    /// How often.
    pub tries: u32,
    /// When, the last time.
    pub at: Timestamp,
}

/// What is to be read of one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The metric.
    pub metric: MetricId,
    /// Whose numbers, when it has sides.
    pub side: Arm,
    /// The times; only the first must have numbers.
    pub windows: Vec<Window>,
}

/// A number to compare with, and what it is, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Usable {
    /// The number, in its unit's base.
    pub value: f64,
    /// What it is of, what it rests on, how old it is, and what is risky about it.
    pub line: String,
}

/// The digest of what a metric asks: its own words, not where it asks them.
pub fn question(metric: &Metric) -> Digest {
    let mut text = String::from("tminus-question 1\n");
    let mut line = |key: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{key} {}", value.replace(['\n', '\r'], " "));
    };
    let Metric { query, sides, counts, histogram, .. } = metric;
    if let Some(query) = query {
        line("query", query);
    }
    if let Some(sides) = sides {
        line("sides", &format!("{} | {}", sides.canary, sides.baseline));
    }
    if let Some(counts) = counts {
        line("bad", &counts.bad);
        line("total", &counts.total);
    }
    if let Some(histogram) = histogram {
        line("histogram", &histogram.selector);
        histogram.bounds.iter().for_each(|bound| line("bound", &bound.to_string()));
    }
    Digest::of(text)
}

/// The name of what a metric is compared with, when that is something captured.
pub fn meant(metric: &Metric) -> Option<BaselineName> {
    match metric.baseline.as_ref()? {
        Baseline::Concurrent => None,
        Baseline::Before { .. } => Some(BaselineName::Before),
        Baseline::Version { version } => Some(BaselineName::version(version)),
    }
}

impl Baselines {
    /// What is kept of a metric under a name.
    pub fn of(&self, metric: &MetricId, name: &BaselineName) -> Option<&KeptBaseline> {
        self.kept.get(metric)?.get(name)
    }

    /// The number that a metric is compared with under this name.
    ///
    /// # Errors
    /// Why it is compared with nothing, and what to do about it.
    pub fn usable(
        &self,
        metric: &Metric,
        name: &BaselineName,
        demand: &Demand,
        now: Timestamp,
    ) -> Result<Usable, Unusable> {
        let Some(kept) = self.of(&metric.id, name) else { return Err(self.absent(metric, name)) };
        let value = kept.snapshot.usable(name, question(metric), demand, now)?;
        let by = match kept.inputs {
            Some(_) => String::new(),
            None => format!(" by {}", Untrusted::new(kept.mark.by.name()).cell(40)),
        };
        let risk = name.warning().map(|warning| format!("; {warning}")).unwrap_or_default();
        Ok(Usable { value, line: format!("{name}: {}{by}{risk}", kept.snapshot.line(now)) })
    }

    fn absent(&self, metric: &Metric, name: &BaselineName) -> Unusable {
        let name = name.clone();
        if let Some(missed) = self.missed.get(&metric.id).and_then(|known| known.get(&name)) {
            return Unusable::Missed { name, why: missed.why.line() };
        }
        let id = &metric.id;
        let help = match name.of_version() {
            Some(version) => format!(
                "`tminus baseline capture {id} --version {version} --from … --to …` reads it, `tminus baseline set {id} \
                 --version {version} VALUE` writes it down"
            ),
            None => format!("it is captured at T-0, or now by `tminus baseline capture {id}`"),
        };
        Unusable::None { name, help }
    }
}

/// What a metric is compared with at `now`, for people: which baseline, what it rests on and how old it is, or why it
/// is not used. None when the plan names none.
///
/// # Errors
/// Why it is compared with nothing.
pub fn compared(state: &State, metric: &Metric, now: Timestamp) -> Option<Result<String, Unusable>> {
    match (meant(metric), &metric.baseline) {
        (Some(name), _) => {
            let found = state.baselines.usable(metric, &name, &Demand::default(), now);
            Some(found.map(|found| found.line))
        }
        (None, Some(Baseline::Concurrent)) => Some(Ok("the old version at the same time".to_owned())),
        (None, _) => None,
    }
}

/// What is to be captured at `now`: what people asked for, what it was before T-0, what a version was that is stable.
pub fn due(state: &State, plan: &Plan, now: Timestamp) -> Vec<Capture> {
    let going_out = state.identity.as_ref().map(|identity| BaselineName::version(&identity.version));
    let side =
        |name: &BaselineName| if going_out.as_ref() == Some(name) { Arm::Canary } else { Arm::Baseline };
    let known = &state.baselines;
    let asked = |asked: &&Asked| plan.metric(&asked.metric).is_some_and(|metric| metric.source.is_some());
    let mut out: Vec<Capture> = known
        .asked
        .iter()
        .filter(asked)
        .map(|Asked { metric, window }| Capture {
            metric: metric.clone(),
            side: side(&window.name),
            windows: vec![window.clone()],
        })
        .collect();
    let tired =
        |metric: &MetricId, name: &BaselineName| {
            known.missed.get(metric).and_then(|missed| missed.get(name)).is_some_and(|missed| {
                missed.tries >= TRIES || now.as_second() - missed.at.as_second() < AGAIN
            })
        };
    let since = |metric: &MetricId, name: &BaselineName, moment: Timestamp| {
        known.of(metric, name).is_some_and(|kept| kept.snapshot.to >= moment)
    };
    for metric in plan.metrics.iter().filter(|metric| metric.source.is_some()) {
        let capture = |windows| Capture { metric: metric.id.clone(), side: Arm::Baseline, windows };
        if let (Some(started), Some(Baseline::Before { span }), false) =
            (state.started, &metric.baseline, state.status.is_over())
            && !since(&metric.id, &BaselineName::Before, started)
            && !tired(&metric.id, &BaselineName::Before)
        {
            let names = [BaselineName::Before, BaselineName::Yesterday, BaselineName::LastWeek];
            out.push(capture(names.into_iter().map(|name| window(name, *span, started)).collect()));
        }
        if let (Some(stable), Some(name), Status::Stable) = (known.stable, &going_out, state.status)
            && !since(&metric.id, name, stable)
            && !tired(&metric.id, name)
        {
            let whole = window(name.clone(), WATCH, stable);
            let from = known.watched.map_or(whole.from, |watched| watched.max(whole.from));
            out.push(Capture { side: Arm::Canary, ..capture(vec![Window { from, ..whole }]) });
        }
    }
    out
}

/// The time of a name that ends at a moment, or as long before it as the name says.
pub fn window(name: BaselineName, span: Seconds, end: Timestamp) -> Window {
    let to = earlier(end, name.back());
    Window { from: earlier(to, span.signed()), to, name }
}

fn earlier(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}
