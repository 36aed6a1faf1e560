//! Routes of the Gateway API: `spec.rules[].backendRefs[].weight`.
//!
//! Invariants: pure; a backend without a weight has 1, and only its weight ever changes; a backend of another
//! namespace or kind is another backend, whatever its name.

use serde_json::{Value, json};

use super::route::{Destination, MOST, Route, Routes, Side};
use crate::plan::SideNames;

/// What a route says: of the rule of that name, or of every rule that has both sides.
pub(super) fn read(value: &Value, named: Option<&str>, sides: &SideNames) -> Result<Routes, String> {
    let home = value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    let rules = value.pointer("/spec/rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut routes = Routes::default();
    let mut backends = Vec::new();
    let mut names = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        let name = rule.get("name").and_then(Value::as_str);
        names.extend(name);
        let title = title(place, rule, name);
        let destinations = destinations(place, rule, name, home, sides)?;
        for one in destinations.iter().map(|destination| &destination.name) {
            if !backends.contains(one) {
                backends.push(one.clone());
            }
        }
        let has = |side| destinations.iter().any(|destination| destination.side == side);
        let meant = named.is_none_or(|named| Some(named) == name);
        let both = has(Side::Stable) && has(Side::Canary);
        if named.is_some() && meant && !both {
            return Err(format!("{title} has not both `{}` and `{}`: {}", sides.stable, sides.canary, add()));
        }
        beside(rule, &title, home, sides, &mut routes.notes);
        match (both, meant) {
            (true, true) => routes.both.push(Route { title, destinations }),
            (true, false) => routes.notes.push(format!("{title} has both sides too, and is left as it is")),
            (false, _) if has(Side::Canary) => routes
                .notes
                .push(format!("{title} sends what it matches to `{}`, whatever the weight", sides.canary)),
            (false, _) => {}
        }
    }
    if routes.both.is_empty() {
        return Err(match named {
            Some(named) => format!("there is no rule `{named}`: {}", there_are(&names, "it names")),
            None => {
                let backends: Vec<&str> = backends.iter().map(String::as_str).collect();
                let there = there_are(&backends, "it sends to");
                format!("no rule has both `{}` and `{}`; {there}: {}", sides.stable, sides.canary, add())
            }
        });
    }
    Ok(routes)
}

fn add() -> &'static str {
    "add the missing one to its backendRefs with weight 0"
}

pub(super) fn there_are(names: &[&str], what: &str) -> String {
    match names {
        [] => format!("{what} nothing"),
        names => format!("{what} {}", names.join(", ")),
    }
}

/// What people call a rule: its name, or which one it is and what it matches first.
fn title(place: usize, rule: &Value, name: Option<&str>) -> String {
    let path = rule.pointer("/matches/0/path/value").and_then(Value::as_str);
    match (name, path) {
        (Some(name), _) => format!("rule `{name}`"),
        (None, Some(path)) => format!("rule {} ({path})", place + 1),
        (None, None) => format!("rule {}", place + 1),
    }
}

fn destinations(
    place: usize,
    rule: &Value,
    name: Option<&str>,
    home: &str,
    sides: &SideNames,
) -> Result<Vec<Destination>, String> {
    let backends = rule.get("backendRefs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::with_capacity(backends.len());
    for (at, backend) in backends.iter().enumerate() {
        let pointer = format!("/spec/rules/{place}/backendRefs/{at}");
        let weight = match backend.get("weight") {
            None | Some(Value::Null) => 1,
            Some(weight) => weight
                .as_u64()
                .and_then(|weight| u32::try_from(weight).ok())
                .filter(|weight| *weight <= MOST)
                .ok_or_else(|| format!("rule {}: {weight} is no weight from 0 to {MOST}", place + 1))?,
        };
        let own = backend.get("name").and_then(Value::as_str).unwrap_or_default();
        let mut tests = vec![(format!("{pointer}/name"), json!(own))];
        if let Some(name) = name {
            tests.push((format!("/spec/rules/{place}/name"), json!(name)));
        }
        found.push(Destination {
            name: shown(backend, home),
            side: side(backend, home, sides),
            weight,
            pointer: format!("{pointer}/weight"),
            tests,
            subset: None,
        });
    }
    Ok(found)
}

fn side(backend: &Value, home: &str, sides: &SideNames) -> Side {
    let text = |key: &str| backend.get(key).and_then(Value::as_str);
    let service =
        text("kind").is_none_or(|kind| kind == "Service") && text("group").is_none_or(str::is_empty);
    let is = |wanted: &str| {
        let (namespace, name) = wanted.split_once('/').unwrap_or((home, wanted));
        service && text("name") == Some(name) && text("namespace").unwrap_or(home) == namespace
    };
    match (is(&sides.stable), is(&sides.canary)) {
        (true, _) => Side::Stable,
        (_, true) => Side::Canary,
        _ => Side::Other,
    }
}

/// A backend as people call it: with namespace and kind where they are not the usual ones.
fn shown(backend: &Value, home: &str) -> String {
    let text = |key: &str| backend.get(key).and_then(Value::as_str);
    let name = text("name").unwrap_or_default();
    let name = match text("namespace").filter(|namespace| *namespace != home) {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    };
    match text("kind").filter(|kind| *kind != "Service") {
        Some(kind) => format!("{name} ({kind})"),
        None => name,
    }
}

/// What goes to the canary beside the weights, or keeps clients where they are.
fn beside(rule: &Value, title: &str, home: &str, sides: &SideNames, notes: &mut Vec<String>) {
    let filters = rule.get("filters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mirrors = filters.iter().filter_map(|filter| filter.pointer("/requestMirror/backendRef"));
    if mirrors.into_iter().any(|mirror| side(mirror, home, sides) == Side::Canary) {
        notes.push(format!("{title} copies requests to `{}`, whatever the weight", sides.canary));
    }
    if rule.get("sessionPersistence").is_some_and(|it| !it.is_null()) {
        notes.push(format!(
            "{title} keeps sessions where they began, so that weights count for new ones only"
        ));
    }
}
