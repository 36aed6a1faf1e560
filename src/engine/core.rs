//! The engine without its loop: what it does with a request, with what a task saw, and with time.
//!
//! Invariants: one thread at a time; every answer of the world passes through the dispatcher or into the picture,
//! nowhere else; nothing is published when nothing changed.

mod flags;
mod live;
mod sight;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::analysis::Verdict;
use crate::analysis::baseline::BaselineName;
use crate::base::{
    Actor, Assurance, FlagId, GateId, MetricId, OperationId, RolloutId, Seconds, Timestamp, Untrusted, Via,
};
use crate::engine::assessor::{Assessor, sourced};
use crate::engine::captures::{Captured, captured};
use crate::engine::client::{Reply, Request};
use crate::engine::dispatcher::{Answered, Dispatcher};
use crate::engine::executor::{Before, End, Hands, Order, Seen, after};
use crate::engine::ports::{Clock, Fault, Finding, Reading, Split, World};
use crate::engine::samples::SamplesCache;
use crate::engine::setup::{EngineError, Nature, Setup};
use crate::plan::Check;
use crate::release::{
    Capture, Command, EngineHealth, Health, Input, Observations, Presence, Report, View, Wanted, Wish, wanted,
};

/// How often traffic is read while it moves or soaks.
const BUSY: Seconds = Seconds(5);
/// How often traffic is read while nothing is under way.
const IDLE: Seconds = Seconds(15);
/// How often what people typed is looked at anew: it goes stale without anybody saying so.
const TYPED: Seconds = Seconds(60);
/// How many tasks may wait to be heard.
const HEARD: usize = 256;

/// Something that is asked again and again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Poll {
    Metric(MetricId),
    Rollout(RolloutId),
    Way(RolloutId),
    Pods(RolloutId),
    Flag(FlagId),
}

/// Something that runs now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Job {
    Gate(GateId, u32),
    Operation(OperationId),
    Capture(MetricId, BaselineName),
    Poll(Poll),
}

/// Everything the engine holds.
pub(crate) struct Core {
    dispatcher: Dispatcher,
    hands: Hands,
    nature: Nature,
    assessor: Assessor,
    seen: Arc<Observations>,
    health: Health,
    presence: Vec<Presence>,
    live: live::Live,
    running: BTreeSet<Job>,
    polls: BTreeMap<Poll, Timestamp>,
    resumed: BTreeSet<OperationId>,
    wake_at: Option<Timestamp>,
    view: watch::Sender<Arc<View>>,
    dirty: bool,
    wishes: u64,
    samples: Option<SamplesCache>,
    /// True when samples came that are not kept yet.
    unkept: bool,
}

