//! How good the data is: of a series at a moment, and of what both sides of a metric and the health of their targets
//! show together.
//!
//! Nothing to see has many causes, and they ask for different things: no error yet is good, no success at all is bad,
//! a dead canary is bad, dead monitoring is neither. `read` tells them apart.

use std::fmt;

use crate::analysis::threshold::{Course, Kept};
use crate::analysis::{Quality, Samples, Tally};
use crate::base::{Seconds, Timestamp};

#[cfg(test)]
mod tests;

/// Clocks that differ by more seconds than this are worth a warning.
pub const SKEW: i64 = 5;

/// How good a series is at `now`: its newest answer, unless that is too old, or too soon after a step.
pub fn quality(samples: &Samples, course: &Course<'_>, warm_up: Seconds, now: Timestamp) -> Quality {
    let Some(latest) = samples.latest() else { return Quality::NoSeries };
    let age = now.as_second() - latest.at.as_second();
    if age.saturating_abs() > 3 * samples.every() {
        return Quality::Stale;
    }
    match latest.quality {
        Quality::Ok if course.kept(warm_up, latest.at) == Some(Kept::WarmUp) => Quality::WarmUp,
        // One hole is let be, as rules do.
        doubt => match samples.speaks(now) {
            (_, true) => Quality::Ok,
            _ => doubt,
        },
    }
}

/// What is counted beside all events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The bad ones; none when there is no such series.
    Bad(Option<u64>),
    /// The good ones; none when there is no such series.
    Good(Option<u64>),
}

/// What one side of a metric showed in one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing, ever.
    Never,
    /// Nothing now; it did before.
    Gone,
    /// Counts since the answer before.
    Counts {
        /// All events; none when there is no such series.
        total: Option<u64>,
        /// A part of them.
        part: Counted,
    },
}

impl Shown {
    /// The counts: a part that is absent beside all events is zero, and a part without them is all of them.
    pub fn tally(self) -> Option<Tally> {
        let Self::Counts { total, part } = self else { return None };
        Some(match (total, part) {
            (Some(total), Counted::Bad(bad)) => Tally::ratio(total, bad.unwrap_or(0)),
            (None, Counted::Bad(bad)) => Tally::ratio(bad?, bad?),
            (Some(total), Counted::Good(good)) => {
                Tally::ratio(total, total.saturating_sub(good.unwrap_or(0)))
            }
            (None, Counted::Good(good)) => Tally::ratio(good?, 0),
        })
    }

    fn is_there(self) -> bool {
        self.tally().is_some()
    }
}

/// What the monitoring says of the canary's targets themselves (`up`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It reaches them.
    Up,
    /// It does not.
    Down,
    /// It does not say.
    Untold,
}

/// How the source answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Whole.
    Whole,
    /// With a warning, or cut.
    Partial,
    /// Not at all.
    Failed,
}

/// What can be seen at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The new version's side.
    pub canary: Shown,
    /// The old version's side.
    pub baseline: Shown,
    /// The canary's targets.
    pub health: Health,
    /// How the source answered.
    pub reply: Reply,
    /// True when a counter of the canary began anew since the answer before.
    pub restarted: bool,
    /// By how many seconds the source's clock is ahead of ours.
    pub ahead: i64,
}

/// What it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Whole and fresh, with events of both kinds.
    Fine,
    /// There were requests, and the series of errors does not exist yet: zero errors.
    NoErrorsYet,
    /// There were requests, and none succeeded.
    AllFail,
    /// There were no requests.
    NoTraffic,
    /// The canary is not reached while the baseline is there: bad evidence, not missing data.
    CanaryDown,
    /// The canary's series went away and nothing says that it is down.
    CanaryGone,
    /// The canary's series were never seen while the baseline's are there: most likely another label.
    NeverSeen,
    /// The baseline's series went away: rules go on, comparisons wait.
    BaselineGone,
    /// Nobody can see anything.
    Blind,
    /// A part of the answer is missing.
    Partial,
    /// A counter began anew; what it added is known.
    Restarted,
    /// The source's clock is ahead of ours by so many seconds, or behind.
    Skewed(i64),
}

