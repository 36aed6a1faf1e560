//! The plan file as it is written: typed, every value with its place; nothing is looked up yet.
//!
//! Invariants: an unknown key is an error; reading never panics; what a value means is decided by
//! [`resolve`](super::resolve).

mod act;
mod at;
mod check;
mod course;
mod explain;
mod flag;
mod judge;
mod lines;
mod number;
mod procedure;
mod release;
mod traffic;

use schemars::JsonSchema;
use serde::Deserialize;

pub use act::{Arm, Blind, Rollout, Step, Trigger};
pub use at::{At, OneOrMany, Section};
pub use check::Gate;
pub use course::{Checkpoint, Exit, Item, Message, Stage};
pub use flag::Flag;
pub use judge::{Judge, Signal, Signals};
pub use lines::{Place, quoted};
pub use number::{Metric, Objective, Quiet, Sides, Source};
pub use procedure::{Procedure, ProcedureStep};
pub use release::{Environment, Escalate, Release, Role};
pub use traffic::{Deploy, GitOps, Router, Warm, Workflow};

use super::{PlanError, SourceFile};

/// The most bytes a plan file may have.
const LONGEST: usize = 4 << 20;

/// A release plan for tminus: the machine part beside a playbook, or a whole plan in one file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "tminus plan file")]
pub struct PlanFile {
    /// What goes out and when.
    pub release: Release,
    /// Where it may go.
    pub environment: Section<Environment>,
    /// Who decides and owns.
    pub role: Section<Role>,
    /// Where numbers come from.
    pub source: Section<Source>,
    /// Numbers over time.
    pub metric: Section<Metric>,
    /// Times of every day in which numbers say nothing.
    pub quiet: Vec<At<Quiet>>,
    /// What the service owes its users.
    pub objective: Section<Objective>,
    /// Checks that decide.
    pub gate: Section<Gate>,
    /// How each service goes out.
    pub rollout: Section<Rollout>,
    /// Feature flags that belong to the release.
    pub flag: Section<Flag>,
    /// Rules with actions.
    pub trigger: Section<Trigger>,
    /// Ordered lists of operations, among them the rollback.
    pub procedure: Section<Procedure>,
    /// The parts of the release.
    pub stage: Section<Stage>,
    /// What the plan adds to items of the playbook.
    pub item: Section<Item>,
    /// The monitoring plan.
    pub checkpoint: Section<Checkpoint>,
    /// What is said to whom.
    pub message: Section<Message>,
    /// Values for the playbook's placeholders.
    pub vars: Section<String>,
}

/// Reads a plan file.
///
/// # Errors
/// The first thing that is not TOML, not a key of the plan file, or of another type, with its line and what to
/// write instead.
pub fn read(source: &SourceFile) -> Result<(PlanFile, Place), PlanError> {
    let text = match std::str::from_utf8(&source.bytes) {
        Ok(text) if source.bytes.len() <= LONGEST => text.strip_prefix('\u{feff}').unwrap_or(text),
        Ok(_) => {
            let place = Place::new(&source.name, "");
            return Err(place.whole("the plan file is larger than 4 MB", "keep one release in one file"));
        }
        Err(error) => {
            let before = String::from_utf8_lossy(source.bytes.get(..error.valid_up_to()).unwrap_or_default());
            let place = Place::new(&source.name, &before);
            let at = before.len();
            return Err(place.error(at, "these bytes are not UTF-8", "save the plan file as UTF-8"));
        }
    };
    let place = Place::new(&source.name, text);
    match toml::from_str(text) {
        Ok(file) => Ok((file, place)),
        Err(error) => Err(explain::explain(&place, text, &error)),
    }
}
