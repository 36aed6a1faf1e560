//! What each of the 249 thresholds of the five playbooks is loaded as: a rule, a gate, a checkpoint, or a finding that
//! says what is missing. None of them is true or false in silence.

use std::collections::BTreeMap;

use serde_json::Value;
use tminus::plan::rule::{Check, Fact, Facts, Outcome, Rule, reading};

/// What a row is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// A limit that triggers watch.
    Rule,
    /// A flag that a probe or a person raises.
    Flag,
    /// A limit that gates hold a number against.
    Gate,
    /// Places on the T-clock.
    Checkpoint,
    /// Something that is missing or belongs elsewhere, by its name.
    Finding(&'static str),
}

fn rows() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/playbook_thresholds.json");
    let text = std::fs::read_to_string(path).expect("the vectors are part of the tree");
    let all: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    all["cases"].as_array().expect("a list of cases").clone()
}

fn class(row: &Value) -> Class {
    let condition = row["condition"].as_str().expect("a text");
    let watched = matches!(row["cls"].as_str(), Some("trigger" | "alert" | "slo-pair"));
    match Rule::parse(condition) {
        Ok(rule) if rule.tests().all(|test| test.check == Check::Present) => Class::Flag,
        Ok(_) if watched => Class::Rule,
        Ok(_) => Class::Gate,
        Err(_) => match reading(condition).expect_err("no rule").code {
            "checkpoints" => Class::Checkpoint,
            code => Class::Finding(code),
        },
    }
}

#[test]
fn every_row_is_of_a_class_and_the_counts_are_these() {
    let mut counts: BTreeMap<Class, usize> = BTreeMap::new();
    for row in rows() {
        *counts.entry(class(&row)).or_default() += 1;
    }
    let wanted = BTreeMap::from([
        (Class::Rule, 64),
        (Class::Flag, 18),
        (Class::Gate, 141),
        (Class::Checkpoint, 1),
        (Class::Finding("rollout-steps"), 7),
        (Class::Finding("needs-number"), 3),
        (Class::Finding("judged-by-person"), 12),
        (Class::Finding("schedule"), 1),
        (Class::Finding("daily-restart"), 1),
        (Class::Finding("calendar-step"), 1),
    ]);
    assert_eq!(counts, wanted);
    assert_eq!(counts.values().sum::<usize>(), 249);
}

#[test]
fn no_row_is_true_or_false_of_nothing_or_of_no_number() {
    for row in rows() {
        let condition = row["condition"].as_str().expect("a text");
        let Ok(rule) = Rule::parse(condition) else { continue };
        assert!(matches!(rule.evaluate(&Facts::new()), Outcome::Unknown(_)), "{condition}");
        for bad in [f64::NAN, f64::INFINITY] {
            let fact =
                || Fact::new(bad, rule.unit().cloned().unwrap_or(tminus::base::Unit::None)).against(1.0);
            let facts = rule
                .subjects()
                .into_iter()
                .fold(Facts::of(fact()), |facts, name| facts.with(name.as_str(), fact()));
            assert!(matches!(rule.evaluate(&facts), Outcome::Unknown(_)), "{condition} of {bad}");
        }
    }
}

#[test]
fn every_row_is_printed_with_its_number_as_written() {
    for row in rows() {
        let condition = row["condition"].as_str().expect("a text");
        let Ok(read) = reading(condition) else { continue };
        assert_eq!(
            Rule::parse(&read.rule).map(|rule| rule.to_string()),
            Ok(read.rule.clone()),
            "{condition}"
        );
        let json = serde_json::to_value(&read).expect("JSON");
        let parts: Vec<&Value> = match (json["all"].as_array(), json["any"].as_array()) {
            (Some(all), _) => all.iter().collect(),
            (_, Some(any)) => any.iter().collect(),
            _ => vec![&json],
        };
        for part in parts {
            assert!(part["operator"].is_string(), "{condition}: {json}");
            let written = condition.replace(',', "");
            for number in [&part["value"], &part["high"]].into_iter().filter_map(Value::as_f64) {
                let thousand = number / 1000.0;
                let said = written.contains(&number.to_string()) || written.contains(&format!("{thousand}K"));
                let implied = number == 0.0;
                assert!(said || implied, "{condition}: {number} is not in it: {json}");
            }
        }
    }
}

