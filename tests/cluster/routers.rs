//! Traffic moves on the real API server as routers say it does, and nothing else of an object changes.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::{Value, json};
use tminus::base::{ObjectName, OperationId, Weight};
use tminus::engine::clock::WallClock;
use tminus::engine::ports::{Change, Fault, Moved, Preview, Router as _, Split, Way, Written};
use tminus::plan::{
    Counts, Deploy, Dialect, Metric, Rollout, Router, RouterKind, SideNames, Sides, Source, SourceKind,
    Strategy,
};
use tminus::release::Owner;
use tminus::world::cluster::{Access, Cluster};
use tminus::world::http::Http;
use tminus::world::metrics::Prometheus;
use tminus::world::routers::{Known, Leave, Means, OPERATION, Routers};
use tokio::runtime::Runtime;

use crate::testbed::{Namespace, Part, Testbed, wait};

/// The routers of a namespace of the testbed, asked one thing at a time.
struct Desk<'a> {
    space: Namespace<'a>,
    runtime: Runtime,
    routers: Routers,
}

impl<'a> Desk<'a> {
    fn new(bed: &'a Testbed, topic: &str) -> Self {
        Self::with(bed, bed.namespace(topic), Known::default())
    }

    fn with(bed: &'a Testbed, space: Namespace<'a>, known: Known) -> Self {
        let clock = Arc::new(WallClock);
        let http = Http::new(None).expect("a client");
        let means = Means {
            cluster: Cluster::new(Access::file(bed.kubeconfig(), None), clock.clone()),
            numbers: Arc::new(Prometheus::new(http, clock.clone())),
            clock,
            leave: Leave::Withheld("not needed here".to_owned()),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Self { space, runtime: runtime.expect("a runtime"), routers: Routers::new(known, means) }
    }

    fn object(&self, name: &str) -> ObjectName {
        ObjectName::parse(&format!("{}/{name}", self.space.name)).expect("a name")
    }

    fn http_route(&self) -> Rollout {
        rollout(RouterKind::HttpRoute {
            object: self.object("web"),
            rule: None,
            sides: sides("web-stable", "web-canary"),
        })
    }

    fn read(&self, rollout: &Rollout) -> Split {
        self.runtime.block_on(self.routers.read(rollout)).expect("read")
    }

    fn write(
        &self,
        rollout: &Rollout,
        (weight, way): (f64, Way),
        read: Option<&Split>,
    ) -> Result<Written, Fault> {
        let operation = OperationId::new(format!("op-{weight}"));
        let change = Change { weight: percent(weight), way, operation: &operation, read };
        self.runtime.block_on(self.routers.write(rollout, change))
    }

    fn preview(&self, rollout: &Rollout, weight: f64) -> Result<Preview, Fault> {
        self.runtime.block_on(self.routers.preview(rollout, percent(weight)))
    }

    /// Reads, writes, and reads back until the router says so.
    fn set(&self, rollout: &Rollout, weight: f64, way: Way) -> Split {
        let read = self.read(rollout);
        self.write(rollout, (weight, way), Some(&read)).expect("written");
        wait(&format!("the canary has {weight} %"), || {
            Some(self.read(rollout)).filter(|split| split.is_at(percent(weight)))
        })
    }
}

fn percent(value: f64) -> Weight {
    Weight::percent(value).expect("a share")
}

fn sides(stable: &str, canary: &str) -> SideNames {
    SideNames { stable: stable.into(), canary: canary.into() }
}

fn rollout(kind: RouterKind) -> Rollout {
    Rollout {
        id: "web".into(),
        stage: None,
        strategy: Strategy::Canary,
        router: Some(Router { kind, observed: None }),
        deploy: Deploy::default(),
        flags: Vec::new(),
        warm: None,
        steps: Vec::new(),
        blind: None,
        judge: None,
        rollback: None,
        budget: tminus::base::Seconds(300),
    }
}

fn way(weight: f64) -> Way {
    if weight == 0.0 { Way::Back } else { Way::Forward }
}

const STEPS: [f64; 5] = [5.0, 25.0, 50.0, 100.0, 0.0];

const HTTP: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  parentRefs: [ { name: gate } ]
  hostnames: [ web.example.com ]
  rules:
    - name: api
      matches: [ { path: { type: PathPrefix, value: /api } } ]
      backendRefs:
        - { name: web-canary, port: 80, weight: 0,
            filters: [ { type: RequestHeaderModifier, requestHeaderModifier: { set: [ { name: side, value: canary } ] } } ] }
        - { name: web-stable, port: 80, weight: 100 }
    - matches: [ { path: { type: PathPrefix, value: /static } } ]
      backendRefs: [ { name: files, port: 80 } ]
    - backendRefs:
        - { name: web-stable, port: 80, weight: 1 }
        - { name: web-canary, port: 80, weight: 0 }
";

/// The weights of a route's rules, as they stand.
fn weights(route: &Value) -> Vec<Vec<i64>> {
    let rules = route["spec"]["rules"].as_array().expect("rules").iter();
    rules
        .map(|rule| {
            let backends = rule["backendRefs"].as_array().expect("backends").iter();
            backends.map(|backend| backend["weight"].as_i64().expect("a weight")).collect()
        })
        .collect()
}

/// A spec without any weight.
fn unweighted(mut spec: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("weight");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut spec);
    spec
}

