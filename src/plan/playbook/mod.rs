//! The playbook reader: any Markdown as people wrote it, turned into typed pieces with their lines.
//!
//! Invariants: [`read`] is a pure function of a name and bytes and never panics; every non-blank line of the
//! input belongs to a piece or to a [`Passage`], so nothing is dropped; an edit in one place changes no
//! [`ItemId`](crate::base::ItemId) of another place.

mod blocks;
mod context;
mod counts;
mod draft;
mod encoding;
mod environments;
mod error;
mod fences;
mod forms;
mod identity;
mod items;
mod known;
mod lasting;
mod lists;
mod model;
mod notes;
mod outline;
mod outlines;
mod pieces;
mod placeholders;
mod prepare;
mod procedures;
mod read;
mod stages;
mod steps;
mod tables;
mod when;

#[cfg(test)]
mod tests;

pub use counts::Counts;
pub use encoding::text;
pub use error::ReadError;
pub use identity::{Matched, SuffixError, match_items, resolve_suffix, slug};
pub use model::{Item, ItemKind, Mark, Passage, Playbook, Stage, StageKind, Words};
pub use pieces::{
    Approval, Checkpoint, Command, Contact, Criterion, Environment, Gate, GateAction, Message, Metric,
    Milestone, Place, Placeholder, Procedure, Review, Risk, Role, Session, SeverityLevel, Step, Template,
    Tree, Trigger, VersionLiteral,
};
pub use read::read;
pub use when::When;
