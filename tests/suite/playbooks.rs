//! The five playbooks the product exists for, read whole: what each yields, counted by hand from the documents.

use tminus::base::{Offset, Seconds, Untrusted};
use tminus::plan::playbook::{Counts, GateAction, ItemKind, Mark, Playbook, StageKind, When, read};

/// The name and bytes of the playbook whose file begins with this number; says why when there is none.
pub fn document(number: &str) -> Option<(String, Vec<u8>)> {
    let Ok(folder) = std::env::var("TMINUS_PLAYBOOKS") else {
        println!("skipped: TMINUS_PLAYBOOKS does not name the folder of the playbooks");
        return None;
    };
    let file = std::fs::read_dir(&folder)
        .expect("the folder of the playbooks")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(number)))
        .expect("the playbook of this number");
    let bytes = std::fs::read(&file).expect("a readable playbook");
    Some((file.file_name().expect("a name").to_string_lossy().into_owned(), bytes))
}

fn open(number: &str) -> Option<Playbook> {
    let (name, bytes) = document(number)?;
    Some(read(&name, &bytes).expect("text"))
}

fn raw(text: Option<&Untrusted>) -> &str {
    text.map_or("", Untrusted::raw)
}

fn codes(book: &Playbook) -> Vec<(&'static str, u32)> {
    book.findings.iter().map(|finding| (finding.code.as_str(), finding.line)).collect()
}

/// Where a number needs a reason:
///
/// - stages: 000 has six called so, 001 four phases in an outline, 002 a heading for each deployment stage, 003 and
///   004 four phases.
/// - steps: numbered entries outside the contents, and rows with a status column (five metrics in 000, five risks
///   in 004).
/// - gates: 000 has fifteen rows in three tables, and its table of failures names three more; 001 has four with five
///   criteria each; 002 has four checks with command and expectation.
/// - roles: 001 has six and the sponsor who signs off; 004 has those who sign off.
/// - metrics: 000 has twelve to watch and five of the release; 001 has 23 success metrics and a dashboard of 20;
///   004 has four targets among its items.
/// - triggers: 000 has six and three alerts; 001 thirteen automatic, five manual and fifteen alerts; 003 nineteen
///   under five titles.
/// - checkpoints: 000 has two plans of six rows; 001 nine groups to review.
/// - messages: 000 has two tables; 001 fifteen in the schedule, fifteen internal, fifteen external; 002 four audiences.
/// - procedures: sections with commands or numbered work, apart from stages and command references.
/// - environments: listed, or gone through by headings (`Deploy to Staging`, `Production Release`).
#[test]
fn every_playbook_yields_what_a_careful_reader_counts() {
    let table: [(&str, [usize; 21]); 5] = [
        ("000", [151, 0, 34, 6, 18, 5, 6, 6, 17, 9, 12, 5, 11, 0, 4, 5, 13, 0, 1, 3, 2]),
        ("001", [56, 0, 6, 4, 4, 2, 7, 6, 43, 33, 9, 7, 45, 15, 4, 4, 3, 0, 0, 0, 6]),
        ("002", [23, 3, 12, 3, 4, 0, 5, 5, 12, 5, 0, 0, 4, 0, 4, 8, 5, 0, 0, 2, 3]),
        ("003", [133, 0, 4, 4, 0, 0, 4, 4, 0, 19, 0, 0, 0, 0, 4, 31, 40, 0, 2, 0, 4]),
        ("004", [103, 0, 9, 4, 0, 4, 4, 4, 4, 0, 0, 0, 0, 0, 0, 1, 0, 5, 0, 1, 2]),
    ];
    for (number, expected) in table {
        let Some(book) = open(number) else { return };
        let [
            items,
            template_items,
            steps,
            stages,
            gates,
            approvals,
            roles,
            contacts,
            metrics,
            triggers,
            checkpoints,
            milestones,
            messages,
            sessions,
            severities,
            procedures,
            commands,
            risks,
            trees,
            templates,
            environments,
        ] = expected;
        let expected = Counts {
            items,
            template_items,
            steps,
            stages,
            gates,
            approvals,
            roles,
            contacts,
            metrics,
            triggers,
            checkpoints,
            milestones,
            messages,
            sessions,
            severities,
            procedures,
            commands,
            risks,
            trees,
            templates,
            environments,
        };
        assert_eq!(book.counts(), expected, "{number}");
        assert_eq!(
            book.items.iter().map(|item| &item.id).collect::<std::collections::HashSet<_>>().len(),
            items
        );
        assert!(
            book.items.iter().all(|item| book.stages.iter().any(|stage| stage.id == item.stage)),
            "{number}: every item has a stage"
        );
    }
}

