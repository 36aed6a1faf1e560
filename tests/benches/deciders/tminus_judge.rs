//! The judge of tminus, as it ships.

use tminus::analysis::judge::{Decision, Judge, Settings};
use tminus::analysis::sequential::{Draw, dispersion};
use tminus::base::{Seconds, Timestamp};

use super::counts::{Tick, steps};
use super::outcome::Outcome;

/// The judge's decisions, as it ships; and with the promotion that its rule would allow without asking that no start
/// speaks for worse.
pub fn judged(settings: Settings, ticks: &[Tick]) -> (Outcome, Outcome) {
    let settings = Settings { every: Some(Seconds(15)), ..settings };
    let mut judge = Judge::new(settings).expect("fit settings").begun(Timestamp::UNIX_EPOCH);
    let (mut ships, mut without) = (Outcome::default(), Outcome::default());
    let mut last = Decision::Hold;
    for step in steps(ticks) {
        let (seen, tick) = (step.both().is_some(), (step.at.as_second() / 15) as usize);
        let decision = judge.take(step);
        // The first promotion is what was waited for; a change after it is a change of mind.
        ships.flips += u32::from(decision != last && !(last == Decision::Hold && ships.on.is_none()));
        last = decision;
        match decision {
            Decision::Promote => ships.on = ships.on.or(Some(tick)),
            Decision::RollBack => ships.back = ships.back.or(Some(tick)),
            Decision::Hold => {}
        }
        let ready = tick * 15 >= settings.dwell.0 as usize && judge.log_e_ok() >= settings.fine_bar();
        if seen && ready && ships.back.is_none() {
            without.on = without.on.or(Some(tick));
        }
        if ships.back.is_some() {
            break;
        }
    }
    without.back = ships.back;
    (ships, without)
}

/// How much the bad events of a healthy pair scatter, at the worst of so many bounds.
pub fn calibrated(ticks: &[Tick], bounds: usize) -> f64 {
    let of = |bound: usize| {
        let draws: Vec<Option<Draw>> = ticks
            .iter()
            .map(|tick| {
                let baseline = tick.control.plus(tick.rest);
                let (here, there) = (tick.canary.total as f64, baseline.total as f64);
                (here > 0.0 && there > 0.0).then(|| Draw {
                    canary: tick.canary.bad[bound],
                    baseline: baseline.bad[bound],
                    share: here / (here + there),
                })
            })
            .collect();
        dispersion(&draws).map_or(1.0, |found| found.phi)
    };
    (0..bounds).map(of).fold(1.0, f64::max)
}
