//! What writes mean to a real API server: conditions, rehearsals, refusals, replica counts.

use serde_json::{Value, json};
use tminus::world::cluster::{Effect, Kind, Object, Part, Patch, Tail, Why, workload};

use crate::clusters::{admin, runtime, soon};
use crate::testbed::{Part as Bed, Testbed};

const ROUTE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: pay }
spec: { rules: [ { backendRefs: [ { name: a, port: 80, weight: 95 }, { name: b, port: 80, weight: 5 } ] } ] }
";

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: 'registry.example.com/web:1.0.0' } ] }
";

fn weights(version: Option<&Value>, canary: i64) -> Patch {
    let rules = json!([{ "backendRefs": [
        { "name": "a", "port": 80, "weight": 100 - canary }, { "name": "b", "port": 80, "weight": canary } ] }]);
    let mut change = json!({ "spec": { "rules": rules } });
    if let Some(version) = version {
        change["metadata"] = json!({ "resourceVersion": version });
    }
    Patch::Merge(change)
}

#[test]
fn a_write_that_rests_on_an_old_reading_is_a_conflict() {
    let Some(bed) = Testbed::shared(&[Bed::Kubernetes]) else { return };
    let space = bed.namespace("conflict");
    space.apply(ROUTE);
    runtime().block_on(async {
        let cluster = admin(bed);
        let route = Object::new(Kind::HTTP_ROUTE, &space.name, "pay");
        let read: Value = cluster.get(&route, soon()).await.expect("read");
        let version = &read["metadata"]["resourceVersion"];
        let done =
            cluster.patch(&route, Part::Whole, &weights(Some(version), 25), Effect::Real, soon()).await;
        assert_eq!(done.expect("written")["spec"]["rules"][0]["backendRefs"][1]["weight"], 25);
        let late =
            cluster.patch(&route, Part::Whole, &weights(Some(version), 50), Effect::Real, soon()).await;
        assert!(late.expect_err("too late").is_conflict());
        // The same, said by operations: what is tested is no longer so.
        for path in ["/metadata/resourceVersion", "/spec/rules/0/backendRefs/1/weight"] {
            let value = if path.ends_with("weight") { json!(5) } else { version.clone() };
            let operations = Patch::Json(vec![
                json!({ "op": "test", "path": path, "value": value }),
                json!({ "op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 50 }),
            ]);
            let late = cluster.patch(&route, Part::Whole, &operations, Effect::Real, soon()).await;
            let refusal = late.expect_err("too late");
            assert!(refusal.is_conflict(), "{path}: {refusal:?}");
        }
        let now: Value = cluster.get(&route, soon()).await.expect("read");
        assert_eq!(now["spec"]["rules"][0]["backendRefs"][1]["weight"], 25);
        let writers = now["metadata"]["managedFields"].as_array().expect("writers");
        assert!(writers.iter().any(|it| it["manager"] == "tminus"), "{writers:?}");
    });
}

#[test]
fn a_rehearsal_changes_nothing_and_says_what_would_be_refused() {
    let Some(bed) = Testbed::shared(&[Bed::Kubernetes]) else { return };
    let space = bed.namespace("rehearsal");
    space.apply(ROUTE);
    runtime().block_on(async {
        let cluster = admin(bed);
        let route = Object::new(Kind::HTTP_ROUTE, &space.name, "pay");
        let would = cluster.patch(&route, Part::Whole, &weights(None, 50), Effect::DryRun, soon()).await;
        assert_eq!(would.expect("fine")["spec"]["rules"][0]["backendRefs"][1]["weight"], 50);
        let now: Value = cluster.get(&route, soon()).await.expect("read");
        assert_eq!(now["spec"]["rules"][0]["backendRefs"][1]["weight"], 5);
        let no = cluster.patch(&route, Part::Whole, &weights(None, -1), Effect::DryRun, soon()).await;
        let refusal = no.expect_err("below zero");
        let Why::Invalid { causes, .. } = &refusal.why else { panic!("{refusal:?}") };
        assert!(
            causes.iter().any(|cause| cause.raw().contains("backendRefs[0].weight")
                || cause.raw().contains("backendRefs[1].weight")),
            "{causes:?}"
        );
        let gone = Object::new(Kind::HTTP_ROUTE, &space.name, "gone");
        let no = cluster.patch(&gone, Part::Whole, &weights(None, 5), Effect::Real, soon()).await;
        assert!(no.expect_err("no such route").is_not_found());
        let manifest = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" },
            "spec": { "ports": [{ "port": 80 }] } });
        let service = Object::new(Kind::SERVICE, &space.name, "web");
        cluster.create(&service, &manifest, Effect::DryRun, soon()).await.expect("fine");
        cluster.create(&service, &manifest, Effect::Real, soon()).await.expect("made");
        let again = cluster.create(&service, &manifest, Effect::Real, soon()).await.expect_err("twice");
        assert!(matches!(again.why, Why::Exists(_)), "{again:?}");
    });
}

