//! What the engine asks of what runs.

use futures::future::BoxFuture;

use super::Fault;
use crate::base::{OperationId, Untrusted};
use crate::plan::{ProcedureStep, Rollout};
use crate::release::{Outcome, PodCard, Readiness};

/// Brings versions up and down.
pub trait Workloads: Send + Sync {
    /// Brings the new version up beside the old one, waits until it is healthy and reads its digest back.
    fn deploy<'a>(
        &'a self,
        rollout: &'a Rollout,
        operation: &'a OperationId,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>>;
    /// Takes the new version away, or brings the workload back to what it ran: `to` is the last known good.
    fn scale_down<'a>(
        &'a self,
        rollout: &'a Rollout,
        to: Option<&'a str>,
        operation: &'a OperationId,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>>;
    /// Brings the last known good up again after it was retired, and waits until it is healthy.
    fn restore<'a>(
        &'a self,
        rollout: &'a Rollout,
        _to: Option<&'a str>,
        _operation: &'a OperationId,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        let why = format!("the old version of {} is not brought up here: do it by hand", rollout.id);
        Box::pin(async move { Err(Fault::Unsupported(why)) })
    }
    /// Takes the old version away after full promotion.
    fn retire<'a>(
        &'a self,
        rollout: &'a Rollout,
        _operation: &'a OperationId,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        let why = format!("the old version of {} is not taken away here: do it by hand", rollout.id);
        Box::pin(async move { Err(Fault::Unsupported(why)) })
    }
    /// Runs one step of a procedure.
    fn step<'a>(
        &'a self,
        step: &'a ProcedureStep,
        operation: &'a OperationId,
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