#[test]
fn an_http_route_goes_up_step_by_step_and_back() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let desk = Desk::new(bed, "httproute");
    desk.space.apply(HTTP);
    let before = desk.space.get("httproute/web");
    let rollout = desk.http_route();
    for weight in STEPS {
        let split = desk.set(&rollout, weight, way(weight));
        assert_eq!(split.owner, Owner::Nobody);
        assert_eq!(split.by, None, "we wrote it last");
        let now = desk.space.get("httproute/web");
        let (canary, stable) = (weight as i64, 100 - weight as i64);
        assert_eq!(weights(&now), [vec![canary, stable], vec![1], vec![stable, canary]]);
        assert_eq!(now["metadata"]["annotations"][OPERATION], format!("op-{weight}"));
        assert_eq!(unweighted(now["spec"].clone()), unweighted(before["spec"].clone()));
    }
    let fine = desk.set(&rollout, 0.5, Way::Forward);
    assert_eq!(fine.configured, Some(percent(0.5)));
    assert_eq!(weights(&desk.space.get("httproute/web"))[2], [995, 5]);
}

#[test]
fn a_write_on_top_of_somebody_elses_is_refused_and_says_who() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let desk = Desk::new(bed, "conflict");
    desk.space.apply(HTTP);
    let rollout = desk.http_route();
    let read = desk.read(&rollout);
    let theirs = json!([{ "op": "replace", "path": "/spec/rules/2/backendRefs/1/weight", "value": 40 }]);
    desk.space.kubectl(&["patch", "httproute/web", "--type=json", "-p", &theirs.to_string()]);
    for way in [Way::Forward, Way::Back] {
        let refused = desk.write(&rollout, (25.0, way), Some(&read)).expect_err("it moved");
        assert!(matches!(refused, Fault::Conflict(..)), "{refused:?}");
    }
    assert_eq!(weights(&desk.space.get("httproute/web"))[2], [1, 40]);
    let now = desk.read(&rollout);
    assert_eq!(now.by.as_ref().map(|by| by.raw()), Some("kubectl-patch"));
    assert_eq!(now.configured, None, "the rules do not agree");
    assert!(now.notes.iter().any(|note| note.raw().contains("do not agree")), "{:?}", now.notes);
    // Traffic goes back even by somebody who has read nothing.
    desk.write(&rollout, (0.0, Way::Back), None).expect("back");
    assert_eq!(weights(&desk.space.get("httproute/web"))[2], [41, 0]);
}

#[test]
fn a_third_destination_is_refused_forward_and_left_alone_on_the_way_back() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let desk = Desk::new(bed, "third");
    desk.space.apply(&HTTP.replace(
        "        - { name: web-stable, port: 80, weight: 1 }",
        "        - { name: web-stable, port: 80, weight: 70 }\n        - { name: web-beta, port: 80, weight: 10 }",
    ).replace("web-canary, port: 80, weight: 0 }", "web-canary, port: 80, weight: 20 }"));
    let rollout = desk.http_route();
    let read = desk.read(&rollout);
    let refused = desk.write(&rollout, (25.0, Way::Forward), Some(&read)).expect_err("a third");
    assert!(refused.to_string().contains("`web-beta` has a weight of 10"), "{refused}");
    assert!(desk.preview(&rollout, 25.0).is_err());
    desk.set(&rollout, 0.0, Way::Back);
    assert_eq!(weights(&desk.space.get("httproute/web"))[2], [90, 10, 0]);
    let gone = RouterKind::HttpRoute {
        object: desk.object("web"),
        rule: None,
        sides: sides("web-stable", "nobody"),
    };
    let refused =
        desk.runtime.block_on(desk.routers.read(&self::rollout(gone))).expect_err("not in the route");
    assert!(refused.to_string().contains("no rule has both `web-stable` and `nobody`"), "{refused}");
}

