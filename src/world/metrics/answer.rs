//! An answer while it is put together: samples by side, doubts about the whole, and remarks.
//!
//! Invariants: a doubt makes every sample partial; a sample from after the server's own clock is no sample, since a
//! server answers a time to come with what it knew last; a remark lessens nothing.

use std::collections::BTreeMap;

use crate::analysis::{Arm, Quality, Sample};
use crate::base::{Timestamp, Untrusted};
use crate::engine::ports::Reading;

/// How far a server's clock may be from ours before a person is told, in seconds. Its `Date` is to the second, and
/// an answer takes its time.
const SKEW: i64 = 5;

/// An answer while it is put together.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// The samples of each side.
    pub arms: BTreeMap<Arm, Vec<Sample>>,
    /// Why it is not whole.
    pub doubts: Vec<String>,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// The server's clock, when it told.
    pub server_time: Option<Timestamp>,
}

impl Gathered {
    /// Adds a doubt, once.
    pub fn doubt(&mut self, doubt: impl Into<String>) {
        let doubt = doubt.into();
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }

    /// Adds a remark, once.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The whole answer; `now` is our own clock.
    pub fn reading(mut self, now: Timestamp) -> Reading {
        if let Some(theirs) = self.server_time {
            let ahead = theirs.as_second() - now.as_second();
            if ahead.abs() > SKEW {
                let (side, seconds) = if ahead > 0 { ("ahead of", ahead) } else { ("behind", -ahead) };
                self.note(format!("the server's clock is {seconds} s {side} ours; set both by NTP"));
            }
            let latest = theirs.as_second() + 1;
            self.arms.values_mut().for_each(|samples| samples.retain(|it| it.at.as_second() <= latest));
        }
        if !self.doubts.is_empty() {
            for sample in self.arms.values_mut().flatten().filter(|sample| sample.quality == Quality::Ok) {
                sample.quality = Quality::Partial;
            }
        }
        Reading {
            arms: self.arms,
            partial: (!self.doubts.is_empty()).then(|| Untrusted::new(self.doubts.join("; "))),
            notes: self.notes.into_iter().map(Untrusted::new).collect(),
            server_time: self.server_time,
            instead: None,
        }
    }
}
