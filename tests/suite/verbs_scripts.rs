//! Verbs as scripts use them: side by side, without trust, on behalf of others, after a demo.

use std::fs;
use std::thread;

use super::verbs::Desk;

const PLAN: &str = "[release]\nname = \"shop\"\nversion = \"2.0.0\"\ntype = \"minor\"\n\n[role.qa]\n\
                    people = [\"bo@example.com\"]\napproves = [\"minor\"]\n\n[role.ops]\n\
                    people = [\"ada@example.com\"]\napproves = [\"minor\"]\n\n\
                    [gate.tests]\nrun = [\"touch\", \"ran\"]\n";

/// A home with a release of a playbook and its plan file.
fn planned() -> Desk {
    let desk = Desk::new();
    fs::write(desk.path().join("shop.tminus.toml"), PLAN).expect("written");
    desk.json(&["open", "shop.md"]);
    desk
}

#[test]
fn a_gate_of_a_plan_that_is_not_trusted_is_not_started() {
    let desk = planned();
    let before = desk.json(&["status"])["events"].clone();
    assert_eq!(desk.fails(&["gate", "run", "tests"]), (77, "not-trusted".into()));
    let (_, _, err) = desk.run(&["gate", "run", "tests"]);
    assert!(err.contains("tminus trust"), "{err}");
    assert!(!desk.path().join("ran").exists());
    assert_eq!(desk.json(&["status"])["events"], before, "nothing is recorded");
    desk.json(&["trust", "shop.md"]);
    assert_eq!(desk.json(&["gate", "run", "tests"])["verdict"], "pass");
    assert!(desk.path().join("ran").exists());
}

#[test]
fn who_speaks_for_another_is_named_as_the_one_who_wrote_it_down() {
    let desk = planned();
    let line = &desk.json(&["approve", "qa", "--go"])["lines"][0];
    assert_eq!(line, "qa says go (spoken, recorded by ada@example.com)");
    desk.json(&["approve", "ops", "--go"]);
    let approvals = desk.json(&["status"])["approvals"].clone();
    assert_eq!((&approvals[0]["spoken"], &approvals[1]["spoken"]), (&true.into(), &false.into()));
    let (_, card, _) = desk.run(&["status"]);
    assert!(card.contains("qa: go (spoken, recorded by ada@example.com)"), "{card}");
    let (_, screen, _) = desk.run(&["snapshot", "--screen", "roll-call", "--size", "80x24"]);
    assert_eq!(screen.matches("spoken, recorded by ada").count(), 1, "{screen}");
}

#[test]
fn verbs_side_by_side_wait_for_each_other_and_lose_nothing() {
    let desk = planned();
    let before = desk.json(&["status"])["events"].as_u64().expect("a number");
    let codes: Vec<i32> = thread::scope(|scope| {
        let desk = &desk;
        let all: Vec<_> = (0..8)
            .map(|who| scope.spawn(move || desk.run(&["note", ".", &format!("note {who}")]).0))
            .collect();
        all.into_iter().map(|one| one.join().expect("it ended")).collect()
    });
    assert_eq!(codes, [0; 8]);
    assert_eq!(desk.json(&["status"])["events"], before + 8);
    assert_eq!(desk.json(&["verify"])["holds"], true);
}

#[test]
fn a_demo_that_nobody_can_see_leaves_the_last_one_as_it_was() {
    let desk = Desk::new();
    let ended = desk.json(&["demo", "--headless", "--script", "no-data"]);
    assert_eq!(desk.fails(&["demo", "--script", "no-data"]).0, 2);
    assert_eq!(desk.json(&["status"])["head"], ended["head"]);
    let watched = desk.json(&["watch"]);
    assert_eq!(watched["head"], ended["head"], "nobody plays it any more, so that is the end of it");
}

#[test]
fn a_rehearsal_beside_the_release_itself_can_be_named() {
    let desk = planned();
    desk.json(&["open", "shop.md", "--world", "good-canary"]);
    let (code, _, err) = desk.run(&["note", ".", "where?"]);
    assert!(code == 2 && err.contains("shop/prod, world-good-canary.shop"), "{err}");
    desk.json(&["note", ".", "in the world", "-r", "world-good-canary.shop"]);
    let (_, log, _) = desk.run(&["log", "-r", "shop"]);
    assert!(!log.contains("in the world"), "{log}");
    let (_, log, _) = desk.run(&["log", "-r", "world-good-canary.shop"]);
    assert!(log.contains("in the world"), "{log}");
}
