//! A scripted canary through the program itself, on each router: each step is read back from the cluster by `kubectl`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::home::Home;
use crate::testbed::{Part, Testbed, wait};

const STEPS: [u32; 4] = [5, 25, 50, 100];

/// A plan of one rollout.
fn plan(rollout: &str, more: &str, steps: &[u32]) -> String {
    let steps: Vec<String> =
        steps.iter().map(|weight| format!("{{ weight = {weight}, soak = \"1s\" }}")).collect();
    format!(
        "[release]\nname = \"web\"\nversion = \"2.0.0\"\ntype = \"minor\"\n\n[rollout.web]\n{rollout}\n\
         steps = [{}]\n\n{more}\n",
        steps.join(", ")
    )
}

/// What the plan names that runs.
#[derive(Clone, Copy)]
enum Watched {
    /// The workload to go back to.
    Workload,
    /// Nothing: the release is begun as a first one.
    Nothing,
}

/// Promotes step by step; each share is what `seen` says, however near it can come.
fn promoted(home: &Home<'_>, (steps, watched): (&[u32], Watched), seen: impl Fn(u32)) {
    match watched {
        Watched::Workload => home.soon(&["release", "start"]),
        Watched::Nothing => {
            let (code, error) = home.fails(&["release", "start"]);
            assert_eq!((code, &error["code"]), (10, &json!("blocked")), "{error}");
            home.soon(&["release", "start", "--first-release"]);
        }
    }
    for (number, weight) in steps.iter().enumerate() {
        home.soon(&["rollout", "promote", "--to", &weight.to_string()]);
        let reached = json!(number + 1);
        home.until(&format!("step {reached} is reached"), |status| status["rollouts"][0]["step"] == reached);
        seen(*weight);
    }
    let last = home.until("it is complete", |status| status["status"] == "watching");
    assert_eq!(last["rollouts"][0]["canary"]["configured"], json!(100.0), "{last:#}");
    let verified = home.json(&["verify"]);
    assert_eq!(verified["holds"], true, "{verified}");
}

pub fn deployments(stable: u32, canary: u32) -> String {
    let one = |name: &str, side: &str, replicas: u32, tag: &str| {
        format!(
            "
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: {name} }}
spec:
  replicas: {replicas}
  selector: {{ matchLabels: {{ app: web, side: {side} }} }}
  template:
    metadata: {{ labels: {{ app: web, side: {side} }} }}
    spec: {{ containers: [ {{ name: web, image: 'registry.example.com/web:{tag}' }} ] }}
---"
        )
    };
    one("web-stable", "blue", stable, "1.0.0") + &one("web-canary", "green", canary, "2.0.0")
}

pub const SERVICES: &str = "
apiVersion: v1
kind: Service
metadata: { name: web-stable }
spec: { selector: { app: web, side: blue }, ports: [ { port: 80 } ] }
---
apiVersion: v1
kind: Service
metadata: { name: web-canary }
spec: { selector: { app: web, side: green }, ports: [ { port: 80 } ] }
---";

pub const HTTP: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  parentRefs: [ { name: gate } ]
  rules:
    - backendRefs:
        - { name: web-stable, port: 80, weight: 100 }
        - { name: web-canary, port: 80, weight: 0 }
---";

const ISTIO: &str = "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web }
spec:
  hosts: [ web ]
  http:
    - route:
        - { destination: { host: web, subset: v1 }, weight: 100 }
        - { destination: { host: web, subset: v2 }, weight: 0 }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web }
spec:
  host: web
  subsets: [ { name: v1, labels: { side: blue } }, { name: v2, labels: { side: green } } ]
---";

/// The two sides as a deploy with both workloads.
pub fn workloads(space: &str) -> String {
    format!(
        "deploy = {{ workload = \"deployment/{space}/web-canary\", stable = \"deployment/{space}/web-stable\", \
         image = \"registry.example.com/web:2.0.0\" }}"
    )
}

#[test]
fn a_canary_on_an_http_route() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("canary-http");
    space.apply(&[&deployments(2, 2), SERVICES, HTTP].concat());
    space.wait("deployment/web-stable", "ready", |found| found["status"]["readyReplicas"] == 2);
    let mut home = Home::new(bed);
    let name = &space.name;
    let router = format!(
        "strategy = \"canary\"\nrouter = {{ httproute = \"{name}/web\", stable = \"web-stable\", canary = \"web-canary\" }}\n{}",
        workloads(name)
    );
    home.open(&plan(&router, "", &STEPS));
    promoted(&home, (&STEPS, Watched::Workload), |weight| {
        let backends = &space.get("httproute/web")["spec"]["rules"][0]["backendRefs"];
        assert_eq!((&backends[0]["weight"], &backends[1]["weight"]), (&json!(100 - weight), &json!(weight)));
    });
}

