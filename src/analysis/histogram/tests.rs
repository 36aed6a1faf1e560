//! Quantiles by the vectors of Prometheus, and what the vectors do not say.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::{Buckets, NoHistogram, Quantile, nearest};

const INF: f64 = f64::INFINITY;

/// The labels of a group without the bound, and its buckets.
type Groups = BTreeMap<BTreeMap<String, String>, Vec<(f64, f64)>>;

/// The share a vector asks for, and which labels it keeps: all of them, or those of its `by`.
fn asked(expression: &str) -> Option<(f64, Option<Vec<String>>)> {
    let inside = expression.strip_prefix("histogram_quantile(")?.strip_suffix(')')?;
    let (share, rest) = inside.split_once(", ")?;
    let share = match share.split_once("./") {
        Some((over, under)) => over.parse::<f64>().ok()? / under.trim_end_matches('.').parse::<f64>().ok()?,
        None => share.parse().ok()?,
    };
    // An average and its extrapolated edges are not what is asked of buckets here.
    if rest.contains("avg(") || rest.contains("const_histogram") {
        return None;
    }
    let by = rest.split_once("by (").map(|(_, by)| {
        let by = by.split(')').next().unwrap_or_default();
        by.split(", ").filter(|label| *label != "le").map(str::to_owned).collect()
    });
    Some((share, by))
}

/// The cumulative count of a series: its newest value, or what it added over a window of so many seconds.
fn count(series: &Value, at: f64, window: Option<f64>) -> Option<f64> {
    let every = series["interval_s"].as_f64()?;
    let values: Vec<f64> = series["values"].as_array()?.iter().filter_map(Value::as_f64).collect();
    let newest = (at / every).round() as usize;
    let last = *values.get(newest.min(values.len() - 1))?;
    Some(match window {
        None => last,
        Some(window) => last - values.get(newest.checked_sub((window / every) as usize - 1)?)?,
    })
}

fn groups(case: &Value, by: Option<&[String]>) -> Groups {
    let expression = case["expr"].as_str().expect("expr");
    let window = expression.split_once('[').map(|(_, rest)| {
        let minutes = rest.split_once("m]").map(|(minutes, _)| minutes.parse::<f64>().expect("minutes"));
        60.0 * minutes.expect("minutes")
    });
    let mut groups = Groups::new();
    for series in case["series"].as_array().expect("series") {
        let mut labels: BTreeMap<String, String> =
            serde_json::from_value(series["labels"].clone()).expect("labels");
        let bound = labels.remove("le").expect("le").parse().expect("a bound");
        if let Some(by) = by {
            labels.retain(|name, _| by.contains(name));
        }
        let at = case["eval_at_s"].as_f64().expect("time");
        let count = count(series, at, window).expect("a count");
        groups.entry(labels).or_default().push((bound, count));
    }
    groups
}

#[test]
fn the_vectors_of_classic_quantiles() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../tests/vectors/prometheus_histogram_quantile.json"))
            .expect("json");
    let mut met = 0;
    for case in vectors["cases"].as_array().expect("cases") {
        let expression = case["expr"].as_str().expect("expr");
        let Some((share, by)) = asked(expression) else { continue };
        let groups = groups(case, by.as_deref());
        for expected in case["expected"].as_array().expect("expected") {
            let labels: BTreeMap<String, String> =
                serde_json::from_value(expected["labels"].clone()).expect("labels");
            let buckets = Buckets::new(groups.get(&labels).expect("a group").iter().copied());
            let found = buckets.ok().and_then(|buckets| buckets.quantile(share));
            match expected["value"].as_f64() {
                Some(value) => {
                    let found = found.unwrap_or_else(|| panic!("{expression}: nothing"));
                    assert!((found.value - value).abs() < 1e-9, "{expression}: {found:?}, not {value}");
                    assert!(found.lower <= value && value <= found.upper, "{expression}: {found:?}");
                }
                // Outside 0 to 1 Prometheus says an infinity; nobody can do anything with it.
                None => assert_eq!(found, None, "{expression}"),
            }
            met += 1;
        }
    }
    assert_eq!(met, 37);
}

fn quantile(buckets: &[(f64, f64)], share: f64) -> Option<(f64, f64, f64)> {
    let found = Buckets::new(buckets.iter().copied()).expect("a histogram").quantile(share);
    found.map(|Quantile { value, lower, upper }| (lower, value, upper))
}