impl Core {
    /// Opens the stream, settles what the engine before left open, and stands ready.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn open(setup: Setup, clock: Arc<dyn Clock>) -> Result<(Self, mpsc::Receiver<Seen>), EngineError> {
        let Setup { store, stream, world, reader, nature, presence, samples } = setup;
        let mut opened = Self::on(Dispatcher::open(store, stream, reader)?, world, nature, clock)?;
        opened.0.presence = presence;
        opened.0.recall(samples);
        Ok(opened)
    }

    /// Goes on from a writer: what it began itself is carried out, not looked at as somebody else's.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn on(
        dispatcher: Dispatcher,
        world: World,
        nature: Nature,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, mpsc::Receiver<Seen>), EngineError> {
        let (out, seen) = mpsc::channel(HEARD);
        let now = clock.now();
        let first = View {
            state: dispatcher.state().clone(),
            plan: dispatcher.plan().clone(),
            seen: Arc::default(),
            presence: Vec::new(),
            health: Health::default(),
            recent: dispatcher.recent().clone(),
            now,
        };
        let mut core = Self {
            dispatcher,
            hands: Hands { world, clock, out },
            nature,
            assessor: Assessor::default(),
            seen: Arc::default(),
            health: Health::default(),
            presence: Vec::new(),
            live: live::Live::default(),
            running: BTreeSet::new(),
            polls: BTreeMap::new(),
            resumed: BTreeSet::new(),
            wake_at: None,
            view: watch::Sender::new(Arc::new(first)),
            dirty: true,
            wishes: 0,
            samples: None,
            unkept: false,
        };
        core.recover(now)?;
        Ok((core, seen))
    }

    /// What the engine before left open: runs of gates are over, operations are looked at before they are repeated,
    /// and time without an engine does not count.
    fn recover(&mut self, now: Timestamp) -> Result<(), EngineError> {
        let Wanted { gates, operations, .. } = self.wanted(now);
        let fresh = self.dispatcher.fresh().clone();
        self.resumed = operations.into_iter().filter(|known| !fresh.operations.contains(known)).collect();
        for (gate, run) in gates.into_iter().filter(|known| !fresh.gates.contains(known)) {
            let finding = Finding {
                verdict: Verdict::Error,
                summary: "the engine stopped during the run".into(),
                evidence: None,
                took_ms: 0,
            };
            self.gate_ended(gate, run, finding, now);
        }
        let state = self.dispatcher.state();
        if state.started.is_some() && !state.status.is_over() {
            self.dispatcher.take(now)?;
        }
        self.report(Report::Woke, now);
        Ok(())
    }

    /// Goes on with the samples an engine before kept. They are looked at, and count with the next answer only.
    fn recall(&mut self, samples: Option<SamplesCache>) {
        let Some(cache) = &samples else { return };
        let plan = self.dispatcher.plan();
        self.assessor = Assessor::resumed(cache.load(), plan);
        let seen = self.assessor.picture(plan, self.dispatcher.state(), self.now());
        self.seen = Arc::new(seen);
        self.samples = samples;
    }

    /// Keeps the samples that came since, for whoever looks or goes on without this engine.
    pub fn keep_samples(&mut self) {
        if let (Some(cache), true) = (&self.samples, std::mem::take(&mut self.unkept)) {
            cache.keep(&self.assessor.kept(self.dispatcher.plan()));
        }
    }

    /// The pictures it publishes.
    pub fn watch(&self) -> watch::Receiver<Arc<View>> {
        self.view.subscribe()
    }
    /// The newest picture.
    pub fn view(&self) -> Arc<View> {
        self.view.borrow().clone()
    }
    /// The time.
    pub fn now(&self) -> Timestamp {
        self.hands.clock.now()
    }
    /// True when what is done is done.
    pub fn is_real(&self) -> bool {
        self.nature == Nature::Real
    }
    /// Gives the journal back.
    pub fn into_dispatcher(self) -> Dispatcher {
        self.dispatcher
    }
    /// True when no operation and no gate is on its way.
    pub fn is_settled(&self) -> bool {
        let Wanted { gates, operations, captures, .. } = self.wanted(self.now());
        let busy = |job: &Job| !matches!(job, Job::Poll(_));
        captures.is_empty() && gates.is_empty() && operations.is_empty() && !self.running.iter().any(busy)
    }
    /// True while any task runs.
    pub fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// When something is due by the clock.
    pub fn next_due(&self) -> Option<Timestamp> {
        let idle = |poll: &&Poll| !self.running.contains(&Job::Poll((*poll).clone()));
        let polls = self.polls.iter().filter(|(poll, _)| idle(poll)).map(|(_, at)| *at);
        polls.chain(self.wake_at).min()
    }

    /// Does what is due by now and starts what is wanted.
    pub fn tick(&mut self) {
        let now = self.now();
        if self.wake_at.is_some_and(|at| at <= now) {
            self.wake_at = None;
            self.report(Report::Woke, now);
        }
        let wanted = self.wanted(now);
        self.plan_polls(wanted.observe, now);
        self.plan_watches(wanted.observe);
        self.poll(now);
        for capture in wanted.captures {
            self.start_capture(capture);
        }
        for operation in wanted.operations {
            self.start_operation(operation, now);
        }
        for (gate, run) in wanted.gates {
            self.start_gate(gate, run, now);
        }
    }

    /// Takes in what others recorded.
    pub fn catch_up(&mut self) {
        if let Ok(true) = self.dispatcher.catch_up() {
            self.dirty = true;
            let now = self.now();
            self.report(Report::Woke, now);
        }
    }

    /// A number that changes when another process records.
    pub fn change_counter(&self) -> Option<u64> {
        self.dispatcher.store().change_counter().ok()
    }

    /// Wall clock and boot clock came apart.
    pub fn clock_jumped(&mut self, seconds: i64) {
        let now = self.now();
        self.report(Report::ClockJumped { seconds }, now);
    }

    /// Answers a client. One that has gone away is not told.
    pub fn request(&mut self, request: Request) {
        match request {
            Request::Send(command, reply) => {
                let _ = reply.send(self.command(&Input::Command(*command)));
            }
            Request::Present(presence) => {
                self.dirty |= self.presence != presence;
                self.presence = presence;
            }
            Request::Page(from, count, reply) => {
                let stream = self.dispatcher.stream().clone();
                let page = self.dispatcher.store().read(&stream, from.max(1), count.min(10_000));
                let _ = reply.send(page.unwrap_or_default());
            }
            Request::Keep(bytes, reply) => {
                let _ = reply.send(self.dispatcher.keep(&bytes).ok());
            }
            Request::Fetch(digest, reply) => {
                let _ = reply.send(self.dispatcher.store().blob(&digest).ok().flatten());
            }
            asked @ (Request::Preview(..) | Request::Log(..)) => self.show(asked),
        }
    }

    /// A wish of a scripted person. Its id comes from its place in the play.
    pub fn wish(&mut self, actor: Actor, wish: Wish) -> Reply {
        self.wishes += 1;
        let name = format!("{}\0wish\0{}", self.dispatcher.stream(), self.wishes);
        let command = Command {
            id: Uuid::new_v5(&self.dispatcher.store().id(), name.as_bytes()),
            actor,
            assurance: Assurance::L0,
            via: Via::Script,
            seen: Some(self.dispatcher.state().version),
            wish,
        };
        self.command(&Input::Command(command))
    }

    /// Takes in what a task saw.
    pub fn seen(&mut self, seen: Seen) {
        let now = self.now();
        self.dirty |= match seen {
            Seen::MaySend { operation, answer } => {
                let may = self.dispatcher.may_send(&operation).unwrap_or(false);
                // The task that asked may have run out of time.
                let _ = answer.send(may);
                true
            }
            Seen::Gate { gate, run, finding } => {
                self.running.remove(&Job::Gate(gate.clone(), run));
                self.gate_ended(gate, run, finding, now);
                true
            }
            Seen::Operation { operation, end } => {
                self.running.remove(&Job::Operation(operation.clone()));
                self.operation_ended(operation, end, now);
                true
            }
            Seen::Numbers { metric, reading } => {
                self.running.remove(&Job::Poll(Poll::Metric(metric.clone())));
                self.numbers(&metric, reading, now);
                true
            }
            Seen::Baselines { capture, answers } => {
                self.captured(&capture, answers, now);
                true
            }
            Seen::Flag { flag, reading } => {
                self.running.remove(&Job::Poll(Poll::Flag(flag.clone())));
                self.flag(&flag, reading, now);
                true
            }
            Seen::Traffic { rollout, split, readiness } => {
                self.running.remove(&Job::Poll(Poll::Rollout(rollout.clone())));
                self.split(&rollout, split, now);
                if let Some(readiness) = readiness {
                    self.readiness(&rollout, readiness, now);
                }
                true
            }
            Seen::Readiness { rollout, readiness } => {
                self.running.remove(&Job::Poll(Poll::Way(rollout.clone())));
                self.readiness(&rollout, readiness, now);
                true
            }
            Seen::Pods { rollout, pods } => self.pods(rollout, pods, now),
            Seen::Moved { rollout, moved } => self.moved(&rollout, moved, now),
        };
    }

    /// Publishes the picture when it changed.
    pub fn publish(&mut self) {
        if !std::mem::take(&mut self.dirty) {
            return;
        }
        let simulated = self.nature == Nature::Simulated;
        self.health.engine = EngineHealth::Alive { epoch: self.dispatcher.state().epoch, simulated };
        self.view.send_replace(Arc::new(View {
            state: self.dispatcher.state().clone(),
            plan: self.dispatcher.plan().clone(),
            seen: self.seen.clone(),
            presence: self.presence.clone(),
            health: self.health.clone(),
            recent: self.dispatcher.recent().clone(),
            now: self.now(),
        }));
    }

    fn wanted(&self, now: Timestamp) -> Wanted {
        wanted(self.dispatcher.state(), self.dispatcher.plan(), now)
    }

    fn command(&mut self, input: &Input) -> Reply {
        let now = self.now();
        let reply = self.submit(input, now);
        if let Input::Command(Command { wish: Wish::TypeNumber { metric, .. }, .. }) = input {
            self.typed(metric, now);
        }
        reply
    }

    fn report(&mut self, report: Report, now: Timestamp) {
        // A report that cannot be recorded is told again by the next look at the world.
        let _ = self.submit(&Input::Report(report), now);
    }

    fn submit(&mut self, input: &Input, now: Timestamp) -> Reply {
        let Answered { reply, wake_at, events } = self.dispatcher.submit(input, now);
        if let Reply::Done { .. } = reply {
            self.wake_at = wake_at.or(self.wake_at.filter(|_| events == 0));
        }
        self.dirty |= events > 0;
        reply
    }

    /// Which questions are asked again and again, for the plan as it is.
    fn plan_polls(&mut self, observe: bool, now: Timestamp) {
        let plan = self.dispatcher.plan();
        let metrics = plan
            .metrics
            .iter()
            .filter(|metric| metric.source.is_none() || sourced(plan, &metric.id).is_some());
        let mut all: BTreeSet<Poll> = metrics.map(|metric| Poll::Metric(metric.id.clone())).collect();
        for rollout in &plan.rollouts {
            all.insert(Poll::Rollout(rollout.id.clone()));
            // A script answers both at one moment; in the real world the one must not wait for the other.
            all.extend(self.is_real().then(|| Poll::Way(rollout.id.clone())));
            all.extend((!self.presence.is_empty()).then(|| Poll::Pods(rollout.id.clone())));
        }
        all.extend(plan.flags.iter().map(|flag| Poll::Flag(flag.id.clone())));
        self.polls.retain(|poll, _| observe && all.contains(poll));
        if observe {
            for poll in all {
                self.polls.entry(poll).or_insert(now);
            }
        }
    }

    fn poll(&mut self, now: Timestamp) {
        let due: Vec<Poll> =
            self.polls.iter().filter(|(_, at)| **at <= now).map(|(poll, _)| poll.clone()).collect();
        for poll in due {
            if self.running.contains(&Job::Poll(poll.clone())) {
                continue;
            }
            let plan = self.dispatcher.plan().clone();
            let every = match &poll {
                Poll::Metric(id) => match sourced(&plan, id) {
                    Some((metric, source)) => {
                        let from = self.assessor.from(id, now);
                        self.hands.read_numbers(source.clone(), metric.clone(), from, now);
                        Seconds(source.every.0.max(1))
                    }
                    None => {
                        self.typed(id, now);
                        self.polls.insert(poll.clone(), after(now, TYPED));
                        continue;
                    }
                },
                Poll::Flag(id) => {
                    let Some(flag) = plan.flag(id) else { continue };
                    self.hands.read_flag(flag.clone());
                    IDLE
                }
                Poll::Rollout(id) => {
                    let Some(rollout) = plan.rollout(id) else { continue };
                    if self.is_real() {
                        self.hands.read_split(rollout.clone());
                    } else {
                        self.hands.read_traffic(rollout.clone());
                    }
                    self.pace(id, self.is_under_way(id))
                }
                Poll::Way(id) => {
                    let Some(rollout) = plan.rollout(id) else { continue };
                    self.hands.read_readiness(rollout.clone());
                    if self.is_under_way(id) { BUSY } else { IDLE }
                }
                Poll::Pods(id) => {
                    let Some(rollout) = plan.rollout(id) else { continue };
                    self.hands.read_pods(rollout.clone());
                    live::PODS
                }
            };
            self.polls.insert(poll.clone(), after(now, every));
            self.running.insert(Job::Poll(poll));
        }
    }

    fn is_under_way(&self, rollout: &RolloutId) -> bool {
        self.dispatcher.state().rollouts.get(rollout).is_some_and(|known| known.phase.is_live())
    }

    fn start_operation(&mut self, operation: OperationId, now: Timestamp) {
        let job = Job::Operation(operation.clone());
        if self.running.contains(&job) {
            return;
        }
        // The first act of this engine: from here on nobody with a lower number may send.
        if self.dispatcher.epoch().is_none() && self.dispatcher.take(now).is_err() {
            return;
        }
        let state = self.dispatcher.state();
        let Some(known) = state.operations.get(&operation) else { return };
        let act = known.act.clone();
        let before = if self.resumed.remove(&operation) {
            Before::Resumed(
                act.rollout().and_then(|id| state.rollouts.get(id)).and_then(|known| known.configured),
            )
        } else {
            Before::Fresh
        };
        self.running.insert(job);
        self.hands.operate(Order { operation, act, before }, self.dispatcher.plan().clone());
    }

    fn start_capture(&mut self, capture: Capture) {
        let plan = self.dispatcher.plan().clone();
        let Some((metric, source)) = sourced(&plan, &capture.metric) else { return };
        if let Some(first) = capture.windows.first()
            && self.running.insert(Job::Capture(capture.metric.clone(), first.name.clone()))
        {
            self.hands.capture(source.clone(), metric.clone(), capture);
        }
    }

    /// What was read becomes a baseline, with its samples behind it.
    fn captured(&mut self, capture: &Capture, answers: Vec<Result<Reading, Fault>>, now: Timestamp) {
        let metric = &capture.metric;
        self.running.retain(|job| {
            !matches!(job, Job::Capture(of, name)
            if of == metric && capture.windows.first().is_some_and(|first| &first.name == name))
        });
        let plan = self.dispatcher.plan().clone();
        let Some(planned) = plan.metric(metric) else { return };
        let Captured { found, mut missed } = captured(planned, capture, answers);
        let mut kept = Vec::new();
        for (name, snapshot, text) in found {
            match self.dispatcher.keep(text.as_bytes()) {
                Ok(inputs) => kept.push((name, snapshot, inputs)),
                Err(error) => missed.push((name, error.to_string().into())),
            }
        }
        self.report(Report::BaselinesRead { metric: metric.clone(), found: kept, missed }, now);
    }

    fn start_gate(&mut self, gate: GateId, run: u32, now: Timestamp) {
        let job = Job::Gate(gate.clone(), run);
        if self.running.contains(&job) {
            return;
        }
        let plan = self.dispatcher.plan().clone();
        match plan.gate(&gate) {
            Some(found) => match &found.check {
                Check::Metric { metric } => {
                    let finding = self.assessor.gate(found, metric, (&plan, self.dispatcher.state()), now);
                    self.gate_ended(gate, run, finding, now);
                }
                _ => {
                    self.running.insert(job);
                    self.hands.run_gate(found.clone(), run);
                }
            },
            None => {
                let summary = Untrusted::from("the plan no longer has this gate");
                let finding = Finding { verdict: Verdict::Error, summary, evidence: None, took_ms: 0 };
                self.gate_ended(gate, run, finding, now);
            }
        }
    }

    fn gate_ended(&mut self, gate: GateId, run: u32, finding: Finding, now: Timestamp) {
        let Finding { verdict, summary, evidence, took_ms } = finding;
        let evidence = evidence.and_then(|bytes| self.dispatcher.keep(&bytes).ok());
        let report = Report::GateFinished { gate: gate.clone(), run, verdict, summary, evidence, took_ms };
        self.report(report, now);
        let plan = self.dispatcher.plan().clone();
        if let Some(found) = plan.gate(&gate) {
            let state = self.dispatcher.state().clone();
            let edges = self.assessor.gate_edges(found, &plan, &state, now);
            self.tell(edges, now);
        }
    }

    fn operation_ended(&mut self, operation: OperationId, end: End, now: Timestamp) {
        let End { outcome, summary, split, flags, evidence, restore } = end;
        let evidence = evidence.and_then(|bytes| self.dispatcher.keep(&bytes).ok());
        let known = self.dispatcher.state().operations.get(&operation);
        let rollout = known.and_then(|known| known.act.rollout().cloned());
        if let (Some(rollout), true) = (rollout, split != Split::default()) {
            self.see_traffic(&rollout, &split, now);
        }
        for (flag, seen) in flags {
            self.flag_read(&flag, seen, now);
        }
        let Split { configured, observed, .. } = split;
        let ended =
            Report::OperationEnded { operation, outcome, summary, configured, observed, evidence, restore };
        self.report(ended, now);
    }
}