impl Meaning {
    /// How good the canary's sample is.
    pub fn quality(self) -> Quality {
        match self {
            Self::Fine | Self::NoErrorsYet | Self::AllFail | Self::BaselineGone => Quality::Ok,
            Self::Restarted | Self::Skewed(_) => Quality::Ok,
            Self::NoTraffic => Quality::NoTraffic,
            Self::CanaryDown | Self::CanaryGone | Self::NeverSeen => Quality::NoSeries,
            Self::Blind => Quality::Error,
            Self::Partial => Quality::Partial,
        }
    }

    /// What it asks for.
    pub fn asks(self) -> Asks {
        match self {
            Self::Fine | Self::NoErrorsYet | Self::Restarted => Asks::Nothing,
            Self::AllFail | Self::CanaryDown => Asks::Alarm,
            Self::NeverSeen => Asks::Repair,
            Self::Skewed(_) => Asks::Warn,
            Self::NoTraffic | Self::CanaryGone | Self::BaselineGone | Self::Blind | Self::Partial => {
                Asks::Hold
            }
        }
    }
}

/// What a meaning asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// To go on.
    Nothing,
    /// To go on, and to say so.
    Warn,
    /// To wait: neither promote nor roll back for this.
    Hold,
    /// To wait, and to tell somebody to mend the plan.
    Repair,
    /// It is evidence against the new version.
    Alarm,
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fine => "whole and fresh",
            Self::NoErrorsYet => "no errors yet",
            Self::AllFail => "no request succeeds",
            Self::NoTraffic => "no traffic; raise the weight or wait",
            Self::CanaryDown => "the canary does not answer while the baseline does",
            Self::CanaryGone => "the canary's series are gone; look whether its pods are there",
            Self::NeverSeen => {
                "the canary's series were never seen, the baseline's are; correct the label in `sides`"
            }
            Self::BaselineGone => "the baseline's series are gone; comparisons wait",
            Self::Blind => "the monitoring does not answer; neither promoting nor rolling back for it",
            Self::Partial => "a part of the answer is missing",
            Self::Restarted => "a counter began anew",
            Self::Skewed(seconds) => {
                return write!(
                    f,
                    "the source's clock is {} s {}; its own times are used",
                    seconds.abs(),
                    side(*seconds)
                );
            }
        })
    }
}

fn side(ahead: i64) -> &'static str {
    if ahead < 0 { "behind" } else { "ahead" }
}

/// What a scene means. What hides more comes first: without an answer nothing else can be said.
pub fn read(scene: &Scene) -> Meaning {
    let (canary, baseline) = (scene.canary.is_there(), scene.baseline.is_there());
    match (scene.reply, canary, baseline, scene.health) {
        (Reply::Failed, ..) | (_, false, false, _) => return Meaning::Blind,
        (_, false, true, Health::Down) => return Meaning::CanaryDown,
        (_, false, true, _) if scene.canary == Shown::Never => return Meaning::NeverSeen,
        (Reply::Partial, ..) => return Meaning::Partial,
        (_, false, true, _) => return Meaning::CanaryGone,
        _ => {}
    }
    let tally = scene.canary.tally().unwrap_or_default();
    let [bad, ..] = tally.bad;
    match scene.canary {
        _ if tally.total == 0 => Meaning::NoTraffic,
        _ if bad == tally.total => Meaning::AllFail,
        _ if !baseline && scene.baseline == Shown::Gone => Meaning::BaselineGone,
        _ if scene.ahead.saturating_abs() > SKEW => Meaning::Skewed(scene.ahead),
        _ if scene.restarted => Meaning::Restarted,
        Shown::Counts { part: Counted::Bad(None), .. } => Meaning::NoErrorsYet,
        _ => Meaning::Fine,
    }
}
