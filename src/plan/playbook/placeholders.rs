//! Blanks people have to fill, and versions they wrote out.
//!
//! One look at each line; what is a blank depends on whether it stands in text, in commands or in a template.

use std::collections::HashSet;

use super::pieces::{Place, Placeholder, VersionLiteral};
use crate::base::Untrusted;

/// A stretch of lines that is a fence.
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) place: Place,
    /// Whether the block sets variables of its own, and which.
    pub(super) own: HashSet<String>,
}

/// Variables a shell block sets itself.
pub(super) fn assigned(text: &str) -> HashSet<String> {
    let mut own = HashSet::new();
    for line in text.lines() {
        let mut words = line
            .split(|c: char| c.is_whitespace() || matches!(c, ';' | '(' | '"'))
            .filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            if matches!(word, "for" | "read" | "local" | "select") {
                own.extend(words.next().map(|name| name.split('=').next().unwrap_or(name).to_owned()));
            } else if let Some((name, _)) = word.split_once('=')
                && !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            {
                own.insert(name.to_owned());
            }
        }
    }
    own
}

/// Finds every blank and every version.
pub(super) fn scan(lines: &[&str], spans: &[Span]) -> (Vec<Placeholder>, Vec<VersionLiteral>) {
    let (mut blanks, mut versions) = (Vec::new(), Vec::new());
    let mut spans = spans.iter().peekable();
    let none = HashSet::new();
    for (number, line) in (1u32..).zip(lines) {
        while spans.next_if(|span| span.to < number).is_some() {}
        let span = spans.peek().filter(|span| span.from <= number);
        let place = span.map_or(Place::Text, |span| span.place);
        let own = span.map_or(&none, |span| &span.own);
        let mut seen: Vec<&str> = Vec::new();
        each_blank(line, place, own, &mut |name, text| {
            // The same blank twice in a line is filled once.
            if !seen.contains(&text) && seen.len() < 64 {
                seen.push(text);
                blanks.push(Placeholder {
                    name: Untrusted::new(name),
                    text: Untrusted::new(text),
                    line: number,
                    place,
                });
            }
        });
        for version in versions_in(line) {
            versions.push(VersionLiteral { text: Untrusted::new(version), line: number, place });
        }
    }
    (blanks, versions)
}

fn each_blank<'a>(
    line: &'a str,
    place: Place,
    own: &HashSet<String>,
    found: &mut impl FnMut(&'a str, &'a str),
) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(skip) = bytes.get(at..).and_then(|rest| rest.iter().position(begins_blank)) {
        at += skip;
        let Some(byte) = bytes.get(at) else { break };
        let rest = || line.get(at..).unwrap_or_default();
        let hit = match byte {
            b'{' if at == 0 || bytes.get(at - 1) != Some(&b'$') => braces(rest()),
            b'$' => variable(rest(), own),
            b'<' => angle(rest()),
            b'[' => bracket(line, at, place),
            b'_' => rule(rest()).or_else(|| italic(rest())),
            b'T' | b'v' | b'X' | b'Y' | b'+' if word_begins(bytes, at) => fixed(rest()),
            _ => None,
        };
        match hit {
            Some((name, text)) => {
                found(name, text);
                at += text.len();
            }
            None => at += 1,
        }
    }
}

/// Whether a blank may begin with this byte; asked of every byte, so it is looked up.
fn begins_blank(byte: &u8) -> bool {
    const BEGINS: [bool; 256] = {
        let mut begins = [false; 256];
        let mut signs: &[u8] = b"{$<[_TvXY+";
        while let [sign, rest @ ..] = signs {
            begins[*sign as usize] = true;
            signs = rest;
        }
        begins
    };
    BEGINS[usize::from(*byte)]
}

fn word_begins(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| bytes.get(before)).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_uppercase())
        && text.len() > 1
        && chars.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

