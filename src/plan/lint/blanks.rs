//! Blanks left in, and versions that are not this release's.

use super::{Notes, version};
use crate::plan::Resolved;
use crate::plan::finding::Severity;
use crate::plan::playbook::{Place, Playbook, VersionLiteral};

pub fn lint(notes: &mut Notes<'_>, playbook: &Playbook, resolved: Option<&Resolved>) {
    // Once T-0 has a date, a blank is no longer somebody's draft.
    let dated = resolved.is_some_and(|resolved| resolved.plan.release.t0.is_some());
    let severity = if dated { Severity::Error } else { Severity::Warning };
    for blank in playbook.placeholders.iter().filter(|blank| blank.place != Place::Template) {
        let unbound = resolved.is_none_or(|resolved| {
            resolved.unbound.iter().any(|(name, line)| *line == blank.line && name == blank.name.raw())
                || !resolved.plan.vars.contains_key(blank.name.raw())
        });
        if unbound {
            notes.add(
                ("placeholder", severity),
                blank.line,
                format!("`{}` is still to be filled in", blank.text.line()),
                "fill it in, or bind it under `[vars]` of the plan file; before T-0 it must be one of the two",
            );
        }
    }
    stale(notes, playbook, version(resolved.map(|resolved| &resolved.plan)));
}

/// A version written into a command is the one of the release the playbook was copied from.
fn stale(notes: &mut Notes<'_>, playbook: &Playbook, version: Option<&str>) {
    let bare = |text: &str| text.trim_start_matches(['v', 'V']).to_owned();
    let ours = version.map(bare);
    for literal in &playbook.versions {
        let theirs = bare(literal.text.raw());
        if numbers_a_heading(notes, literal) {
            continue;
        }
        if ours.as_ref().is_some_and(|ours| ours == &theirs) {
            continue;
        }
        let message = match &ours {
            Some(ours) => format!("`{}` is not this release's version, {ours}", literal.text.line()),
            None => {
                format!("`{}` is written out; the next release will not be called that", literal.text.line())
            }
        };
        let severity = if ours.is_some() && literal.place == Place::Command {
            Severity::Error
        } else {
            Severity::Warning
        };
        notes.add(
            ("stale-version", severity),
            literal.line,
            message,
            "write `{VERSION}`: the plan file's `version` takes its place",
        );
    }
}

/// `#### 4.1.1 Code quality`: a section's number is no version.
fn numbers_a_heading(notes: &Notes<'_>, literal: &VersionLiteral) -> bool {
    let line = notes.page.lines().iter().find(|line| line.number == literal.line);
    line.is_some_and(|line| {
        let title = line.text.trim_start_matches(['#', ' ', '*']);
        line.text.starts_with('#') && title.starts_with(literal.text.raw())
    })
}
