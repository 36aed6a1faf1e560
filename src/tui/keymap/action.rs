//! Everything a key or the palette can ask for.

use serde::Deserialize;

/// What a key does. The names are the words of the keymap, where each has its description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Nothing,
    // around
    Up,
    Down,
    Top,
    Bottom,
    HalfUp,
    HalfDown,
    PageUp,
    PageDown,
    NextPane,
    PreviousPane,
    Stages,
    Gates,
    Rollout,
    Metrics,
    RollCallPane,
    Open,
    Back,
    // screens
    RollCall,
    Clock,
    Log,
    Pods,
    PodLog,
    RefreshPodLog,
    FindInLog,
    NextFound,
    PreviousFound,
    Help,
    Guide,
    Why,
    Filter,
    Palette,
    // items
    Tick,
    Undo,
    Skip,
    Note,
    NoteRelease,
    Assign,
    Attach,
    OpenLink,
    AddItem,
    SplitItem,
    Retime,
    LeaveStage,
    // gates
    RunGate,
    AcceptGate,
    DeclineGate,
    WaiveGate,
    // roll-call
    Go,
    NoGo,
    Absent,
    RequestApprovals,
    // numbers and requests
    TypeNumber,
    Choose,
    Decline,
    Grant,
    // the world
    Start,
    Promote,
    PromoteFull,
    Hold,
    Resume,
    RollBack,
    FlagsOff,
    FireTrigger,
    RearmMessages,
    DeclareStable,
    CancelRelease,
    // the program
    CopyStatus,
    NextTheme,
    Redraw,
    Suspend,
    Quit,
    // dialogs
    Confirm,
    Cancel,
}

impl Action {
    /// True for what changes the world outside; such a key is an upper-case letter or a function key.
    pub fn acts_on_world(self) -> bool {
        matches!(
            self,
            Self::Promote
                | Self::PromoteFull
                | Self::Hold
                | Self::Resume
                | Self::RollBack
                | Self::FlagsOff
                | Self::Start
                | Self::Grant
        )
    }

    /// What the palette offers beside the keys, with its words.
    pub const PALETTE_ONLY: [(Self, &'static str); 12] = [
        (Self::Start, "start the release: T-0"),
        (Self::PromoteFull, "promote to all traffic at once"),
        (Self::Grant, "grant what is asked: do it, after the usual question"),
        (Self::Resume, "lift the hold and let automation go on"),
        (Self::FlagsOff, "turn the feature flags of the rollout off"),
        (Self::FireTrigger, "fire a trigger that only a person can see, with a reason"),
        (Self::RearmMessages, "let messages and checkpoints go on after a hold or rollback"),
        (Self::DeclareStable, "declare the release stable"),
        (Self::CancelRelease, "call the release off"),
        (Self::Guide, "read the guide"),
        (Self::NextTheme, "use the next theme"),
        (Self::Redraw, "draw the whole screen anew"),
    ];
}
