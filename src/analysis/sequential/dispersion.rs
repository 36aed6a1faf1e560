//! How much more bad events scatter than chance alone would have them.
//!
//! Errors come in bursts, which no binomial bound covers. Two halves of one version, judged against each other before
//! a release, show how much: the Pearson statistic of the split of bad events, over blocks of several lengths because
//! a burst of minutes does not show in steps of seconds. The largest of them is what log likelihoods are divided by.
//! This is a calibration on data of the same kind, not a theorem; bursts longer than the longest block are not covered.
//! Estimated during a release it would take a regression for a burst, so it never is.

use serde::{Deserialize, Serialize};

use super::sums::Draw;

/// Lengths of the blocks, in steps.
pub const BLOCKS: [usize; 5] = [1, 4, 12, 20, 40];
/// Blocks with bad events that a length needs to say something.
const ENOUGH: usize = 5;

/// What two halves of one version showed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispersion {
    /// What log likelihoods are divided by, 1 or more.
    pub phi: f64,
    /// The length of block that scattered most, in steps.
    pub block: usize,
    /// How many blocks of that length had bad events.
    pub blocks: usize,
}

/// The dispersion of the split of bad events between two halves of one version, step by step; none for a step without
/// samples. None when there were too few bad events to say: then there is no calibration, and one has to be assumed.
pub fn dispersion(steps: &[Option<Draw>]) -> Option<Dispersion> {
    let of = |block: usize| {
        let scattered: Vec<f64> = steps.chunks_exact(block).filter_map(pearson).collect();
        let blocks = scattered.len();
        (blocks >= ENOUGH).then(|| Dispersion {
            phi: (scattered.iter().sum::<f64>() / blocks as f64).max(1.0),
            block,
            blocks,
        })
    };
    BLOCKS.into_iter().filter_map(of).max_by(|a, b| a.phi.total_cmp(&b.phi))
}

/// The squared deviation of a block from its expectation, over its variance; none without bad events.
fn pearson(block: &[Option<Draw>]) -> Option<f64> {
    let (mut off, mut variance) = (0.0, 0.0);
    for draw in block.iter().flatten() {
        let all = draw.canary as f64 + draw.baseline as f64;
        off += draw.canary as f64 - all * draw.share;
        variance += all * draw.share * (1.0 - draw.share);
    }
    (variance > 0.0).then(|| off * off / variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(of: impl Fn(usize) -> (u64, u64)) -> Vec<Option<Draw>> {
        let draw = |(canary, baseline)| Some(Draw { canary, baseline, share: 0.5 });
        (0..480).map(|step| draw(of(step))).collect()
    }

    #[test]
    fn bursts_show_at_their_own_length() {
        let even = dispersion(&steps(|step| if step % 2 == 0 { (5, 4) } else { (4, 5) })).expect("enough");
        assert_eq!(even.phi, 1.0);
        // Ten minutes at a time one half has most of the errors.
        let bursty = steps(|step| if step / 40 % 2 == 0 { (7, 3) } else { (3, 7) });
        let found = dispersion(&bursty).expect("enough");
        assert_eq!((found.block, found.blocks), (40, 12));
        assert!((found.phi - 64.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn too_few_bad_events_say_nothing() {
        assert_eq!(dispersion(&steps(|step| (u64::from(step % 120 == 0), 0))), None);
        assert_eq!(dispersion(&vec![None; 480]), None);
    }
}
