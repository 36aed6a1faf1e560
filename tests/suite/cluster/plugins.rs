//! Credential plugins: those that answer, fail, hang, ask, flood or answer nonsense.

use std::time::Duration;

use serde_json::{Value, json};
use tminus::base::Timestamp;
use tminus::release::Credentials;
use tminus::world::cluster::{Access, Deadline, Refusal, Why};
use wiremock::matchers::{any, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Desk, cluster, kubeconfig, read, route, soon, status};

const V1: &str = "client.authentication.k8s.io/v1";

fn exec(command: &str) -> Value {
    json!({ "exec": { "apiVersion": V1, "command": command, "interactiveMode": "Never" } })
}

fn credential(token: &str, until: Option<Timestamp>) -> String {
    json!({
        "apiVersion": V1, "kind": "ExecCredential",
        "status": { "token": token, "expirationTimestamp": until.map(|at| at.to_string()) },
    })
    .to_string()
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second() + seconds).expect("a time")
}

/// A server that knows one token.
async fn knowing(token: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "metadata": { "name": "payments" } }));
    let right = header("authorization", format!("Bearer {token}").as_str());
    Mock::given(right).respond_with(answer).mount(&server).await;
    let no = status(401, "Unauthorized", "Unauthorized");
    Mock::given(any()).respond_with(no).with_priority(9).mount(&server).await;
    server
}

/// What comes of a plugin with this script.
async fn trying(script: &str, patience: Duration) -> (Refusal, Credentials) {
    let desk = Desk::new("http://127.0.0.1:1", json!({}));
    let program = desk.script("plugin", script);
    let server = json!({ "server": "http://127.0.0.1:1" });
    desk.write("config", &kubeconfig("test", server, exec(&program)));
    let cluster = cluster(Access { patience, ..Access::file(desk.path("config"), None) });
    let refusal = cluster.get::<Value>(&route(), soon()).await.expect_err("no credentials");
    (refusal, cluster.health().credentials)
}

const LONG: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_plugin_is_run_once_with_its_arguments_and_variables_and_no_terminal() {
    let server = knowing("s3cret").await;
    let desk = Desk::new(&server.uri(), json!({}));
    let until = later(3600);
    let log = desk.path("log");
    let program = desk.script(
        "plugin",
        &format!(
            "echo \"$1 $CLOUD $KUBERNETES_EXEC_INFO\" >> '{}'\nread line && exit 9\necho '{}'",
            log.display(),
            credential("s3cret", Some(until))
        ),
    );
    let user = json!({ "exec": {
        "apiVersion": V1, "command": program, "args": ["get; touch pwned"], "interactiveMode": "IfAvailable",
        "env": [{ "name": "CLOUD", "value": "$(id)" }], "provideClusterInfo": true,
    } });
    desk.write("config", &kubeconfig("test", json!({ "server": server.uri() }), user));
    let cluster = desk.cluster();
    let all = (0..8).map(|_| {
        let cluster = cluster.clone();
        async move { cluster.get::<Value>(&route(), soon()).await }
    });
    for answer in futures::future::join_all(all).await {
        answer.expect("answered");
    }
    let log = read(&log);
    assert_eq!(log.lines().count(), 1, "once for all: {log}");
    let (words, info) = log.split_once('{').expect("the info");
    assert_eq!(words, "get; touch pwned $(id) ");
    let info: Value = serde_json::from_str(&format!("{{{info}")).expect("JSON");
    assert_eq!(info["apiVersion"], V1);
    assert_eq!(info["spec"]["interactive"], false);
    assert_eq!(info["spec"]["cluster"]["server"], server.uri());
    assert_eq!(cluster.health().credentials, Credentials::Good { until: Some(until) });
}

#[tokio::test]
async fn a_plugin_is_run_again_when_its_answer_is_over_or_not_taken() {
    let server = knowing("third").await;
    let desk = Desk::new(&server.uri(), json!({}));
    let log = desk.path("log");
    // The first answer is nearly over, the second is not taken, the third is.
    let program = desk.script(
        "plugin",
        &format!(
            "echo x >> '{0}'\ncase $(wc -l < '{0}') in\n1) echo '{1}';;\n2) echo '{2}';;\n*) echo '{3}';;\nesac",
            log.display(),
            credential("first", Some(later(5))),
            credential("second", Some(later(3600))),
            credential("third", Some(later(3600))),
        ),
    );
    desk.write("config", &kubeconfig("test", json!({ "server": server.uri() }), exec(&program)));
    let cluster = desk.cluster();
    cluster.namespace(soon()).await.expect("known");
    assert_eq!(read(&log).lines().count(), 1);
    cluster.get::<Value>(&route(), soon()).await.expect("answered");
    assert_eq!(read(&log).lines().count(), 3);
    cluster.get::<Value>(&route(), soon()).await.expect("answered");
    assert_eq!(read(&log).lines().count(), 3, "it is still good");
}

