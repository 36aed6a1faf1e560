//! The e-values of one signal: the weighted mean over all starts, against each of the two hypotheses.
//!
//! `worse` speaks against "the ratio is at most `ρ₀`", `fine` against "the ratio is at least `ρmax`". One start's
//! e-value is the mean, over the ratios of the grid, of the likelihood against the limit. Dividing the log likelihood
//! by the dispersion `φ ≥ 1` makes bursts weigh less: that is a calibration on data of the same kind, not a theorem.

use super::grid::{FINE, Grid, WORSE};
use super::schedule::{LATER, Schedule};
use super::sums::{Draw, Sums, Way, log_mean_exp, log_sum_exp};

/// One start: what had been seen, and what had been lost, when it was reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// When it was reached, in milliseconds.
    pub at: i64,
    before: Sums,
    /// Steps lost before it that are nothing to it, less those that are lost to it alone.
    lost: i64,
}

/// What a lost step may have held, as far as the steps that were seen tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Missing {
    canary: u64,
    baseline: u64,
    least: f64,
    most: f64,
}

impl Missing {
    /// Before anything was seen: a single bad event on either side.
    pub fn new() -> Self {
        Self { canary: 1, baseline: 1, least: 1.0, most: 0.0 }
    }
    /// Takes notice of a step.
    pub fn note(&mut self, draw: Draw) {
        self.canary = self.canary.max(draw.canary);
        self.baseline = self.baseline.max(draw.baseline);
        self.least = self.least.min(draw.share);
        self.most = self.most.max(draw.share);
    }
    /// The step that speaks best for the canary: as many bad events of the baseline as were ever seen, none of its own.
    fn kind(self) -> Draw {
        Draw { canary: 0, baseline: self.baseline, share: self.most.max(f64::MIN_POSITIVE) }
    }
    /// The step that speaks worst of it.
    fn unkind(self) -> Draw {
        Draw { canary: self.canary, baseline: 0, share: self.least }
    }
}

impl Default for Missing {
    fn default() -> Self {
        Self::new()
    }
}

/// The evidence of one signal from all of its starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    grid: Grid,
    phi: f64,
    now: Sums,
    lost: i64,
    missing: Missing,
    starts: Vec<Start>,
}

impl Mixture {
    /// Nothing seen yet: limits `ρ₀` and `ρmax`, dispersion `φ`.
    pub fn new(harmless: f64, largest: f64, phi: f64) -> Self {
        let grid = Grid::new(harmless, largest);
        let now = Sums::new(&grid);
        Self { grid, phi, now, lost: 0, missing: Missing::new(), starts: Vec::with_capacity(1 + LATER) }
    }
    /// A start is reached: it counts what comes from here on. So many steps are lost to it already, though not to
    /// the others.
    pub fn start(&mut self, at: i64, lost: u64) {
        if self.starts.len() <= LATER {
            let lost = self.lost.saturating_sub_unsigned(lost);
            self.starts.push(Start { at, before: self.now.clone(), lost });
        }
    }
    /// Counts a step, for every start that was reached.
    pub fn add(&mut self, draw: Draw) {
        self.now.add(&self.grid, draw);
    }
    /// Takes notice of what a step may hold, whether it counts or not.
    pub fn note(&mut self, draw: Draw) {
        self.missing.note(draw);
    }
    /// So many steps are lost that would have counted.
    pub fn lose(&mut self, steps: u64) {
        self.lost = self.lost.saturating_add_unsigned(steps);
    }
    /// The starts reached so far.
    pub fn starts(&self) -> &[Start] {
        &self.starts
    }
    /// The ratios in use.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
    /// The dispersion.
    pub fn phi(&self) -> f64 {
        self.phi
    }
    /// All that was counted.
    pub fn sums(&self) -> &Sums {
        &self.now
    }
    /// The most steps that are lost to a start.
    pub fn lost(&self) -> u64 {
        let lost = self.starts.iter().map(|start| self.lost.saturating_sub(start.lost));
        lost.max().unwrap_or(0).max(0).unsigned_abs()
    }

