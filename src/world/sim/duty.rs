//! What a picture of the release asks of somebody with a duty.

use crate::base::{GateId, ItemId, Untrusted, Weight};
use crate::plan::{Check, Gate, Item, Otherwise, Role, Rollout};
use crate::release::{
    Answer, GateState, Proposal, RolloutPhase, RolloutState, Status, View, Wish, clock, explain, standing,
};

use super::script::{Duty, Member, Script};

/// A picture, and the script it is seen by.
#[derive(Clone, Copy)]
pub(super) struct Eyes<'a> {
    pub(super) view: &'a View,
    pub(super) script: &'a Script,
}

impl Eyes<'_> {
    /// What this person does now for one duty; empty when there is nothing to do.
    pub(super) fn wishes(self, member: &Member, duty: Duty) -> Vec<Wish> {
        if self.view.state.status.is_over() {
            return Vec::new();
        }
        match duty {
            Duty::Tick => self.ticks(member),
            Duty::Leave => self.leave(),
            Duty::Gates => self.gates(),
            Duty::Review => self.reviews(member),
            Duty::Messages => self.messages(),
            Duty::Request => self.request(),
            Duty::Approve => self.approvals(member),
            Duty::Start => self.start(),
            Duty::Promote => self.promotions(),
            Duty::RollBack => self.rollbacks(),
            Duty::Raise => self.raises(),
        }
    }

    /// Ticks a handful of what is this person's, or nobody's in the cast, and can be done by now.
    fn ticks(self, member: &Member) -> Vec<Wish> {
        let Some(stage) = &self.view.state.stage else { return Vec::new() };
        let todo = self.view.plan.items.iter().filter(|item| {
            &item.stage == stage
                && item.bound.is_none()
                && !self.settled(&item.id)
                && self.may_do(member, item)
                && !self.is_early(item)
        });
        let tick = |item: &Item| Wish::Tick { item: item.id.clone(), evidence: None, waiver: None };
        todo.take(Duty::HANDFUL).map(tick).collect()
    }

    fn settled(self, item: &ItemId) -> bool {
        self.view.state.items.get(item).is_some_and(|state| state.tick.is_settled())
    }

    fn may_do(self, member: &Member, item: &Item) -> bool {
        let Some(owner) = clock::owner(&self.view.state, item) else { return true };
        member.is(owner) || !self.script.cast.iter().any(|other| other.is(owner))
    }

    /// Due after T-0 and not yet, or a thing to do once all traffic has moved.
    fn is_early(self, item: &Item) -> bool {
        let (state, plan, now) = (&self.view.state, &self.view.plan, self.view.now);
        let t0 = clock::t0(state, plan);
        let later =
            clock::due(state, plan, item).is_some_and(|due| due > now && t0.is_some_and(|t0| due > t0));
        let last = self.script.items.after_rollout.iter().any(|words| item.id.as_str().contains(words));
        later || (last && !self.completed())
    }

    fn completed(self) -> bool {
        self.view.plan.rollouts.iter().all(|rollout| self.rollout(rollout).phase == RolloutPhase::Completed)
    }

    fn rollout(self, rollout: &Rollout) -> RolloutState {
        self.view.state.rollouts.get(&rollout.id).cloned().unwrap_or_default()
    }

    /// Leaves the stage once nothing is open in it, its rollouts included.
    fn leave(self) -> Vec<Wish> {
        let (state, plan) = (&self.view.state, &self.view.plan);
        let Some(stage) = &state.stage else { return Vec::new() };
        let mut rollouts = plan.rollouts.iter().filter(|rollout| rollout.stage.as_ref() == Some(stage));
        let moved = rollouts.all(|rollout| self.rollout(rollout).phase == RolloutPhase::Completed);
        let free = moved && explain::exit(state, plan, stage, self.view.now).is_empty();
        if free { vec![Wish::LeaveStage { waiver: None }] } else { Vec::new() }
    }

    fn lets_on(self, gate: &Gate) -> bool {
        standing(&self.view.state, gate, self.view.now).allows
    }

    /// Runs one gate that matters now: of the current stage, of its exit, or of the step a rollout is at.
    fn gates(self) -> Vec<Wish> {
        let (state, plan) = (&self.view.state, &self.view.plan);
        let stage = state.stage.as_ref();
        let exit = stage.and_then(|stage| plan.stage(stage)).map_or(&[][..], |stage| &stage.exit.gates);
        let matters = |gate: &&Gate| {
            let of_stage = gate.stage.is_some() && gate.stage.as_ref() == stage;
            exit.contains(&gate.id) || of_stage || self.of_step(&gate.id)
        };
        let open = |gate: &&Gate| {
            let known = state.gates.get(&gate.id);
            let runs = known.map_or(0, |known| known.runs.len());
            !matches!(gate.check, Check::Manual)
                && (runs == 0 || !self.lets_on(gate))
                && !known.is_some_and(GateState::is_running)
                && runs < Duty::TRIES
        };
        let gates = plan.gates.iter().filter(matters).filter(open);
        gates.take(1).map(|gate| Wish::RunGate { gate: gate.id.clone() }).collect()
    }

    fn of_step(self, gate: &GateId) -> bool {
        self.view.plan.rollouts.iter().any(|rollout| {
            let state = self.rollout(rollout);
            let step = (state.step as usize).checked_sub(1).and_then(|step| rollout.steps.get(step));
            state.phase == RolloutPhase::Soaking && step.is_some_and(|step| step.gates.contains(gate))
        })
    }

    /// Accepts what a gate leaves to this person's judgement.
    fn reviews(self, member: &Member) -> Vec<Wish> {
        let asked = |gate: &&Gate| {
            let known = self.view.state.gates.get(&gate.id);
            let ran = known.and_then(GateState::newest).is_some();
            let mine = match (&gate.otherwise, &gate.check) {
                (Otherwise::Review(role), check) => {
                    member.has(role.as_str()) && (ran || matches!(check, Check::Manual))
                }
                (_, Check::Manual) => gate.stage.is_none() || gate.stage == self.view.state.stage,
                _ => false,
            };
            mine && !self.lets_on(gate) && !known.is_some_and(GateState::is_running)
        };
        let accept = |gate: &Gate| Wish::ReviewGate {
            gate: gate.id.clone(),
            accepted: true,
            reason: Untrusted::new("looked at, fine for this release"),
        };
        self.view.plan.gates.iter().filter(asked).take(1).map(accept).collect()
    }

    /// Sends the first message whose time has come.
    fn messages(self) -> Vec<Wish> {
        let (state, plan) = (&self.view.state, &self.view.plan);
        let due = plan.messages.iter().find(|message| {
            let at = message.at.and_then(|at| clock::moment(state, plan, at));
            !state.sent.contains_key(&message.name) && at.is_some_and(|at| at <= self.view.now)
        });
        let sends = due.filter(|_| !state.messages_stopped);
        sends.map(|message| Wish::SendMessage { message: message.name.clone() }).into_iter().collect()
    }

    /// The roll-call is opened in the stage that ends with it, or at once when no stage does.
    fn request(self) -> Vec<Wish> {
        let (state, plan) = (&self.view.state, &self.view.plan);
        let ends_here = |stage| plan.stage(stage).is_some_and(|stage| stage.exit.approvals);
        let somewhere = plan.stages.iter().any(|stage| stage.exit.approvals);
        let unasked =
            |role: &&Role| state.approvals.get(&role.id).is_none_or(|approval| approval.requested.is_none());
        let waiting = plan.approvers().into_iter().any(|role| unasked(&role));
        let here = !somewhere || state.stage.as_ref().is_some_and(ends_here);
        if state.status == Status::Planned && waiting && here {
            vec![Wish::RequestApproval { role: None }]
        } else {
            Vec::new()
        }
    }

    fn approvals(self, member: &Member) -> Vec<Wish> {
        let asked = |role: &&Role| {
            let approval = self.view.state.approvals.get(&role.id);
            approval.is_some_and(|approval| approval.requested.is_some() && approval.answer.is_none())
        };
        let answer = |role: &Role| Wish::Approve {
            role: role.id.clone(),
            answer: if member.no_go.is_some() { Answer::NoGo } else { Answer::Go },
            reason: Untrusted::new(member.no_go.clone().unwrap_or_default()),
        };
        let approvers = self.view.plan.approvers();
        approvers.into_iter().filter(|role| member.has(role.id.as_str()) && asked(role)).map(answer).collect()
    }

    fn start(self) -> Vec<Wish> {
        let (state, plan, now) = (&self.view.state, &self.view.plan, self.view.now);
        let come = clock::t0(state, plan).is_none_or(|t0| t0 <= now);
        let adopted = matches!(state.status, Status::Planned | Status::Approved);
        let free = adopted && come && explain::start(state, plan, now).is_empty();
        if free { vec![Wish::Start { accept_first_release: false }] } else { Vec::new() }
    }

    /// Takes the next step of every rollout that nothing keeps from it and that does not go by itself.
    fn promotions(self) -> Vec<Wish> {
        let (state, plan) = (&self.view.state, &self.view.plan);
        let ready = |rollout: &&Rollout| {
            let step = self.rollout(rollout).step as usize;
            let by_itself =
                step.checked_sub(1).and_then(|step| rollout.steps.get(step)).is_some_and(|s| s.auto);
            let still = matches!(self.rollout(rollout).phase, RolloutPhase::Waiting | RolloutPhase::Soaking);
            still
                && !by_itself
                && state.status == Status::Running
                && explain::promote(state, plan, rollout, self.view.now).is_empty()
        };
        let next = |rollout: &Rollout| Wish::Promote { rollout: rollout.id.clone(), to: None };
        plan.rollouts.iter().filter(ready).map(next).collect()
    }

    /// Says yes to every request to go back.
    fn rollbacks(self) -> Vec<Wish> {
        self.granted(|wants| matches!(wants, Proposal::RollBack | Proposal::StepBack))
    }

    /// Goes on with too few events when asked, but never to all traffic.
    fn raises(self) -> Vec<Wish> {
        self.granted(|wants| matches!(wants, Proposal::Raise { to } if to != Weight::FULL))
    }

    fn granted(self, fits: impl Fn(Proposal) -> bool) -> Vec<Wish> {
        let open = self.view.state.requests.iter().filter(|request| fits(request.wants));
        open.map(|request| Wish::Grant { request: request.number }).collect()
    }
}
