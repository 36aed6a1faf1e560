//! The words that mean something in a rule.

use super::condition::{Direction, Op};

/// Words that end a name or a noun.
pub(super) fn is_joint(word: &str) -> bool {
    matches!(
        lower(word).as_str(),
        "and"
            | "or"
            | "for"
            | "in"
            | "within"
            | "on"
            | "of"
            | "per"
            | "from"
            | "each"
            | "then"
            | "across"
            | "over"
            | "than"
            | "against"
            | "vs"
            | "versus"
    )
}

/// Words that begin what a number ranges over.
pub(super) fn opens_scope(word: &str) -> bool {
    matches!(lower(word).as_str(), "on" | "of" | "across" | "all" | "any" | "under" | "during")
        || aggregate(word)
}

/// Words that say by themselves how many numbers were made one: `< 100 ms median`, `< 70% p95`.
pub(super) fn aggregate(word: &str) -> bool {
    let word = lower(word);
    let quantile = word.strip_prefix('p').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.chars().all(|c| c.is_ascii_digit() || c == '.')
    });
    quantile || matches!(word.as_str(), "median" | "average" | "mean" | "avg" | "peak")
}

/// Words whose number is part of the name: `Phase 1`, `returning 500`.
pub(super) fn numbered(word: &str) -> bool {
    matches!(
        lower(word).as_str(),
        "phase"
            | "day"
            | "week"
            | "step"
            | "stage"
            | "tier"
            | "level"
            | "wave"
            | "region"
            | "zone"
            | "returning"
            | "returns"
            | "return"
    )
}

/// Words before a colon that only say that a rule follows.
pub(super) fn label(word: &str) -> bool {
    matches!(
        lower(word).as_str(),
        "condition" | "trigger" | "threshold" | "target" | "alert" | "alarm" | "when" | "if" | "rule"
    )
}

/// A comparison in words, with how many of the words it takes.
pub(super) fn comparison(first: &str, second: Option<&str>, third: Option<&str>) -> Option<(Op, usize)> {
    let second = second.map(lower);
    let third = third.map(lower);
    match (lower(first).as_str(), second.as_deref(), third.as_deref()) {
        ("no", Some("more"), Some("than")) => Some((Op::AtMost, 3)),
        ("no", Some("less" | "fewer"), Some("than")) => Some((Op::AtLeast, 3)),
        ("more" | "greater" | "higher", Some("than"), _) => Some((Op::Above, 2)),
        ("less" | "lower" | "fewer", Some("than"), _) => Some((Op::Below, 2)),
        ("at", Some("least"), _) => Some((Op::AtLeast, 2)),
        ("at", Some("most"), _) | ("up", Some("to"), _) => Some((Op::AtMost, 2)),
        ("above" | "over" | "exceeds" | "exceeding", _, _) => Some((Op::Above, 1)),
        ("below" | "under", _, _) => Some((Op::Below, 1)),
        _ => None,
    }
}

/// A verb or noun of change: `drops`, `spike`, `change`.
pub(super) fn change(word: &str) -> Option<Direction> {
    match lower(word).as_str() {
        "drop" | "drops" | "dropped" | "decreased" | "reduced" | "falls" | "fall" | "decrease"
        | "decreases" | "down" | "reduction" | "decline" | "declines" => Some(Direction::Down),
        "spike" | "spikes" | "increased" | "grew" | "rose" | "rise" | "rises" | "increase" | "increases"
        | "grows" | "growth" | "jumps" | "up" => Some(Direction::Up),
        "change" | "changes" | "deviation" => Some(Direction::Either),
        "improvement" | "improves" | "improved" => Some(Direction::Better),
        "worsens" | "worsened" | "degrades" | "degraded" => Some(Direction::Worse),
        _ => None,
    }
}

/// A comparison of two versions behind a share: `30% better than 2.3.0`.
pub(super) fn compared(word: &str) -> Option<Direction> {
    match lower(word).as_str() {
        "better" | "faster" => Some(Direction::Better),
        "worse" | "slower" => Some(Direction::Worse),
        "higher" | "more" | "greater" => Some(Direction::Up),
        "lower" | "less" | "fewer" => Some(Direction::Down),
        _ => None,
    }
}

/// Whether a word is the name of a version: `2.3.0`, `v2.3.0-rc.1`.
pub(super) fn version(word: &str) -> bool {
    let bare = word.strip_prefix(['v', 'V']).unwrap_or(word);
    bare.starts_with(|c: char| c.is_ascii_digit())
        && (bare.len() < word.len() || bare.matches('.').count() > 1)
}

/// A direction without a number: `increasing`.
pub(super) fn trend(word: &str) -> Option<Direction> {
    match lower(word).as_str() {
        "increasing" | "rising" | "growing" => Some(Direction::Up),
        "decreasing" | "falling" | "declining" => Some(Direction::Down),
        "improving" => Some(Direction::Better),
        "worsening" | "degrading" => Some(Direction::Worse),
        "changing" => Some(Direction::Either),
        _ => None,
    }
}

/// A state that is a flag: `present`, `detected`.
pub(super) fn state(word: &str) -> bool {
    matches!(lower(word).as_str(), "present" | "detected" | "fired" | "continuous")
}

/// Whether a phrase names things that are counted because they are bad: `critical vulnerabilities`.
pub(super) fn unwanted(phrase: &str) -> bool {
    const STEMS: [&str; 14] = [
        "vulnerabilit",
        "error",
        "warning",
        "critical",
        "high",
        "incident",
        "failure",
        "alert",
        "issue",
        "restart",
        "regression",
        "bug",
        "crash",
        "finding",
    ];
    phrase.split_whitespace().any(|word| {
        let word = lower(word);
        STEMS.iter().any(|stem| word.starts_with(stem))
    })
}

/// Nouns that a rate counts anyway, so saying them adds nothing.
pub(super) fn plain_noun(phrase: &str) -> bool {
    matches!(lower(phrase).as_str(), "req" | "reqs" | "request" | "requests" | "call" | "calls" | "ops")
}

/// A function whose brackets hold a query.
pub(super) fn promql(name: &str) -> bool {
    const FUNCTIONS: [&str; 16] = [
        "rate",
        "irate",
        "increase",
        "delta",
        "idelta",
        "deriv",
        "sum",
        "avg",
        "min",
        "max",
        "count",
        "quantile",
        "histogram_quantile",
        "changes",
        "resets",
        "absent",
    ];
    FUNCTIONS.contains(&name) || name.ends_with("_over_time")
}

/// Lower case.
pub(super) fn lower(word: &str) -> String {
    word.to_lowercase()
}
