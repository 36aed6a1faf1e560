//! Where a judge is in time: which steps count, which are lost, how long there was good data.

use super::step::Covers;
use crate::analysis::sequential::Schedule;

/// What happened between two steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// So many steps are lost that would have counted.
    Lost(u64),
    /// A start was reached, at this moment.
    Reached(i64),
}

/// The time of one judge, in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Time {
    schedule: Schedule,
    /// The newest step, or the beginning before there was one.
    last: i64,
    /// Steps from the first to before the second of these do not count.
    quiet: (i64, i64),
    /// How long there was good data.
    good: i64,
    /// How far apart steps should be.
    every: Option<i64>,
    stepped: bool,
    started: bool,
}

impl Time {
    /// Begins at a moment, with a warm-up.
    pub(super) fn new(at: i64, warm_up: i64, every: Option<i64>) -> Self {
        let until = at.saturating_add(warm_up);
        let schedule = Schedule::new(until);
        Self { schedule, last: at, quiet: (at, until), good: 0, every, stepped: false, started: false }
    }
    /// A stage begins: its warm-up does not count, and evidence starts anew after it.
    pub(super) fn stage(&mut self, at: i64, warm_up: i64) {
        let until = at.saturating_add(warm_up);
        self.schedule.stage(until);
        let joins = at <= self.quiet.1;
        self.quiet = (if joins { self.quiet.0.min(at) } else { at }, until.max(self.quiet.1));
    }
    /// True when a step at this moment is newer than all before it.
    pub(super) fn is_new(&self, at: i64) -> bool {
        !self.stepped || at > self.last
    }
    /// True when what happens at this moment is evidence.
    pub(super) fn counts(&self, at: i64) -> bool {
        self.started && (at < self.quiet.0 || at >= self.quiet.1)
    }
    /// The newest step.
    pub(super) fn last(&self) -> i64 {
        self.last
    }
    /// How long the warm-up goes on after a moment.
    pub(super) fn warming(&self, at: i64) -> i64 {
        self.quiet.1 - at
    }
    /// How long there was good data.
    pub(super) fn good(&self) -> i64 {
        self.good
    }
    /// There was good data for so long.
    pub(super) fn spend(&mut self, milliseconds: i64) {
        self.good = self.good.saturating_add(milliseconds);
    }

    /// Lets time pass up to a step: how much of it the step itself stands for, how many steps are lost before it, and
    /// what happened on the way, in order.
    pub(super) fn pass(&mut self, at: i64, covers: Covers) -> (i64, u64, Vec<Passed>) {
        let gap = at.saturating_sub(self.last).max(0);
        let holes = match (self.every, covers) {
            (Some(every), Covers::Interval) => (gap.saturating_add(every / 2) / every - 1).max(0),
            _ => 0,
        };
        let pitch = gap / (holes + 1);
        let last = self.last;
        // Of the steps that should have been at `last + n * pitch`, those before a moment.
        let before = |moment: i64| {
            if pitch > 0 { (moment.saturating_sub(last + 1).max(0) / pitch).min(holes) } else { 0 }
        };
        let (from, until) = self.quiet;
        let lost = |moment: i64| before(moment) - (before(until.min(moment)) - before(from)).max(0);
        let mut passed = Vec::new();
        let mut known = 0;
        let mut lose = |passed: &mut Vec<Passed>, so_far: i64, started: bool| {
            if started && so_far > known {
                passed.push(Passed::Lost(so_far.abs_diff(known)));
            }
            known = known.max(so_far);
        };
        while let Some(start) = self.schedule.due(at) {
            lose(&mut passed, lost(start), self.started);
            passed.push(Passed::Reached(start));
            self.started = true;
        }
        lose(&mut passed, lost(at), self.started);
        self.last = at;
        self.stepped = true;
        (pitch, holes.unsigned_abs(), passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_should_have_been_are_lost_only_where_they_count() {
        let mut time = Time::new(0, 60_000, Some(15_000));
        time.pass(0, Covers::Interval);
        let (pitch, holes, passed) = time.pass(120_000, Covers::Interval);
        assert_eq!((pitch, holes), (15_000, 7));
        assert_eq!(passed, [Passed::Reached(60_000), Passed::Lost(4)], "those at 60, 75, 90 and 105 s");
        assert_eq!(time.pass(136_000, Covers::Interval), (16_000, 0, vec![]), "one is a little late");
        assert_eq!(time.pass(240_000, Covers::SinceLast).1, 0, "counters ran on");
        time.stage(240_000, 60_000);
        assert!(!time.counts(299_999) && time.counts(300_000));
        let (_, holes, passed) = time.pass(330_000, Covers::Interval);
        assert_eq!((holes, passed), (5, vec![Passed::Reached(300_000), Passed::Lost(2)]), "300 and 315 s");
    }
}
