//! Who owns what routers write, looked up no more often than it takes.
//!
//! Invariants: a promotion always looks anew; what was found for a reading is kept for a moment only.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::owner::{self, Ownership, Subject};
use crate::world::cluster::{Cluster, Deadline, Object};

/// How long what was found holds for a reading.
const KEPT: Duration = Duration::from_secs(15);
/// How long looking may delay a reading, or traffic on its way back.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many objects are remembered.
const MOST: usize = 256;

/// What was found out, by object.
#[derive(Debug, Default)]
pub(super) struct Owners {
    found: Mutex<HashMap<Object, (Instant, Ownership)>>,
}

impl Owners {
    /// Who owns it, as found a moment ago or now.
    pub(super) async fn recent(
        &self,
        cluster: &Cluster,
        subject: Subject<'_>,
        deadline: Deadline,
    ) -> Ownership {
        let known = {
            let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            found.get(subject.object).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, known)| known.clone())
        };
        match known {
            Some(known) => known,
            None => self.now(cluster, subject, deadline.at_most(PATIENCE)).await,
        }
    }

    /// Who owns it now.
    pub(super) async fn now(&self, cluster: &Cluster, subject: Subject<'_>, deadline: Deadline) -> Ownership {
        let ownership = owner::find(cluster, subject, deadline).await;
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= MOST {
            found.clear();
        }
        found.insert(subject.object.clone(), (Instant::now(), ownership.clone()));
        ownership
    }
}
