//! Rollbacks that would make it worse, and procedures nobody could check.

use super::Notes;
use super::page::Line;
use crate::plan::finding::Severity;
use crate::plan::playbook::Playbook;

pub fn lint(notes: &mut Notes<'_>, playbook: &Playbook) {
    let page = notes.page;
    stopped_before_switch(notes);
    for line in page.lines().iter().filter(|line| line.block.is_none() && line.under.contains("rollback")) {
        let lower = line.text.to_lowercase();
        let zero = ["to 0 replicas", "to zero", "replicas to 0", "to 0 pods", "--replicas=0"];
        if lower.contains("scale") && zero.iter().any(|word| lower.contains(word)) {
            notes.add(
                ("rollback-to-zero", Severity::Error),
                line.number,
                "the only version is scaled to 0 first: until the old one is up again nobody is served"
                    .into(),
                "bring the last known good up, move traffic to it, and scale the bad version down last",
            );
        }
    }
    for procedure in &playbook.procedures {
        let title = procedure.title.line();
        let rollback = title.to_lowercase().contains("rollback");
        if procedure.verification.is_empty() && (!procedure.commands.is_empty() || rollback) {
            let severity = if rollback { Severity::Warning } else { Severity::Info };
            notes.add(
                ("no-verification", severity),
                procedure.line,
                format!("`{}` says what to do and not how to see that it worked", title),
                "add a verification list, or gates to check afterwards",
            );
        }
    }
    for line in page.lines() {
        let lower = line.text.to_lowercase();
        if lower.contains("restart")
            && ["daily at", "nightly at", "every night at"].iter().any(|at| lower.contains(at))
        {
            notes.add(
                ("scheduled-restart", Severity::Info),
                line.number,
                "a restart by the clock resets counters and slows the first requests, inside every watch of a day".into(),
                "give the triggers a suppression window for it",
            );
        }
    }
}

/// In one block: something is scaled to 0 before something else is scaled up.
fn stopped_before_switch(notes: &mut Notes<'_>) {
    let page = notes.page;
    for block in page.blocks() {
        let scaled = |line: &&Line| replicas(&line.text).is_some();
        let lines: Vec<&Line> = block.iter().filter(scaled).collect();
        for (at, line) in lines.iter().enumerate() {
            let later = lines.get(at + 1..).unwrap_or_default().iter();
            let up = later.clone().find(|later| replicas(&later.text).is_some_and(|count| count > 0));
            if let (Some(0), Some(up)) = (replicas(&line.text), up) {
                notes.add(
                    ("stopped-before-switch", Severity::Error),
                    line.number,
                    format!("this side is stopped before the other is brought up (line {})", up.number),
                    "bring the side that takes over up, see it healthy, move traffic, and stop this one last",
                );
            }
        }
    }
}

fn replicas(text: &str) -> Option<u32> {
    if text.trim_start().starts_with('#') || !text.contains("scale") {
        return None;
    }
    let (_, after) = text.split_once("--replicas")?;
    let number: String =
        after.trim_start_matches(['=', ' ']).chars().take_while(char::is_ascii_digit).collect();
    number.parse().ok()
}
