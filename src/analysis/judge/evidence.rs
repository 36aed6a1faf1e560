//! The evidence of one signal: of its errors, or of what is slower than each of up to three bounds.
//!
//! The e-value of several bounds is the mean of theirs, which is an e-value whatever they have to do with each other.
//! That a canary is fine by the mean does not say that it is fine by each bound, so a promotion also asks that none
//! of them speaks for worse on its own.

use crate::analysis::Tally;
use crate::analysis::sequential::{Draw, Mixture, Ratio, log_mean_exp, ratio};

/// The mixtures of one signal, one a bound.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    bounds: Vec<Mixture>,
    /// Of each bound, what speaks for worse.
    each: Vec<f64>,
    worse: f64,
    fine: f64,
}

impl Evidence {
    /// Nothing seen yet.
    pub(super) fn new(bounds: usize, mixture: &Mixture) -> Self {
        Self { bounds: vec![mixture.clone(); bounds], each: vec![0.0; bounds], worse: 0.0, fine: 0.0 }
    }
    /// A start is reached, to which so many steps are lost already.
    pub(super) fn start(&mut self, at: i64, lost: u64) {
        self.bounds.iter_mut().for_each(|bound| bound.start(at, lost));
    }
    /// So many steps are lost.
    pub(super) fn lose(&mut self, steps: u64) {
        self.bounds.iter_mut().for_each(|bound| bound.lose(steps));
    }
    /// Takes notice of what a step may hold.
    pub(super) fn note(&mut self, canary: Tally, baseline: Tally) {
        for (bound, draw) in self.bounds.iter_mut().zip(draws(canary, baseline)) {
            bound.note(draw);
        }
    }
    /// Counts a step.
    pub(super) fn add(&mut self, canary: Tally, baseline: Tally) {
        let mut bad = false;
        for (bound, draw) in self.bounds.iter_mut().zip(draws(canary, baseline)) {
            bad |= draw.canary > 0 || draw.baseline > 0;
            bound.add(draw);
        }
        if bad {
            self.each = self.bounds.iter().map(Mixture::worse).collect();
            self.worse = mean(&self.each);
            self.fine = self.mean(Mixture::fine);
        }
    }

    /// The logarithm of the e-value against "at most harmless".
    pub(super) fn worse(&self) -> f64 {
        self.worse
    }
    /// The logarithm of the e-value against "as bad as what is not let on".
    pub(super) fn fine(&self) -> f64 {
        self.fine
    }
    /// [`Self::worse`] of the bound that is worst.
    pub(super) fn worst(&self) -> f64 {
        self.each.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }
    /// [`Self::worse`] whatever the lost steps held, within what was seen.
    pub(super) fn worse_at_least(&self) -> f64 {
        if self.lost() == 0 { self.worse } else { self.mean(Mixture::worse_at_least) }
    }
    /// [`Self::worst`] whatever the lost steps held, within what was seen.
    pub(super) fn worst_at_most(&self) -> f64 {
        if self.lost() == 0 { self.worst() } else { self.most(Mixture::worse_at_most) }
    }
    /// [`Self::fine`] whatever the lost steps held, within what was seen.
    pub(super) fn fine_at_least(&self) -> f64 {
        if self.lost() == 0 { self.fine } else { self.mean(Mixture::fine_at_least) }
    }
    /// The most steps that are lost to a start.
    pub(super) fn lost(&self) -> u64 {
        self.bounds.first().map_or(0, Mixture::lost)
    }
    /// True when the first start is reached.
    pub(super) fn started(&self) -> bool {
        self.first_start().is_some()
    }
    /// When the first start was reached.
    pub(super) fn first_start(&self) -> Option<i64> {
        Some(self.bounds.first()?.starts().first()?.at)
    }
    /// The ratio at the bound that speaks loudest for worse; at the first when none does.
    pub(super) fn ratio(&self, alpha: f64) -> Ratio {
        self.bounds.get(self.shown()).map_or_else(Ratio::default, |bound| ratio(bound, alpha))
    }
    /// Which bound the ratio is of.
    pub(super) fn shown(&self) -> usize {
        let first = self.each.first().map_or(0.0, |first| first.max(0.0));
        let loudest = self.each.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        loudest.filter(|(_, worse)| **worse > first).map_or(0, |(place, _)| place)
    }
    /// The largest log likelihood against each limit since the first start: for worse, and for fine.
    pub(super) fn best(&self) -> (f64, f64) {
        let starts = || self.bounds.iter().filter_map(|bound| Some((bound, bound.starts().first()?)));
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
        (
            most(&mut starts().map(|(bound, start)| bound.best_worse(start))),
            most(&mut starts().map(|(bound, start)| bound.best_fine(start))),
        )
    }

    fn mean(&self, of: impl Fn(&Mixture) -> f64) -> f64 {
        mean(&self.bounds.iter().map(of).collect::<Vec<_>>())
    }
    fn most(&self, of: impl Fn(&Mixture) -> f64) -> f64 {
        self.bounds.iter().map(of).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// The logarithm of the mean of e-values.
fn mean(of: &[f64]) -> f64 {
    // One alone keeps its last bit.
    if let [only] = of { *only } else { log_mean_exp(of) }
}

/// True when a step tells something of the ratio: both sides answered.
pub(super) fn tells(canary: Tally, baseline: Tally) -> bool {
    canary.total > 0 && baseline.total > 0
}

/// The bad events of a step, bound by bound. More bad ones than there are count as all.
fn draws(canary: Tally, baseline: Tally) -> impl Iterator<Item = Draw> {
    let (here, there) = (canary.total as f64, baseline.total as f64);
    let share = here / (here + there);
    canary.bad.into_iter().zip(baseline.bad).map(move |(bad, other)| Draw {
        canary: bad.min(canary.total),
        baseline: other.min(baseline.total),
        share,
    })
}
