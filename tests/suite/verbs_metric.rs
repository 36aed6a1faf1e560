//! `tminus metric scrape|query` as a process: samples with how good each is, and the exit codes.

use serde_json::{Value, json};
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::verbs::Desk;

/// A server that shows this to everybody.
async fn showing(body: &str, kind: &'static str) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(body.to_owned(), kind);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn run(desk: &Desk, arguments: &[&str]) -> (i32, Value, Value) {
    let (code, out, err) = tokio::task::block_in_place(|| desk.run(&[arguments, &["--json"]].concat()));
    let read = |text: &str| serde_json::from_str(text.trim()).unwrap_or(Value::Null);
    (code, read(&out), read(&err))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_shown_with_kinds_values_and_qualities() {
    let page = "# TYPE hits counter\nhits_total{code=\"200\"} 1027 1395066363000\nidle NaN\nmost +Inf\n\
                some 0.5\nsome 0.5\n";
    let server = showing(page, "text/plain; version=0.0.4").await;
    let desk = Desk::new();
    let (code, out, _) = run(&desk, &["metric", "scrape", &server.uri()]).await;
    assert_eq!(code, 0);
    assert_eq!(
        (&out["source"], &out["quality"], &out["warnings"]),
        (&json!(server.uri()), &json!("ok"), &json!([]))
    );
    assert!(out["at"].as_str().is_some_and(|at| at.parse::<tminus::base::Timestamp>().is_ok()), "{out}");
    let series = out["series"].as_array().expect("series");
    assert_eq!(series.len(), 4);
    assert_eq!(series[0]["name"], "hits_total");
    assert_eq!(series[0]["labels"], json!({ "code": "200" }));
    assert_eq!(series[0]["samples"], json!([{ "t": 1_395_066_363, "value": 1027, "quality": "stale" }]));
    let one = |place: usize| {
        let sample = &series[place]["samples"][0];
        (sample["value"].clone(), sample["quality"].clone())
    };
    assert_eq!(one(1), (json!("NaN"), json!("no-traffic")));
    assert_eq!(one(2), (json!("+Inf"), json!("error")));
    assert_eq!(one(3), (json!(0.5), json!("ok")));
    let twice = showing("a 1\na 2\n", "text/plain").await;
    let (code, out, _) = run(&desk, &["metric", "scrape", &twice.uri()]).await;
    assert_eq!((code, &out["quality"]), (0, &json!("partial")));
    assert!(out["reason"].as_str().is_some_and(|why| why.contains("comes twice")), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_are_told_in_open_metrics_and_a_cut_page_is_not_understood() {
    let desk = Desk::new();
    let open = "application/openmetrics-text; version=1.0.0";
    let whole = showing("# TYPE a counter\na_total 1 # {x=\"y\"} 1\na_created 5\n# EOF\n", open).await;
    let (code, out, _) = run(&desk, &["metric", "scrape", &whole.uri()]).await;
    assert_eq!((code, &out["series"][0]["type"]), (0, &json!("counter")));
    let cut = showing("# TYPE a counter\na_total 1\n", open).await;
    let (code, out, err) = run(&desk, &["metric", "scrape", &cut.uri()]).await;
    assert_eq!((code, out), (65, Value::Null));
    assert!(err["error"]["message"].as_str().is_some_and(|why| why.contains("line 3: ")), "{err}");
    assert_eq!(err["error"]["code"], "not-understood");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_nonsense_and_a_bad_address_have_their_codes() {
    let desk = Desk::new();
    let gone = "http://127.0.0.1:9";
    assert_eq!(run(&desk, &["metric", "scrape", gone]).await.0, 69);
    assert_eq!(run(&desk, &["metric", "query", "--source", gone, "up"]).await.0, 69);
    assert_eq!(run(&desk, &["metric", "scrape", "file:///etc/passwd"]).await.0, 2);
    let html = showing("<html>log in</html>", "text/html").await;
    assert_eq!(run(&desk, &["metric", "scrape", &html.uri()]).await.0, 65);
    assert_eq!(run(&desk, &["metric", "query", "--source", &html.uri(), "up"]).await.0, 65);
    let server = showing("{}", "application/json").await;
    let asked = ["metric", "query", "--source", &server.uri(), "up", "--range", "soon"];
    assert_eq!(run(&desk, &asked).await.0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_show_every_series_gaps_and_warnings() {
    let now = tminus::base::Timestamp::now().as_second();
    let step = now - now.rem_euclid(15);
    let instant = json!({ "status": "success", "data": { "resultType": "vector", "result": [
        { "metric": { "__name__": "up", "job": "a" }, "value": [now, "1"] },
        { "metric": { "__name__": "up", "job": "b" }, "value": [now, "-Inf"] } ] } });
    let range = json!({ "status": "success", "warnings": ["a store is missing"],
        "data": { "resultType": "matrix", "result": [
        { "metric": { "job": "a" }, "values": [[step - 30, "1.5"], [step, "2"]] } ] } });
    let empty = json!({ "status": "success", "data": { "resultType": "vector", "result": [] } });
    let server = MockServer::start().await;
    for (at, body) in
        [("/api/v1/query", &instant), ("/api/v1/query_range", &range), ("/no/api/v1/query", &empty)]
    {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(path(at)).respond_with(answer).mount(&server).await;
    }
    let desk = Desk::new();
    let (code, out, _) = run(&desk, &["metric", "query", "--source", &server.uri(), "up"]).await;
    assert_eq!((code, &out["quality"]), (0, &json!("ok")));
    assert_eq!(out["series"][0]["name"], "up");
    assert_eq!(out["series"][1]["samples"][0]["value"], "-Inf");
    let asked = ["metric", "query", "--source", &server.uri(), "up", "--range", "30s", "--step", "15s"];
    let (code, out, _) = run(&desk, &asked).await;
    assert_eq!((code, &out["quality"], &out["reason"]), (0, &json!("partial"), &json!("a store is missing")));
    let samples = out["series"][0]["samples"].as_array().expect("samples");
    // A step may have passed since the answer was written down: the gap is in it either way.
    let gap = samples.iter().find(|it| it["t"] == json!(step - 15)).expect("the step between");
    assert_eq!((&gap["value"], &gap["quality"]), (&Value::Null, &json!("no-series")));
    let other = format!("{}/no", server.uri());
    let (code, out, _) = run(&desk, &["metric", "query", "--source", &other, "up"]).await;
    assert_eq!((code, &out["quality"], &out["series"]), (0, &json!("no-series"), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_users_own_is_sent_and_not_shown() {
    let server = showing("a 1\n", "text/plain").await;
    let desk = Desk::new();
    let config = desk.path().join("home/config");
    std::fs::create_dir_all(&config).expect("made");
    std::fs::write(config.join("token"), "s3cret").expect("written");
    let text = format!("[server.\"{}\"]\nbearer = {{ file = \"token\" }}\n", server.uri());
    std::fs::write(config.join("config.toml"), text).expect("written");
    let (code, out, err) = run(&desk, &["metric", "scrape", &server.uri()]).await;
    assert_eq!(code, 0, "{err}");
    assert!(!out.to_string().contains("s3cret"));
    let requests = server.received_requests().await.expect("recorded");
    assert_eq!(requests[0].headers["authorization"], "Bearer s3cret");
}
