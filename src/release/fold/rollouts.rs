//! Events of rollouts and their operations into state.
//!
//! State says what is wanted as soon as an intent is durable, and what is so only when it was read back.

use crate::base::{OperationId, RolloutId, Weight};
use crate::release::act::{Act, Outcome};
use crate::release::cause::TriggerPhase;
use crate::release::event::Event;
use crate::release::state::{
    Hold, LastKnownGood, Mark, OperationState, Rollback, RolloutPhase, RolloutState, Soak, State, Status,
};

impl State {
    pub(super) fn fold_rollout(&mut self, event: &Event, mark: &Mark) {
        match event {
            Event::LastKnownGoodCaptured { rollout, version, ready, of, digest } => {
                let known = &mut self.rollout_mut(rollout).last_known_good;
                let same = known.take().filter(|good| &good.version == version);
                let digest = digest.clone().or(same.and_then(|good| good.digest));
                let version = version.clone();
                *known = Some(LastKnownGood { version, ready: *ready, of: *of, since: mark.at, digest });
            }
            Event::RolloutStarted { rollout } => {
                let state = self.rollout_mut(rollout);
                state.phase = RolloutPhase::Deploying;
                state.begun = Some(mark.at);
                if !state.good_data {
                    state.blind_since = Some(mark.at);
                }
                // What had nothing to act on has something now, and may fire for it.
                for trigger in self.triggers.values_mut().filter(|it| it.phase == TriggerPhase::Suppressed) {
                    trigger.phase = TriggerPhase::Armed;
                }
            }
            Event::OperationIntended { operation, act, epoch } => self.intend(operation, act, *epoch, mark),
            Event::OperationEnded { operation, outcome, summary, evidence } => {
                self.end(operation, *outcome, mark.at);
                if let Some(state) = self.operations.get_mut(operation) {
                    state.outcome = Some(*outcome);
                    state.ended = Some(mark.at);
                    state.summary = summary.clone();
                    state.evidence = *evidence;
                }
            }
            Event::TrafficObserved { rollout, configured, observed } => {
                let state = self.rollout_mut(rollout);
                state.configured = *configured;
                state.observed = *observed;
            }
            Event::StepReached { rollout, step } => {
                let state = self.rollout_mut(rollout);
                state.phase = RolloutPhase::Soaking;
                state.step = *step;
                // The executor read it back and was content.
                state.nearest =
                    state.configured.filter(|have| state.desired.is_some_and(|wanted| !have.is_near(wanted)));
                let good_since = (state.good_data && state.holds.is_empty()).then_some(mark.at);
                state.soak = Soak { counted: 0, good_since, completed: false };
                state.stages.push(mark.at);
                self.forget_pendings();
            }
            Event::SoakCompleted { rollout, .. } => self.rollout_mut(rollout).soak.completed = true,
            Event::RolloutCompleted { rollout, remaining } => {
                let state = self.rollout_mut(rollout);
                state.phase = RolloutPhase::Completed;
                state.completed.get_or_insert(mark.at);
                let whole = self.rollouts.values().all(|state| state.phase == RolloutPhase::Completed);
                if self.status == Status::Running && remaining.is_empty() && whole {
                    self.status = Status::Watching;
                }
            }
            Event::RolloutHeld { rollout, cause, reason } => {
                let hold = Hold { mark: mark.clone(), cause: cause.clone(), reason: reason.clone() };
                let state = self.rollout_mut(rollout);
                state.holds.push(hold);
                pause(&mut state.soak, mark.at);
                self.messages_stopped = true;
            }
            Event::RolloutResumed { rollout } => {
                let state = self.rollout_mut(rollout);
                // A person who goes on with a weight that somebody else set takes it over.
                if state.drift.is_some() && state.configured.is_some() {
                    state.desired = state.configured;
                    state.nearest = None;
                }
                state.calm();
                state.holds.clear();
                resume(state, mark.at);
                self.forget_pendings();
                // A person looked: what cannot be told just now may act again when it can.
                for trigger in self.triggers.values_mut().filter(|it| it.phase != TriggerPhase::Fired) {
                    if let Some(acted) = &mut trigger.acted {
                        acted.remove(rollout);
                    }
                }
            }
            Event::HoldLifted { rollout, cause } => {
                let state = self.rollout_mut(rollout);
                state.holds.retain(|hold| &hold.cause != cause);
                resume(state, mark.at);
            }
            Event::ClockJumped { seconds } => {
                for state in self.rollouts.values_mut() {
                    state.soak.good_since = state.soak.good_since.and_then(|at| moved(at, *seconds));
                    state.blind_since = state.blind_since.and_then(|at| moved(at, *seconds));
                }
            }
            Event::BlindRuleApplied { rollout, .. } => self.rollout_mut(rollout).blind_acted = true,
            Event::AutomationStopped { rollout } => self.rollout_mut(rollout).automation_off = true,
            Event::AutomationResumed { rollout } => self.rollout_mut(rollout).automation_off = false,
            Event::DataQualityChanged { rollout, good, since } => self.data(rollout, *good, *since),
            Event::RollbackStarted { rollout, to, trigger, steps } => {
                let version = self.version;
                let state = self.rollout_mut(rollout);
                state.phase = RolloutPhase::RollingBack;
                state.calm();
                state.operation = None;
                pause(&mut state.soak, mark.at);
                state.rollback = Some(Rollback {
                    to: to.clone(),
                    mark: mark.clone(),
                    trigger: trigger.clone(),
                    done: None,
                    proven: false,
                    version,
                    steps: *steps,
                    late: None,
                });
                self.messages_stopped = true;
            }
            Event::RollbackLate { rollout, .. } => {
                if let Some(rollback) = &mut self.rollout_mut(rollout).rollback {
                    rollback.late.get_or_insert(mark.at);
                }
            }
            Event::RolledBack { rollout, proven, .. } => {
                let state = self.rollout_mut(rollout);
                state.phase = RolloutPhase::RolledBack;
                if let Some(rollback) = &mut state.rollback {
                    rollback.done.get_or_insert(mark.at);
                    rollback.proven = rollback.proven || *proven;
                }
                self.status_after_rollback();
            }
            _ => {}
        }
    }