#[test]
fn a_quantile_is_known_to_its_bucket() {
    let buckets = [(0.25, 50.0), (0.5, 90.0), (1.0, 98.0), (INF, 100.0)];
    assert_eq!(quantile(&buckets, 0.95), Some((0.5, 0.5 + 0.5 * 5.0 / 8.0, 1.0)));
    assert_eq!(quantile(&buckets, 0.5), Some((0.0, 0.25, 0.25)));
    assert_eq!(quantile(&buckets, 0.99), Some((1.0, 1.0, INF)));
    assert_eq!(quantile(&[(1.0, 0.0), (INF, 0.0)], 0.5), None, "no events");
    assert_eq!(quantile(&[(-1.0, 4.0), (INF, 4.0)], 0.5), Some((f64::NEG_INFINITY, -1.0, -1.0)));
    assert_eq!(quantile(&buckets, 0.0), Some((0.0, 0.0, 0.25)));
}

#[test]
fn what_is_no_histogram_is_said() {
    assert_eq!(Buckets::new([(1.0, 1.0), (2.0, 1.0)]), Err(NoHistogram::NoTop));
    assert_eq!(Buckets::new([]), Err(NoHistogram::NoTop));
    assert_eq!(Buckets::new([(INF, 1.0)]), Err(NoHistogram::OneBucket));
    assert_eq!(Buckets::new([(f64::NAN, 1.0), (INF, 1.0)]), Err(NoHistogram::NotANumber));
    assert_eq!(Buckets::new([(1.0, INF), (INF, 1.0)]), Err(NoHistogram::NotANumber));
}

#[test]
fn falling_counts_are_lifted_and_said_so() {
    let fallen = Buckets::new([(1.0, 10.0), (2.0, 8.0), (INF, 12.0)]).expect("a histogram");
    assert!(fallen.is_repaired());
    assert_eq!(fallen.at_most(2.0), Some(10.0));
    let rounded = Buckets::new([(1.0, 10.0), (2.0, 10.0 - 1e-13), (INF, 12.0)]).expect("a histogram");
    assert!(!rounded.is_repaired());
}

#[test]
fn histograms_of_other_bounds_meet_where_they_agree() {
    let old = Buckets::new([(0.1, 1.0), (0.5, 5.0), (1.0, 8.0), (INF, 9.0)]).expect("old");
    let new = Buckets::new([(0.25, 2.0), (0.5, 3.0), (INF, 4.0)]).expect("new");
    let both = old.merge(&new).expect("they share 0.5");
    assert_eq!(both.bounds().collect::<Vec<_>>(), [0.5, INF]);
    assert_eq!((both.at_most(0.5), both.total()), (Some(8.0), 13.0));
    let other = Buckets::new([(3.0, 2.0), (INF, 4.0)]).expect("other");
    assert_eq!(old.merge(&other), Err(NoHistogram::Strangers));
}

#[test]
fn the_nearest_bounds_are_named() {
    let bounds = [0.1, 0.25, 0.5, 1.0, INF];
    assert_eq!(nearest(bounds, 0.3), (Some(0.25), Some(0.5)));
    assert_eq!(nearest(bounds, 0.05), (None, Some(0.1)));
    assert_eq!(nearest(bounds, 7.0), (Some(1.0), None));
}

proptest! {
    /// The interval holds the number, both grow with the share, and added histograms lie between their parts.
    #[test]
    fn quantiles_are_in_order(
        first in prop::collection::vec(0u32..50, 5),
        second in prop::collection::vec(0u32..50, 5),
        share in 0.0f64..=1.0,
        more in 0.0f64..=1.0,
    ) {
        let bounds = [0.1, 0.5, 1.0, 5.0, INF];
        let buckets = |counts: &[u32]| {
            let mut sum = 0;
            let edges = bounds.iter().zip(counts).map(|(bound, count)| { sum += count; (*bound, f64::from(sum)) });
            Buckets::new(edges.collect::<Vec<_>>()).expect("a histogram")
        };
        let (one, other) = (buckets(&first), buckets(&second));
        let (low, high) = (share.min(more), share.max(more));
        if let (Some(a), Some(b)) = (one.quantile(low), one.quantile(high)) {
            prop_assert!(a.lower <= a.value && a.value <= a.upper);
            prop_assert!(a.value <= b.value && a.upper <= b.upper);
        }
        let both = one.merge(&other).expect("the same bounds");
        prop_assert_eq!(both.total(), one.total() + other.total());
        if let (Some(a), Some(b), Some(sum)) = (one.quantile(share), other.quantile(share), both.quantile(share)) {
            prop_assert!(sum.lower >= a.lower.min(b.lower) && sum.upper <= a.upper.max(b.upper));
        }
    }
}
