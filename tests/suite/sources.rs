//! Every kind of source behind the one port: counts of both sides, fallbacks, pages, documents, commands, alerts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tminus::analysis::{Arm, Measure, Quality, Sample, Tally};
use tminus::base::{Quantity, Seconds, Timestamp, Unit, Untrusted};
use tminus::engine::clock::WallClock;
use tminus::engine::ports::{Ask, Fault, Numbers as _, Reading};
use tminus::plan::{
    Counts, Dialect, Histogram, Metric, Plan, Sides, Source, SourceKind, Sources as Files, resolve,
};
use tminus::world::http::Http;
use tminus::world::metrics::{Means, Pod, PodCounts, Sources};
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn source(id: &str, kind: SourceKind) -> Source {
    Source { id: id.into(), kind, fallback: None, owner: None, every: Seconds(15) }
}

fn prometheus(url: &str) -> SourceKind {
    SourceKind::Prometheus { url: url.to_owned(), dialect: Dialect::Prometheus }
}

fn metric(query: Option<&str>) -> Metric {
    Metric {
        id: "errors".into(),
        title: Untrusted::new("errors"),
        source: None,
        query: query.map(str::to_owned),
        sides: Some(Sides { canary: "new".to_owned(), baseline: "old".to_owned() }),
        counts: None,
        histogram: None,
        target: None,
        alert: None,
        baseline: None,
    }
}

