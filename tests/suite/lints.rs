//! The defects of the five playbooks, each found at its line. What they are was read from the documents by hand.

use tminus::plan::lint::{Page, lint};
use tminus::plan::playbook::{read, text};

use crate::playbooks::document;

/// The findings of one of the five playbooks: code and line.
fn found(number: &str) -> Option<Vec<(String, u32)>> {
    let (name, bytes) = document(number)?;
    let playbook = read(&name, &bytes).expect("readable");
    let page = Page::new(name.as_str(), &text(&name, &bytes).expect("decodable"));
    let findings = lint(&page, &playbook, None);
    Some(findings.into_iter().map(|finding| (finding.code.as_str().to_owned(), finding.line)).collect())
}

#[track_caller]
fn expect(number: &str, wanted: &[(&str, std::ops::RangeInclusive<u32>)]) {
    let Some(found) = found(number) else { return };
    for (code, lines) in wanted {
        assert!(
            found.iter().any(|(of, line)| of == code && lines.contains(line)),
            "{number}: no `{code}` in {lines:?}; there are {found:#?}"
        );
    }
}

#[test]
fn of_000() {
    expect(
        "000",
        &[("moved-latest", 243..=243), ("unknown-approver", 50..=52), ("stale-version", 238..=239)],
    );
}

#[test]
fn of_001() {
    expect("001", &[("stopped-before-switch", 521..=527), ("needs-number", 483..=505)]);
}

#[test]
fn of_002() {
    expect("002", &[("baseline-unnamed", 140..=150), ("stale-version", 240..=250)]);
}

#[test]
fn of_003() {
    expect(
        "003",
        &[
            ("one-sided-traffic", 685..=685),
            ("positional-traffic", 213..=213),
            ("positional-traffic", 897..=898),
            ("passes-on-no-data", 170..=180),
            ("rate-as-ratio", 170..=180),
            ("threshold-conflict", 1417..=1417),
            ("threshold-conflict", 1419..=1419),
            ("flags-all-off", 893..=893),
            ("undo-previous", 903..=904),
            ("data-deletion", 1348..=1348),
        ],
    );
}

#[test]
fn of_004() {
    expect("004", &[("rollback-to-zero", 167..=167), ("scheduled-restart", 150..=160)]);
}
