//! What the engine asks of feature flags.
//!
//! Invariants: a write names what was read, and is refused when that moved; it goes out once; a secret is named by
//! where it is and shown nowhere.

use futures::future::BoxFuture;

use super::{Fault, Preview, Stamp};
use crate::base::{OperationId, Untrusted, Weight};
use crate::plan::Flag;
use crate::release::FlagSeen;

/// Turns features on and off.
pub trait Flags: Send + Sync {
    /// The flag as it is now.
    fn read<'a>(&'a self, flag: &'a Flag) -> BoxFuture<'a, Result<FlagReading, Fault>>;
    /// Turns it on for a share of users, or off at none.
    fn set<'a>(&'a self, flag: &'a Flag, change: FlagChange<'a>) -> BoxFuture<'a, Result<(), Fault>>;
    /// Pulls its kill switch: whatever its percentage is and whether it could be read or not, it is off.
    fn kill<'a>(&'a self, flag: &'a Flag, operation: &'a OperationId) -> BoxFuture<'a, Result<(), Fault>>;
    /// Turns off every flag where this one is kept, and says how many or which.
    fn clear<'a>(
        &'a self,
        flag: &'a Flag,
        operation: &'a OperationId,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>>;
    /// The exact change that setting it would make; nothing is changed.
    fn preview<'a>(&'a self, flag: &'a Flag, percent: Weight) -> BoxFuture<'a, Result<Preview, Fault>>;
}

/// A flag that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlagReading {
    /// As it is.
    pub seen: FlagSeen,
    /// What a write is bound to, where the other side can hold it to that.
    pub stamp: Option<Stamp>,
}

/// A share that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct FlagChange<'a> {
    /// The share of users who get it; none turns it off.
    pub percent: Weight,
    /// The operation.
    pub operation: &'a OperationId,
    /// What was read before; none when it could not be read and is turned off all the same.
    pub read: Option<&'a FlagReading>,
}