#[test]
fn a_preview_shows_the_patch_and_changes_nothing() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let desk = Desk::new(bed, "preview");
    desk.space.apply(HTTP);
    let before = desk.space.get("httproute/web");
    let preview = desk.preview(&desk.http_route(), 25.0).expect("possible");
    let text = preview.patch.raw();
    let path =
        format!("PATCH /apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes/web", desk.space.name);
    for line in [path.as_str(), "\"path\":\"/metadata/resourceVersion\"", "- rule 3 (/): web-stable 1 → 75"]
    {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(matches!(&preview.answer, Some(Ok(_))), "{:?}", preview.answer);
    let warnings: Vec<&str> = preview.warnings.iter().map(|warning| warning.raw()).collect();
    for told in ["there is no service", "no gateway has accepted"] {
        assert!(warnings.iter().any(|warning| warning.contains(told)), "{told} in {warnings:?}");
    }
    assert_eq!(desk.space.get("httproute/web"), before);
}

#[test]
fn a_watch_tells_of_a_change_by_hand() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let desk = Desk::new(bed, "watch");
    desk.space.apply(HTTP);
    let rollout = desk.http_route();
    let mut moves = desk.routers.moves(&rollout);
    let mut next = || {
        let next = async { tokio::time::timeout(Duration::from_secs(30), moves.next()).await };
        desk.runtime.block_on(next).expect("in time")
    };
    assert_eq!(next(), Some(Moved::Changed), "what there is");
    desk.space.kubectl(&["label", "httproute/web", "seen=1"]);
    assert_eq!(next(), Some(Moved::Changed));
}

const ISTIO: &str = "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web }
spec:
  hosts: [ web ]
  http:
    - name: cookie
      match: [ { headers: { cookie: { regex: '.*beta.*' } } } ]
      route: [ { destination: { host: web, subset: v2 } } ]
    - name: main
      timeout: 5s
      route:
        - { destination: { host: web, subset: v1 }, weight: 100, headers: { request: { set: { side: stable } } } }
        - { destination: { host: web, subset: v2 }, weight: 0 }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web }
spec:
  host: web.NAMESPACE.svc.cluster.local
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
";

#[test]
fn a_virtual_service_goes_up_by_subsets_that_exist() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let desk = Desk::new(bed, "virtualservice");
    desk.space.apply(&ISTIO.replace("NAMESPACE", &desk.space.name));
    let before = desk.space.get("virtualservice/web");
    let kind = |canary: &str| RouterKind::VirtualService {
        object: desk.object("web"),
        route: None,
        sides: sides("v1", canary),
    };
    let web = rollout(kind("v2"));
    for weight in STEPS {
        let split = desk.set(&web, weight, way(weight));
        assert!(split.notes.iter().any(|note| note.raw().contains("`cookie` sends")), "{:?}", split.notes);
        let now = desk.space.get("virtualservice/web");
        let routes = &now["spec"]["http"][1]["route"];
        // A weight of nothing is left out by some.
        let of = |place: usize| routes[place]["weight"].as_i64().unwrap_or(0);
        assert_eq!((of(0), of(1)), (100 - weight as i64, weight as i64));
        assert_eq!(unweighted(now["spec"].clone()), unweighted(before["spec"].clone()));
    }
    let whole = desk.write(&web, (0.5, Way::Forward), None).expect_err("half a percent");
    assert!(whole.to_string().contains("whole percents"), "{whole}");

    let remove = json!([{ "op": "remove", "path": "/spec/subsets/1" }]).to_string();
    desk.space.kubectl(&["patch", "destinationrule/web", "--type=json", "-p", &remove]);
    let refused = desk.write(&web, (5.0, Way::Forward), None).expect_err("v2 is gone");
    assert!(refused.to_string().contains("subset `v2` of web is not in DestinationRule web"), "{refused}");
    desk.set(&web, 0.0, Way::Back);
}

