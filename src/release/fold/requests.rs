//! Rulings, requests, choices and typed numbers into state.

use crate::analysis::judge::Decision;
use crate::release::event::Event;
use crate::release::request::{Request, RequestCause, Typed};
use crate::release::ruling::{Ground, Ruled};
use crate::release::state::{Mark, RolloutState, State};

/// How many typed numbers of one metric are remembered.
const TYPED: usize = 64;

impl State {
    pub(super) fn fold_request(&mut self, event: &Event, mark: &Mark) {
        match event {
            Event::RequestRaised { rollout, wants, cause, why } => {
                if matches!(cause, RequestCause::Judge | RequestCause::TooFew) {
                    self.rollouts.entry(rollout.clone()).or_default().asked.push(*wants);
                }
                self.requests.push(Request {
                    number: self.version,
                    rollout: rollout.clone(),
                    wants: *wants,
                    cause: cause.clone(),
                    why: why.clone(),
                    since: mark.at,
                });
            }
            Event::Ruled { rollout, ruling } => {
                let state = self.rollouts.entry(rollout.clone()).or_default();
                let before = state.ruled.as_ref().map(|ruled| (ruled.decision, ruled.ground));
                if before != Some((ruling.decision, ruling.ground)) {
                    state.asked.clear();
                }
                state.ruled = Some(Ruled {
                    decision: ruling.decision,
                    ground: ruling.ground,
                    why: ruling.why.clone(),
                    at: mark.at,
                    soaked: state.soak.completed,
                });
            }
            // Evidence for going on is of the step it was seen at, and of the engine that saw it.
            Event::StepReached { rollout, .. } => forget(self.rollouts.entry(rollout.clone()).or_default()),
            Event::EngineStarted { .. } => self.rollouts.values_mut().for_each(forget),
            Event::RequestAnswered { request, .. } => self.requests.retain(|open| open.number != *request),
            Event::TriggerChosen { trigger, choice } => {
                self.choices.insert(trigger.clone(), *choice);
            }
            Event::NumberTyped { metric, value } => {
                let known = self.typed.entry(metric.clone()).or_default();
                known.push(Typed { at: mark.at, value: *value });
                let over = known.len().saturating_sub(TYPED);
                known.drain(..over);
            }
            _ => {}
        }
    }
}

fn forget(state: &mut RolloutState) {
    let worse = |ruled: &Ruled| (ruled.decision, ruled.ground) == (Decision::RollBack, Ground::Evidence);
    if state.ruled.as_ref().is_some_and(|ruled| !worse(ruled)) {
        state.ruled = None;
        state.asked.clear();
    }
}
