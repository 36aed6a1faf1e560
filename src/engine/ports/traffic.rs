//! What the engine asks of a router.
//!
//! Invariants: a write names what was read, and is refused when that moved; it goes out once; a write that puts
//! traffic back is never refused for ownership.

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _};
use serde::{Deserialize, Serialize};

use super::Fault;
use crate::base::{OperationId, Untrusted, Weight};
use crate::plan::Rollout;
use crate::release::{ClusterHealth, Owner};

/// Splits traffic between the old and the new version.
pub trait Router: Send + Sync {
    /// What the object says and what requests say, now.
    fn read<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Split, Fault>>;
    /// Gives the canary a share, both sides in one write, and marks the object with the operation.
    fn write<'a>(&'a self, rollout: &'a Rollout, change: Change<'a>)
    -> BoxFuture<'a, Result<Written, Fault>>;
    /// The exact change a write would make, and what the other side says of it; nothing is changed.
    fn preview<'a>(&'a self, rollout: &'a Rollout, weight: Weight) -> BoxFuture<'a, Result<Preview, Fault>>;
    /// Tells that something it reads has moved, as soon as it does. One that cannot be watched never tells, and is
    /// read again and again.
    fn moves<'a>(&'a self, _rollout: &'a Rollout) -> BoxStream<'a, Moved> {
        stream::pending().boxed()
    }
    /// How the cluster behind it is, as far as it is known without asking; none when there is none.
    fn health(&self) -> Option<ClusterHealth> {
        None
    }
}

/// What a watch tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Something changed: read it.
    Changed,
    /// The watch broke; it is being taken up again, and until then ages grow.
    Lost(Untrusted),
}

/// How traffic is split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// What the controller that owns the weight works towards, when one does.
    pub desired: Option<Weight>,
    /// What the object says the canary gets.
    pub configured: Option<Weight>,
    /// What requests say the canary gets.
    pub observed: Option<Weight>,
    /// Who moves the weight beside us.
    pub owner: Owner,
    /// Who wrote the weight last, as the object says, when it was not us.
    pub by: Option<Untrusted>,
    /// How many whole things, such as pods, the traffic is split by; none where any share can be had.
    pub whole: Option<u32>,
    /// What a person should know besides: routes that go past the weights, what could not be looked at.
    pub notes: Vec<Untrusted>,
    /// What a write is bound to: it is refused when the object is no longer this one.
    pub stamp: Option<Stamp>,
}

impl Split {
    /// True when the object gives the canary this share, or what comes nearest to it in whole pods.
    pub fn is_at(&self, weight: Weight) -> bool {
        let near = |wanted: Weight| self.configured.is_some_and(|have| have.is_near(wanted));
        let nearest = |whole| {
            let (rest, part) = weight.parts(whole);
            Weight::of_parts(rest, part)
        };
        near(weight) || self.whole.and_then(nearest).is_some_and(near)
    }
}

/// The state of an object that was read: opaque to everybody but its router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(pub String);

/// A share that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The canary's share.
    pub weight: Weight,
    /// Which way traffic goes.
    pub way: Way,
    /// The operation, written on the object.
    pub operation: &'a OperationId,
    /// What was read before; none when it could not be read and traffic goes back all the same.
    pub read: Option<&'a Split>,
}

/// Which way traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Towards the new version, or between steps: refused when an owner would revert it.
    Forward,
    /// Back to the last known good: goes through the owner, or suspends it.
    Back,
}

/// What a write did beside the weight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// What a person has to undo later: an owner that was suspended, a commit that still says otherwise.
    pub restore: Vec<Untrusted>,
}

/// A change that was not made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The exact change: method, object and body, one line each.
    pub patch: Untrusted,
    /// What the other side answered to a dry run; none when it has none.
    pub answer: Option<Result<Untrusted, Untrusted>>,
    /// What a person should know before, that does not forbid it: no ready pods, no such Service.
    pub warnings: Vec<Untrusted>,
}
