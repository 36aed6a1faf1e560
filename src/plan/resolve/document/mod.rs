//! What a playbook alone gives a plan: ticks, owners, clock, and everything else as work for people.
//!
//! Invariant: nothing that comes from here runs by itself: gates are judged and triggers fired by people.

mod checks;
mod course;
mod head;
mod people;

use std::collections::BTreeSet;

pub(in crate::plan) use checks::{actions, gates, metrics, procedures, triggers};
pub(in crate::plan) use course::{checkpoints, items, messages, stages};
pub(in crate::plan) use head::{release_name, release_version};
pub(in crate::plan) use people::roles;

use crate::base::Untrusted;
use crate::plan::playbook::slug;

/// Gives every piece a name of its own: the slug of its words, `~2` and so on for repeats.
#[derive(Default)]
struct Ids(BTreeSet<String>);

impl Ids {
    fn take(&mut self, words: &Untrusted) -> String {
        let base = slug(words.raw());
        let mut id = base.clone();
        let mut n = 1;
        while !self.0.insert(id.clone()) {
            n += 1;
            id = format!("{base}~{n}");
        }
        id
    }
}
