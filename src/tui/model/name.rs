//! The names of screens and panes.

use serde::Deserialize;

/// A screen of the cockpit; also what a snapshot can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScreenName {
    /// Everything at once.
    #[default]
    Overview,
    /// The selected item.
    Item,
    /// The selected gate with its runs and evidence.
    Gate,
    /// The go/no-go roll-call.
    RollCall,
    /// The selected rollout.
    Rollout,
    /// The pods of the selected rollout.
    Pods,
    /// The log of the selected pod.
    PodLog,
    /// All metrics and triggers.
    Metrics,
    /// The selected metric over time.
    Chart,
    /// Everything with a time.
    Clock,
    /// The journal.
    Log,
    /// Every key.
    Help,
    /// How to use the cockpit.
    Guide,
}

impl ScreenName {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Overview,
        Self::Item,
        Self::Gate,
        Self::RollCall,
        Self::Rollout,
        Self::Pods,
        Self::PodLog,
        Self::Metrics,
        Self::Chart,
        Self::Clock,
        Self::Log,
        Self::Help,
        Self::Guide,
    ];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Item => "item",
            Self::Gate => "gate",
            Self::RollCall => "roll-call",
            Self::Rollout => "rollout",
            Self::Pods => "pods",
            Self::PodLog => "pod-log",
            Self::Metrics => "metrics",
            Self::Chart => "chart",
            Self::Clock => "clock",
            Self::Log => "log",
            Self::Help => "help",
            Self::Guide => "guide",
        }
    }
    /// Reads the word; `None` for any other.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }
}

/// A pane of the overview.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Stages and their items.
    #[default]
    Stages,
    /// Gates.
    Gates,
    /// Rollouts.
    Rollout,
    /// Metrics.
    Metrics,
    /// Who said go.
    RollCall,
}

impl Pane {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Stages, Self::Gates, Self::Rollout, Self::Metrics, Self::RollCall];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Stages => "Stages",
            Self::Gates => "Gates",
            Self::Rollout => "Rollout",
            Self::Metrics => "Metrics",
            Self::RollCall => "Roll-call",
        }
    }
    /// Its number on the screen, from 1.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|pane| *pane == self).map_or(0, |place| place + 1)
    }
    /// The pane so many places on, round and round.
    pub fn step(self, by: isize) -> Self {
        let count = Self::ALL.len() as isize;
        let at = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0) as isize;
        Self::ALL.get((at + by).rem_euclid(count) as usize).copied().unwrap_or_default()
    }
}
