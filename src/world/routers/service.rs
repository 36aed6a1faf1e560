//! The selector of a Service: blue-green, one side has everything.
//!
//! Invariants: pure; only keys that tell the sides apart are touched; a selector that is neither side's is unknown,
//! never a guess.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::Weight;
use crate::engine::ports::Way;
use crate::plan::SideNames;

/// One key of the selector that tells the sides apart, with the value of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) stable: String,
    pub(super) canary: String,
}

/// How the sides are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// By these keys; never none.
    Keys(Vec<Key>),
    /// The sides may be Deployments: their pods' labels tell.
    Deployments,
}

/// How the plan's words tell the sides apart.
pub(super) fn told(value: &Value, sides: &SideNames) -> Result<Told, String> {
    let selector = selector(value)?;
    match (sides.stable.split_once('='), sides.canary.split_once('=')) {
        (Some((key, stable)), Some((other, canary))) if key == other => {
            if !selector.contains_key(key) {
                let keys = selector.keys().cloned().collect::<Vec<_>>().join(", ");
                return Err(format!("its selector has no key `{key}`: it has {keys}"));
            }
            Ok(Told::Keys(vec![Key { name: key.into(), stable: stable.into(), canary: canary.into() }]))
        }
        (None, None) => {
            let is = |value: &String| *value == sides.stable || *value == sides.canary;
            let keys: Vec<&String> =
                selector.iter().filter(|(_, value)| is(value)).map(|(key, _)| key).collect();
            match keys.as_slice() {
                [] => Ok(Told::Deployments),
                [key] => {
                    let (stable, canary) = (sides.stable.clone(), sides.canary.clone());
                    Ok(Told::Keys(vec![Key { name: (*key).clone(), stable, canary }]))
                }
                several => Err(format!(
                    "several keys of its selector have such a value ({}): write the sides as `KEY=VALUE`",
                    several.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ")
                )),
            }
        }
        _ => Err(format!(
            "`{}` and `{}` do not name one key: write both as `KEY=VALUE` of the same key",
            sides.stable, sides.canary
        )),
    }
}

/// How the labels of two Deployments' pods tell the sides apart.
pub(super) fn by_pods(
    value: &Value,
    sides: &SideNames,
    stable: &Value,
    canary: &Value,
) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    for name in selector(value)?.into_keys() {
        let label = |of: &Value| {
            of.pointer("/spec/template/metadata/labels")?.get(&name)?.as_str().map(str::to_owned)
        };
        match (label(stable), label(canary)) {
            (Some(stable), Some(canary)) if stable != canary => keys.push(Key { name, stable, canary }),
            (Some(_), Some(_)) => {}
            (one, _) => {
                let side = if one.is_none() { &sides.stable } else { &sides.canary };
                return Err(format!("pods of {side} have no label `{name}`, which its selector asks for"));
            }
        }
    }
    if keys.is_empty() {
        return Err(format!(
            "its selector takes pods of both {} and {}: give them a label that differs, and the selector too",
            sides.stable, sides.canary
        ));
    }
    Ok(keys)
}

/// The canary's share: everything or nothing; none when the selector is neither side's.
pub(super) fn share(value: &Value, keys: &[Key]) -> Option<Weight> {
    let selector = selector(value).ok()?;
    let all = |of: fn(&Key) -> &String| keys.iter().all(|key| selector.get(&key.name) == Some(of(key)));
    if all(|key| &key.canary) {
        Some(Weight::FULL)
    } else if all(|key| &key.stable) {
        Some(Weight::ZERO)
    } else {
        None
    }
}

/// What a selector that is neither side's looks like.
pub(super) fn odd(value: &Value, keys: &[Key]) -> String {
    let selector = selector(value).unwrap_or_default();
    let each = keys.iter().map(|key| {
        let now = selector.get(&key.name).map_or("nothing", String::as_str);
        format!("{}={now}, neither {} nor {}", key.name, key.stable, key.canary)
    });
    format!("its selector is neither side's: {}", each.collect::<Vec<_>>().join("; "))
}

/// The selector as it would be on that way, as a list of labels.
pub(super) fn labels(value: &Value, keys: &[Key], way: Way) -> String {
    let mut selector = selector(value).unwrap_or_default();
    for key in keys {
        let to = if way == Way::Back { &key.stable } else { &key.canary };
        selector.insert(key.name.clone(), to.clone());
    }
    selector.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// One value of the selector that is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The key, as people write it.
    pub(super) key: String,
    /// Where it is in the object.
    pub(super) pointer: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// What a write would change.
pub(super) fn changes(value: &Value, keys: &[Key], weight: Weight, way: Way) -> Result<Vec<Change>, String> {
    let to: fn(&Key) -> &String = if weight == Weight::ZERO {
        |key| &key.stable
    } else if weight == Weight::FULL {
        |key| &key.canary
    } else {
        return Err(format!(
            "the selector of a Service gives one side everything, so {weight} is not possible: take 0 or 100, \
             or for shares between an HTTPRoute, a VirtualService or two Deployments"
        ));
    };
    if way == Way::Forward && share(value, keys).is_none() {
        return Err(format!("{}: set it to one of them by hand first", odd(value, keys)));
    }
    let selector = selector(value)?;
    let one = |key: &Key| Change {
        key: key.name.clone(),
        pointer: format!("/spec/selector/{}", key.name.replace('~', "~0").replace('/', "~1")),
        before: selector.get(&key.name).cloned().unwrap_or_default(),
        after: to(key).clone(),
    };
    Ok(keys.iter().map(one).collect())
}

fn selector(value: &Value) -> Result<BTreeMap<String, String>, String> {
    let found = value.pointer("/spec/selector").and_then(Value::as_object);
    let pairs = found.into_iter().flatten();
    let selector: BTreeMap<String, String> =
        pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    if selector.is_empty() {
        return Err("it has no selector, so it cannot be pointed at either side".to_owned());
    }
    Ok(selector)
}
