//! Ordered lists of operations.
//!
//! Invariants: a step says what is done, never how; each has a deadline of its own; a rollback moves traffic first,
//! whatever the order of its steps says.

use crate::base::{GateId, MetricId, ProcedureId, Seconds, Untrusted, Weight};

use super::CommandCheck;

/// An ordered list of operations with verification.
#[derive(Clone, Debug, PartialEq)]
pub struct Procedure {
    /// Its id.
    pub id: ProcedureId,
    /// The title as people write it.
    pub title: Untrusted,
    /// What is done, in order.
    pub steps: Vec<ProcedureStep>,
    /// What must be true afterwards, as gates.
    pub verify: Vec<GateId>,
}

/// One step of a procedure.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcedureStep {
    /// What is done.
    pub does: StepKind,
    /// How long it may take.
    pub within: Seconds,
    /// Whether it can be taken back.
    pub undo: Undo,
}

/// Whether a step can be taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undo {
    /// It can, or there is nothing to take back.
    #[default]
    Possible,
    /// It cannot: a migration, a public tag. People see it before it is done.
    Never,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// The canary gets this share; read back. In a rollback none.
    Traffic {
        /// The canary's share.
        weight: Weight,
    },
    /// Feature flags are turned off.
    FlagsOff(FlagReach),
    /// The workload goes back to the last known good, by digest; the new version is taken away.
    LastKnownGood,
    /// Waits until every wanted instance of the last known good is ready.
    Ready,
    /// The service must say that it is well.
    Health(Health),
    /// A metric must be well after traffic is back.
    Check {
        /// Which.
        metric: MetricId,
    },
    /// The log of a side's pods is kept as evidence.
    Logs(LogsOf),
    /// An incident is opened.
    Incident(IncidentCall),
    /// People are told.
    Notify {
        /// What.
        text: Untrusted,
    },
    /// A command, never through a shell; needs trust.
    Command(CommandCheck),
    /// Something a person does.
    Manual {
        /// What to do.
        text: Untrusted,
    },
}

/// Which flags are turned off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlagReach {
    /// Those of this rollout.
    #[default]
    Rollout,
    /// Every flag of the plan.
    Release,
}

/// Who says that the service is well.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    /// An address that answers with a status from 200 to 299.
    Url(String),
    /// A gate of the plan.
    Gate(GateId),
}

/// Whose log is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogsOf {
    /// The new version's.
    #[default]
    Canary,
    /// The old version's.
    Stable,
}

/// An incident that is opened by a POST of JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentCall {
    /// Where to.
    pub url: String,
    /// The title; that of the rollback without it.
    pub title: Option<Untrusted>,
    /// `critical` without it.
    pub severity: String,
    /// The environment variable that holds the bearer token; none means that there is none.
    pub token_env: Option<String>,
}

impl ProcedureStep {
    /// How long a step may take when nobody says.
    pub const WITHIN: Seconds = Seconds(10 * 60);

    /// A step with the usual deadline.
    pub fn new(does: StepKind) -> Self {
        Self { does, within: Self::WITHIN, undo: Undo::Possible }
    }

    /// The same with another deadline.
    pub fn within(self, seconds: u64) -> Self {
        Self { within: Seconds(seconds), ..self }
    }

    /// What it does, for people; not yet made safe for a screen.
    pub fn title(&self) -> String {
        match &self.does {
            StepKind::Traffic { weight } => format!("traffic to {weight}"),
            StepKind::FlagsOff(FlagReach::Rollout) => "flags of this rollout off".to_owned(),
            StepKind::FlagsOff(FlagReach::Release) => "every flag of the release off".to_owned(),
            StepKind::LastKnownGood => "workload to the last known good".to_owned(),
            StepKind::Ready => "last known good ready".to_owned(),
            StepKind::Health(Health::Url(url)) => format!("health of {url}"),
            StepKind::Health(Health::Gate(gate)) => format!("gate {gate}"),
            StepKind::Check { metric } => format!("{metric} well"),
            StepKind::Logs(LogsOf::Canary) => "log of the new version kept".to_owned(),
            StepKind::Logs(LogsOf::Stable) => "log of the old version kept".to_owned(),
            StepKind::Incident(call) => format!("incident opened at {}", call.url),
            StepKind::Notify { text } => format!("tell: {}", text.raw()),
            StepKind::Command(command) => command.run.join(" "),
            StepKind::Manual { text } => text.raw().to_owned(),
        }
    }
}
