//! The Prometheus adapter: every shape of answer, every fault, and a real server when there is one.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use tminus::analysis::Quality;
use tminus::base::{Seconds, Timestamp, Untrusted};
use tminus::engine::clock::WallClock;
use tminus::engine::ports::{Ask, Fault, Numbers, Reading};
use tminus::plan::{Dialect, Metric, Source, SourceKind};
use tminus::world::http::Http;
use tminus::world::metrics::Prometheus;
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::monitoring::Monitoring;

fn source(address: &str) -> Source {
    Source {
        id: "prom".into(),
        kind: SourceKind::Prometheus { url: address.to_owned(), dialect: Dialect::Prometheus },
        fallback: None,
        owner: None,
        every: Seconds(15),
    }
}

fn metric(query: Option<&str>) -> Metric {
    Metric {
        id: "up".into(),
        title: Untrusted::new("up"),
        source: Some("prom".into()),
        query: query.map(str::to_owned),
        sides: None,
        counts: None,
        histogram: None,
        target: None,
        alert: None,
        baseline: None,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("time")
}

fn prometheus() -> Prometheus {
    Prometheus::new(Http::new(None).expect("client"), Arc::new(WallClock))
}

async fn window(address: &str, from: i64, to: i64) -> Result<Reading, Fault> {
    let (source, metric) = (source(address), metric(Some("up")));
    prometheus().read(Ask { source: &source, metric: &metric, from: at(from), to: at(to) }).await
}

async fn instant(address: &str) -> Result<Reading, Fault> {
    moment(&source(address), "up", at(1_435_781_451)).await
}

/// A query at one moment: no step of so wide a grid is in the window.
async fn moment(source: &Source, query: &str, at: Timestamp) -> Result<Reading, Fault> {
    let (source, metric) = (Source { every: Seconds(7_000_000_000), ..source.clone() }, metric(Some(query)));
    prometheus().read(Ask { source: &source, metric: &metric, from: at, to: at }).await
}

async fn serving(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

fn success(result: Value) -> Value {
    json!({ "status": "success", "data": { "resultType": "matrix", "result": result } })
}

fn values(reading: &Reading) -> Vec<Option<f64>> {
    reading.numbers().iter().map(|(_, value)| *value).collect()
}

#[tokio::test]
async fn every_documented_shape_is_read_or_refused() {
    let vectors: Value =
        serde_json::from_str(include_str!("../vectors/prometheus_api_shapes.json")).expect("json");
    let mut met = 0;
    for case in vectors["cases"].as_array().expect("cases") {
        let kind = case["kind"].as_str().expect("kind");
        let http = u16::try_from(case["http"].as_u64().expect("http")).expect("status");
        let server = serving(ResponseTemplate::new(http).set_body_json(&case["body"])).await;
        let answer = instant(&server.uri()).await;
        match kind {
            "vector" | "vector with NaN / Inf strings" => {
                let reading = answer.expect(kind);
                assert_eq!(values(&reading), [None], "{kind}: no series is the one that was meant");
                assert_eq!(reading.canary()[0].quality, Quality::Partial);
                assert!(reading.partial.expect(kind).line().contains("series where one was meant"));
            }
            "matrix" => assert_eq!(values(&answer.expect(kind)), [Some(1.0)]),
            "empty matrix (Kayenta fixture rangeQueryEmpty.json)" => {
                assert_eq!(answer.expect(kind).canary()[0].quality, Quality::NoSeries);
            }
            "scalar" => assert_eq!(values(&answer.expect(kind)), [Some(0.5)]),
            "string" => assert!(matches!(answer, Err(Fault::Foreign(..))), "{kind}: {answer:?}"),
            "native histogram vector" => {
                let reading = answer.expect(kind);
                assert!(reading.partial.expect(kind).line().contains("histogram_quantile"));
            }
            "warnings and infos" => {
                assert_eq!(answer.expect(kind).partial.expect(kind).line(), "results may be incomplete");
            }
            "bad_data" | "execution" | "timeout" | "too many points" => {
                let Err(Fault::Refused(_, why)) = answer else { panic!("{kind}: {answer:?}") };
                assert!(why.contains(case["body"]["error"].as_str().expect("error")), "{why}");
            }
            other => panic!("a shape nobody tested: {other}"),
        }
        met += 1;
    }
    assert_eq!(met, 12);
}

#[tokio::test]
async fn steps_left_out_are_gaps_and_the_server_tells_its_time() {
    let result = json!([{ "metric": {}, "values": [[1005, "1"], [1035, "NaN"], [1050.0, "0.25"]] }]);
    let answer = ResponseTemplate::new(200)
        .insert_header("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .set_body_json(success(result));
    let server = serving(answer).await;
    let reading = window(&server.uri(), 1000, 1064).await.expect("reading");
    assert_eq!(reading.numbers().first().map(|(at, _)| at.as_second()), Some(1005));
    assert_eq!(values(&reading), [Some(1.0), None, None, Some(0.25)]);
    assert_eq!(reading.server_time.map(Timestamp::as_second), Some(784_111_777));
    assert_eq!(reading.partial, None);
}

#[tokio::test]
async fn an_answer_without_series_is_a_window_of_gaps() {
    let server = serving(ResponseTemplate::new(200).set_body_json(success(json!([])))).await;
    assert_eq!(values(&window(&server.uri(), 0, 45).await.expect("reading")), [None; 4]);
}

#[tokio::test]
async fn a_long_window_is_asked_in_parts_below_the_servers_limit() {
    let server = MockServer::start().await;
    let answer = |request: &Request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let form: BTreeMap<&str, i64> = body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
            .collect();
        let (start, end, step) = (form["start"], form["end"], form["step"]);
        assert_eq!((start % step, end % step), (0, 0), "not aligned");
        if (end - start) / step > 11_000 {
            let body = json!({ "status": "error", "errorType": "bad_data", "error": "too many points" });
            return ResponseTemplate::new(400).set_body_json(body);
        }
        let all: Vec<Value> = (0..=(end - start) / step).map(|k| json!([start + k * step, "2"])).collect();
        ResponseTemplate::new(200).set_body_json(success(json!([{ "metric": {}, "values": all }])))
    };
    Mock::given(path("/api/v1/query_range"))
        .and(body_string_contains("query=up"))
        .respond_with(answer)
        .expect(3)
        .mount(&server)
        .await;
    let reading = window(&server.uri(), 0, 25_000 * 15).await.expect("reading");
    assert_eq!(reading.numbers().len(), 25_001);
    assert!(reading.numbers().iter().all(|(_, value)| *value == Some(2.0)));
    assert!(
        reading
            .numbers()
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if b.0.as_second() - a.0.as_second() == 15))
    );
    let error = window(&server.uri(), 0, 15 * 1_000_000).await.expect_err("far too long");
    assert!(matches!(error, Fault::Unsupported(_)));
}

