//! Classic histograms: cumulative buckets, added up and then asked for a quantile.
//!
//! Quantiles are never averaged: buckets are added, then asked. What a histogram knows of a quantile is the bucket it
//! lies in, so the answer is an interval; the number inside is a straight line from its lower to its upper end, as
//! Prometheus' `histogram_quantile` draws it, edge cases included.

/// Relative dips below this are rounding, and pass without a word.
const ROUNDING: f64 = 1e-12;

/// Cumulative buckets: how many events were at or below each bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets {
    /// Rising bounds, the last of them infinite, each with its count.
    edges: Vec<(f64, f64)>,
    repaired: bool,
}

/// Why buckets are no histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoHistogram {
    /// The bucket of everything is missing.
    #[error("there is no bucket `+Inf`, so nobody knows how many there were in all; ask for all buckets")]
    NoTop,
    /// One bucket tells nothing of where in it an event lies.
    #[error("one bucket is no histogram; let the exporter have bounds, such as 0.25, 0.5 and 1")]
    OneBucket,
    /// A bound or a count is no number.
    #[error("a bucket's bound or count is no number")]
    NotANumber,
    /// Two histograms have no bound in common but the last.
    #[error("the histograms have no bound in common; give both versions the same buckets")]
    Strangers,
}

/// A quantile, as far as a histogram knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// The number drawn inside the interval.
    pub value: f64,
    /// It is not below this.
    pub lower: f64,
    /// It is not above this; infinite in the last bucket.
    pub upper: f64,
}

impl Buckets {
    /// From bounds and cumulative counts in any order; a bound that comes twice is added up. Counts that fall where
    /// they must rise are lifted to the one before.
    ///
    /// # Errors
    /// Why they are no histogram.
    pub fn new(counts: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, NoHistogram> {
        let mut all: Vec<(f64, f64)> = counts.into_iter().collect();
        if all.iter().any(|(bound, count)| bound.is_nan() || !count.is_finite()) {
            return Err(NoHistogram::NotANumber);
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut edges: Vec<(f64, f64)> = Vec::with_capacity(all.len());
        for (bound, count) in all {
            match edges.last_mut() {
                Some((last, sum)) if *last == bound => *sum += count,
                _ => edges.push((bound, count)),
            }
        }
        match edges.as_slice() {
            [.., (top, _)] if *top != f64::INFINITY => return Err(NoHistogram::NoTop),
            [] => return Err(NoHistogram::NoTop),
            [_] => return Err(NoHistogram::OneBucket),
            _ => {}
        }
        let mut highest = f64::NEG_INFINITY;
        let mut repaired = false;
        for (_, count) in &mut edges {
            if *count < highest {
                repaired |= highest - *count > ROUNDING * highest.abs();
                *count = highest;
            }
            highest = *count;
        }
        Ok(Self { edges, repaired })
    }

    /// The bounds, rising; the last is infinite.
    pub fn bounds(&self) -> impl Iterator<Item = f64> + '_ {
        self.edges.iter().map(|(bound, _)| *bound)
    }

    /// True when a count fell where it must rise, by more than rounding: scraped while it was written, or added up
    /// from histograms of different bounds.
    pub fn is_repaired(&self) -> bool {
        self.repaired
    }

    /// How many events there were in all.
    pub fn total(&self) -> f64 {
        self.edges.last().map_or(0.0, |(_, count)| *count)
    }

    /// How many events were at or below a bound; none when no bucket ends there.
    pub fn at_most(&self, bound: f64) -> Option<f64> {
        self.edges.iter().find(|(edge, _)| same(*edge, bound)).map(|(_, count)| *count)
    }

    /// Both together, on the bounds they have in common: there, and only there, the sums are exact.
    ///
    /// # Errors
    /// [`NoHistogram::Strangers`] when that is none but the last.
    pub fn merge(&self, other: &Self) -> Result<Self, NoHistogram> {
        let common =
            self.edges.iter().filter_map(|(bound, count)| Some((*bound, count + other.at_most(*bound)?)));
        let edges: Vec<(f64, f64)> = common.collect();
        if edges.len() < 2 {
            return Err(NoHistogram::Strangers);
        }
        Ok(Self { edges, repaired: self.repaired || other.repaired })
    }

    /// The quantile of a share of the events, 0 to 1; none without events, and for a share that is none.
    pub fn quantile(&self, share: f64) -> Option<Quantile> {
        let total = self.total();
        if !(0.0..=1.0).contains(&share) || total <= 0.0 {
            return None;
        }
        let rank = share * total;
        let finite = self.edges.split_last().map_or(&[][..], |(_, finite)| finite);
        let Some(place) = finite.iter().position(|(_, count)| *count >= rank) else {
            // Beyond the last finite bound: that bound is all that is known.
            let lower = finite.last().map_or(f64::NEG_INFINITY, |(bound, _)| *bound);
            return Some(Quantile { value: lower, lower, upper: f64::INFINITY });
        };
        let (upper, count) = finite.get(place).copied()?;
        let before = place.checked_sub(1).and_then(|before| finite.get(before).copied());
        let (lower, below) = match before {
            Some(edge) => edge,
            // Times and sizes begin at zero; of a bucket that ends below it, only its end is known.
            None if upper > 0.0 => (0.0, 0.0),
            None => return Some(Quantile { value: upper, lower: f64::NEG_INFINITY, upper }),
        };
        let inside = count - below;
        let part = if inside > 0.0 { (rank - below) / inside } else { 1.0 };
        Some(Quantile { value: lower + (upper - lower) * part, lower, upper })
    }
}

/// The bounds nearest to one that no bucket ends at, below and above it; for a sentence to the person who wrote it.
pub fn nearest(bounds: impl IntoIterator<Item = f64>, wanted: f64) -> (Option<f64>, Option<f64>) {
    let mut found: (Option<f64>, Option<f64>) = (None, None);
    for bound in bounds.into_iter().filter(|bound| bound.is_finite()) {
        if bound <= wanted {
            found.0 = Some(found.0.map_or(bound, |best| best.max(bound)));
        } else {
            found.1 = Some(found.1.map_or(bound, |best| best.min(bound)));
        }
    }
    found
}

/// Whether two bounds are meant to be one: exporters print them from 32-bit floats and by hand.
pub fn same(one: f64, other: f64) -> bool {
    one == other
        || (one - other).abs() <= 1e-6 * one.abs().max(other.abs()) && one.is_finite() && other.is_finite()
}

#[cfg(test)]
mod tests;