#[test]
fn the_marketplace_playbook_keeps_its_tables_and_its_nested_fences() {
    let Some(book) = open("000") else { return };
    assert_eq!(
        raw(book.title.as_ref().map(|title| &title.text)),
        "GCP Marketplace Release Management Playbook"
    );
    assert!(codes(&book).contains(&("nested-fence", 687)));
    assert!(
        book.stages
            .iter()
            .all(|stage| !["Upgrade Guide", "Support", "Contributors"].contains(&stage.title.raw()))
    );
    let named: Vec<&str> = book
        .stages
        .iter()
        .filter(|stage| stage.kind == StageKind::Named)
        .map(|stage| stage.title.raw())
        .collect();
    assert_eq!(named[0], "Release Planning");
    assert_eq!(raw(book.stages[0].duration.as_ref()), "1-2 weeks before release date");
    let lines: Vec<u32> = book.templates.iter().map(|template| template.line).collect();
    assert_eq!(lines, [348, 687, 758]);
    assert!(book.templates[1].text.raw().contains("git checkout v{VERSION}"));
    assert!(book.severities.iter().map(|severity| severity.line).eq([751, 752, 753, 754]));

    let product = &book.approvals[2];
    assert_eq!((product.role.raw(), product.line, product.order), ("Product Manager", 485, 3));
    assert_eq!(raw(product.scope.as_ref()), "Major/Minor releases");
    assert_eq!(raw(product.escalation.as_ref()), "VP Product");
    assert_eq!(book.approvals[4].escalation, None);

    let gate = |name: &str| book.gates.iter().find(|gate| gate.name.raw() == name).expect(name);
    assert_eq!(gate("License Scan").action, Some(GateAction::Review));
    assert_eq!(gate("SBOM Generation").action, Some(GateAction::Require));
    assert_eq!(gate("Documentation").action, Some(GateAction::Warn));
    assert_eq!(gate("Code Coverage").criteria[0].text.raw(), ">= 80%");
    assert_eq!(gate("Compilation").line, 409);
    assert_eq!(raw(gate("Compilation").recovery.as_ref()), "Fix errors, restart gate");

    let alert = book.triggers.iter().find(|trigger| trigger.line == 964).expect("an alert");
    assert_eq!((alert.condition.raw(), alert.lasting), ("error_rate > 0.01", Some(Seconds(300))));
    assert_eq!(raw(alert.notify.as_ref()), "pagerduty, slack");
    let throughput = book.metrics.iter().find(|metric| metric.line == 923).expect("a metric");
    assert_eq!(raw(throughput.target.as_ref()), "Baseline +/- 10%");
    assert_eq!(raw(throughput.alert.as_ref()), "> 20% change");
    let check = &book.checkpoints[2];
    assert_eq!((check.line, raw(check.owner.as_ref())), (991, "Engineering Lead"));
    assert_eq!(check.when, Some(When::At(Offset::seconds(14_400))));
    assert_eq!(book.messages[8].when, Some(When::At(Offset::ZERO)), "T-Day");

    let tick = |suffix: &str| {
        let ids = book.items.iter().map(|item| &item.id);
        let id = tminus::plan::playbook::resolve_suffix(ids, suffix).expect(suffix).clone();
        book.items.iter().find(|item| item.id == id).expect("its item")
    };
    assert_eq!(tick("testing/unit-tests-passing").line, 1027);
    assert_eq!(tick("pre-release/on-call-engineer-notified").when, Some(When::At(Offset::seconds(-7200))));
    assert!(book.versions.iter().any(|version| version.line == 867 && version.text.raw() == "2.9.9"));
    assert!(book.placeholders.iter().any(|blank| blank.line == 1231 && blank.text.raw() == "[Pending]"));
    assert!(book.placeholders.iter().any(|blank| blank.line == 137 && blank.name.raw() == "PROJECT_ID"));
}

