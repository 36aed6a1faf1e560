//! A namespace of a test's own on a real control plane, and an Argo Rollout in it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tminus::base::{ObjectName, OperationId, RolloutId, Seconds, Untrusted, Weight};
use tminus::engine::clock::WallClock;
use tminus::engine::ports::{Change, Fault, Router as _, Split, Way, Written};
use tminus::plan::{Deploy, DeployBy, Rollout, Router, RouterKind, Strategy, Workload, WorkloadKind};
use tminus::world::Unconnected;
use tminus::world::cluster::{Access, Cluster, Deadline, Effect, Kind, Object, Part as Piece, Patch};
use tminus::world::routers::{Known, Leave, Means, Routers};
use tminus::world::workloads::undo::{self, Undone};

use crate::testbed::{Part, Testbed};

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Scene {
    pub cluster: Cluster,
    pub namespace: String,
    pub routers: Routers,
    pub plan: Rollout,
    pub operation: OperationId,
}

pub fn soon() -> Deadline {
    Deadline::within(Duration::from_secs(10))
}

pub fn percent(value: f64) -> Weight {
    Weight::percent(value).expect("a share")
}

impl Scene {
    /// A namespace of its own; none, said by name, where there is no control plane with Argo Rollouts.
    pub async fn new(name: &str) -> Option<Self> {
        let testbed = Testbed::shared(&[Part::ArgoRollouts])?;
        let cluster = Cluster::new(Access::file(testbed.kubeconfig(), None), Arc::new(WallClock));
        let namespace = format!("argo-{name}-{}", std::process::id());
        let means = Means {
            cluster: cluster.clone(),
            numbers: Arc::new(Unconnected),
            clock: Arc::new(WallClock),
            leave: Leave::Withheld("not here".to_owned()),
        };
        let scene = Self {
            routers: Routers::new(Known::default(), means),
            plan: plan(&namespace),
            operation: OperationId::from("operation-1"),
            cluster,
            namespace: namespace.clone(),
        };
        let space = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        scene
            .cluster
            .create(&Object::new(Kind::NAMESPACE, "", &namespace), &space, Effect::Real, soon())
            .await
            .expect("made");
        Some(scene)
    }

    pub fn object(&self, kind: Kind, name: &str) -> Object {
        Object::new(kind, &self.namespace, name)
    }

    pub fn rollout(&self) -> Object {
        self.object(Kind::ROLLOUT, "pay")
    }

    pub async fn make(&self, kind: Kind, name: &str, mut manifest: Value) {
        manifest["apiVersion"] = json!(kind.api_version());
        manifest["kind"] = json!(kind.kind);
        manifest["metadata"]["name"] = json!(name);
        manifest["metadata"]["namespace"] = json!(self.namespace);
        self.cluster.create(&self.object(kind, name), &manifest, Effect::Real, soon()).await.expect(name);
    }

    /// Services, a virtual service, and a Rollout that runs version 1, with holds at 5, 25 and 50 %.
    pub async fn running(name: &str) -> Option<Self> {
        let scene = Self::new(name).await?;
        for service in ["pay-stable", "pay-canary"] {
            let spec = json!({"ports": [{"port": 80}], "selector": {"app": "pay"}});
            scene.make(Kind::SERVICE, service, json!({"spec": spec})).await;
        }
        let route = json!([
            {"destination": {"host": "pay-stable"}, "weight": 100},
            {"destination": {"host": "pay-canary"}, "weight": 0},
        ]);
        let spec = json!({"hosts": ["pay.example.com"], "http": [{"name": "primary", "route": route}]});
        scene.make(Kind::VIRTUAL_SERVICE, "pay", json!({"spec": spec})).await;
        let canary = json!({
            "stableService": "pay-stable", "canaryService": "pay-canary",
            "trafficRouting": {"istio": {"virtualService": {"name": "pay", "routes": ["primary"]}}},
            "steps": [
                {"setWeight": 5}, {"pause": {}}, {"setWeight": 25}, {"pause": {}},
                {"setWeight": 50}, {"pause": {}},
            ],
        });
        scene.make(Kind::ROLLOUT, "pay", workload(json!({"strategy": {"canary": canary}}))).await;
        scene.settled("1").await;
        Some(scene)
    }

    /// Sets the image of a version and waits until the controller holds it at its first weight.
    pub async fn goes_out(&self, tag: &str) {
        self.set(&self.rollout(), "/spec/template/spec/containers/0/image", json!(image(tag))).await;
        self.until("held at 5 %", |value| {
            runs(value, tag)
                && phase(value) == "Paused"
                && text(value, "/status/currentPodHash") != text(value, "/status/stableRS")
        })
        .await;
    }

