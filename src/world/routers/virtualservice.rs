//! Routes of Istio: `spec.{http,tcp,tls}[].route[].weight`, and the subsets that DestinationRules define.
//!
//! Invariants: pure; a destination alone in its route has everything, whatever its weight; weights add up to 100.

use serde_json::{Value, json};

use super::httproute::there_are;
use super::route::{Destination, MOST, Route, Routes, Side};
use crate::plan::SideNames;

/// The kinds of routes.
const KINDS: [&str; 3] = ["http", "tcp", "tls"];

/// What it says: of the route of that name, or of every route that has both sides.
pub(super) fn read(value: &Value, named: Option<&str>, sides: &SideNames) -> Result<Routes, String> {
    let home = value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    let mut routes = Routes::default();
    let (mut names, mut targets) = (Vec::new(), Vec::new());
    for kind in KINDS {
        let all = value.pointer(&format!("/spec/{kind}")).and_then(Value::as_array);
        for (place, route) in all.into_iter().flatten().enumerate() {
            let name = route.get("name").and_then(Value::as_str);
            names.extend(name);
            let title = match name {
                Some(name) => format!("{kind} route `{name}`"),
                None => format!("{kind} route {}", place + 1),
            };
            let destinations = destinations(&format!("/spec/{kind}/{place}"), route, name, home, sides)
                .map_err(|why| format!("{title}: {why}"))?;
            for one in destinations.iter().map(|destination| &destination.name) {
                if !targets.contains(one) {
                    targets.push(one.clone());
                }
            }
            let has = |side| destinations.iter().any(|destination| destination.side == side);
            let both = has(Side::Stable) && has(Side::Canary);
            let meant = named.is_none_or(|named| Some(named) == name);
            if named.is_some() && meant && !both {
                let (stable, canary) = (&sides.stable, &sides.canary);
                return Err(format!("{title} has not both `{stable}` and `{canary}`: {ADD}"));
            }
            if mirrored(route, home, sides) {
                let note = format!("{title} copies requests to `{}`, whatever the weight", sides.canary);
                routes.notes.push(note);
            }
            match (both, meant) {
                (true, true) => routes.both.push(Route { title, destinations }),
                (true, false) => {
                    routes.notes.push(format!("{title} has both sides too, and is left as it is"));
                }
                (false, _) if has(Side::Canary) => {
                    let what = if chosen(route) { "requests with some headers" } else { "what it matches" };
                    let canary = &sides.canary;
                    routes.notes.push(format!("{title} sends {what} to `{canary}`, whatever the weight"));
                }
                (false, _) => {}
            }
        }
    }
    if routes.both.is_empty() {
        return Err(match named {
            Some(named) => format!("there is no route `{named}`: {}", there_are(&names, "it names")),
            None => {
                let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
                let there = there_are(&targets, "it sends to");
                format!("no route has both `{}` and `{}`; {there}: {ADD}", sides.stable, sides.canary)
            }
        });
    }
    Ok(routes)
}

const ADD: &str = "add the missing destination with weight 0";

fn destinations(
    pointer: &str,
    route: &Value,
    name: Option<&str>,
    home: &str,
    sides: &SideNames,
) -> Result<Vec<Destination>, String> {
    let all = route.get("route").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::with_capacity(all.len());
    for (at, one) in all.iter().enumerate() {
        let place = format!("{pointer}/route/{at}");
        let text = |key: &str| one.get("destination")?.get(key)?.as_str();
        let (host, subset) = (text("host").unwrap_or_default(), text("subset"));
        let weight = match one.get("weight") {
            _ if all.len() == 1 => 100,
            None | Some(Value::Null) => 0,
            Some(weight) => weight
                .as_u64()
                .and_then(|weight| u32::try_from(weight).ok())
                .filter(|weight| *weight <= MOST)
                .ok_or_else(|| format!("{weight} is no weight"))?,
        };
        let mut tests = vec![(format!("{place}/destination/host"), json!(host))];
        tests.extend(subset.map(|subset| (format!("{place}/destination/subset"), json!(subset))));
        tests.extend(name.map(|name| (format!("{pointer}/name"), json!(name))));
        found.push(Destination {
            name: subset.map_or_else(|| host.to_owned(), |subset| format!("{host} subset {subset}")),
            side: side(host, subset, home, sides),
            weight,
            pointer: format!("{place}/weight"),
            tests,
            subset: subset.map(|subset| (host.to_owned(), subset.to_owned())),
        });
    }
    Ok(found)
}

