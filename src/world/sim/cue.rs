//! When something in a script is so: counted from a moment, for a time, on and off.

use serde::Deserialize;

use crate::base::{Seconds, Timestamp, Weight};

/// What a time in a script is counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Since {
    /// The script's start.
    #[default]
    Start,
    /// The newest deploy.
    Deploy,
    /// The first time since the newest deploy that the canary was given this share or more.
    Weight(Weight),
}

impl TryFrom<String> for Since {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "start" => Ok(Self::Start),
            "deploy" => Ok(Self::Deploy),
            share => share
                .strip_suffix('%')
                .and_then(|number| number.trim().parse().ok())
                .and_then(Weight::percent)
                .map(Self::Weight)
                .ok_or_else(|| {
                    format!("`{text}` is no moment of a script; write \"start\", \"deploy\" or \"25%\"")
                }),
        }
    }
}

/// The times of one entry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timing {
    pub(super) since: Since,
    pub(super) after: Seconds,
    pub(super) lasting: Option<Seconds>,
    pub(super) on: Option<Seconds>,
    pub(super) off: Option<Seconds>,
}

impl Timing {
    /// Seconds since it last came on; `None` while it is off. `origin` is the moment it is counted from.
    pub(super) fn since_on(&self, origin: Option<Timestamp>, at: Timestamp) -> Option<i64> {
        let begun = at.as_second() - origin?.as_second() - self.after.signed();
        if begun < 0 || self.lasting.is_some_and(|lasting| begun >= lasting.signed()) {
            return None;
        }
        let Some((on, off)) = self.on.zip(self.off) else { return Some(begun) };
        let phase = begun % on.signed().saturating_add(off.signed()).max(1);
        (phase < on.signed()).then_some(phase)
    }
}

/// Declares an entry of a script with the five fields that say when, beside its own.
macro_rules! cue {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub(super) struct $name {
            #[serde(default)]
            since: $crate::world::sim::cue::Since,
            #[serde(default)]
            after: $crate::base::Seconds,
            lasting: Option<$crate::base::Seconds>,
            on: Option<$crate::base::Seconds>,
            off: Option<$crate::base::Seconds>,
            $($(#[$field_doc])* pub(super) $field: $kind,)*
        }

        impl $name {
            /// When it is so.
            pub(super) fn timing(&self) -> $crate::world::sim::cue::Timing {
                $crate::world::sim::cue::Timing {
                    since: self.since,
                    after: self.after,
                    lasting: self.lasting,
                    on: self.on,
                    off: self.off,
                }
            }
        }
    };
}
pub(super) use cue;
