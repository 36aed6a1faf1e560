//! Environments a document goes through without listing them: `Deploy to Staging`, `Production Release`.

use super::draft::Draft;
use super::pieces::Environment;
use crate::base::Untrusted;

/// What people call environments, and the one name each gets.
const NAMES: [(&str, &str); 16] = [
    ("dev", "Development"),
    ("development", "Development"),
    ("test", "Test"),
    ("testing", "Test"),
    ("qa", "QA"),
    ("uat", "UAT"),
    ("integration", "Integration"),
    ("staging", "Staging"),
    ("preprod", "Pre-production"),
    ("pre-prod", "Pre-production"),
    ("preproduction", "Pre-production"),
    ("pre-production", "Pre-production"),
    ("prod", "Production"),
    ("production", "Production"),
    ("sandbox", "Sandbox"),
    ("canary", "Canary"),
];

fn name(word: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == word).map(|(_, name)| *name)
}

/// Adds the environments that headings and `**Environment:**` lines name.
pub(super) fn environments(draft: &mut Draft) {
    let mut found: Vec<(&'static str, u32)> = Vec::new();
    for section in &draft.document.sections {
        let words: Vec<&str> = section
            .key
            .split(|c: char| !c.is_alphanumeric() && c != '-')
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            let [first, second] = pair else { continue };
            let goes = matches!(*first, "to" | "in" | "into" | "on");
            let held = matches!(*second, "deployment" | "deploy" | "release" | "rollout" | "environment");
            let named = match (goes, held) {
                (true, _) => name(second),
                (_, true) => name(first).filter(|name| *name != "Canary"),
                _ => None,
            };
            found.extend(named.map(|name| (name, section.line)));
        }
    }
    for field in &draft.book.fields {
        if matches!(
            field.name.raw().to_lowercase().as_str(),
            "environment" | "environments" | "target environment"
        ) {
            let values = field.value.raw().to_lowercase();
            found.extend(values.split([',', '/']).filter_map(|word| Some((name(word.trim())?, field.line))));
        }
    }
    found.sort_by_key(|(_, line)| *line);
    for (name, line) in found {
        let environment = Environment { name: Untrusted::new(name), notes: Vec::new(), line };
        draft.known.environment(&mut draft.book, environment);
    }
}