/// `{VERSION}`, `{{DATE}}`, `{{ version }}`.
fn braces(rest: &str) -> Option<(&str, &str)> {
    let double = rest.starts_with("{{");
    let (open, close) = if double { (2, "}}") } else { (1, "}") };
    let inside = cut(rest.get(open..)?, close)?;
    let name = inside.trim();
    let double_name = || {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ' '))
    };
    let known =
        ["version", "date", "name", "tag", "branch", "release", "environment", "env", "service", "product"];
    (is_name(name) || (double && double_name()) || known.contains(&name))
        .then(|| (name, rest.get(..open * 2 + inside.len()).unwrap_or(rest)))
}

/// `$PROJECT_ID`, `${VAR}`.
fn variable<'a>(rest: &'a str, own: &HashSet<String>) -> Option<(&'a str, &'a str)> {
    let (name, len) = if let Some(inside) = rest.strip_prefix("${") {
        let name = cut(inside, "}")?;
        (name, name.len() + 3)
    } else {
        let tail = rest.get(1..)?;
        let len = tail.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(tail.len());
        (tail.get(..len)?, len + 1)
    };
    (is_name(name) && !own.contains(name)).then(|| (name, rest.get(..len).unwrap_or(rest)))
}

/// `<version>`, `<POD_NAME>`, `<your name>`; not markup.
fn angle(rest: &str) -> Option<(&str, &str)> {
    let name = cut(rest.get(1..).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))?, ">")?;
    let wordy = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '|' | ' '));
    let markup = super::blocks::is_tag(rest);
    (wordy && !markup && name.len() <= 40).then(|| (name, rest.get(..name.len() + 2).unwrap_or(rest)))
}

/// `[Pending]`, `[Name]`: words in brackets that are no link and no box.
fn bracket(line: &str, at: usize, place: Place) -> Option<(&str, &str)> {
    if place == Place::Command {
        return None;
    }
    let rest = line.get(at..)?;
    let name = cut(rest.get(1..).filter(|name| name.starts_with(char::is_uppercase))?, "]")?;
    let after = rest.get(name.len() + 2..).unwrap_or_default();
    let before = line.get(..at)?.chars().next_back();
    let arrow = after.trim_start().starts_with("->") || line.get(..at)?.trim_end().ends_with("->");
    let wordy = name.chars().filter(|c| c.is_alphabetic()).count() > 1 && name.len() <= 80;
    let plain = !after.starts_with(['(', '[', ':']) && !matches!(before, Some(']' | '!' | '\\'));
    // In a template only `[Name]: ` forms and single words count; drawings have boxes of their own.
    let drawing = place == Place::Template && (arrow || name.chars().any(|c| c.is_ascii_digit()));
    let labelled = place == Place::Template && after.starts_with(':') && before.is_none();
    (wordy && (plain || labelled) && !drawing).then(|| (name, rest.get(..name.len() + 2).unwrap_or(rest)))
}

/// `____`
fn rule(rest: &str) -> Option<(&str, &str)> {
    let len = rest.bytes().take_while(|byte| *byte == b'_').count();
    // Two underscores are emphasis, and `___` alone on its line a rule: a blank has four.
    let text = rest.get(..len)?;
    (len >= 4).then_some((text, text))
}

/// `_[Name]_`
fn italic(rest: &str) -> Option<(&str, &str)> {
    let inside = cut(rest.strip_prefix("_[")?, "]_")?;
    Some((inside, rest.get(..inside.len() + 4).unwrap_or(rest)))
}

/// `TBD`, `TODO`, `vX.Y.Z`, `X.Y.Z`, `YYYY-MM-DD`, `XXX`.
fn fixed(rest: &str) -> Option<(&str, &str)> {
    ["TBD", "TBA", "TODO", "vX.Y.Z", "X.Y.Z", "YYYY-MM-DD", "+1-XXX-XXX-XXXX", "XXXX", "XXX"].iter().find_map(
        |word| {
            let after = rest.strip_prefix(word)?;
            let text = rest.get(..word.len())?;
            after.chars().next().is_none_or(|c| !c.is_alphanumeric()).then_some((text, text))
        },
    )
}

