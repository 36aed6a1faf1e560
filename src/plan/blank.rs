//! The plan that says nothing yet: where a stream begins before one is adopted.

use std::collections::BTreeMap;

use super::{Plan, ReleaseKind, ReleaseSpec};
use crate::base::Digest;

impl Plan {
    /// A release of that name to that environment, without a version, in which nothing should happen.
    pub fn blank(name: &str, environment: &str) -> Self {
        let nothing = Digest::of("");
        Self {
            release: ReleaseSpec {
                name: name.to_owned(),
                version: String::new(),
                kind: ReleaseKind::default(),
                t0: None,
                zone: "UTC".to_owned(),
                window: None,
                environment: environment.to_owned(),
                production: false,
                context: None,
            },
            roles: Vec::new(),
            stages: Vec::new(),
            items: Vec::new(),
            gates: Vec::new(),
            sources: Vec::new(),
            metrics: Vec::new(),
            triggers: Vec::new(),
            quiet: Vec::new(),
            objectives: Vec::new(),
            rollouts: Vec::new(),
            flags: Vec::new(),
            procedures: Vec::new(),
            checkpoints: Vec::new(),
            messages: Vec::new(),
            vars: BTreeMap::new(),
            sources_digest: nothing,
            digest: nothing,
        }
    }
}
