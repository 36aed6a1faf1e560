//! Names of items that survive edits elsewhere, and how a changed document finds its items again.
//!
//! An id is made of slugs of the headings below the title, of the bold or numbered group, and of the item's first line.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use super::model::Item;
use crate::base::ItemId;

/// The longest slug, in characters.
const CUT: usize = 48;

/// The slug of one heading, group or first line: no number, no `Stage 3:`, no bracketed remark, `x` for versions.
pub fn slug(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let text = if first.is_ascii() {
        first.to_ascii_lowercase()
    } else {
        first.nfkc().collect::<String>().to_lowercase()
    };
    let text = text.as_str();
    let bare = without_brackets(text);
    let named = without_number(bare.trim());
    let slug = words(named);
    if !slug.is_empty() {
        return slug;
    }
    // Nothing but a number or a remark: then that is the name.
    let whole = words(text);
    if whole.is_empty() { "item".to_owned() } else { whole }
}

/// A heading for people: as written, without its number and `Stage 3:`.
pub(super) fn display(text: &str) -> String {
    let short = without_number(text.trim());
    if short.is_empty() { text.trim().to_owned() } else { short.to_owned() }
}

fn without_brackets(text: &str) -> Cow<'_, str> {
    if !text.contains(['(', '[', ')', ']']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut depth = 0u32;
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    // A bracket that never closes hides nothing.
    if depth > 0 { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Drops `2.4`, `1)`, `A.` and `Stage 3:` from the beginning.
fn without_number(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '{' | '<' | '$' | '#'));
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = text.len() - digits.len();
    let text = match digits.chars().next() {
        Some(c) if number > 0 && (c.is_whitespace() || c == ')' || c == ':') && numbering(text, number) => {
            digits.trim_start_matches([')', ':']).trim_start()
        }
        _ => text,
    };
    for word in ["stage", "phase", "step", "part", "gate", "section", "appendix"] {
        let Some((head, rest)) = text.split_at_checked(word.len()) else { continue };
        if !head.eq_ignore_ascii_case(word) || !rest.starts_with(char::is_whitespace) {
            continue;
        }
        let rest = rest.trim_start();
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if after.len() == rest.len() {
            continue;
        }
        let name = after.trim_start();
        if let Some(name) = name.strip_prefix([':', '-', '–', '—', '.', '|']) {
            return name.trim_start();
        }
    }
    text
}

/// `2.4 Gates` and `1. Prepare` are numbered, `100 concurrent tenants` and `30 days` are not.
fn numbering(text: &str, len: usize) -> bool {
    let number = text.get(..len).unwrap_or_default();
    let next = text.get(len..).unwrap_or_default();
    number.contains('.') || next.starts_with([')', ':'])
}

/// Letters and digits, other signs as one `-`, versions and blanks as `x`.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(CUT));
    let mut length = 0;
    let mut pending = false;
    for token in
        text.split(|c: char| c.is_whitespace() || matches!(c, '/' | ',' | ';' | '"' | '`' | '|' | '='))
    {
        let named = versioned(token);
        for c in named.as_deref().unwrap_or(token).chars() {
            if !c.is_alphanumeric() && (c.is_ascii() || !unicode_normalization::char::is_combining_mark(c)) {
                pending = true;
                continue;
            }
            if pending && !out.is_empty() {
                out.push('-');
                length += 1;
            }
            pending = false;
            if length >= CUT {
                return out.trim_end_matches('-').to_owned();
            }
            out.push(c);
            length += 1;
        }
        pending = true;
    }
    out
}

/// The token with the version in it as `x`: `v2.2.0`, `app:2.2.0`, `release-2.2.0`; `None` when it holds none.
fn versioned(token: &str) -> Option<String> {
    // Most words hold neither a digit nor a blank.
    if !token.contains(|c: char| c.is_ascii_digit() || matches!(c, '{' | '<' | '$' | 'x')) {
        return None;
    }
    if is_version(token) {
        return Some("x".to_owned());
    }
    token.match_indices([':', '-', '@', '_']).take(8).find_map(|(at, mark)| {
        let (before, after) = (token.get(..at)?, token.get(at + mark.len()..)?);
        is_version(after).then(|| format!("{before}-x"))
    })
}

