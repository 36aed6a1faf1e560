//! What a decider did in one replication, and in all.

/// Ticks of 15 s in the hour that is watched.
pub const TICKS: usize = 240;
/// Ticks to the minute.
pub const MINUTE: usize = 4;

/// What a decider did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// The tick of the roll-back.
    pub back: Option<usize>,
    /// The tick of the promotion, had nothing been rolled back before.
    pub on: Option<usize>,
    /// How often it changed its mind.
    pub flips: u32,
    /// Canary requests that failed, up to the roll-back, only because the canary is worse.
    pub excess: f64,
}

impl Outcome {
    /// Of a decider that promotes at the end of the hour unless it rolled back.
    pub fn by_schedule((back, flips): (Option<usize>, u32)) -> Self {
        Self { back, flips, on: Some(TICKS), excess: 0.0 }
    }
    fn back_first(&self) -> bool {
        self.back.is_some_and(|back| self.on.is_none_or(|on| back <= on))
    }
    fn on_first(&self) -> bool {
        self.on.is_some() && !self.back_first()
    }
}

/// What it did in all replications of a scenario.
pub struct Record {
    pub decider: &'static str,
    pub outcomes: Vec<Outcome>,
}

impl Record {
    fn share(&self, of: impl Fn(&Outcome) -> bool) -> f64 {
        self.outcomes.iter().filter(|outcome| of(outcome)).count() as f64 / self.outcomes.len().max(1) as f64
    }
    /// The share of replications with a roll-back in the hour, whatever was promoted before.
    pub fn ever_back(&self) -> f64 {
        self.share(|outcome| outcome.back.is_some())
    }
    pub fn back_first(&self) -> f64 {
        self.share(Outcome::back_first)
    }
    pub fn on_first(&self) -> f64 {
        self.share(Outcome::on_first)
    }
    pub fn hold(&self) -> f64 {
        self.share(|outcome| outcome.back.is_none() && outcome.on.is_none())
    }
    /// Minutes from `onset` to the roll-back, at a quantile of those that came after it.
    pub fn delay(&self, onset: usize, quantile: f64) -> Option<f64> {
        let late = self.outcomes.iter().filter_map(|outcome| outcome.back).filter(|back| *back >= onset);
        pick(late.map(|back| minutes(back - onset)).collect(), quantile)
    }
    /// Minutes to the promotion, where it came first.
    pub fn to_promote(&self) -> Option<f64> {
        let on = self.outcomes.iter().filter(|outcome| outcome.on_first()).filter_map(|outcome| outcome.on);
        pick(on.map(minutes).collect(), 0.5)
    }
    pub fn excess(&self) -> f64 {
        self.outcomes.iter().map(|outcome| outcome.excess).sum::<f64>() / self.outcomes.len().max(1) as f64
    }
    pub fn flips(&self) -> f64 {
        let flips: u32 = self.outcomes.iter().map(|outcome| outcome.flips).sum();
        f64::from(flips) / self.outcomes.len().max(1) as f64
    }
}

fn minutes(ticks: usize) -> f64 {
    ticks as f64 / MINUTE as f64
}

fn pick(mut values: Vec<f64>, quantile: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let place = (quantile * values.len() as f64).ceil() as usize;
    values.get(place.saturating_sub(1)).copied()
}
