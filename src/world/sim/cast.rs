//! The scripted people: they see what a cockpit shows and do their duties at their own pace.
//!
//! Invariants: what they want depends on the pictures they were shown and on the script only; they never insist:
//! what the engine refuses is tried again at their next look, when the picture still asks for it.

use std::sync::Arc;

use crate::base::{Actor, Timestamp};
use crate::engine::ports::Cast;
use crate::release::{Status, View, Wish};

use super::duty::Eyes;
use super::script::{Duty, Final, Member, Script};
use super::service::ahead;

/// How long the play waits for the proof of a rollback, in seconds.
const PROOF: i64 = 600;

/// The people of one performance.
#[derive(Clone, Debug)]
pub struct SimCast {
    script: Arc<Script>,
    start: Timestamp,
    /// When each looks again, in the order of the script.
    looks: Vec<Timestamp>,
}

impl SimCast {
    pub(super) fn new(script: Arc<Script>, start: Timestamp) -> Self {
        let looks = script.cast.iter().map(|member| ahead(start, member.after.signed())).collect();
        Self { script, start, looks }
    }
}

impl Cast for SimCast {
    fn wishes(&mut self, view: &View) -> Vec<(Actor, Wish)> {
        let eyes = Eyes { view, script: &self.script };
        let mut wishes = Vec::new();
        for (member, look) in self.script.cast.iter().zip(&mut self.looks) {
            if view.now < *look {
                continue;
            }
            *look = ahead(view.now, member.pace.signed().max(1));
            let wanted =
                member.does.iter().map(|duty| eyes.wishes(member, *duty)).find(|some| !some.is_empty());
            let who = || Actor::Script(member.name.clone());
            wishes.extend(wanted.into_iter().flatten().map(|wish| (who(), wish)));
        }
        wishes
    }

    fn next(&self) -> Option<Timestamp> {
        self.looks.iter().min().copied()
    }

    fn over(&self, view: &View) -> bool {
        let rollouts = || view.state.rollouts.values();
        view.now >= ahead(self.start, self.script.end.at_latest.signed())
            || match self.script.end.when {
                Final::Completed => matches!(view.state.status, Status::Watching | Status::Stable),
                // The play ends with the proof, or when it does not come.
                Final::RolledBack => {
                    let mut backs = rollouts().filter_map(|rollout| rollout.rollback.as_ref());
                    backs.any(|back| {
                        back.done.is_some_and(|done| back.proven || ahead(done, PROOF) <= view.now)
                    })
                }
                Final::HeldFor(time) => rollouts().any(|rollout| {
                    rollout.holds.first().is_some_and(|hold| ahead(hold.mark.at, time.signed()) <= view.now)
                }),
            }
    }
}

impl Member {
    /// True when this person speaks for the role.
    pub(super) fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    /// True when an owner's name means this person: the name, the part of it before the `@`, or a role.
    pub(super) fn is(&self, owner: &str) -> bool {
        let short = self.name.split('@').next();
        self.name == owner || short == Some(owner) || self.has(owner)
    }
}

impl Duty {
    /// How many items somebody ticks at one look.
    pub(super) const HANDFUL: usize = 3;
    /// How often a gate that does not pass is run by hand.
    pub(super) const TRIES: usize = 3;
}
