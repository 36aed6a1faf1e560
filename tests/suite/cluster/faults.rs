//! What a server may do wrong, and what each means for whoever asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tminus::engine::ports::Fault;
use tminus::world::cluster::{Deadline, Effect, Kind, Object, Objects, Part, Patch, Refusal, Tail, Why};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{any, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Desk, route, soon, status};

fn weights() -> Patch {
    Patch::Merge(json!({ "spec": { "weight": 5 } }))
}

async fn answering(answer: ResponseTemplate) -> (MockServer, Desk) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let desk = Desk::new(&server.uri(), json!({ "token": "t" }));
    (server, desk)
}

async fn count(server: &MockServer) -> usize {
    server.received_requests().await.expect("recorded").len()
}

async fn patching(desk: &Desk, deadline: Deadline) -> Refusal {
    let cluster = desk.cluster();
    cluster.patch(&route(), Part::Whole, &weights(), Effect::Real, deadline).await.expect_err("a fault")
}

#[tokio::test]
async fn a_write_is_sent_once_whatever_the_server_says() {
    for code in [500, 502, 503, 504] {
        let (server, desk) = answering(status(code, "Timeout", "etcd is slow")).await;
        let refusal = patching(&desk, soon()).await;
        assert!(refusal.is_unknown(), "{code}: it may have been done");
        assert!(refusal.text().contains("not known whether it was done"), "{refusal}");
        assert!(matches!(Fault::from(refusal), Fault::Unreachable(..)), "{code}");
        assert_eq!(count(&server).await, 1, "{code}");
    }
    for (code, reason) in
        [(409, "Conflict"), (403, "Forbidden"), (404, "NotFound"), (422, "Invalid"), (400, "BadRequest")]
    {
        let (server, desk) = answering(status(code, reason, "no")).await;
        let refusal = patching(&desk, soon()).await;
        assert!(!refusal.is_unknown(), "{code}: it was certainly not done");
        assert_eq!(refusal.is_conflict(), code == 409);
        assert_eq!(count(&server).await, 1, "{code}");
    }
}

#[tokio::test]
async fn a_write_says_what_it_is_and_who_writes() {
    let (server, desk) = answering(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let cluster = desk.cluster();
    let test = Patch::Json(vec![json!({ "op": "test", "path": "/metadata/resourceVersion", "value": "7" })]);
    cluster.patch(&route(), Part::Whole, &test, Effect::DryRun, soon()).await.expect("answered");
    let rollout = Object::new(Kind::ROLLOUT, "shop", "web");
    cluster.patch(&rollout, Part::Status, &weights(), Effect::Real, soon()).await.expect("answered");
    cluster.set_scale(&rollout, 3, Some("9"), Effect::Real, soon()).await.expect("answered");
    let requests = server.received_requests().await.expect("recorded");
    let seen: Vec<String> = requests
        .iter()
        .map(|it| {
            let kind = it.headers.get("content-type").and_then(|it| it.to_str().ok()).unwrap_or_default();
            let query = it.url.query().unwrap_or_default();
            format!("{} {}?{query} {kind} {}", it.method, it.url.path(), String::from_utf8_lossy(&it.body))
        })
        .collect();
    assert_eq!(
        seen,
        [
            "PATCH /apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/payments\
             ?fieldManager=tminus&dryRun=All application/json-patch+json \
             [{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\"7\"}]",
            "PATCH /apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/status?fieldManager=tminus \
             application/merge-patch+json {\"spec\":{\"weight\":5}}",
            "PATCH /apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/scale?fieldManager=tminus \
             application/merge-patch+json {\"metadata\":{\"resourceVersion\":\"9\"},\"spec\":{\"replicas\":3}}",
        ]
    );
}

#[tokio::test]
async fn a_busy_server_is_waited_for_as_long_as_there_is_time_and_no_longer() {
    let (server, desk) =
        answering(status(429, "TooManyRequests", "busy").insert_header("Retry-After", "3600")).await;
    let begun = Instant::now();
    let refusal = patching(&desk, Deadline::within(Duration::from_secs(2))).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(refusal.why, Why::Throttled { wait: Duration::from_secs(3600) });
    assert!(!refusal.is_unknown());
    assert!(matches!(Fault::from(refusal), Fault::Throttled(_, wait) if wait.0 == 3600));
    assert_eq!(count(&server).await, 1);
    // One that asks for less gets it, and the write goes through.
    let (server, desk) = answering(ResponseTemplate::new(200).set_body_json(json!({ "done": true }))).await;
    let busy = status(429, "TooManyRequests", "busy").insert_header("Retry-After", "1");
    Mock::given(any()).respond_with(busy).up_to_n_times(1).with_priority(1).mount(&server).await;
    let cluster = desk.cluster();
    let done = cluster.patch(&route(), Part::Whole, &weights(), Effect::Real, soon()).await.expect("done");
    assert_eq!(done["done"], true);
    assert_eq!(count(&server).await, 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (other, _) = answering(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let away = ResponseTemplate::new(302).insert_header("Location", format!("{}/stolen", other.uri()));
    let (_server, desk) = answering(away).await;
    let refusal = desk.cluster().get::<Value>(&route(), soon()).await.expect_err("a redirect");
    assert!(matches!(refusal.why, Why::Refused { status: 302, .. }), "{refusal:?}");
    assert_eq!(count(&other).await, 0);
}

#[tokio::test]
async fn an_answer_without_end_is_left() {
    let (_server, desk) = answering(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 17 << 20])).await;
    let refusal = desk.cluster().get::<Value>(&route(), soon()).await.expect_err("too long");
    assert!(refusal.text().contains("larger than 16 MiB"), "{refusal}");
    let (_server, desk) = answering(ResponseTemplate::new(200).set_body_string("<html>")).await;
    let refusal = desk.cluster().get::<Value>(&route(), soon()).await.expect_err("no JSON");
    assert!(matches!(Fault::from(refusal), Fault::Foreign(..)));
}

#[tokio::test]
async fn lists_come_page_by_page() {
    let server = MockServer::start().await;
    let page = |names: [&str; 2], next: &str| {
        let items: Vec<Value> = names.iter().map(|name| json!({ "metadata": { "name": name } })).collect();
        ResponseTemplate::new(200).set_body_json(
            json!({ "metadata": { "continue": next, "resourceVersion": "5" }, "items": items }),
        )
    };
    let pods = || Mock::given(method("GET")).and(path("/api/v1/namespaces/shop/pods"));
    pods()
        .and(query_param_is_missing("continue"))
        .respond_with(page(["a", "b"], "x+/="))
        .mount(&server)
        .await;
    pods().and(query_param("continue", "x+/=")).respond_with(page(["c", "d"], "")).mount(&server).await;
    let desk = Desk::new(&server.uri(), json!({}));
    let all: Vec<Value> = desk.cluster().list(&Objects::of(Kind::POD, "shop"), soon()).await.expect("listed");
    let names: Vec<&str> = all.iter().filter_map(|it| it["metadata"]["name"].as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_log_is_cut_where_it_was_asked_to_be() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v1/namespaces/shop/pods/web-1/log"))
        .and(query_param("tailLines", "50"))
        .and(query_param("limitBytes", "20"))
        .and(query_param("container", "web"))
        .respond_with(
            ResponseTemplate::new(200).set_body_bytes(b"one\ntwo \x1b[31m \xff\nthree is far too long\n"),
        )
        .mount(&server)
        .await;
    let desk = Desk::new(&server.uri(), json!({}));
    let tail = Tail { container: Some("web".to_owned()), lines: 50, bytes: 20, life: Default::default() };
    let log = desk.cluster().log("shop", "web-1", &tail, soon()).await.expect("a log");
    assert!(log.cut);
    assert_eq!(log.text.raw(), "one\ntwo \u{1b}[31m \u{fffd}\nthre");
}

/// A server that does this with the n-th connection after it has read a request.
#[derive(Clone, Copy)]
enum Act {
    /// Answers.
    Answer,
    /// Says nothing, ever.
    Nothing,
    /// Closes.
    Close,
    /// Closes in the middle of the answer.
    Half,
}

async fn acting(acts: Vec<Act>) -> (Desk, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = listener.local_addr().expect("address").port();
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            if read == 0 {
                continue;
            }
            let at = count.fetch_add(1, Ordering::SeqCst);
            match acts.get(at).or(acts.last()).copied().unwrap_or(Act::Close) {
                Act::Answer => {
                    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
                Act::Half => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{").await;
                }
                Act::Nothing => held.push(stream),
                Act::Close => {}
            }
        }
    });
    (Desk::new(&format!("http://127.0.0.1:{port}"), json!({})), seen)
}