#[test]
fn the_enterprise_plan_is_typed_out_of_its_outlines() {
    let Some(book) = open("001") else { return };
    let boxes = book.items.iter().filter(|item| item.kind == ItemKind::Box).count();
    assert_eq!((boxes, book.items.len() - boxes), (26, 30));
    let canary = book.stages.iter().find(|stage| stage.line == 110).expect("a phase");
    assert_eq!((canary.title.raw(), canary.kind), ("Canary Release (1% traffic)", StageKind::Named));
    assert_eq!(raw(canary.duration.as_ref()), "24 hours");
    assert_eq!(canary.criteria.len(), 4);
    assert_eq!(canary.criteria[1].text.raw(), "Response time < 200ms (95th percentile)");

    let names: Vec<(&str, u32, usize)> =
        book.gates.iter().map(|gate| (gate.name.raw(), gate.line, gate.criteria.len())).collect();
    assert_eq!(
        names,
        [
            ("Code Quality Gate", 383, 5),
            ("Security Gate", 390, 5),
            ("Performance Gate", 397, 5),
            ("Compliance Gate", 404, 5)
        ]
    );

    let trigger = |line: u32| book.triggers.iter().find(|trigger| trigger.line == line).expect("a trigger");
    assert_eq!(trigger(486).lasting, Some(Seconds(300)));
    assert_eq!(raw(trigger(486).severity.as_ref()), "Critical Thresholds");
    assert_eq!(raw(trigger(486).action.as_ref()), "automatic rollback");
    assert_eq!(raw(trigger(506).action.as_ref()), "manual rollback");
    assert_eq!(book.triggers.iter().filter(|trigger| (484..=502).contains(&trigger.line)).count(), 13);
    assert_eq!(book.triggers.iter().filter(|trigger| (506..=510).contains(&trigger.line)).count(), 5);
    assert_eq!(book.triggers.iter().filter(|trigger| (625..=646).contains(&trigger.line)).count(), 15);

    let message = |line: u32| book.messages.iter().find(|message| message.line == line).expect("a message");
    assert_eq!(message(241).when, Some(When::At(Offset::days(-14))));
    assert_eq!(raw(message(687).audience.as_ref()), "Customer support");
    assert_eq!(message(724).when, Some(When::At(Offset::days(7))));
    let sessions = book.sessions.iter().filter(|session| (748..=769).contains(&session.line)).count();
    assert_eq!((sessions, raw(book.sessions[0].audience.as_ref())), (15, "Technical Team"));
    assert_eq!(book.reviews.iter().filter(|review| (833..=904).contains(&review.line)).count(), 9);
    assert_eq!(book.reviews[0].when, Some(When::Between(Offset::days(1), Offset::days(7))));
    assert_eq!(raw(book.severities[1].response.as_ref()), "1 hour");

    let hour = book.items.iter().find(|item| item.line == 787).expect("a box in YAML");
    assert_eq!(hour.when, Some(When::Between(Offset::seconds(7200), Offset::seconds(28_800))));
    let sponsor = book.approvals.iter().find(|approval| approval.line == 990).expect("a sign-off");
    assert_eq!((sponsor.role.raw(), sponsor.approver.as_ref()), ("Business Sponsor", None));
    assert!(book.placeholders.iter().any(|blank| blank.line == 2 && blank.name.raw() == "DATE"));
    assert!(book.placeholders.iter().any(|blank| blank.line == 39 && blank.text.raw() == "_[Name]_"));
}