/// `v2.2.0`, `3.0.0-rc.1`, `v3`, `v{version}`, `{version}`.
fn is_version(token: &str) -> bool {
    let token = token.trim_end_matches(['.', ':', '!', '?', '\'', ')']).trim_start_matches(['\'', '(']);
    let rest = token.strip_prefix('v').unwrap_or(token);
    let blank = |open: char, close: char| rest.starts_with(open) && rest.ends_with(close);
    if blank('{', '}') || blank('<', '>') || rest.starts_with('$') {
        return rest.contains("version") || token.starts_with('v');
    }
    let core = rest.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = core.split('.').collect();
    let numbers = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        || (parts.len() == 3 && parts.iter().all(|part| matches!(*part, "x" | "y" | "z")));
    numbers && (parts.len() >= 3 || (token.starts_with('v') && !core.is_empty()))
}

/// Hands out ids: repeats in one place get `~2`, `~3`.
#[derive(Debug, Default)]
pub(super) struct Ids {
    seen: HashMap<String, u32>,
}

impl Ids {
    /// The id of one more thing of this path.
    pub(super) fn next(&mut self, path: String) -> String {
        let count = self.seen.entry(path.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { path } else { format!("{path}~{count}") }
    }
}

/// Why a suffix names no single item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuffixError {
    /// Nothing ends like this.
    #[error("no item is called `{0}`")]
    Unknown(String),
    /// Several do; the first few of them.
    #[error("`{0}` could be {1}; write more of the name")]
    Several(String, String),
}

/// Finds the item a person means: the whole id, or whole path parts at its end that no other item ends with.
pub fn resolve_suffix<'a>(
    ids: impl IntoIterator<Item = &'a ItemId>,
    suffix: &str,
) -> Result<&'a ItemId, SuffixError> {
    let suffix = suffix.trim().trim_matches('/');
    let mut found: Vec<&ItemId> = Vec::new();
    for id in ids {
        let Some(before) = id.as_str().strip_suffix(suffix) else { continue };
        if before.is_empty() && !suffix.is_empty() {
            return Ok(id);
        }
        if before.ends_with('/') && !suffix.is_empty() {
            found.push(id);
        }
    }
    match found.as_slice() {
        [] => Err(SuffixError::Unknown(suffix.to_owned())),
        [one] => Ok(one),
        several => {
            let names: Vec<String> = several.iter().take(4).map(|id| format!("`{id}`")).collect();
            Err(SuffixError::Several(suffix.to_owned(), names.join(" or ")))
        }
    }
}

/// What became of the items of a document that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// Old id and new id, for every item found again.
    pub pairs: Vec<(ItemId, ItemId)>,
    /// Old items that are no longer there.
    pub lost: Vec<ItemId>,
    /// New items that were not there.
    pub added: Vec<ItemId>,
}

