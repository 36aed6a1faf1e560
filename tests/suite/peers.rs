//! The models of other deciders against the published cases of their own tests.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::deciders::argo::{self, Phase, Tally};
use crate::deciders::kayenta::score::{Scored, summary};
use crate::deciders::kayenta::{
    self, Class, Effect, Metric, Missing, Thresholds, Trend, outliers, statistics,
};
use crate::deciders::{flagger, playbook};

fn cases(name: &str, count: usize) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the vectors are part of the tree");
    let all: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let cases = all["cases"].as_array().expect("a list of cases").clone();
    assert_eq!(cases.len(), count, "{name}");
    cases
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|one| one.as_f64().unwrap_or(f64::NAN)).collect()
}

fn pair(value: &Value) -> (f64, f64) {
    let [low, high] = numbers(value)[..] else { panic!("a pair") };
    (low, high)
}

fn class(word: &str) -> Class {
    match word {
        "Pass" => Class::Pass,
        "High" => Class::High,
        "Low" => Class::Low,
        "Nodata" => Class::Nodata,
        "NodataFailMetric" => Class::NodataFailMetric,
        "Error" => Class::Error,
        other => panic!("`{other}`"),
    }
}

fn trend(word: &Value) -> Trend {
    match word.as_str() {
        Some("increase") => Trend::Increase,
        Some("decrease") => Trend::Decrease,
        _ => Trend::Either,
    }
}

#[test]
fn argo_assesses_as_its_own_tests_say() {
    let phase = |word: &str| match word {
        "Pending" => Phase::Pending,
        "Running" => Phase::Running,
        "Successful" => Phase::Successful,
        "Failed" => Phase::Failed,
        "Error" => Phase::Error,
        "Inconclusive" => Phase::Inconclusive,
        other => panic!("`{other}`"),
    };
    for case in cases("argo_assess_metric_status", 29) {
        let limit = |name: &str| case["metric"][name].as_i64();
        let metric = argo::Metric {
            count: limit("count"),
            interval: case["metric"]["interval"].is_string(),
            failure_limit: limit("failureLimit"),
            inconclusive_limit: limit("inconclusiveLimit"),
            consecutive_error_limit: limit("consecutiveErrorLimit"),
            consecutive_success_limit: limit("consecutiveSuccessLimit"),
        };
        let counted = |name: &str| case["result"][name].as_i64().expect("a count");
        let tally = Tally {
            count: counted("count"),
            failed: counted("failed"),
            inconclusive: counted("inconclusive"),
            consecutive_error: counted("consecutiveError"),
            consecutive_success: counted("consecutiveSuccess"),
            last: case["last_measurement_phase"].as_str().map(phase),
        };
        let found = argo::assess(&metric, &tally, case["terminating"].as_bool().expect("yes or no"));
        assert_eq!(found, phase(case["expected_phase"].as_str().expect("a phase")), "{}", case["test"]);
    }
}

#[test]
fn kayenta_classifies_as_its_own_tests_say() {
    for case in cases("kayenta_classifier", 19) {
        let (experiment, control) = (numbers(&case["experiment"]), numbers(&case["control"]));
        let expected = &case["expected"];
        if case["classifier"] == "MeanInequalityClassifier" {
            let found = kayenta::mean_inequality(&experiment, &control, trend(&case["direction"]));
            assert_eq!(
                found,
                class(expected["classification"].as_str().expect("a class")),
                "{}",
                case["name"]
            );
            continue;
        }
        let (params, flag) = (&case["params"], |name: &str| case[name] == Value::Bool(true));
        let asked = Thresholds {
            tolerance: params["tolerance"].as_f64().expect("a number"),
            confidence: params["confLevel"].as_f64().expect("a number"),
            effect: if params["effectSizeMeasure"] == "cles" {
                Effect::CommonLanguage
            } else {
                Effect::MeanRatio
            },
            allowed: pair(&params["effectSizeThresholds"]),
            critical: pair(&params["criticalThresholds"]),
        };
        let metric = Metric {
            trend: trend(&case["direction"]),
            missing: if case["nanStrategy"] == "replace" { Missing::Replace } else { Missing::Remove },
            critical: flag("isCriticalMetric"),
            required: flag("isDataRequired"),
        };
        let found = kayenta::classify(&experiment, &control, &metric, &asked);
        if let Some(word) = expected["classification"].as_str() {
            assert_eq!(found.class, class(word), "{}: {found:?}", case["name"]);
        }
        if let Some(critical) = expected["critical"].as_bool() {
            assert_eq!(found.critical, critical, "{}", case["name"]);
        }
        if expected["deviation"] == "NaN" {
            assert!(found.deviation.is_nan(), "{}", case["name"]);
        }
    }
}