#[test]
fn a_canary_on_a_virtual_service() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("canary-istio");
    space.apply(&[&deployments(2, 2), SERVICES, ISTIO].concat());
    space.wait("deployment/web-stable", "ready", |found| found["status"]["readyReplicas"] == 2);
    let mut home = Home::new(bed);
    let name = &space.name;
    let router = format!(
        "strategy = \"canary\"\nrouter = {{ virtualservice = \"{name}/web\", stable = \"v1\", canary = \"v2\" }}\n{}",
        workloads(name)
    );
    home.open(&plan(&router, "", &STEPS));
    promoted(&home, (&STEPS, Watched::Workload), |weight| {
        let routes = &space.get("virtualservice/web")["spec"]["http"][0]["route"];
        let of = |place: usize| routes[place]["weight"].as_u64().unwrap_or(0);
        assert_eq!((of(0), of(1)), (u64::from(100 - weight), u64::from(weight)));
    });
}

#[test]
fn a_canary_of_an_argo_rollout() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes, Part::ArgoRollouts]) else { return };
    let space = bed.namespace("canary-argo");
    let manifest = include_str!("rollout.yaml");
    space.apply(manifest);
    space.wait("rollout/pay", "healthy", |found| found["status"]["phase"] == "Healthy");
    let mut home = Home::new(bed);
    let name = &space.name;
    let router = format!(
        "strategy = \"canary\"\nrouter = {{ rollout = \"{name}/pay\" }}\n\
         deploy = {{ workload = \"rollout/{name}/pay\", image = \"registry.example.com/pay:2.0.0\" }}"
    );
    home.open(&plan(&router, "", &STEPS));
    promoted(&home, (&STEPS, Watched::Workload), |weight| {
        if weight == 100 {
            space.wait("rollout/pay", "the new version is stable", |found| {
                found["status"]["phase"] == "Healthy"
                    && found["status"]["stableRS"] == found["status"]["currentPodHash"]
            });
            return;
        }
        let routes = &space.get("virtualservice/pay")["spec"]["http"][0]["route"];
        assert_eq!((&routes[0]["weight"], &routes[1]["weight"]), (&json!(100 - weight), &json!(weight)));
    });
    let image = &space.get("rollout/pay")["spec"]["template"]["spec"]["containers"][0]["image"];
    assert!(image.as_str().is_some_and(|image| image.contains("2.0.0")), "{image}");
}

#[test]
fn blue_goes_to_green_behind_a_service() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("canary-service");
    space.apply(&[deployments(2, 2), SERVICES.replace("name: web-stable", "name: web")].concat());
    space.wait("deployment/web-stable", "ready", |found| found["status"]["readyReplicas"] == 2);
    let mut home = Home::new(bed);
    let name = &space.name;
    let router = format!(
        "strategy = \"blue-green\"\nrouter = {{ service = \"{name}/web\", stable = \"side=blue\", canary = \"side=green\" }}\n{}",
        workloads(name)
    );
    home.open(&plan(&router, "", &[100]));
    promoted(&home, (&[100], Watched::Workload), |_| {
        assert_eq!(space.get("service/web")["spec"]["selector"], json!({ "app": "web", "side": "green" }));
    });
}

#[test]
fn a_rolling_release_by_the_counts_of_two_deployments() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("canary-ratio");
    space.apply(
        &[deployments(4, 0), SERVICES.replace("web-stable", "web").replace(", side: blue", "")].concat(),
    );
    space.wait("deployment/web-stable", "ready", |found| found["status"]["readyReplicas"] == 4);
    let mut home = Home::new(bed);
    let name = &space.name;
    let router = format!(
        "strategy = \"rolling\"\nrouter = {{ deployment = \"{name}/web\", stable = \"web-stable\", canary = \"web-canary\" }}\n{}",
        workloads(name)
    );
    home.open(&plan(&router, "", &STEPS));
    promoted(&home, (&STEPS, Watched::Workload), |weight| {
        let wanted = |name: &str| space.get(name)["spec"]["replicas"].as_u64().expect("a count");
        // As near as four pods come, and at least one from the first step on.
        let canary = match weight {
            5 | 25 => 1,
            50 => 2,
            _ => 4,
        };
        assert_eq!((wanted("deployment/web-stable"), wanted("deployment/web-canary")), (4 - canary, canary));
    });
}

#[test]
fn a_flag_in_a_file_carries_the_canary() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let mut home = Home::new(bed);
    home.write(
        "flags.json",
        "{\n  \"sampling\": { \"enabled\": false, \"rollout\": 0 },\n  \"other\": 1\n}\n",
    );
    let flag = "[flag.sampling]\nfile = \"flags.json\"\npointer = \"/sampling\"\npercent = \"/rollout\"\nenabled = \"/enabled\"\n";
    home.open(&plan("strategy = \"canary\"\nrouter = { flag = \"sampling\" }", flag, &STEPS));
    promoted(&home, (&STEPS, Watched::Nothing), |weight| {
        let text = std::fs::read_to_string(home.path().join("flags.json")).expect("read");
        let found: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(found, json!({ "sampling": { "enabled": true, "rollout": weight }, "other": 1 }));
    });
}

