//! Which cluster is meant, and what is said when that cannot be told.

use std::ffi::OsString;
use std::path::PathBuf;

use serde_json::{Value, json};
use tminus::release::Credentials;
use tminus::world::cluster::{Access, Account, Surroundings, Why};
use tminus::world::http::{Http, Limits};
use wiremock::matchers::{any, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Desk, cluster, kubeconfig, route, soon};

async fn serving() -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "metadata": { "name": "payments" } }));
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn told(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.expect("recorded");
    let one = |request: &wiremock::Request| {
        let header = request.headers.get("authorization").and_then(|it| it.to_str().ok());
        header.unwrap_or("nothing").to_owned()
    };
    requests.iter().map(one).collect()
}

#[tokio::test]
async fn several_files_are_one_and_the_first_that_says_something_wins() {
    let (here, there) = (serving().await, serving().await);
    let desk = Desk::new(&here.uri(), json!({ "token": "one" }));
    let mut other = kubeconfig("eu-1", json!({ "server": there.uri() }), json!({ "token": "two" }));
    // A second `test` is not looked at.
    for part in ["clusters", "users", "contexts"] {
        let again = kubeconfig("test", json!({ "server": "http://127.0.0.1:9" }), json!({ "token": "no" }));
        let list = other[part].as_array_mut().expect("a list");
        list.push(again[part][0].clone());
    }
    desk.write("other", &other);
    let paths = [desk.path("gone"), desk.path("config"), desk.path("other")];
    let around = Surroundings {
        kubeconfig: Some(std::env::join_paths(paths).expect("paths")),
        ..Surroundings::default()
    };
    for (context, server, token, name) in
        [(None, &here, "Bearer one", "test"), (Some("eu-1"), &there, "Bearer two", "eu-1")]
    {
        let cluster = cluster(Access::of(context, &around));
        cluster.get::<Value>(&route(), soon()).await.expect("answered");
        assert_eq!(told(server).await, [token]);
        assert_eq!(cluster.health().context, name);
        assert_eq!(cluster.health().credentials, Credentials::Good { until: None });
        assert!(cluster.health().good.is_some());
    }
}

#[tokio::test]
async fn what_is_missing_is_named_with_what_there_is() {
    let desk = Desk::new("https://127.0.0.1:1", json!({}));
    let mut lost = kubeconfig("a", json!({ "server": "https://127.0.0.1:1" }), json!({}));
    lost["contexts"][0]["context"]["cluster"] = json!("b");
    desk.write("lost", &lost);
    lost["contexts"][0]["context"] = json!({ "cluster": "a", "user": "c" });
    desk.write("nobody", &lost);
    desk.write("empty", &json!({}));
    let proxied = json!({ "server": "https://127.0.0.1:1", "proxy-url": "http://proxy:3128" });
    desk.write("proxied", &kubeconfig("p", proxied, json!({})));
    desk.write("odd", &kubeconfig("p", json!({ "server": "ftp://x" }), json!({})));
    let legacy = json!({ "auth-provider": { "name": "gcp", "config": {} } });
    desk.write("legacy", &kubeconfig("p", json!({ "server": "https://127.0.0.1:1" }), legacy));
    std::fs::write(desk.path("broken"), "users: [ { token: s3cret ").expect("written");
    for (file, context, why) in [
        ("config", Some("prod"), "no context `prod`; there are: test"),
        ("gone", None, "no kubeconfig at"),
        ("lost", None, "no such cluster"),
        ("nobody", None, "no such user"),
        ("empty", None, "has no current context"),
        ("proxied", None, "proxy-url, which this build does not support"),
        ("odd", None, "write server: https://"),
        ("broken", None, "is no kubeconfig that can be read"),
        ("legacy", None, "auth-provider `gcp`"),
    ] {
        let cluster = cluster(Access::file(desk.path(file), context));
        let refusal = cluster.get::<Value>(&route(), soon()).await.expect_err(file);
        let text = refusal.to_string();
        assert!(text.contains(why), "{file}: {text}");
        assert!(!text.contains("s3cret"), "{text}");
        assert!(matches!(refusal.why, Why::Setup(_) | Why::Credentials(_)), "{refusal:?}");
        assert!(!refusal.is_unknown());
    }
}

