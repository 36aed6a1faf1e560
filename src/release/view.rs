//! What a cockpit or a report looks at: state, plan and what was just seen. The engine fills it.
//!
//! Invariants: plain data; what is not known is `None`, never zero; samples are oldest first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::judge::Decision;
use crate::analysis::{Quality, Verdict};
use crate::base::{FlagId, MetricId, RolloutId, SourceId, Timestamp, TriggerId, Untrusted, Weight};
use crate::plan::Plan;
use crate::release::flag::FlagCard;
use crate::release::owner::Owner;
use crate::release::pods::PodCard;
use crate::release::state::State;

/// One picture of a release.
#[derive(Clone, Debug)]
pub struct View {
    /// What is true.
    pub state: Arc<State>,
    /// What should happen.
    pub plan: Arc<Plan>,
    /// What was just seen in the world.
    pub seen: Arc<Observations>,
    /// Who is here.
    pub presence: Vec<Presence>,
    /// How the engine and its sources are.
    pub health: Health,
    /// The newest events, oldest first, for the log line.
    pub recent: Arc<VecDeque<LogLine>>,
    /// When this picture was made, by the engine's clock.
    pub now: Timestamp,
}

/// What was just seen in the world; may be newer than the state, and is never journalled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observations {
    /// Traffic by rollout.
    pub traffic: BTreeMap<RolloutId, Traffic>,
    /// Numbers by metric.
    pub metrics: BTreeMap<MetricId, Series>,
    /// How much of its time a pending trigger has seen.
    pub triggers: BTreeMap<TriggerId, Elapsed>,
    /// Healthy and wanted instances of what a rollback goes to.
    pub readiness: BTreeMap<RolloutId, Readiness>,
    /// Pods by rollout, in the order of their names.
    #[serde(default)]
    pub pods: BTreeMap<RolloutId, Vec<PodCard>>,
    /// Feature flags of the plan.
    #[serde(default)]
    pub flags: BTreeMap<FlagId, FlagCard>,
    /// What the judge says of each rollout that has one.
    #[serde(default)]
    pub judged: BTreeMap<RolloutId, Card>,
}

/// What the judge says, with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The word.
    pub decision: Decision,
    /// Why, in one sentence.
    pub why: Untrusted,
    /// Each signal on its own.
    pub signals: Vec<SignalCard>,
    /// Minutes until it can tell at this weight, when that can be foreseen.
    pub minutes: Option<f64>,
    /// What would make it faster, in one sentence; empty when nothing would.
    pub faster: Untrusted,
    /// The newest sample it rests on.
    pub at: Option<Timestamp>,
}

/// What one signal says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalCard {
    /// Which metric.
    pub metric: MetricId,
    /// The new version's rate over the old one's: low, middle and high of the live interval.
    pub ratio: Option<(f64, f64, f64)>,
    /// How far the evidence for `worse` is, 1 when it is enough; and for `fine`.
    pub worse: f64,
    /// How far the evidence for `fine` is, 1 when it is enough.
    pub fine: f64,
    /// Events of the new version so far: all, and bad.
    pub canary: (u64, u64),
    /// Events of the old version so far: all, and bad.
    pub baseline: (u64, u64),
    /// How much more bad events scatter than chance has it, as both sides showed before the release; none when that
    /// is not known, and chance alone is assumed.
    #[serde(default)]
    pub scatter: Option<f64>,
}

/// Traffic as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// What the controller that owns the weight works towards, when one does.
    #[serde(default)]
    pub towards: Option<Weight>,
    /// What the object says the canary gets.
    pub configured: Option<Weight>,
    /// What requests say the canary gets.
    pub observed: Option<Weight>,
    /// When it was read.
    pub at: Option<Timestamp>,
    /// Who moves the weight beside us.
    #[serde(default)]
    pub owner: Owner,
    /// Who wrote the weight last, as the object says, when it was not us.
    #[serde(default)]
    pub by: Option<Untrusted>,
    /// Since when the object is seen to say what it says.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Why it could not be read the last time, when it could not: what stands here is as old as it says.
    #[serde(default)]
    pub fault: Option<Untrusted>,
}

/// The newest samples of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Time and value, oldest first; a gap is `None`.
    pub samples: Vec<(Timestamp, Option<f64>)>,
    /// The verdict against its target and alert.
    pub verdict: Verdict,
    /// Why, when the verdict is not about a number.
    pub reason: Untrusted,
    /// The old version's numbers beside it, oldest first; empty when the metric has no sides.
    #[serde(default)]
    pub baseline: Vec<(Timestamp, Option<f64>)>,
    /// How good the newest answer was.
    #[serde(default)]
    pub quality: Quality,
}

/// How long a rule has held, and must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elapsed {
    /// Seconds it has held, by sample time.
    pub elapsed: i64,
    /// Seconds it must.
    pub needed: i64,
}

