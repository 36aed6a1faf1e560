//! How a split of traffic is told.

use serde_json::{Value, json};

use crate::base::Weight;
use crate::engine::ports::Split;
use crate::release::Owner;

/// The three shares of both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// What is wanted of the canary.
    pub desired: Option<Weight>,
    /// What was read.
    pub split: Split,
}

impl Card {
    /// What is wanted by a release, or by the controller that owns the weight.
    pub fn new(wanted: Option<Weight>, split: Split) -> Self {
        Self { desired: wanted.or(split.desired), split }
    }

    /// One side, given what turns the canary's share into its own.
    fn side(&self, own: impl Fn(Weight) -> Weight) -> Value {
        let share = |share: Option<Weight>| share.map_or(Value::Null, |share| number(own(share)));
        json!({
            "desired": share(self.desired),
            "configured": share(self.split.configured),
            "observed": share(self.split.observed),
        })
    }

    /// Both sides, for scripts.
    pub fn sides(&self) -> Value {
        json!({ "stable": self.side(Weight::rest), "canary": self.side(|canary| canary) })
    }

    /// For people.
    pub fn text(&self) -> String {
        let line = |name: &str, own: &dyn Fn(Weight) -> Weight| {
            let share = |share: Option<Weight>| share.map_or("?".to_owned(), |share| own(share).to_string());
            format!(
                "{name:<8}{:>9}{:>13}{:>11}",
                share(self.desired),
                share(self.split.configured),
                share(self.split.observed)
            )
        };
        format!(
            "{:<8}{:>9}{:>13}{:>11}\n{}\n{}",
            "",
            "desired",
            "configured",
            "observed",
            line("stable", &Weight::rest),
            line("canary", &|canary| canary)
        )
    }
}

/// Percent as scripts read it: whole where it is whole.
pub fn number(weight: Weight) -> Value {
    let value = weight.value();
    if value.fract() == 0.0 { json!(value as u64) } else { json!(value) }
}

/// Who moves the weight, for scripts: null when nobody does.
pub fn owner(owner: &Owner) -> Value {
    match owner {
        Owner::Nobody => Value::Null,
        // Plain data always has a JSON form.
        known => serde_json::to_value(known).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_null_and_shares_are_percent() {
        let percent = |share| Weight::percent(share);
        let split = Split { configured: percent(12.5), ..Split::default() };
        let card = Card::new(percent(25.0), split);
        assert_eq!(
            card.sides(),
            json!({
                "stable": { "desired": 75, "configured": 87.5, "observed": null },
                "canary": { "desired": 25, "configured": 12.5, "observed": null },
            })
        );
        assert_eq!(owner(&Owner::Nobody), Value::Null);
        assert_eq!(owner(&Owner::Unknown), json!({ "is": "unknown" }));
    }

    #[test]
    fn a_controllers_own_aim_is_shown_when_no_release_has_one() {
        let split = Split { desired: Weight::percent(40.0), ..Split::default() };
        assert_eq!(Card::new(None, split.clone()).desired, Weight::percent(40.0));
        assert_eq!(Card::new(Weight::percent(5.0), split).desired, Weight::percent(5.0));
    }
}
