//! What should happen. Pure: playbooks and plan files in, a plan and findings out; no I/O, no clock; names only
//! `base`.

mod binding;
mod blank;
pub mod bundled;
mod conflict;
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
    Arming, Baseline, Blind, Bound, Check, Checkpoint, CommandCheck, Counts, Deploy, DeployBy, Dialect,
    Escalation, Exit, ExitItems, Expect, Flag, FlagApi, FlagPointers, FlagReach, FlagStore, Gaps, Gate,
    GitCheck, GitFact, GitOps, Health, Histogram, HttpCheck, IncidentCall, Item, Judge, LogsOf, Message,
    Metric, Objective, Otherwise, Plan, Procedure, ProcedureStep, Proof, Quiet, ReleaseKind, ReleaseSpec,
    Role, Rollout, Router, RouterKind, Scope, SideNames, Sides, Signal, Source, SourceKind, Stage, Step,
    StepKind, Strategy, Terms, TooFew, Trigger, Undo, Warm, Watched, Workflow, Workload, WorkloadKind,
};
pub use resolve::{Resolved, resolve};
pub use schema::schema;
pub use source::{SourceFile, Sources, SourcesError};