/// Finds the items of an older reading in a newer one: by id, then by equal words nearest in place, then by
/// equal place (the only item between two neighbours that were found).
pub fn match_items(old: &[Item], new: &[Item]) -> Matched {
    let mut partner: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken: HashSet<usize> = HashSet::new();
    let by_id: HashMap<&str, usize> =
        new.iter().enumerate().map(|(at, item)| (item.id.as_str(), at)).collect();
    for (slot, item) in partner.iter_mut().zip(old) {
        if let Some(at) = by_id.get(item.id.as_str()) {
            *slot = Some(*at);
            taken.insert(*at);
        }
    }
    let mut by_words: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, item) in new.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
        by_words.entry(slug(item.text.raw())).or_default().push(at);
    }
    for (slot, item) in partner.iter_mut().zip(old).filter(|(slot, _)| slot.is_none()) {
        let Some(candidates) = by_words.get_mut(&slug(item.text.raw())) else { continue };
        let score = |at: &usize| {
            let there = new.get(*at);
            let group = there.is_some_and(|there| there.group == item.group);
            let stage = there.is_some_and(|there| there.stage == item.stage);
            let away = there.map_or(u32::MAX, |there| there.line.abs_diff(item.line));
            (!group, !stage, away)
        };
        if let Some(best) = (0..candidates.len()).min_by_key(|index| candidates.get(*index).map(score)) {
            let at = candidates.swap_remove(best);
            *slot = Some(at);
            taken.insert(at);
        }
    }
    by_place(&mut partner, &mut taken, new.len());
    let pairs: Vec<(ItemId, ItemId)> = partner
        .iter()
        .zip(old)
        .filter_map(|(slot, item)| Some((item.id.clone(), new.get((*slot)?)?.id.clone())))
        .collect();
    let lost =
        partner.iter().zip(old).filter(|(slot, _)| slot.is_none()).map(|(_, item)| item.id.clone()).collect();
    let added = new
        .iter()
        .enumerate()
        .filter(|(at, _)| !taken.contains(at))
        .map(|(_, item)| item.id.clone())
        .collect();
    Matched { pairs, lost, added }
}

/// A single unmatched item between two matched neighbours, on both sides, is the same item reworded.
fn by_place(partner: &mut [Option<usize>], taken: &mut HashSet<usize>, len: usize) {
    for at in 0..partner.len() {
        let slot = |index: Option<usize>| index.and_then(|index| partner.get(index).copied());
        if slot(Some(at)) != Some(None) {
            continue;
        }
        let before = match at.checked_sub(1) {
            None => Some(None),
            some => slot(some).and_then(|found| found.map(Some)),
        };
        let after = match slot(Some(at + 1)) {
            None => Some(len),
            Some(found) => found,
        };
        let (Some(before), Some(after)) = (before, after) else { continue };
        let here = before.map_or(0, |before| before + 1);
        if after == here + 1 && !taken.contains(&here) {
            if let Some(slot) = partner.get_mut(at) {
                *slot = Some(here);
            }
            taken.insert(here);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2.4 Stage 3: Pre-Release Validation", "pre-release-validation")]
    #[case("Phase 1: Pre-Deployment Verification (Week -1)", "pre-deployment-verification")]
    #[case("📋 1. Release Overview & Metadata", "release-overview-metadata")]
    #[case("Unit tests passing (100%)", "unit-tests-passing")]
    #[case("Code freeze for v2.2.0 (sampling)", "code-freeze-for-x")]
    #[case("Publish v{VERSION}", "publish-x")]
    #[case("Test coverage >= 80%", "test-coverage-80")]
    #[case("100 concurrent tenants created", "100-concurrent-tenants-created")]
    #[case("Push app:3.2.0 and tool-v1.0.0-rc.1", "push-app-x-and-tool-x")]
    #[case("Metrics恢复正常", "metrics恢复正常")]
    #[case("Ｄｅｐｌｏｙ Ärger", "deploy-ärger")]
    #[case("(optional)", "optional")]
    #[case("***", "item")]
    #[case("Error rate <0.1%", "error-rate-0-1")]
    fn slugs(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(slug(text), expected);
    }

    #[test]
    fn a_slug_is_cut() {
        assert_eq!(slug(&"long ".repeat(40)).chars().count(), 48);
    }

    #[test]
    fn a_suffix_must_be_unique_and_whole() {
        let ids: Vec<ItemId> =
            ["a/b/unit-tests", "a/c/unit-tests", "d/load-tests", "load-tests"].map(ItemId::from).into();
        assert_eq!(resolve_suffix(&ids, "c/unit-tests"), Ok(&ids[1]));
        assert_eq!(resolve_suffix(&ids, "load-tests"), Ok(&ids[3]));
        assert!(matches!(resolve_suffix(&ids, "unit-tests"), Err(SuffixError::Several(..))));
        assert!(matches!(resolve_suffix(&ids, "tests"), Err(SuffixError::Unknown(_))));
        assert!(matches!(resolve_suffix(&ids, ""), Err(SuffixError::Unknown(_))));
    }
}
