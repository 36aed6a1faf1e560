//! The word somebody meant.

/// The most steps between a word and the one that was meant.
const FAR: usize = 3;

/// The known word nearest to the one written, when it is near enough to be meant: by case, by edits, or by
/// being the beginning or the end of it.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let low = written.to_lowercase();
    let allowed = FAR.min(low.chars().count() / 2).max(1);
    known
        .into_iter()
        .filter_map(|word| {
            let other = word.to_lowercase();
            let whole = other.len() >= 3 && low.len() >= 3;
            let part = whole && (other.starts_with(&low) || other.ends_with(&low) || low.contains(&other));
            let steps = distance(&low, &other);
            let score = if part { steps.min(allowed) } else { steps };
            (score <= allowed).then_some((score, steps, word))
        })
        .min()
        .map(|(_, _, word)| word)
}

/// Edits (insert, delete, replace, swap of neighbours) between two words, after Damerau and Levenshtein
/// (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut left: Option<char> = None;
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut up: Option<char> = None;
        for (j, &y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let replace = at(&last, j) + usize::from(x != y);
            let mut best = replace.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if j > 0 && left == Some(y) && up == Some(x) {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
            up = Some(y);
        }
        left = Some(x);
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meant_word_is_found_and_a_stranger_is_not() {
        let known = ["severity", "actions", "when", "rollout"];
        for (written, meant) in
            [("sevrity", Some("severity")), ("action", Some("actions")), ("wehn", Some("when")), ("x", None)]
        {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
        assert_eq!(distance("abcd", "acbd"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
