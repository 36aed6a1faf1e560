//! The checks that decide.

use std::collections::BTreeMap;

use crate::base::{GateId, ItemId, MetricId, RoleId, Seconds, StageId, Untrusted};
use crate::plan::rule::Rule;

/// A check that decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Its id.
    pub id: GateId,
    /// The title as people write it.
    pub title: Untrusted,
    /// The item its pass ticks.
    pub item: Option<ItemId>,
    /// The stage it belongs to.
    pub stage: Option<StageId>,
    /// What is looked at.
    pub check: Check,
    /// What must hold of the numbers found; without it the check's own success decides.
    pub pass: Option<Rule>,
    /// What a verdict other than pass means.
    pub otherwise: Otherwise,
    /// How long one run may take.
    pub timeout: Seconds,
    /// How long a pass stays fresh; after that it is stale.
    pub fresh: Option<Seconds>,
    /// How often it runs by itself while its stage is current; none means on request and at stage entry.
    pub every: Option<Seconds>,
}

/// What a gate looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// A command: exit code, and numbers from its report.
    Command(CommandCheck),
    /// An HTTP request.
    Http(HttpCheck),
    /// Facts of a git repository.
    Git(GitCheck),
    /// The newest value of a metric.
    Metric {
        /// Which metric.
        metric: MetricId,
    },
    /// A person looks and says; the criteria are the title.
    Manual,
}

/// A command to run, never through a shell.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandCheck {
    /// Program and arguments.
    pub run: Vec<String>,
    /// Extra environment.
    pub env: BTreeMap<String, String>,
    /// What its standard output must be, when the exit code is not all.
    pub expect: Option<Expect>,
}

/// What an output must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing at all.
    Empty,
    /// Something.
    Some,
    /// This text somewhere in it.
    Contains(String),
}

/// An HTTP request and the answer wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpCheck {
    /// Where to; http or https.
    pub url: String,
    /// The status wanted.
    pub status: u16,
    /// A text the body must hold.
    pub contains: Option<String>,
}

/// Facts of a git repository, all of which must be true.
#[derive(Clone, Debug, PartialEq)]
pub struct GitCheck {
    /// The repository, relative to the plan's folder.
    pub repository: String,
    /// What must be true.
    pub facts: Vec<GitFact>,
}

/// One fact of a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitFact {
    /// Nothing changed and nothing untracked.
    Clean,
    /// HEAD is on this branch.
    Branch(String),
    /// This annotated tag exists.
    Tag(String),
    /// This tag is on the named remote, as asked of it.
    Pushed {
        /// The tag.
        tag: String,
        /// The remote's name.
        remote: String,
    },
}

/// What a verdict other than pass means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// Only pass lets on.
    #[default]
    Block,
    /// Goes on, stays yellow.
    Warn,
    /// The named role decides.
    Review(RoleId),
    /// The evidence must exist and be fresh; its content is not judged.
    Require,
}
