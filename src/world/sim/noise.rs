//! Noise without a generator: the same seed, name and moment always give the same number.

use crate::base::{Digest, Timestamp};

/// A number in -1 to 1, evenly spread, for a named thing at a moment.
pub(super) fn around_zero(seed: u64, name: &str, at: Timestamp) -> f64 {
    share(seed, name, at).mul_add(2.0, -1.0)
}

/// A number in 0 to 1, evenly spread, for a named thing at a moment.
pub(super) fn share(seed: u64, name: &str, at: Timestamp) -> f64 {
    let digest =
        Digest::of_parts([&seed.to_be_bytes()[..], &at.as_second().to_be_bytes()[..], name.as_bytes()]);
    let word = digest.as_bytes().iter().take(4).fold(0u32, |word, byte| word << 8 | u32::from(*byte));
    f64::from(word) / f64::from(u32::MAX)
}
