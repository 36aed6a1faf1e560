//! Why the cluster did not do what it was asked: kept apart by what it means for whoever asked.
//!
//! Invariants: what was certainly not done and what may have been done are never the same variant; everything the
//! server said stays untrusted text; nothing here holds a secret.

use std::fmt;
use std::time::Duration;

use crate::base::{Seconds, Untrusted};
use crate::engine::ports::Fault;

use super::kind::Kind;

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What to do.
    pub verb: Verb,
    /// With what kind of object.
    pub kind: Kind,
    /// In which namespace; empty for none.
    pub namespace: String,
    /// With which object; none for several.
    pub name: Option<String>,
    /// With which part of it, such as `scale`, `status` or `log`.
    pub part: Option<String>,
}

/// The verbs of the Kubernetes API that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Read one.
    Get,
    /// Read several.
    List,
    /// Follow several.
    Watch,
    /// Make one.
    Create,
    /// Change one.
    Patch,
}

impl Verb {
    /// Whether it changes anything.
    pub fn is_write(self) -> bool {
        matches!(self, Self::Create | Self::Patch)
    }
}

/// Why a cluster did not do what it was asked, or may not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The cluster, by its context.
    pub cluster: String,
    /// What was asked; none when it did not come to that.
    pub asked: Option<Box<Asked>>,
    /// Why not.
    pub why: Why,
}

/// The reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It cannot be asked as this machine is set up, or not with these names. Nothing was sent.
    Setup(String),
    /// Nobody could be reached. Nothing was sent.
    NotSent(String),
    /// There are no credentials that count. Nothing was done.
    Credentials(String),
    /// The user may not. Nothing was done.
    Forbidden {
        /// Who, when the server says.
        user: Option<Untrusted>,
        /// What the server said.
        said: Untrusted,
    },
    /// There is no such object, or no such kind. Nothing was done.
    NotFound(Untrusted),
    /// Somebody else changed it since it was read: read it again. Nothing was done.
    Conflict(Untrusted),
    /// There is one already. Nothing was made.
    Exists(Untrusted),
    /// The server does not take it. Nothing was done.
    Invalid {
        /// What the server said.
        said: Untrusted,
        /// What is wrong, field by field.
        causes: Vec<Untrusted>,
    },
    /// The server is too busy, and was for as long as there was time. Nothing was done.
    Throttled {
        /// How long it wants to be left alone.
        wait: Duration,
    },
    /// What a watch or a list went on from is gone: begin anew.
    Gone(Untrusted),
    /// It said no for another reason. Nothing was done.
    Refused {
        /// The status code.
        status: u16,
        /// What the server said.
        said: Untrusted,
    },
    /// It did not answer, or with an error of its own: what was asked may or may not have been done.
    Unknown(Untrusted),
    /// It answered something that is not understood, or too much.
    Foreign(Untrusted),
}

impl Refusal {
    /// Whether what was asked may have been done all the same.
    pub fn is_unknown(&self) -> bool {
        let write = self.asked.as_ref().is_none_or(|asked| asked.verb.is_write());
        write && matches!(self.why, Why::Unknown(_) | Why::Foreign(_))
    }

    /// Whether somebody else changed the object since it was read.
    pub fn is_conflict(&self) -> bool {
        matches!(self.why, Why::Conflict(_))
    }

    /// The same, for another reason: the object is not as it was read.
    pub(super) fn into_conflict(self) -> Self {
        let why = match self.why {
            Why::Invalid { said, .. } => Why::Conflict(said),
            why => why,
        };
        Self { why, ..self }
    }