fn side(host: &str, subset: Option<&str>, home: &str, sides: &SideNames) -> Side {
    let is = |wanted: &str| match subset {
        Some(subset) => subset == wanted,
        None => same_host(host, home, wanted, home),
    };
    match (is(&sides.stable), is(&sides.canary)) {
        (true, _) => Side::Stable,
        (_, true) => Side::Canary,
        _ => Side::Other,
    }
}

/// True when a route copies requests to the canary.
fn mirrored(route: &Value, home: &str, sides: &SideNames) -> bool {
    let many = route.get("mirrors").and_then(Value::as_array);
    let many = many.into_iter().flatten().filter_map(|mirror| mirror.get("destination"));
    route.get("mirror").into_iter().chain(many).any(|to| {
        let text = |key: &str| to.get(key).and_then(Value::as_str);
        side(text("host").unwrap_or_default(), text("subset"), home, sides) == Side::Canary
    })
}

/// True when a route is for requests with some headers, cookies among them.
fn chosen(route: &Value) -> bool {
    let all = route.get("match").and_then(Value::as_array);
    all.into_iter().flatten().any(|one| one.get("headers").is_some())
}

/// Whether two hosts are one, each as its own namespace has it: short and full names of a service are the same.
fn same_host(one: &str, home: &str, other: &str, other_home: &str) -> bool {
    match (service(one, home), service(other, other_home)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one == other,
        _ => false,
    }
}

/// The name and namespace of a service, when a host is one.
pub(super) fn service<'a>(host: &'a str, home: &'a str) -> Option<(&'a str, &'a str)> {
    let mut parts = host.trim_end_matches('.').split('.');
    let name = parts.next().filter(|name| !name.is_empty() && *name != "*")?;
    match (parts.next(), parts.next()) {
        (None, _) => Some((name, home)),
        (Some(namespace), None | Some("svc")) => Some((name, namespace)),
        _ => None,
    }
}

/// The namespaces in which the subsets of these routes may be defined, the route's own first.
pub(super) fn homes(routes: &Routes, home: &str) -> Vec<String> {
    let mut homes = Vec::new();
    for (host, _) in subsets(routes) {
        let theirs = service(host, home).map_or(home, |(_, namespace)| namespace);
        for one in [home, theirs] {
            if !homes.iter().any(|known| known == one) {
                homes.push(one.to_owned());
            }
        }
    }
    homes
}

fn subsets(routes: &Routes) -> impl Iterator<Item = (&str, &str)> {
    let both = routes.both.iter().flat_map(|route| &route.destinations);
    let ours = both.filter(|destination| destination.side != Side::Other);
    ours.filter_map(|destination| destination.subset.as_ref())
        .map(|(host, subset)| (host.as_str(), subset.as_str()))
}

/// The first subset of a side that none of these DestinationRules defines, and what to do about it.
pub(super) fn undefined(routes: &Routes, home: &str, rules: &[Value]) -> Option<String> {
    let text =
        |rule: &Value, at: &str| rule.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    for (host, subset) in subsets(routes) {
        let of_host = rules.iter().filter(|rule| {
            same_host(&text(rule, "/spec/host"), &text(rule, "/metadata/namespace"), host, home)
        });
        let mut names = Vec::new();
        for rule in of_host {
            names.push(text(rule, "/metadata/name"));
            let mut those = rule.pointer("/spec/subsets").and_then(Value::as_array).into_iter().flatten();
            if those.any(|one| one.get("name").and_then(Value::as_str) == Some(subset)) {
                names.clear();
                names.push(String::new());
                break;
            }
        }
        match names.as_slice() {
            [found] if found.is_empty() => {}
            [] => {
                return Some(format!(
                    "no DestinationRule defines subset `{subset}` of {host}, so its requests would fail: write one"
                ));
            }
            names => {
                return Some(format!(
                    "subset `{subset}` of {host} is not in DestinationRule {}, so its requests would fail: add it",
                    names.join(", ")
                ));
            }
        }
    }
    None
}
