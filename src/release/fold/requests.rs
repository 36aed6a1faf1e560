//! Requests, choices and typed numbers into state.

use crate::release::event::Event;
use crate::release::request::{Request, Typed};
use crate::release::state::{Mark, State};

/// How many typed numbers of one metric are remembered.
const TYPED: usize = 64;

impl State {
    pub(super) fn fold_request(&mut self, event: &Event, mark: &Mark) {
        match event {
            Event::RequestRaised { rollout, wants, cause, why } => self.requests.push(Request {
                number: self.version,
                rollout: rollout.clone(),
                wants: *wants,
                cause: cause.clone(),
                why: why.clone(),
                since: mark.at,
            }),
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
