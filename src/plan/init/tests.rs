//! What a first plan file takes from a document, and that it always resolves.

use super::*;
use crate::plan::playbook::read;
use crate::plan::{Check, Expect, ReleaseKind, Resolved, SourceFile, Sources, Watched, resolve};
use proptest::prelude::*;

const DOCUMENT: &str = r#"# Shop 2.4.0 release

## Stage 1: Prepare

- [ ] Tests pass

```yaml
checks:
  - name: Git Status
    command: git status --porcelain
    expected: empty
  - name: Tests
    command: npm test
    expected: all_pass
  - name: Audit
    command: npm audit | tee audit.txt
    expected: no_critical
```

## Stage 2: Release

- [ ] Out

```bash
for PCT in 10 50 100; do
  ./promote.sh $PCT
  sleep 600
done
```

## Approvals

| Role | Approver | Escalation |
|---|---|---|
| QA Lead | TBD | CTO, after 30 minutes |

## Metrics

| Metric | Target | Alert Threshold |
|---|---|---|
| Error rate | < 0.1% | > 1% for 5 minutes |
| Feel | pleasant | dreadful |

## Rollback triggers

Rollback will be triggered automatically if:
- Health checks fail for > 2 minutes
- Error rate > 5% for 2 minutes
- The moon is full

## Monitoring plan

| Time | Check | Owner |
|---|---|---|
| T+1 hour | Look | Ada |
| T+24 hours | Look again | Bo |
"#;

fn made(answers: &Answers) -> (InitPlan, Resolved) {
    let playbook = read("shop.md", DOCUMENT.as_bytes()).expect("text");
    let first = init(&playbook, answers);
    let sources = Sources {
        playbook: Some(SourceFile::new("shop.md", DOCUMENT)),
        plan: Some(SourceFile::new("shop.tminus.toml", first.toml.as_str())),
    };
    let resolved = resolve(&sources).unwrap_or_else(|error| panic!("{error}\n{}", first.toml));
    (first, resolved)
}

#[test]
fn commands_rules_and_steps_come_over_and_the_rest_is_noted() {
    let (first, resolved) = made(&Answers::none());
    let plan = resolved.plan;
    let Check::Command(git) = &plan.gates[0].check else { panic!("{}", first.toml) };
    assert_eq!(
        (git.run.join(" ").as_str(), git.expect.clone()),
        ("git status --porcelain", Some(Expect::Empty))
    );
    let kinds: Vec<bool> = plan.gates.iter().map(|gate| matches!(gate.check, Check::Command(_))).collect();
    assert_eq!(kinds, [true, true, false], "a line with a pipe is left to a person");
    let weights: Vec<(f64, u64)> =
        plan.rollouts[0].steps.iter().map(|step| (step.weight.value(), step.soak.0)).collect();
    assert_eq!(weights, [(10.0, 600), (50.0, 600), (100.0, 0)]);
    assert_eq!(plan.rollouts[0].stage.as_ref().map(|stage| stage.as_str()), Some("release"));
    assert!(plan.stages[0].exit.approvals);
    let rules: Vec<bool> =
        plan.triggers.iter().map(|trigger| matches!(trigger.when, Watched::Metric { .. })).collect();
    assert_eq!(rules, [false, true, false]);
    assert_eq!(plan.checkpoints.len(), 2);
    assert!(first.notes.iter().any(|note| note.text.contains("moon")));
    assert!(first.notes.iter().any(|note| note.text.contains("`pleasant` is no rule")));
    insta::assert_snapshot!(first.toml);
}

