//! What the judge is told before it begins.

use serde::{Deserialize, Serialize};

use crate::analysis::Tally;
use crate::base::Seconds;

/// The limits of a judgement. The defaults are those the simulated scenarios were measured with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settings {
    /// A canary up to so many times as bad as the baseline does no harm; 1.1.
    pub rho0: f64,
    /// A canary so many times as bad is not let on; 2, or 1.5 for latency.
    pub rho_max: f64,
    /// How often a harmless canary may be rolled back, ever; 0.01.
    pub alpha: f64,
    /// How often a canary at `rho_max` or above may be promoted, ever; 0.05.
    pub beta: f64,
    /// How long there must be good data before a promotion; 10 min.
    pub dwell: Seconds,
    /// How long after the beginning, and after each new stage, samples do not count; 3 min.
    pub warm_up: Seconds,
    /// How much more the bad events of this signal scatter than chance alone would have them; 1 or more.
    pub phi: f64,
    /// How far apart the steps should be: what is missing between two that are further apart is lost, and the judge
    /// does not act as if it had not been. A difference of counters over several of them is told by it, too: one that
    /// reaches over a start or a stage counts for neither side of it. None when every missing step is handed in as such.
    pub every: Option<Seconds>,
    /// How many kinds of bad event are judged together: 1 for errors, up to 3 for what is slower than so many bounds.
    pub bounds: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rho0: 1.1,
            rho_max: 2.0,
            alpha: 0.01,
            beta: 0.05,
            dwell: Seconds(600),
            warm_up: Seconds(180),
            phi: 1.0,
            every: None,
            bounds: 1,
        }
    }
}

/// Settings that nothing can be judged with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// A ratio is not a number above zero.
    #[error("{name} is a ratio above 0, not {value}; write {example}")]
    Ratio {
        /// Which.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        example: f64,
    },
    /// The harmless limit does not lie below the largest acceptable one.
    #[error(
        "rho0 {rho0} is not below rho-max {rho_max}: no ratio would be neither harmless nor too bad; write rho0 1.1 and rho-max 2"
    )]
    Crossed {
        /// The harmless limit.
        rho0: f64,
        /// The largest acceptable ratio.
        rho_max: f64,
    },
    /// A chance is not between zero and one.
    #[error("{name} is a chance between 0 and 1, not {value}; write {example}")]
    Chance {
        /// Which.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        example: f64,
    },
    /// The dispersion is below one.
    #[error("phi is 1 or more, not {0}: below 1 it would make evidence of nothing; write 1")]
    Dispersion(f64),
    /// Steps are expected no time apart.
    #[error("steps are at least a second apart; write 15s")]
    NoTime,
    /// There are no bounds, or more than a sample counts.
    #[error("a signal has 1 to {most} bounds, not {0}; write the ones nearest to the target", most = Tally::BOUNDS)]
    Bounds(usize),
}

impl Settings {
    /// Says what is wrong with them.
    ///
    /// # Errors
    /// The first that is.
    pub fn check(&self) -> Result<(), Unfit> {
        for (name, value, example) in [("rho0", self.rho0, 1.1), ("rho-max", self.rho_max, 2.0)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Unfit::Ratio { name, value, example });
            }
        }
        if self.rho0 >= self.rho_max {
            return Err(Unfit::Crossed { rho0: self.rho0, rho_max: self.rho_max });
        }
        for (name, value, example) in [("alpha", self.alpha, 0.01), ("beta", self.beta, 0.05)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(Unfit::Chance { name, value, example });
            }
        }
        if !(self.phi.is_finite() && self.phi >= 1.0) {
            return Err(Unfit::Dispersion(self.phi));
        }
        if self.every == Some(Seconds(0)) {
            return Err(Unfit::NoTime);
        }
        if !(1..=Tally::BOUNDS).contains(&self.bounds) {
            return Err(Unfit::Bounds(self.bounds));
        }
        Ok(())
    }
    /// The log e-value at which the canary is rolled back.
    pub fn worse_bar(&self) -> f64 {
        -self.alpha.ln()
    }
    /// The log e-value from which it may be promoted.
    pub fn fine_bar(&self) -> f64 {
        -self.beta.ln()
    }
}
