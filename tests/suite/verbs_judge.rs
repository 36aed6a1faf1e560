//! `tminus judge --from --to` as a process: a journal judged again, a past time asked for, and what is refused.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::verbs::Desk;

/// 2026-09-21T13:00:00Z, long past: the new version is worse from here on.
const WORSE: i64 = 1_789_995_600;
const HOUR: [&str; 4] = ["--from", "2026-09-21T13:00:00Z", "--to", "2026-09-21T14:00:00Z"];

/// A server of two versions that count 200 and 1800 requests each 15 s, 1 in 200 of them bad; of the new one 4 in 200
/// since it is worse.
async fn counting() -> MockServer {
    let answer = |request: &Request| {
        let url = format!("form:?{}", String::from_utf8_lossy(&request.body));
        let url = reqwest::Url::parse(&url).expect("a form");
        let form: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let number = |name: &str| form[name].parse::<i64>().expect("a number");
        let (new, bad) = (form["query"].contains("\"new\""), form["query"].contains("failed_total"));
        let count = |second: i64| {
            let (steps, worse) = ((second - WORSE) / 15 + 10_000, ((second - WORSE) / 15).max(0));
            match (new, bad) {
                (true, true) => steps + 3 * worse,
                (true, false) => 200 * steps,
                (false, true) => 9 * steps,
                (false, false) => 1800 * steps,
            }
        };
        let moments = (number("start")..=number("end")).step_by(15);
        let values: Vec<Value> = moments.map(|second| json!([second, count(second).to_string()])).collect();
        let series = json!([{ "metric": { "instance": "a" }, "values": values }]);
        let data = json!({ "resultType": "matrix", "result": series });
        ResponseTemplate::new(200).set_body_json(json!({ "status": "success", "data": data }))
    };
    let server = MockServer::start().await;
    Mock::given(path("/api/v1/query_range")).respond_with(answer).mount(&server).await;
    server
}

/// A release whose judge looks at this server, opened and not trusted yet.
fn opened(server: &str, judge: &str) -> Desk {
    let desk = Desk::new();
    let plan = format!(
        "[release]\nname = \"shop\"\nversion = \"2.4.0\"\ntype = \"minor\"\n\n\
         [source.prom]\nprometheus = \"{server}\"\n\n\
         [metric.errors]\nsource = \"prom\"\nbad = 'failed_total{{track=\"{{{{side}}}}\"}}'\n\
         total = 'all_total{{track=\"{{{{side}}}}\"}}'\nsides = {{ canary = \"new\", baseline = \"old\" }}\n\n\
         [rollout.shop]\nsteps = [{{ weight = 10 }}, {{ weight = 100 }}]\n{judge}"
    );
    fs::write(desk.path().join("shop.tminus.toml"), plan).expect("written");
    desk.json(&["open", "shop.md"]);
    desk
}

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

const JUDGE: &str = "\n[rollout.shop.judge]\nsignals = [\"errors\"]\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_past_hour_is_asked_for_and_judged_alike_each_time() {
    let server = counting().await;
    tokio::task::block_in_place(|| {
        let desk = opened(&server.uri(), JUDGE);
        let ask = [&["judge"], HOUR.as_slice(), &["--json"]].concat();
        assert_eq!(desk.fails(&ask[..5]), (77, "not-trusted".into()));
        desk.json(&["trust", "shop.md"]);
        let (code, first, err) = desk.run(&ask);
        assert_eq!(code, 0, "{err}");
        let log = lines(&first);
        let decisions: Vec<&Value> = log.iter().map(|line| &line["decision"]).collect();
        assert_eq!(decisions[..2], ["hold", "roll-back"], "{first}");
        let found = &log[1];
        assert!(found["ratio"]["low"].as_f64().is_some_and(|low| low > 1.1), "{found}");
        assert_eq!((&found["metric"], &found["basis"]), (&json!("errors"), &json!("sources")));
        assert_eq!(found["inputs"].as_str().map(str::len), Some(64), "{found}");
        assert!(log.iter().all(|line| line["inputs"] == found["inputs"]));
        assert_eq!(desk.run(&ask).1, first, "the same answers are judged alike");
        assert_eq!(desk.run(&[ask.as_slice(), &["--ask"]].concat()).1, first);
        let before = ["judge", "--from", "2026-09-21T11:00:00Z", "--to", "2026-09-21T13:00:00Z", "--json"];
        let calm = lines(&desk.run(&before).1);
        assert!(calm.iter().all(|line| line["decision"] != "roll-back"), "{calm:?}");
        assert_ne!(calm[0]["inputs"], found["inputs"]);
    });
}

#[test]
fn what_cannot_be_judged_says_why() {
    let desk = opened("http://127.0.0.1:9", JUDGE);
    let judge = |from, to| ["judge", "--from", from, "--to", to];
    let (one, two) = ("2026-09-21T13:00:00Z", "2026-09-21T14:00:00Z");
    assert_eq!(desk.fails(&judge(two, one)), (2, "usage".into()));
    assert_eq!(desk.fails(&judge(one, one)), (2, "usage".into()));
    assert_eq!(desk.fails(&judge(one, "2026-09-22T13:00:00Z")), (2, "usage".into()));
    assert_eq!(desk.fails(&judge(one, "2999-09-22T13:00:00Z")), (2, "usage".into()));
    desk.json(&["trust", "shop.md"]);
    assert_eq!(desk.fails(&judge(one, two)), (69, "unreachable".into()));
    let none = opened("http://127.0.0.1:9", "");
    let (code, _, err) = none.run(&judge(one, two));
    assert_eq!(code, 10, "{err}");
    assert!(err.contains("shop.tminus.toml:15") && err.contains("[rollout.NAME.judge]"), "{err}");
}

#[test]
fn a_demo_is_judged_again_from_its_journal() {
    let desk = Desk::new();
    desk.json(&["demo", "--headless", "--script", "bad-canary", "--seed", "7", "--speed", "max"]);
    let replay = ["judge", "--from", "2000-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z", "--json"];
    let (code, first, err) = desk.run(&replay);
    assert_eq!(code, 0, "{err}");
    let log = lines(&first);
    assert!(log.iter().any(|line| line["decision"] == "roll-back"), "{first}");
    assert!(log.iter().all(|line| line["basis"] == "journal" && line["inputs"] == log[0]["inputs"]));
    assert_eq!(desk.run(&replay).1, first);
    assert_eq!(desk.fails(&[&replay[..5], &["--ask"]].concat()), (10, "unknown".into()));
}
