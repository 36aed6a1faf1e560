//! What people type for the things of a plan: an id, or any unique end of it.

use super::exit::{Exit, Failure};
use crate::base::{
    FlagId, GateId, ItemId, MetricId, Offset, RoleId, RolloutId, Seconds, StageId, TriggerId, Untrusted,
};
use crate::release::View;

/// The item that was meant.
///
/// # Errors
/// When none or several are.
pub fn item(view: &View, typed: &str) -> Result<ItemId, Failure> {
    let planned = view.plan.items.iter().map(|item| item.id.as_str());
    one("item", typed, planned.chain(view.state.added.iter().map(|item| item.id.as_str()))).map(ItemId::new)
}

/// The gate that was meant.
///
/// # Errors
/// When none or several are.
pub fn gate(view: &View, typed: &str) -> Result<GateId, Failure> {
    one("gate", typed, view.plan.gates.iter().map(|gate| gate.id.as_str())).map(GateId::new)
}

/// The role that was meant.
///
/// # Errors
/// When none or several are.
pub fn role(view: &View, typed: &str) -> Result<RoleId, Failure> {
    one("role", typed, view.plan.roles.iter().map(|role| role.id.as_str())).map(RoleId::new)
}

/// The stage that was meant.
///
/// # Errors
/// When none or several are.
pub fn stage(view: &View, typed: &str) -> Result<StageId, Failure> {
    one("stage", typed, view.plan.stages.iter().map(|stage| stage.id.as_str())).map(StageId::new)
}

/// The trigger that was meant.
///
/// # Errors
/// When none or several are.
pub fn trigger(view: &View, typed: &str) -> Result<TriggerId, Failure> {
    one("trigger", typed, view.plan.triggers.iter().map(|trigger| trigger.id.as_str())).map(TriggerId::new)
}

/// The metric that was meant.
///
/// # Errors
/// When none or several are.
pub fn metric(view: &View, typed: &str) -> Result<MetricId, Failure> {
    one("metric", typed, view.plan.metrics.iter().map(|metric| metric.id.as_str())).map(MetricId::new)
}

/// The flag that was meant.
///
/// # Errors
/// When none or several are.
pub fn flag(view: &View, typed: &str) -> Result<FlagId, Failure> {
    one("flag", typed, view.plan.flags.iter().map(|flag| flag.id.as_str())).map(FlagId::new)
}

/// The rollout that was meant; without a word, the only one.
///
/// # Errors
/// When none or several are.
pub fn rollout(view: &View, typed: Option<&str>) -> Result<RolloutId, Failure> {
    let mut all = view.plan.rollouts.iter().map(|rollout| rollout.id.as_str());
    match typed {
        Some(typed) => one("rollout", typed, all),
        None => match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => {
                Err(unknown("the plan has no rollout").help("add `[rollout.NAME]` to the plan file"))
            }
            (Some(first), Some(_)) => Err(unknown("the plan has several rollouts")
                .help(format!("name one, such as `--rollout {first}`"))),
        },
    }
    .map(RolloutId::new)
}

/// The only name that is `typed`, or ends with it; a whole part of an id counts more than the end of a word.
fn one<'a>(kind: &str, typed: &str, all: impl Iterator<Item = &'a str>) -> Result<&'a str, Failure> {
    let all: Vec<&str> = all.collect();
    if let Some(same) = all.iter().find(|name| **name == typed) {
        return Ok(same);
    }
    let part = format!("/{typed}");
    let ends = |end: &str| -> Vec<&'a str> {
        all.iter().copied().filter(|name| !typed.is_empty() && name.ends_with(end)).collect()
    };
    let parts = ends(&part);
    let found = if parts.is_empty() { ends(typed) } else { parts };
    let shown = Untrusted::new(typed).line();
    match found.as_slice() {
        [only] => Ok(only),
        [] => Err(unknown(format!("there is no {kind} `{shown}`")).help(near(typed, &all))),
        [first, second, ..] => Err(unknown(format!("{} {kind}s end with `{shown}`", found.len()))
            .help(format!("write more of it, such as `{first}` or `{second}`"))),
    }
}

fn unknown(message: impl Into<String>) -> Failure {
    Failure::new(Exit::Refused, message).word("unknown")
}

/// Names that hold the same word, to choose from.
fn near(typed: &str, all: &[&str]) -> String {
    let wanted = typed.rsplit('/').next().unwrap_or(typed).to_lowercase();
    let word = wanted.split('-').max_by_key(|word| word.len()).unwrap_or(&wanted);
    let close: Vec<&str> =
        all.iter().copied().filter(|name| !word.is_empty() && name.contains(word)).take(3).collect();
    match close.as_slice() {
        [] if all.is_empty() => "the plan has none".to_owned(),
        [] => format!("one of the {} is `{}`", all.len(), all.first().copied().unwrap_or_default()),
        some => format!("close to it: {}", some.join(", ")),
    }
}

/// Reads `T-2h`, `T-0`, `T+1d` and `T-1w`; whole days and weeks are calendar steps.
///
/// # Errors
/// When it is no such text.
pub fn offset(typed: &str) -> Result<Offset, Failure> {
    let wrong = || {
        let shown = Untrusted::new(typed).line();
        Failure::usage(format!("`{shown}` is no place on the T-clock")).help("write T-2h, T-0, T+30m or T+1d")
    };
    let rest = typed.trim().strip_prefix(['T', 't']).ok_or_else(wrong)?;
    let (sign, length) = match rest.split_at_checked(1) {
        Some(("-", length)) => (-1, length),
        Some(("+", length)) => (1, length),
        _ => return Err(wrong()),
    };
    if length == "0" {
        return Ok(Offset::ZERO);
    }
    let seconds = Seconds::parse(length).ok_or_else(wrong)?.signed();
    let calendar = length.ends_with(['d', 'w', 'D', 'W']);
    match i32::try_from(seconds / 86_400) {
        Ok(days) if calendar => Ok(Offset::days(sign * days)),
        Err(_) if calendar => Err(wrong()),
        _ => Ok(Offset::seconds(i64::from(sign) * seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 4] = ["planning/notify-ops", "release/notify-ops", "release/tag", "release/retag"];

    #[test]
    fn a_unique_end_is_enough_and_a_whole_part_counts_more() {
        let found = |typed| one("item", typed, ALL.into_iter());
        assert_eq!(found("tag").as_deref(), Ok("release/tag"));
        assert_eq!(found("retag").as_deref(), Ok("release/retag"));
        assert_eq!(found("release/notify-ops").as_deref(), Ok("release/notify-ops"));
        let several = found("notify-ops").expect_err("two end so");
        assert!(several.message.starts_with("2 items end with"), "{several}");
        let none = found("notify-qa").expect_err("none ends so");
        assert!(none.help.is_some_and(|help| help.contains("planning/notify-ops")));
        assert!(found("").is_err());
    }

    #[test]
    fn places_on_the_clock_are_read() {
        assert_eq!(offset("T-2h"), Ok(Offset::seconds(-7200)));
        assert_eq!(offset("T+1w"), Ok(Offset::days(7)));
        assert_eq!(offset("T-0"), Ok(Offset::ZERO));
        for wrong in ["", "T", "2h", "T2h", "T-", "T-x", "T+99999999999d"] {
            assert!(offset(wrong).is_err(), "{wrong}");
        }
    }
}
