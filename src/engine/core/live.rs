//! What keeps the picture live beside the polls: a watch on each router, pods while somebody looks, and what
//! people ask to be shown.
//!
//! Invariants: a watch lives as long as its rollout is observed as planned, and never longer than the engine; what
//! it tells is a reason to read, never a fact; a question of a client never holds the engine up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::AbortHandle;

use super::{Core, Job, Poll};
use crate::base::{RolloutId, Seconds, Timestamp, Untrusted};
use crate::engine::client::Request;
use crate::engine::executor::{ask_log, ask_preview};
use crate::engine::ports::{Fault, Moved};
use crate::plan::{Plan, Rollout};
use crate::release::{ClusterHealth, Credentials, PodCard, SourceHealth, Trouble, WatchHealth};

/// How many questions of clients may be under way.
const ASKED: usize = 4;
/// How often pods are read while somebody looks.
pub(super) const PODS: Seconds = Seconds(5);
/// The most pods of one rollout that are shown.
const MOST: usize = 1_000;
/// How often traffic is read that tells by itself when its configuration moves: requests do not.
const WATCHED: (Seconds, Seconds) = (Seconds(10), Seconds(30));

/// The watches, and the plan they are for.
pub(super) struct Live {
    plan: Option<Arc<Plan>>,
    watches: Vec<Watch>,
    asked: Arc<Semaphore>,
    /// Why each rollout could not be read the last time.
    troubles: BTreeMap<RolloutId, Trouble>,
}

impl Default for Live {
    fn default() -> Self {
        let asked = Arc::new(Semaphore::new(ASKED));
        Self { plan: None, watches: Vec::new(), asked, troubles: BTreeMap::new() }
    }
}

