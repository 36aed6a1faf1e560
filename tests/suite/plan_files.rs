//! Plan files: what is wrong with each of a corpus, in words; and what every playbook gives with and without one.

use std::path::{Path, PathBuf};

use tminus::plan::init::{Answers, init, questions};
use tminus::plan::playbook::read;
use tminus::plan::{Arming, Check, Expect, Finding, SourceFile, Sources, Watched, resolve};

/// The corpus of plan files with one thing wrong each, by name.
fn invalid() -> Vec<PathBuf> {
    files_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/invalid"))
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("corpus").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    files
}

fn only_plan(name: &str, bytes: Vec<u8>) -> Sources {
    Sources { playbook: None, plan: Some(SourceFile::new(name, bytes)) }
}

#[test]
fn every_invalid_plan_says_where_what_and_what_to_write() {
    let said: Vec<String> = invalid()
        .iter()
        .map(|path| {
            let name = path.file_name().expect("name").to_string_lossy().into_owned();
            let error = resolve(&only_plan(&name, std::fs::read(path).expect("file"))).expect_err(&name);
            assert!(
                error.line > 0 && !error.message.is_empty() && !error.help.is_empty(),
                "{name}: {error:?}"
            );
            error.to_string()
        })
        .collect();
    assert!(said.len() > 40, "the corpus is there");
    insta::assert_snapshot!(said.join("\n"));
}