const SERVICE: &str = "
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web, side: blue }, ports: [ { port: 80 } ] }
";

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: NAME }
spec:
  replicas: REPLICAS
  selector: { matchLabels: { app: web, side: SIDE } }
  template:
    metadata: { labels: { app: web, side: SIDE } }
    spec: { containers: [ { name: web, image: 'registry.example.com/web:IMAGE' } ] }
";

fn deployment(name: &str, side: &str, replicas: u32, image: &str) -> String {
    DEPLOYMENT
        .replace("NAME", name)
        .replace("SIDE", side)
        .replace("REPLICAS", &replicas.to_string())
        .replace("IMAGE", image)
}

#[test]
fn a_service_is_pointed_from_blue_to_green_and_back() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let desk = Desk::new(bed, "service");
    desk.space.apply(SERVICE);
    desk.space.apply(&deployment("web-blue", "blue", 1, "1.0.0"));
    desk.space.apply(&deployment("web-green", "green", 1, "2.0.0"));
    for names in [sides("blue", "green"), sides("side=blue", "side=green"), sides("web-blue", "web-green")] {
        let web = rollout(RouterKind::Service { object: desk.object("web"), sides: names });
        for (weight, side) in [(100.0, "green"), (0.0, "blue")] {
            desk.set(&web, weight, way(weight));
            let selector = &desk.space.get("service/web")["spec"]["selector"];
            assert_eq!(selector, &json!({ "app": "web", "side": side }));
        }
        let refused = desk.write(&web, (25.0, Way::Forward), None).expect_err("a share between");
        assert!(refused.to_string().contains("take 0 or 100"), "{refused}");
    }
}

#[test]
fn two_deployments_share_by_their_ready_pods() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let desk = Desk::new(bed, "deployment");
    desk.space.apply(&deployment("web", "blue", 10, "1.0.0"));
    desk.space.apply(&deployment("web-canary", "green", 0, "2.0.0"));
    desk.space.wait("deployment/web", "ten are ready", |found| found["status"]["readyReplicas"] == 10);
    let web = rollout(RouterKind::Deployment {
        object: desk.object("web"),
        sides: sides("web", "web-canary"),
        replicas: None,
    });
    for (weight, share, parts) in [
        (5.0, 10.0, (9, 1)),
        (25.0, 30.0, (7, 3)),
        (50.0, 50.0, (5, 5)),
        (100.0, 100.0, (0, 10)),
        (0.0, 0.0, (10, 0)),
    ] {
        let split = desk.set(&web, weight, way(weight));
        assert_eq!(split.configured, Some(percent(share)), "as near to {weight} % as ten pods come");
        let wanted = |name: &str| desk.space.get(name)["spec"]["replicas"].as_i64().expect("a count");
        assert_eq!((wanted("deployment/web"), wanted("deployment/web-canary")), parts);
    }
}

#[test]
fn the_old_pods_stay_until_the_new_ones_are_ready() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let desk = Desk::new(bed, "unready");
    desk.space.apply(&deployment("web", "blue", 4, "1.0.0"));
    desk.space.apply(&deployment("web-canary", "green", 0, "2.0.0-unready"));
    desk.space.wait("deployment/web", "four are ready", |found| found["status"]["readyReplicas"] == 4);
    let web = rollout(RouterKind::Deployment {
        object: desk.object("web"),
        sides: sides("web", "web-canary"),
        replicas: None,
    });
    let read = desk.read(&web);
    let refused = desk.write(&web, (50.0, Way::Forward), Some(&read)).expect_err("nothing gets ready");
    assert!(refused.to_string().contains("0 of 2 pods are ready"), "{refused}");
    let wanted = |name: &str| desk.space.get(name)["spec"]["replicas"].as_i64().expect("a count");
    assert!(wanted("deployment/web") >= 3, "a quarter may be missing on the way");
    let back = desk.set(&web, 0.0, Way::Back);
    assert_eq!(back.configured, Some(Weight::ZERO));
    assert!(wanted("deployment/web") >= 4);
    assert_eq!(wanted("deployment/web-canary"), 0);
}

