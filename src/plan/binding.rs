//! The binding text: what a release is bound to, sorted, one fact a line, numbers as people wrote them.
//!
//! A fact is `path = value`; texts are in JSON's quotes, so no value can look like another line. Headings, titles
//! and words for people are not in it: editing prose changes nothing, a step's weight does. It holds the release,
//! environments, roles, sources, metrics, quiet times, objectives, gates, flags, rollouts, triggers, procedures and variables, what must be true
//! before a stage is left, and what the plan file ties to items; of a playbook without a plan file its thresholds,
//! severities and approvals. Owners and times inside the document are prose: the plan file's `[item.*]` binds them.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::file::PlanFile;
use super::{Arming, Bound, Check, ExitItems, Otherwise, Plan, Watched};

/// Sections whose every leaf is a fact, a title aside.
const WHOLE: [&str; 8] =
    ["flag", "environment", "source", "metric", "rollout", "trigger", "procedure", "role"];
/// Keys of entries that are words for people.
const PROSE: &str = "title";

/// The binding text of a plan and the file it was made with.
pub(super) fn binding(file: &PlanFile, text: &str, plan: &Plan) -> String {
    let mut facts = Facts::default();
    if let Ok(tree) = DeTable::parse(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        written(&mut facts, tree.get_ref());
    }
    let release = &plan.release;
    facts.text(&["release", "name"], &release.name);
    facts.text(&["release", "version"], &release.version);
    facts.text(&["release", "type"], release.kind.as_str());
    facts.text(&["release", "environment"], &release.environment);
    facts.add(&["environment", &release.environment, "production"], release.production.to_string());
    for (name, value) in &plan.vars {
        facts.text(&["vars", name], value);
    }
    ties(&mut facts, file, plan);
    contested(&mut facts, plan);
    exits(&mut facts, plan);
    of_document(&mut facts, file, plan);
    facts.0.into_iter().map(|fact| fact + "\n").collect()
}

/// Sorted lines.
#[derive(Default)]
struct Facts(BTreeSet<String>);

impl Facts {
    fn add(&mut self, path: &[&str], value: String) {
        let path: Vec<String> = path.iter().map(|part| key(part)).collect();
        self.0.insert(format!("{} = {value}", path.join(".")));
    }
    fn text(&mut self, path: &[&str], value: &str) {
        self.add(path, quote(value));
    }
    fn list<'t>(&mut self, path: &[&str], values: impl IntoIterator<Item = &'t str>) {
        let values: Vec<String> = values.into_iter().map(quote).collect();
        self.add(path, format!("[{}]", values.join(", ")));
    }
    /// Every leaf below a value; an array of leaves is one fact, one of tables counts from `01`.
    fn leaves(&mut self, path: &[&str], value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => {
                // Only an entry's own title is prose; an entry or a variable may be called so too.
                let prose = |name: &str| path.len() == 2 && name == PROSE;
                for (name, inner) in table.iter().filter(|(name, _)| !prose(name.get_ref())) {
                    let path: Vec<&str> = path.iter().copied().chain([name.get_ref().as_ref()]).collect();
                    self.leaves(&path, inner.get_ref());
                }
            }
            DeValue::Array(array) if array.iter().any(|inner| inner.get_ref().is_table()) => {
                for (n, inner) in array.iter().enumerate() {
                    let place = format!("{:02}", n + 1);
                    let path: Vec<&str> = path.iter().copied().chain([place.as_str()]).collect();
                    self.leaves(&path, inner.get_ref());
                }
            }
            leaf => self.add(path, scalar(leaf)),
        }
    }
}

/// The plan file's own facts, as written.
fn written(facts: &mut Facts, tree: &DeTable<'_>) {
    for (section, value) in tree.iter() {
        let section: &str = section.get_ref();
        match (section, value.get_ref()) {
            (name, value) if WHOLE.contains(&name) => facts.leaves(&[name], value),
            ("release", DeValue::Table(table)) => {
                for (name, value) in
                    table.iter().filter(|(name, _)| RELEASE.contains(&name.get_ref().as_ref()))
                {
                    facts.leaves(&["release", name.get_ref()], value.get_ref());
                }
            }
            ("gate", DeValue::Table(gates)) => {
                for (id, gate) in gates.iter() {
                    let DeValue::Table(gate) = gate.get_ref() else { continue };
                    for (name, value) in
                        gate.iter().filter(|(name, _)| !NAMES.contains(&name.get_ref().as_ref()))
                    {
                        facts.leaves(&["gate", id.get_ref(), name.get_ref()], value.get_ref());
                    }
                }
            }
            ("message", DeValue::Table(messages)) => {
                for (id, message) in messages.iter() {
                    let webhook = message.get_ref().as_table().and_then(|table| table.get("webhook"));
                    if let Some(webhook) = webhook {
                        facts.leaves(&["message", id.get_ref(), "webhook"], webhook.get_ref());
                    }
                }
            }
            ("objective", value) => facts.leaves(&["objective"], value),
            ("quiet", DeValue::Array(list)) => {
                for (n, quiet) in list.iter().enumerate() {
                    let DeValue::Table(quiet) = quiet.get_ref() else { continue };
                    let place = format!("{:02}", n + 1);
                    for (name, value) in quiet.iter().filter(|(name, _)| name.get_ref() != REASON) {
                        facts.leaves(&["quiet", &place, name.get_ref()], value.get_ref());
                    }
                }
            }
            _ => {}
        }
    }
}