    /// The release is rolled back when nothing of it has traffic any more. While another rollout is under way or
    /// complete it is neither that nor well: it runs, and people decide what becomes of the rest.
    fn status_after_rollback(&mut self) {
        if self.status == Status::Cancelled {
            return;
        }
        let out = |phase: RolloutPhase| phase.is_live() || phase == RolloutPhase::Completed;
        self.status = match self.rollouts.values().any(|state| out(state.phase)) {
            true => Status::Running,
            false => Status::RolledBack,
        };
    }

    fn intend(&mut self, operation: &OperationId, act: &Act, epoch: u64, mark: &Mark) {
        *self.operation_counts.entry(act.key()).or_default() += 1;
        self.operations.insert(
            operation.clone(),
            OperationState {
                act: act.clone(),
                mark: mark.clone(),
                version: self.version,
                epoch,
                outcome: None,
                ended: None,
                summary: Default::default(),
                evidence: None,
            },
        );
        let Some(rollout) = act.rollout() else { return };
        let state = self.rollouts.entry(rollout.clone()).or_default();
        state.operation = Some(operation.clone());
        let Act::SetWeight { weight, step, .. } = act else { return };
        // The control gives its share away at sign-off: that is no step, the last one is done.
        let last = state.phase == RolloutPhase::Completed && state.desired.is_some_and(|was| was <= *weight);
        state.desired = Some(*weight);
        state.nearest = None;
        state.drift = None;
        if *step > 0 && !last {
            let reopened = state.phase == RolloutPhase::Completed;
            state.phase = RolloutPhase::Shifting;
            state.completed = None;
            pause(&mut state.soak, mark.at);
            if reopened && self.status == Status::Watching {
                self.status = Status::Running;
            }
        }
    }

