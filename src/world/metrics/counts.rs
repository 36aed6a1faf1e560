//! Counters of a window to counts at each of its steps.
//!
//! Invariants: a step's count is what was added since the step before, so the first step of a window has none, and
//! adjacent windows that share a step count everything once; the growth of every series is taken before anything is
//! added up; a target that is seen for the first time adds nothing, but a series that appears at a target seen
//! before counts from zero; no bad events where there are events is zero of them, not no data.

use std::collections::BTreeMap;

use crate::analysis::counter::{Count, Counters, Growth};
use crate::analysis::{Measure, Quality, Sample, Tally};
use crate::base::Timestamp;

use super::exposition::Labels;

/// The labels that say which process a series comes from.
const TARGET: [&str; 6] = ["cluster", "namespace", "job", "instance", "pod", "replica"];

/// What a series is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All events.
    Total,
    /// Events that are bad, by the place of their bound.
    Bad(usize),
    /// Events that are fine: not slower than the bound of that place.
    Fine(usize),
}

/// One counter over a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// What it is counted as.
    pub part: Part,
    /// Its labels, with its name.
    pub labels: Labels,
    /// What it had counted at each step.
    pub values: Vec<Option<f64>>,
}

/// What one look at the counters of one side added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// How much, by part.
    pub grown: BTreeMap<Part, Growth>,
    /// True when a target spoke that had spoken before.
    pub known: bool,
    /// True when a series of all events was there.
    pub seen: bool,
}

/// What a side counted at each step but the first, and what a person should know of it.
pub fn tallies(moments: &[Timestamp], tracks: &[Track]) -> (Vec<Sample>, Vec<String>) {
    let mut by_target: BTreeMap<Labels, Vec<&Track>> = BTreeMap::new();
    for track in tracks {
        by_target.entry(target(&track.labels)).or_default().push(track);
    }
    let mut counters: Counters<&Labels, (Part, &Labels)> = Counters::default();
    let mut doubts = Doubts::default();
    let mut samples = Vec::with_capacity(moments.len());
    for (place, at) in moments.iter().enumerate() {
        let mut step = Step::default();
        for (target, tracks) in &by_target {
            let value = |track: &Track| track.values.get(place).copied().flatten();
            let spoken: Vec<Count<(Part, &Labels)>> = tracks
                .iter()
                .filter_map(|track| {
                    let series = (track.part, &track.labels);
                    Some(Count { series, value: value(track)?, since: None })
                })
                .collect();
            if spoken.is_empty() {
                continue;
            }
            step.seen |= spoken.iter().any(|count| count.series.0 == Part::Total);
            let Some(grown) = counters.take(target, spoken) else { continue };
            step.known = true;
            for one in grown {
                let sum = step.grown.entry(one.series.0).or_insert(Growth::NONE);
                *sum = *sum + one.by;
            }
        }
        if place > 0 {
            samples.push(sample(*at, &step, &mut doubts));
        }
    }
    (samples, doubts.said())
}

/// What was odd about counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    fractions: bool,
    more_bad: bool,
}

impl Doubts {
    /// In words.
    pub fn said(self) -> Vec<String> {
        let fractions = "counts that are no whole numbers were rounded: they are approximate";
        let more_bad = "more bad events than events in some step: it was read as all of them";
        [(self.fractions, fractions), (self.more_bad, more_bad)]
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, said)| said.to_owned())
            .collect()
    }
}

/// One step as a sample.
pub fn sample(at: Timestamp, step: &Step, doubts: &mut Doubts) -> Sample {
    let nothing = |quality| Sample { at, measure: Measure::None, quality };
    if !step.seen {
        return nothing(Quality::NoSeries);
    }
    if !step.known {
        return nothing(Quality::WarmUp);
    }
    let mut count = |part: Part| {
        let grown = step.grown.get(&part).copied()?;
        doubts.fractions |= grown.exact().is_none();
        Some(grown.exact().unwrap_or_else(|| grown.value().round() as u64))
    };
    let total = count(Part::Total).unwrap_or(0);
    let mut bad = [0; Tally::BOUNDS];
    for (place, bad) in bad.iter_mut().enumerate() {
        *bad = match (count(Part::Bad(place)), count(Part::Fine(place))) {
            (Some(bad), _) => bad,
            (None, Some(fine)) => total.saturating_sub(fine),
            (None, None) => 0,
        };
        if *bad > total {
            doubts.more_bad = true;
            *bad = total;
        }
    }
    let quality = if total == 0 { Quality::NoTraffic } else { Quality::Ok };
    Sample { at, measure: Measure::Tally(Tally { total, bad }), quality }
}

