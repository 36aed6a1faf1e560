//! The rank test against R 4.2.2 (`wilcox.test`, `pwilcox` and `qwilcox`), and as a verb.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tminus::analysis::rank::{Alternative, Exact, Method, Pair, Question, ask};

use crate::verbs::Desk;

/// What R leaves between its root and the crossing: its search stops at 1e-4 of the unit.
const ROOT: f64 = 1e-4;

/// A number as it is written: read into a [`Value`] it may lose its last digit, and a tie with it.
type Number = Box<RawValue>;

#[derive(Deserialize)]
struct Test {
    name: String,
    x: Vec<Number>,
    y: Vec<Number>,
    options: Value,
    expected: Value,
}

fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    #[derive(Deserialize)]
    struct All<T> {
        cases: Vec<T>,
    }
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the vectors are part of the tree");
    serde_json::from_str::<All<T>>(&text).expect("a list of cases").cases
}

fn numbers(values: &[Number]) -> Vec<f64> {
    values.iter().map(|value| value.get().parse().expect("a number")).collect()
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("+Inf") => f64::INFINITY,
        Some("-Inf") => f64::NEG_INFINITY,
        Some(other) => panic!("`{other}` is no number"),
        None => value.as_f64().expect("a number"),
    }
}

#[test]
fn the_exact_distribution_is_that_of_r() {
    let cases: Vec<Value> = cases("r_pwilcox.json");
    assert_eq!(cases.len(), 30);
    for case in &cases {
        let size = |name: &str| case[name].as_u64().expect("a size") as usize;
        let exact = Exact::new(size("m"), size("n"));
        for (q, cdf) in list(&case["q"]).into_iter().zip(list(&case["cdf"])) {
            let found = exact.probability(q);
            assert!(
                (found - cdf).abs() < 1e-13,
                "{} {} P(U <= {q}) = {found}, R: {cdf}",
                case["m"],
                case["n"]
            );
        }
        for p in ["0.01", "0.025", "0.05"] {
            let found = exact.quantile(p.parse().expect("a number"));
            assert_eq!(found as u64, case[format!("qwilcox_{p}")].as_u64().expect("a U"), "{case} at {p}");
        }
    }
}

#[test]
fn every_answer_is_that_of_r() {
    let cases: Vec<Test> = cases("r_wilcox_test.json");
    assert_eq!(cases.len(), 29);
    for case in &cases {
        let (options, expected) = (&case.options, &case.expected);
        let question = Question {
            alternative: match options["alternative"].as_str() {
                None | Some("two.sided") => Alternative::TwoSided,
                Some("greater") => Alternative::Greater,
                Some("less") => Alternative::Less,
                Some(other) => panic!("`{other}`"),
            },
            confidence: options["conf.level"].as_f64().unwrap_or(0.95),
            method: match (options["exact"].as_bool(), options["correct"].as_bool()) {
                (Some(false), Some(false)) => Method::Uncorrected,
                (Some(false), _) => Method::Normal,
                _ => Method::Exact,
            },
        };
        let pair = Pair::new(&numbers(&case.x), &numbers(&case.y)).expect("values");
        let found = ask(&pair, &question);
        let exact = expected["method"].as_str().expect("a text").contains("exact");
        let (p, root) = (number(&expected["p_value"]), if exact { 1e-12 } else { ROOT });
        assert_eq!(found.u, number(&expected["W"]), "{}", case.name);
        assert!((found.p - p).abs() <= 1e-13 + 1e-9 * p, "{}: p {} and R {p}", case.name, found.p);
        for (name, found) in [("ci_low", found.lower), ("ci_high", found.upper), ("estimate", found.estimate)]
        {
            let wanted = number(&expected[name]);
            let same = found == wanted || (found - wanted).abs() <= root;
            assert!(same, "{}: {name} {found} and R {wanted}", case.name);
        }
    }
}

/// What the verb says of two files.
fn compared(desk: &Desk, x: &str, y: &str, more: &[&str]) -> Value {
    for (name, text) in [("x", x), ("y", y)] {
        std::fs::write(desk.path().join(name), text).expect("written");
    }
    let files =
        ["judge", "compare", "--experiment", "x", "--control", "y", "--method", "mann-whitney", "--json"];
    let (code, out, err) = desk.run(&[&files, more].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).expect("JSON")
}

