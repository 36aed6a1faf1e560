//! Following objects over connections that end, break, fall silent or are told to begin anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use serde_json::{Value, json};
use tminus::world::cluster::{Change, Kind, Objects};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::Desk;

/// What a server does with one request.
enum Turn {
    /// Lists these at this version.
    List(&'static [&'static str], &'static str),
    /// Sends these lines, then ends the answer well.
    Lines(Vec<Value>),
    /// Sends these lines, then breaks off.
    Break(Vec<Value>),
    /// Sends these lines, then keeps the connection until told.
    Keep(Vec<Value>, Arc<Notify>),
    /// Answers with this code.
    No(u16),
}

fn item(name: &str, version: &str) -> Value {
    json!({ "metadata": { "name": name, "resourceVersion": version } })
}

fn event(kind: &str, name: &str, version: &str) -> Value {
    json!({ "type": kind, "object": item(name, version) })
}

fn gone() -> Value {
    json!({ "type": "ERROR", "object": { "kind": "Status", "code": 410, "reason": "Expired", "message": "too old" } })
}

type Asked = Arc<Mutex<Vec<String>>>;

/// A server that plays these turns, one a connection, and writes down what it was asked.
async fn playing(turns: Vec<Turn>) -> (Desk, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = listener.local_addr().expect("address").port();
    let asked = Asked::default();
    let log = asked.clone();
    tokio::spawn(async move {
        let mut turns = VecDeque::from(turns);
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let line =
                String::from_utf8_lossy(&request[..read]).lines().next().unwrap_or_default().to_owned();
            log.lock().expect("lock").push(line);
            let Some(turn) = turns.pop_front() else { continue };
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
            let chunk = |value: &Value| {
                let line = format!("{value}\n");
                format!("{:x}\r\n{line}\r\n", line.len())
            };
            let mut out = head.to_owned();
            match turn {
                Turn::List(names, version) => {
                    let items: Vec<Value> = names.iter().map(|name| item(name, version)).collect();
                    out += &chunk(&json!({ "metadata": { "resourceVersion": version }, "items": items }));
                    out += "0\r\n\r\n";
                }
                Turn::Lines(lines) => {
                    out.extend(lines.iter().map(chunk));
                    out += "0\r\n\r\n";
                }
                Turn::Break(lines) => out.extend(lines.iter().map(chunk)),
                Turn::Keep(lines, until) => {
                    out.extend(lines.iter().map(chunk));
                    stream.write_all(out.as_bytes()).await.expect("written");
                    until.notified().await;
                    continue;
                }
                Turn::No(code) => {
                    out = format!("HTTP/1.1 {code} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                }
            }
            let _ = stream.write_all(out.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (Desk::new(&format!("http://127.0.0.1:{port}"), json!({})), asked)
}

fn word(change: Change<Value>) -> String {
    let name = |value: &Value| value["metadata"]["name"].as_str().unwrap_or("?").to_owned();
    match change {
        Change::Listed(all) => format!("all {}", all.iter().map(name).collect::<Vec<_>>().join(",")),
        Change::Applied(one) => format!("+{}", name(&one)),
        Change::Deleted(one) => format!("-{}", name(&one)),
        Change::Fresh => "fresh".to_owned(),
        Change::Lost(refusal) => format!("lost: {}", refusal.text()),
        Change::Back => "back".to_owned(),
    }
}

/// The first so many pieces of news.
async fn news(stream: &mut (impl Stream<Item = Change<Value>> + Unpin), count: usize) -> Vec<String> {
    let take = stream.take(count).map(word).collect::<Vec<_>>();
    tokio::time::timeout(Duration::from_secs(20), take).await.expect("news in time")
}

fn pods() -> Objects {
    Objects::of(Kind::POD, "shop").labelled("app=web")
}

#[tokio::test]
async fn a_watch_goes_on_where_the_last_one_ended() {
    let more = vec![event("ADDED", "c", "7"), event("BOOKMARK", "", "9")];
    let (desk, asked) = playing(vec![
        Turn::List(&["a", "b"], "5"),
        Turn::Lines(more),
        Turn::Keep(vec![event("DELETED", "a", "11")], Arc::default()),
    ])
    .await;
    let mut stream = desk.cluster().watch::<Value>(pods());
    assert_eq!(news(&mut stream, 6).await, ["all a,b", "fresh", "+c", "fresh", "fresh", "-a"]);
    let asked = asked.lock().expect("lock").clone();
    assert!(asked[0].contains("limit=250&labelSelector=app%3Dweb"), "{asked:?}");
    assert!(asked[1].contains("watch=true") && asked[1].contains("resourceVersion=5&"), "{asked:?}");
    assert!(asked[2].contains("resourceVersion=9&"), "{asked:?}");
}

#[tokio::test]
async fn a_version_that_is_gone_begins_anew() {
    for ending in [Turn::Lines(vec![gone()]), Turn::No(410)] {
        let (desk, asked) = playing(vec![
            Turn::List(&["a"], "5"),
            ending,
            Turn::List(&["b"], "90"),
            Turn::Keep(vec![], Arc::default()),
        ])
        .await;
        let mut stream = desk.cluster().watch::<Value>(pods());
        let seen = news(&mut stream, 3).await;
        let seen: Vec<&str> = seen.iter().map(String::as_str).filter(|it| *it != "fresh").collect();
        assert_eq!(seen, ["all a", "all b"]);
        assert!(asked.lock().expect("lock")[2].contains("limit="));
    }
}

#[tokio::test]
async fn a_break_is_told_and_so_is_its_end() {
    let (desk, asked) = playing(vec![
        Turn::List(&["a"], "5"),
        Turn::Break(vec![event("MODIFIED", "a", "6")]),
        Turn::No(503),
        Turn::No(503),
        Turn::Keep(vec![event("MODIFIED", "a", "8")], Arc::default()),
    ])
    .await;
    let cluster = desk.cluster();
    let mut stream = cluster.watch::<Value>(pods());
    let seen = news(&mut stream, 7).await;
    assert_eq!(
        (&seen[..3], &seen[5..]),
        (&["all a", "fresh", "+a"].map(String::from)[..], &["back", "+a"].map(String::from)[..])
    );
    // Two reasons, told once each.
    assert!(seen[3].starts_with("lost: ") && seen[4].contains("503"), "{seen:?}");
    let asked = asked.lock().expect("lock").clone();
    assert!(asked[4].contains("resourceVersion=6&"), "nothing between was missed: {asked:?}");
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_is_told_at_once() {
    let port = TcpListener::bind("127.0.0.1:0").await.expect("port").local_addr().expect("address").port();
    let desk = Desk::new(&format!("http://127.0.0.1:{port}"), json!({}));
    let mut stream = desk.cluster().watch::<Value>(pods());
    let seen = news(&mut stream, 1).await;
    assert!(seen[0].starts_with("lost: ") && seen[0].contains("nothing was sent"), "{seen:?}");
}

#[tokio::test]
async fn a_line_that_is_no_change_begins_anew() {
    let (desk, _) = playing(vec![
        Turn::List(&["a"], "5"),
        Turn::Lines(vec![json!("hello")]),
        Turn::List(&["b"], "6"),
        Turn::Keep(vec![], Arc::default()),
    ])
    .await;
    let mut stream = desk.cluster().watch::<Value>(pods());
    let seen = news(&mut stream, 4).await;
    assert!(seen[2].contains("not understood"), "{seen:?}");
    assert_eq!(seen[3], "all b");
}
