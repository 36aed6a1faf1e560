//! The same evidence on another grid: forty ratios from 1.05 to 32 times the harmless one, as a first simulation of
//! this design had them. The judge that ships begins at 1.09 times it and goes up in eighths of an octave.

use tminus::analysis::judge::Settings;

use super::counts::{Tick, steps};
use super::outcome::Outcome;

const RATIOS: usize = 40;
/// Ticks of the warm-up, and between later starts.
const WARM_UP: usize = 12;
const SPACING: usize = 20;
/// Later starts, which share half of the weight.
const LATER: usize = 11;

/// When the evidence on that grid would roll back.
pub fn rolled_back(settings: Settings, ticks: &[Tick]) -> Outcome {
    let span = (32.0_f64 / 1.05).ln();
    let ratio = |k: usize| settings.rho0 * 1.05 * (span * k as f64 / (RATIOS - 1) as f64).exp();
    let ratios: Vec<f64> = (0..RATIOS).map(ratio).collect();
    let mut sums = vec![0.0; RATIOS];
    let mut starts: Vec<Vec<f64>> = Vec::new();
    for step in steps(ticks) {
        let tick = (step.at.as_second() / 15) as usize;
        if tick <= WARM_UP {
            continue;
        }
        let due = 1 + (tick - WARM_UP - 1) / SPACING;
        while starts.len() < due.min(LATER + 1) {
            starts.push(sums.clone());
        }
        let Some((canary, baseline)) = step.both() else { continue };
        let (x, k) = (canary.bad[0] as f64, (canary.bad[0] + baseline.bad[0]) as f64);
        if k == 0.0 {
            continue;
        }
        let share = canary.total as f64 / (canary.total + baseline.total) as f64;
        let level = settings.rho0 * share + 1.0 - share;
        for (sum, ratio) in sums.iter_mut().zip(&ratios) {
            let gain = x * (ratio / settings.rho0).ln() - k * ((ratio * share + 1.0 - share) / level).ln();
            *sum += gain / settings.phi;
        }
        let of = |start: &Vec<f64>| {
            sums.iter().zip(start).map(|(now, then)| (now - then).exp()).sum::<f64>() / RATIOS as f64
        };
        let mut values = starts.iter().map(of);
        let first = values.next().unwrap_or(1.0);
        let later = values.sum::<f64>() + (LATER + 1 - starts.len()) as f64;
        if 0.5 * first + 0.5 * later / LATER as f64 >= 1.0 / settings.alpha {
            return Outcome { back: Some(tick), ..Outcome::default() };
        }
    }
    Outcome::default()
}