#[test]
fn kayenta_finds_the_outliers_its_own_tests_say() {
    for case in cases("kayenta_outliers", 6) {
        let (data, factor) = (numbers(&case["data"]), case["factor"].as_f64().expect("a number"));
        let found = match case["detector"].as_str() {
            Some("KSigmaDetector") => outliers::k_sigma(&data, factor),
            _ => outliers::quartiles(&data, factor, case["reduceSensitivity"] == Value::Bool(true)),
        };
        let wanted: Vec<bool> = case["expected_outlier_mask"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one.as_bool().expect("yes or no"))
            .collect();
        assert_eq!(found, wanted, "{}", case["name"]);
    }
}

#[test]
fn kayenta_scores_as_its_own_tests_say() {
    for case in cases("kayenta_scorer", 13) {
        let metrics = case["metrics"].as_array().expect("a list").iter().map(|metric| Scored {
            class: class(metric["classification"].as_str().expect("a class")),
            critical: metric["critical"] == Value::Bool(true),
            groups: metric["groups"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|group| group.as_str().expect("a name").to_owned())
                .collect(),
        });
        let weights: BTreeMap<String, f64> = case["groupWeights"]
            .as_object()
            .expect("weights")
            .iter()
            .map(|(group, weight)| (group.clone(), weight.as_f64().expect("a number")))
            .collect();
        let found = summary(&metrics.collect::<Vec<_>>(), &weights);
        assert_eq!(Some(found), case["expected_summary_score"].as_f64(), "{}", case["name"]);
    }
}

#[test]
fn kayenta_computes_the_statistics_its_own_tests_say() {
    for case in cases("kayenta_statistics", 20) {
        let list = |name: &str| numbers(&case[name]);
        let slack = case["abs_tol"].as_f64().expect("a number").max(1e-12);
        let near = |found: f64, wanted: &Value, what: &str| match wanted.as_f64() {
            Some(wanted) => assert!((found - wanted).abs() <= slack, "{} {what}: {found}", case["name"]),
            None => assert!(found.is_nan(), "{} {what}: {found}", case["name"]),
        };
        let expected = &case["expected"];
        match case["function"].as_str().expect("a name") {
            "percentile_R7" => {
                let p = case["p"].as_f64().expect("a number");
                near(statistics::percentile(&list("data"), p), expected, "percentile");
            }
            "meanRatio" => {
                near(statistics::mean_ratio(&list("experiment"), &list("control")), expected, "ratio")
            }
            "cles" => {
                near(statistics::common_language(&list("experiment"), &list("control")), expected, "cles")
            }
            "cohenD" => near(statistics::cohens_d(&list("experiment"), &list("control")), expected, "d"),
            "summary" => {
                let data = list("data");
                near(statistics::mean(&data), &expected["mean"], "mean");
                near(statistics::deviation(&data, 1), &expected["std"], "std");
                near(data.len() as f64, &expected["count"], "count");
                near(data.iter().copied().reduce(f64::min).unwrap_or(0.0), &expected["min"], "min");
                near(data.iter().copied().reduce(f64::max).unwrap_or(0.0), &expected["max"], "max");
            }
            other => panic!("`{other}`"),
        }
    }
}

#[test]
fn five_queries_that_fail_abort_a_rollout_of_argo() {
    let metric = argo::Metric { interval: true, failure_limit: Some(3), ..argo::Metric::default() };
    assert_eq!(argo::run(&metric, 240, 4, |_| Some(true)), (None, 0));
    // Every measurement fails: the fourth is over the limit of 3.
    assert_eq!(argo::run(&metric, 240, 4, |_| Some(false)), (Some(16), 0));
    // Nothing answers from tick 100 on: the first error is followed by four more, a tick apart.
    assert_eq!(argo::run(&metric, 240, 4, |tick| (tick < 100).then_some(true)), (Some(104), 1));
}

#[test]
fn flagger_goes_back_on_the_tick_after_and_forgets_nothing() {
    assert_eq!(flagger::run(5, 240, 4, |_| Some(false)), (Some(24), 0));
    // One failed check in ten, ever: the fifth comes after 41 checks.
    assert_eq!(flagger::run(5, 240, 4, |tick| Some(tick % 40 != 4)), (Some(168), 8));
    assert_eq!(flagger::run(5, 240, 4, |tick| (tick < 100).then_some(true)).0, Some(120));
}

#[test]
fn a_rule_of_a_playbook_wants_its_row() {
    assert_eq!(playbook::run(6, 240, 4, |_| Some(true)).0, Some(24));
    assert_eq!(playbook::run(6, 240, 4, |tick| Some(tick % 20 != 0)).0, None);
    assert_eq!(playbook::run(6, 240, 4, |_| None).0, None);
}
