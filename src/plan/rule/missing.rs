//! Why a phrase is no rule, or not the one that is meant: a name for scripts, and what to write instead.

use serde::Serialize;

use super::condition::{Check, Rule};
use super::error::RuleError;
use super::phrase::{Phrase, classify};
use super::token::{Token, tokens};

/// What a phrase lacks, or is instead of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The stable short name: `needs-number`, `rollout-steps`, `checkpoints`, `schedule`, `daily-restart`,
    /// `calendar-step`, `judged-by-person`, `unknown-unit`, `rate-as-ratio`, `count-by-increase`,
    /// `restarts-by-increase`, `quantile-of-averages`, `passes-on-no-data`, `not-a-rule`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl Missing {
    fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: help.into() }
    }
}

/// What a phrase is that is no rule.
pub(super) fn missing(text: &str, error: &RuleError) -> Missing {
    let low = text.to_lowercase();
    let number = |placed: &super::token::Placed| matches!(placed.token, Token::Number(_));
    let numbers = tokens(text).map_or(true, |tokens| tokens.iter().any(number));
    if let Phrase::NeedsNumber { missing } = classify(text) {
        return Missing::new(
            "needs-number",
            format!("it does not say {missing}"),
            "write the limit with its unit, such as `> 5 / hour for 10m`, or let a person decide by hand",
        );
    }
    if error.wrong.contains("bits or bytes") {
        return Missing::new("unknown-unit", error.wrong.clone(), error.help.clone());
    }
    if low.contains("daily") || low.contains("nightly") {
        return Missing::new(
            "daily-restart",
            "it happens by the clock, every day",
            "write it as `[[quiet]]` with `at = \"02:00\"` and `lasting = \"10m\"`",
        );
    }
    if format!(" {low}").contains(" every ") {
        return Missing::new(
            "schedule",
            "it is a schedule, not a limit",
            "write it as a [checkpoint.*], or as `every` of a gate",
        );
    }
    if low.split_whitespace().any(clock) {
        return Missing::new(
            "checkpoints",
            "these are places on the T-clock",
            "write each as a [checkpoint.*] with `at = \"T+1h\"`",
        );
    }
    if low.contains("business day") || low.contains("working day") {
        return Missing::new("calendar-step", error.wrong.clone(), "write hours, such as `8 h` or `24 h`");
    }
    let arrows = low.matches("->").count() + low.matches('→').count();
    if arrows > 1 || steps(&low) {
        return Missing::new(
            "rollout-steps",
            "these are the steps of a rollout, not a limit",
            "write them as `steps` of a [rollout.*], such as `{ weight = 5, soak = \"60m\" }`",
        );
    }
    if low.contains("result[0]") {
        return positional();
    }
    if !numbers && !text.trim().is_empty() {
        return Missing::new(
            "judged-by-person",
            "it says no number and no flag that could be asked for",
            "let a person judge it: a gate without `run`, or a trigger with `when = \"manual\"`",
        );
    }
    Missing::new("not-a-rule", error.wrong.clone(), error.help.clone())
}

/// A place on the T-clock: `t+1h`.
fn clock(word: &str) -> bool {
    let rest = word.strip_prefix("t+").or(word.strip_prefix("t-"));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Shares one after the other, each with a time: `5% for 60 min then 10/25/50/100%`.
fn steps(low: &str) -> bool {
    let shares = low
        .split(|c: char| !(c.is_ascii_digit() || c == '/'))
        .filter(|word| word.split('/').filter(|part| !part.is_empty()).count() > 1 && word.ends_with("100"));
    low.contains('%') && shares.count() > 0
}

fn positional() -> Missing {
    Missing::new(
        "passes-on-no-data",
        "the first of the answer's series is taken, and when there is none the comparison passes",
        "make it a metric of the plan file: no data, NaN and several series are never a pass there",
    )
}

/// What is probably not meant by a phrase that can be read.
pub(super) fn doubt(text: &str, rule: &Rule) -> Option<Missing> {
    if text.contains("result[0]") {
        return Some(positional());
    }
    rule.tests().find_map(|test| {
        let subject = test.subject.as_ref().filter(|subject| subject.is_query())?;
        let query = subject.as_str();
        if super::query::averages_quantiles(query) {
            return Some(Missing::new(
                "quantile-of-averages",
                "the average of quantiles is no quantile",
                "add the buckets, `sum by (le) (rate(…_bucket[5m]))`, and take the quantile of that",
            ));
        }
        let Check::Compare { value, .. } = &test.check else { return None };
        let share = value.unit == crate::base::Unit::Ratio
            || (value.unit == crate::base::Unit::None && value.value > 0.0 && value.value < 1.0);
        if share && super::query::is_rate(query) {
            return Some(Missing::new(
                "rate-as-ratio",
                "a rate is events a second, and is held against what looks like a share of all events",
                "divide by the rate of all events, or say a limit such as `> 0.001/s`",
            ));
        }
        let whole = value.value.fract() == 0.0 && value.value > 0.0;
        (whole && super::query::is_increase(query)).then(|| {
            Missing::new(
                if query.contains("restart") { "restarts-by-increase" } else { "count-by-increase" },
                "`increase` extrapolates to the edges of its window, so 3 can read as 3.33",
                "count from the number itself: restarts from a [source.*] with `kubernetes`, else raw counts",
            )
        })
    })
}