#[test]
fn phrases_are_printed_as_people_wrote_them() {
    let read = |text: &str| serde_json::to_value(reading(text).expect(text)).expect("JSON");
    let shown: Vec<String> = [
        "error rate > 1% for 5 consecutive minutes",
        "P95 > 2x baseline",
        "throughput baseline +/- 10%",
        "> 20% change",
        "pod restarts > 3 in 5m",
        "no increase from baseline",
        "coverage >= 80%",
        "0 HIGH/CRITICAL",
        "image < 500MB",
        "rate(x[5m]) > 0.001",
        "rate(x[5m]) > 0.001 (failures per second)",
        "increase(restarts[5m]) > 3",
        ">= 30% better than 2.3.0",
        "no regression > 10% against 2.3.0",
        "> $10,000 / hour",
        "10K req/s",
        "400-600 MB",
        "> 1000 (ms) for 10m",
        "a = 0 and b > 1h30m or c < 2",
        "feature used by > 50% sessions",
    ]
    .iter()
    .map(|text| format!("{text}\n  {}", read(text)))
    .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_is_no_rule_says_what_it_is() {
    for (text, code) in [
        ("unauthorised access attempts > threshold", "needs-number"),
        ("support ticket volume high", "needs-number"),
        ("0->5->25->50->100%", "rollout-steps"),
        ("5% for 60 min then 10/25/50/100%, 30 min each", "rollout-steps"),
        ("check-points T+1h,2h,4h", "checkpoints"),
        ("backup every 10 min", "schedule"),
        ("auto-restart daily 02:00", "daily-restart"),
        ("P3 1 business day", "calendar-step"),
        ("P0 immediate", "judged-by-person"),
        ("all monitoring green", "judged-by-person"),
        ("> 500 Mb", "unknown-unit"),
        ("jq .data.result[0].value[1] > 0.001", "passes-on-no-data"),
        ("> 1% for ever", "not-a-rule"),
    ] {
        let missing = reading(text).expect_err(text);
        assert_eq!(missing.code, code, "{text}");
        assert!(!missing.message.is_empty() && !missing.help.is_empty(), "{text}");
    }
    for (text, code) in [
        ("rate(failed[5m]) > 0.001", Some("rate-as-ratio")),
        ("rate(failed[5m]) / rate(all[5m]) > 0.001", None),
        ("rate(failed[5m]) > 0.001/s", None),
        ("avg(rate(container_cpu_usage_seconds_total[1m])) > 85%", None),
        ("avg(histogram_quantile(0.95, rate(x_bucket[5m]))) > 0.5", Some("quantile-of-averages")),
    ] {
        assert_eq!(reading(text).expect(text).finding.map(|it| it.code), code, "{text}");
    }
}

#[test]
fn the_verb_answers_in_json_and_ends_with_65_when_it_is_no_rule() {
    let desk = crate::verbs::Desk::new();
    let ask = |text: &str| {
        let (code, out, err) = desk.run(&["rule", "parse", text, "--json"]);
        assert_eq!(err, "", "{text}");
        (code, serde_json::from_str::<Value>(out.trim()).expect("JSON"))
    };
    let (code, read) = ask("error rate > 1% for 5 consecutive minutes");
    assert_eq!((code, &read["value"], &read["duration"]), (0, &Value::from(1), &Value::from(300)));
    let (code, read) = ask("-5%");
    assert_eq!((code, &read["change"]), (0, &Value::from("down")));
    let (code, read) = ask("unauthorised access attempts > threshold");
    assert_eq!((code, &read["finding"]["code"]), (65, &Value::from("needs-number")));
}