/// The labels of a series that say which process it comes from.
fn target(labels: &Labels) -> Labels {
    let own = |(name, _): &(&String, &String)| TARGET.contains(&name.as_str());
    labels.iter().filter(own).map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(part: Part, labels: &str, values: &[i64]) -> Track {
        let pairs = labels.split(' ').filter_map(|pair| pair.split_once('='));
        let labels = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let values = values.iter().map(|value| (*value >= 0).then_some(*value as f64)).collect();
        Track { part, labels, values }
    }

    /// Each step's total and bad, or the word of its quality.
    fn counted(tracks: &[Track]) -> Vec<String> {
        let steps = tracks.first().map_or(0, |track| track.values.len());
        let moments: Vec<Timestamp> =
            (0..steps as i64).map(|step| Timestamp::from_second(step * 15).expect("time")).collect();
        let (samples, _) = tallies(&moments, tracks);
        let one = |sample: &Sample| match sample.measure {
            Measure::Tally(Tally { total, bad: [bad, ..] }) if sample.quality == Quality::Ok => {
                format!("{bad}/{total}")
            }
            _ => sample.quality.to_string(),
        };
        samples.iter().map(one).collect()
    }

    const NONE: i64 = -1;

    #[test]
    fn the_first_error_of_a_known_target_counts_and_none_is_zero() {
        let total = track(Part::Total, "instance=a code=200", &[100, 110, 120, 130]);
        assert_eq!(counted(std::slice::from_ref(&total)), ["0/10", "0/10", "0/10"]);
        let errors =
            [Part::Total, Part::Bad(0)].map(|part| track(part, "instance=a code=500", &[NONE, NONE, 2, 5]));
        let [as_total, as_bad] = errors;
        assert_eq!(counted(&[total, as_total, as_bad]), ["0/10", "2/12", "3/13"]);
    }

    #[test]
    fn when_all_fail_it_is_all_and_not_nothing() {
        let tracks = [Part::Total, Part::Bad(0)].map(|part| track(part, "instance=a code=500", &[0, 10, 20]));
        assert_eq!(counted(&tracks), ["10/10", "10/10"]);
    }

    #[test]
    fn a_new_target_adds_nothing_at_first_and_a_restart_counts_from_zero() {
        let old = track(Part::Total, "instance=a", &[100, 110, 3, 5]);
        assert_eq!(counted(std::slice::from_ref(&old)), ["0/10", "0/3", "0/2"]);
        let new = track(Part::Total, "instance=b", &[NONE, 5000, 5001, NONE]);
        assert_eq!(counted(&[old, new]), ["0/10", "0/4", "0/2"]);
    }

    #[test]
    fn no_series_no_traffic_and_a_first_look_are_not_one() {
        assert_eq!(
            counted(&[track(Part::Total, "instance=a", &[7, 7, NONE, 9])]),
            ["no-traffic", "no-series", "0/2"]
        );
        assert_eq!(counted(&[track(Part::Total, "instance=a", &[NONE, 7, 9])]), ["warm-up", "0/2"]);
        assert_eq!(counted(&[track(Part::Bad(0), "instance=a", &[1, 7, 9])]), ["no-series", "no-series"]);
    }

    #[test]
    fn slow_is_what_is_not_within_the_bound() {
        let tracks = [
            track(Part::Total, "instance=a le=+Inf", &[0, 10, 30]),
            track(Part::Fine(0), "instance=a le=0.25", &[0, 6, 20]),
            track(Part::Fine(1), "instance=a le=0.5", &[0, 9, 29]),
        ];
        let moments: Vec<Timestamp> =
            (0..3).map(|step| Timestamp::from_second(step * 15).expect("time")).collect();
        let (samples, doubts) = tallies(&moments, &tracks);
        let measures: Vec<Measure> = samples.iter().map(|sample| sample.measure).collect();
        assert_eq!(
            measures,
            [
                Measure::Tally(Tally { total: 10, bad: [4, 1, 0] }),
                Measure::Tally(Tally { total: 20, bad: [6, 0, 0] })
            ]
        );
        assert!(doubts.is_empty());
    }

    #[test]
    fn more_bad_than_all_and_fractions_are_said() {
        let moments: Vec<Timestamp> =
            (0..2).map(|step| Timestamp::from_second(step * 15).expect("time")).collect();
        let tracks = [track(Part::Total, "", &[0, 10]), track(Part::Bad(0), "", &[0, 12])];
        let (samples, doubts) = tallies(&moments, &tracks);
        assert_eq!(samples.first().map(|sample| sample.measure), Some(Measure::Tally(Tally::ratio(10, 10))));
        assert_eq!(doubts.len(), 1, "{doubts:?}");
        let halves = Track { part: Part::Total, labels: Labels::new(), values: vec![Some(0.5), Some(3.0)] };
        let (samples, doubts) = tallies(&moments, &[halves]);
        assert_eq!(samples.first().map(|sample| sample.measure), Some(Measure::Tally(Tally::ratio(3, 0))));
        assert!(doubts.iter().any(|doubt| doubt.contains("approximate")), "{doubts:?}");
    }

    /// However a window is cut into windows that share a step, the sums are the same.
    #[test]
    fn windows_that_share_a_step_count_everything_once() {
        let whole = track(Part::Total, "instance=a", &[0, 4, 9, 2, 8, 20]);
        let sum = |tracks: &[Track], steps: std::ops::Range<usize>| -> u64 {
            let cut: Vec<Track> = tracks
                .iter()
                .map(|track| Track { values: track.values[steps.clone()].to_vec(), ..track.clone() })
                .collect();
            let moments: Vec<Timestamp> =
                steps.map(|step| Timestamp::from_second(step as i64 * 15).expect("time")).collect();
            let total = |sample: &Sample| match sample.measure {
                Measure::Tally(tally) => tally.total,
                _ => 0,
            };
            tallies(&moments, &cut).0.iter().map(total).sum()
        };
        let tracks = [whole];
        assert_eq!(sum(&tracks, 0..6), 29);
        for middle in 1..5 {
            assert_eq!(sum(&tracks, 0..middle + 1) + sum(&tracks, middle..6), 29, "cut at {middle}");
        }
    }
}
