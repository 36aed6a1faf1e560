//! The manifests below `assets/rbac`: each is enough for what it is for, and no more than that.

use serde_json::{Value, json};
use tminus::world::cluster::{Cluster, Effect, Kind, Object, Objects, Part, Patch, Refusal, Why};

use crate::clusters::{account, kubeconfig, of, runtime, soon};
use crate::testbed::{Namespace, PATIENCE, Part as Bed, Testbed};

const OBJECTS: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: pay }
spec: { rules: [ { backendRefs: [ { name: a, port: 80, weight: 1 }, { name: b, port: 80, weight: 0 } ] } ] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: pay }
spec: { hosts: [ pay ], http: [ { route: [ { destination: { host: a }, weight: 100 } ] } ] }
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: pay }
spec:
  replicas: 0
  selector: { matchLabels: { app: pay } }
  strategy: { canary: {} }
  template:
    metadata: { labels: { app: pay } }
    spec: { containers: [ { name: pay, image: 'registry.example.com/pay:1.0.0' } ] }
---
apiVersion: v1
kind: Service
metadata: { name: pay }
spec: { selector: { app: pay }, ports: [ { port: 80 } ] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: pay }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: 'registry.example.com/web:1.0.0' } ] }
";

/// What somebody does with the object `pay` of a kind.
async fn patch(cluster: &Cluster, space: &str, kind: Kind, part: Part) -> Result<Value, Refusal> {
    let change = match part {
        Part::Whole => json!({ "metadata": { "annotations": { "tminus/op": "test" } } }),
        Part::Status => json!({ "status": { "message": "test" } }),
        Part::Scale => json!({ "spec": { "replicas": 0 } }),
    };
    let object = Object::new(kind, space, "pay");
    cluster.patch(&object, part, &Patch::Merge(change), Effect::DryRun, soon()).await
}

/// Binds a manifest, and waits until it counts.
async fn bind(cluster: &Cluster, space: &Namespace<'_>, who: &str, name: &str, manifest: &str, first: Kind) {
    space.apply(manifest);
    let role = format!("--role=tminus-{name}");
    space.kubectl(&["create", "rolebinding", &format!("tminus-{name}"), &role, &format!("--user={who}")]);
    let until = std::time::Instant::now() + PATIENCE;
    let object = Object::new(first, &space.name, "pay");
    while cluster.get::<Value>(&object, soon()).await.is_err() {
        assert!(std::time::Instant::now() < until, "{name} does not count");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn forbidden(answer: Result<Value, Refusal>, text: &str) {
    let refusal = answer.expect_err(text);
    assert!(matches!(refusal.why, Why::Forbidden { .. }), "{refusal:?}");
    assert!(refusal.text().contains(text), "{refusal} does not say: {text}");
    assert!(!refusal.is_unknown());
}

#[test]
fn each_manifest_is_enough_and_without_it_the_verb_is_named() {
    let Some(bed) = Testbed::shared(&[Bed::Kubernetes]) else { return };
    let routers = [
        ("httproute", include_str!("../../assets/rbac/httproute.yaml"), Kind::HTTP_ROUTE, &[Part::Whole][..]),
        (
            "virtualservice",
            include_str!("../../assets/rbac/virtualservice.yaml"),
            Kind::VIRTUAL_SERVICE,
            &[Part::Whole],
        ),
        (
            "rollout",
            include_str!("../../assets/rbac/rollout.yaml"),
            Kind::ROLLOUT,
            &[Part::Whole, Part::Status],
        ),
        ("service", include_str!("../../assets/rbac/service.yaml"), Kind::SERVICE, &[Part::Whole]),
        (
            "deployment",
            include_str!("../../assets/rbac/deployment.yaml"),
            Kind::DEPLOYMENT,
            &[Part::Whole, Part::Scale],
        ),
        (
            "workloads",
            include_str!("../../assets/rbac/workloads.yaml"),
            Kind::DEPLOYMENT,
            &[Part::Whole, Part::Scale],
        ),
    ];
    let folder = tempfile::tempdir().expect("folder");
    runtime().block_on(async {
        for (name, manifest, kind, parts) in routers {
            let space = bed.namespace("rights");
            space.apply(OBJECTS);
            let token = account(bed, &space, "tminus");
            let who = format!("system:serviceaccount:{}:tminus", space.name);
            let cluster = of(kubeconfig(bed, folder.path(), &json!({ "token": token })));
            let said = format!("may not patch {} in namespace {} as {who}", kind.plural, space.name);
            forbidden(patch(&cluster, &space.name, kind, Part::Whole).await, &said);
            bind(&cluster, &space, &who, name, manifest, kind).await;
            for part in parts {
                patch(&cluster, &space.name, kind, *part).await.unwrap_or_else(|no| panic!("{name}: {no}"));
            }
            let all = Objects::of(kind, &space.name);
            assert_eq!(cluster.list::<Value>(&all, soon()).await.expect("listed").len(), 1, "{name}");
            // It is enough for its own object, and gives nothing on the others.
            for other in
                [Kind::HTTP_ROUTE, Kind::VIRTUAL_SERVICE, Kind::ROLLOUT, Kind::SERVICE, Kind::DEPLOYMENT]
            {
                if other != kind {
                    let said = format!("may not patch {}", other.plural);
                    forbidden(patch(&cluster, &space.name, other, Part::Whole).await, &said);
                }
            }
        }
    });
}

#[test]
fn whoever_may_only_look_sees_all_and_changes_nothing() {
    let Some(bed) = Testbed::shared(&[Bed::Kubernetes]) else { return };
    let space = bed.namespace("looking");
    space.apply(OBJECTS);
    runtime().block_on(async {
        let cluster = of(tminus::world::cluster::Access::file(bed.plain_kubeconfig(), None));
        let pods = Objects::of(Kind::POD, &space.name);
        let refusal = cluster.list::<Value>(&pods, soon()).await.expect_err("nothing yet");
        assert_eq!(
            refusal.text(),
            format!(
                "may not list pods in namespace {} as testbed-plain: ask for the role in assets/rbac/read-only.yaml",
                space.name
            )
        );
        let manifest = include_str!("../../assets/rbac/read-only.yaml");
        bind(&cluster, &space, "testbed-plain", "read-only", manifest, Kind::HTTP_ROUTE).await;
        for kind in [
            Kind::HTTP_ROUTE,
            Kind::GATEWAY,
            Kind::VIRTUAL_SERVICE,
            Kind::DESTINATION_RULE,
            Kind::ROLLOUT,
            Kind::CANARY,
            Kind::SERVICE,
            Kind::ENDPOINT_SLICE,
            Kind::DEPLOYMENT,
            Kind::STATEFUL_SET,
            Kind::REPLICA_SET,
            Kind::POD,
        ] {
            let all = Objects::of(kind, &space.name);
            cluster.list::<Value>(&all, soon()).await.unwrap_or_else(|no| panic!("{no}"));
        }
        for kind in [Kind::HTTP_ROUTE, Kind::VIRTUAL_SERVICE, Kind::ROLLOUT, Kind::SERVICE, Kind::DEPLOYMENT] {
            forbidden(patch(&cluster, &space.name, kind, Part::Whole).await, "may not patch");
        }
    });
}
