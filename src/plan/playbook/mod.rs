//! The playbook reader: any Markdown as people wrote it, turned into typed pieces with their lines.
//!
//! Invariants: [`read`] is a pure function of a name and bytes and never panics; every non-blank line of the
//! input belongs to a piece or to a [`Passage`], so nothing is dropped; an edit in one place changes no
//! [`ItemId`](crate::base::ItemId) of another place.

mod counts;
mod error;
mod model;
mod pieces;
mod when;

pub use counts::Counts;
pub use error::ReadError;
pub use model::{Item, ItemKind, Mark, Passage, Playbook, Stage, StageKind, Words};
pub use pieces::{
    Approval, Checkpoint, Command, Contact, Criterion, Environment, Gate, GateAction, Message, Metric,
    Milestone, Place, Placeholder, Procedure, Review, Risk, Role, Session, SeverityLevel, Step, Template,
    Tree, Trigger, VersionLiteral,
};
pub use when::When;
