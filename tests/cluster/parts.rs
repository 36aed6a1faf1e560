//! The parts do what the real ones do: pods become ready, a rollout moves its weights.

use crate::testbed::{Part, Testbed, wait};

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: 'registry.example.com/web:1.0.0' } ] }
";

#[test]
fn a_deployment_of_three_becomes_ready() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("ready");
    space.apply(WEB);
    space.wait("deployment/web", "three are ready", |found| found["status"]["readyReplicas"] == 3);
    let pods = space.get("pods");
    let image = pods["items"][0]["status"]["containerStatuses"][0]["imageID"].as_str().expect("a digest");
    assert!(image.starts_with("registry.example.com/web@sha256:"), "{image}");
}

#[test]
fn an_image_that_is_missing_leaves_the_old_pods_ready() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("missing");
    space.apply(WEB);
    space.wait("deployment/web", "three are ready", |found| found["status"]["readyReplicas"] == 3);
    space.kubectl(&["set", "image", "deployment/web", "web=registry.example.com/web:2.0.0-missing"]);
    space.wait("pods", "one waits for its image", |found| {
        found["items"].as_array().is_some_and(|pods| {
            pods.iter().any(|pod| {
                pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ImagePullBackOff"
            })
        })
    });
    assert_eq!(space.get("deployment/web")["status"]["readyReplicas"], 3);
}

#[test]
fn a_promoted_rollout_moves_the_weights_of_its_virtual_service() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes, Part::ArgoRollouts]) else { return };
    let space = bed.namespace("rollout");
    space.apply(include_str!("rollout.yaml"));
    let weights = |found: &serde_json::Value| {
        let routes = &found["spec"]["http"][0]["route"];
        (routes[0]["weight"].as_i64(), routes[1]["weight"].as_i64())
    };
    space.wait("rollout/pay", "healthy", |found| found["status"]["phase"] == "Healthy");
    space.kubectl(&["argo", "rollouts", "set", "image", "pay", "pay=registry.example.com/pay:2.0.0"]);
    space.wait("virtualservice/pay", "5 % go to the canary", |found| weights(found) == (Some(95), Some(5)));
    space.wait("rollout/pay", "it pauses", |found| found["status"]["phase"] == "Paused");
    space.kubectl(&["argo", "rollouts", "promote", "pay"]);
    space.wait("virtualservice/pay", "25 % go to the canary", |found| weights(found) == (Some(75), Some(25)));
    space.kubectl(&["argo", "rollouts", "abort", "pay"]);
    space.wait("virtualservice/pay", "all is back", |found| weights(found) == (Some(100), Some(0)));
}

const ROUTE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: pay }
spec:
  parentRefs: [ { name: gateway } ]
  rules:
    - backendRefs:
        - { name: pay-stable, port: 80, weight: STABLE }
        - { name: pay-canary, port: 80, weight: CANARY }
";

fn route(stable: u32, canary: u32) -> String {
    ROUTE.replace("STABLE", &stable.to_string()).replace("CANARY", &canary.to_string())
}

#[test]
fn requests_follow_the_weights_of_a_route() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes, Part::Prometheus, Part::Proxy]) else { return };
    let space = bed.namespace("share");
    let of = |track: &str| {
        let labels = format!("route=\"httproute/{}/pay\",track=~\"{track}\"", space.name);
        format!("sum(rate(http_requests_total{{{labels}}}[5s]))")
    };
    let share = format!("100 * {} / {}", of("canary"), of(".*"));
    space.apply(&route(100, 0));
    wait("all goes to stable", || bed.query(&of("stable")).filter(|rate| *rate > 1.0));
    space.apply(&route(75, 25));
    let seen = wait("a quarter goes to the canary", || {
        bed.query(&share).filter(|share| (*share - 25.0).abs() < 3.0)
    });
    assert!((22.0..28.0).contains(&seen), "{seen}");
    space.apply(&route(1, 0));
    wait("all is back", || bed.query(&share).filter(|share| *share == 0.0));
}

#[test]
fn requests_follow_the_ready_pods_behind_a_service() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes, Part::Prometheus, Part::Proxy]) else { return };
    let space = bed.namespace("ratio");
    space.apply(
        "
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [ { port: 80 } ] }
",
    );
    space.apply(WEB);
    space.apply(
        &WEB.replace("name: web }", "name: web-canary }")
            .replace("replicas: 3", "replicas: 1")
            .replace("labels: { app: web }", "labels: { app: web, track: canary }")
            .replace("matchLabels: { app: web }", "matchLabels: { app: web, track: canary }"),
    );
    let labels = format!("route=\"service/{}/web\"", space.name);
    let share = format!(
        "100 * sum(rate(http_requests_total{{{labels},track=\"canary\"}}[5s])) / sum(rate(http_requests_total{{{labels}}}[5s]))"
    );
    wait("one pod of four is the canary", || bed.query(&share).filter(|share| (*share - 25.0).abs() < 3.0));
    space.kubectl(&["scale", "deployment/web-canary", "--replicas=0"]);
    wait("none is", || bed.query(&share).filter(|share| *share == 0.0));
}

#[test]
fn a_service_told_to_be_bad_shows_it_on_one_route_only() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes, Part::Prometheus, Part::Proxy]) else { return };
    let space = bed.namespace("bad");
    space.apply(&route(50, 50));
    let name = format!("httproute/{}/pay", space.name);
    bed.make_bad("canary", &name, 0.5);
    let errors = |track: &str| {
        let labels = format!("route=\"{name}\",track=\"{track}\"");
        let failed = format!("sum(rate(http_requests_total{{{labels},code=\"500\"}}[5s]))");
        format!("100 * {failed} / sum(rate(http_requests_total{{{labels}}}[5s]))")
    };
    wait("half of the canary's answers fail", || {
        bed.query(&errors("canary")).filter(|share| (30.0..70.0).contains(share))
    });
    wait("and none of the other side's do", || bed.query(&errors("stable")).filter(|share| *share < 1.0));
}

#[test]
fn the_api_server_comes_back_with_all_it_knew() {
    let Some(bed) = Testbed::own(&[Part::Kubernetes]) else { return };
    bed.kubectl(&["create", "configmap", "kept", "--from-literal=a=b"]);
    bed.tell("kube-apiserver", "restart");
    assert!(bed.kubectl(&["get", "configmap", "kept", "-o", "jsonpath={.data.a}"]).contains('b'));
}