#[rstest]
#[case::proxy_page(502, "text/html", "<html>bad gateway</html>", "unreachable")]
#[case::login_page(200, "text/html", "<html>log in</html>", "foreign")]
#[case::asks_who(401, "text/plain", "no", "refused")]
#[case::elsewhere(302, "text/plain", "", "foreign")]
#[case::empty(200, "application/json", "", "foreign")]
#[case::other_json(200, "application/json", "{\"a\":1}", "foreign")]
#[case::no_data(200, "application/json", "{\"status\":\"success\"}", "foreign")]
#[case::broken(200, "application/json", "{\"status\":\"succ", "foreign")]
#[case::unknown_type(
    200,
    "application/json",
    "{\"status\":\"success\",\"data\":{\"resultType\":\"streams\",\"result\":[]}}",
    "foreign"
)]
#[case::no_number(
    200,
    "application/json",
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[[15,\"\\u001b[2J\"]]}]}}",
    "foreign"
)]
#[case::success_with_500(
    500,
    "application/json",
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
    "foreign"
)]
#[tokio::test]
async fn what_is_not_an_answer_is_a_fault(
    #[case] status: u16,
    #[case] kind: &str,
    #[case] body: &str,
    #[case] wanted: &str,
) {
    let server = serving(ResponseTemplate::new(status).set_body_raw(body, kind)).await;
    let fault = window(&server.uri(), 0, 45).await.expect_err(body);
    let found = match &fault {
        Fault::Unreachable(..) => "unreachable",
        Fault::Refused(..) => "refused",
        Fault::Foreign(..) => "foreign",
        Fault::Unsupported(..) => "unsupported",
        other => panic!("{other}"),
    };
    assert_eq!(found, wanted, "{fault}");
    assert!(fault.to_string().chars().all(|c| !c.is_control()), "{fault:?}");
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    let huge = format!("{{\"status\":\"success\",\"x\":\"{}\"}}", "y".repeat(9 * 1024 * 1024));
    let server = serving(ResponseTemplate::new(200).set_body_raw(huge, "application/json")).await;
    let Err(Fault::Foreign(_, why)) = window(&server.uri(), 0, 45).await else { panic!("it was taken") };
    assert!(why.contains("8 MiB"), "{why}");
}

