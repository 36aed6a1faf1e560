//! Roles from the document's approval, stakeholder and contact tables. Nobody is named for them: a document's
//! names are hints, and only a plan file says who may speak.

use crate::base::{RoleId, Seconds, Untrusted};
use crate::plan::playbook::{Playbook, slug};
use crate::plan::{Escalation, ReleaseKind, Role};

/// Those who approve, in the document's order, then the others.
pub(crate) fn roles(playbook: &Playbook) -> Vec<Role> {
    let mut roles: Vec<Role> = Vec::new();
    for approval in &playbook.approvals {
        let kinds = scope(approval.scope.as_ref());
        let escalate = approval.escalation.as_ref().and_then(escalation);
        let id = slug(approval.role.raw());
        match roles.iter_mut().find(|role| role.id.as_str() == id) {
            Some(role) => {
                role.approves.extend(kinds);
                role.approves.sort_unstable();
                role.approves.dedup();
                role.escalate = role.escalate.take().or(escalate);
            }
            None => roles.push(Role {
                id: RoleId::new(id),
                title: approval.role.clone(),
                people: Vec::new(),
                approves: kinds,
                order: approval.order,
                escalate,
            }),
        }
    }
    for other in &playbook.roles {
        let id = slug(other.name.raw());
        if roles.iter().any(|role| role.id.as_str() == id) {
            continue;
        }
        roles.push(Role {
            id: RoleId::new(id),
            title: other.name.clone(),
            people: Vec::new(),
            approves: Vec::new(),
            order: 0,
            escalate: None,
        });
    }
    roles
}

/// The kinds of release a table's cell names; all of them when it names none.
fn scope(text: Option<&Untrusted>) -> Vec<ReleaseKind> {
    let text = text.map(|text| text.raw().to_lowercase()).unwrap_or_default();
    let named: Vec<ReleaseKind> =
        ReleaseKind::ALL.into_iter().filter(|kind| text.contains(kind.as_str())).collect();
    if named.is_empty() { ReleaseKind::ALL.to_vec() } else { named }
}

/// `CTO, after 30 minutes` or `30 minutes to the CTO`: who, and after how long.
pub(crate) fn escalation(text: &Untrusted) -> Option<Escalation> {
    let line = text.line();
    let to = line.trim();
    if !to.chars().any(char::is_alphanumeric) {
        return None;
    }
    let words: Vec<&str> = to.split_whitespace().collect();
    let after = words.windows(2).find_map(|pair| match pair {
        [number, unit] if number.chars().all(|c| c.is_ascii_digit()) => {
            Seconds::parse(&format!("{number}{}", unit.trim_matches(|c: char| !c.is_alphanumeric())))
        }
        _ => None,
    });
    Some(Escalation { to: to.to_owned(), after })
}