/// A watch on the router of a rollout; it ends with this.
struct Watch {
    rollout: Rollout,
    task: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Core {
    /// Watches every rollout of the plan while it is observed, and no other.
    pub(super) fn plan_watches(&mut self, observe: bool) {
        let wanted = observe.then(|| self.dispatcher.plan().clone());
        let same = match (&self.live.plan, &wanted) {
            (Some(was), Some(is)) => Arc::ptr_eq(was, is),
            (was, is) => was.is_none() && is.is_none(),
        };
        if same {
            return;
        }
        let rollouts = wanted.as_ref().map(|plan| plan.rollouts.as_slice()).unwrap_or_default();
        self.live.watches.retain(|watch| rollouts.contains(&watch.rollout));
        for rollout in rollouts {
            if !self.live.watches.iter().any(|watch| &watch.rollout == rollout) {
                let task = self.hands.watch(rollout.clone());
                self.live.watches.push(Watch { rollout: rollout.clone(), task });
            }
        }
        let known: BTreeSet<&RolloutId> = self.live.watches.iter().map(|watch| &watch.rollout.id).collect();
        self.health.watches.retain(|id, _| known.contains(id));
        self.live.plan = wanted;
    }

    /// A watch told something: that it changed is a reason to read at once, also when a reading is under way.
    pub(super) fn moved(&mut self, rollout: &RolloutId, moved: Moved, now: Timestamp) -> bool {
        let known = self.health.watches.get(rollout);
        let since = |known: Option<&WatchHealth>| match known {
            Some(WatchHealth::Lost { since, .. }) => *since,
            _ => now,
        };
        match moved {
            Moved::Changed => {
                if let Some(at) = self.polls.get_mut(&Poll::Rollout(rollout.clone())) {
                    *at = now.min(*at);
                }
                if matches!(known, Some(WatchHealth::Live { .. })) {
                    return false;
                }
                self.health.watches.insert(rollout.clone(), WatchHealth::Live { since: now });
            }
            Moved::Lost(why) => {
                let lost = WatchHealth::Lost { since: since(known), why };
                self.health.watches.insert(rollout.clone(), lost);
            }
        }
        true
    }

    /// How often traffic is read: seldom while its router tells by itself.
    pub(super) fn pace(&self, rollout: &RolloutId, busy: bool) -> Seconds {
        let live = matches!(self.health.watches.get(rollout), Some(WatchHealth::Live { .. }));
        match (live, busy) {
            (true, true) => WATCHED.0,
            (true, false) => WATCHED.1,
            (false, true) => super::BUSY,
            (false, false) => super::IDLE,
        }
    }

    /// What was read of pods; true when it is another picture.
    pub(super) fn pods(
        &mut self,
        rollout: RolloutId,
        pods: Result<Vec<PodCard>, Fault>,
        now: Timestamp,
    ) -> bool {
        self.running.remove(&Job::Poll(Poll::Pods(rollout.clone())));
        match pods {
            Ok(mut pods) => {
                pods.sort_by(|one, other| one.name.raw().cmp(other.name.raw()));
                pods.truncate(MOST);
                let health = SourceHealth { good: Some(now), fault: None };
                let quiet = self.health.pods.insert(rollout.clone(), health).is_some();
                if quiet && self.seen.pods.get(&rollout) == Some(&pods) {
                    return false;
                }
                Arc::make_mut(&mut self.seen).pods.insert(rollout, pods);
            }
            // Nothing reads pods here: that is no fault of theirs.
            Err(Fault::Unsupported(_)) => return false,
            Err(fault) => {
                self.health.pods.entry(rollout).or_default().fault = Some(fault.to_string().into());
            }
        }
        true
    }

    /// How the cluster is: what its client knows, and what came of the last reading.
    pub(super) fn cluster(&mut self, rollout: &RolloutId, fault: Option<&Fault>, now: Timestamp) {
        let planned = self.dispatcher.plan().rollout(rollout).and_then(|planned| planned.router.as_ref());
        if planned.is_some_and(|router| router.kind.object().is_none()) {
            return;
        }
        let told = self.hands.world.router.health();
        if told.is_none() && fault.is_some_and(|fault| matches!(fault, Fault::Unsupported(_))) {
            return;
        }
        let whole = told.is_some();
        let mut health = told.or_else(|| self.health.cluster.take()).unwrap_or_default();
        match fault.and_then(|fault| trouble(fault, &health)) {
            Some(word) => self.live.troubles.insert(rollout.clone(), word),
            None => self.live.troubles.remove(rollout),
        };
        health.trouble = self.live.troubles.values().next().copied();
        if !whole {
            match fault {
                None => (health.good, health.fault) = (Some(now), None),
                Some(fault) => health.fault = Some(fault.to_string().into()),
            }
        }
        self.health.cluster = Some(health);
    }

    /// Shows somebody what is asked for, in a task of its own. More than a few at a time wait for nobody: they
    /// are told so.
    pub(super) fn show(&self, request: Request) {
        let (world, plan) = (self.hands.world.clone(), self.dispatcher.plan().clone());
        let permit = self.live.asked.clone().try_acquire_owned();
        let busy = || Untrusted::from("too many such questions are under way; ask again in a moment");
        match (request, permit) {
            (Request::Preview(rollout, weight, reply), Ok(permit)) => {
                let asked = async move { ask_preview(&world, &plan, (rollout, weight)).await };
                tokio::spawn(told(asked, reply, permit));
            }
            (Request::Log(rollout, pod, lines, reply), Ok(permit)) => {
                let asked = async move { ask_log(&world, &plan, (rollout, pod, lines)).await };
                tokio::spawn(told(asked, reply, permit));
            }
            (Request::Preview(_, _, reply), Err(_)) => {
                let _ = reply.send(Err(busy()));
            }
            (Request::Log(_, _, _, reply), Err(_)) => {
                let _ = reply.send(Err(busy()));
            }
            _ => {}
        }
    }
}

/// Tells an answer to whoever asked, and asks no longer when nobody waits for it; the place is free then.
async fn told<T>(
    asked: impl Future<Output = T>,
    mut reply: oneshot::Sender<T>,
    _place: OwnedSemaphorePermit,
) {
    tokio::select! {
        answer = asked => {
            // Whoever asked may be gone when it is told.
            let _ = reply.send(answer);
        }
        () = reply.closed() => {}
    }
}

/// What is wrong, in a word.
fn trouble(fault: &Fault, health: &ClusterHealth) -> Option<Trouble> {
    match &health.credentials {
        Credentials::Expired { .. } => return Some(Trouble::Expired),
        Credentials::Failed { .. } => return Some(Trouble::NoCredentials),
        Credentials::Unasked | Credentials::Good { .. } => {}
    }
    match fault {
        Fault::Unreachable(..) => Some(Trouble::Unreachable),
        Fault::Forbidden(..) => Some(Trouble::Forbidden),
        Fault::Throttled(..) => Some(Trouble::Busy),
        Fault::Refused(..) | Fault::Conflict(..) | Fault::Owned { .. } | Fault::Superseded(_) => {
            Some(Trouble::Refused)
        }
        Fault::Foreign(..) => Some(Trouble::Foreign),
        Fault::Untrusted(..) | Fault::Unsupported(_) => None,
    }
}