#[test]
fn replica_counts_are_read_and_set() {
    let Some(bed) = Testbed::shared(&[Bed::Kubernetes]) else { return };
    let space = bed.namespace("scale");
    space.apply(WEB);
    space.wait("deployment/web", "two are ready", |found| found["status"]["readyReplicas"] == 2);
    runtime().block_on(async {
        let cluster = admin(bed);
        let web = workload(&format!("deployment/{}/web", space.name)).expect("a workload");
        let read = cluster.scale(&web, soon()).await.expect("read");
        assert_eq!((read.wanted, read.there), (2, 2));
        let set = cluster.set_scale(&web, 3, Some(&read.version), Effect::Real, soon()).await.expect("set");
        assert_eq!(set.wanted, 3);
        let late = cluster.set_scale(&web, 9, Some(&read.version), Effect::Real, soon()).await;
        assert!(late.expect_err("too late").is_conflict());
    });
    space.wait("deployment/web", "three are ready", |found| found["status"]["readyReplicas"] == 3);
}

#[test]
fn pods_tell_what_runs_and_what_they_wrote() {
    let Some(bed) = Testbed::shared(&[Bed::Kubernetes]) else { return };
    let space = bed.namespace("pods");
    space.apply(WEB);
    space.wait("deployment/web", "two are ready", |found| found["status"]["readyReplicas"] == 2);
    runtime().block_on(async {
        let cluster = admin(bed);
        let web = workload(&format!("deployment/{}/web", space.name)).expect("a workload");
        let pods = cluster.pods(&web, soon()).await.expect("pods");
        assert_eq!(pods.len(), 2);
        let pod = pods.first().expect("one");
        assert!(pod.ready && pod.live && pod.hash().is_some(), "{pod:?}");
        assert_eq!((pod.phase.raw(), pod.restarts), ("Running", 0));
        assert_eq!(pod.image.raw(), "registry.example.com/web:1.0.0");
        let digest = pod.digest.as_ref().expect("a digest").raw().to_owned();
        assert!(digest.starts_with("sha256:"), "{digest}");
        let tail = Tail { container: None, lines: 5, bytes: 4096, life: Default::default() };
        let log = cluster.log(&space.name, &pod.name, &tail, soon()).await.expect("a log");
        assert!(!log.text.is_empty() && log.text.raw().lines().count() <= 5, "{log:?}");
        let short = Tail { bytes: 4, ..tail };
        let log = cluster.log(&space.name, &pod.name, &short, soon()).await.expect("a log");
        assert!(log.cut && log.text.raw().len() <= 4, "{log:?}");
        // The next version falls down again and again.
        space.kubectl(&["set", "image", "deployment/web", "web=registry.example.com/web:2.0.0-crash"]);
        let until = std::time::Instant::now() + crate::testbed::PATIENCE;
        loop {
            let pods = cluster.pods(&web, soon()).await.expect("pods");
            let crashing = pods.iter().find(|pod| pod.image.raw().ends_with("-crash") && pod.restarts >= 2);
            if let Some(pod) = crashing {
                assert!(!pod.ready, "{pod:?}");
                assert_ne!(pod.digest.as_ref().map(|it| it.raw().to_owned()), Some(digest));
                break;
            }
            assert!(std::time::Instant::now() < until, "it does not restart: {pods:?}");
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    });
}
