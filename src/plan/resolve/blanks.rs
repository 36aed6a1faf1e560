//! Placeholders: bound by `[vars]`, or listed.

use std::collections::BTreeMap;

use crate::base::Untrusted;
use crate::plan::playbook::{Place, Playbook};
use crate::plan::{Plan, StepKind};

/// The names the release's own version answers to.
const VERSION: [&str; 3] = ["version", "release_version", "x.y.z"];

/// What placeholders are replaced with.
pub(super) struct Blanks<'a> {
    vars: &'a BTreeMap<String, String>,
    version: Option<&'a str>,
}

impl<'a> Blanks<'a> {
    pub(super) fn new(vars: &'a BTreeMap<String, String>, version: Option<&'a str>) -> Self {
        Self { vars, version }
    }

    /// The value of a placeholder, by its name or as it stands in the text.
    fn value(&self, name: &str, text: &str) -> Option<&str> {
        let bare = name.trim().trim_start_matches(['v', 'V']);
        let version = || {
            let low = name.trim().to_lowercase();
            let means = VERSION.contains(&low.as_str()) || bare.eq_ignore_ascii_case("x.y.z");
            self.version.filter(|_| means)
        };
        self.vars.get(name).or_else(|| self.vars.get(text)).map(String::as_str).or_else(version)
    }

    /// The text with every bound placeholder replaced; the longest are replaced first.
    pub(super) fn fill(&self, text: &Untrusted) -> Untrusted {
        let mut filled = text.raw().to_owned();
        let mut names: Vec<(&str, &str)> =
            self.vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if let Some(version) = self.version {
            names.extend(["VERSION", "version"].map(|name| (name, version)));
        }
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, value) in names.into_iter().filter(|(name, _)| !name.is_empty()) {
            for form in [
                format!("{{{{{name}}}}}"),
                format!("${{{name}}}"),
                format!("{{{name}}}"),
                format!("<{name}>"),
            ] {
                filled = filled.replace(&form, value);
            }
            filled = dollar(&filled, name, value);
            if !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
                filled = filled.replace(name, value);
            }
        }
        Untrusted::new(filled)
    }
}

/// Replaces `$NAME` where the name ends there.
fn dollar(text: &str, name: &str, value: &str) -> String {
    let mark = format!("${name}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&mark) {
        out.push_str(before);
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        out.push_str(if ends { value } else { &mark });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Fills every text people read or send.
pub(super) fn fill(plan: &mut Plan, blanks: &Blanks<'_>) {
    for item in &mut plan.items {
        item.text = blanks.fill(&item.text);
    }
    for checkpoint in &mut plan.checkpoints {
        checkpoint.text = blanks.fill(&checkpoint.text);
    }
    for message in &mut plan.messages {
        message.text = blanks.fill(&message.text);
    }
    for step in plan.procedures.iter_mut().flat_map(|procedure| &mut procedure.steps) {
        if let StepKind::Manual { text } | StepKind::Notify { text } = &mut step.does {
            *text = blanks.fill(text);
        }
    }
}

/// The document's placeholders nothing binds, each once with its first line. Those of templates are left to whoever
/// fills the template in.
pub(super) fn unbound(playbook: &Playbook, blanks: &Blanks<'_>) -> Vec<(String, u32)> {
    let mut seen = std::collections::BTreeSet::new();
    playbook
        .placeholders
        .iter()
        .filter(|blank| blank.place != Place::Template)
        .filter(|blank| blanks.value(blank.name.raw(), blank.text.raw()).is_none())
        .filter(|blank| seen.insert(blank.text.raw()))
        .map(|blank| (blank.text.line(), blank.line))
        .collect()
}