fn counting(bad: &str, total: &str) -> Metric {
    Metric { counts: Some(Counts { bad: bad.to_owned(), total: total.to_owned() }), ..metric(None) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("time")
}

/// A plan with these sources and nothing else.
fn plan(sources: &[Source]) -> Plan {
    let file =
        tminus::plan::SourceFile::new("p.tminus.toml", b"[release]\nname = \"p\"\nversion = \"1.0.0\"\n");
    let mut plan = resolve(&Files { playbook: None, plan: Some(file) }).expect("a plan").plan;
    plan.sources = sources.to_vec();
    plan
}

/// A cluster that says one thing after the other.
#[derive(Default)]
struct Told(Mutex<Vec<Vec<Pod>>>);

impl PodCounts for Told {
    fn pods<'a>(&'a self, _workload: &'a str) -> BoxFuture<'a, Result<Vec<Pod>, Fault>> {
        Box::pin(async move { Ok(self.0.lock().expect("lock").remove(0)) })
    }
}

fn sources(known: &[Source]) -> Sources {
    with(known, Told::default())
}

fn with(known: &[Source], cluster: Told) -> Sources {
    let means = Means {
        folder: std::env::temp_dir(),
        http: Http::new(None).expect("client"),
        cluster: Arc::new(cluster),
        clock: Arc::new(WallClock),
    };
    Sources::new(&plan(known), means)
}

async fn read(from: &Sources, source: &Source, metric: &Metric, span: (i64, i64)) -> Result<Reading, Fault> {
    from.read(Ask { source, metric, from: at(span.0), to: at(span.1) }).await
}

/// Each sample of a side: bad of all, a number, or the word of its quality.
fn said(reading: &Reading, arm: Arm) -> Vec<String> {
    let one = |sample: &Sample| match (sample.quality, sample.measure) {
        (Quality::Ok, Measure::Tally(Tally { total, bad: [bad, ..] })) => format!("{bad}/{total}"),
        (Quality::Ok, Measure::Number(value)) => value.to_string(),
        (quality, _) => quality.to_string(),
    };
    reading.arms.get(&arm).map(|samples| samples.iter().map(one).collect()).unwrap_or_default()
}

fn form(request: &Request) -> BTreeMap<String, String> {
    let url = format!("form:?{}", String::from_utf8_lossy(&request.body));
    reqwest::Url::parse(&url).expect("a form").query_pairs().into_owned().collect()
}

/// A server of the API whose series are known by a piece of the query: labels, and values each 15 s from 0.
async fn serving(series: Vec<(&'static str, Value, Vec<Option<f64>>)>) -> MockServer {
    let answer = move |request: &Request| {
        let form = form(request);
        let number = |name: &str| form[name].parse::<i64>().expect("a number");
        let (first, last, step) = (number("start"), number("end"), number("step"));
        let asked = series.iter().filter(|(piece, ..)| form["query"].contains(piece));
        let one = |(_, labels, values): &(&str, Value, Vec<Option<f64>>)| {
            let at = |second: i64| values.get(usize::try_from(second / step).ok()?).copied().flatten();
            let steps = (first..=last).step_by(usize::try_from(step).expect("a step"));
            let values: Vec<Value> =
                steps.filter_map(|second| Some(json!([second, at(second)?.to_string()]))).collect();
            json!({ "metric": labels, "values": values })
        };
        let found: Vec<Value> = asked.map(one).collect();
        let data = json!({ "resultType": "matrix", "result": found });
        ResponseTemplate::new(200).set_body_json(json!({ "status": "success", "data": data }))
    };
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/api/v1/query_range")).respond_with(answer).mount(&server).await;
    server
}

fn values(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().map(|value| (*value >= 0.0).then_some(*value)).collect()
}

#[tokio::test]
async fn counts_of_both_sides_are_exact_and_keep_the_first_error() {
    let labels = |track: &str, code: &str, pod: &str| json!({"__name__": "hits_total", "track": track, "code": code, "instance": pod});
    let server = serving(vec![
        ("track=\"new\"", labels("new", "200", "a"), values(&[100.0, 110.0, 120.0, 130.0])),
        ("track=\"new\"", labels("new", "500", "a"), values(&[-1.0, -1.0, 1.0, 3.0])),
        // The old one restarts, and another pod of it is found with a long past.
        ("track=\"old\"", labels("old", "200", "b"), values(&[900.0, 1000.0, 40.0, 80.0])),
        ("track=\"old\"", labels("old", "200", "c"), values(&[-1.0, 70_000.0, 70_005.0, 70_010.0])),
    ])
    .await;
    // The server answers every series of a side, so what is bad is told apart by another query.
    let prom = source("prom", prometheus(&server.uri()));
    let bad = "sum(rate(hits_total{track=\"{{side}}\",code=~\"5..\"}[1m])) or vector(0)";
    let total = "sum by (code) (hits_total{track=\"{{side}}\"})";
    let reading = read(&sources(&[]), &prom, &counting(bad, total), (0, 45)).await.expect("a reading");
    assert_eq!(reading.partial, None);
    // The mock answers all series to both queries: everything is bad, and nothing is lost.
    assert_eq!(said(&reading, Arm::Canary), ["10/10", "11/11", "12/12"]);
    assert_eq!(said(&reading, Arm::Baseline), ["100/100", "45/45", "45/45"]);
    let asked: Vec<String> = server
        .received_requests()
        .await
        .expect("recorded")
        .iter()
        .map(|request| form(request)["query"].clone())
        .collect();
    assert!(asked.contains(&"{__name__=\"hits_total\",track=\"new\",code=~\"5..\"}".to_owned()), "{asked:?}");
    assert!(asked.contains(&"{__name__=\"hits_total\",track=\"old\"}".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn no_errors_are_zero_no_traffic_is_none_and_a_lost_side_is_neither() {
    let server = serving(vec![
        ("total{track=\"new\"", json!({"instance": "a"}), values(&[10.0, 20.0, 20.0, -1.0])),
        ("name__=\"hits_total\",track=\"new\"}", json!({"instance": "a"}), values(&[10.0, 20.0, 20.0, -1.0])),
    ])
    .await;
    let prom = source("prom", prometheus(&server.uri()));
    let metric = counting("sum(errors_total{track=\"{{side}}\"})", "sum(hits_total{track=\"{{side}}\"})");
    let reading = read(&sources(&[]), &prom, &metric, (0, 45)).await.expect("a reading");
    assert_eq!(said(&reading, Arm::Canary), ["0/10", "no-traffic", "no-series"]);
    assert_eq!(said(&reading, Arm::Baseline), ["no-series"; 3]);
    let notes: Vec<String> = reading.notes.iter().map(Untrusted::line).collect();
    assert!(notes.iter().any(|note| note.contains("the new version's bad events")), "{notes:?}");
    assert!(
        notes.iter().any(|note| note.contains("the old version's counters were never seen")),
        "{notes:?}"
    );
}

#[tokio::test]
async fn slow_requests_are_counted_by_bucket_and_a_bound_that_is_none_is_named() {
    let bucket = |le: &str| json!({"__name__": "took_bucket", "instance": "a", "le": le});
    let server = serving(vec![
        ("took_bucket", bucket("0.25"), values(&[0.0, 6.0])),
        ("took_bucket", bucket("0.5"), values(&[0.0, 9.0])),
        ("took_bucket", bucket("+Inf"), values(&[0.0, 10.0])),
    ])
    .await;
    let prom = source("prom", prometheus(&server.uri()));
    let bounded = |bounds: &[f64]| {
        let bounds = bounds.iter().map(|value| Quantity::new(*value, Unit::Seconds)).collect();
        let histogram = Histogram { selector: "took{track=\"{{side}}\"}".to_owned(), bounds };
        Metric { histogram: Some(histogram), ..metric(None) }
    };
    let reading = read(&sources(&[]), &prom, &bounded(&[0.25, 0.5]), (0, 15)).await.expect("a reading");
    let measure = reading.arms[&Arm::Canary][0].measure;
    assert_eq!(measure, Measure::Tally(Tally { total: 10, bad: [4, 1, 0] }));
    let fault = read(&sources(&[]), &prom, &bounded(&[0.3]), (0, 15)).await.expect_err("no such bucket");
    assert!(fault.to_string().contains("the nearest ends are 250 ms and 500 ms"), "{fault}");
    let fault = read(&sources(&[]), &prom, &bounded(&[]), (0, 15)).await.expect_err("no bounds");
    assert!(fault.to_string().contains("write bounds = "), "{fault}");
}

#[tokio::test]
async fn a_native_histogram_is_refused_with_what_to_write() {
    let server = MockServer::start().await;
    let answer = |request: &Request| {
        let native = json!([{"metric": {}, "histogram": [0, {"count": "1", "sum": "1", "buckets": []}]}]);
        let result = if form(request)["query"].contains("_bucket") { json!([]) } else { native };
        let data = json!({ "resultType": "vector", "result": result });
        ResponseTemplate::new(200).set_body_json(json!({ "status": "success", "data": data }))
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let bounds = vec![Quantity::new(0.25, Unit::Seconds)];
    let metric =
        Metric { histogram: Some(Histogram { selector: "took".to_owned(), bounds }), ..metric(None) };
    let prom = source("prom", prometheus(&server.uri()));
    let fault = read(&sources(&[]), &prom, &metric, (0, 15)).await.expect_err("native").to_string();
    assert!(fault.contains("native histogram") && fault.contains("always_scrape_classic"), "{fault}");
}

#[tokio::test]
async fn servers_of_other_makers_are_asked_in_their_way() {
    let server = MockServer::start().await;
    let empty = json!({ "status": "success", "data": { "resultType": "matrix", "result": [] } });
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(empty)).mount(&server).await;
    let url = server.uri();
    let tenant = Some("shop".to_owned());
    for dialect in [Dialect::Thanos, Dialect::Mimir { tenant }, Dialect::VictoriaMetrics] {
        let kind = SourceKind::Prometheus { url: url.clone(), dialect };
        read(&sources(&[]), &source("it", kind), &metric(Some("up")), (0, 15)).await.expect("answers");
    }
    let requests = server.received_requests().await.expect("recorded");
    let [thanos, mimir, victoria] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    assert_eq!(form(thanos)["partial_response"], "false");
    assert_eq!(mimir.url.path(), "/prometheus/api/v1/query_range");
    assert_eq!(mimir.headers["x-scope-orgid"], "shop");
    assert_eq!((form(victoria)["nocache"].as_str(), victoria.headers.get("x-scope-orgid")), ("1", None));
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_and_what_is_to_come_is_no_sample() {
    let values: Vec<Value> = (0..4).map(|step| json!([step * 15, "1"])).collect();
    let data = json!({ "resultType": "matrix", "result": [{ "metric": {}, "values": values }] });
    let answer = ResponseTemplate::new(200)
        .insert_header("Date", "Thu, 01 Jan 1970 00:00:30 GMT")
        .set_body_json(json!({ "status": "success", "data": data }));
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let prom = source("prom", prometheus(&server.uri()));
    let reading = read(&sources(&[]), &prom, &metric(Some("up")), (0, 45)).await.expect("a reading");
    assert_eq!(said(&reading, Arm::Whole), ["1"; 3], "the fourth lies after the server's own time");
    assert!(reading.notes.iter().any(|note| note.line().contains("behind ours")), "{:?}", reading.notes);
}

#[tokio::test]
async fn a_warning_makes_every_sample_partial() {
    let data = json!({ "resultType": "matrix", "result": [{ "metric": {}, "values": [[0, "1"]] }] });
    let body = json!({ "status": "success", "data": data, "warnings": ["a store is missing"] });
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    let prom = source("prom", prometheus(&server.uri()));
    let reading = read(&sources(&[]), &prom, &metric(Some("up")), (0, 0)).await.expect("a reading");
    assert_eq!(said(&reading, Arm::Whole), ["partial"]);
    assert_eq!(reading.partial.map(|why| why.line()).as_deref(), Some("a store is missing"));
}

#[tokio::test]
async fn a_silent_source_is_stood_in_for_and_its_owner_is_named() {
    let good = serving(vec![("up", json!({}), values(&[1.0, 1.0]))]).await;
    let gone = "http://127.0.0.1:9";
    let other = source("other", prometheus(&good.uri()));
    let alone = Source { owner: Some("eli@example.com".to_owned()), ..source("prom", prometheus(gone)) };
    let backed = Source { fallback: Some("other".into()), ..alone.clone() };
    let all = sources(&[alone.clone(), other]);
    let reading = read(&all, &backed, &metric(Some("up")), (0, 15)).await.expect("the other answers");
    assert_eq!(reading.instead, Some("other".into()));
    assert_eq!(said(&reading, Arm::Whole), ["1", "1"], "a good answer is good, whoever gave it");
    assert!(reading.notes.iter().any(|note| note.line().contains("other answered instead")));
    let fault = read(&all, &alone, &metric(Some("up")), (0, 15)).await.expect_err("nobody").to_string();
    assert!(fault.contains("ask eli@example.com"), "{fault}");
    let itself = Source { fallback: Some("prom".into()), ..alone.clone() };
    assert!(read(&all, &itself, &metric(Some("up")), (0, 15)).await.is_err());
    // A fallback may have one of its own.
    let middle = Source { fallback: Some("other".into()), ..source("middle", prometheus(gone)) };
    let all = sources(&[alone.clone(), middle, source("other", prometheus(&good.uri()))]);
    let far = Source { fallback: Some("middle".into()), ..alone };
    let reading = read(&all, &far, &metric(Some("up")), (0, 15)).await.expect("the last answers");
    assert_eq!(reading.instead, Some("other".into()));
}

/// A server that shows one body after the other, the last for ever.
async fn showing(kind: &'static str, bodies: &[&str]) -> MockServer {
    let bodies: Vec<String> = bodies.iter().map(|body| (*body).to_owned()).collect();
    let next = Mutex::new(0);
    let answer = move |_: &Request| {
        let mut next = next.lock().expect("lock");
        let body = bodies.get(*next).or(bodies.last()).expect("a body").clone();
        *next += 1;
        ResponseTemplate::new(200).set_body_raw(body, kind)
    };
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn a_page_is_counted_between_looks_and_readers_take_nothing_from_each_other() {
    let page = |start: u32, ok: u32, bad: &str| {
        format!(
            "process_start_time_seconds {start}\n# TYPE hits_total counter\n\
             hits_total{{track=\"new\",code=\"200\"}} {ok}\n{bad}busy 3\n"
        )
    };
    let error = |count: u32| format!("hits_total{{track=\"new\",code=\"500\"}} {count}\n");
    let (first, second) = (page(100, 1000, ""), page(100, 1010, &error(2)));
    let (third, restarted) = (page(100, 1020, &error(2)), page(900, 30, ""));
    let server = showing("text/plain", &[&first, &second, &third, &restarted]).await;
    let page = source("page", SourceKind::Exposition { url: server.uri() });
    let mut counts =
        counting("hits_total{track=\"{{side}}\",code=~\"5..\"}", "sum(hits_total{track=\"{{side}}\"})");
    let all = sources(&[]);
    let first = read(&all, &page, &counts, (0, 100)).await.expect("a look");
    assert_eq!(
        (said(&first, Arm::Canary), said(&first, Arm::Baseline)),
        (vec!["warm-up".to_owned()], vec!["no-series".to_owned()])
    );
    let second = read(&all, &page, &counts, (100, 115)).await.expect("a look");
    assert_eq!(said(&second, Arm::Canary), ["warm-up", "2/12"], "the first error is not lost");
    // Somebody else asks a moment later: the same is known, and nothing is taken away.
    let again = read(&all, &page, &counts, (0, 117)).await.expect("no look");
    assert_eq!(said(&again, Arm::Canary), ["warm-up", "2/12"]);
    // Another metric of the page shares the look: the gauge is of the second page.
    let busy = Metric { id: "busy".into(), ..metric(Some("busy")) };
    assert_eq!(said(&read(&all, &page, &busy, (115, 117)).await.expect("shared"), Arm::Whole), ["3"]);
    let third = read(&all, &page, &counts, (130, 130)).await.expect("a look");
    assert_eq!(said(&third, Arm::Canary), ["0/10"]);
    let restarted = read(&all, &page, &counts, (145, 145)).await.expect("a look");
    assert_eq!(said(&restarted, Arm::Canary), ["0/30"], "from zero");
    assert_eq!(server.received_requests().await.expect("recorded").len(), 4);
    counts.counts = Some(Counts { bad: "max(a)".to_owned(), total: "b".to_owned() });
    counts.id = "odd".into();
    let fault = read(&all, &page, &counts, (160, 160)).await.expect_err("no selector").to_string();
    assert!(fault.contains("write name{"), "{fault}");
}

#[tokio::test]
async fn counters_of_a_page_are_numbers_a_second_and_several_gauges_are_partial() {
    let open = "application/openmetrics-text";
    let pages = ["# TYPE a counter\na_total 10\n# EOF\n", "# TYPE a counter\na_total 40\n# EOF\n"];
    let server = showing(open, &pages).await;
    let page = source("page", SourceKind::Exposition { url: server.uri() });
    let all = sources(&[]);
    let rate = metric(Some("a_total"));
    read(&all, &page, &rate, (0, 0)).await.expect("a look");
    assert_eq!(said(&read(&all, &page, &rate, (15, 15)).await.expect("a look"), Arm::Whole), ["2"]);
    // A series that was made anew counts from zero, though its process went on and it has more than before.
    let anew = |created: u32, count: u32| {
        format!(
            "process_start_time_seconds 5\n# TYPE a counter\na_total {count}\na_created {created}\n# EOF\n"
        )
    };
    let server = showing(open, &[&anew(10, 30), &anew(900, 45)]).await;
    let page = source("anew", SourceKind::Exposition { url: server.uri() });
    read(&all, &page, &rate, (0, 0)).await.expect("a look");
    assert_eq!(said(&read(&all, &page, &rate, (15, 15)).await.expect("a look"), Arm::Whole), ["3"]);
    let several = showing("text/plain", &["b{x=\"1\"} 1\nb{x=\"2\"} 2\n"]).await;
    let page = source("other", SourceKind::Exposition { url: several.uri() });
    assert_eq!(
        said(&read(&all, &page, &metric(Some("b")), (0, 0)).await.expect("a look"), Arm::Whole),
        ["partial"]
    );
    let sum = Metric { id: "sum".into(), ..metric(Some("sum(b)")) };
    assert_eq!(said(&read(&all, &page, &sum, (0, 0)).await.expect("a look"), Arm::Whole), ["3"]);
    let cut = showing(open, &["# TYPE a counter\na_total 10\n"]).await;
    let page = source("cut", SourceKind::Exposition { url: cut.uri() });
    let fault = read(&all, &page, &rate, (0, 0)).await.expect_err("cut").to_string();
    assert!(fault.contains("it was cut"), "{fault}");
    let binary = showing("application/vnd.google.protobuf", &["\u{1}"]).await;
    let page = source("binary", SourceKind::Exposition { url: binary.uri() });
    assert!(matches!(read(&all, &page, &rate, (0, 0)).await, Err(Fault::Foreign(..))));
}

#[tokio::test]
async fn documents_give_numbers_and_counts_by_path() {
    let server = showing(
        "application/json",
        &[
            "{\"new\":{\"all\":10,\"bad\":1},\"old\":{\"all\":100}}",
            "{\"new\":{\"all\":30,\"bad\":2},\"old\":{\"all\":100}}",
        ],
    )
    .await;
    let document = source("doc", SourceKind::Json { url: server.uri() });
    let all = sources(&[]);
    let counts = counting("{{side}}.bad", "/{{side}}/all");
    read(&all, &document, &counts, (0, 0)).await.expect("a look");
    let reading = read(&all, &document, &counts, (15, 15)).await.expect("a look");
    assert_eq!(
        (said(&reading, Arm::Canary), said(&reading, Arm::Baseline)),
        (vec!["1/20".to_owned()], vec!["no-traffic".to_owned()])
    );
    let number = Metric { id: "n".into(), sides: None, ..metric(Some("new.all")) };
    assert_eq!(said(&read(&all, &document, &number, (0, 0)).await.expect("a look"), Arm::Whole), ["30"]);
    let missing = Metric { id: "m".into(), ..metric(Some("nothing")) };
    assert_eq!(
        said(&read(&all, &document, &missing, (0, 0)).await.expect("a look"), Arm::Whole),
        ["no-series"]
    );
    let object = Metric { id: "o".into(), ..metric(Some("new")) };
    let fault = read(&all, &document, &object, (0, 0)).await.expect_err("no number").to_string();
    assert!(fault.contains("an object at `new`"), "{fault}");
}

#[tokio::test]
async fn commands_print_a_number_or_a_document() {
    let all = sources(&[]);
    let run = |id: &str, words: &[&str]| {
        let run = words.iter().map(|word| (*word).to_owned()).collect();
        source(id, SourceKind::Command { run })
    };
    let asked = |source: &Source, metric: &Metric| {
        let (source, metric) = (source.clone(), metric.clone());
        let all = &all;
        async move { read(all, &source, &metric, (0, 0)).await }
    };
    let plain = asked(&run("a", &["printf", "12.5\n"]), &metric(None)).await.expect("a number");
    assert_eq!(said(&plain, Arm::Whole), ["12.5"]);
    let path = asked(&run("b", &["printf", "{\"a\":[7]}"]), &metric(Some("a[0]"))).await.expect("a document");
    assert_eq!(said(&path, Arm::Whole), ["7"]);
    let sides =
        asked(&run("c", &["printf", "%s", "{{side}}1"]), &Metric { id: "s".into(), ..metric(None) }).await;
    assert!(matches!(sides, Err(Fault::Foreign(..))), "{sides:?}");
    let empty = asked(&run("d", &["true"]), &metric(None)).await.expect("nothing");
    assert_eq!(said(&empty, Arm::Whole), ["no-series"]);
    let failed = asked(&run("e", &["sh", "-c", "echo no such table >&2; exit 3"]), &metric(None)).await;
    assert!(matches!(&failed, Err(Fault::Refused(_, why)) if why.contains("no such table")), "{failed:?}");
    let missing = asked(&run("f", &["no-such-program-here"]), &metric(None)).await;
    assert!(matches!(missing, Err(Fault::Unreachable(..))), "{missing:?}");
}

#[tokio::test]
async fn alerts_that_fire_are_counted_and_silenced_ones_are_not() {
    let alert = |name: &str, severity: &str, state: &str, silenced: &[&str], inhibited: &[&str]| {
        json!({ "labels": { "alertname": name, "severity": severity },
            "status": { "state": state, "silencedBy": silenced, "inhibitedBy": inhibited } })
    };
    let alerts = json!([
        alert("Errors", "critical", "active", &[], &[]),
        alert("Slow", "warning", "active", &[], &[]),
        alert("Quiet", "critical", "suppressed", &["id"], &[]),
        alert("Odd", "critical", "active", &["id"], &[]),
        alert("Later", "critical", "unprocessed", &[], &[]),
    ]);
    let server = showing("application/json", &[&alerts.to_string()]).await;
    let source = source("am", SourceKind::Alertmanager { url: format!("{}/am/", server.uri()) });
    let all = sources(&[]);
    let reading = read(&all, &source, &metric(Some("severity=\"critical\"")), (0, 0)).await.expect("alerts");
    assert_eq!(said(&reading, Arm::Whole), ["1"]);
    assert!(reading.notes.iter().any(|note| note.line() == "firing: Errors"), "{:?}", reading.notes);
    let every = Metric { id: "every".into(), ..metric(None) };
    assert_eq!(said(&read(&all, &source, &every, (0, 0)).await.expect("alerts"), Arm::Whole), ["2"]);
    let requests = server.received_requests().await.expect("recorded");
    let asked: Vec<(String, String)> = requests[0].url.query_pairs().into_owned().collect();
    assert_eq!(requests[0].url.path(), "/am/api/v2/alerts");
    for pair in [("silenced", "false"), ("inhibited", "false"), ("filter", "severity=\"critical\"")] {
        assert!(asked.iter().any(|(name, value)| (name.as_str(), value.as_str()) == pair), "{asked:?}");
    }
    let none = showing("application/json", &["[]"]).await;
    let source = Source { id: "none".into(), kind: SourceKind::Alertmanager { url: none.uri() }, ..source };
    assert_eq!(said(&read(&all, &source, &metric(None), (0, 0)).await.expect("none"), Arm::Whole), ["0"]);
}

#[tokio::test]
async fn restarts_are_counted_over_a_window_and_readiness_is_a_share() {
    let pod = |name: &str, restarts: u64, ready: bool| Pod { name: name.to_owned(), restarts, ready };
    let looks = vec![
        vec![pod("a", 7, true), pod("b", 0, true)],
        vec![pod("a", 9, true), pod("b", 0, true)],
        // Another pod took the place of one, and has restarted already.
        vec![pod("a", 9, false), pod("c", 1, true)],
        vec![pod("a", 9, false), pod("c", 1, true)],
        vec![pod("a", 9, false), pod("c", 1, true), pod("d", 0, true), pod("e", 0, true)],
    ];
    let all = with(&[], Told(Mutex::new(looks)));
    let source = source("pods", SourceKind::Kubernetes { workload: "deployment/shop/pay".to_owned() });
    let restarts = metric(Some("restarts 1m"));
    let mut seen = Vec::new();
    for second in [0, 30, 60, 95] {
        let reading = read(&all, &source, &restarts, (second, second)).await.expect("pods");
        seen.extend(said(&reading, Arm::Whole));
    }
    assert_eq!(seen, ["warm-up", "2", "3", "1"]);
    let ready = Metric { id: "ready".into(), ..metric(Some("ready")) };
    assert_eq!(said(&read(&all, &source, &ready, (0, 0)).await.expect("pods"), Arm::Whole), ["0.75"]);
    let odd = Metric { id: "odd".into(), ..metric(Some("cpu")) };
    assert!(matches!(read(&all, &source, &odd, (0, 0)).await, Err(Fault::Unsupported(_))));
}
