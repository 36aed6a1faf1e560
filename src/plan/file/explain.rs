//! What the TOML reader says, in our words: the key that was meant, the type that belongs there.

use crate::plan::PlanError;
use crate::plan::nearest::nearest;

use super::lines::{Place, quoted};

/// The error for people: line, what is wrong, what to write instead.
pub(super) fn explain(place: &Place, text: &str, error: &toml::de::Error) -> PlanError {
    let at = error.span().map_or(0, |span| span.start);
    let said = error.message();
    let ticked: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
    if let Some((unknown, known)) = ticked.split_first() {
        if said.starts_with("unknown field") {
            if known.contains(&"victoriametrics") && lets_in(unknown) {
                let help =
                    "write it into your own config.toml; a plan says where to ask, never how to be let in";
                return place.error(at, format!("{} does not belong in a plan", quoted(unknown)), help);
            }
            return place.error(at, format!("{} is no key here", quoted(unknown)), meant(unknown, known));
        }
        if said.starts_with("unknown variant") {
            return place.error(
                at,
                format!("{} is no word for this", quoted(unknown)),
                meant(unknown, known),
            );
        }
        if said.starts_with("missing field") {
            let key = quoted(unknown);
            return place.error(at, format!("{key} is missing here"), format!("add {key} to this entry"));
        }
    }
    if let Some((found, wanted)) = said
        .strip_prefix("invalid type: ")
        .or(said.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    {
        let found = crate::base::Untrusted::new(found).cell(60);
        let wanted = kind(wanted);
        return place.error(at, format!("{found} stands where {wanted} belongs"), format!("write {wanted}"));
    }
    if said.starts_with("duplicate key") {
        let help = "keep one of the two, or give one another name";
        return place.error(at, "this key stands here for the second time", help);
    }
    let line = text.get(..at).map_or("", |before| before.rsplit('\n').next().unwrap_or(""));
    let help = if line.trim_start().starts_with('[') {
        "a section is written `[gate.unit-tests]` on a line of its own"
    } else {
        "an entry is written `key = \"text\"`, `key = 5`, `key = true` or `key = [\"a\", \"b\"]`"
    };
    place.error(at, format!("this is not TOML: {}", crate::base::Untrusted::new(said).cell(120)), help)
}

/// Whether a key of a source would say how to be let in, whom to trust, or by which way to go.
fn lets_in(key: &str) -> bool {
    const WORDS: [&str; 18] = [
        "auth",
        "token",
        "bearer",
        "basic",
        "user",
        "username",
        "password",
        "secret",
        "header",
        "headers",
        "ca",
        "cert",
        "certificate",
        "key",
        "tls",
        "insecure",
        "proxy",
        "credentials",
    ];
    key.to_lowercase().split(['-', '_']).any(|word| WORDS.contains(&word))
}

fn meant(unknown: &str, known: &[&str]) -> String {
    let all = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match nearest(unknown, known.iter().copied()) {
        Some(near) => format!("write `{near}`; possible are {all}"),
        None if known.is_empty() => "leave it out".to_owned(),
        None => format!("possible are {all}"),
    }
}

/// The reader's name of a type, in words a plan file's author uses.
fn kind(wanted: &str) -> &str {
    match wanted {
        "a string" => "a text in quotes",
        "a sequence" => "a list such as `[\"a\", \"b\"]`",
        "a boolean" => "`true` or `false`",
        "f64" => "a number",
        "u16" | "u32" | "u64" => "a whole number from 0",
        "a map" => "a table such as `{ key = \"value\" }`",
        other if other.starts_with("struct ") => "a table such as `{ key = \"value\" }`",
        other if other.contains("datetime") || other.contains("Datetime") => {
            "a bare time such as `2026-12-01T10:00:00Z`"
        }
        other => other,
    }
}
