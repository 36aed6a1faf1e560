//! `tminus baseline capture|set|list` as a process: what is kept, what is refused, and the exit codes.

use std::fs;

use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::verbs::Desk;

/// 2026-09-21T14:00:00Z, a whole hour, long past.
const END: i64 = 1_789_999_200;

/// A release with a latency from this server, opened and trusted.
fn opened(server: &str) -> Desk {
    let desk = Desk::new();
    let plan = format!(
        "[release]\nname = \"shop\"\nversion = \"2.4.0\"\ntype = \"minor\"\n\n\
         [source.prom]\nprometheus = \"{server}\"\n\n\
         [metric.latency]\nsource = \"prom\"\nquery = \"p95\"\ntarget = \"< 500ms\"\n\
         baseline = \"version 2.3.0\"\n\n\
         [metric.throughput]\ntarget = \"> 10000/s\"\n"
    );
    fs::write(desk.path().join("shop.tminus.toml"), plan).expect("written");
    desk.json(&["open", "shop.md"]);
    desk.json(&["trust", "shop.md"]);
    desk
}

async fn off<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_version_was_is_read_written_down_and_listed() {
    let server = MockServer::start().await;
    let values: Vec<Value> = (0..=240).map(|n| json!([END - 3600 + n * 15, "0.25"])).collect();
    let answer = json!({ "status": "success", "data": { "resultType": "matrix", "result": [
        { "metric": {}, "values": values }
    ] } });
    Mock::given(path("/api/v1/query_range"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    off(|| {
        let desk = opened(&server.uri());
        assert_eq!(desk.json(&["baseline", "list"]), json!([]));
        let why = |desk: &Desk| {
            let status = desk.json(&["status"]);
            let metrics = status["metrics"].as_array().expect("metrics").clone();
            let latency = metrics.into_iter().find(|it| it["name"] == "latency").expect("it is there");
            latency["baseline"].as_str().expect("a sentence").to_owned()
        };
        let absent = why(&desk);
        assert!(absent.contains("tminus baseline capture latency --version 2.3.0"), "{absent}");
        let (from, to) = ("2026-09-21T13:00:00Z", "2026-09-21T14:00:00Z");
        let ask = ["baseline", "capture", "latency", "--version", "v2.3.0", "--from", from, "--to", to];
        let read = desk.json(&ask);
        assert_eq!((&read["value"], &read["name"]), (&json!(0.25), &json!("version 2.3.0")));
        desk.json(&["baseline", "set", "throughput", "--version", "2.3.0", "10000/s"]);
        let rows = desk.json(&["baseline", "list"]);
        let row = |place: usize, key: &str| rows[place][key].clone();
        assert_eq!(
            (row(0, "is"), row(0, "samples"), row(0, "usable")),
            (json!("median"), json!(240), json!(true))
        );
        assert_eq!(
            (row(1, "is"), row(1, "value"), row(1, "inputs")),
            (json!("said"), json!(10_000.0), Value::Null)
        );
        assert_eq!(row(1, "by"), json!("ada@example.com"));
        assert!(why(&desk).contains("the median of 240 samples over 1h"), "{}", why(&desk));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_said() {
    let server = MockServer::start().await;
    let empty = json!({ "status": "success", "data": { "resultType": "matrix", "result": [] } });
    Mock::given(path("/api/v1/query_range"))
        .respond_with(ResponseTemplate::new(200).set_body_json(empty))
        .mount(&server)
        .await;
    off(|| {
        let desk = opened(&server.uri());
        let (from, to) = ("2026-09-21T13:00:00Z", "2026-09-21T14:00:00Z");
        let ask =
            ["baseline", "capture", "latency", "--version", "2.3.0", "--from", from, "--to", to, "--json"];
        let (code, out, err) = desk.run(&ask);
        assert_eq!(code, 1, "{err}");
        assert!(out.contains("there was no good sample"), "{out}");
        let turned = ["baseline", "capture", "latency", "--version", "2.3.0", "--from", to, "--to", from];
        assert_eq!(desk.fails(&turned), (10, "incomplete".into()));
        let typed = ["baseline", "capture", "throughput", "--version", "2.3.0", "--from", from, "--to", to];
        assert_eq!(desk.fails(&typed), (10, "wrong-state".into()));
        assert_eq!(desk.fails(&["baseline", "set", "latency", "--version", "2.3.0", "10%"]).0, 2);
        assert_eq!(desk.fails(&["baseline", "set", "none", "--version", "2.3.0", "1s"]).0, 10);
    })
    .await;
}