    /// Waits until a version has everything.
    pub async fn settled(&self, tag: &str) -> Value {
        self.until("has everything", |value| {
            runs(value, tag)
                && phase(value) == "Healthy"
                && text(value, "/status/currentPodHash") == text(value, "/status/stableRS")
                && value["metadata"]["generation"].as_i64().map(|number| number.to_string()).as_deref()
                    == Some(text(value, "/status/observedGeneration"))
        })
        .await
    }

    pub async fn set(&self, object: &Object, path: &str, value: Value) {
        let patch = Patch::Json(vec![json!({"op": "add", "path": path, "value": value})]);
        self.cluster.patch(object, Piece::Whole, &patch, Effect::Real, soon()).await.expect(path);
    }

    pub async fn get(&self, object: &Object) -> Value {
        self.cluster.get(object, soon()).await.expect("there")
    }

    /// Reads the Rollout until it is so.
    pub async fn until(&self, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        self.until_of(&self.rollout(), what, so).await
    }

    pub async fn until_of(&self, object: &Object, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let value = self.get(object).await;
            if so(&value) {
                return value;
            }
            assert!(began.elapsed() < PATIENCE, "never {what}: {:#}", value["status"]);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn read(&self) -> Split {
        self.routers.read(&self.plan).await.expect("read")
    }

    /// Reads until the router says this weight.
    pub async fn at(&self, weight: f64) -> Split {
        let began = Instant::now();
        loop {
            let split = self.read().await;
            if split.configured.is_some_and(|it| it.is_near(percent(weight))) {
                return split;
            }
            assert!(began.elapsed() < PATIENCE, "never at {weight}: {split:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn write(&self, weight: f64, read: Option<&Split>) -> Result<Written, Fault> {
        let change = Change { weight: percent(weight), way: Way::Forward, operation: &self.operation, read };
        self.routers.write(&self.plan, change).await
    }

    pub async fn back(&self) -> Result<Written, Fault> {
        let change = Change { weight: Weight::ZERO, way: Way::Back, operation: &self.operation, read: None };
        self.routers.write(&self.plan, change).await
    }

    /// The weights of the virtual service, stable first.
    pub async fn weights(&self) -> Value {
        let value = self.get(&self.object(Kind::VIRTUAL_SERVICE, "pay")).await;
        json!([
            value["spec"]["http"][0]["route"][0]["weight"],
            value["spec"]["http"][0]["route"][1]["weight"]
        ])
    }

    pub async fn undo(&self, kind: WorkloadKind, version: &str) -> Result<Undone, Fault> {
        let object = ObjectName { namespace: self.namespace.clone(), name: "pay".to_owned() };
        undo::undo(&self.cluster, &Workload { kind, object }, version, &self.operation, soon()).await
    }
}

/// A workload of four pods that runs version 1, with more in its spec.
pub fn workload(more: Value) -> Value {
    let container = json!({"name": "web", "image": image("1"), "env": [{"name": "MODE", "value": "calm"}]});
    let mut spec = json!({
        "replicas": 4,
        "selector": {"matchLabels": {"app": "pay"}},
        "template": {"metadata": {"labels": {"app": "pay"}}, "spec": {"containers": [container]}},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"spec": spec})
}

pub fn image(tag: &str) -> String {
    format!("registry.example.com/pay:{tag}")
}

pub fn text<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

pub fn phase(value: &Value) -> &str {
    text(value, "/status/phase")
}

pub fn runs(value: &Value, tag: &str) -> bool {
    text(value, "/spec/template/spec/containers/0/image") == image(tag)
}

fn plan(namespace: &str) -> Rollout {
    Rollout {
        id: RolloutId::from("pay"),
        stage: None,
        strategy: Strategy::Canary,
        router: Some(Router {
            kind: RouterKind::Argo {
                object: ObjectName { namespace: namespace.to_owned(), name: "pay".to_owned() },
            },
            observed: None,
        }),
        deploy: Deploy { by: DeployBy::Nobody, ..Deploy::default() },
        flags: Vec::new(),
        warm: None,
        steps: Vec::new(),
        blind: None,
        judge: None,
        rollback: None,
        budget: Seconds(300),
    }
}

/// What a fault says.
pub fn said<T: std::fmt::Debug>(answer: Result<T, Fault>) -> String {
    answer.expect_err("a fault").to_string()
}

pub fn lines(texts: &[Untrusted]) -> String {
    texts.iter().map(Untrusted::line).collect::<Vec<_>>().join("\n")
}