#[tokio::test]
async fn nobody_there_and_nothing_asked_are_faults() {
    let free = TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address");
    let gone = format!("http://{free}");
    assert!(matches!(window(&gone, 0, 45).await, Err(Fault::Unreachable(..))));
    assert!(matches!(window("http://no-such-host.invalid", 0, 45).await, Err(Fault::Unreachable(..))));
    assert!(matches!(window("http://169.254.169.254", 0, 45).await, Err(Fault::Unsupported(..))));
    let (source, metric) = (source(&gone), metric(None));
    let ask = Ask { source: &source, metric: &metric, from: at(0), to: at(45) };
    let fault = prometheus().read(ask).await.expect_err("no query").to_string();
    assert!(fault.contains("write query"), "{fault}");
}

/// Asks again and again until the answer is the one wanted, for a minute at most.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..600 {
        tick.tick().await;
        if let Some(found) = ask().await {
            return found;
        }
    }
    panic!("waited in vain for {what}");
}

#[tokio::test]
async fn a_real_server_answers_instants_windows_and_nonsense() {
    let Some(server) = Monitoring::of_itself() else { return };
    let source = Source { every: Seconds(1), ..source(&server.address) };
    let prometheus = prometheus();
    let up = "up{job=\"itself\"}";
    let newest = until("the first scrape", async || {
        let reading = moment(&source, up, Timestamp::now()).await.ok()?;
        reading.numbers().first().copied().filter(|(_, value)| *value == Some(1.0)).map(|_| reading)
    })
    .await;
    assert_eq!(newest.partial, None);
    let told = newest.server_time.expect("date");
    assert!((told.as_second() - Timestamp::now().as_second()).abs() < 60, "{told}");

    let begin = newest.numbers()[0].0.as_second();
    let metric = metric(Some(up));
    let reading = until("three samples on the grid", async || {
        let (from, to) = (at(begin - 60), Timestamp::now());
        let reading = prometheus.read(Ask { source: &source, metric: &metric, from, to }).await.ok()?;
        (values(&reading).iter().flatten().count() >= 3).then_some(reading)
    })
    .await;
    assert_eq!(reading.partial, None);
    assert_eq!(values(&reading).first(), Some(&None), "nothing was known a minute before the first scrape");
    assert!(
        reading
            .numbers()
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if b.0.as_second() - a.0.as_second() == 1))
    );

    let ask = async |query: &str| moment(&source, query, Timestamp::now()).await;
    assert_eq!(values(&ask("0/0").await.expect("NaN")), [None]);
    assert_eq!(values(&ask("vector(2)").await.expect("vector")), [Some(2.0)]);
    assert_eq!(ask("absent_metric").await.expect("empty").canary()[0].quality, Quality::NoSeries);
    let several = ask("{__name__=~\"prometheus_.*\"}").await.expect("several");
    assert!(values(&several) == [None] && several.partial.is_some());
    let Err(Fault::Refused(_, why)) = ask("sum(").await else { panic!("nonsense was taken") };
    assert!(why.contains("bad_data"), "{why}");
    assert!(matches!(ask("\"text\"").await, Err(Fault::Foreign(..))));

    let long = Ask { source: &source, metric: &metric, from: at(begin - 30_000), to: at(begin) };
    assert_eq!(prometheus.read(long).await.expect("four requests").numbers().len(), 30_001);
}
