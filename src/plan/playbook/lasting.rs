//! How long a condition must last, out of a sentence such as `> 1% for 5 consecutive minutes`.

use crate::base::Seconds;

/// The length after `for` or `in`, if there is one.
pub(super) fn find(text: &str) -> Option<Seconds> {
    let lower = text.to_lowercase();
    ["for ", "in ", "within ", "after "].iter().find_map(|word| {
        lower.match_indices(word).take(8).find_map(|(at, _)| {
            let before = lower.get(..at).and_then(|before| before.chars().next_back());
            let apart = before.is_none_or(|c| !c.is_alphanumeric());
            lower.get(at + word.len()..).filter(|_| apart).and_then(length)
        })
    })
}

/// A length at the beginning of a text: `5m`, `> 2 minutes`, `5 consecutive minutes`, `1 hour`.
pub(super) fn length(text: &str) -> Option<Seconds> {
    let text =
        text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '<' | '=' | '~' | '≥'));
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = text.split_at_checked(digits)?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("consecutive ").unwrap_or(rest);
    let unit: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    // A month is no exact length and a lone `m` is a minute.
    Seconds::parse(&format!("{number}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_sentences() {
        for (text, seconds) in [
            ("Error rate > 1% for 5 consecutive minutes", Some(300)),
            ("Health checks fail for > 2 minutes", Some(120)),
            (">3 pod restarts in 5 minutes", Some(300)),
            ("returning 500 for >1 minute", Some(60)),
            ("Latency > 2x baseline", None),
            ("waiting for 3 people", None),
            ("Error rate > 5%", None),
        ] {
            assert_eq!(find(text), seconds.map(Seconds), "{text}");
        }
        assert_eq!(length("5m"), Some(Seconds(300)));
    }
}
