//! What a rule is held against, and how.

use super::standing::Kept;
use super::tape::later;
use crate::analysis::Samples;
use crate::base::{Seconds, Timestamp};
use crate::plan::rule::Rule;

/// Two looks that confirm each other are at most so far apart, so that one time-out alone does not roll back.
pub const SECOND_LOOK: Seconds = Seconds(10);

/// A rule under watch.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// What the number is called in rules that name it.
    pub name: &'a str,
    /// What must hold to fire.
    pub rule: &'a Rule,
    /// How it is held against samples.
    pub terms: Terms<'a>,
    /// What its samples are of.
    pub reads: Reads<'a>,
    /// The moments that matter to it.
    pub course: Course<'a>,
    /// True when it had fired before: it then stays so until its exit holds.
    pub fired: bool,
}

/// How a rule is held against samples.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// What fires it.
    pub proof: Proof,
    /// What a gap does.
    pub gaps: Gaps,
    /// With fewer events than this in its window nothing is known.
    pub at_least: u64,
    /// What must hold before it is armed again; none means the rule must fail.
    pub exit: Option<&'a Rule>,
    /// For how long; none means as long as it must hold to fire, and with strict gaps not at all.
    pub exit_for: Option<Seconds>,
    /// Samples so soon after a step do not count.
    pub warm_up: Seconds,
}

impl Default for Terms<'_> {
    /// To the letter, tolerant of gaps, nothing left out.
    fn default() -> Self {
        Self {
            proof: Proof::Point,
            gaps: Gaps::Tolerant,
            at_least: 0,
            exit: None,
            exit_for: None,
            warm_up: Seconds(0),
        }
    }
}

/// What fires a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Proof {
    /// The number itself, to the letter.
    Point,
    /// The bound below which the true share is not, however often one looks.
    Evidence {
        /// The chance, over the whole stage, that it fires on a share that is within its limit.
        alpha: f64,
    },
    /// No statistics: two looks in a row, at most [`SECOND_LOOK`] apart.
    Guardrail,
}

/// What a gap in the samples does to a rule that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// A gap of up to two intervals neither adds time nor starts anew.
    Tolerant,
    /// Any gap starts anew, as in Prometheus.
    Strict,
}

/// What samples are of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reads<'a> {
    /// A number as it is; of counts the share of bad events, or how many of them when the rule's limit is a count.
    Plain,
    /// A quantile of a histogram whose counts are of events slower than each bound: known as far as the bounds say.
    Quantile {
        /// Which, between 0 and 1: the 95th percentile is 0.95.
        share: f64,
        /// The bounds of the counts, rising, in the base of the rule's unit.
        bounds: &'a [f64],
    },
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
}

impl Span {
    /// Whether a moment lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        (self.from..self.to).contains(&at)
    }
}

/// The moments that matter to a rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct Course<'a> {
    /// Samples before this do not count, and no window reaches back over it: the beginning of the stage.
    pub from: Option<Timestamp>,
    /// When the weight was changed.
    pub steps: &'a [Timestamp],
    /// When numbers say nothing, such as a nightly restart.
    pub quiet: &'a [Span],
}

impl Course<'_> {
    /// Whether a moment is of the time that counts.
    pub fn has_begun(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from)
    }

    /// Why a sample of this moment says nothing although it is of the time that counts.
    pub fn kept(&self, warm_up: Seconds, at: Timestamp) -> Option<Kept> {
        let warm = |step: &Timestamp| *step <= at && at < later(*step, warm_up.signed());
        if self.quiet.iter().any(|quiet| quiet.contains(at)) {
            Some(Kept::Quiet)
        } else {
            self.steps.iter().any(warm).then_some(Kept::WarmUp)
        }
    }

    /// Whether a sample of this moment counts.
    pub fn counts(&self, warm_up: Seconds, at: Timestamp) -> bool {
        self.has_begun(at) && self.kept(warm_up, at).is_none()
    }
}

/// What the comparison of both sides says, for a rule that both of them break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comparison {
    /// Nothing, or not that the new version is worse.
    #[default]
    NotWorse,
    /// The new version is worse than the old one.
    Worse,
}

/// The samples a rule is about, and what they are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// Those of the rule's own scope.
    pub own: &'a Samples,
    /// The old version's, at the same time; none for a rule that is about the old version or the whole itself.
    pub other: Option<&'a Samples>,
    /// What was captured of the old version before, for rules that speak of a baseline; it goes before `other`.
    pub captured: Option<f64>,
    /// What the comparison of both says.
    pub comparison: Comparison,
}

impl<'a> Sides<'a> {
    /// Of a number that is compared with nothing.
    pub fn of(own: &'a Samples) -> Self {
        Self { own, other: None, captured: None, comparison: Comparison::NotWorse }
    }
}
