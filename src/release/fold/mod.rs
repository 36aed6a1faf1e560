//! Events into state. Total: an event that does not fit what came before changes what it can and nothing else.

mod baselines;
mod flags;
mod items;
mod requests;
mod rollouts;
mod traffic;

use crate::release::act::Act;
use crate::release::cause::TriggerPhase;
use crate::release::event::{Answer, Event, Recorded};
use crate::release::state::{GateState, Identity, Mark, MetricState, Moved, Review, Run, State, Status};

impl State {
    /// Takes in one event.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.version = recorded.version;
        self.head = Some(recorded.hash);
        self.updated = Some(recorded.at);
        let Some(event) = &recorded.event else {
            if !self.unknown_kinds.contains(&recorded.kind) {
                self.unknown_kinds.push(recorded.kind.clone());
            }
            return;
        };
        let mark = Mark { by: recorded.actor.clone(), at: recorded.at, assurance: recorded.assurance };
        self.fold_moved(event, &mark);
        self.fold_release(event, &mark);
        self.fold_item(event, &mark);
        self.fold_gate(event, &mark);
        self.fold_approval(event, &mark);
        self.fold_rollout(event, &mark);
        self.fold_flag(event, &mark);
        self.fold_traffic(event, &mark);
        self.fold_request(event, &mark);
        self.fold_baseline(event, &mark);
    }

    /// The state after all of these events.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    fn fold_release(&mut self, event: &Event, mark: &Mark) {
        match event {
            Event::ReleaseCreated { release, version, environment } => {
                self.identity = Some(Identity {
                    release: release.clone(),
                    version: version.clone(),
                    environment: environment.clone(),
                });
                self.planned_version = Some(version.clone());
            }
            Event::PlanAdopted { plan, sources, version } => {
                self.plan = Some(*plan);
                self.sources = Some(*sources);
                if version.is_some() {
                    self.planned_version = version.clone();
                }
                if self.status == Status::Draft {
                    self.status = Status::Planned;
                }
            }
            Event::AttemptOpened { attempt, artifact } => self.open_attempt(*attempt, artifact),
            Event::T0Set { t0 } => self.t0 = Some(*t0),
            Event::StageEntered { stage } => {
                self.left.remove(stage);
                self.stage = Some(stage.clone());
            }
            Event::StageLeft { stage, waiver } => {
                self.left.insert(stage.clone(), waiver.clone());
                if self.stage.as_ref() == Some(stage) {
                    self.stage = None;
                }
            }
            Event::ReleaseStarted { first_release } => {
                self.started = Some(mark.at);
                self.gates.values_mut().for_each(|gate| gate.failing = None);
                self.first_release = *first_release;
                self.status = Status::Running;
            }
            Event::ReleaseStable {} => self.status = Status::Stable,
            Event::ReleaseCancelled { .. } => self.status = Status::Cancelled,
            Event::EngineStarted { epoch } => {
                self.epoch = self.epoch.max(*epoch);
                self.engine_since = Some(mark.at);
            }
            Event::EpochRaised { epoch } => self.epoch = self.epoch.max(*epoch),
            Event::MessageSent { message } => {
                self.sent.insert(message.clone(), mark.at);
            }
            Event::MessagesRearmed {} => self.messages_stopped = false,
            Event::Assessed { metric, to, since, value, .. } => {
                self.metrics
                    .insert(metric.clone(), MetricState { verdict: *to, since: *since, value: *value });
            }
            Event::TriggerMoved { trigger, to, since, value, reason } => {
                let under_way: Vec<_> = self.under_way().cloned().collect();
                let state = self.triggers.entry(trigger.clone()).or_default();
                match to {
                    TriggerPhase::Fired => state.acted.get_or_insert_default().extend(under_way),
                    TriggerPhase::Armed => state.acted = None,
                    TriggerPhase::Pending | TriggerPhase::Suppressed | TriggerPhase::Unknown => {}
                }
                state.phase = *to;
                state.since = Some(*since);
                state.value = *value;
                state.reason = reason.clone();
                if *to == TriggerPhase::Pending {
                    state.pendings = state.pendings.saturating_add(1);
                }
            }
            _ => {}
        }
    }

    /// Remembers the newest event that a hazardous wish must have seen.
    fn fold_moved(&mut self, event: &Event, mark: &Mark) {
        let what = match event {
            Event::PlanAdopted { .. } => "adopted a plan",
            Event::AttemptOpened { .. } => "opened an attempt",
            Event::OperationIntended { act: Act::SetWeight { .. }, .. } => "moved traffic",
            Event::StepReached { .. } => "reached a step",
            Event::RolloutHeld { .. } => "held the rollout",
            Event::RolloutResumed { .. } => "resumed the rollout",
            Event::TrafficDrifted { .. } => "saw another weight than ours",
            Event::RollbackStarted { .. } => "rolled back",
            Event::RolledBack { .. } => "finished the rollback",
            Event::ApprovalVoided { .. } => "voided an approval",
            Event::GateWaived { .. } => "waived a gate",
            Event::ReleaseStable {} | Event::ReleaseCancelled { .. } => "ended the release",
            _ => return,
        };
        self.moved = Some(Moved { version: self.version, mark: mark.clone(), what });
    }

    /// The next attempt carries over what did not rest on the old artifact: items, notes, owners and stages, but no
    /// decision of a person on a gate.
    fn open_attempt(&mut self, attempt: u32, artifact: &str) {
        if attempt > 1 {
            self.rollouts.clear();
            self.triggers.clear();
            self.requests.clear();
            for gate in self.gates.values_mut() {
                gate.review = None;
                gate.waiver = None;
                gate.failing = None;
            }
            self.metrics.clear();
            self.started = None;
            self.first_release = false;
            self.messages_stopped = false;
            self.sent.clear();
            self.status = Status::Planned;
        }
        self.attempt = attempt;
        if let Some(identity) = &mut self.identity {
            identity.version = artifact.to_owned();
        }
    }

    fn fold_gate(&mut self, event: &Event, mark: &Mark) {
        match event {
            Event::GateStarted { gate, run } => {
                let attempt = self.attempt;
                let state = self.gates.entry(gate.clone()).or_default();
                if state.runs.len() >= GateState::KEPT {
                    state.runs.remove(0);
                }
                state.runs.push(Run {
                    number: *run,
                    started: mark.clone(),
                    ended: None,
                    verdict: None,
                    summary: Default::default(),
                    evidence: None,
                    attempt,
                });
            }
            Event::GateFinished { gate, run, verdict, summary, evidence, .. } => {
                let begun = self.started;
                let state = self.gates.entry(gate.clone()).or_default();
                if let Some(found) = state.runs.iter_mut().rev().find(|found| found.number == *run) {
                    found.ended = Some(mark.at);
                    found.verdict = Some(*verdict);
                    found.summary = summary.clone();
                    found.evidence = *evidence;
                    if verdict.is_pass() {
                        state.failing = None;
                    } else if begun.is_some_and(|begun| found.started.at >= begun) {
                        state.failing.get_or_insert(mark.at);
                    }
                }
            }
            Event::GateReviewed { gate, run, accepted, reason, .. } => {
                self.gates.entry(gate.clone()).or_default().review = Some(Review {
                    mark: mark.clone(),
                    run: *run,
                    accepted: *accepted,
                    reason: reason.clone(),
                });
            }
            Event::GateWaived { gate, reason } => {
                self.gates.entry(gate.clone()).or_default().waiver = Some((mark.clone(), reason.clone()));
            }
            _ => {}
        }
    }

    fn fold_approval(&mut self, event: &Event, mark: &Mark) {
        match event {
            Event::ApprovalRequested { role } => {
                let state = self.approvals.entry(role.clone()).or_default();
                state.requested.get_or_insert(mark.at);
            }
            Event::ApprovalGiven { role, answer, reason, .. } => {
                let state = self.approvals.entry(role.clone()).or_default();
                state.answer = Some(*answer);
                state.mark = Some(mark.clone());
                state.reason = reason.clone();
                state.void = None;
                if *answer != Answer::Go && self.status == Status::Approved {
                    self.status = Status::Planned;
                }
            }
            Event::ApprovalVoided { role, reason } => {
                let state = self.approvals.entry(role.clone()).or_default();
                state.answer = None;
                state.void = Some(reason.clone());
                if self.status == Status::Approved {
                    self.status = Status::Planned;
                }
            }
            Event::PollCompleted {} if self.status == Status::Planned => self.status = Status::Approved,
            _ => {}
        }
    }
}
