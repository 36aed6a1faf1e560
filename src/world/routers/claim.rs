//! Which Argo Rollout or Flagger canary says that it moves an object.
//!
//! Invariants: names are compared in their own namespaces; a controller's own mark on the object is believed, and so
//! is a settings object that names it.

use serde_json::Value;

use crate::world::cluster::{Kind, Object};

/// Whether this Rollout moves the object.
pub fn by_rollout(rollout: &Value, object: &Object) -> bool {
    let namespace = rollout.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    let here = namespace == object.namespace;
    let text = |at: &str| rollout.pointer(at).and_then(Value::as_str);
    let named = |at: &str| here && text(at) == Some(object.name.as_str());
    let traffic = rollout.pointer("/spec/strategy/canary/trafficRouting");
    let routing = |at: &str| traffic.and_then(|it| it.pointer(at));
    match object.kind {
        Kind::SERVICE => [
            "/spec/strategy/canary/stableService",
            "/spec/strategy/canary/canaryService",
            "/spec/strategy/canary/pingPong/pingService",
            "/spec/strategy/canary/pingPong/pongService",
            "/spec/strategy/blueGreen/activeService",
            "/spec/strategy/blueGreen/previewService",
        ]
        .into_iter()
        .any(named),
        Kind::VIRTUAL_SERVICE => {
            let one = routing("/istio/virtualService").into_iter();
            let many = routing("/istio/virtualServices").and_then(Value::as_array).into_iter().flatten();
            one.chain(many)
                .filter_map(|it| it.get("name")?.as_str())
                .any(|it| is_at(it, '.', namespace, object))
        }
        Kind::DESTINATION_RULE => {
            let name = routing("/istio/destinationRule/name").and_then(Value::as_str);
            name.is_some_and(|it| is_at(it, '.', namespace, object))
        }
        Kind::HTTP_ROUTE => {
            let Some(plugin) = routing("/plugins/argoproj-labs~1gatewayAPI") else { return false };
            let place = plugin.get("namespace").and_then(Value::as_str).filter(|it| !it.is_empty());
            let one = plugin.get("httpRoute").and_then(Value::as_str).into_iter();
            let many = plugin.get("httpRoutes").and_then(Value::as_array).into_iter().flatten();
            let mut names = one.chain(many.filter_map(|it| it.get("name")?.as_str()));
            place.unwrap_or(namespace) == object.namespace && names.any(|it| it == object.name)
        }
        Kind::DEPLOYMENT => {
            text("/spec/workloadRef/kind") == Some("Deployment") && named("/spec/workloadRef/name")
        }
        _ => false,
    }
}

/// Whether this Flagger canary moves the object.
pub fn by_canary(canary: &Value, object: &Object) -> bool {
    let text = |at: &str| canary.pointer(at).and_then(Value::as_str);
    if text("/metadata/namespace") != Some(object.namespace.as_str()) {
        return false;
    }
    let target = text("/spec/targetRef/name").unwrap_or_default();
    let service = text("/spec/service/name").unwrap_or(target);
    let either = |name: &str, suffixes: &[&str]| {
        let rest = object.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || suffixes.contains(&rest))
    };
    match object.kind {
        Kind::DEPLOYMENT => {
            text("/spec/targetRef/kind") == Some("Deployment") && either(target, &["-primary"])
        }
        Kind::SERVICE => either(service, &["-primary", "-canary"]),
        Kind::VIRTUAL_SERVICE | Kind::HTTP_ROUTE => object.name == service,
        Kind::DESTINATION_RULE => either(service, &["-primary", "-canary"]),
        _ => false,
    }
}

/// The controllers an object names as its own: `(kind, name)`.
pub fn owners(value: &Value) -> Vec<(String, String)> {
    let references = value.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let one = |it: &Value| {
        let text = |key: &str| it.get(key)?.as_str().map(str::to_owned);
        Some((text("kind")?, text("name")?))
    };
    let mut found: Vec<(String, String)> = references.into_iter().flatten().filter_map(one).collect();
    let mark = value.pointer("/metadata/annotations/argo-rollouts.argoproj.io~1managed-by-rollouts");
    if let Some(name) = mark.and_then(Value::as_str) {
        found.push(("Rollout".to_owned(), name.to_owned()));
    }
    found
}