    /// Whether there is no such object.
    pub fn is_not_found(&self) -> bool {
        matches!(self.why, Why::NotFound(_))
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.text();
        match refusal.why {
            Why::Setup(_) => Self::Unsupported(format!("{}: {text}", refusal.cluster)),
            Why::NotSent(_) | Why::Unknown(_) => Self::Unreachable(refusal.cluster, text),
            Why::Foreign(_) => Self::Foreign(refusal.cluster, text),
            Why::Forbidden { .. } => Self::Forbidden(refusal.cluster, text),
            Why::Conflict(_) => Self::Conflict(refusal.cluster, text),
            Why::Throttled { wait } => Self::Throttled(refusal.cluster, Seconds(wait.as_secs())),
            _ => Self::Refused(refusal.cluster, text),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.cluster, self.text())
    }
}

impl Refusal {
    /// What happened and what to do about it, without the cluster's name, safe to show on one line.
    pub fn text(&self) -> String {
        let what = self.asked.as_ref().map(ToString::to_string).unwrap_or_default();
        match &self.why {
            Why::Setup(text) | Why::Credentials(text) => text.clone(),
            Why::NotSent(text) => join(&what, &format!("nothing was sent: {text}")),
            Why::Forbidden { user, said } => self.forbidden(user.as_ref(), said),
            Why::NotFound(said) => join(&what, &format!("not found: {}", said.cell(SAID))),
            Why::Conflict(_) => join(&what, "somebody changed it since it was read: read it again"),
            Why::Exists(_) => join(&what, "there is one already"),
            Why::Invalid { said, causes } if causes.is_empty() => {
                join(&what, &format!("not valid: {}", said.cell(SAID)))
            }
            Why::Invalid { causes, .. } => {
                let causes: Vec<String> = causes.iter().map(|cause| cause.cell(SAID)).collect();
                join(&what, &format!("not valid: {}", causes.join("; ")))
            }
            Why::Throttled { wait } => join(
                &what,
                &format!(
                    "nothing was done: the server is too busy and asks to wait {} s; try again",
                    wait.as_secs()
                ),
            ),
            Why::Gone(said) => join(&what, &format!("begin anew: {}", said.cell(SAID))),
            Why::Refused { status, said } => join(&what, &format!("refused ({status}): {}", said.cell(SAID))),
            Why::Unknown(said) if self.is_unknown() => {
                join(&what, &format!("it is not known whether it was done: {}", said.cell(SAID)))
            }
            Why::Unknown(said) => join(&what, &said.cell(SAID)),
            Why::Foreign(said) => join(&what, &format!("not understood: {}", said.cell(SAID))),
        }
    }

    fn forbidden(&self, user: Option<&Untrusted>, said: &Untrusted) -> String {
        let Some(asked) = &self.asked else { return said.cell(SAID) };
        let part = asked.part.as_ref().map_or_else(String::new, |part| format!("/{part}"));
        let place = match asked.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" in namespace {namespace}"),
        };
        let user = user.map_or_else(String::new, |user| format!(" as {}", user.cell(SAID)));
        format!(
            "may not {} {}{part}{place}{user}: ask for the role in assets/rbac/{}.yaml",
            asked.verb,
            asked.kind.plural,
            role(asked)
        )
    }
}

/// The manifest that gives this right, below `assets/rbac`.
fn role(asked: &Asked) -> &'static str {
    match asked.kind {
        Kind::SERVICE | Kind::DEPLOYMENT | Kind::STATEFUL_SET | Kind::CANARY if !asked.verb.is_write() => {
            "read-only"
        }
        kind => kind.role,
    }
}

/// Characters of what a server said that are shown.
const SAID: usize = 300;

fn join(what: &str, text: &str) -> String {
    if what.is_empty() { text.to_owned() } else { format!("{what}: {text}") }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            self.verb,
            if self.name.is_some() { self.kind.to_string() } else { self.kind.plural.to_owned() }
        )?;
        match (self.namespace.as_str(), &self.name) {
            ("", Some(name)) => write!(f, " {name}")?,
            ("", None) => {}
            (namespace, Some(name)) => write!(f, " {namespace}/{name}")?,
            (namespace, None) => write!(f, " in {namespace}")?,
        }
        match &self.part {
            Some(part) => write!(f, " ({part})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Patch => "patch",
        })
    }
}
