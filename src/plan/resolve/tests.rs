//! The demo's plan, a plan without a playbook, a playbook without a plan, and what the binding rests on.

mod numbers;

use proptest::prelude::*;

use super::*;
use crate::base::{Offset, Seconds};
use crate::plan::rule::Action;
use crate::plan::{Bound, Check, ExitItems, GitFact, Otherwise, Watched, bundled};

const PLAYBOOK: &str = "# Shop 2.4.0 release\n\n## Stage 1: Prepare (T-2 hours)\n\n- [ ] Tests pass\n- [x] Notes written (owner: ada)\n\n\
    ## Stage 2: Release\n\n- [ ] Tell {TEAM} about {VERSION}\n\n\
    ## Approvals\n\n| Role | Approver | Escalation |\n|---|---|---|\n| QA Lead | Ada | CTO, after 30 minutes |\n";

fn both(playbook: &str, plan: &str) -> Sources {
    let file = |name, text: &str| (!text.is_empty()).then(|| SourceFile::new(name, text));
    Sources { playbook: file("shop.md", playbook), plan: file("shop.tminus.toml", plan) }
}

fn made(playbook: &str, plan: &str) -> Resolved {
    resolve(&both(playbook, plan)).expect("a plan")
}

#[test]
fn the_demo_is_a_whole_release() {
    let resolved = resolve(&bundled::demo()).expect("the demo");
    let plan = &resolved.plan;
    assert_eq!((plan.release.name.as_str(), plan.release.version.as_str()), ("payments", "3.2.0"));
    assert!(plan.release.production);
    let stages: Vec<&str> = plan.stages.iter().map(|stage| stage.id.as_str()).collect();
    assert_eq!(stages, ["planning", "code-freeze", "validation", "release", "monitoring"]);
    assert_eq!(plan.items.len(), 36);
    let gates: Vec<&str> = plan.gates.iter().map(|gate| gate.id.as_str()).collect();
    assert_eq!(gates, ["unit-tests", "image-scan", "git-clean", "load-test", "docs", "health"]);
    assert!(plan.gates.iter().all(|gate| gate.item.is_some() && gate.stage.is_some()));
    let asked: Vec<&str> = plan.approvers().iter().map(|role| role.id.as_str()).collect();
    assert_eq!(asked, ["qa", "security", "engineering", "release-manager"]);
    let weights: Vec<f64> = plan.rollouts[0].steps.iter().map(|step| step.weight.value()).collect();
    assert_eq!(weights, [5.0, 25.0, 50.0, 100.0]);
    assert_eq!(plan.triggers[0].actions, [Action::RollBack, Action::Notify]);
    assert!(matches!(&plan.triggers[1].when, Watched::Gate { lasting: Seconds(120), .. }));
    assert!(plan.messages.iter().all(|message| message.at.is_some()));
    assert_eq!(plan.checkpoints.last().map(|it| it.at), Some(Offset::seconds(86_400)));
    assert_eq!(resolved.unbound, []);
    assert_eq!(resolved.findings, []);
    assert_eq!(plan.digest, Digest::of(&resolved.binding));
}

#[test]
fn a_plan_file_alone_is_enough() {
    let plan = made(
        "",
        r#"
        [stage.release]
        items = ["Tell everybody", "Tell everybody", "Watch the numbers"]
        at = "T-1h"
        exit = { items = ["watch-the-numbers"], gates = ["clean"] }
        [gate.clean]
        git = ["clean", "pushed v1 to origin"]
        else = "warn"
        stage = "release"
        [item."tell-everybody~2"]
        owner = "ada@example.com"
        due = "T+1d"
        "#,
    )
    .plan;
    let ids: Vec<&str> = plan.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["release/tell-everybody", "release/tell-everybody~2", "release/watch-the-numbers"]);
    assert_eq!(plan.items[0].due, Some(Offset::seconds(-3600)));
    assert_eq!(
        (plan.items[1].owner.as_deref(), plan.items[1].due),
        (Some("ada@example.com"), Some(Offset::days(1)))
    );
    assert_eq!(plan.stages[0].exit.items, ExitItems::Listed(vec!["release/watch-the-numbers".into()]));
    let Check::Git(git) = &plan.gates[0].check else { panic!("not git") };
    assert_eq!(git.facts[1], GitFact::Pushed { tag: "v1".to_owned(), remote: "origin".to_owned() });
    assert_eq!((plan.gates[0].otherwise.clone(), plan.gates[0].timeout), (Otherwise::Warn, Seconds(10)));
    assert_eq!((plan.release.name.as_str(), plan.release.version.as_str()), ("shop", "unversioned"));
    assert!(plan.release.production, "an environment nobody describes is production");
}

