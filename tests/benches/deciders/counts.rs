//! Counts of both versions as a metric system shows them: a scrape may be lost, and the system may be down.

use tminus::analysis::Tally;
use tminus::analysis::judge::Step;
use tminus::base::Timestamp;

/// What came of a scrape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scrape {
    #[default]
    Good,
    /// Counters run on: the next scrape shows what this one would have.
    Lost,
    /// Nothing can be asked, and what happens now is never shown.
    Down,
}

/// What happened in one tick: the canary, and the baseline, of which a part is as large as the canary.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tick {
    pub canary: Tally,
    pub control: Tally,
    pub rest: Tally,
    pub scrape: Scrape,
}

/// The counts of the last `window` ticks, as far as they can be seen at a tick, which is counted from 1. None when
/// nothing answers.
pub fn window(ticks: &[Tick], at: usize, window: usize, of: impl Fn(&Tick) -> Tally) -> Option<Tally> {
    let seen = ticks.get(..at)?;
    if seen.last().is_some_and(|tick| tick.scrape == Scrape::Down) {
        return None;
    }
    // What the newest scrapes missed is not to be seen yet.
    let shown = seen.iter().rposition(|tick| tick.scrape == Scrape::Good).map_or(0, |last| last + 1);
    let from = at.saturating_sub(window).min(shown);
    let parts = seen.get(from..shown)?.iter().filter(|tick| tick.scrape != Scrape::Down);
    Some(parts.fold(Tally::default(), |sum, tick| sum.plus(of(tick))))
}

/// The steps that the judge is given.
pub fn steps(ticks: &[Tick]) -> Vec<Step> {
    let (mut canary, mut baseline) = (Tally::default(), Tally::default());
    let mut steps = Vec::with_capacity(ticks.len());
    for (place, tick) in ticks.iter().enumerate() {
        let at = Timestamp::from_second(15 * (place as i64 + 1)).unwrap_or_default();
        if tick.scrape == Scrape::Down {
            (canary, baseline) = (Tally::default(), Tally::default());
            steps.push(Step::missing(at));
            continue;
        }
        canary = canary.plus(tick.canary);
        baseline = baseline.plus(tick.control).plus(tick.rest);
        if tick.scrape == Scrape::Good {
            steps.push(Step::since_last(at, canary, baseline));
            (canary, baseline) = (Tally::default(), Tally::default());
        }
    }
    steps
}
