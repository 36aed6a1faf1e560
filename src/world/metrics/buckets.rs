//! The bounds a plan names, held against the buckets there are.

use crate::analysis::histogram::{nearest, same};
use crate::base::Quantity;

/// Whether every bound is the end of a bucket; without any buckets there is nothing to hold it against.
///
/// # Errors
/// Which is none, and the nearest ends there are.
pub(super) fn check(bounds: &[Quantity], ends: impl IntoIterator<Item = f64>) -> Result<(), String> {
    let mut ends: Vec<f64> = ends.into_iter().collect();
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    if ends.is_empty() {
        return Ok(());
    }
    if bounds.is_empty() {
        let ends: Vec<String> = ends.iter().map(ToString::to_string).collect();
        return Err(format!("no bounds: write bounds = [\"…\"] with up to three of {}", ends.join(", ")));
    }
    let Some(bound) = bounds.iter().find(|bound| !ends.iter().any(|end| same(*end, bound.value))) else {
        return Ok(());
    };
    let unit = |value: f64| Quantity::new(value, bound.unit.clone()).to_string();
    let near = match nearest(ends, bound.value) {
        (Some(below), Some(above)) => format!("{} and {}", unit(below), unit(above)),
        (Some(one), None) | (None, Some(one)) => unit(one),
        (None, None) => "none at all".to_owned(),
    };
    Err(format!("no bucket ends at {bound}; the nearest ends are {near}: write one of them"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Unit;

    #[test]
    fn a_bound_that_is_no_end_is_named_with_the_nearest() {
        let seconds = |value: f64| Quantity::new(value, Unit::Seconds);
        let ends = [0.1, 0.25, 0.5, 1.0, f64::INFINITY];
        assert_eq!(check(&[seconds(0.25), seconds(1.0)], ends), Ok(()));
        let error = check(&[seconds(0.25), seconds(0.3)], ends).expect_err("0.3 is no end");
        assert_eq!(
            error,
            "no bucket ends at 300 ms; the nearest ends are 250 ms and 500 ms: write one of them"
        );
        let error = check(&[seconds(30.0)], ends).expect_err("30 is no end");
        assert!(error.contains("are 1 s:"), "{error}");
        assert!(check(&[], ends).expect_err("no bounds").contains("0.1, 0.25"));
        assert_eq!(check(&[seconds(0.3)], []), Ok(()));
    }
}
