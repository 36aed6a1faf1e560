//! How much of everything a playbook holds: the numbers scripts rely on.

use serde::Serialize;

use super::model::{Playbook, StageKind};

/// One number for each kind of piece; the field names are a contract with scripts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "each field counts the pieces it is named after")]
pub struct Counts {
    pub items: usize,
    pub template_items: usize,
    pub steps: usize,
    pub stages: usize,
    pub gates: usize,
    pub approvals: usize,
    pub roles: usize,
    pub contacts: usize,
    pub metrics: usize,
    pub triggers: usize,
    pub checkpoints: usize,
    pub milestones: usize,
    pub messages: usize,
    pub sessions: usize,
    pub severities: usize,
    pub procedures: usize,
    pub commands: usize,
    pub risks: usize,
    pub trees: usize,
    pub templates: usize,
    pub environments: usize,
}

impl Playbook {
    /// Counts every kind of piece. Stages are those the document calls so; if it calls none so, the sections
    /// that hold items. A review counts as a checkpoint.
    pub fn counts(&self) -> Counts {
        let named = self.stages.iter().filter(|stage| stage.kind == StageKind::Named).count();
        Counts {
            items: self.items.len(),
            template_items: self.template_items.len(),
            steps: self.steps.len(),
            stages: if named > 0 { named } else { self.stages.len() },
            gates: self.gates.len(),
            approvals: self.approvals.len(),
            roles: self.roles.len(),
            contacts: self.contacts.len(),
            metrics: self.metrics.len(),
            triggers: self.triggers.len(),
            checkpoints: self.checkpoints.len() + self.reviews.len(),
            milestones: self.milestones.len(),
            messages: self.messages.len(),
            sessions: self.sessions.len(),
            severities: self.severities.len(),
            procedures: self.procedures.len(),
            commands: self.commands.len(),
            risks: self.risks.len(),
            trees: self.trees.len(),
            templates: self.templates.len(),
            environments: self.environments.len(),
        }
    }
}
