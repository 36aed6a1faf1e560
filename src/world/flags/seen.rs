//! A flag read out of JSON by its pointers.

use serde_json::Value;

use crate::base::{Untrusted, Weight};
use crate::plan::FlagPointers;
use crate::release::FlagSeen;

/// The flag in a value, or what is missing or no such thing.
pub(super) fn seen(value: &Value, at: &FlagPointers) -> Result<FlagSeen, String> {
    let wanted =
        |pointer: &str| value.pointer(pointer).ok_or_else(|| format!("there is no `{pointer}` in it"));
    let told = |pointer: &Option<String>| pointer.as_deref().and_then(|pointer| value.pointer(pointer));
    Ok(FlagSeen {
        enabled: at
            .enabled
            .as_deref()
            .map(|at| wanted(at).and_then(|value| switch(value, at)))
            .transpose()?,
        percent: at
            .percent
            .as_deref()
            .map(|at| wanted(at).and_then(|value| percent(value, at)))
            .transpose()?,
        environments: told(&at.environments)
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        killed: told(&at.killed).and_then(Value::as_bool),
    })
}

fn switch(value: &Value, at: &str) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("`{at}` is {}, and neither true nor false", shown(value)))
}

fn percent(value: &Value, at: &str) -> Result<Weight, String> {
    let number = match value {
        Value::String(text) => text.trim().trim_end_matches('%').trim_end().parse().ok(),
        other => other.as_f64(),
    };
    number
        .and_then(Weight::percent)
        .ok_or_else(|| format!("`{at}` is {}, and no percentage from 0 to 100", shown(value)))
}

/// A value in a message: short, safe for a terminal.
fn shown(value: &Value) -> String {
    Untrusted::new(value.to_string()).cell(40)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers() -> FlagPointers {
        FlagPointers {
            percent: Some("/rollout_percentage".to_owned()),
            enabled: Some("/enabled".to_owned()),
            environments: Some("/environments".to_owned()),
            killed: Some("/killed".to_owned()),
        }
    }

    fn of(text: &str) -> Result<FlagSeen, String> {
        seen(&serde_json::from_str(text).expect("JSON"), &pointers())
    }

    #[test]
    fn a_flag_is_read_and_said() {
        let read =
            of(r#"{"enabled": true, "rollout_percentage": 25, "environments": ["dev"]}"#).expect("a flag");
        assert_eq!((read.is_on(), read.said().as_str()), (Some(true), "on, 25 %"));
        assert_eq!(read.environments.as_deref(), Some(&["dev".to_owned()][..]));
        let off = of(r#"{"enabled": false, "rollout_percentage": 25}"#).expect("a flag");
        assert_eq!((off.is_on(), off.share()), (Some(false), Some(Weight::ZERO)));
        let killed = of(r#"{"enabled": true, "rollout_percentage": "25%", "killed": true}"#).expect("a flag");
        assert_eq!((killed.is_on(), killed.said().as_str()), (Some(false), "killed"));
    }

    #[test]
    fn what_is_no_flag_is_named() {
        for (text, why) in [
            (r#"{"rollout_percentage": 25}"#, "no `/enabled`"),
            (r#"{"enabled": 1, "rollout_percentage": 25}"#, "neither true nor false"),
            (r#"{"enabled": true, "rollout_percentage": 125}"#, "is 125, and no percentage"),
            (r#"{"enabled": true, "rollout_percentage": null}"#, "no percentage"),
            ("[]", "no `/enabled`"),
        ] {
            let error = of(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