#[test]
fn answers_fill_what_the_document_leaves_open() {
    let mut answers = Answers::none();
    for (topic, text) in [
        (Topic::Name, "shop"),
        (Topic::Version, "2.5.0"),
        (Topic::Kind, "hotfix"),
        (Topic::T0, "2026-12-01T10:00:00Z"),
        (Topic::Environment, "staging-1"),
        (Topic::Prometheus, "http://prometheus.example.com:9090"),
        (Topic::Health, "https://shop.example.com/health"),
        (Topic::Speaker("qa-lead".into()), "cyd@example.com"),
    ] {
        answers.answer(topic, text).expect(text);
    }
    let plan = made(&answers).1.plan;
    assert_eq!((plan.release.version.as_str(), plan.release.kind), ("2.5.0", ReleaseKind::Hotfix));
    assert!(plan.release.t0.is_some() && !plan.release.production);
    assert_eq!(plan.roles[0].people, ["cyd@example.com"]);
    assert!(matches!(&plan.triggers[0].when, Watched::Gate { gate, .. } if gate.as_str() == "health"));
}

#[test]
fn an_answer_that_cannot_be_used_says_what_to_write() {
    let mut answers = Answers::none();
    for (topic, text) in
        [(Topic::Kind, "minro"), (Topic::T0, "tomorrow"), (Topic::Zone, "Moon"), (Topic::Health, "shop")]
    {
        let error = answers.answer(topic, text).expect_err(text);
        assert!(error.to_string().starts_with("write "), "{error}");
    }
    assert_eq!(answers.answer(Topic::T0, "  "), Ok(()));
    assert_eq!(answers, Answers::none());
}

#[test]
fn at_most_ten_questions_are_asked() {
    let rows: String = (0..20).map(|n| format!("| Lead {n} | TBD |\n")).collect();
    let text = format!("# Shop\n\n## Approvals\n\n| Role | Approver |\n|---|---|\n{rows}");
    let playbook = read("shop.md", text.as_bytes()).expect("text");
    let asked = questions(&playbook);
    assert_eq!(asked.len(), 10);
    assert_eq!(asked[0].suggested.as_deref(), Some("shop"));
}

/// Documents from pieces that carry everything TOML, the grammar and a terminal could stumble over.
fn document() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "QA",
        "\"",
        "'''",
        "\\",
        "a.b",
        "x]y",
        "#",
        "~",
        "ü",
        "\u{202e}",
        "\u{1b}[2J",
        "= 1",
        "{X}",
        "$Y",
        "1%",
        "error rate > 1%",
        "latency p95 > 2x baseline",
        "T+1h",
        "T-2 days",
        "git status",
        "npm test | tee",
        "",
        "[role.qa]",
    ]);
    let row = prop::collection::vec(word, 3).prop_map(|cells| format!("| {} |\n", cells.join(" | ")));
    let loops = "## Canary\n\n- [ ] One\n\n```bash\nfor P in 5 50; do\n  sleep 9\ndone\n```\n\n| A | B | C |\n|---|---|---|\n";
    let heads = vec![
        "## Approvals\n\n| Role | Approver | Escalation |\n|---|---|---|\n",
        "## Gates\n\n| Gate | Criteria | Tool |\n|---|---|---|\n",
        "## Metrics\n\n| Metric | Target | Alert |\n|---|---|---|\n",
        "## Rollback triggers\n\n| Condition | Severity | Action |\n|---|---|---|\n",
        "## Monitoring plan\n\n| Time | Check | Owner |\n|---|---|---|\n",
        loops,
    ];
    let table = (prop::sample::select(heads), prop::collection::vec(row, 0..4));
    prop::collection::vec(table.prop_map(|(head, rows)| head.to_owned() + &rows.concat() + "\n"), 0..6)
        .prop_map(|parts| format!("# Shop 1.0.0\n\n{}", parts.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_the_document_says_the_first_plan_file_resolves(text in document()) {
        let playbook = read("shop.md", text.as_bytes()).expect("text");
        let first = init(&playbook, &Answers::none());
        let sources = Sources {
            playbook: Some(SourceFile::new("shop.md", text.as_str())),
            plan: Some(SourceFile::new("shop.tminus.toml", first.toml.as_str())),
        };
        let made = resolve(&sources);
        prop_assert!(made.is_ok(), "{:?}\n{}", made.err(), first.toml);
    }
}
