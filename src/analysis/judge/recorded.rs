//! Judging what was recorded: the same steps give the same log every time, in whatever order they came in.

use super::fold::Judge;
use super::ruling::Ruling;
use super::settings::{Settings, Unfit};
use super::step::Step;
use crate::base::{Digest, Timestamp};

/// What was ruled at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The time of the step it was ruled at.
    pub at: Timestamp,
    /// What was ruled.
    pub ruling: Ruling,
}

/// The first ruling, each one that changes the decision, and the last. Of several steps of one moment the first that
/// was handed in counts.
///
/// # Errors
/// When the settings are not fit for judging.
pub fn log(settings: Settings, steps: &[Step]) -> Result<Vec<Entry>, Unfit> {
    let mut ordered: Vec<Step> = steps.to_vec();
    ordered.sort_by_key(|step| step.at);
    let mut judge = Judge::new(settings)?;
    let mut log: Vec<Entry> = Vec::new();
    for step in &ordered {
        let before = judge.decision();
        if judge.take(*step) != before || log.is_empty() {
            log.push(Entry { at: step.at, ruling: judge.ruling() });
        }
    }
    if let Some(last) = ordered.last().filter(|last| log.last().is_some_and(|entry| entry.at != last.at)) {
        log.push(Entry { at: last.at, ruling: judge.ruling() });
    }
    Ok(log)
}

/// The digest of everything a ruling rests on.
pub fn inputs(settings: &Settings, steps: &[Step]) -> Digest {
    let mut ordered: Vec<Step> = steps.to_vec();
    ordered.sort_by_key(|step| step.at);
    let head = format!("{settings:?}\n");
    let lines: String = ordered.iter().map(|step| format!("{step:?}\n")).collect();
    Digest::of_parts([head.as_bytes(), lines.as_bytes()])
}
