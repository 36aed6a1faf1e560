//! The test itself: how likely the ranks are by luck, and which shifts they leave possible.

use super::crossing::{Crossing, bound, even};
use super::exact::Exact;
use super::normal::{probability, quantile};
use super::pair::Pair;
use super::shift::{Continuity, Shift};

/// Below so many values in both samples, and without ties, the exact distribution is used.
const SMALL: f64 = 50.0;

/// What x is suspected of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// To lie elsewhere than y.
    TwoSided,
    /// To lie above y.
    Greater,
    /// To lie below y.
    Less,
}

/// How the probability is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Exactly where both samples have fewer than 50 values and no ties, else by the corrected normal approximation.
    Exact,
    /// By the normal approximation with corrections for ties and continuity.
    Normal,
    /// By the normal approximation with the correction for ties alone.
    Uncorrected,
}

/// What is asked about two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// What x is suspected of.
    pub alternative: Alternative,
    /// The confidence of the interval, between 0 and 1.
    pub confidence: f64,
    /// How the probability is found.
    pub method: Method,
}

/// What the ranks say. Bounds and estimate are in the unit of the data and may be infinite, never NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankTest {
    /// Mann and Whitney's U of x, which R calls W.
    pub u: f64,
    /// The probability of ranks at least so far apart when both samples come from one source.
    pub p: f64,
    /// The smallest shift of x against y that the ranks leave possible.
    pub lower: f64,
    /// The largest one.
    pub upper: f64,
    /// A shift that would leave the ranks even. With an even number of pairs there may be many: R names one of them,
    /// and this is it.
    pub estimate: f64,
    /// The middle of all such shifts: unlike R's choice it moves with the unit of the data, so verdicts rest on it.
    pub middle: f64,
}

/// Asks about two samples.
pub fn ask(pair: &Pair, question: &Question) -> RankTest {
    let exact =
        question.method == Method::Exact && pair.x.count < SMALL && pair.y.count < SMALL && pair.untied();
    let test = if exact { exactly(pair, question) } else { approximately(pair, question) };
    let worth = |value: f64| if value == 0.0 { 0.0 } else { value * pair.unit };
    RankTest {
        lower: worth(test.lower),
        upper: worth(test.upper),
        estimate: worth(test.estimate),
        middle: worth(test.middle),
        ..test
    }
}

fn exactly(pair: &Pair, question: &Question) -> RankTest {
    let u = Shift::new(pair).u();
    let exact = Exact::new(pair.x.count as usize, pair.y.count as usize);
    let (below, above) = (exact.probability(u), exact.above(u - 1.0));
    let mut differences: Vec<f64> =
        pair.x.values().flat_map(|x| pair.y.values().map(move |y| x - y)).filter(|d| !d.is_nan()).collect();
    differences.sort_unstable_by(f64::total_cmp);
    let risk = 1.0 - question.confidence;
    let side = if question.alternative == Alternative::TwoSided { risk / 2.0 } else { risk };
    let cut = exact.quantile(side).max(1);
    let pick = |place: usize| differences.get(place).copied().unwrap_or(0.0);
    let (lower, upper) = (pick(cut - 1), pick(differences.len().saturating_sub(cut)));
    let half = differences.len() / 2;
    let middle = if differences.len() % 2 == 1 { pick(half) } else { between(pick(half - 1), pick(half)) };
    let (p, lower, upper) = match question.alternative {
        Alternative::TwoSided => ((2.0 * below.min(above)).min(1.0), lower, upper),
        Alternative::Greater => (above, lower, f64::INFINITY),
        Alternative::Less => (below, f64::NEG_INFINITY, upper),
    };
    RankTest { u, p, lower, upper, estimate: middle, middle }
}

/// The middle of two values; with the two infinities, which have none, that is 0.
fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if middle.is_nan() { 0.0 } else { middle }
}

fn approximately(pair: &Pair, question: &Question) -> RankTest {
    let shift = Shift::new(pair);
    let corrected = question.method != Method::Uncorrected;
    let continuity = match question.alternative {
        _ if !corrected => Continuity::None,
        Alternative::TwoSided => Continuity::Inward,
        Alternative::Greater => Continuity::Less,
        Alternative::Less => Continuity::More,
    };
    let z = shift.at(0.0, continuity);
    let p = match question.alternative {
        // Every value is the same: whatever x is suspected of, there is no sign of it.
        _ if z.is_nan() => 1.0,
        Alternative::TwoSided => (2.0 * probability(-z.abs())).min(1.0),
        Alternative::Greater => probability(-z),
        Alternative::Less => probability(z),
    };
    let risk = 1.0 - question.confidence;
    let bound = |wanted: f64| bound(&shift, continuity, wanted);
    let (lower, upper) = match question.alternative {
        Alternative::TwoSided => (bound(-quantile(risk / 2.0)), bound(quantile(risk / 2.0))),
        Alternative::Greater => (bound(-quantile(risk)), f64::INFINITY),
        Alternative::Less => (f64::NEG_INFINITY, bound(quantile(risk))),
    };
    let Crossing { found: estimate, middle } = even(&shift);
    RankTest { u: shift.u(), p, lower, upper, estimate, middle }
}
