//! The lines of the journal that came before the newest: fetched a page at a time, when somebody looks that far.
//!
//! Invariants: the lines and the newest ones join without a hole or a line twice; no page is asked for twice.

use super::Model;
use crate::release::{LogLine, View};

/// How many lines a page has.
const PAGE: u64 = 200;
/// A page is asked for when so few known lines are left below.
const NEAR: usize = 100;

/// Lines before the newest.
#[derive(Clone, Debug, Default)]
pub struct Older {
    /// The lines, oldest first.
    lines: Vec<LogLine>,
    /// The first version of the page that was asked for last.
    asked: Option<u64>,
}

impl Model {
    /// How many lines of the journal are known.
    pub fn log_length(&self) -> usize {
        self.joined().len() + self.view.recent.len()
    }

    /// The known lines of the journal, newest first.
    pub fn log(&self) -> impl Iterator<Item = &LogLine> {
        self.view.recent.iter().rev().chain(self.joined().iter().rev())
    }

    /// The older lines that go before the newest: newer pictures may have brought some of them too.
    fn joined(&self) -> &[LogLine] {
        let first = self.view.recent.front().map_or(u64::MAX, |line| line.version);
        let upto = self.older.lines.partition_point(|line| line.version < first);
        let lines = self.older.lines.get(..upto).unwrap_or_default();
        // A picture that jumped far leaves a hole: then they are asked for anew.
        let joins = lines.last().is_none_or(|line| line.version + 1 == first);
        if joins { lines } else { &[] }
    }

    /// The page to ask for: its first version and its length; none when all is known, asked for, or far away.
    pub fn wants_older(&mut self) -> Option<(u64, usize)> {
        let known = self.log_length();
        let near = self.lists.page.0 + usize::from(self.size.1) + NEAR >= known;
        let first = self.log().last().map_or(0, |line| line.version);
        if !near || first <= 1 || self.older.asked.is_some_and(|asked| asked < first && first - asked <= PAGE)
        {
            return None;
        }
        let from = first.saturating_sub(PAGE).max(1);
        self.older.asked = Some(from);
        Some((from, usize::try_from(first - from).unwrap_or(usize::MAX)))
    }

    /// Keeps the newest lines that a newer picture no longer has, so that the older ones go on joining.
    pub fn keep_slid(&mut self, next: &View) {
        let first = next.recent.front().map_or(0, |line| line.version);
        if self.older.lines.is_empty() {
            return;
        }
        let mut lines = self.joined().to_vec();
        lines.extend(self.view.recent.iter().filter(|line| line.version < first).cloned());
        self.older.lines = lines;
    }

    /// Takes in a page.
    pub fn take_older(&mut self, page: Vec<LogLine>) {
        if page.is_empty() {
            // Nobody answered: it may be asked for again.
            self.older.asked = None;
            return;
        }
        let kept = self.joined().to_vec();
        let first = kept.first().or(self.view.recent.front()).map_or(u64::MAX, |line| line.version);
        let mut lines: Vec<LogLine> = page.into_iter().filter(|line| line.version < first).collect();
        lines.extend(kept);
        self.older.lines = lines;
    }
}
