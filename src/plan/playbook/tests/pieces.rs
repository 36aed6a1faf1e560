//! Tables, lists and outlines by kind.

use super::super::GateAction;
use super::book;
use crate::base::{Seconds, Untrusted};

fn raw(text: Option<&Untrusted>) -> &str {
    text.map_or("", Untrusted::raw)
}

#[test]
fn tables_are_told_by_their_first_column() {
    let book = book(
        "# T\n- [ ] x\n\n## Go\n| Approver | Escalation |\n|--|--|\n| Ops lead | CTO after 30m |\n\n## Rollback triggers\n| Metric | Threshold | Duration | Action |\n|--|--|--|--|\n| Error rate | > 2% | 5m | Roll back |\n\n## Watch\n| SLO | Target | Alert |\n|--|--|--|\n| p95 | < 300ms | > 1s |\n\n| When | What | Who |\n|--|--|--|\n| T+4h | Look at errors | bo |\n\n| Milestone | Date |\n|--|--|\n| Freeze | 2026-12-01 |\n\n| Risk | Mitigation | Owner |\n|--|--|--|\n| Slow disk | Bigger disk | cyd |\n\n| Name | Phone |\n|--|--|\n| Dee | 555 |\n\n| Environment | Address |\n|--|--|\n| Staging | a |\n\n| Colour | Taste |\n|--|--|\n| red | sweet |\n",
    );
    let counts = book.counts();
    assert_eq!((counts.approvals, counts.triggers, counts.metrics, counts.checkpoints), (1, 1, 1, 1));
    assert_eq!((counts.milestones, counts.risks, counts.contacts, counts.environments), (1, 1, 1, 1));
    assert_eq!(raw(book.approvals[0].escalation.as_ref()), "CTO after 30m");
    assert_eq!(book.triggers[0].condition.raw(), "Error rate > 2%");
    assert_eq!(book.triggers[0].lasting, Some(Seconds(300)));
    assert_eq!(raw(book.triggers[0].action.as_ref()), "Roll back");
    assert_eq!(raw(book.checkpoints[0].owner.as_ref()), "bo");
    let kept: Vec<u32> =
        book.findings.iter().filter(|f| f.code.as_str() == "kept-as-text").map(|f| f.line).collect();
    assert_eq!(kept.len(), 1);
    assert!(book.passages.iter().any(|passage| passage.text.raw().contains("| red | sweet |")));
}

#[test]
fn a_gate_named_twice_is_one_and_keeps_both_lines_of_what_is_known() {
    let book = book(
        "# T\n- [ ] x\n\n| Check | Threshold | Action |\n|--|--|--|\n| Coverage | >= 80% | Block |\n| Docs | fresh | Warn |\n\n| Gate failed | Action | Recovery |\n|--|--|--|\n| Coverage | Block | Write tests |\n",
    );
    assert_eq!(book.gates.len(), 2);
    assert_eq!(book.gates[0].action, Some(GateAction::Block));
    assert_eq!(raw(book.gates[0].recovery.as_ref()), "Write tests");
    assert_eq!(book.gates[1].action, Some(GateAction::Warn));
}

#[test]
fn lists_are_told_by_the_title_above_them() {
    let book = book(
        "# T\n- [ ] x\n\n## Rollback triggers\n- Error rate > 5% for 2 minutes\n- > 3 restarts in 5m\n\n## Contacts\n- **On call**: pager\n- Dee: 555\n\n## Sign-off\n**Ops**: ________ Date: ____\n\n## Severity levels\n- P0: all down\n- P1: half down\n\n## Quality gates\n- Tests pass\n- Scan: 0 HIGH\n\n## Monitoring\n- T+1h: look\n- look often\n",
    );
    let counts = book.counts();
    assert_eq!((counts.triggers, counts.contacts, counts.approvals, counts.severities), (2, 2, 1, 2));
    assert_eq!((counts.gates, counts.checkpoints), (2, 1));
    assert_eq!(book.triggers[1].condition.raw(), "> 3 restarts in 5m");
    assert!(book.passages.iter().any(|passage| passage.text.raw().contains("look often")));
}

#[test]
fn outlines_are_told_by_their_title_and_never_parsed_as_yaml() {
    let book = book(
        "# T\n## Alerts\n```yaml\nalerts:\n  - name: errors\n    condition: rate > 0.01: really\n    for: 5m\n    channels: [pager]\n```\n## Steps\n```yml\nNow (T-0):\n  - [ ] Switch: on\n  - [x] Look\n\tLater:\n  1. Wait\n```\n",
    );
    assert_eq!(book.triggers[0].condition.raw(), "rate > 0.01: really");
    assert_eq!(book.triggers[0].lasting, Some(Seconds(300)));
    assert_eq!(raw(book.triggers[0].notify.as_ref()), "[pager]");
    assert_eq!(
        book.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(),
        ["steps/now/switch-on", "steps/now/look"]
    );
    assert_eq!(book.counts().steps, 1);
}

#[test]
fn commands_keep_what_they_should_print_and_what_to_verify() {
    let book = book(
        "# T\n## Deploy the service\n```bash\nmake deploy\n```\n**Expected output:**\n```\nok\n```\n**Verification:**\n- [ ] It answers\n\n## Decision tree\n```\nBroken?\n├─ Yes → roll back\n└─ No → go on\n```\n",
    );
    assert_eq!(raw(book.commands[0].expected.as_ref()), "ok\n");
    assert_eq!(book.procedures.len(), 1);
    assert_eq!(book.procedures[0].verification[0].text.raw(), "It answers");
    assert_eq!(book.trees.len(), 1);
}
