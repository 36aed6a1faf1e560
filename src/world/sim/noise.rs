//! Noise without a generator: the same seed, name and moment always give the same number.

use crate::base::{Digest, Timestamp};

/// Up to this mean events are few.
const FEW: f64 = 30.0;
/// No more of the few than this: further out nothing is left of the distribution.
const MOST: u64 = 200;

/// A number in -1 to 1, evenly spread, for a named thing at a moment.
pub(super) fn around_zero(seed: u64, name: &str, at: Timestamp) -> f64 {
    share(seed, name, at).mul_add(2.0, -1.0)
}

/// A number in 0 to 1, evenly spread, for a named thing at a moment.
pub(super) fn share(seed: u64, name: &str, at: Timestamp) -> f64 {
    shares(seed, name, at).next().unwrap_or(0.5)
}

/// Eight numbers in 0 to 1, evenly spread.
fn shares(seed: u64, name: &str, at: Timestamp) -> impl Iterator<Item = f64> {
    let digest =
        Digest::of_parts([&seed.to_be_bytes()[..], &at.as_second().to_be_bytes()[..], name.as_bytes()]);
    let bytes = *digest.as_bytes();
    (0..8).map(move |place| {
        let word = bytes.iter().skip(place * 4).take(4).fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        f64::from(word) / f64::from(u32::MAX)
    })
}

/// How many of so many events are as the chance has it: by a Poisson distribution when they are few, by a sum of
/// even shares, which is close to a normal one, when they are many.
pub(super) fn events(seed: u64, name: &str, at: Timestamp, (all, chance): (u64, f64)) -> u64 {
    let mean = all as f64 * chance;
    if mean <= 0.0 {
        return 0;
    }
    if mean > FEW {
        let sum: f64 = shares(seed, name, at).sum();
        let deviations = (sum - 4.0) / (8.0f64 / 12.0).sqrt();
        let found = mean + deviations * (mean * (1.0 - chance)).max(0.0).sqrt();
        return (found.round().max(0.0) as u64).min(all);
    }
    let wanted = share(seed, name, at);
    let (mut count, mut term) = (0u64, (-mean).exp());
    let mut below = term;
    while below < wanted && count < all.min(MOST) {
        count += 1;
        term *= mean / count as f64;
        below += term;
    }
    count
}