#[test]
fn a_program_carries_the_canary_and_reads_it_back() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("canary-command");
    space.apply(HTTP);
    let mut home = Home::new(bed);
    home.write(
        "promote.sh",
        "#!/bin/sh\nset -eu\nexec kubectl -n \"$1\" patch httproute web --type=json -p \
         \"[{\\\"op\\\":\\\"replace\\\",\\\"path\\\":\\\"/spec/rules/0/backendRefs/0/weight\\\",\\\"value\\\":$3},\
         {\\\"op\\\":\\\"replace\\\",\\\"path\\\":\\\"/spec/rules/0/backendRefs/1/weight\\\",\\\"value\\\":$2}]\"\n",
    );
    let name = &space.name;
    let router = format!(
        "strategy = \"canary\"\nrouter = {{ write = [\"sh\", \"./promote.sh\", \"{name}\", \"{{{{weight}}}}\", \
         \"{{{{stable-weight}}}}\"], read = [\"kubectl\", \"-n\", \"{name}\", \"get\", \"httproute\", \"web\", \"-o\", \
         \"json\"], pointer = \"/spec/rules/0/backendRefs/1/weight\" }}"
    );
    home.open(&plan(&router, "", &STEPS));
    promoted(&home, (&STEPS, Watched::Nothing), |weight| {
        let backends = &space.get("httproute/web")["spec"]["rules"][0]["backendRefs"];
        assert_eq!((&backends[0]["weight"], &backends[1]["weight"]), (&json!(100 - weight), &json!(weight)));
    });
}

/// A flag service: one flag, kept in memory, for who brings the token.
struct Flags {
    address: String,
    flag: Arc<Mutex<Value>>,
}

impl Flags {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let flag = Arc::new(Mutex::new(json!({ "enabled": false, "rollout_percentage": 0 })));
        let shared = flag.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let flag = shared.clone();
                std::thread::spawn(move || serve(stream, &flag));
            }
        });
        Self { address, flag }
    }
}

/// One request a connection.
fn serve(mut stream: TcpStream, flag: &Mutex<Value>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut first, mut length, mut known) = (String::new(), 0, false);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let lower = line.trim().to_ascii_lowercase();
        if lower.is_empty() {
            break;
        }
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        known |= lower == "authorization: bearer open-sesame";
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut flag = flag.lock().ok()?;
    let (status, answer) = match (known, first.starts_with("PUT ")) {
        (false, _) => ("401 Unauthorized", json!({ "error": "who are you?" })),
        (true, true) => {
            *flag = serde_json::from_slice(&body).ok()?;
            ("200 OK", flag.clone())
        }
        (true, false) => ("200 OK", flag.clone()),
    };
    let text = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    );
    stream.write_all((head + &text).as_bytes()).ok()
}

#[test]
fn a_flag_of_a_service_carries_the_canary_and_goes_off_with_a_rollback() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let flags = Flags::start();
    let mut home = Home::new(bed);
    let flag = format!(
        "[flag.sampling]\nhttp = \"{}/flags/sampling\"\ntoken-env = \"FLAGS_TOKEN\"\n\
         body = '{{\"enabled\": {{{{enabled}}}}, \"rollout_percentage\": {{{{percent}}}}}}'\n\
         percent = \"/rollout_percentage\"\nenabled = \"/enabled\"\n",
        flags.address
    );
    let router = "strategy = \"canary\"\nrouter = { flag = \"sampling\" }\nflags = [\"sampling\"]";
    home.open(&plan(router, &flag, &STEPS));
    let seen = || flags.flag.lock().expect("whole").clone();
    promoted(&home, (&STEPS, Watched::Nothing), |weight| {
        assert_eq!(seen(), json!({ "enabled": true, "rollout_percentage": weight }));
    });
    home.json(&["rollback", "--reason", "checkout fails"]);
    wait("the flag is off", || (seen()["enabled"] == false).then_some(()));
    let back = home.until("it is back", |status| status["status"] == "rolled-back");
    assert_eq!(back["rollouts"][0]["canary"]["configured"], json!(0.0), "{back:#}");
    assert!(!back["blockers"].to_string().contains("taken away"), "{back:#}");
    let (_, log, _) = home.run(&["log", "--limit", "20"]);
    assert!(log.contains("intends to turn off flags sampling"), "{log}");
    assert!(!log.contains("the plan has no flags"), "{log}");
}
