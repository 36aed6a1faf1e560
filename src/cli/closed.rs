//! The world of a plan that may not act here: nothing runs, nothing is asked, nothing is moved, and every answer says
//! why. A rollback lists what it skipped; journal and checklist go on as ever.

use futures::future::{BoxFuture, FutureExt as _, ready};

use crate::analysis::Verdict;
use crate::base::{OperationId, Untrusted, Weight};
use crate::engine::ports::{
    Ask, Change, Checks, Errand, Fault, Finding, FlagChange, FlagReading, Flags, Notifier, Numbers, Preview,
    Reading, Router, Split, Workloads, Written,
};
use crate::plan::rule::Action;
use crate::plan::{Flag, Gate, ProcedureStep, Rollout};
use crate::release::{Outcome, Readiness};

/// Refuses everything, for one reason.
#[derive(Clone, Debug)]
pub struct Closed {
    why: String,
}

impl Closed {
    /// Refuses for this reason.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
    fn refuse<'a, T: Send + 'a>(&self, what: &str) -> BoxFuture<'a, Result<T, Fault>> {
        ready(Err(Fault::Refused(what.to_owned(), self.why.clone()))).boxed()
    }
    /// Refuses what this user does not let the plan do: it is listed for a person.
    fn distrust<'a, T: Send + 'a>(&self, what: &str) -> BoxFuture<'a, Result<T, Fault>> {
        ready(Err(Fault::Untrusted(what.to_owned(), self.why.clone()))).boxed()
    }
}

impl Checks for Closed {
    fn run<'a>(&'a self, _: &'a Gate) -> BoxFuture<'a, Finding> {
        let summary = Untrusted::new(self.why.as_str());
        ready(Finding { verdict: Verdict::Error, summary, evidence: None, took_ms: 0 }).boxed()
    }
}

impl Numbers for Closed {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        self.refuse(ask.source.id.as_str())
    }
}

impl Router for Closed {
    fn read<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Split, Fault>> {
        self.refuse(rollout.id.as_str())
    }
    fn write<'a>(&'a self, rollout: &'a Rollout, _: Change<'a>) -> BoxFuture<'a, Result<Written, Fault>> {
        self.refuse(rollout.id.as_str())
    }
    fn preview<'a>(&'a self, rollout: &'a Rollout, _: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        self.refuse(rollout.id.as_str())
    }
}

impl Workloads for Closed {
    fn deploy<'a>(&'a self, rollout: &'a Rollout, _: Errand<'a>) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        self.refuse(rollout.id.as_str())
    }
    fn scale_down<'a>(
        &'a self,
        rollout: &'a Rollout,
        _: Option<&'a str>,
        _: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        self.refuse(rollout.id.as_str())
    }
    fn step<'a>(
        &'a self,
        _: &'a Rollout,
        _: &'a ProcedureStep,
        _: Errand<'a>,
    ) -> BoxFuture<'a, Result<(Outcome, Untrusted), Fault>> {
        ready(Ok((Outcome::Skipped, Untrusted::new(self.why.as_str())))).boxed()
    }
    fn readiness<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Readiness, Fault>> {
        self.refuse(rollout.id.as_str())
    }
}

impl Flags for Closed {
    fn read<'a>(&'a self, flag: &'a Flag) -> BoxFuture<'a, Result<FlagReading, Fault>> {
        self.refuse(flag.id.as_str())
    }
    fn set<'a>(&'a self, flag: &'a Flag, _: FlagChange<'a>) -> BoxFuture<'a, Result<(), Fault>> {
        self.distrust(flag.id.as_str())
    }
    fn kill<'a>(&'a self, flag: &'a Flag, _: &'a OperationId) -> BoxFuture<'a, Result<(), Fault>> {
        self.distrust(flag.id.as_str())
    }
    fn clear<'a>(&'a self, flag: &'a Flag, _: &'a OperationId) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        self.distrust(flag.id.as_str())
    }
    fn preview<'a>(&'a self, flag: &'a Flag, _: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        self.refuse(flag.id.as_str())
    }
}

impl Notifier for Closed {
    fn tell<'a>(&'a self, _: Action, _: &'a Untrusted) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        ready(Ok(Untrusted::new("kept in the journal; a person tells it"))).boxed()
    }
}