/// `NAME`, or `NAME.NAMESPACE` as Istio writes it.
fn is_at(text: &str, between: char, namespace: &str, object: &Object) -> bool {
    let own = namespace == object.namespace && text == object.name;
    own || text.split_once(between) == Some((object.name.as_str(), object.namespace.as_str()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::stable(Kind::SERVICE, "pay-stable", true)]
    #[case::canary(Kind::SERVICE, "pay-canary", true)]
    #[case::other(Kind::SERVICE, "pay", false)]
    #[case::one_route(Kind::VIRTUAL_SERVICE, "pay", true)]
    #[case::far_route(Kind::VIRTUAL_SERVICE, "edge", false)]
    #[case::rule(Kind::DESTINATION_RULE, "pay-rule", true)]
    #[case::gateway(Kind::HTTP_ROUTE, "pay-route", true)]
    #[case::gateway_list(Kind::HTTP_ROUTE, "second", true)]
    #[case::gateway_other(Kind::HTTP_ROUTE, "third", false)]
    #[case::workload(Kind::DEPLOYMENT, "pay-deployment", true)]
    fn a_rollout_claims_what_it_names(#[case] kind: Kind, #[case] name: &str, #[case] wanted: bool) {
        let rollout = json!({"metadata": {"namespace": "shop", "name": "pay"}, "spec": {
            "workloadRef": {"kind": "Deployment", "name": "pay-deployment"},
            "strategy": {"canary": {
                "stableService": "pay-stable", "canaryService": "pay-canary",
                "trafficRouting": {
                    "istio": {"virtualServices": [{"name": "pay"}, {"name": "edge.gateways"}],
                        "destinationRule": {"name": "pay-rule"}},
                    "plugins": {"argoproj-labs/gatewayAPI":
                        {"httpRoute": "pay-route", "namespace": "shop", "httpRoutes": [{"name": "second"}]}},
                },
            }},
        }});
        assert_eq!(by_rollout(&rollout, &Object::new(kind, "shop", name)), wanted);
        assert!(!by_rollout(&rollout, &Object::new(kind, "other", name)));
    }

    #[test]
    fn a_name_may_carry_its_namespace() {
        let rollout = json!({"metadata": {"namespace": "shop"}, "spec": {"strategy": {"canary":
            {"trafficRouting": {"istio": {"virtualService": {"name": "edge.gateways"}}}}}}});
        assert!(by_rollout(&rollout, &Object::new(Kind::VIRTUAL_SERVICE, "gateways", "edge")));
    }

    #[rstest]
    #[case::target(Kind::DEPLOYMENT, "pay", true)]
    #[case::primary(Kind::DEPLOYMENT, "pay-primary", true)]
    #[case::other(Kind::DEPLOYMENT, "payments", false)]
    #[case::route(Kind::VIRTUAL_SERVICE, "pay", true)]
    #[case::canary(Kind::SERVICE, "pay-canary", true)]
    fn a_flagger_canary_claims_what_it_makes(#[case] kind: Kind, #[case] name: &str, #[case] wanted: bool) {
        let canary = json!({"metadata": {"namespace": "shop", "name": "pay"},
            "spec": {"targetRef": {"kind": "Deployment", "name": "pay"}}});
        assert_eq!(by_canary(&canary, &Object::new(kind, "shop", name)), wanted);
    }

    #[test]
    fn an_object_names_its_owners() {
        let value = json!({"metadata": {
            "ownerReferences": [{"kind": "Canary", "name": "pay"}],
            "annotations": {"argo-rollouts.argoproj.io/managed-by-rollouts": "pay"},
        }});
        let wanted = [("Canary".to_owned(), "pay".to_owned()), ("Rollout".to_owned(), "pay".to_owned())];
        assert_eq!(owners(&value), wanted);
    }
}
