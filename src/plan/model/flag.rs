//! Feature flags that belong to a release.
//!
//! Invariants: at least one of `percent` and `enabled` is known to be read, so that a change can be read back; a
//! token is only ever named by the environment variable that holds it.

use crate::base::{FlagId, Untrusted};

/// One feature flag.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// Its id.
    pub id: FlagId,
    /// The title as people write it.
    pub title: Untrusted,
    /// Where it is kept.
    pub kept: FlagStore,
    /// Where its parts stand in what is kept.
    pub at: FlagPointers,
    /// The environments it may be on in; empty for every one.
    pub environments: Vec<String>,
    /// Flags that must be on before it is turned on.
    pub requires: Vec<FlagId>,
}

/// Where a flag is kept, and how it is changed.
#[derive(Clone, Debug, PartialEq)]
pub enum FlagStore {
    /// A service.
    Http(FlagApi),
    /// A JSON file.
    File {
        /// The file, relative to the plan's folder.
        path: String,
        /// The flag in it, as a JSON pointer.
        pointer: String,
    },
}

/// How a flag service is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagApi {
    /// Read by GET, written by PUT.
    pub url: String,
    /// The environment variable that holds the bearer token; none means that the plan names none.
    pub token_env: Option<String>,
    /// The body of a PUT: a JSON text once `{{percent}}` and `{{enabled}}` are filled in.
    pub body: String,
    /// The body of a PUT that turns it off, a JSON text; none is `body` with 0 and false.
    pub off: Option<String>,
    /// Posted to turn it off at once, whatever its percentage; none turns it off by the PUT.
    pub kill: Option<String>,
    /// Posted to turn every flag of the service off.
    pub disable_all: Option<String>,
}

/// Where the parts of a flag stand, as JSON pointers: in the answer of a service, or below the flag in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagPointers {
    /// Its percentage, 0 to 100; none when it is only on or off.
    pub percent: Option<String>,
    /// Whether it is on; none when a percentage says it all.
    pub enabled: Option<String>,
    /// The environments it is on in, a list of names; none when it is not told.
    pub environments: Option<String>,
    /// Whether its kill switch was pulled; none when it is not told.
    pub killed: Option<String>,
}

impl Flag {
    /// True when the plan lets it be on in this environment.
    pub fn is_for(&self, environment: &str) -> bool {
        self.environments.is_empty() || self.environments.iter().any(|known| known == environment)
    }

    /// Where it is kept, for a title: a service's address without its query, or a file.
    pub fn place(&self) -> String {
        match &self.kept {
            FlagStore::Http(api) => api.url.split(['?', '#']).next().unwrap_or_default().to_owned(),
            FlagStore::File { path, pointer } => {
                format!("{path}{}{pointer}", if pointer.is_empty() { "" } else { "#" })
            }
        }
    }
}
