//! Playbook and plan file become one [`Plan`].
//!
//! What the plan file says wins; a kind of thing it does not speak of at all (no `[gate.*]`, no `[role.*]`) comes
//! from the playbook, as work for people: nothing the playbook alone says runs by itself. Stages and items are
//! always the playbook's; the plan file adds to them. Without a plan file the release takes its name and version
//! from the document's title and goes to `prod`, which counts as production: the careful reading.

pub(super) mod arming;
mod blanks;
mod course;
mod desk;
pub(super) mod document;
mod doubts;
mod flags;
mod gates;
mod judge;
mod numbers;
mod objectives;
mod people;
mod procedures;
mod release;
mod rollouts;
mod routers;
mod schedule;
mod sources;
mod terms;
mod triggers;

use crate::base::{Digest, Untrusted};

use super::file::{self, Place, PlanFile};
use super::playbook::{self, Playbook};
use super::{Finding, Plan, PlanError, SourceFile, Sources, binding};
pub(super) use terms::overlap;

use blanks::Blanks;
use desk::Desk;

/// A plan and what was noticed on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The plan.
    pub plan: Plan,
    /// The binding text, whose digest is [`Plan::digest`].
    pub binding: String,
    /// The playbook as read, when there is one.
    pub playbook: Option<Playbook>,
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
    let playbook = sources.playbook.as_ref().map(document_of).transpose()?;
    let (file, place, tree) = match &sources.plan {
        Some(source) => {
            let (file, place) = file::read(source)?;
            (file, place, String::from_utf8_lossy(&source.bytes).into_owned())
        }
        None => (PlanFile::default(), Place::new("", ""), String::new()),
    };
    let findings = playbook.as_ref().map(|it| it.findings.clone()).unwrap_or_default();
    let mut desk = Desk { file: &file, place: &place, playbook: playbook.as_ref(), findings };
    let mut plan = plan(&mut desk, sources)?;
    let version = Some(plan.release.version.clone()).filter(|version| version != release::UNVERSIONED);
    let vars = plan.vars.clone();
    let blanks = Blanks::new(&vars, version.as_deref());
    blanks::fill(&mut plan, &blanks);
    let unbound = playbook.as_ref().map(|it| blanks::unbound(it, &blanks)).unwrap_or_default();
    let binding = binding::binding(&file, &tree, &plan);
    plan.digest = Digest::of(&binding);
    doubts::doubts(&mut desk, &plan);
    let findings = desk.findings;
    Ok(Resolved { plan, binding, playbook, findings, unbound })
}

/// Every part in the order they refer to each other.
fn plan(desk: &mut Desk<'_>, sources: &Sources) -> Result<Plan, PlanError> {
    let mut plan = Plan {
        release: release::release(desk, sources)?,
        roles: people::roles(desk)?,
        stages: Vec::new(),
        items: Vec::new(),
        gates: Vec::new(),
        sources: sources::sources(desk)?,
        metrics: Vec::new(),
        triggers: Vec::new(),
        quiet: Vec::new(),
        objectives: Vec::new(),
        flags: Vec::new(),
        rollouts: Vec::new(),
        procedures: Vec::new(),
        checkpoints: schedule::checkpoints(desk)?,
        messages: Vec::new(),
        vars: desk.file.vars.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect(),
        sources_digest: sources.digest(),
        digest: Digest::of(""),
    };
    plan.flags = flags::flags(desk, &plan)?;
    plan.metrics = numbers::metrics(desk, &plan)?;
    plan.quiet = objectives::quiet(desk, &plan)?;
    plan.objectives = objectives::objectives(desk, &plan)?;
    course::stages(desk, &mut plan)?;
    plan.gates = gates::gates(desk, &mut plan)?;
    course::exits(desk, &mut plan)?;
    plan.procedures = procedures::procedures(desk, &plan)?;
    plan.rollouts = rollouts::rollouts(desk, &plan)?;
    plan.triggers = triggers::triggers(desk, &plan)?;
    plan.messages = schedule::messages(desk, &mut plan)?;
    Ok(plan)
}

fn document_of(source: &SourceFile) -> Result<Playbook, PlanError> {
    playbook::read(&source.name, &source.bytes).map_err(|error| PlanError {
        file: Untrusted::new(&source.name),
        line: 0,
        message: Untrusted::new(error.to_string()).line(),
        help: "open a text file".to_owned(),
    })
}

#[cfg(test)]
mod tests;