/// The text before `end`, if that is on the line and near.
fn cut<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    const NEAR: usize = 120;
    // As many bytes are at least as many characters, and most lines are shorter.
    let near = if text.len() <= NEAR {
        text.len()
    } else {
        text.char_indices().nth(NEAR).map_or(text.len(), |(at, _)| at)
    };
    let found = text.get(..near)?.find(end)?;
    text.get(..found)
}

/// Versions with three numbers, such as `v3.0.0` or `2.1.0-rc.1`; not addresses and not dates.
fn versions_in(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let bytes = line.as_bytes();
    // Three numbers have two dots between them; few lines hold two.
    if bytes.iter().filter(|byte| **byte == b'.').count() < 2 {
        return out;
    }
    let mut at = 0;
    while let Some(skip) = bytes.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
        at += skip;
        let run = bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let core = line.get(at..at + run).unwrap_or_default().trim_end_matches('.');
        let before = at.checked_sub(1).and_then(|before| bytes.get(before)).copied().unwrap_or(b' ');
        let lone = !before.is_ascii_alphanumeric() || matches!(before, b'v' | b'V');
        let parts: Vec<&str> = core.split('.').collect();
        if lone
            && before != b'.'
            && parts.len() == 3
            && parts.iter().all(|part| !part.is_empty() && part.len() <= 5)
        {
            let tail = line.get(at + core.len()..).unwrap_or_default();
            let suffix = tail
                .strip_prefix('-')
                .filter(|tail| {
                    ["rc", "alpha", "beta", "pre", "dev", "snapshot"]
                        .iter()
                        .any(|word| tail.starts_with(word))
                })
                .map_or(0, |tail| {
                    1 + tail.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'.').count()
                });
            out.extend(line.get(at..at + core.len() + suffix));
        }
        at += run.max(1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn blanks(line: &str, place: Place) -> Vec<String> {
        let mut out = Vec::new();
        each_blank(line, place, &HashSet::from(["PCT".to_owned()]), &mut |_, text| out.push(text.to_owned()));
        out
    }

    #[rstest]
    #[case("Release {VERSION} on {{DATE}}", &["{VERSION}", "{{DATE}}"])]
    #[case("**Approved By:** [Pending]", &["[Pending]"])]
    #[case("| QA | _[Name]_ | TBD |", &["_[Name]_", "TBD"])]
    #[case("**Approver**: _________ Date: ____", &["_________", "____"])]
    #[case("deploy <version> as vX.Y.Z, not <b>bold</b>", &["<version>", "vX.Y.Z"])]
    #[case("- [ ] see [Docs](x.md) and `a[0]`", &[])]
    #[case("snake_case and __bold__", &[])]
    fn in_text(#[case] line: &str, #[case] expected: &[&str]) {
        assert_eq!(blanks(line, Place::Text), expected, "{line}");
    }

    #[test]
    fn in_commands_a_variable_the_block_sets_is_no_blank() {
        assert_eq!(
            blanks("x $PROJECT_ID ${PCT}% $1 $(date) ${VAR} if [[ A ]]", Place::Command),
            ["$PROJECT_ID", "${VAR}"]
        );
        assert_eq!(assigned("for PCT in 1 2; do\nERROR_RATE=$(x)\nexport V=1").len(), 3);
    }

    #[test]
    fn versions_have_three_numbers() {
        assert_eq!(
            versions_in("v3.0.0, 2.1.0-rc.1 and app:1.2.3. Not 10.0.0.1, 2026-02-02, 1.2 or 3.0.x"),
            ["3.0.0", "2.1.0-rc.1", "1.2.3"]
        );
    }
}
