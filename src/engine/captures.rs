//! What was read for a baseline, made into what is kept.
//!
//! Invariants: an answer that is not whole makes no baseline; the samples a baseline rests on are kept as text, of
//! its own side only; the days before are asked for in vain without a word.

use crate::analysis::baseline::{BaselineName, Snapshot};
use crate::analysis::{Arm, Sample};
use crate::base::Untrusted;
use crate::engine::ports::{Fault, Reading};
use crate::plan::Metric;
use crate::release::Capture;
use crate::release::baseline::{Window, question};

/// What came of a capture.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Captured {
    /// What each time came to, with the text of its samples.
    pub found: Vec<(BaselineName, Snapshot, String)>,
    /// What could not be had.
    pub missed: Vec<(BaselineName, Untrusted)>,
}

/// What the answers come to, in the order of the capture's windows.
pub(crate) fn captured(metric: &Metric, capture: &Capture, answers: Vec<Result<Reading, Fault>>) -> Captured {
    let mut out = Captured::default();
    for (place, (window, answer)) in capture.windows.iter().zip(answers).enumerate() {
        match one(metric, capture.side, window, answer) {
            Ok((snapshot, text)) => out.found.push((window.name.clone(), snapshot, text)),
            Err(why) if place == 0 => out.missed.push((window.name.clone(), why.into())),
            // Many sources do not reach back so far: nobody compares with these, people look at them.
            Err(_) => {}
        }
    }
    out
}

fn one(
    metric: &Metric,
    side: Arm,
    window: &Window,
    answer: Result<Reading, Fault>,
) -> Result<(Snapshot, String), String> {
    let reading = answer.map_err(|fault| fault.to_string())?;
    if let Some(part) = &reading.partial {
        return Err(format!("the answer was not whole: {}", part.line()));
    }
    let of = |arm| reading.arms.get(&arm).map(Vec::as_slice);
    let (arm, own) = [side, Arm::Whole]
        .into_iter()
        .find_map(|arm| Some((arm, of(arm)?)))
        .ok_or_else(|| "the source told nothing of the side that is meant".to_owned())?;
    let span = (window.from, window.to);
    let snapshot =
        Snapshot::of(own.iter().copied(), span, question(metric)).map_err(|why| why.to_string())?;
    let snapshot = match (of(Arm::Canary), of(Arm::Baseline), &window.name) {
        // Before a release both sides are of one version, if there are two at all.
        (Some(canary), Some(baseline), BaselineName::Before) => snapshot.scattered(canary, baseline),
        _ => snapshot,
    };
    Ok((snapshot, text(arm, own, span)))
}

fn text(
    arm: Arm,
    samples: &[Sample],
    (from, to): (crate::base::Timestamp, crate::base::Timestamp),
) -> String {
    let side = match arm {
        Arm::Canary => "canary",
        Arm::Baseline => "baseline",
        Arm::Whole => "whole",
    };
    let mut out = format!("tminus-baseline 1\nside {side}\n");
    for sample in samples.iter().filter(|sample| sample.at > from && sample.at <= to) {
        out.push_str(&sample.line());
        out.push('\n');
    }
    out
}
