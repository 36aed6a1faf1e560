//! When evidence starts anew: one start for all that follows the warm-up, and later ones for what changes later.
//!
//! A regression that begins an hour in is hidden behind an hour of health; a start after it sees it whole. So the
//! e-value is a weighted mean over starts that is fixed in advance: half of it on the first, the other half in equal
//! parts on eleven later ones. A start that is not reached yet stands at one, which keeps the mean an e-value.

use std::collections::BTreeSet;

/// How many starts there may be after the first.
pub const LATER: usize = 11;
/// How far apart the later starts are, in milliseconds.
pub const SPACING: i64 = 300_000;

/// The moments at which evidence starts, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    first: i64,
    next: i64,
    opened: usize,
    stages: BTreeSet<i64>,
}

impl Schedule {
    /// The first start, at the end of the warm-up.
    pub fn new(first: i64) -> Self {
        Self { first, next: first, opened: 0, stages: BTreeSet::new() }
    }
    /// Also starts at this moment, a stage's: it takes the next slot that nobody has taken by then.
    pub fn stage(&mut self, at: i64) {
        if at > self.first {
            self.stages.insert(at);
        }
    }
    /// The next start that is reached by `now`, if a slot is left; to be asked until there is none.
    pub fn due(&mut self, now: i64) -> Option<i64> {
        if self.opened > LATER {
            return None;
        }
        let stage = self.stages.first().copied().filter(|at| *at < self.next);
        let at = stage.unwrap_or(self.next);
        if at > now {
            return None;
        }
        self.opened += 1;
        // A stage at the very moment of the regular start is the same start.
        self.stages.remove(&at);
        if stage.is_none() {
            self.next = self.next.saturating_add(SPACING);
        }
        Some(at)
    }
    /// What the start of a slot weighs in the mean: a half for the first, the rest in equal parts.
    pub fn weight(slot: usize) -> f64 {
        if slot == 0 { 0.5 } else { 0.5 / LATER as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(schedule: &mut Schedule, now: i64) -> Vec<i64> {
        std::iter::from_fn(|| schedule.due(now)).collect()
    }

    #[test]
    fn twelve_starts_five_minutes_apart_and_no_more() {
        let mut schedule = Schedule::new(180_000);
        assert!(all(&mut schedule, 179_999).is_empty());
        assert_eq!(all(&mut schedule, 180_000), [180_000]);
        let later = all(&mut schedule, i64::MAX);
        assert_eq!((later.len(), later.first(), later.last()), (11, Some(&480_000), Some(&3_480_000)));
        let total: f64 = (0..=LATER).map(Schedule::weight).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_stage_takes_the_next_slot() {
        let mut schedule = Schedule::new(0);
        schedule.stage(100_000);
        schedule.stage(300_000);
        let starts = all(&mut schedule, i64::MAX);
        assert_eq!(starts[..4], [0, 100_000, 300_000, 600_000]);
        assert_eq!(starts.len(), 12);
    }
}