    /// An end frees the rollout for the next operation; what it changed is said by the observation beside it.
    fn end(&mut self, operation: &OperationId, outcome: Outcome, at: crate::base::Timestamp) {
        let Some(act) = self.operations.get(operation).map(|known| known.act.clone()) else { return };
        let Some(state) = act.rollout().and_then(|rollout| self.rollouts.get_mut(rollout)) else { return };
        if state.operation.as_ref() == Some(operation) {
            state.operation = None;
            // Until the next step is read back it stands at the one it had, with that one's soak.
            if state.phase == RolloutPhase::Shifting && state.step > 0 {
                state.phase = RolloutPhase::Soaking;
            }
        }
        match act {
            Act::ScaleDown { .. } if outcome.is_done() => state.desired = Some(Weight::ZERO),
            Act::SetWeight { .. } if outcome.is_done() => state.written = Some(at),
            Act::Retire { .. } if outcome.is_done() => state.retired = Some(at),
            Act::Restore { .. } if outcome.is_done() => state.retired = None,
            _ => {}
        }
    }

    fn data(&mut self, rollout: &RolloutId, good: bool, since: crate::base::Timestamp) {
        let looked = self.engine_since.map_or(since, |engine| engine.max(since));
        let state = self.rollout_mut(rollout);
        state.good_data = good;
        if good {
            state.blind_since = None;
            state.blind_acted = false;
            if state.phase == RolloutPhase::Soaking && state.holds.is_empty() {
                state.soak.good_since.get_or_insert(since);
            }
        } else {
            if state.phase.is_live() {
                state.blind_since.get_or_insert(looked);
            }
            pause(&mut state.soak, since);
        }
    }

    /// The rollouts a trigger can act on: begun, and neither back nor on the way back.
    pub(crate) fn under_way(&self) -> impl Iterator<Item = &RolloutId> {
        let begun = |phase: RolloutPhase| {
            !matches!(phase, RolloutPhase::Waiting | RolloutPhase::RollingBack | RolloutPhase::RolledBack)
        };
        self.rollouts.iter().filter(move |(_, state)| begun(state.phase)).map(|(rollout, _)| rollout)
    }

    /// A new step, or a person who looked, gives every trigger a clean count.
    fn forget_pendings(&mut self) {
        for trigger in self.triggers.values_mut() {
            trigger.pendings = 0;
        }
    }

    fn rollout_mut(&mut self, rollout: &RolloutId) -> &mut RolloutState {
        self.rollouts.entry(rollout.clone()).or_default()
    }
}

impl RolloutState {
    /// A person decided, or traffic goes back: what others wrote before is no longer counted.
    pub(super) fn calm(&mut self) {
        self.drift = None;
        self.reverts = 0;
        self.contested = None;
    }
}

impl RolloutPhase {
    /// True while the new version has, or is about to have, traffic that is not settled.
    pub fn is_live(self) -> bool {
        matches!(
            self,
            RolloutPhase::Deploying
                | RolloutPhase::Shifting
                | RolloutPhase::Soaking
                | RolloutPhase::RollingBack
        )
    }
}

fn resume(state: &mut RolloutState, at: crate::base::Timestamp) {
    if state.phase == RolloutPhase::Soaking && state.good_data && state.holds.is_empty() {
        state.soak.good_since.get_or_insert(at);
    }
}

/// A moment by the clock as somebody set it.
fn moved(at: crate::base::Timestamp, seconds: i64) -> Option<crate::base::Timestamp> {
    at.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
}

fn pause(soak: &mut Soak, at: crate::base::Timestamp) {
    soak.counted = soak.elapsed(at);
    soak.good_since = None;
}