#[test]
fn a_playbook_alone_is_ticks_owners_and_a_clock() {
    let resolved = made(PLAYBOOK, "");
    let plan = &resolved.plan;
    assert_eq!((plan.release.name.as_str(), plan.release.version.as_str()), ("shop", "2.4.0"));
    assert_eq!(plan.release.environment, "prod");
    assert_eq!(plan.items.len(), 3);
    assert_eq!(plan.items[0].due, Some(Offset::seconds(-7200)), "due with its stage");
    assert!(plan.items[1].ticked);
    assert_eq!(plan.items[1].owner.as_deref(), Some("ada"));
    assert_eq!(plan.items[2].text.raw(), "Tell {TEAM} about 2.4.0");
    assert_eq!(resolved.unbound, [("{TEAM}".to_owned(), 10)]);
    let role = &plan.roles[0];
    assert_eq!((role.id.as_str(), role.people.len(), role.approves.len()), ("qa-lead", 0, 4));
    assert_eq!(role.escalate.as_ref().and_then(|it| it.after), Some(Seconds(1800)));
    assert!(plan.stages.iter().all(|stage| stage.exit.items == ExitItems::All));
}

#[test]
fn the_plan_file_binds_items_and_blanks() {
    let plan =
        "[vars]\nTEAM = \"support\"\n[gate.tests]\nitem = \"tests-pass\"\nrun = [\"make\", \"test\"]\n";
    let resolved = made(PLAYBOOK, plan);
    assert_eq!(resolved.plan.items[2].text.raw(), "Tell support about 2.4.0");
    assert_eq!(resolved.unbound, []);
    assert_eq!(resolved.plan.items[0].bound, Some(Bound::Gate("tests".into())));
    assert_eq!(resolved.plan.gates[0].stage.as_ref().map(|stage| stage.as_str()), Some("prepare"));
}

#[test]
fn a_report_that_is_not_read_is_said() {
    let resolved = made("", "[gate.tests]\nrun = [\"true\"]\njunit = \"out.xml\"\n");
    let codes: Vec<(&str, u32)> = resolved.findings.iter().map(|it| (it.code.as_str(), it.line)).collect();
    assert_eq!(codes, [("report-unread", 3)]);
}

#[test]
fn a_threshold_is_written_once_and_a_trigger_may_say_its_own() {
    let text = "[metric.error-rate]\nalert = \"> 1% for 5m\"\n[trigger.a]\nwhen = \"error-rate alert\"\nactions = \"hold\"\n\
        [trigger.b]\nwhen = \"Error rate > 5% for 2m\"\nactions = [\"roll-back\"]\n[trigger.c]\nwhen = \"manual\"\nactions = \"ask\"\n";
    let plan = made("", text).plan;
    let lasting: Vec<Option<u64>> = plan
        .triggers
        .iter()
        .map(|trigger| match &trigger.when {
            Watched::Metric { rule, .. } => rule.lasting.map(|it| it.0),
            _ => None,
        })
        .collect();
    assert_eq!(lasting, [Some(300), Some(120), None]);
}

