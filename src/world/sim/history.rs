//! What was done to this world: the only thing beside script, seed and time that its answers depend on.
//!
//! Invariants: entries are in the order of time and are never changed; a moment that is past keeps its answer.

use std::collections::BTreeMap;

use crate::base::{FlagId, GateId, RolloutId, Timestamp, Weight};
use crate::release::{Act, FlagSeen};

use super::cue::Since;

/// Everything that was done.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    tracks: Vec<(RolloutId, Track)>,
    runs: BTreeMap<GateId, usize>,
    /// Feature flags that were turned.
    pub(super) flags: BTreeMap<FlagId, FlagSeen>,
}

/// What was done to one rollout.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    deploys: Vec<Timestamp>,
    weights: Vec<(Timestamp, Weight)>,
}

impl History {
    /// What is known of a rollout; nothing before anything was done.
    pub(super) fn track(&self, rollout: &RolloutId) -> Track {
        self.tracks.iter().find(|(id, _)| id == rollout).map(|(_, track)| track.clone()).unwrap_or_default()
    }
    /// The rollout that numbers follow: the one that was begun first.
    pub(super) fn main(&self) -> Track {
        self.tracks.first().map(|(_, track)| track.clone()).unwrap_or_default()
    }
    /// To write down what was done to a rollout.
    pub(super) fn track_mut(&mut self, rollout: &RolloutId) -> Option<&mut Track> {
        if !self.tracks.iter().any(|(id, _)| id == rollout) {
            self.tracks.push((rollout.clone(), Track::default()));
        }
        self.tracks.iter_mut().find(|(id, _)| id == rollout).map(|(_, track)| track)
    }
    /// The number of this run of a gate, from 0.
    pub(super) fn begin_run(&mut self, gate: &GateId) -> usize {
        let runs = self.runs.entry(gate.clone()).or_default();
        *runs += 1;
        *runs - 1
    }
}

impl Track {
    /// The new version came up.
    pub(super) fn deployed(&mut self, at: Timestamp) {
        self.deploys.push(self.deploys.last().copied().map_or(at, |last| last.max(at)));
    }
    /// The canary was given a share.
    pub(super) fn weighed(&mut self, at: Timestamp, weight: Weight) {
        let at = self.weights.last().map_or(at, |(last, _)| at.max(*last));
        self.weights.push((at, weight));
    }
    /// The share that was in force then.
    pub(super) fn weight(&self, at: Timestamp) -> Weight {
        self.weights.iter().rev().find(|(from, _)| *from <= at).map_or(Weight::ZERO, |(_, weight)| *weight)
    }
    /// The newest deploy by then.
    pub(super) fn deploy(&self, at: Timestamp) -> Option<Timestamp> {
        self.deploys.iter().rev().find(|from| **from <= at).copied()
    }
    /// The moment something is counted from, if it has come.
    pub(super) fn moment(&self, since: Since, start: Timestamp, at: Timestamp) -> Option<Timestamp> {
        match since {
            Since::Start => Some(start),
            Since::Deploy => self.deploy(at),
            Since::Weight(wanted) => {
                let deploy = self.deploy(at)?;
                let reached = |(from, weight): &&(Timestamp, Weight)| {
                    *from >= deploy && *from <= at && *weight >= wanted
                };
                self.weights.iter().find(reached).map(|(from, _)| *from)
            }
        }
    }
}

impl History {
    /// Writes down an operation that a journal says was done.
    pub(super) fn done(&mut self, act: &Act, at: Timestamp) {
        let Some(track) = act.rollout().and_then(|rollout| self.track_mut(rollout)) else { return };
        match act {
            Act::Deploy { .. } => track.deployed(at),
            Act::SetWeight { weight, .. } => track.weighed(at, *weight),
            Act::ScaleDown { .. }
            | Act::Procedure { .. }
            | Act::SetFlag { .. }
            | Act::KillFlag { .. }
            | Act::FlagsOff { .. }
            | Act::Restore { .. }
            | Act::Retire { .. }
            | Act::Step { .. }
            | Act::Notify { .. } => {}
        }
    }
}
