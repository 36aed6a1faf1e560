//! `[role.*]`.

use crate::base::RoleId;
use crate::plan::{Escalation, PlanError, Role};

use super::desk::{Desk, title};
use super::document;

/// The roles of the plan file; without any, those of the document's tables.
pub(super) fn roles(desk: &Desk<'_>) -> Result<Vec<Role>, PlanError> {
    if desk.file.role.is_empty() {
        return Ok(desk.playbook.map(document::roles).unwrap_or_default());
    }
    let one = |(name, role): &(crate::plan::file::At<String>, crate::plan::file::Role)| {
        let escalate = role.escalate.as_ref().map(|escalate| {
            let after = escalate.after.as_ref().map(|after| desk.length(after)).transpose()?;
            Ok(Escalation { to: escalate.to.value.clone(), after })
        });
        Ok(Role {
            id: RoleId::new(name.as_str()),
            title: title(role.title.as_ref(), name.as_str()),
            people: role.people.iter().map(|person| person.value.clone()).collect(),
            approves: role.approves.clone(),
            order: role.order.unwrap_or_default(),
            escalate: escalate.transpose()?,
        })
    };
    desk.file.role.iter().map(one).collect()
}
