//! What the engine asks of what runs.
//!
//! Invariants: an object is read, then the fence is asked, then it is written once; a call ends within its time.

use futures::future::BoxFuture;

use super::Fault;
use crate::base::{OperationId, Seconds, Untrusted};
use crate::plan::{ProcedureStep, Rollout};
use crate::release::{Outcome, PodCard, Readiness};

/// Brings versions up and down.
pub trait Workloads: Send + Sync {
    /// Brings the new version up beside the old one, waits until it is healthy and reads its digest back.
    fn deploy<'a>(
        &'a self,
        rollout: &'a Rollout,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>>;
    /// Takes the new version away, or brings the workload back to what it ran: `to` is the last known good.
    fn scale_down<'a>(
        &'a self,
        rollout: &'a Rollout,
        to: Option<&'a str>,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>>;
    /// Brings the last known good up again after it was retired, and waits until it is healthy.
    fn restore<'a>(
        &'a self,
        rollout: &'a Rollout,
        _to: Option<&'a str>,
        _errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        let why = format!("the old version of {} is not brought up here: do it by hand", rollout.id);
        Box::pin(async move { Err(Fault::Unsupported(why)) })
    }
    /// Takes the old version away after full promotion.
    fn retire<'a>(
        &'a self,
        rollout: &'a Rollout,
        _errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        let why = format!("the old version of {} is not taken away here: do it by hand", rollout.id);
        Box::pin(async move { Err(Fault::Unsupported(why)) })
    }
    /// Runs one step of a procedure of this rollout.
    fn step<'a>(
        &'a self,
        rollout: &'a Rollout,
        step: &'a ProcedureStep,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<(Outcome, Untrusted), Fault>>;
    /// What a rollback would go to, and how ready it is.
    fn readiness<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Readiness, Fault>>;
    /// The pods of both sides.
    fn pods<'a>(&'a self, _rollout: &'a Rollout) -> BoxFuture<'a, Result<Vec<PodCard>, Fault>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// The last lines a pod wrote.
    fn logs<'a>(
        &'a self,
        _rollout: &'a Rollout,
        pod: &'a str,
        _lines: u32,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move { Err(Fault::Unsupported(format!("there is no log of {pod} here"))) })
    }
}

/// Whether an operation may still write. It is asked after the object was read and before it is written.
pub trait Fence: Send + Sync {
    /// False when somebody with a higher epoch acts now.
    fn holds(&self) -> BoxFuture<'_, bool>;
}

/// An operation on its way to what runs.
#[derive(Clone, Copy)]
pub struct Errand<'a> {
    /// Its id, written on what it changes.
    pub operation: &'a OperationId,
    /// Asked before each write.
    pub fence: &'a dyn Fence,
    /// How long it may take in all.
    pub time: Seconds,
}

impl Errand<'_> {
    /// Asks the fence.
    ///
    /// # Errors
    /// [`Fault::Superseded`] when it does not hold: then nothing may be sent.
    pub async fn pass(&self, what: &str) -> Result<(), Fault> {
        if self.fence.holds().await { Ok(()) } else { Err(Fault::Superseded(what.to_owned())) }
    }
}
