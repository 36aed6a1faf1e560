//! Hands on the world: each gate, operation and reading runs as a task of its own and ends by itself.
//!
//! Invariants: an operation is durable before it comes here; the object is read, then the epoch is asked, then it is
//! written, never in another order; nothing is written twice without being read between; a task that panics or
//! does not end in time says so, as an error or as unknown.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use tokio::sync::{mpsc, oneshot};

use crate::analysis::Verdict;
use crate::base::{FlagId, MetricId, OperationId, RolloutId, Seconds, Timestamp, Untrusted, Weight};
use crate::engine::ports::{Ask, Clock, DEADLINE, Fault, Finding, FlagReading, Moved, Reading, Split, World};
use crate::plan::{Flag, Gate, Metric, Plan, Rollout, Source};
use crate::release::{Act, Capture, FlagSeen, Outcome, PodCard, Readiness};

mod capture;
mod flag;
mod look;
mod operation;
mod step;
mod weight;

pub(crate) use look::{ask_log, ask_preview};
pub(crate) use operation::{Before, Order};

/// What a task saw, or asks.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A run of a gate ended.
    Gate { gate: crate::base::GateId, run: u32, finding: Finding },
    /// An operation ended.
    Operation { operation: OperationId, end: End },
    /// A source answered for a metric.
    Numbers { metric: MetricId, reading: Result<Reading, Fault> },
    /// A source answered for each time of a capture.
    Baselines { capture: Capture, answers: Vec<Result<Reading, Fault>> },
    /// The router and the workload of a rollout answered.
    Traffic { rollout: RolloutId, split: Result<Split, Fault>, readiness: Option<Result<Readiness, Fault>> },
    /// The workload of a rollout answered alone.
    Readiness { rollout: RolloutId, readiness: Result<Readiness, Fault> },
    /// The pods of a rollout.
    Pods { rollout: RolloutId, pods: Result<Vec<PodCard>, Fault> },
    /// A watch on the router of a rollout told something.
    Moved { rollout: RolloutId, moved: Moved },
    /// A flag answered.
    Flag { flag: FlagId, reading: Result<FlagReading, Fault> },
    /// An operation read the object and wants to write it.
    MaySend { operation: OperationId, answer: oneshot::Sender<bool> },
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct End {
    pub outcome: Outcome,
    pub summary: Untrusted,
    pub split: Split,
    /// Flags it read back.
    pub flags: Vec<(FlagId, FlagSeen)>,
    /// What it brought: a log, an answer.
    pub evidence: Option<Vec<u8>>,
    /// What a person has to undo later.
    pub restore: Vec<Untrusted>,
}

impl End {
    fn new(outcome: Outcome, summary: impl Into<Untrusted>) -> Self {
        let summary = summary.into();
        Self {
            outcome,
            summary,
            split: Split::default(),
            flags: Vec::new(),
            evidence: None,
            restore: Vec::new(),
        }
    }
    fn at(self, split: Split) -> Self {
        Self { split, ..self }
    }
}

/// What every task holds.
#[derive(Clone)]
pub(crate) struct Hands {
    pub world: World,
    pub clock: Arc<dyn Clock>,
    pub out: mpsc::Sender<Seen>,
}

impl Hands {
    /// Runs a gate; its end is at most its timeout away.
    pub fn run_gate(&self, gate: Gate, run: u32) {
        let hands = self.clone();
        tokio::spawn(async move {
            let started = hands.clock.now();
            let found = guarded(hands.within(gate.timeout, hands.world.checks.run(&gate))).await;
            let error = |why: &str| Finding {
                verdict: Verdict::Error,
                summary: why.into(),
                evidence: None,
                took_ms: since(started, hands.clock.now()),
            };
            let finding = match found {
                Some(Some(finding)) => finding,
                Some(None) => error(&format!("it did not end within {}", gate.timeout)),
                None => error("the check itself broke down"),
            };
            hands.say(Seen::Gate { gate: gate.id, run, finding }).await;
        });
    }

    /// Reads a metric.
    pub fn read_numbers(&self, source: Source, metric: Metric, from: Timestamp, to: Timestamp) {
        let hands = self.clone();
        tokio::spawn(async move {
            let ask = Ask { source: &source, metric: &metric, from, to };
            let reading = hands.answer(source.id.as_str(), hands.world.numbers.read(ask)).await;
            hands.say(Seen::Numbers { metric: metric.id, reading }).await;
        });
    }

    /// Reads how traffic is split and how healthy the way back is.
    pub fn read_traffic(&self, rollout: Rollout) {
        let hands = self.clone();
        tokio::spawn(async move {
            let split = hands.answer("the router", hands.world.router.read(&rollout)).await;
            let readiness = hands.answer("the workload", hands.world.workloads.readiness(&rollout)).await;
            hands.say(Seen::Traffic { rollout: rollout.id, split, readiness: Some(readiness) }).await;
        });
    }

    /// Reads a flag.
    pub fn read_flag(&self, flag: Flag) {
        let hands = self.clone();
        tokio::spawn(async move {
            let reading = hands.answer(flag.id.as_str(), hands.world.flags.read(&flag)).await;
            hands.say(Seen::Flag { flag: flag.id, reading }).await;
        });
    }

    /// Carries out an operation.
    pub fn operate(&self, order: Order, plan: Arc<Plan>) {
        let hands = self.clone();
        tokio::spawn(async move {
            let operation = order.operation.clone();
            let end = guarded(operation::carry_out(&hands, &order, &plan)).await.unwrap_or_else(|| {
                End::new(Outcome::Unknown, "it broke down on the way; look at the world before going on")
            });
            hands.say(Seen::Operation { operation, end }).await;
        });
    }

    /// One answer of the world, within the deadline and without bringing the engine down.
    async fn answer<T>(&self, who: &str, asked: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.answer_within(DEADLINE, who, asked).await
    }

    async fn answer_within<T>(
        &self,
        deadline: Seconds,
        who: &str,
        asked: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        match guarded(self.within(deadline, asked)).await {
            Some(Some(answer)) => answer,
            Some(None) => Err(Fault::Unreachable(who.to_owned(), format!("nothing within {deadline}"))),
            None => Err(Fault::Foreign(who.to_owned(), "the adapter broke down".to_owned())),
        }
    }

    async fn within<T>(&self, deadline: Seconds, work: impl Future<Output = T>) -> Option<T> {
        let at = after(self.clock.now(), deadline);
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.clock.until(at) => None,
        }
    }

    async fn may_send(&self, operation: &OperationId) -> bool {
        let (answer, asked) = oneshot::channel();
        self.say(Seen::MaySend { operation: operation.clone(), answer }).await;
        asked.await.unwrap_or(false)
    }

    async fn say(&self, seen: Seen) {
        // The engine is gone: nobody is left to tell, and the open intent says so in the journal.
        let _ = self.out.send(seen).await;
    }
}

/// `None` when it panicked.
async fn guarded<T>(work: impl Future<Output = T>) -> Option<T> {
    AssertUnwindSafe(work).catch_unwind().await.ok()
}

/// A moment so much later, or the last there is.
pub(crate) fn after(from: Timestamp, by: Seconds) -> Timestamp {
    from.checked_add(jiff::SignedDuration::from_secs(by.signed())).unwrap_or(Timestamp::MAX)
}

fn since(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}

/// True when the router says what is wanted.
fn is_at(split: &Split, weight: Weight) -> bool {
    split.is_at(weight)
}

/// True for an act that puts traffic back: it is carried out whatever else is unknown.
fn is_safety(act: &Act) -> bool {
    matches!(act, Act::SetWeight { step: 0, .. })
}