/// The five playbooks, when this machine has them.
fn playbooks() -> Option<Vec<SourceFile>> {
    let Some(folder) = std::env::var_os("TMINUS_PLAYBOOKS") else {
        println!("skipped: TMINUS_PLAYBOOKS does not say where the five playbooks are");
        return None;
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    let read = |path: &PathBuf| {
        SourceFile::new(path.file_name().expect("name").to_string_lossy(), std::fs::read(path).expect("file"))
    };
    Some(files.iter().map(read).collect())
}

#[test]
fn every_playbook_opens_without_a_plan_file_and_nothing_of_it_runs() {
    for (file, items) in playbooks().into_iter().flatten().zip([151, 56, 23, 133, 103]) {
        resolve(&tminus::plan::bundled::rehearsal(file.clone())).expect("a rehearsal");
        let name = file.name.clone();
        let resolved = resolve(&Sources { playbook: Some(file), plan: None }).expect(&name);
        let plan = resolved.plan;
        assert_eq!(plan.items.len(), items, "{name}");
        assert!(plan.items.iter().all(|item| plan.stage(&item.stage).is_some()), "{name}");
        assert!(plan.gates.iter().all(|gate| gate.check == Check::Manual), "{name}");
        assert!(plan.triggers.iter().all(|trigger| trigger.when == Watched::Manual), "{name}");
        assert!(plan.roles.iter().all(|role| role.people.is_empty()), "{name}");
        assert!(plan.metrics.iter().all(|metric| metric.query.is_none()), "{name}");
        assert!(!plan.release.name.is_empty() && plan.release.production, "{name}");
    }
}

#[test]
fn a_first_plan_file_of_every_playbook_resolves_and_takes_over_what_it_says() {
    // By hand from the documents: gates, metrics of its tables and lists, triggers, approving roles, checkpoints.
    let said = [(18, 17, 9, 5, 12), (4, 43, 33, 2, 9), (4, 12, 5, 0, 0), (0, 0, 19, 0, 0), (0, 4, 0, 4, 0)];
    for (file, (gates, metrics, triggers, approvers, checkpoints)) in
        playbooks().into_iter().flatten().zip(said)
    {
        let playbook = read(&file.name, &file.bytes).expect("text");
        let first = init(&playbook, &Answers::none());
        assert!(questions(&playbook).len() <= 10, "{}", file.name);
        let name = file.name.clone();
        let plan = SourceFile::new("x.tminus.toml", first.toml.as_str());
        let plan = match resolve(&Sources { playbook: Some(file), plan: Some(plan) }) {
            Ok(resolved) => resolved.plan,
            Err(error) => panic!("{name}: {error}\n{}", first.toml),
        };
        let count = (plan.gates.len(), plan.triggers.len(), plan.approvers().len(), plan.checkpoints.len());
        assert_eq!(count, (gates, triggers, approvers, checkpoints), "{name}");
        assert!(plan.metrics.len() >= metrics, "{name}: {} metrics", plan.metrics.len());
    }
}

#[test]
fn what_a_playbook_writes_as_commands_and_steps_comes_over() {
    let Some(files) = playbooks() else { return };
    let plan_of = |at: usize| {
        let file = files.get(at).expect("five").clone();
        let toml = init(&read(&file.name, &file.bytes).expect("text"), &Answers::none()).toml;
        let plan = Some(SourceFile::new("x.tminus.toml", toml.as_str()));
        (resolve(&Sources { playbook: Some(file), plan }).expect("a plan").plan, toml)
    };
    let (checks, toml) = plan_of(2);
    let commands: Vec<(String, bool)> = checks
        .gates
        .iter()
        .filter_map(|gate| match &gate.check {
            Check::Command(command) => Some((command.run.join(" "), command.expect == Some(Expect::Empty))),
            _ => None,
        })
        .collect();
    let wanted = [
        ("git status --porcelain", true),
        ("npm test", false),
        ("npm run build", false),
        ("npm audit", false),
    ];
    assert_eq!(commands, wanted.map(|(command, empty)| (command.to_owned(), empty)), "{toml}");
    let rules = checks.triggers.iter().filter(|it| matches!(it.when, Watched::Metric { .. })).count();
    assert!(rules >= 2, "{toml}");

    let (nightly, toml) = plan_of(4);
    let quiet: Vec<(u16, u64)> = nightly.quiet.iter().map(|quiet| (quiet.at, quiet.lasting.0)).collect();
    assert_eq!(quiet, [(120, 600)], "{toml}");
    let (watch, toml) = plan_of(2);
    let exits = watch.triggers.iter().filter(|it| it.terms.exit.is_some()).count();
    assert!(exits >= 1, "{toml}");

    let (steps, toml) = plan_of(3);
    let steps: Vec<(f64, u64)> = steps
        .rollouts
        .first()
        .expect(&toml)
        .steps
        .iter()
        .map(|step| (step.weight.value(), step.soak.0))
        .collect();
    assert_eq!(steps, [(5.0, 3600), (10.0, 1800), (25.0, 1800), (50.0, 1800), (100.0, 0)]);
}

#[test]
fn what_the_runbooks_contradict_asks_with_both_lines() {
    let Some(files) = playbooks() else { return };
    let file = files.get(3).expect("five").clone();
    let toml = init(&read(&file.name, &file.bytes).expect("text"), &Answers::none()).toml;
    let by_hand = "[metric.error-rate]\n\n[trigger.errors]\nwhen = \"error-rate > 0.1% for 5m\"\nactions = \"cut-traffic\"\n";
    for text in [by_hand, toml.as_str()] {
        let plan = Some(SourceFile::new("x.tminus.toml", text));
        let made = resolve(&Sources { playbook: Some(file.clone()), plan }).expect("a plan");
        let armed: Vec<_> = made.plan.triggers.iter().map(|trigger| &trigger.arming).collect();
        assert!(armed.contains(&&Arming::Contested { lines: (849, 1419) }), "{armed:?}\n{text}");
        let said =
            made.findings.iter().find(|it| it.code.as_str() == "contested-trigger").expect("a finding");
        assert!(said.line > 0 && said.help.contains("arm = "), "{said:?}");
    }
}

#[test]
fn every_doubtful_plan_gets_a_finding_with_its_line_and_remedy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/doubtful");
    let mut said = Vec::new();
    for path in files_of(&folder) {
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        let made = resolve(&only_plan(&name, std::fs::read(&path).expect("file"))).expect(&name);
        assert_eq!(made.findings.len(), 1, "{name}: {:?}", made.findings);
        for Finding { code, line, message, help, .. } in made.findings {
            assert!(line > 0 && !help.is_empty(), "{name}");
            said.push(format!("{name}:{line}: {}: {message}; {help}", code.as_str()));
        }
    }
    insta::assert_snapshot!(said.join("\n"));
}