#[test]
fn requests_show_what_the_route_says() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes, Part::Prometheus, Part::Proxy]) else { return };
    let space = bed.namespace("observed");
    let count = |more: &str| {
        format!(
            "sum(http_requests_total{{route=\"httproute/{}/web\",track=\"{{{{side}}}}\"{more}}})",
            space.name
        )
    };
    let metric = Metric {
        id: "requests".into(),
        title: "requests".into(),
        source: Some("prom".into()),
        query: None,
        sides: Some(Sides { canary: "canary".into(), baseline: "stable".into() }),
        counts: Some(Counts { bad: count(",code=~\"5..\""), total: count("") }),
        histogram: None,
        target: None,
        alert: None,
        baseline: None,
    };
    let source = Source {
        id: "prom".into(),
        kind: SourceKind::Prometheus { url: bed.prometheus().to_owned(), dialect: Dialect::Prometheus },
        every: tminus::base::Seconds(1),
        fallback: None,
        owner: None,
    };
    let known = Known { metrics: vec![metric], sources: vec![source], ..Known::default() };
    let desk = Desk::with(bed, space, known);
    desk.space.apply(HTTP);
    let mut web = desk.http_route();
    if let Some(router) = &mut web.router {
        router.observed = Some("requests".into());
    }
    desk.set(&web, 25.0, Way::Forward);
    let near = |wanted: f64, by: f64| {
        wait(&format!("requests show {wanted} %"), || {
            desk.read(&web).observed.filter(|seen| (seen.value() - wanted).abs() < by)
        })
    };
    assert!(near(25.0, 5.0).value() > 0.0);
    desk.set(&web, 0.0, Way::Back);
    assert_eq!(near(0.0, 0.1), Weight::ZERO);
}

#[test]
fn a_role_of_ours_is_enough_and_without_it_the_missing_right_is_named() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let admin = Desk::new(bed, "rights");
    let space = admin.space.name.clone();
    admin.space.apply(HTTP);
    admin.space.apply(SERVICE);
    admin.space.apply(&ISTIO.replace("NAMESPACE", &space));
    admin.space.apply(&deployment("web", "blue", 2, "1.0.0"));
    admin.space.apply(&deployment("web-canary", "green", 0, "2.0.0"));
    admin.space.wait("deployment/web", "two are ready", |found| found["status"]["readyReplicas"] == 2);
    let clock = Arc::new(WallClock);
    let means = Means {
        cluster: Cluster::new(Access::file(bed.plain_kubeconfig(), None), clock.clone()),
        numbers: Arc::new(Prometheus::new(Http::new(None).expect("a client"), clock.clone())),
        clock,
        leave: Leave::Withheld("not needed here".to_owned()),
    };
    let desk = Desk { routers: Routers::new(Known::default(), means), ..admin };
    let object = desk.object("web");
    let kinds = [
        (
            "httproutes",
            RouterKind::HttpRoute {
                object: object.clone(),
                rule: None,
                sides: sides("web-stable", "web-canary"),
            },
        ),
        (
            "virtualservices",
            RouterKind::VirtualService { object: object.clone(), route: None, sides: sides("v1", "v2") },
        ),
        (
            "deployments",
            RouterKind::Deployment {
                object: object.clone(),
                sides: sides("web", "web-canary"),
                replicas: None,
            },
        ),
        // After the Deployments: its role reads them.
        ("services", RouterKind::Service { object, sides: sides("side=blue", "side=green") }),
    ];
    for (plural, kind) in kinds {
        let role = kind.word();
        let web = rollout(kind);
        let refused = desk.runtime.block_on(desk.routers.read(&web)).expect_err("no right yet");
        let told = format!("may not get {plural} in namespace {space}");
        assert!(matches!(&refused, Fault::Forbidden(_, why) if why.contains(&told)), "{refused:?}");
        let file = format!("{}/assets/rbac/{role}.yaml", env!("CARGO_MANIFEST_DIR"));
        desk.space.kubectl(&["apply", "-f", &file]);
        let binding = format!("tminus-{role}");
        let to = format!("--role={binding}");
        desk.space.kubectl(&["create", "rolebinding", &binding, &to, "--user=testbed-plain"]);
        wait("the role counts", || desk.runtime.block_on(desk.routers.read(&web)).ok());
        desk.set(&web, 100.0, Way::Forward);
        desk.set(&web, 0.0, Way::Back);
    }
}
