//! A decision in the making: events so far, and the state as it will be after them.

use std::borrow::Cow;

use uuid::Uuid;

use crate::base::{Actor, Assurance, Digest, OperationId, Timestamp, Via};
use crate::plan::Plan;
use crate::release::act::Act;
use crate::release::event::{Event, Recorded};
use crate::release::input::Input;
use crate::release::state::State;

/// The name space of operation ids: UUIDv5 of "tminus/operation/v1" in the name space of URLs.
const OPERATIONS: Uuid = Uuid::from_u128(0x9f1d_3a0e_52c7_5f3b_8a41_6c0d_1e7a_44b2);

/// Events so far, and the state after them.
pub(super) struct Draft<'a> {
    /// The state as it will be.
    pub state: Cow<'a, State>,
    /// What should happen.
    pub plan: &'a Plan,
    /// The time of the decision.
    pub now: Timestamp,
    /// Who is behind the input.
    pub actor: Actor,
    assurance: Assurance,
    via: Via,
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    pub fn new(state: &'a State, plan: &'a Plan, now: Timestamp, input: &Input) -> Self {
        let (actor, assurance, via) = match input {
            Input::Command(command) => (command.actor.clone(), command.assurance, command.via),
            Input::Report(_) => (Actor::Engine, Assurance::L0, Via::Engine),
        };
        Self { state: Cow::Borrowed(state), plan, now, actor, assurance, via, events: Vec::new() }
    }

    /// Adds an event; the state is as if it were recorded.
    pub fn push(&mut self, event: Event) {
        let recorded = Recorded {
            version: self.state.version + 1,
            at: self.now,
            actor: self.actor.clone(),
            assurance: self.assurance,
            via: self.via,
            kind: String::new(),
            hash: self.state.head.unwrap_or_else(|| Digest::of("")),
            event: Some(event.clone()),
        };
        self.state.to_mut().apply(&recorded);
        self.events.push(event);
    }

    /// Intends an operation. Its id is derived, so the same intent twice is the same operation.
    pub fn intend(&mut self, act: Act) {
        let count = self.state.operation_counts.get(&act.key()).copied().unwrap_or(0) + 1;
        let identity = self.state.identity.as_ref();
        let (release, environment) =
            identity.map_or(("", ""), |identity| (identity.release.as_str(), identity.environment.as_str()));
        let name = format!("{release}/{environment}|{}|{}|{count}", self.state.attempt, act.key());
        let operation = OperationId::new(Uuid::new_v5(&OPERATIONS, name.as_bytes()).to_string());
        let epoch = self.state.epoch;
        self.push(Event::OperationIntended { operation, act, epoch });
    }

    /// The events, in order, and the state after them when there are any.
    pub fn finish(self) -> (Vec<Event>, Option<Box<State>>) {
        let after = match self.state {
            Cow::Owned(state) => Some(Box::new(state)),
            Cow::Borrowed(_) => None,
        };
        (self.events, after)
    }
}
