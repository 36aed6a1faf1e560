//! What a picture of the release asks of somebody with a duty.

use crate::base::{GateId, ItemId, RolloutId, Untrusted};
use crate::plan::rule::Action;
use crate::plan::{Check, ExitItems, Gate, Otherwise, Role};
use crate::release::{Answer, GateState, RolloutPhase, RolloutState, Status, TriggerPhase, View, Wish};

use super::script::{Duty, Member};

/// A picture, and how often a trigger was pending so far.
#[derive(Clone, Copy)]
pub(super) struct Eyes<'a> {
    pub(super) view: &'a View,
    pub(super) crossings: usize,
}

impl Eyes<'_> {
    /// What this person does now for one duty; empty when there is nothing to do.
    pub(super) fn wishes(self, member: &Member, duty: Duty) -> Vec<Wish> {
        if self.view.state.status.is_over() {
            return Vec::new();
        }
        match duty {
            Duty::Tick => self.ticks(),
            Duty::Leave => self.leave(),
            Duty::Gates => self.gates(),
            Duty::Review => self.reviews(member),
            Duty::Request => self.request(),
            Duty::Approve => self.approvals(member),
            Duty::Start => self.start(),
            Duty::Promote => self.promotions(),
            Duty::Hold => self.holds(),
            Duty::RollBack => self.rollbacks(),
        }
    }

    fn ticks(self) -> Vec<Wish> {
        let Some(stage) = &self.view.state.stage else { return Vec::new() };
        let items = self.view.plan.items.iter();
        items
            .filter(|item| &item.stage == stage && item.bound.is_none() && !self.settled(&item.id))
            .take(Duty::HANDFUL)
            .map(|item| Wish::Tick { item: item.id.clone(), evidence: None, waiver: None })
            .collect()
    }

    fn settled(self, item: &ItemId) -> bool {
        self.view.state.items.get(item).is_some_and(|state| state.tick.is_settled())
    }

    /// Leaves the stage once the picture shows nothing open; the engine knows the rest.
    fn leave(self) -> Vec<Wish> {
        let plan = &self.view.plan;
        let Some(stage) = self.view.state.stage.as_ref().and_then(|stage| plan.stage(stage)) else {
            return Vec::new();
        };
        let items = match &stage.exit.items {
            ExitItems::All => plan.items.iter().all(|item| item.stage != stage.id || self.settled(&item.id)),
            ExitItems::Listed(items) => items.iter().all(|item| self.settled(item)),
            ExitItems::None => true,
        };
        let gates = stage.exit.gates.iter().filter_map(|gate| plan.gate(gate)).all(|gate| self.lets_on(gate));
        let polled = !stage.exit.approvals || self.view.state.status > Status::Planned;
        if items && gates && polled { vec![Wish::LeaveStage { waiver: None }] } else { Vec::new() }
    }

    fn lets_on(self, gate: &Gate) -> bool {
        let Some(state) = self.view.state.gates.get(&gate.id) else { return false };
        let passed = state.newest().and_then(|run| run.verdict).is_some_and(|verdict| verdict.is_pass());
        let ran = state.newest().is_some();
        passed
            || state.waiver.is_some()
            || state.review.as_ref().is_some_and(|review| review.accepted)
            || (ran && matches!(gate.otherwise, Otherwise::Warn | Otherwise::Require))
    }

    /// Runs one gate that matters now: of the current stage, of its exit, or of the step a rollout is at.
    fn gates(self) -> Vec<Wish> {
        let stage = self.view.state.stage.as_ref();
        let plan = &self.view.plan;
        let exit = stage.and_then(|stage| plan.stage(stage)).map_or(&[][..], |stage| &stage.exit.gates);
        let matters = |gate: &&Gate| {
            exit.contains(&gate.id)
                || (gate.stage.is_some() && gate.stage.as_ref() == stage)
                || self.of_step(&gate.id)
        };
        let open = |gate: &&Gate| {
            let state = self.view.state.gates.get(&gate.id);
            let tries = state.map_or(0, |state| state.runs.len());
            !matches!(gate.check, Check::Manual)
                && !state.is_some_and(GateState::is_running)
                && !state.and_then(GateState::newest).and_then(|run| run.verdict).is_some_and(|v| v.is_pass())
                && tries < Duty::TRIES
        };
        let gates = plan.gates.iter().filter(matters).filter(open);
        gates.take(1).map(|gate| Wish::RunGate { gate: gate.id.clone() }).collect()
    }

    fn of_step(self, gate: &GateId) -> bool {
        self.view.plan.rollouts.iter().any(|rollout| {
            let Some(state) = self.view.state.rollouts.get(&rollout.id) else { return false };
            let step = (state.step as usize).checked_sub(1).and_then(|step| rollout.steps.get(step));
            state.phase == RolloutPhase::Soaking && step.is_some_and(|step| step.gates.contains(gate))
        })
    }

    fn reviews(self, member: &Member) -> Vec<Wish> {
        let asked = |gate: &&Gate| {
            let state = self.view.state.gates.get(&gate.id);
            let newest = state.and_then(GateState::newest);
            let run = newest.map_or(0, |run| run.number);
            let decided =
                state.and_then(|state| state.review.as_ref()).is_some_and(|review| review.run >= run);
            let mine = match (&gate.otherwise, &gate.check) {
                (Otherwise::Review(role), _) => {
                    member.has(role.as_str())
                        && newest.and_then(|run| run.verdict).is_some_and(|verdict| !verdict.is_pass())
                }
                (_, Check::Manual) => gate.stage.is_none() || gate.stage == self.view.state.stage,
                _ => false,
            };
            mine && !decided
        };
        let accept = |gate: &Gate| Wish::ReviewGate {
            gate: gate.id.clone(),
            accepted: true,
            reason: Untrusted::new("looked at, fine for this release"),
        };
        self.view.plan.gates.iter().filter(asked).take(1).map(accept).collect()
    }

    /// The roll-call is opened in the stage that ends with it, or at once when no stage does.
    fn request(self) -> Vec<Wish> {
        let (state, plan) = (&self.view.state, &self.view.plan);
        let ends_here = |stage| plan.stage(stage).is_some_and(|stage| stage.exit.approvals);
        let somewhere = plan.stages.iter().any(|stage| stage.exit.approvals);
        let waiting = plan
            .approvers()
            .into_iter()
            .any(|role| state.approvals.get(&role.id).is_none_or(|approval| approval.requested.is_none()));
        let here = !somewhere || state.stage.as_ref().is_some_and(ends_here);
        if state.status == Status::Planned && waiting && here {
            vec![Wish::RequestApproval { role: None }]
        } else {
            Vec::new()
        }
    }

    fn approvals(self, member: &Member) -> Vec<Wish> {
        let asked = |role: &&&Role| {
            let approval = self.view.state.approvals.get(&role.id);
            approval.is_some_and(|approval| approval.requested.is_some() && approval.answer.is_none())
        };
        let approvers = self.view.plan.approvers();
        let mine = approvers.iter().filter(|role| member.has(role.id.as_str())).filter(asked);
        mine.map(|role| Wish::Approve {
            role: role.id.clone(),
            answer: if member.no_go.is_some() { Answer::NoGo } else { Answer::Go },
            reason: Untrusted::new(member.no_go.clone().unwrap_or_default()),
        })
        .collect()
    }

    fn start(self) -> Vec<Wish> {
        let (state, plan) = (&self.view.state, &self.view.plan);
        let agreed = match state.status {
            Status::Approved => true,
            Status::Planned => plan.approvers().is_empty(),
            _ => false,
        };
        let come = state.t0.or(plan.release.t0).is_none_or(|t0| t0 <= self.view.now);
        if agreed && come { vec![Wish::Start { accept_first_release: false }] } else { Vec::new() }
    }

    fn promotions(self) -> Vec<Wish> {
        let state = &self.view.state;
        let calm = !state.triggers.values().any(|trigger| trigger.phase == TriggerPhase::Pending);
        let ready = |rollout: &RolloutState| match rollout.phase {
            RolloutPhase::Waiting => true,
            RolloutPhase::Soaking => rollout.soak.completed && rollout.operation.is_none(),
            _ => false,
        };
        let waiting = RolloutState::default();
        let rollouts = self.view.plan.rollouts.iter().filter(|rollout| {
            let now = state.rollouts.get(&rollout.id).unwrap_or(&waiting);
            state.status == Status::Running && calm && now.holds.is_empty() && ready(now)
        });
        rollouts.map(|rollout| Wish::Promote { rollout: rollout.id.clone(), to: None }).collect()
    }

    fn holds(self) -> Vec<Wish> {
        if self.crossings < Duty::UNEASY {
            return Vec::new();
        }
        let state = &self.view.state;
        let moving = state.rollouts.iter().filter(|(_, rollout)| {
            rollout.holds.is_empty()
                && matches!(rollout.phase, RolloutPhase::Shifting | RolloutPhase::Soaking)
        });
        moving
            .map(|(id, _)| Wish::Hold {
                rollout: Some(id.clone()),
                reason: Untrusted::new("a number crosses its limit again and again"),
            })
            .collect()
    }

    fn rollbacks(self) -> Vec<Wish> {
        let (state, plan) = (&self.view.state, &self.view.plan);
        let asked = plan.triggers.iter().any(|trigger| {
            trigger.actions.contains(&Action::Ask)
                && state.triggers.get(&trigger.id).is_some_and(|now| now.phase == TriggerPhase::Fired)
        });
        let begun = state.rollouts.iter().filter(|(_, rollout)| {
            matches!(rollout.phase, RolloutPhase::Shifting | RolloutPhase::Soaking | RolloutPhase::Completed)
        });
        let back = |id: &RolloutId| Wish::RollBack {
            rollout: Some(id.clone()),
            reason: Untrusted::new("a trigger asks for it"),
        };
        if asked { begun.map(|(id, _)| back(id)).collect() } else { Vec::new() }
    }
}
