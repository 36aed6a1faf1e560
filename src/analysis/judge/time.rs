//! Where a judge is in time: which steps count, which are lost, how long there was good data.

use super::step::Covers;
use crate::analysis::sequential::Schedule;

/// What happens on the way to a step, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// So many steps are lost that would have counted.
    Lost(u64),
    /// A start was reached at this moment; so many steps are lost to it alone.
    Reached(i64, u64),
}

/// What a step is, seen from the time before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// How much good time it stands for, if it is good.
    pub(super) spent: i64,
    /// Steps that are missing before it.
    pub(super) holes: u64,
    /// True when its counts are evidence.
    pub(super) counts: bool,
    /// What happens before it is counted.
    pub(super) before: Vec<Passed>,
    /// What happens after it is counted.
    pub(super) after: Vec<Passed>,
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

    /// Lets time pass up to a step.
    pub(super) fn pass(&mut self, at: i64, covers: Covers) -> Passage {
        let gap = at.saturating_sub(self.last).max(0);
        let every = self.every.unwrap_or(i64::MAX);
        let holes = (gap.saturating_add(every / 2) / every - 1).max(0);
        let grid = Pitch { from: self.last, pitch: gap / (holes + 1), holes, quiet: self.quiet };
        let began = self.last;
        self.last = at;
        self.stepped = true;
        match covers {
            Covers::SinceLast if holes > 0 => self.bridged(began, at, &grid),
            _ => self.single(at, &grid),
        }
    }

    /// One interval, after a gap or without one.
    fn single(&mut self, at: i64, grid: &Pitch) -> Passage {
        let mut before = Vec::new();
        let mut known = 0;
        let mut lose = |before: &mut Vec<Passed>, so_far: i64, started: bool| {
            if started && so_far > known {
                before.push(Passed::Lost(so_far.abs_diff(known)));
            }
            known = known.max(so_far);
        };
        while let Some(start) = self.schedule.due(at) {
            lose(&mut before, grid.lost(start), self.started);
            before.push(Passed::Reached(start, 0));
            self.started = true;
        }
        lose(&mut before, grid.lost(at), self.started);
        let (spent, holes) = (grid.pitch, grid.holes.unsigned_abs());
        Passage { spent, holes, counts: self.counts(at), before, after: Vec::new() }
    }

    /// Counts of several intervals that cannot be told apart. They are evidence when all of them are; a start among
    /// them begins after them and has lost its part.
    fn bridged(&mut self, began: i64, at: i64, grid: &Pitch) -> Passage {
        let (from, until) = self.quiet;
        let counts = self.started && (began >= until || at < from);
        let last = i64::from(at < from || at >= until);
        let mut before = Vec::new();
        let lost = grid.lost(at) + last;
        if self.started && !counts && lost > 0 {
            before.push(Passed::Lost(lost.unsigned_abs()));
        }
        let mut after = Vec::new();
        while let Some(start) = self.schedule.due(at) {
            let own = grid.lost(at) - grid.lost(start) + last;
            after.push(Passed::Reached(start, own.max(0).unsigned_abs()));
            self.started = true;
        }
        Passage { spent: at.saturating_sub(began), holes: 0, counts, before, after }
    }
}

/// Where steps should have been between two that were.
struct Pitch {
    from: i64,
    pitch: i64,
    holes: i64,
    quiet: (i64, i64),
}

impl Pitch {
    /// Of the steps that should have been, those before a moment.
    fn before(&self, moment: i64) -> i64 {
        if self.pitch <= 0 {
            return 0;
        }
        (moment.saturating_sub(self.from).saturating_sub(1).max(0) / self.pitch).min(self.holes)
    }
    /// Of those, the ones that would have counted.
    fn lost(&self, moment: i64) -> i64 {
        let (from, until) = self.quiet;
        self.before(moment) - (self.before(until.min(moment)) - self.before(from)).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_should_have_been_are_lost_only_where_they_count() {
        let mut time = Time::new(0, 60_000, Some(15_000));
        time.pass(0, Covers::Interval);
        let passage = time.pass(120_000, Covers::Interval);
        assert_eq!((passage.spent, passage.holes, passage.counts), (15_000, 7, true));
        assert_eq!(passage.before, [Passed::Reached(60_000, 0), Passed::Lost(4)], "at 60, 75, 90 and 105 s");
        let late = time.pass(136_000, Covers::Interval);
        assert_eq!((late.spent, late.holes, late.before.len()), (16_000, 0, 0), "one is a little late");
        let bridged = time.pass(240_000, Covers::SinceLast);
        assert_eq!(
            (bridged.spent, bridged.counts, bridged.before.len()),
            (104_000, true, 0),
            "counters ran on"
        );
        time.stage(240_000, 60_000);
        assert!(!time.counts(299_999) && time.counts(300_000));
        let passage = time.pass(330_000, Covers::Interval);
        assert_eq!((passage.holes, passage.before.len()), (5, 2));
        assert_eq!(passage.before[1], Passed::Lost(2), "those at 300 and 315 s");
    }

    #[test]
    fn counts_that_cannot_be_told_apart_are_lost_where_only_a_part_of_them_counts() {
        let mut time = Time::new(0, 60_000, Some(15_000));
        time.pass(0, Covers::Interval);
        let passage = time.pass(120_000, Covers::SinceLast);
        assert!(!passage.counts, "a part of it is of the warm-up");
        assert_eq!(passage.after, [Passed::Reached(60_000, 5)], "60, 75, 90, 105 and 120 s");
        time.stage(150_000, 60_000);
        let passage = time.pass(225_000, Covers::SinceLast);
        assert!(!passage.counts, "it is of two shares");
        assert_eq!(passage.before, [Passed::Lost(3)], "135, 210 and 225 s");
        assert_eq!(passage.after, [Passed::Reached(210_000, 2)]);
    }
}
