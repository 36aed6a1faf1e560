//! Who sits at this cockpit, and what they order.

use uuid::Uuid;

use crate::base::{Actor, Assurance, Via};
use crate::release::{Command, Wish};

/// Who acts here, as whoever opened the cockpit found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Who.
    pub actor: Actor,
    /// How sure we are of it.
    pub assurance: Assurance,
    /// The door: this cockpit, or a terminal shared with others.
    pub via: Via,
}

/// A wish with who made it and what they saw; becomes a command when it gets its id.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What.
    pub wish: Wish,
    /// Who.
    pub by: Operator,
    /// The stream's version that was on screen.
    pub seen: u64,
}

impl Order {
    /// The command of that id.
    pub fn command(self, id: Uuid) -> Command {
        Command {
            id,
            actor: self.by.actor,
            assurance: self.by.assurance,
            via: self.by.via,
            seen: Some(self.seen),
            wish: self.wish,
        }
    }
}

/// Where the ids of commands come from.
pub trait Ids: Send {
    /// The next one; never the same twice.
    fn next(&mut self) -> Uuid;
}

/// Random ids.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&mut self) -> Uuid {
        Uuid::new_v4()
    }
}
