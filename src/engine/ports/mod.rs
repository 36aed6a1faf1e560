//! What the engine asks of the world, real or simulated. Every adapter lives behind these traits.
//!
//! Invariants: every call has a deadline and ends by itself; an adapter never retries a write; what could not be
//! read is `None` or an error, never a made-up number; output is capped before it gets here.

mod flags;
mod traffic;
mod workloads;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::analysis::{Arm, Sample, Verdict};
use crate::base::{Actor, Seconds, SourceId, Timestamp, Untrusted};
use crate::plan::rule::Action;
use crate::plan::{Gate, Metric, Source};
use crate::release::{View, Wish};

pub use flags::{FlagChange, FlagReading, Flags};
pub use traffic::{Change, Moved, Preview, Router, Split, Stamp, Way, Written};
pub use workloads::{Errand, Fence, Workloads};

/// Everything outside the process.
#[derive(Clone)]
pub struct World {
    /// Runs gates.
    pub checks: Arc<dyn Checks>,
    /// Reads numbers.
    pub numbers: Arc<dyn Numbers>,
    /// Splits traffic.
    pub router: Arc<dyn Router>,
    /// Brings versions up and down.
    pub workloads: Arc<dyn Workloads>,
    /// Turns features on and off.
    pub flags: Arc<dyn Flags>,
    /// Tells people.
    pub notifier: Arc<dyn Notifier>,
}

/// Runs the checks behind gates.
pub trait Checks: Send + Sync {
    /// One run of a gate. The verdict follows the gate's own rule; nothing is green on no data.
    fn run<'a>(&'a self, gate: &'a Gate) -> BoxFuture<'a, Finding>;
}

/// What one run of a gate found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it says.
    pub verdict: Verdict,
    /// One line for people.
    pub summary: Untrusted,
    /// The captured output, capped; kept as evidence.
    pub evidence: Option<Vec<u8>>,
    /// How long it took, in milliseconds of the world's clock.
    pub took_ms: u64,
}

/// Reads numbers over time.
pub trait Numbers: Send + Sync {
    /// The samples of a metric in a window, on a grid of the source's interval.
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>>;
}

/// What is asked of a source.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The source.
    pub source: &'a Source,
    /// The metric.
    pub metric: &'a Metric,
    /// The first moment wanted.
    pub from: Timestamp,
    /// The last moment wanted.
    pub to: Timestamp,
}

/// What a source answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The samples of each side the metric has, oldest first; gaps on the grid are samples of their own.
    pub arms: BTreeMap<Arm, Vec<Sample>>,
    /// Set when the answer was not whole: a warning, a truncation, several series where one was meant.
    pub partial: Option<Untrusted>,
    /// What a person should know besides, that lessens nothing: approximate counts, a clock that is off.
    pub notes: Vec<Untrusted>,
    /// The server's own clock, when it told.
    pub server_time: Option<Timestamp>,
    /// Who answered, when it was not the source that was asked.
    pub instead: Option<SourceId>,
}

impl Reading {
    /// The samples of a number that has no sides.
    pub fn whole(samples: impl IntoIterator<Item = (Timestamp, Option<f64>)>) -> Self {
        let samples = samples.into_iter().map(|(at, value)| Sample::of(at, value)).collect();
        Self { arms: BTreeMap::from([(Arm::Whole, samples)]), ..Self::default() }
    }

    /// The numbers of what a rule about the new version looks at, oldest first; a gap is `None`.
    pub fn numbers(&self) -> Vec<(Timestamp, Option<f64>)> {
        self.canary().iter().map(|sample| (sample.at, sample.number())).collect()
    }

    /// What a rule about the new version looks at: its own side, or the whole when there are no sides.
    pub fn canary(&self) -> &[Sample] {
        let one = |arm| self.arms.get(&arm).map(Vec::as_slice);
        one(Arm::Canary).or_else(|| one(Arm::Whole)).unwrap_or_default()
    }
}

/// Why the world did not answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Nobody there, or not in time; what was asked for may or may not have happened.
    #[error("{0} did not answer: {1}")]
    Unreachable(String, String),
    /// It answered, and said no.
    #[error("{0} refused: {1}")]
    Refused(String, String),
    /// It knows who asks, and that one may not.
    #[error("{0} forbids it: {1}")]
    Forbidden(String, String),
    /// What was read has moved since: read again, then decide again.
    #[error("{0} has changed since it was read: {1}")]
    Conflict(String, String),
    /// It wants to be left alone for a while; nothing was done.
    #[error("{0} asks to wait {1}")]
    Throttled(String, Seconds),
    /// A controller would revert it; nothing was done.
    #[error("{what} belongs to {owner}, which would revert it: {help}")]
    Owned {
        /// What was to be written.
        what: String,
        /// Whose it is.
        owner: String,
        /// What would work.
        help: String,
    },
    /// This user does not let the plan do it on this machine; nothing was done, and a person may do it.
    #[error("{0} is not trusted on this machine: {1}")]
    Untrusted(String, String),
    /// Somebody with a higher epoch acts now; nothing was sent.
    #[error("somebody with a higher epoch acts now: nothing was sent to {0}")]
    Superseded(String),
    /// It answered something that is not understood.
    #[error("{0} answered what is not understood: {1}")]
    Foreign(String, String),
    /// The plan names something this program cannot do here.
    #[error("{0}")]
    Unsupported(String),
}

/// Tells people.
pub trait Notifier: Send + Sync {
    /// Says it, wherever this world says things; a journal event alone is enough.
    fn tell<'a>(&'a self, action: Action, text: &'a Untrusted) -> BoxFuture<'a, Result<Untrusted, Fault>>;
}

/// How long the engine waits for one answer before it calls it unreachable.
pub const DEADLINE: Seconds = Seconds(10);

/// How long a program of the plan may take to move a weight: what is stopped in the middle is not known.
pub const WRITE_DEADLINE: Seconds = Seconds(120);

/// Time as the engine sees it: the wall's, a faster one, or one that only moves when nothing is in flight.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
    /// Ends at that time, or at once when it is past.
    fn until<'a>(&'a self, at: Timestamp) -> BoxFuture<'a, ()>;
}

/// The people of a simulated world, who act by a script.
pub trait Cast: Send {
    /// What they want now, in order, seeing what a cockpit would show.
    fn wishes(&mut self, view: &View) -> Vec<(Actor, Wish)>;
    /// When they look again, at the latest.
    fn next(&self) -> Option<Timestamp>;
    /// True when the play is over.
    fn over(&self, view: &View) -> bool;
}
