//! Whether a share is above its limit beyond chance, however often one looks.
//!
//! The counts are taken from the beginning of the stage and, so that good hours do not hide a bad minute, from fixed
//! moments after it, one each time the rule is long. The beginning has half of the chance of error, the moment `n`
//! after it `1 / (2 n (n + 1))` of it, which adds up to no more than the whole. A sample that is missing counts as many
//! good events as the busiest one had: what nobody saw proves nothing.

use super::look::Looker;
use super::settings::{Reads, Watched};
use super::tape::{Tape, earlier, later};
use crate::analysis::sequential::log_e_above;
use crate::analysis::{Samples, Tally};
use crate::base::{Timestamp, Unit};
use crate::plan::rule::{Check, Op};

/// How many of the latest moments are asked.
const LATEST: i64 = 3;
/// The evidence is sharpest when so many bad events are expected at the limit.
const USUAL_BAD: f64 = 10.0;

/// A share that can be proven to be too high.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    share: f64,
    /// Which of the bounds counts.
    place: usize,
}

/// The share that a rule demands not to be exceeded, when that is all it demands.
pub(super) fn limit(what: &Watched<'_>) -> Option<Limit> {
    let mut tests = what.rule.tests();
    let (Some(test), None) = (tests.next(), tests.next()) else { return None };
    let Check::Compare { op: Op::Above | Op::AtLeast, value } = &test.check else { return None };
    match what.reads {
        Reads::Plain => {
            matches!(value.unit, Unit::Ratio | Unit::None).then_some(Limit { share: value.value, place: 0 })
        }
        // The quantile is above the limit when more than the rest is slower than a bound at or above it.
        Reads::Quantile { share, bounds } => {
            let place = bounds.iter().position(|bound| *bound >= value.value)?;
            Some(Limit { share: 1.0 - share, place })
        }
    }
}

/// Whether it is proven at the newest sample.
pub(super) fn proven(
    looker: &Looker<'_>,
    samples: &Samples,
    limit: Limit,
    (at, alpha): (Timestamp, f64),
) -> bool {
    let what = looker.what;
    let long = looker.window.unwrap_or(60).max(samples.every());
    let Some(begin) = what.course.from.or_else(|| samples.iter().next().map(|first| first.at)) else {
        return false;
    };
    let whole = Tape::of(samples, earlier(begin, 1), what, at);
    let Some(place) = whole.near(at, |sample| sample.at == at) else { return false };
    let busiest = whole.busiest(place);
    let age = at.as_second().saturating_sub(begin.as_second());
    if age < what.rule.lasting.map_or(0, |lasting| lasting.signed()) {
        return false;
    }
    let newest = age / long - 1;
    let later_starts = (newest.saturating_sub(LATEST - 1).max(1)..=newest).map(|start| {
        let start = start as f64;
        (start, alpha / (2.0 * start * (start + 1.0)))
    });
    std::iter::once((0.0, alpha / 2.0)).chain(later_starts).any(|(start, alpha)| {
        let sum = whole.sum(place, later(begin, start as i64 * long));
        let unseen = busiest.saturating_mul(u64::try_from(sum.missing).unwrap_or(u64::MAX));
        let Tally { total, bad } = sum.tally;
        let bad = bad.get(limit.place).copied().unwrap_or(0);
        beyond(limit.share, bad, total.saturating_add(unseen), alpha)
    })
}

fn beyond(limit: f64, bad: u64, total: u64, alpha: f64) -> bool {
    let bar = -alpha.ln();
    let (hits, all) = (bad as f64, total as f64);
    if !(limit > 0.0 && limit < 1.0 && bar.is_finite()) || hits <= limit * all {
        return false;
    }
    // No mixture is more convinced than the rate that fits best; that is quickly said.
    let misses = (all - hits).max(0.0);
    let best = hits * (hits / all / limit).ln()
        + if misses > 0.0 { misses * (misses / all / (1.0 - limit)).ln() } else { 0.0 };
    best >= bar && log_e_above(limit, bad, total, (USUAL_BAD / limit).min(1e12) as u64) >= bar
}
