//! A bad canary goes back by itself: the router, the pods and the requests say so.

use serde_json::json;

use crate::canary::{HTTP, SERVICES, deployments, workloads};
use crate::home::Home;
use crate::testbed::{Namespace, Part, Testbed, wait};

/// A canary on an HTTPRoute whose errors and requests a Prometheus counts.
fn plan(bed: &Testbed, space: &Namespace<'_>) -> String {
    let name = &space.name;
    let route = format!("route=\\\"httproute/{name}/web\\\"");
    let errors = format!(
        "sum(rate(http_requests_total{{{route},track=\\\"canary\\\",code=\\\"500\\\"}}[5s])) / \
         sum(rate(http_requests_total{{{route},track=\\\"canary\\\"}}[5s]))"
    );
    let side = "track=\\\"{{side}}\\\"";
    format!(
        "[release]
name = \"web\"
version = \"2.0.0\"
type = \"minor\"

[source.prom]
prometheus = \"{url}\"
every = \"1s\"

[metric.error-rate]
source = \"prom\"
query = \"{errors}\"

[metric.requests]
source = \"prom\"
bad = \"sum(http_requests_total{{{route},{side},code=\\\"500\\\"}})\"
total = \"sum(http_requests_total{{{route},{side}}})\"
sides = {{ canary = \"canary\", baseline = \"stable\" }}

[rollout.web]
strategy = \"canary\"
router = {{ httproute = \"{name}/web\", stable = \"web-stable\", canary = \"web-canary\", observed = \"requests\" }}
{workloads}
steps = [ {{ weight = 25, soak = \"5m\" }}, {{ weight = 100 }} ]
blind = {{ after = \"5s\", actions = [\"roll-back\"] }}

[trigger.error-rate]
when = \"error-rate > 10% for 2s\"
severity = \"P0\"
warm-up = \"1s\"
actions = [\"roll-back\"]
",
        url = bed.prometheus(),
        workloads = workloads(name),
    )
}

fn scene<'a>(bed: &'a Testbed, topic: &str) -> Namespace<'a> {
    let space = bed.namespace(topic);
    space.apply(&[&deployments(2, 2), SERVICES, HTTP].concat());
    for name in ["deployment/web-stable", "deployment/web-canary"] {
        space.wait(name, "ready", |found| found["status"]["readyReplicas"] == 2);
    }
    space
}

/// Opens the release and brings the canary to its first step.
fn at_the_first_step<'a>(bed: &'a Testbed, space: &Namespace<'_>) -> Home<'a> {
    let mut home = Home::new(bed);
    home.open(&plan(bed, space));
    home.soon(&["release", "start"]);
    home.soon(&["rollout", "promote", "--to", "25"]);
    home.until("requests show the canary", |status| {
        status["rollouts"][0]["canary"]["observed"].as_f64().is_some_and(|share| share > 15.0)
    });
    home
}

fn weights(space: &Namespace<'_>) -> (u64, u64) {
    let backends = &space.get("httproute/web")["spec"]["rules"][0]["backendRefs"];
    let of = |place: usize| backends[place]["weight"].as_u64().expect("a weight");
    (of(0), of(1))
}

#[test]
fn a_bad_canary_goes_back_by_a_trigger() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes, Part::Prometheus, Part::Proxy]) else { return };
    let space = scene(bed, "bad-canary");
    let home = at_the_first_step(bed, &space);
    assert_eq!(weights(&space), (75, 25));
    bed.make_bad("canary", &format!("httproute/{}/web", space.name), 0.9);
    let back = home.until("it is back and no request goes there", |status| {
        let observed = &status["rollouts"][0]["canary"]["observed"];
        status["status"] == "rolled-back" && observed.as_f64().is_some_and(|share| share <= 0.5)
    });
    assert_eq!(weights(&space).1, 0);
    let canary = &back["rollouts"][0]["canary"];
    assert_eq!(canary["configured"], json!(0.0), "{back:#}");
    let share = format!(
        "sum(rate(http_requests_total{{route=\"httproute/{0}/web\",track=\"canary\"}}[5s]))",
        space.name
    );
    wait("no request reaches the canary", || bed.query(&share).filter(|rate| *rate < 0.1));
    assert_eq!(space.get("deployment/web-stable")["status"]["readyReplicas"], 2);
    let (_, log, _) = home.run(&["log", "--limit", "80"]);
    assert!(log.contains("error-rate"), "{log}");
    assert_eq!(home.json(&["verify"])["holds"], true);
}