#[tokio::test]
async fn a_lost_answer_leaves_a_write_unknown_and_is_never_asked_again() {
    for act in [Act::Close, Act::Half, Act::Nothing] {
        let (desk, seen) = acting(vec![act]).await;
        let begun = Instant::now();
        let refusal = patching(&desk, Deadline::within(Duration::from_secs(1))).await;
        assert!(refusal.is_unknown(), "{refusal:?}");
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert_eq!(seen.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_read_whose_connection_broke_is_asked_once_more() {
    let (desk, seen) = acting(vec![Act::Close, Act::Answer]).await;
    desk.cluster().get::<Value>(&route(), soon()).await.expect("answered");
    assert_eq!(seen.load(Ordering::SeqCst), 2);
    let (desk, seen) = acting(vec![Act::Half]).await;
    let refusal = desk.cluster().get::<Value>(&route(), soon()).await.expect_err("broken");
    assert!(!refusal.is_unknown(), "nothing was to be done");
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_was_sent_nothing() {
    let port = TcpListener::bind("127.0.0.1:0").await.expect("port").local_addr().expect("address").port();
    let desk = Desk::new(&format!("http://127.0.0.1:{port}"), json!({}));
    let refusal = patching(&desk, soon()).await;
    assert!(matches!(&refusal.why, Why::NotSent(why) if why.contains("refused")), "{refusal:?}");
    assert!(!refusal.is_unknown());
    // A server that speaks something else over TLS was sent nothing either.
    let (plain, _) = answering(ResponseTemplate::new(200)).await;
    let desk = Desk::new(&plain.uri().replace("http://", "https://"), json!({}));
    let refusal = patching(&desk, soon()).await;
    assert!(matches!(refusal.why, Why::NotSent(_)), "{refusal:?}");
}

#[tokio::test]
async fn a_refusal_says_what_to_ask_for() {
    let said = "httproutes.gateway.networking.k8s.io \"payments\" is forbidden: User \"bo@example.com\" cannot patch";
    let (_server, desk) = answering(status(403, "Forbidden", said)).await;
    let text = patching(&desk, soon()).await.to_string();
    assert_eq!(
        text,
        "test: may not patch httproutes in namespace shop as bo@example.com: \
         ask for the role in assets/rbac/httproute.yaml"
    );
}
