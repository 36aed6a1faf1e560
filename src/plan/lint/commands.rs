//! Commands that do more than they say, or something else.

use super::Notes;
use super::page::Line;
use crate::plan::finding::Severity;

pub fn lint(notes: &mut Notes<'_>) {
    let page = notes.page;
    for line in page.lines().iter().filter(|line| line.block.is_some() || line.text.contains('`')) {
        let text = line.text.trim();
        if text.starts_with('#') || text.starts_with("//") {
            continue;
        }
        undo(notes, line);
        latest(notes, line);
        flags(notes, line);
        deletion(notes, line);
    }
}

fn undo(notes: &mut Notes<'_>, line: &Line) {
    if line.text.contains("rollout undo") && !line.text.contains("--to-revision") {
        notes.add(
            ("undo-previous", Severity::Warning),
            line.number,
            "`rollout undo` goes to the revision before, good or bad; undone twice it is back on the bad one"
                .into(),
            "name the version to go back to; a rollback of the plan goes to the last known good by digest",
        );
    }
}

fn latest(notes: &mut Notes<'_>, line: &Line) {
    let moves =
        ["docker push", "docker tag", "crane tag", "crane copy", "skopeo copy", "podman push", "oras tag"];
    if line.text.contains(":latest") && moves.iter().any(|word| line.text.contains(word)) {
        notes.add(
            ("moved-latest", Severity::Error),
            line.number,
            "the tag `latest` is moved before the release has proved itself: whoever pulls it gets this version".into(),
            "push the version's own tag only, and deploy by digest; move `latest` after the watch, if at all",
        );
    }
}

fn flags(notes: &mut Notes<'_>, line: &Line) {
    if line.text.contains("disable_all") || line.text.contains("disable-all") {
        notes.add(
            ("flags-all-off", Severity::Error),
            line.number,
            "every feature flag is switched off, those of other teams too".into(),
            "list the flags of this release and switch off those",
        );
    }
}

fn deletion(notes: &mut Notes<'_>, line: &Line) {
    let Some(what) = deleted(&line.text) else { return };
    notes.add(
        ("data-deletion", Severity::Error),
        line.number,
        format!("`{what}` deletes data, and nothing here brings it back"),
        "take a snapshot first and name it, or let a person do this step outside the release",
    );
}

/// The words that delete data, when a line holds them.
fn deleted(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let words = [
        ("drop table", "DROP TABLE"),
        ("drop database", "DROP DATABASE"),
        ("drop schema", "DROP SCHEMA"),
        ("truncate table", "TRUNCATE TABLE"),
        ("delete pvc", "kubectl delete pvc"),
        ("delete persistentvolumeclaim", "kubectl delete pvc"),
        ("delete namespace", "kubectl delete namespace"),
        ("terraform destroy", "terraform destroy"),
        ("mnesia:delete_schema", "mnesia:delete_schema"),
        ("gsutil rm -r", "gsutil rm -r"),
        ("s3 rm --recursive", "s3 rm --recursive"),
    ];
    if let Some((_, name)) = words.iter().find(|(word, _)| lower.contains(word)) {
        return Some(name);
    }
    let removed = lower.split("rm -rf ").nth(1).or_else(|| lower.split("rm -fr ").nth(1))?;
    let scratch =
        ["/tmp", "tmp/", "./", "target", "build", "dist", "node_modules", "_build", "$tmp", "\"$tmp"];
    let path = removed.trim_start_matches(['"', '\'']);
    (!scratch.iter().any(|place| path.starts_with(place))).then_some("rm -rf")
}
