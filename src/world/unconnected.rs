//! What answers where nothing is connected: clearly, and without doing anything.

use futures::future::BoxFuture;

use crate::base::{OperationId, Untrusted, Weight};
use crate::engine::ports::{
    Ask, Change, Errand, Fault, FlagChange, FlagReading, Flags, Numbers, Preview, Reading, Router, Split,
    Workloads, Written,
};
use crate::plan::{Flag, ProcedureStep, Rollout, StepKind};
use crate::release::{Outcome, Readiness};
use crate::world::metrics::{Pod, PodCounts};

/// A router, a workload and a source of numbers that are not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unconnected;

fn router(rollout: &Rollout) -> Fault {
    Fault::Unsupported(format!(
        "traffic of {} is not moved by this version: move it by hand, or play it with --world good-canary",
        rollout.id
    ))
}

fn workload(rollout: &Rollout) -> Fault {
    Fault::Unsupported(format!(
        "workloads of {} are not touched by this version: change them by hand, or play it with --world good-canary",
        rollout.id
    ))
}

impl Router for Unconnected {
    fn read<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Split, Fault>> {
        Box::pin(async move { Err(router(rollout)) })
    }

    fn write<'a>(&'a self, rollout: &'a Rollout, _: Change<'a>) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move { Err(router(rollout)) })
    }

    fn preview<'a>(&'a self, rollout: &'a Rollout, _: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        Box::pin(async move { Err(router(rollout)) })
    }
}

impl Workloads for Unconnected {
    fn deploy<'a>(&'a self, rollout: &'a Rollout, _: Errand<'a>) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move { Err(workload(rollout)) })
    }

    fn scale_down<'a>(
        &'a self,
        rollout: &'a Rollout,
        _: Option<&'a str>,
        _: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move { Err(workload(rollout)) })
    }

    fn step<'a>(
        &'a self,
        _: &'a Rollout,
        step: &'a ProcedureStep,
        _: Errand<'a>,
    ) -> BoxFuture<'a, Result<(Outcome, Untrusted), Fault>> {
        Box::pin(async move {
            let what = match &step.does {
                StepKind::Manual { text } => format!("do it by hand: {}", text.raw()),
                _ => format!("not run here, do it by hand: {}", step.title()),
            };
            Ok((Outcome::Skipped, Untrusted::new(what)))
        })
    }

    fn readiness<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Readiness, Fault>> {
        Box::pin(async move { Err(workload(rollout)) })
    }
}

fn unkept<T: Send + 'static>(flag: &Flag) -> BoxFuture<'static, Result<T, Fault>> {
    let text =
        format!("the flag {} is not reached from here: change it by hand at {}", flag.id, flag.place());
    Box::pin(async move { Err(Fault::Unsupported(text)) })
}

impl Flags for Unconnected {
    fn read<'a>(&'a self, flag: &'a Flag) -> BoxFuture<'a, Result<FlagReading, Fault>> {
        unkept(flag)
    }

    fn set<'a>(&'a self, flag: &'a Flag, _: FlagChange<'a>) -> BoxFuture<'a, Result<(), Fault>> {
        unkept(flag)
    }

    fn kill<'a>(&'a self, flag: &'a Flag, _: &'a OperationId) -> BoxFuture<'a, Result<(), Fault>> {
        unkept(flag)
    }

    fn clear<'a>(&'a self, flag: &'a Flag, _: &'a OperationId) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        unkept(flag)
    }

    fn preview<'a>(&'a self, flag: &'a Flag, _: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        unkept(flag)
    }
}

impl Numbers for Unconnected {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move {
            Err(Fault::Unsupported(format!(
                "no source is connected for {}: write its prometheus = \"http://...\"",
                ask.metric.id
            )))
        })
    }
}

impl PodCounts for Unconnected {
    fn pods<'a>(&'a self, workload: &'a str) -> BoxFuture<'a, Result<Vec<Pod>, Fault>> {
        Box::pin(async move {
            Err(Fault::Unsupported(format!(
                "pods of {workload} are not watched by this version: use a source that counts their restarts"
            )))
        })
    }
}
