//! Two samples, made ready: NaN left out, sorted, equal values counted together.

/// One sample, sorted; equal values are one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// Distinct values, rising, and how often each occurs.
    pub runs: Vec<(f64, f64)>,
    /// How many values there are.
    pub count: f64,
}

impl Values {
    fn new(values: &[f64], scale: f64) -> Option<Self> {
        let mut sorted: Vec<f64> =
            values.iter().filter(|value| !value.is_nan()).map(|value| value * scale).collect();
        if sorted.is_empty() {
            return None;
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let mut runs: Vec<(f64, f64)> = Vec::with_capacity(sorted.len());
        for value in sorted.iter().copied() {
            match runs.last_mut() {
                Some((last, count)) if *last == value => *count += 1.0,
                _ => runs.push((value, 1.0)),
            }
        }
        Some(Self { runs, count: sorted.len() as f64 })
    }

    /// Every value, rising.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.runs.iter().flat_map(|(value, count)| std::iter::repeat_n(*value, *count as usize))
    }

    /// The smallest and the largest finite value, if there is one.
    pub fn finite(&self) -> Option<(f64, f64)> {
        let mut finite = self.runs.iter().map(|(value, _)| *value).filter(|value| value.is_finite());
        let first = finite.next()?;
        Some((first, finite.next_back().unwrap_or(first)))
    }

    /// How many values are this infinity.
    pub(super) fn infinite(&self, infinity: f64) -> f64 {
        self.runs.iter().find(|(value, _)| *value == infinity).map_or(0.0, |(_, count)| *count)
    }

    /// The mean of the finite values.
    pub fn mean(&self) -> Option<f64> {
        let (sum, count) = self
            .runs
            .iter()
            .filter(|(value, _)| value.is_finite())
            .fold((0.0, 0.0), |(sum, count), (value, times)| (sum + value * times, count + times));
        (count > 0.0).then(|| sum / count)
    }

    /// Sum over the groups of equal values of t³ - t, the correction for ties.
    pub(super) fn ties(&self) -> f64 {
        self.runs.iter().map(|(_, t)| t * t * t - t).sum()
    }
}

/// The sample that is tested and the one it is held against; neither is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The one that is tested: the canary.
    pub x: Values,
    /// The one it is held against: the baseline.
    pub y: Values,
    /// What one unit of the prepared values is worth in the unit of the data: a power of two, so that it loses nothing.
    pub unit: f64,
}

impl Pair {
    /// Takes two samples in; `None` when one has no value that is a number or an infinity.
    ///
    /// Values at the ends of what a float holds are brought to its middle, so that no sum of theirs overflows.
    pub fn new(x: &[f64], y: &[f64]) -> Option<Self> {
        let finite = x.iter().chain(y).copied().filter(|value| value.is_finite());
        let largest = finite.map(f64::abs).fold(0.0, f64::max);
        let scale = match largest {
            huge if huge > 1e200 => (-600.0_f64).exp2(),
            tiny if tiny > 0.0 && tiny < 1e-200 => 600.0_f64.exp2(),
            _ => 1.0,
        };
        Some(Self { x: Values::new(x, scale)?, y: Values::new(y, scale)?, unit: 1.0 / scale })
    }

    /// True when both hold the same values equally often.
    pub fn identical(&self) -> bool {
        self.x == self.y
    }

    /// True when each value occurs once in both together.
    pub fn untied(&self) -> bool {
        let once = |values: &Values| values.runs.iter().all(|(_, count)| *count == 1.0);
        let shared = || self.x.runs.iter().any(|(value, _)| self.y.holds(*value));
        once(&self.x) && once(&self.y) && !shared()
    }

    /// The smallest and the largest difference x - y between finite values.
    pub fn differences(&self) -> Option<(f64, f64)> {
        let ((x_low, x_high), (y_low, y_high)) = (self.x.finite()?, self.y.finite()?);
        Some((x_low - y_high, x_high - y_low))
    }

    /// The differences x - y around `at`: the largest that is not above it, the smallest that is.
    pub(super) fn around(&self, at: f64) -> (Option<f64>, Option<f64>) {
        let (mut below, mut above): (Option<f64>, Option<f64>) = (None, None);
        let y = &self.y.runs;
        let mut place = 0;
        for (x, _) in &self.x.runs {
            while y.get(place).is_some_and(|(y, _)| x - y > at) {
                place += 1;
            }
            let difference = |(y, _): &(f64, f64)| Some(x - y).filter(|difference| difference.is_finite());
            if let Some(more) = place.checked_sub(1).and_then(|last| y.get(last)).and_then(difference) {
                above = Some(above.map_or(more, |above| above.min(more)));
            }
            if let Some(less) = y.get(place).and_then(difference) {
                below = Some(below.map_or(less, |below| below.max(less)));
            }
        }
        (below, above)
    }
}

impl Values {
    fn holds(&self, value: f64) -> bool {
        // Zero has two signs, which are one value but two places in the order.
        let place = self.runs.partition_point(|(held, _)| *held < value);
        self.runs.get(place).is_some_and(|(held, _)| *held == value)
    }
}
