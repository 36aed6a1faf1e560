//! What a trigger may do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An action of a trigger or of a blind rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Take the traffic off the new version at once.
    CutTraffic,
    /// Switch the release's feature flags off.
    FlagsOff,
    /// Go back to the last known good.
    RollBack,
    /// Go back one rollout step.
    StepBack,
    /// Stop where it is.
    Hold,
    /// Ask a person whether to roll back.
    Ask,
    /// Open a review for a named role.
    Review,
    /// Wake somebody.
    Page,
    /// Tell people.
    Notify,
}

impl Action {
    /// All of them, the strongest first.
    pub const ALL: [Self; 9] = [
        Self::CutTraffic,
        Self::FlagsOff,
        Self::RollBack,
        Self::StepBack,
        Self::Hold,
        Self::Ask,
        Self::Review,
        Self::Page,
        Self::Notify,
    ];

    /// The word of the plan file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CutTraffic => "cut-traffic",
            Self::FlagsOff => "flags-off",
            Self::RollBack => "roll-back",
            Self::StepBack => "step-back",
            Self::Hold => "hold",
            Self::Ask => "ask",
            Self::Review => "review",
            Self::Page => "page",
            Self::Notify => "notify",
        }
    }

    /// Reads the word of the plan file; `None` for any other word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An action as a playbook words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionWord {
    /// What it comes to.
    pub action: Action,
    /// The part of the text it was read from.
    pub text: String,
}

/// Reads the actions out of a playbook's words, each once, in the order they stand.
///
/// Whatever leaves the choice to a person (`manual`, `consider`, `potential`, `decision`, `prepare`, `or`, an
/// if-then) asks; it never rolls back. What only tells people to watch or to fix forward is told to people.
pub fn actions_of(text: &str) -> Vec<ActionWord> {
    let mut found: Vec<ActionWord> = Vec::new();
    let mut add = |action: Action, text: &str| {
        if !found.iter().any(|known| known.action == action) {
            found.push(ActionWord { action, text: text.to_owned() });
        }
    };
    for part in text.split([';', ',', '+', '&', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        for action in actions_in(part) {
            add(action, part);
        }
    }
    // `manual review + potential rollback`: the review is how the person is asked; both stay.
    found
}

/// The actions of one part of a text.
fn actions_in(part: &str) -> Vec<Action> {
    let said = part.to_lowercase().replace(['-', '_'], " ");
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let word =
        |wanted: &[&str]| said.split(|c: char| !c.is_alphanumeric()).any(|word| wanted.contains(&word));
    let mut out = Vec::new();
    let choice =
        says(&["manual", "consider", "potential", "decision", "decide", "assess", "if ", "no: ", "yes: "])
            || word(&["or", "may", "prepare", "plan", "schedule", "possible", "possibly"]);
    let not = word(&["no", "not", "never", "without"]) && !says(&["no: ", "yes: "]);
    let back = says(&["rollback", "roll back", "rolls back", "revert"]);
    let step = says(&["step back", "previous step", "reduce traffic"]);
    let cut = says(&["traffic cut", "cut traffic", "cut off", "cutoff"]);
    let flags = says(&["flags off", "flag off", "disable flag", "disable feature", "kill switch"]);
    let stop = word(&["hold", "pause", "abort", "halt", "freeze"]);
    let world = [
        (cut, Action::CutTraffic),
        (flags, Action::FlagsOff),
        (back, Action::RollBack),
        (step, Action::StepBack),
        (stop, Action::Hold),
    ];
    for (_, action) in world.into_iter().filter(|(said, _)| *said && !not) {
        out.push(if choice { Action::Ask } else { action });
    }
    if says(&["review"]) {
        out.push(Action::Review);
    }
    if says(&["pagerduty", "opsgenie", "on call", "war room"]) || word(&["page", "pages", "paging"]) {
        out.push(Action::Page);
    }
    let told =
        says(&["slack", "email", "e mail", "hotfix", "hot fix", "next release", "warning", "schedule fix"])
            || word(&[
                "notify",
                "notification",
                "alert",
                "monitor",
                "warn",
                "investigate",
                "inform",
                "response",
                "teams",
            ]);
    if told && !says(&["monitor mitigation"]) {
        out.push(Action::Notify);
    }
    out.dedup();
    out
}
