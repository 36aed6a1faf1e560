//! What is released, as the top of the document says it.

use crate::plan::playbook::{Place, Playbook, slug};

/// Words of a title that say it is a playbook, not whose.
const GENERIC: [&str; 24] = [
    "release",
    "releases",
    "management",
    "playbook",
    "playbooks",
    "runbook",
    "runbooks",
    "checklist",
    "checklists",
    "plan",
    "process",
    "template",
    "guide",
    "procedure",
    "procedures",
    "deployment",
    "production",
    "pre",
    "launch",
    "the",
    "for",
    "of",
    "and",
    "x",
];
/// How far below the title a version still belongs to it, in lines.
const NEAR: u32 = 2;

/// The release's name: the title's own words, as a slug; all of them when none is its own.
pub(crate) fn release_name(playbook: &Playbook) -> Option<String> {
    let title = slug(playbook.title.as_ref()?.text.raw());
    let own: Vec<&str> = title.split('-').filter(|word| !GENERIC.contains(word)).collect();
    Some(if own.is_empty() { title } else { own.join("-") })
}

/// The release's version: a field that says so, or a version in or just under the title. A document's own version
/// (`**Version:** 1.0` in its head or foot) is not the release's.
pub(crate) fn release_version(playbook: &Playbook) -> Option<String> {
    let field = playbook.fields.iter().find_map(|field| {
        let name = field.name.raw().to_lowercase();
        let says = ["release version", "target version", "version to release", "new version"];
        let value = field.value.raw().trim().trim_start_matches(['v', 'V']);
        let real = value.starts_with(|c: char| c.is_ascii_digit()) && !value.contains(char::is_whitespace);
        (says.contains(&name.trim()) && real).then(|| value.to_owned())
    });
    let title = playbook.title.as_ref().map_or(0, |title| title.line);
    let in_field = |line: u32| playbook.fields.iter().any(|field| field.line == line);
    let near = || {
        playbook
            .versions
            .iter()
            .find(|it| {
                let close = title > 0 && (title..=title + NEAR).contains(&it.line);
                close && it.place == Place::Text && !in_field(it.line)
            })
            .map(|it| it.text.raw().to_owned())
    };
    field.or_else(near)
}