#[tokio::test]
async fn a_pod_uses_its_service_account_and_reads_its_token_anew() {
    let server = serving().await;
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("token"), "first\n").expect("token");
    std::fs::write(folder.path().join("namespace"), "shop").expect("namespace");
    let denied = ResponseTemplate::new(401);
    Mock::given(header("authorization", "Bearer first"))
        .respond_with(denied)
        .with_priority(1)
        .mount(&server)
        .await;
    // The file there is no authority, and none is needed for plain HTTP.
    let pem = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("certificate").cert.pem();
    std::fs::write(folder.path().join("ca.crt"), pem).expect("authority");
    let cluster = cluster(Access::pod(Account { folder: folder.path().into(), server: server.uri() }));
    std::fs::write(folder.path().join("token"), "first").expect("token");
    assert_eq!(cluster.namespace(soon()).await.expect("known"), "shop");
    // Renewed in place: the first answer says that it is over, and the file has the next one.
    std::fs::write(folder.path().join("token"), "second").expect("token");
    cluster.get::<Value>(&route(), soon()).await.expect("answered");
    assert_eq!(told(&server).await, ["Bearer first", "Bearer second"]);
    assert_eq!(cluster.health().context, "in-cluster");
}

#[test]
fn the_surroundings_say_where_to_look() {
    let home = Surroundings { home: Some("/home/ada".into()), ..Surroundings::default() };
    assert_eq!(Access::of(None, &home).files, [PathBuf::from("/home/ada/.kube/config")]);
    let named = Surroundings { kubeconfig: Some(OsString::from("/a::/b")), ..home.clone() };
    assert_eq!(Access::of(Some("x"), &named).files, [PathBuf::from("/a"), PathBuf::from("/b")]);
    let pod = Surroundings {
        host: Some("fd00::1".to_owned()),
        port: Some("6443".to_owned()),
        ..Surroundings::default()
    };
    let account = Access::of(None, &pod).account.expect("an account");
    assert_eq!(account.server, "https://[fd00::1]:6443");
}

#[tokio::test]
async fn somebody_who_switches_the_current_context_moves_nothing_elsewhere() {
    let (prod, play) = (serving().await, serving().await);
    let desk = Desk::new(&prod.uri(), json!({ "token": "one" }));
    let cluster = desk.cluster();
    cluster.get::<Value>(&route(), soon()).await.expect("answered");
    // The login is over, and meanwhile the file has another current context.
    let over = ResponseTemplate::new(401);
    Mock::given(header("authorization", "Bearer one")).respond_with(over).with_priority(1).mount(&prod).await;
    let mut file = kubeconfig("play", json!({ "server": play.uri() }), json!({ "token": "two" }));
    for part in ["clusters", "users", "contexts"] {
        let own = kubeconfig("test", json!({ "server": prod.uri() }), json!({ "token": "three" }));
        let list = file[part].as_array_mut().expect("a list");
        list.push(own[part][0].clone());
    }
    desk.write("config", &file);
    cluster.get::<Value>(&route(), soon()).await.expect("answered");
    assert_eq!(told(&prod).await.last().map(String::as_str), Some("Bearer three"));
    assert_eq!(told(&play).await, [""; 0], "nobody asked the other one");
    // The same name for another server is another cluster.
    let over = ResponseTemplate::new(401);
    Mock::given(header("authorization", "Bearer three"))
        .respond_with(over)
        .with_priority(1)
        .mount(&prod)
        .await;
    desk.write("config", &kubeconfig("test", json!({ "server": play.uri() }), json!({ "token": "four" })));
    let refusal = cluster.get::<Value>(&route(), soon()).await.expect_err("another server");
    assert!(refusal.text().contains("another server"), "{refusal}");
    assert_eq!(told(&play).await, [""; 0]);
}

#[tokio::test]
async fn the_other_http_client_works_beside_it() {
    let server = serving().await;
    let desk = Desk::new(&server.uri(), json!({}));
    desk.cluster().get::<Value>(&route(), soon()).await.expect("answered");
    let limits = Limits { time: std::time::Duration::from_secs(10), body: 1024 };
    let answer = Http::new(None).expect("a client").get(&server.uri(), limits).await.expect("answered");
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_server_that_nobody_verifies_is_said() {
    let server = serving().await;
    let desk = Desk::new(&server.uri(), json!({}));
    let cluster = desk.cluster();
    cluster.get::<Value>(&route(), soon()).await.expect("answered");
    assert!(cluster.health().unverified);
    let lax = json!({ "server": "https://127.0.0.1:1", "insecure-skip-tls-verify": true });
    desk.write("config", &kubeconfig("test", lax, json!({})));
    let cluster = desk.cluster();
    let refusal = cluster.get::<Value>(&route(), soon()).await.expect_err("nobody there");
    assert!(matches!(refusal.why, Why::NotSent(_)), "{refusal:?}");
    assert!(cluster.health().unverified);
    assert!(cluster.health().fault.is_some());
}
