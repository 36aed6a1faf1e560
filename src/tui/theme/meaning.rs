//! What a piece of the screen means. Screens name a meaning, never a colour.

use serde::Deserialize;

/// A role a theme gives a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Plain text and the painted background under everything.
    Base,
    /// What may be overlooked.
    Muted,
    /// Headings.
    Title,
    /// Frames of panes.
    Border,
    /// The frame of the pane that has the keys.
    Focus,
    /// The selected row; laid over what is there.
    Selected,
    /// It holds.
    Good,
    /// It holds with a doubt, or waits.
    Warn,
    /// It does not hold, or nobody watches.
    Bad,
    /// Not known: no data, stale, too few.
    Unknown,
    /// The current thing.
    Accent,
    /// A production environment.
    Production,
    /// Header and footer.
    Bar,
    /// A key in footer and help.
    Key,
    /// The stable side of traffic.
    Stable,
    /// The canary side of traffic.
    Canary,
    /// Dialogs.
    Dialog,
    /// What a machine asks of people.
    Ask,
}

impl Meaning {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Base,
        Self::Muted,
        Self::Title,
        Self::Border,
        Self::Focus,
        Self::Selected,
        Self::Good,
        Self::Warn,
        Self::Bad,
        Self::Unknown,
        Self::Accent,
        Self::Production,
        Self::Bar,
        Self::Key,
        Self::Stable,
        Self::Canary,
        Self::Dialog,
        Self::Ask,
    ];
}
