//! What every kind of router does, and the mark it leaves.

use futures::future::BoxFuture;

use crate::base::Weight;
use crate::engine::ports::{Change, Fault, Preview, Split, Written};
use crate::world::cluster::Objects;

/// The annotation that names the operation that wrote an object last.
pub const OPERATION: &str = "tminus.dev/operation";

/// One router of one kind.
pub(super) trait Adapter: Send + Sync {
    /// What it says now.
    fn read(&self) -> BoxFuture<'_, Result<Split, Fault>>;
    /// Gives the canary a share.
    fn write<'a>(&'a self, change: Change<'a>) -> BoxFuture<'a, Result<Written, Fault>>;
    /// What a write would be.
    fn preview(&self, weight: Weight) -> BoxFuture<'_, Result<Preview, Fault>>;
    /// The objects that tell when it moves; none when it cannot be watched.
    fn watched(&self) -> Vec<Objects> {
        Vec::new()
    }
}

/// What cannot be done as it is written: trying again does not help, a person must change something.
pub(super) fn unsupported(title: &str, text: &str) -> Fault {
    Fault::Unsupported(format!("{title}: {text}"))
}
