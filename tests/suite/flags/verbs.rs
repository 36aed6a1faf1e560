//! The verbs, as processes: flags of a file, in a home of their own.

use std::fs;

use serde_json::Value;

use crate::verbs::Desk;

const PLAN: &str = r#"
[release]
name = "shop"
version = "2.0.0"
environment = "prod"

[environment.prod]
production = true

[flag.sampling]
file = "flags.json"
pointer = "/sampling"
percent = "/rollout_percentage"
enabled = "/enabled"

[flag.tasks]
title = "Long tasks"
file = "flags.json"
pointer = "/tasks"
percent = "/rollout_percentage"
enabled = "/enabled"
requires = ["sampling"]
"#;

const FLAGS: &str = "{\n  \"sampling\": {\"enabled\": false, \"rollout_percentage\": 0},\n  \
                     \"tasks\": {\"enabled\": false, \"rollout_percentage\": 0},\n  \
                     \"other\": {\"enabled\": true, \"rollout_percentage\": 80}\n}\n";

fn desk(trusted: bool) -> Desk {
    let desk = Desk::new();
    fs::write(desk.path().join("shop.tminus.toml"), PLAN).expect("written");
    fs::write(desk.path().join("flags.json"), FLAGS).expect("written");
    desk.json(&["open", "shop.md"]);
    if trusted {
        desk.json(&["trust", "shop.md"]);
    }
    desk
}

fn kept(desk: &Desk, flag: &str) -> (bool, f64) {
    let text = fs::read_to_string(desk.path().join("flags.json")).expect("there");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    (
        value[flag]["enabled"].as_bool().expect("a switch"),
        value[flag]["rollout_percentage"].as_f64().expect("a number"),
    )
}

#[test]
fn a_flag_is_set_shown_killed_and_journalled() {
    let desk = desk(true);
    let set = desk.json(&["flag", "set", "sampling", "25", "--reason", "canary is well"]);
    assert_eq!((&set["outcome"], &set["flags"]["sampling"]["percent"]), (&"done".into(), &25.0.into()));
    assert_eq!(kept(&desk, "sampling"), (true, 25.0));
    let shown = desk.json(&["flag", "show", "sampling"]);
    assert_eq!(
        (&shown["on"], &shown["switch"], &shown["allowed"]),
        (&true.into(), &"armed".into(), &true.into())
    );
    assert_eq!(shown["required_by"], serde_json::json!(["tasks"]));
    let killed = desk.json(&["flag", "kill", "sampling"]);
    assert_eq!(killed["outcome"], "done");
    assert_eq!(kept(&desk, "sampling"), (false, 0.0));
    let list = desk.json(&["flag", "list"]);
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert_eq!((&list[0]["switch"], &list[0]["on"]), (&"pulled".into(), &false.into()));
    let (_, log, _) = desk.run(&["log"]);
    for line in [
        "intends to turn on flag sampling for 25 %",
        "flag sampling: on, 25 %",
        "intends to kill flag sampling",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[test]
fn a_preview_changes_nothing() {
    let desk = desk(true);
    let (code, out, err) = desk.run(&["flag", "set", "sampling", "25", "--dry-run"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("write flags.json") && out.contains("+ \"sampling\": {\"enabled\": true"), "{out}");
    assert_eq!(fs::read_to_string(desk.path().join("flags.json")).expect("there"), FLAGS);
}

#[test]
fn refusals_have_their_codes() {
    let desk = desk(true);
    assert_eq!(desk.fails(&["flag", "set", "sampling", "25"]), (10, "incomplete".into()));
    assert_eq!(desk.fails(&["flag", "set", "sampling", "125", "--reason", "x"]), (2, "usage".into()));
    assert_eq!(desk.fails(&["flag", "kill", "nothing"]), (10, "unknown".into()));
    let (code, out, _) = desk.run(&["flag", "set", "tasks", "5", "--reason", "x", "--json"]);
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &answer["outcome"]), (10, &"failed".into()));
    assert!(
        answer["summary"].as_str().is_some_and(|it| it.contains("requires sampling, which is off")),
        "{out}"
    );
}

#[test]
fn disable_all_leaves_other_releases_alone_unless_told_otherwise() {
    let desk = desk(true);
    for flag in ["sampling", "tasks"] {
        desk.json(&["flag", "set", flag, "50", "--reason", "x"]);
    }
    let off = desk.json(&["flag", "disable-all"]);
    assert_eq!(off["outcome"], "done", "{off}");
    assert_eq!(
        (kept(&desk, "sampling").0, kept(&desk, "tasks").0, kept(&desk, "other").0),
        (false, false, true)
    );
    let off = desk.json(&["flag", "disable-all", "--all", "--reason", "the incident"]);
    assert!(off["summary"].as_str().is_some_and(|it| it.contains("other")), "{off}");
    assert!(!kept(&desk, "other").0);
}

#[test]
fn an_untrusted_plan_changes_no_flag_and_says_what_lets_it() {
    let desk = desk(false);
    let (code, out, _) = desk.run(&["flag", "kill", "sampling", "--json"]);
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &answer["outcome"]), (77, &"skipped".into()), "{out}");
    assert_eq!(fs::read_to_string(desk.path().join("flags.json")).expect("there"), FLAGS);
    let (code, _, err) = desk.run(&["flag", "list"]);
    assert!(code != 0, "{err}");
}
