//! The judge against numbers that were computed by others, and as a verb.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use tminus::analysis::sequential::{Draw, Mixture, log_e_shares};

use crate::verbs::Desk;

fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("a file of vectors");
    let whole: Value = serde_json::from_str(&text).expect("JSON");
    whole["cases"].as_array().expect("cases").clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|one| one.as_f64().expect("a number")).collect()
}

#[test]
fn the_evidence_of_one_start_is_what_the_formula_gives() {
    for case in vectors("own_conditional_binomial_eprocess") {
        let rho0 = case["rho0"].as_f64().expect("a ratio");
        let mut mixture = Mixture::new(rho0, 2.0 * rho0, 1.0);
        mixture.start(0, 0);
        let events = case["error_events_canary_and_total"].as_array().expect("pairs");
        let shares = numbers(&case["canary_exposure_share"]);
        for (place, (pair, wanted)) in events.iter().zip(numbers(&case["log_e"])).enumerate() {
            let [canary, all] = numbers(pair)[..] else { panic!("a pair") };
            let draw = Draw { canary: canary as u64, baseline: (all - canary) as u64, share: shares[place] };
            mixture.add(draw);
            let found = mixture.worse_since(&mixture.starts()[0]);
            assert!((found - wanted).abs() < 1e-9, "{}, step {place}: {found} for {wanted}", case["name"]);
        }
    }
}

#[test]
fn the_evidence_for_a_wrong_split_is_what_the_formula_gives() {
    for case in vectors("own_dirichlet_multinomial") {
        let counts: Vec<u64> = numbers(&case["counts"]).into_iter().map(|count| count as u64).collect();
        let found = log_e_shares(&counts, &numbers(&case["theta0"]), &numbers(&case["dirichlet_prior"]));
        let wanted = case["log_bayes_factor"].as_f64().expect("a number");
        assert!((found - wanted).abs() < 1e-9, "{case}: {found}");
        let p = case["sequential_p_if_first_look"].as_f64().expect("a chance");
        assert!(((-found).exp().min(1.0) - p).abs() < 1e-9, "{case}");
    }
}

/// A file of counts, a row every 15 s.
fn file(desk: &Desk, rows: impl Iterator<Item = String>) {
    let mut text = "t,canary_total,canary_bad,baseline_total,baseline_bad\n".to_owned();
    for (place, row) in rows.enumerate() {
        writeln!(text, "{},{row}", place * 15).expect("written");
    }
    fs::write(desk.path().join("counts.csv"), text).expect("written");
}

fn log(desk: &Desk, more: &[&str]) -> Vec<Value> {
    let words = [&["judge", "ratio", "--file", "counts.csv", "--json"], more].concat();
    let (code, out, err) = desk.run(&words);
    assert_eq!(code, 0, "{err}");
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn counts_in_a_file_become_a_log_of_decisions() {
    let desk = Desk::new();
    file(&desk, (0..240).map(|_| "300,6,2700,11".to_owned()));
    let lines = log(&desk, &[]);
    let words: Vec<&str> = lines.iter().filter_map(|line| line["decision"].as_str()).collect();
    assert_eq!(words, ["hold", "roll-back", "roll-back"]);
    let (first, last) = (&lines[1], &lines[2]);
    assert!(first["log_e_bad"].as_f64().expect("a number") >= 100f64.ln());
    assert_eq!(last["t"], 239 * 15);
    let keys: Vec<&String> = last.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["decision", "log_e_bad", "log_e_ok", "ratio", "reason", "t"]);
    let end = |name: &str| last["ratio"][name].as_f64().expect("a number");
    assert!(end("low") < end("mid") && end("mid") < end("high"));
    assert!((end("mid") - 6.0 / 300.0 / (11.0 / 2700.0)).abs() < 0.01, "{last}");
    assert!(
        log(&desk, &["--rho0", "6", "--rho-max", "8"]).iter().all(|line| line["decision"] != "roll-back")
    );
}

#[test]
fn a_file_that_is_not_understood_is_named_with_its_line() {
    let desk = Desk::new();
    file(&desk, ["300,6,2700,11", "300,NaN,2700,11"].into_iter().map(str::to_owned));
    let words = ["judge", "ratio", "--file", "counts.csv"];
    assert_eq!(desk.fails(&words), (65, "not-understood".into()));
    let (_, _, err) = desk.run(&[&words[..], &["--json"]].concat());
    let error: Value = serde_json::from_str(&err).expect("JSON");
    assert_eq!((&error["error"]["file"], &error["error"]["line"]), (&"counts.csv".into(), &3.into()));
    assert!(error["error"]["help"].is_string());
    assert_eq!(desk.fails(&["judge", "ratio", "--file", "none.csv"]), (66, "unreadable".into()));
    assert_eq!(desk.fails(&[&words[..], &["--rho0", "3"]].concat()), (2, "usage".into()));
    assert_eq!(desk.fails(&[&words[..], &["--phi", "0.5"]].concat()), (2, "usage".into()));
}
