//! What should happen. Pure: playbooks and plan files in, a plan and findings out; no I/O, no clock; names only
//! `base`.

pub mod finding;
mod model;
pub mod playbook;
pub mod rule;

pub use finding::{Code, Finding, Severity};
pub use model::{
    Blind, Bound, Check, Checkpoint, CommandCheck, Counts, Escalation, Exit, ExitItems, Expect, Gate,
    GitCheck, GitFact, HttpCheck, Item, Message, Metric, Otherwise, Plan, Procedure, ProcedureStep,
    ReleaseKind, ReleaseSpec, Role, Rollout, Source, Stage, Step, Strategy, Trigger, Watched,
};