#[test]
fn the_mesh_playbook_is_repaired_and_its_template_boxes_are_not_live() {
    let Some(book) = open("002") else { return };
    assert!(book.findings.iter().any(|finding| finding.code.as_str() == "mojibake"));
    assert!(book.passages.iter().any(|passage| passage.text.raw().contains("5.0.0 → 5.0.1")));
    assert!(book.template_items.iter().map(|item| item.line).eq([373, 374, 375]));
    let git = &book.gates[0];
    assert_eq!(
        (git.name.raw(), raw(git.tool.as_ref()), git.line),
        ("Git Status", "git status --porcelain", 174)
    );
    assert_eq!(git.criteria[0].text.raw(), "empty");
    let conditions: Vec<&str> = book.triggers.iter().map(|trigger| trigger.condition.raw()).collect();
    assert_eq!(conditions[0], "Health checks fail for > 2 minutes");
    assert_eq!(book.triggers[0].lasting, Some(Seconds(120)));
    assert_eq!(conditions[4], "> 10% of agents unhealthy");
    let latency = &book.metrics[1];
    assert_eq!((raw(latency.target.as_ref()), raw(latency.alert.as_ref())), ("< 500ms", "> 1000ms"));
    assert_eq!(raw(book.severities[0].response.as_ref()), "< 5 minutes");
    assert_eq!(book.messages[3].content.len(), 4);
    assert!(book.versions.iter().any(|version| version.line == 244 && version.text.raw() == "5.1.0"));
}

#[test]
fn the_runbooks_keep_their_commands_expectations_and_triggers() {
    let Some(book) = open("003") else { return };
    let command = book.commands.iter().find(|command| command.line == 64).expect("a command");
    assert!(command.text.raw().starts_with("# 1. Set environment"));
    assert!(raw(command.expected.as_ref()).contains("\"interval\": 0.1"));
    let dev = book.procedures.iter().find(|procedure| procedure.line == 60).expect("a procedure");
    assert_eq!((dev.commands.as_slice(), dev.verification.len()), ([64].as_slice(), 4));
    let spike = book.triggers.iter().find(|trigger| trigger.line == 848).expect("a trigger");
    assert_eq!(spike.condition.raw(), "Error rate >0.1% for 5 minutes");
    assert_eq!((raw(spike.name.as_ref()), spike.lasting), ("Error Rate Spike", Some(Seconds(300))));
    assert_eq!(raw(spike.action.as_ref()), "Immediate traffic cutoff + deployment rollback");
    assert_eq!(raw(spike.notify.as_ref()), "PagerDuty + Slack");
    let page = book.triggers.iter().find(|trigger| trigger.line == 1132).expect("a trigger");
    assert_eq!(raw(page.severity.as_ref()), "P0");
    let nested = book.items.iter().find(|item| item.line == 585).expect("a nested box");
    let parent = book.items.iter().find(|item| item.line == 584).expect("its parent");
    assert_eq!((nested.parent.as_ref(), nested.depth), (Some(&parent.id), 1));
    assert_eq!(book.items[0].when, Some(When::At(Offset::days(-7))), "1 Week Before Deployment");
    assert_eq!(book.trees[1].line, 1415);
    assert!(book.items.iter().all(|item| item.mark == Mark::Open));
}

#[test]
fn the_short_checklist_nests_two_levels_and_ends_in_signatures() {
    let Some(book) = open("004") else { return };
    let first = &book.items[0];
    assert_eq!(first.id.as_str(), "pre-deployment-verification/gcp-account-project");
    let second = &book.items[1];
    assert_eq!(
        second.id.as_str(),
        "pre-deployment-verification/gcp-account-project/project-created-and-billing-enabled"
    );
    assert_eq!((second.depth, second.parent.as_ref()), (1, Some(&first.id)));
    assert_eq!(first.when, Some(When::Between(Offset::days(-7), Offset::ZERO)), "Week -1");
    let roles: Vec<(&str, u32)> =
        book.approvals.iter().map(|approval| (approval.role.raw(), approval.line)).collect();
    assert_eq!(
        roles,
        [
            ("Deployment Sponsor", 190),
            ("Platform Lead", 192),
            ("Security Lead", 194),
            ("Operations Lead", 196)
        ]
    );
    assert_eq!(book.risks[1].mitigation, Some("Backup to GCS every 10 minutes".into()));
    assert_eq!(book.procedures[0].steps.len(), 4);
    assert_eq!(book.contacts[0].role.raw(), "On-Call");
}
