//! Which fields of an object an Argo CD application leaves alone (`spec.ignoreDifferences`).
//!
//! Invariants: a field counts as left alone only when an entry surely names it; an expression that is not read here
//! leaves nothing alone.

use serde_json::Value;

use crate::world::cluster::{FIELD_MANAGER, Object};

/// Whether every one of these fields of the object, given as JSON pointers, is left alone.
pub fn leaves_alone(application: &Value, object: &Object, fields: &[String]) -> bool {
    let entries = application.pointer("/spec/ignoreDifferences").and_then(Value::as_array);
    let entries: Vec<&Value> =
        entries.into_iter().flatten().filter(|entry| is_about(entry, object)).collect();
    if fields.is_empty() || entries.is_empty() {
        return false;
    }
    let texts = |key: &str| -> Vec<&str> {
        let lists = entries.iter().filter_map(|entry| entry.get(key)?.as_array());
        lists.flatten().filter_map(Value::as_str).collect()
    };
    if texts("managedFieldsManagers").contains(&FIELD_MANAGER) {
        return true;
    }
    let pointers: Vec<Vec<Part>> = texts("jsonPointers").into_iter().map(pointer).collect();
    let paths: Vec<Vec<Part>> = texts("jqPathExpressions").into_iter().filter_map(path).collect();
    fields.iter().all(|field| {
        let field: Vec<&str> = field.split('/').skip(1).collect();
        pointers.iter().chain(&paths).any(|known| begins(known, &field))
    })
}

/// One part of a path: a name, or any place of a list.
enum Part {
    Name(String),
    Any,
}

fn is_about(entry: &Value, object: &Object) -> bool {
    let says = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let open = |key: &str, actual: &str| matches!(says(key), "" | "*") || says(key) == actual;
    let group = match says("group") {
        "*" => true,
        group => group == object.kind.group,
    };
    let kind = matches!(says("kind"), "*") || says("kind") == object.kind.kind;
    group && kind && open("name", &object.name) && open("namespace", &object.namespace)
}

fn pointer(text: &str) -> Vec<Part> {
    text.split('/').skip(1).map(|part| Part::Name(part.replace("~1", "/").replace("~0", "~"))).collect()
}

/// Reads a plain path such as `.spec.http[].route[0].weight`.
fn path(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    for step in text.strip_prefix('.')?.split('.') {
        let step = step.replace('?', "");
        let (name, places) = step.split_at(step.find('[').unwrap_or(step.len()));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(plain) || (name.is_empty() && places.is_empty()) {
            return None;
        }
        if !name.is_empty() {
            parts.push(Part::Name(name.to_owned()));
        }
        for place in places.split_terminator(']') {
            let place = place.strip_prefix('[')?;
            parts.push(match place {
                "" => Part::Any,
                place if place.chars().all(|c| c.is_ascii_digit()) => Part::Name(place.to_owned()),
                place => Part::Name(place.strip_prefix('"')?.strip_suffix('"')?.to_owned()),
            });
        }
    }
    Some(parts)
}

fn begins(known: &[Part], field: &[&str]) -> bool {
    let same = |(known, part): (&Part, &&str)| match known {
        Part::Any => part.chars().all(|c| c.is_ascii_digit()),
        Part::Name(name) => name == part,
    };
    known.len() <= field.len() && known.iter().zip(field).all(same)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::world::cluster::Kind;

    #[rstest]
    #[case::whole_spec(json!({"jsonPointers": ["/spec"]}), true)]
    #[case::both_places(json!({"jsonPointers": ["/spec/http/0/route/0/weight", "/spec/http/0/route/1/weight"]}), true)]
    #[case::one_place_only(json!({"jsonPointers": ["/spec/http/0/route/1/weight"]}), false)]
    #[case::begins_alike(json!({"jsonPointers": ["/spec/ht"]}), false)]
    #[case::any_place(json!({"jqPathExpressions": [".spec.http[].route[].weight"]}), true)]
    #[case::any_place_or_none(json!({"jqPathExpressions": [".spec.http[]?.route[]?.weight"]}), true)]
    #[case::quoted(json!({"jqPathExpressions": [".spec[\"http\"]"]}), true)]
    #[case::other_place(json!({"jqPathExpressions": [".spec.http[1].route[].weight"]}), false)]
    #[case::not_read_here(json!({"jqPathExpressions": [".spec.http[] | select(.name == \"a\") | .route[].weight"]}), false)]
    #[case::ours(json!({"managedFieldsManagers": ["tminus"]}), true)]
    #[case::theirs(json!({"managedFieldsManagers": ["rollouts-controller"]}), false)]
    fn an_entry_covers_what_it_names(#[case] entry: Value, #[case] wanted: bool) {
        let mut entry = entry;
        entry["group"] = json!("networking.istio.io");
        entry["kind"] = json!("VirtualService");
        let application = json!({"spec": {"ignoreDifferences": [entry]}});
        let object = Object::new(Kind::VIRTUAL_SERVICE, "shop", "payments");
        let fields = ["/spec/http/0/route/0/weight".to_owned(), "/spec/http/0/route/1/weight".to_owned()];
        assert_eq!(leaves_alone(&application, &object, &fields), wanted);
    }

    #[rstest]
    #[case::name(json!({"name": "other"}), false)]
    #[case::same_name(json!({"name": "payments"}), true)]
    #[case::namespace(json!({"namespace": "elsewhere"}), false)]
    #[case::group(json!({"group": "apps"}), false)]
    #[case::all_groups(json!({"group": "*", "kind": "*"}), true)]
    fn an_entry_about_another_object_covers_nothing(#[case] change: Value, #[case] wanted: bool) {
        let mut entry =
            json!({"group": "networking.istio.io", "kind": "VirtualService", "jsonPointers": ["/spec"]});
        for (key, value) in change.as_object().expect("an object") {
            entry[key] = value.clone();
        }
        let application = json!({"spec": {"ignoreDifferences": [entry]}});
        let object = Object::new(Kind::VIRTUAL_SERVICE, "shop", "payments");
        assert_eq!(leaves_alone(&application, &object, &["/spec/http/0".to_owned()]), wanted);
    }
}
