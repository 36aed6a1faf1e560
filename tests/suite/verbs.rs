//! Every verb as a process, in a home of its own: what it prints and how it ends.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const PLAYBOOK: &str = "# Shop 2.0.0\n\n## Stage 1: Planning\n\n- [ ] Notify support\n- [ ] Freeze the branch\n\n\
                        ## Stage 2: Release\n\n- [ ] Tag pushed\n";

/// A home with a playbook in it.
pub struct Desk(TempDir);

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("shop.md"), PLAYBOOK).expect("written");
        Self(folder)
    }
    pub fn path(&self) -> &Path {
        self.0.path()
    }
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let ended = Command::cargo_bin("tminus")
            .expect("built")
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("TMINUS_HOME", self.path().join("home"))
            .env("TMINUS_OPERATOR", "ada@example.com")
            .output()
            .expect("it ran");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (ended.status.code().expect("an exit code"), text(ended.stdout), text(ended.stderr))
    }
    /// Standard output of a verb that ends well, as JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let (code, out, err) = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code, 0, "{arguments:?}: {err}");
        serde_json::from_str(out.lines().last().expect("a line")).expect("JSON")
    }
    /// Code and word of a verb that fails, from the object on standard error.
    pub fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let (code, out, err) = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(out, "", "{arguments:?} prints no answer");
        let error: Value = serde_json::from_str(&err).expect("one JSON object");
        assert!(error["error"]["message"].is_string(), "{err}");
        (code, error["error"]["code"].as_str().expect("a word").to_owned())
    }
}

#[test]
fn each_way_to_fail_has_its_code() {
    let desk = Desk::new();
    assert_eq!(desk.fails(&["bogus"]), (2, "usage".into()));
    assert_eq!(desk.fails(&["status"]), (1, "no-release".into()));
    assert_eq!(desk.fails(&["tick", "x"]), (10, "no-release".into()));
    assert_eq!(desk.fails(&["check", "missing.md"]), (66, "unreadable".into()));
    assert_eq!(desk.fails(&["approve", "qa"]), (2, "usage".into()));
    fs::write(desk.path().join("bad.tminus.toml"), "[release]\nnaem = \"shop\"\n").expect("written");
    assert_eq!(desk.fails(&["open", "bad.tminus.toml"]), (65, "not-understood".into()));
    fs::create_dir_all(desk.path().join("home/state")).expect("made");
    fs::write(desk.path().join("home/state/trust.toml"), "grant = 1").expect("written");
    assert_eq!(desk.fails(&["trust", "shop.md"]), (78, "store-refused".into()));
}

#[test]
fn a_broken_plan_is_a_finding_with_its_line() {
    let desk = Desk::new();
    assert_eq!(desk.json(&["check", "shop.md"])["counts"]["items"], 3);
    fs::write(desk.path().join("shop.tminus.toml"), "[release]\nnaem = \"shop\"\n").expect("written");
    let (code, out, _) = desk.run(&["check", "shop.md", "--json"]);
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    let errors: Vec<&Value> = answer["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .collect();
    assert_eq!((code, errors.len(), &errors[0]["line"]), (1, 1, &Value::from(2)));
    assert!(errors[0]["help"].as_str().is_some_and(|help| help.contains("name")), "{out}");
}

#[test]
fn a_release_is_opened_ticked_and_remembered() {
    let desk = Desk::new();
    let opened = desk.json(&["open", "shop.md"]);
    assert_eq!((&opened["items"]["total"], &opened["status"]), (&Value::from(3), &Value::from("planned")));
    assert_eq!(opened["t"], Value::Null);
    let ticked = desk.json(&["tick", "notify-support"]);
    assert_eq!(ticked["lines"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        desk.json(&["tick", "notify-support"])["lines"],
        Value::Array(Vec::new()),
        "a repeat is harmless"
    );
    assert_eq!(desk.fails(&["skip", "tag-pushed", "--reason", " "]), (10, "incomplete".into()));
    assert_eq!(desk.fails(&["tick", "nothing-like-it"]), (10, "unknown".into()));
    desk.json(&["note", ".", "two were \u{1b}[2Jflaky"]);
    let (_, log, _) = desk.run(&["log"]);
    assert!(log.contains("ada@example.com") && !log.contains('\u{1b}'), "{log}");
    assert_eq!(desk.json(&["open", "shop.md"])["items"]["done"], 1);
    let verified = desk.json(&["verify"]);
    assert_eq!(verified["holds"], true);
    let anchor = verified["anchors"]
        .as_array()
        .expect("heads")
        .last()
        .expect("one")
        .as_str()
        .expect("text")
        .to_owned();
    desk.json(&["verify", "--anchor", &anchor]);
    let other = format!("{}{}", &anchor[..anchor.len() - 64], "0".repeat(64));
    assert_eq!(desk.run(&["verify", "--anchor", &other]).0, 4);
}

#[test]
fn the_same_seed_gives_the_same_head_in_any_home() {
    let play = |script: &str| {
        let desk = Desk::new();
        let ended = desk.json(&["demo", "--headless", "--script", script, "--seed", "7", "--speed", "max"]);
        let status = desk.json(&["status"]);
        assert_eq!(status["head"], ended["head"], "what `status` shows when nothing is live is the demo");
        assert_eq!(desk.fails(&["tick", "x"]), (10, "no-release".into()), "no verb acts on a demo");
        (ended["outcome"].as_str().expect("a word").to_owned(), ended["head"].clone())
    };
    let first = play("bad-canary");
    assert_eq!(first.0, "rolled-back");
    assert_eq!(first, play("bad-canary"));
}

#[test]
fn every_script_ends_as_it_is_named() {
    let desk = Desk::new();
    for (script, outcome) in [("good-canary", "promoted"), ("no-data", "held"), ("flapping", "held")] {
        let ended = desk.json(&["demo", "--headless", "--script", script]);
        assert_eq!((&ended["outcome"], &ended["version"]), (&outcome.into(), &"3.2.0".into()), "{script}");
    }
}

#[test]
fn a_snapshot_is_a_picture_of_the_size_that_was_asked_for() {
    let desk = Desk::new();
    desk.json(&["open", "shop.md"]);
    let (code, text, _) = desk.run(&["snapshot", "--size", "80x24"]);
    assert_eq!((code, text.lines().count()), (0, 24));
    let (_, svg, _) = desk.run(&["snapshot", "--format", "svg"]);
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(desk.run(&["snapshot", "--size", "0x0"]).0, 2);
}

#[test]
fn the_five_playbooks_hold_the_items_they_should() {
    let Ok(folder) = std::env::var("TMINUS_PLAYBOOKS") else {
        println!("skipped: TMINUS_PLAYBOOKS does not name the folder of the playbooks");
        return;
    };
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("listed").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let desk = Desk::new();
    let items: Vec<u64> = files
        .iter()
        .map(|file| {
            let (_, out, err) = desk.run(&["check", &file.to_string_lossy(), "--json"]);
            let answer: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
            answer["counts"]["items"].as_u64().expect("a number")
        })
        .collect();
    assert_eq!(items, [151, 56, 23, 133, 103]);
}