fn written(values: &[Number]) -> String {
    values.iter().map(|value| value.get()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_verb_prints_what_r_prints() {
    let desk = Desk::new();
    let mut seen = 0;
    for case in cases::<Test>("r_wilcox_test.json") {
        let (options, expected) = (&case.options, &case.expected);
        let same = options["exact"] == Value::Bool(false)
            && options["correct"] != Value::Bool(false)
            && matches!(options["alternative"].as_str(), None | Some("two.sided"));
        if !same {
            continue;
        }
        seen += 1;
        let confidence = options["conf.level"].as_f64().unwrap_or(0.95).to_string();
        let found = compared(&desk, &written(&case.x), &written(&case.y), &["--confidence", &confidence]);
        let p = number(&expected["p_value"]);
        assert!((number(&found["p"]) - p).abs() <= 1e-13 + 1e-9 * p, "{}: {found}", case.name);
        for (ours, theirs) in [("lower", "ci_low"), ("upper", "ci_high"), ("estimate", "estimate")] {
            let (found, wanted) = (number(&found[ours]), number(&expected[theirs]));
            assert!((found - wanted).abs() <= ROOT, "{}: {ours} {found} and R {wanted}", case.name);
        }
    }
    assert_eq!(seen, 19);
}

#[test]
fn the_verb_answers_whatever_it_is_given() {
    let desk = Desk::new();
    let none = serde_json::json!({"class": "no-data", "lower": null, "upper": null, "estimate": null,
        "effect": null, "p": null});
    for (x, y) in [("", "1\n2\n"), ("[]", "[]"), ("[NaN, \"NaN\", null]", "[1, 2]")] {
        assert_eq!(compared(&desk, x, y, &[]), none, "{x:?} {y:?}");
    }
    let tied = compared(&desk, "[3, 3, 3]", "[3, 3]", &[]);
    let same = serde_json::json!({"class": "pass", "lower": 0.0, "upper": 0.0, "estimate": 0.0, "effect": 1.0,
        "p": 1.0});
    assert_eq!(tied, same);
    assert_eq!(compared(&desk, "[1, 2, 3]", "[3, 2, 1]", &[])["class"], "pass");
    let single = compared(&desk, "10", "1", &[]);
    assert_eq!(
        (&single["class"], &single["p"], &single["lower"]),
        (&"no-data".into(), &1.0.into(), &Value::Null)
    );

    let (high, low) = ("[50, 51, Infinity, 53, 54, 55, 56, NaN]", "[10, 11, 12, 13, 14, 15, 16]");
    assert_eq!(compared(&desk, high, low, &[])["class"], "high");
    assert_eq!(compared(&desk, low, high, &[])["class"], "low");
    let other = compared(&desk, high, low, &["--direction", "decrease"]);
    let either = compared(&desk, high, low, &["--direction", "either"]);
    assert_eq!(
        (&other["class"], &other["p"], &other["lower"]),
        (&"pass".into(), &either["p"], &either["lower"])
    );
    assert_eq!(compared(&desk, high, low, &["--tolerance", "5"])["class"], "pass");
}

#[test]
fn the_verb_refuses_what_is_no_share_and_no_number() {
    let desk = Desk::new();
    for (name, text) in [("x", "1\n2\n"), ("y", "1\nsoon\n")] {
        std::fs::write(desk.path().join(name), text).expect("written");
    }
    let files = ["judge", "compare", "--experiment", "x", "--control"];
    let asked = |more: &[&str]| desk.fails(&[&files, more].concat());
    assert_eq!(asked(&["y"]), (65, "not-understood".into()));
    assert_eq!(asked(&["none"]), (66, "unreadable".into()));
    for more in [
        ["--confidence", "98"],
        ["--confidence", "NaN"],
        ["--tolerance=-1", "--direction=either"],
        ["--tolerance", "inf"],
    ] {
        assert_eq!(asked(&[&["x"], &more[..]].concat()), (2, "usage".into()), "{more:?}");
    }
}
