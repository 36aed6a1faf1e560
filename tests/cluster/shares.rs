//! `tminus traffic show` and `set` as scripts use them, without a plan.

use serde_json::{Value, json};

use crate::home::Home;
use crate::testbed::{Part, Testbed};

const ROUTE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  parentRefs: [ { name: gate } ]
  rules:
    - backendRefs:
        - { name: web-stable, port: 80, weight: 100 }
        - { name: web-canary, port: 80, weight: 0 }
";

const SIDES: [&str; 4] = ["--stable", "web-stable", "--canary", "web-canary"];

#[test]
fn a_route_is_shown_previewed_and_set_without_a_plan() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("traffic");
    space.apply(ROUTE);
    let home = Home::new(bed);
    let router = format!("httproute:{}/web", space.name);
    let shown = home.json(&[&["traffic", "show", &router], &SIDES[..]].concat());
    assert_eq!(shown["owner"], Value::Null, "{shown:#}");
    assert_eq!(shown["canary"]["configured"], json!(0), "{shown:#}");
    assert_eq!(shown["stable"]["configured"], json!(100));
    assert_eq!(shown["canary"]["observed"], Value::Null);

    let before = space.get("httproute/web");
    let set = |weight: &str, more: &[&str]| {
        home.json(&[&["traffic", "set", &router, weight, "--reason", "by hand"], &SIDES[..], more].concat())
    };
    let dry = set("25", &["--dry-run"]);
    assert_eq!((&dry["dry_run"], &dry["accepted"]), (&json!(true), &json!(true)), "{dry:#}");
    assert!(dry["patch"].to_string().contains("/spec/rules/0"), "{dry:#}");
    assert_eq!(space.get("httproute/web"), before, "a dry run changes nothing");

    let done = set("25", &[]);
    for key in ["operation", "patch", "before", "after", "verified", "seconds", "warnings"] {
        assert!(done.get(key).is_some_and(|value| !value.is_null()), "{key} in {done:#}");
    }
    assert_eq!(done["before"]["canary"]["configured"], json!(0));
    assert_eq!(done["after"]["canary"]["configured"], json!(25));
    assert_eq!(done["verified"], json!({ "configured": 25, "observed": null }));
    let warnings = done["warnings"].to_string();
    for told in ["no service", "no gateway has accepted"] {
        assert!(warnings.contains(told), "{told} in {warnings}");
    }
    let now = space.get("httproute/web");
    let backends = &now["spec"]["rules"][0]["backendRefs"];
    assert_eq!((&backends[0]["weight"], &backends[1]["weight"]), (&json!(75), &json!(25)));
    assert!(now.to_string().contains(done["operation"].as_str().expect("an id")), "{now:#}");
    // The stream of the router's own is in the journal, whole.
    assert_eq!(home.json(&["verify"])["holds"], true);
}

#[test]
fn what_would_not_last_or_is_not_there_is_refused() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("refused");
    space.apply(ROUTE);
    let home = Home::new(bed);
    let router = format!("httproute:{}/web", space.name);
    let unknown = ["--stable", "web-stable", "--canary", "nobody"];
    let (code, error) =
        home.fails(&[&["traffic", "set", &router, "25", "--reason", "x"], &unknown[..]].concat());
    assert_eq!(code, 10, "{error}");
    assert!(error["message"].to_string().contains("nobody"), "{error}");

    // Argo CD follows it by itself: a share set by hand would not last.
    space.apply(&format!(
        "
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{ name: shop }}
spec:
  project: default
  source: {{ repoURL: 'https://git.example.com/shop.git', path: . }}
  destination: {{ namespace: {} }}
  syncPolicy: {{ automated: {{ selfHeal: true }} }}
",
        space.name
    ));
    let tracked = format!(
        "argocd.argoproj.io/tracking-id={0}_shop:gateway.networking.k8s.io/HTTPRoute:{0}/web",
        space.name
    );
    space.kubectl(&["annotate", "httproute/web", &tracked]);
    let before = space.get("httproute/web");
    let (code, error) =
        home.fails(&[&["traffic", "set", &router, "25", "--reason", "x"], &SIDES[..]].concat());
    assert_eq!((code, &error["code"]), (10, &json!("owned")), "{error}");
    assert!(error["help"].is_string(), "{error}");
    assert_eq!(space.get("httproute/web"), before, "refused is not written");
    let shown = home.json(&[&["traffic", "show", &router], &SIDES[..]].concat());
    assert!(shown["owner"].to_string().contains("argocd"), "{shown:#}");
}

#[test]
fn a_virtual_service_whose_shares_do_not_add_up_is_refused() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("sum");
    space.apply(
        "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web }
spec:
  hosts: [ web ]
  http:
    - route:
        - { destination: { host: web-stable }, weight: 90 }
        - { destination: { host: web-canary }, weight: 5 }
",
    );
    let home = Home::new(bed);
    let router = format!("virtualservice:{}/web", space.name);
    let before = space.get("virtualservice/web");
    let (code, error) =
        home.fails(&[&["traffic", "set", &router, "25", "--reason", "x"], &SIDES[..]].concat());
    assert_eq!(code, 10, "{error}");
    assert_eq!(space.get("virtualservice/web"), before);
}