/// Why it is quiet, for people.
const REASON: &str = "reason";
/// Keys of `[release]` that are taken as written; the others are resolved.
const RELEASE: [&str; 3] = ["t0", "zone", "window"];
/// Keys of a gate that are prose or name something of the document, which is written in full.
const NAMES: [&str; 3] = [PROSE, "item", "stage"];

/// What the plan file ties to items and stages, by their full ids.
fn ties(facts: &mut Facts, file: &PlanFile, plan: &Plan) {
    for item in &plan.items {
        match &item.bound {
            Some(Bound::Gate(gate)) => facts.text(&["item", item.id.as_str(), "gate"], gate.as_str()),
            Some(Bound::Message(message)) => facts.text(&["item", item.id.as_str(), "message"], message),
            None => {}
        }
    }
    for gate in plan.gates.iter() {
        if let Some(stage) = gate.stage.as_ref().filter(|_| gate.item.is_none()) {
            facts.text(&["gate", gate.id.as_str(), "stage"], stage.as_str());
        }
    }
    let ids = || plan.items.iter().map(|item| item.id.as_str());
    for (name, item) in file.item.iter() {
        let Ok(id) = super::reference::find(name.as_str(), ids()) else { continue };
        for (what, value) in [("owner", &item.owner), ("due", &item.due)] {
            if let Some(value) = value {
                facts.text(&["item", id, what], value.as_str());
            }
        }
    }
}

/// What the playbook leaves contested is bound: an edit that settles it there arms nothing unseen.
fn contested(facts: &mut Facts, plan: &Plan) {
    for trigger in plan.triggers.iter().filter(|it| matches!(it.arming, Arming::Contested { .. })) {
        facts.text(&["trigger", trigger.id.as_str(), "arm"], "contested");
    }
}

fn exits(facts: &mut Facts, plan: &Plan) {
    for stage in &plan.stages {
        let id = stage.id.as_str();
        match &stage.exit.items {
            ExitItems::All => facts.text(&["stage", id, "exit", "items"], "all"),
            ExitItems::None => facts.text(&["stage", id, "exit", "items"], "none"),
            ExitItems::Listed(items) => {
                facts.list(&["stage", id, "exit", "items"], items.iter().map(|item| item.as_str()));
            }
        }
        if !stage.exit.gates.is_empty() {
            facts.list(&["stage", id, "exit", "gates"], stage.exit.gates.iter().map(|gate| gate.as_str()));
        }
        if stage.exit.approvals {
            facts.add(&["stage", id, "exit", "approvals"], "true".to_owned());
        }
    }
}

/// What the document alone says about things the plan file does not speak of.
fn of_document(facts: &mut Facts, file: &PlanFile, plan: &Plan) {
    for role in plan.roles.iter().filter(|_| file.role.is_empty()) {
        let kinds = role.approves.iter().map(|kind| kind.as_str());
        facts.list(&["role", role.id.as_str(), "approves"], kinds);
    }
    for gate in plan.gates.iter().filter(|gate| file.gate.is_empty() && gate.check == Check::Manual) {
        let otherwise = match &gate.otherwise {
            Otherwise::Block => "block".to_owned(),
            Otherwise::Warn => "warn".to_owned(),
            Otherwise::Require => "require".to_owned(),
            Otherwise::Review(role) => format!("review:{role}"),
        };
        facts.text(&["gate", gate.id.as_str(), "else"], &otherwise);
    }
    for metric in plan.metrics.iter().filter(|_| file.metric.is_empty()) {
        for (name, rule) in [("target", &metric.target), ("alert", &metric.alert)] {
            if let Some(rule) = rule {
                facts.text(&["metric", metric.id.as_str(), name], &rule.to_string());
            }
        }
    }
    for trigger in plan.triggers.iter().filter(|it| file.trigger.is_empty() && it.when == Watched::Manual) {
        let id = trigger.id.as_str();
        facts.text(&["trigger", id, "severity"], &trigger.severity);
        facts.list(&["trigger", id, "actions"], trigger.actions.iter().map(|action| action.as_str()));
    }
}

/// A leaf: texts quoted, numbers and times as written.
fn scalar(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quote(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(array) => {
            let inner: Vec<String> = array.iter().map(|inner| scalar(inner.get_ref())).collect();
            format!("[{}]", inner.join(", "))
        }
        DeValue::Table(table) => {
            let inner: Vec<String> = table
                .iter()
                .map(|(name, inner)| format!("{} = {}", key(name.get_ref()), scalar(inner.get_ref())))
                .collect();
            format!("{{{}}}", inner.join(", "))
        }
    }
}

/// A part of a path, quoted when it could be read as something else.
fn key(part: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '~');
    if !part.is_empty() && part.chars().all(bare) { part.to_owned() } else { quote(part) }
}

/// JSON's form of a text.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
