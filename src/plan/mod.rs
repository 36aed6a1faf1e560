//! What should happen. Pure: playbooks and plan files in, a plan and findings out; no I/O, no clock; names only
//! `base`.

mod binding;
mod blank;
pub mod bundled;
mod error;
pub mod file;
pub mod finding;
pub mod init;
pub mod lint;
mod model;
mod nearest;
pub mod playbook;
pub mod reference;
mod resolve;
pub mod rule;
mod schema;
mod source;

pub use error::{INVALID_PLAN, PlanError};
pub use finding::{Code, Finding, Severity};
pub use model::{
    Blind, Bound, Check, Checkpoint, CommandCheck, Counts, Escalation, Exit, ExitItems, Expect, Gate,
    GitCheck, GitFact, Histogram, HttpCheck, Item, Message, Metric, Otherwise, Plan, Procedure,
    ProcedureStep, ReleaseKind, ReleaseSpec, Role, Rollout, Source, Stage, Step, Strategy, Trigger, Watched,
};
pub use resolve::{Resolved, resolve};
pub use schema::schema;
pub use source::{SourceFile, Sources, SourcesError};