/// What a rollback would go to, and how ready it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// The version or digest.
    pub version: String,
    /// The digest of its image, when it is known.
    #[serde(default)]
    pub digest: Option<String>,
    /// What a rollback needs beside its pods, each looked at.
    #[serde(default)]
    pub needs: Vec<Ready>,
    /// Healthy instances.
    pub ready: u32,
    /// Wanted instances.
    pub of: u32,
}

/// One thing a rollback needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// What: `image pullable`, `credentials`, `flags API`, `owner`.
    pub what: String,
    /// `pass` when it is there, `fail` when it is not, `no-data` when it could not be looked at.
    pub verdict: Verdict,
    /// One line for people.
    pub said: Untrusted,
}

impl Readiness {
    /// What a rollback needs and does not have, the first of it, for people.
    pub fn red(&self) -> Option<String> {
        if self.ready == 0 || self.ready < self.of {
            return Some(format!("{} of {} of {} are ready", self.ready, self.of, self.version));
        }
        self.missing().map(|missing| missing.line())
    }

    /// What a rollback needs beside its pods and does not have, the first of it.
    pub fn missing(&self) -> Option<Untrusted> {
        let missing = self.needs.iter().find(|need| need.verdict == Verdict::Fail)?;
        Some(Untrusted::new(format!("{}: {}", missing.what, missing.said.line())))
    }
}

/// Somebody who looks at this release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The name.
    pub name: String,
    /// Where from, a host or a terminal.
    pub from: String,
}

/// How the engine and its sources are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Who acts.
    pub engine: EngineHealth,
    /// When each source last answered well, and what it said when it did not.
    pub sources: BTreeMap<SourceId, SourceHealth>,
    /// How the cluster is reached; none when the release has none.
    #[serde(default)]
    pub cluster: Option<ClusterHealth>,
    /// Whether routers tell by themselves when they move, by rollout; none while nobody watches.
    #[serde(default)]
    pub watches: BTreeMap<RolloutId, WatchHealth>,
    /// How reading the pods of each rollout went.
    #[serde(default)]
    pub pods: BTreeMap<RolloutId, SourceHealth>,
}

/// Whether a router tells by itself when it moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum WatchHealth {
    /// It does: what it shows is as new as the last change.
    Live {
        /// Since when.
        since: Timestamp,
    },
    /// It did, and broke; it is being taken up again, and meanwhile traffic is only read now and then.
    Lost {
        /// Since when.
        since: Timestamp,
        /// Why.
        why: Untrusted,
    },
}

/// Who acts on this release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum EngineHealth {
    /// Nobody: triggers are not evaluated.
    #[default]
    Nobody,
    /// An engine of this host, in its own process or in this one.
    Alive {
        /// The number that fences the others.
        epoch: u64,
        /// True for a simulated world.
        simulated: bool,
    },
    /// It does not answer.
    Silent {
        /// Since when.
        since: Timestamp,
    },
    /// Another build holds the journal; this one only looks.
    OtherBuild {
        /// Its version.
        version: String,
    },
}

/// How a source of numbers is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHealth {
    /// When it last answered well.
    pub good: Option<Timestamp>,
    /// What was wrong last, when something was.
    pub fault: Option<Untrusted>,
}

/// One event, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The stream's version.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What, in one line.
    pub text: String,
}

/// How a Kubernetes cluster is reached, and with which credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterHealth {
    /// Its context, or `in-cluster`.
    pub context: String,
    /// When it last answered.
    pub good: Option<Timestamp>,
    /// What was wrong last, when something was since.
    pub fault: Option<Untrusted>,
    /// As whom it is asked.
    pub credentials: Credentials,
    /// Why it could not be read the last time, in a word; none when it could.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// True when the kubeconfig says that the server's certificate is not looked at.
    #[serde(default)]
    pub unverified: bool,
}

/// Why a cluster does not tell what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The credentials are over.
    Expired,
    /// There are no credentials.
    NoCredentials,
    /// They are not allowed to.
    Forbidden,
    /// Nobody answers.
    Unreachable,
    /// It wants to be left alone for a while.
    Busy,
    /// It says no.
    Refused,
    /// What it answers is not understood.
    Foreign,
}

impl Trouble {
    /// The word on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NoCredentials => "no credentials",
            Self::Forbidden => "forbidden",
            Self::Unreachable => "unreachable",
            Self::Busy => "busy",
            Self::Refused => "refused",
            Self::Foreign => "not understood",
        }
    }
}

/// What is known of the credentials for a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "are")]
pub enum Credentials {
    /// Not asked for yet.
    #[default]
    Unasked,
    /// They counted when they were last used.
    Good {
        /// When they expire, where that is told.
        until: Option<Timestamp>,
    },
    /// They are over: the cluster does not take them, or their time has passed.
    Expired {
        /// Since when, as far as is known.
        since: Timestamp,
        /// What to do.
        remedy: Untrusted,
    },
    /// They could not be had.
    Failed {
        /// Why, and what to do.
        why: Untrusted,
        /// What the plugin wrote to its standard error.
        said: Untrusted,
    },
}