    /// The logarithm of the e-value against "at most `ρ₀`".
    pub fn worse(&self) -> f64 {
        self.mean(|start| self.one::<WORSE>(start, self.grid.harmless(), Way::Up, None))
    }
    /// The logarithm of the e-value against "at least `ρmax`".
    pub fn fine(&self) -> f64 {
        self.mean(|start| self.one::<FINE>(start, self.grid.largest(), Way::Down, None))
    }
    /// [`Self::worse`] had each lost step spoken as well of the canary as any that was seen could.
    pub fn worse_at_least(&self) -> f64 {
        let fill = Sums::of(&self.grid, self.missing.kind());
        self.mean(|start| self.one::<WORSE>(start, self.grid.harmless(), Way::Up, Some(&fill)))
    }
    /// [`Self::worse`] had each lost step spoken as badly of the canary as any that was seen could.
    pub fn worse_at_most(&self) -> f64 {
        let fill = Sums::of(&self.grid, self.missing.unkind());
        self.mean(|start| self.one::<WORSE>(start, self.grid.harmless(), Way::Up, Some(&fill)))
    }
    /// [`Self::fine`] had each lost step spoken as badly of the canary as any that was seen could.
    pub fn fine_at_least(&self) -> f64 {
        let fill = Sums::of(&self.grid, self.missing.unkind());
        self.mean(|start| self.one::<FINE>(start, self.grid.largest(), Way::Down, Some(&fill)))
    }
    /// The logarithm of one start's e-value against "at most `ρ₀`".
    pub fn worse_since(&self, start: &Start) -> f64 {
        self.one::<WORSE>(start, self.grid.harmless(), Way::Up, None)
    }
    /// The largest log likelihood, of any ratio above `ρ₀`, against it since a start.
    pub fn best_worse(&self, start: &Start) -> f64 {
        most(&self.terms::<WORSE>(start, self.grid.harmless(), Way::Up, None))
    }
    /// The largest log likelihood, of any ratio below `ρmax`, against it since a start.
    pub fn best_fine(&self, start: &Start) -> f64 {
        most(&self.terms::<FINE>(start, self.grid.largest(), Way::Down, None))
    }

    /// What was seen since a start, rung by rung.
    pub(super) fn levels(&self, start: &Start) -> Vec<f64> {
        self.now.since(&start.before)
    }
    /// Bad events since a start: of the canary, of both.
    pub fn bad(&self, start: &Start) -> (f64, f64) {
        (self.now.canary() - start.before.canary(), self.now.all() - start.before.all())
    }

    fn one<const N: usize>(&self, start: &Start, limit: usize, way: Way, fill: Option<&Sums>) -> f64 {
        log_mean_exp(&self.terms::<N>(start, limit, way, fill))
    }

    fn terms<const N: usize>(&self, start: &Start, limit: usize, way: Way, fill: Option<&Sums>) -> [f64; N] {
        let mut terms = [0.0; N];
        self.now.against(Some(&start.before), limit, way, &mut terms);
        let lost = (self.lost - start.lost) as f64;
        let mut filled = [0.0; N];
        if let Some(fill) = fill.filter(|_| lost > 0.0) {
            fill.against(None, limit, way, &mut filled);
        }
        for (term, filled) in terms.iter_mut().zip(filled) {
            *term = (*term + lost * filled) / self.phi;
        }
        terms
    }

    /// The weighted mean over the starts; one not reached stands at one.
    fn mean(&self, one: impl Fn(&Start) -> f64) -> f64 {
        let mut terms = [0.0; LATER + 1];
        for (slot, term) in terms.iter_mut().enumerate() {
            *term = Schedule::weight(slot).ln() + self.starts.get(slot).map_or(0.0, &one);
        }
        log_sum_exp(&terms)
    }
}

fn most(terms: &[f64]) -> f64 {
    terms.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
