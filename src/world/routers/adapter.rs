//! What every kind of router does, the mark it leaves, and what a refusal means.

use futures::future::BoxFuture;

use crate::base::{Seconds, Weight};
use crate::engine::ports::{Change, Fault, Preview, Split, Written};
use crate::world::cluster::{Object, Objects, Refusal, Why};

/// The annotation that names the operation that wrote an object last.
pub const OPERATION: &str = "tminus.dev/operation";

/// What the API server says when a `test` of a JSON Patch does not hold; it says the same of any patch that cannot
/// be applied, and ours can, on the object they were made for.
const NOT_SO: [&str; 3] = ["error in our request", "testing value", "test failed"];

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

/// Why a conditional patch was not done.
pub(super) fn refused(object: &Object, refusal: Refusal) -> Fault {
    let conflict = || Fault::Conflict(object.to_string(), "nothing was written; read it again".to_owned());
    match &refusal.why {
        Why::Conflict(_) => conflict(),
        Why::Invalid { said, causes }
            if causes.iter().chain([said]).any(|text| NOT_SO.iter().any(|no| text.raw().contains(no))) =>
        {
            conflict()
        }
        Why::Throttled { wait } => Fault::Throttled(refusal.cluster.clone(), Seconds(wait.as_secs())),
        _ => refusal.into(),
    }
}
