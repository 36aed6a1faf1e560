//! Feature flags that belong to a release.

use std::collections::BTreeMap;

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
    /// A JSON file, relative to the plan's folder.
    File {
        /// The file.
        path: String,
        /// The flag in it, as a JSON pointer to an object with `enabled` and `percent`, or to a number.
        pointer: String,
    },
}

/// How a flag service is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagApi {
    /// Read by GET, written by PUT.
    pub url: String,
    /// The environment variable that holds the bearer token; none means that there is none.
    pub token_env: Option<String>,
    /// The body of a PUT: each value is a JSON text with `{{percent}}` and `{{enabled}}` filled in.
    pub body: BTreeMap<String, String>,
    /// Where the percentage stands in an answer, as a JSON pointer.
    pub percent: String,
    /// Where `enabled` stands in an answer, as a JSON pointer; none when a percentage says it all.
    pub enabled: Option<String>,
    /// Posted to turn it off at once, whatever its percentage.
    pub kill: Option<String>,
}
