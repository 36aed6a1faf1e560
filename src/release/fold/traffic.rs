//! What others do to traffic, and what a rollback needs, into state.

use crate::release::event::Event;
use crate::release::state::{Drift, Mark, State};

/// A write of ours that is overwritten this soon after was reverted, in seconds.
const SOON: i64 = 600;

impl State {
    pub(super) fn fold_traffic(&mut self, event: &Event, mark: &Mark) {
        match event {
            Event::TrafficDrifted { rollout, from, to, by } => {
                let state = self.rollouts.entry(rollout.clone()).or_default();
                let soon = state.written.is_some_and(|at| mark.at.as_second() - at.as_second() <= SOON);
                // The same foreign share that moves on is one revert; each write of ours that is lost is another.
                if state.drift.is_none() {
                    state.reverts = if soon { state.reverts.saturating_add(1) } else { 1 };
                }
                state.drift = Some(Drift { from: *from, to: *to, by: by.clone(), since: mark.at });
                // What was proven is so no longer.
                if let Some(rollback) = &mut state.rollback {
                    rollback.proven = false;
                }
            }
            Event::TrafficSettled { rollout } => {
                self.rollouts.entry(rollout.clone()).or_default().drift = None;
            }
            Event::TrafficContested { rollout, .. } => {
                self.rollouts.entry(rollout.clone()).or_default().contested.get_or_insert(mark.at);
            }
            Event::OwnerFound { rollout, owner } => {
                self.rollouts.entry(rollout.clone()).or_default().owner = owner.clone();
            }
            Event::ReadinessChanged { rollout, red } => {
                self.rollouts.entry(rollout.clone()).or_default().red = red.clone().map(|red| (mark.at, red));
            }
            _ => {}
        }
    }
}
