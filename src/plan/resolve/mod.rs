//! Playbook and plan file become one [`Plan`].

mod release;

use crate::base::Digest;

use super::file::{self, Place, PlanFile};
use super::{Finding, Plan, PlanError, Sources};

/// A plan and what was noticed on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The plan.
    pub plan: Plan,
    /// The binding text, whose digest is [`Plan::digest`].
    pub binding: String,
    /// What the readers noticed, in the order of the files.
    pub findings: Vec<Finding>,
    /// Placeholders of the playbook that `[vars]` does not bind, each once, with the first line it stands in.
    pub unbound: Vec<(String, u32)>,
}

/// Makes the plan of these sources.
///
/// # Errors
/// The first thing of the plan file that must be put right, or a playbook that is no text.
pub fn resolve(sources: &Sources) -> Result<Resolved, PlanError> {
    let (file, place) = match &sources.plan {
        Some(source) => file::read(source)?,
        None => (PlanFile::default(), Place::new("", "")),
    };
    let release = release::release(&file, &place)?;
    let plan = Plan {
        release,
        roles: Vec::new(),
        stages: Vec::new(),
        items: Vec::new(),
        gates: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        triggers: Vec::new(),
        rollouts: Vec::new(),
        procedures: Vec::new(),
        checkpoints: Vec::new(),
        messages: Vec::new(),
        vars: file.vars.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect(),
        sources_digest: sources.digest(),
        digest: Digest::of(""),
    };
    Ok(Resolved { plan, binding: String::new(), findings: Vec::new(), unbound: Vec::new() })
}
