//! Gates, roles and environments by name: a document that names one twice means one.

use std::collections::HashMap;

use super::identity::slug;
use super::model::Playbook;
use super::pieces::{Environment, Gate, Role};

/// Where each name was put.
#[derive(Default)]
pub(super) struct Known {
    gates: HashMap<String, usize>,
    roles: HashMap<String, usize>,
    environments: HashMap<String, usize>,
}

impl Known {
    /// Adds a gate, or what is new about one that has the same name.
    pub(super) fn gate(&mut self, book: &mut Playbook, gate: Gate) {
        let at = *self.gates.entry(slug(gate.name.raw())).or_insert(book.gates.len());
        match book.gates.get_mut(at) {
            Some(known) => {
                known.action = known.action.or(gate.action);
                known.tool = known.tool.take().or(gate.tool);
                known.recovery = known.recovery.take().or(gate.recovery);
                known.criteria.extend(gate.criteria);
            }
            None => book.gates.push(gate),
        }
    }
    /// Adds a role, or what is new about one that has the same name.
    pub(super) fn role(&mut self, book: &mut Playbook, role: Role) {
        let at = *self.roles.entry(slug(role.name.raw())).or_insert(book.roles.len());
        match book.roles.get_mut(at) {
            Some(known) => {
                known.person = known.person.take().or(role.person);
                known.duty = known.duty.take().or(role.duty);
                known.approves = known.approves.take().or(role.approves);
                known.backup = known.backup.take().or(role.backup);
            }
            None => book.roles.push(role),
        }
    }
    /// Adds an environment, or what is new about one that has the same name.
    pub(super) fn environment(&mut self, book: &mut Playbook, environment: Environment) {
        let name = slug(environment.name.raw());
        let name = match name.strip_suffix("-environment").unwrap_or(&name) {
            "dev" => "development".to_owned(),
            "prod" => "production".to_owned(),
            name => name.to_owned(),
        };
        let at = *self.environments.entry(name).or_insert(book.environments.len());
        match book.environments.get_mut(at) {
            Some(known) => known.notes.extend(environment.notes),
            None => book.environments.push(environment),
        }
    }
}
