//! The log of a pod that somebody looks at: its lines, what is searched in it, and whether an answer is awaited.

use crate::base::{RolloutId, Untrusted};

/// How many lines are asked for.
pub const LINES: u32 = 1_000;

/// A log somebody looks at.
#[derive(Clone, Debug, Default)]
pub struct PodLog {
    /// The rollout, and the pod by its exact name.
    pub of: Option<(RolloutId, String)>,
    /// Its lines, safe to show, oldest first.
    pub lines: Vec<String>,
    /// Why they could not be had the last time.
    pub fault: Option<Untrusted>,
    /// True while an answer is awaited.
    pub asking: bool,
    /// When they came, in milliseconds since the cockpit began.
    pub at: u64,
    /// What is searched.
    pub find: String,
}

impl PodLog {
    /// Goes on to a pod; what is known of another one is forgotten.
    pub fn ask(&mut self, rollout: RolloutId, pod: String) {
        let of = Some((rollout, pod));
        if self.of != of {
            *self = Self { of, ..Self::default() };
        }
        self.asking = true;
    }

    /// Takes in an answer; one for another pod comes too late.
    pub fn take(&mut self, pod: &str, log: Result<Untrusted, Untrusted>, at: u64) -> bool {
        if self.of.as_ref().is_none_or(|(_, of)| of != pod) {
            return false;
        }
        self.asking = false;
        self.at = at;
        match log {
            Ok(text) => {
                self.lines = text.lines().lines().map(str::to_owned).collect();
                self.fault = None;
                true
            }
            Err(fault) => {
                self.fault = Some(fault);
                false
            }
        }
    }

    /// True when a line holds what is searched, whatever its case.
    pub fn is_found(&self, line: &str) -> bool {
        !self.find.is_empty() && line.to_lowercase().contains(&self.find.to_lowercase())
    }

    /// How many lines hold it.
    pub fn found(&self) -> usize {
        self.lines.iter().filter(|line| self.is_found(line)).count()
    }

    /// The next line from here on that holds it, or the one before; round and round.
    pub fn next(&self, from: usize, forward: bool) -> Option<usize> {
        let count = self.lines.len();
        let places = (1..=count)
            .map(|step| if forward { (from + step) % count } else { (from + count - step % count) % count });
        places.into_iter().find(|place| self.lines.get(*place).is_some_and(|line| self.is_found(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str) -> PodLog {
        let mut log = PodLog::default();
        log.ask("shop".into(), "shop-1".to_owned());
        assert!(log.take("shop-1", Ok(text.into()), 5));
        log
    }

    #[test]
    fn a_search_goes_round_both_ways_and_minds_no_case() {
        let mut log = log("start\nError one\nfine\nerror two\nend");
        assert_eq!(log.next(0, true), None, "nothing is searched");
        log.find = "ERROR".to_owned();
        assert_eq!(log.found(), 2);
        assert_eq!([log.next(0, true), log.next(1, true), log.next(3, true)], [Some(1), Some(3), Some(1)]);
        assert_eq!([log.next(3, false), log.next(1, false)], [Some(1), Some(3)]);
        assert_eq!(PodLog { find: "x".to_owned(), ..PodLog::default() }.next(0, true), None);
    }

    #[test]
    fn an_answer_for_another_pod_comes_too_late_and_a_fault_keeps_the_lines() {
        let mut log = log("one");
        assert!(!log.take("shop-2", Ok("two".into()), 6));
        assert!(!log.take("shop-1", Err("gone".into()), 7));
        assert_eq!((log.lines.as_slice(), log.fault.is_some()), (["one".to_owned()].as_slice(), true));
        log.ask("shop".into(), "shop-2".to_owned());
        assert!(log.lines.is_empty() && log.fault.is_none() && log.asking);
    }

    #[test]
    fn what_a_log_writes_moves_no_cursor() {
        let log = log("a\u{1b}[2Jb\r\nc\td");
        assert!(log.lines.iter().all(|line| !line.chars().any(char::is_control)), "{:?}", log.lines);
    }
}