#[test]
fn the_binding_is_sorted_facts_with_numbers_as_written() {
    let resolved = resolve(&bundled::demo()).expect("the demo");
    insta::assert_snapshot!(resolved.binding);
    let lines: Vec<&str> = resolved.binding.lines().collect();
    assert!(lines.is_sorted() && lines.iter().all(|line| line.contains(" = ")));
    for fact in [
        "gate.unit-tests.pass = \"failed = 0 and tests > 0\"",
        "item.validation/automatic-checks/unit-tests-pass.gate = \"unit-tests\"",
        "metric.error-rate.alert = \"> 1% for 2m\"",
        "release.version = \"3.2.0\"",
        "rollout.payments.steps.02.weight = 25",
        "stage.validation.exit.approvals = true",
        "trigger.error-rate.actions = [\"roll-back\", \"notify\"]",
    ] {
        assert!(lines.contains(&fact), "{fact}\n{}", resolved.binding);
    }
}

#[test]
fn prose_changes_nothing_and_a_weight_does() {
    let demo = bundled::demo();
    let digest = |from: &str, to: &str| {
        let change = |file: &Option<SourceFile>| {
            file.as_ref().map(|file| {
                let text = String::from_utf8(file.bytes.clone()).expect("text");
                SourceFile::new(&file.name, text.replace(from, to))
            })
        };
        let sources = Sources { playbook: change(&demo.playbook), plan: change(&demo.plan) };
        assert_ne!(sources.digest(), demo.digest(), "{from}");
        resolve(&sources).expect("a plan").plan.digest
    };
    let before = resolve(&demo).expect("a plan").plan.digest;
    for prose in [
        "How the payments team brings",
        "# How traffic moves.",
        "title = \"Latency P95\"",
        "Support queue and",
    ] {
        assert_eq!(digest(prose, &prose.replace("a", "ä").replace("o", "ö")), before, "{prose}");
    }
    for (fact, other) in [
        ("weight = 25", "weight = 26"),
        ("> 1% for 2m", "> 1% for 3m"),
        ("bo@example.com\"]", "eve@example.com\"]"),
        ("approvals = true", "approvals = false"),
    ] {
        assert_ne!(digest(fact, other), before, "{fact}");
    }
}

#[test]
fn only_an_entrys_own_title_is_prose() {
    let text = "[metric.title]\ntitle = \"T\"\nalert = \"> 1%\"\n[gate.a]\ntitle = \"A\"\nrun = [\"a\"]\nenv = { title = \"x\" }\n\
        [procedure.b]\ntitle = \"B\"\nsteps = [{ run = [\"b\"], env = { title = \"y\" } }]\n";
    let binding = made("", text).binding;
    for fact in [
        "gate.a.env.title = \"x\"",
        "metric.title.alert = \"> 1%\"",
        "procedure.b.steps.01.env.title = \"y\"",
    ] {
        assert!(binding.lines().any(|line| line == fact), "{fact}\n{binding}");
    }
    assert!(!binding.contains("\"T\"") && !binding.contains("\"A\"") && !binding.contains("\"B\""));
}

proptest! {
    #[test]
    fn the_binding_hangs_on_the_weight_and_on_nothing_said_about_it(
        weight in 1u32..99, other in 1u32..99, words in "[a-z äö]{0,20}", blank in 0usize..3,
    ) {
        let text = |weight: u32, words: &str, blank: usize| format!(
            "# {words}\n[rollout.shop]{}\nsteps = [ {{ weight = {weight}, soak = \"5m\" }}, {{ weight = 100 }} ]\n\
             [checkpoint.one]\nat = \"T+1h\"\ntext = \"{words}\"\n", "\n".repeat(blank));
        let first = made("", &text(weight, "", 0)).plan.digest;
        prop_assert_eq!(made("", &text(weight, &words, blank)).plan.digest, first);
        prop_assert_eq!(made("", &text(other, "", 0)).plan.digest == first, weight == other);
    }

    #[test]
    fn no_bytes_make_it_panic(plan in ".{0,200}", playbook in ".{0,200}") {
        let _ = resolve(&both(&playbook, &plan));
    }
}
