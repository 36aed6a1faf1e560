//! How large a difference is, in numbers without a unit.

use super::pair::Pair;
use super::shift::Shift;

/// The mean of x over the mean of y, of finite values; none when either mean is 0, where a ratio says nothing.
pub fn mean_ratio(pair: &Pair) -> Option<f64> {
    let (x, y) = (pair.x.mean()?, pair.y.mean()?);
    (x != 0.0 && y != 0.0).then(|| x / y).filter(|ratio| ratio.is_finite())
}

/// The common-language effect size: the share of pairs in which x is above y, a tie counting half; 0.5 is no effect.
pub fn common_language(pair: &Pair) -> f64 {
    Shift::new(pair).u() / (pair.x.count * pair.y.count)
}
