//! Who acted, how sure we are of it, and by which door they came.

use serde::{Deserialize, Serialize};

/// Somebody or something that acts on a release.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "name")]
pub enum Actor {
    /// A person: a login, an e-mail address or a name from the roster.
    Person(String),
    /// The engine acting on its own, by the plan.
    Engine,
    /// An actor of a scripted world.
    Script(String),
}

impl Actor {
    /// The name to show.
    pub fn name(&self) -> &str {
        match self {
            Actor::Person(name) | Actor::Script(name) => name,
            Actor::Engine => "tminus",
        }
    }
    /// True for people and for the scripted actors that stand in for them.
    pub fn is_person(&self) -> bool {
        !matches!(self, Actor::Engine)
    }
}

/// How sure we are of who acted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Assurance {
    /// The operating system's user, self-asserted.
    #[default]
    L0,
    /// An SSH signature.
    L1,
    /// A hardware key that was touched.
    L2,
    /// A hardware key with PIN.
    L3,
}

/// The door an act came through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// A verb on the command line.
    #[default]
    Verb,
    /// A key in the cockpit.
    Cockpit,
    /// A key in a cockpit on a terminal with more than one client attached.
    SharedTerminal,
    /// The engine itself.
    Engine,
    /// A scripted world.
    Script,
}
