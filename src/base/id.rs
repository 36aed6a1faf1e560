//! Names of things, one type each, so that a gate's name can never be used where an item's is meant.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the name as it is; whoever reads it from outside checks it first.
            pub fn new(name: impl AsRef<str>) -> Self {
                Self(Arc::from(name.as_ref()))
            }
            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }
        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self::new(name)
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )+};
}

names! {
    /// A release going out to one environment; also the name of its stream: `NAME/ENVIRONMENT`.
    ReleaseId,
    /// A stage of the plan: the slug of its heading.
    StageId,
    /// A box to tick: slugs of the headings above it, the bold group and its first line.
    ItemId,
    /// A check that decides.
    GateId,
    /// A role that owns, decides or approves.
    RoleId,
    /// A number over time.
    MetricId,
    /// Where numbers come from.
    SourceId,
    /// A rule with a severity and actions.
    TriggerId,
    /// The way one service goes out.
    RolloutId,
    /// An ordered list of operations.
    ProcedureId,
    /// A feature flag that belongs to the release.
    FlagId,
    /// A row of the monitoring plan.
    CheckpointId,
    /// One change to the world: UUIDv5 of stream, kind, target and count.
    OperationId,
}