#[tokio::test]
async fn credentials_that_are_never_taken_are_expired_and_nothing_loops() {
    let server = knowing("other").await;
    let desk = Desk::new(&server.uri(), json!({}));
    let log = desk.path("log");
    let text = credential("old", None);
    let program = desk.script("plugin", &format!("echo x >> '{}'\necho '{text}'", log.display()));
    desk.write("config", &kubeconfig("test", json!({ "server": server.uri() }), exec(&program)));
    let cluster = desk.cluster();
    let refusal = cluster.get::<Value>(&route(), soon()).await.expect_err("not taken");
    assert!(refusal.text().contains("log in to the cluster again"), "{refusal}");
    assert!(!refusal.is_unknown());
    assert!(matches!(cluster.health().credentials, Credentials::Expired { .. }), "{:?}", cluster.health());
    assert_eq!(read(&log).lines().count(), 2, "once more, and no more");
    assert_eq!(server.received_requests().await.expect("recorded").len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_over_already_is_expired_and_never_sent() {
    let since = later(-60);
    let (refusal, state) = trying(&format!("echo '{}'", credential("s3cret", Some(since))), LONG).await;
    assert!(matches!(&state, Credentials::Expired { since: told, .. } if *told == since), "{state:?}");
    assert!(refusal.text().contains("expired at"), "{refusal}");
}

#[tokio::test]
async fn a_plugin_that_fails_is_quoted_safely() {
    let script = "printf 'SSO session expired\\033]52;c;AAAA\\007 run sso login\\n' >&2\necho s3cret\nexit 3";
    let (refusal, state) = trying(script, LONG).await;
    let Credentials::Failed { why, said } = state else { panic!("{state:?}") };
    assert!(why.raw().contains("exit status: 3") && why.raw().contains("by hand"), "{why:?}");
    assert!(said.raw().contains("SSO session expired"), "{said:?}");
    let text = refusal.to_string();
    assert!(text.contains("SSO session expired") && !text.contains('\u{1b}'), "{text:?}");
    assert!(!text.contains("s3cret"), "{text}");
    assert!(matches!(refusal.why, Why::Credentials(_)));
}

#[tokio::test]
async fn a_plugin_that_hangs_is_stopped_with_what_it_started() {
    let desk = Desk::new("http://127.0.0.1:1", json!({}));
    let pid = desk.path("pid");
    let program =
        desk.script("plugin", &format!("sleep 300 &\necho $! > '{}'\necho waiting >&2\nwait", pid.display()));
    desk.write("config", &kubeconfig("test", json!({ "server": "http://127.0.0.1:1" }), exec(&program)));
    let patience = Duration::from_millis(700);
    let cluster = cluster(Access { patience, ..Access::file(desk.path("config"), None) });
    let refusal = cluster.get::<Value>(&route(), soon()).await.expect_err("no credentials");
    assert!(refusal.text().contains("did not end"), "{refusal}");
    assert!(refusal.text().contains("waiting"), "what it wrote is kept: {refusal}");
    let child = read(&pid);
    let gone = || {
        let stat = read(std::path::Path::new(&format!("/proc/{}/stat", child.trim())));
        stat.is_empty() || stat.contains(") Z ")
    };
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while !gone() && std::time::Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(gone(), "{child} is still there");
}

#[tokio::test]
async fn a_plugin_that_is_slower_than_a_caller_serves_the_next_one() {
    let server = knowing("s3cret").await;
    let desk = Desk::new(&server.uri(), json!({}));
    let (go, log) = (desk.path("go"), desk.path("log"));
    let program = desk.script(
        "plugin",
        &format!(
            "echo x >> '{}'\nwhile [ ! -e '{}' ]; do sleep 0.05; done\necho '{}'",
            log.display(),
            go.display(),
            credential("s3cret", None)
        ),
    );
    desk.write("config", &kubeconfig("test", json!({ "server": server.uri() }), exec(&program)));
    let cluster = desk.cluster();
    let short = Deadline::within(Duration::from_millis(300));
    let refusal = cluster.get::<Value>(&route(), short).await.expect_err("too slow");
    assert!(matches!(&refusal.why, Why::NotSent(_)), "{refusal:?}");
    std::fs::write(go, "").expect("written");
    cluster.get::<Value>(&route(), soon()).await.expect("answered");
    assert_eq!(read(&log).lines().count(), 1, "the one that was started goes on");
}

#[tokio::test]
async fn what_is_no_answer_is_named_and_not_quoted() {
    let wrong = json!({ "apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
        "status": { "token": "s3cret" } });
    let half = json!({ "apiVersion": V1, "kind": "ExecCredential",
        "status": { "clientCertificateData": "s3cret" } });
    let empty = json!({ "apiVersion": V1, "kind": "ExecCredential", "status": {} });
    for (script, why) in [
        ("echo s3cret".to_owned(), "no ExecCredential"),
        (format!("echo '{wrong}'"), "another version"),
        (format!("echo '{half}'"), "without its key"),
        (format!("echo '{empty}'"), "neither a token nor a certificate"),
        ("yes s3cret".to_owned(), "wrote without end"),
    ] {
        let (refusal, state) = trying(&script, LONG).await;
        assert!(refusal.text().contains(why), "{script}: {refusal}");
        assert!(!format!("{refusal} {:?}", refusal.why).contains("s3cret\""), "{refusal}");
        assert!(matches!(state, Credentials::Failed { .. }), "{state:?}");
    }
}

#[tokio::test]
async fn a_plugin_that_wants_a_terminal_or_is_not_there_says_what_to_do() {
    let server = json!({ "server": "http://127.0.0.1:1" });
    for (user, why) in [
        (
            json!({ "exec": { "apiVersion": V1, "command": "sso", "args": ["login", "--profile", "a b"],
                "interactiveMode": "Always" } }),
            "run `sso login --profile 'a b'` by hand",
        ),
        (
            json!({ "exec": { "apiVersion": V1, "command": "no-such-plugin-here", "interactiveMode": "Never",
                "installHint": "get it from\u{1b}[31m the shelf" } }),
            "does not start",
        ),
        (
            json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1alpha1", "command": "x" } }),
            "no longer spoken",
        ),
    ] {
        let desk = Desk::new("http://127.0.0.1:1", json!({}));
        desk.write("config", &kubeconfig("test", server.clone(), user));
        let refusal = desk.cluster().get::<Value>(&route(), soon()).await.expect_err(why);
        assert!(refusal.text().contains(why), "{refusal}");
        assert!(!refusal.text().contains('\u{1b}'));
    }
}
