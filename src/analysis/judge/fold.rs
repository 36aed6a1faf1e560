//! The fold over steps: counts in, decision out.
//!
//! A step in which nothing went bad changes no evidence. A step without a sample of both sides is no evidence either,
//! and neither is time that passes without steps; but what is missing might have spoken the other way, so the judge
//! acts only on what would still hold had each lost step been as inconvenient as the worst that was seen.

use super::decision::Decision;
use super::reason::Reason;
use super::ruling::{Eta, Ruling};
use super::settings::{Settings, Unfit};
use super::step::{Counts, Covers, Step};
use crate::analysis::sequential::{Draw, Mixture, Schedule, ratio};
use crate::base::{Seconds, Timestamp};

/// Steps in a row without samples after which a promotion no longer stands: one more than a gap that is let be.
const BLIND: u64 = 3;

/// Judges one signal, step by step.
#[derive(Clone, Debug)]
pub struct Judge {
    settings: Settings,
    mixture: Mixture,
    time: Option<Time>,
    canary: Counts,
    baseline: Counts,
    /// Steps in a row without samples of both sides.
    gap: u64,
    /// The evidence after the last step that had any.
    worse: f64,
    fine: f64,
    decision: Decision,
    reason: Reason,
}

/// Where the judge is in time, in milliseconds.
#[derive(Clone, Debug)]
struct Time {
    schedule: Schedule,
    /// The newest step, or the beginning before there was one.
    last: i64,
    /// Steps from the first to before the second of these do not count.
    quiet: (i64, i64),
    /// How long there was good data.
    good: i64,
    /// True before the first step.
    fresh: bool,
}

impl Judge {
    /// A judge that has seen nothing; its time begins with the first step.
    ///
    /// # Errors
    /// When the settings are not fit for judging.
    pub fn new(settings: Settings) -> Result<Self, Unfit> {
        settings.check()?;
        Ok(Self {
            mixture: Mixture::new(settings.rho0, settings.rho_max, settings.phi),
            settings,
            time: None,
            canary: Counts::default(),
            baseline: Counts::default(),
            gap: 0,
            worse: 0.0,
            fine: 0.0,
            decision: Decision::Hold,
            reason: Reason::NoSamples,
        })
    }

    /// Says when the canary began, when that is known better than from the first step.
    #[must_use]
    pub fn begun(mut self, at: Timestamp) -> Self {
        self.begin(at.as_millisecond());
        self
    }

    /// The canary gets another share of the traffic from here on: a warm-up begins, and evidence starts anew after
    /// it, beside what there is.
    pub fn stage(&mut self, at: Timestamp) {
        let at = at.as_millisecond();
        let until = at.saturating_add(self.warm_up());
        let time = self.begin(at);
        time.schedule.stage(until);
        time.quiet = (if at <= time.quiet.1 { time.quiet.0.min(at) } else { at }, until.max(time.quiet.1));
    }

    /// Takes a step, and says what is decided. A step that is not newer than the last one changes nothing.
    pub fn take(&mut self, step: Step) -> Decision {
        let at = step.at.as_millisecond();
        let time = self.begin(at);
        if at <= time.last && !time.fresh {
            return self.decision;
        }
        let (spent, lost) = self.pass(at, step.covers);
        let draw = step.both().and_then(|(canary, baseline)| draw(canary, baseline));
        if step.both().is_none() {
            self.gap = self.gap.saturating_add(lost).saturating_add(1);
            if self.counts(at) {
                self.mixture.lose(1);
            }
        } else {
            self.gap = 0;
        }
        if let (Some((canary, baseline)), Some(draw)) = (step.both(), draw) {
            if let Some(time) = &mut self.time {
                time.good = time.good.saturating_add(spent);
            }
            self.mixture.note(draw);
            if self.counts(at) {
                self.canary = self.canary.plus(canary);
                self.baseline = self.baseline.plus(baseline);
                if canary.bad + baseline.bad > 0 {
                    self.mixture.add(draw);
                    self.worse = self.mixture.worse();
                    self.fine = self.mixture.fine();
                }
            }
        }
        self.rule(at, draw.is_some());
        self.decision
    }

    /// What is decided now.
    pub fn decision(&self) -> Decision {
        self.decision
    }
    /// The logarithm of the e-value against "not worse than harmless".
    pub fn log_e_bad(&self) -> f64 {
        self.worse
    }
    /// The logarithm of the e-value against "as bad as what is not let on".
    pub fn log_e_ok(&self) -> f64 {
        self.fine
    }
    /// What the judge was told before it began.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is decided now, why, and what it rests on. Costs more than a step: the interval is looked for.
    pub fn ruling(&self) -> Ruling {
        Ruling {
            decision: self.decision,
            reason: self.reason.clone(),
            log_e_bad: self.worse,
            log_e_ok: self.fine,
            ratio: ratio(&self.mixture, self.settings.alpha),
            canary: self.canary,
            baseline: self.baseline,
            eta: self.eta(),
        }
    }

    fn warm_up(&self) -> i64 {
        self.settings.warm_up.signed().saturating_mul(1000)
    }

    fn begin(&mut self, at: i64) -> &mut Time {
        let until = at.saturating_add(self.warm_up());
        self.time.get_or_insert_with(|| Time {
            schedule: Schedule::new(until),
            last: at,
            quiet: (at, until),
            good: 0,
            fresh: true,
        })
    }

    /// True when what happens at this moment is evidence.
    fn counts(&self, at: i64) -> bool {
        !self.mixture.starts().is_empty()
            && self.time.as_ref().is_some_and(|time| at < time.quiet.0 || at >= time.quiet.1)
    }

    /// Lets time pass up to a step: opens the starts that are reached and counts the steps that should have been.
    /// Answers how much of the time the step itself stands for, and how many steps are lost before it.
    fn pass(&mut self, at: i64, covers: Covers) -> (i64, u64) {
        let every = self.settings.every.map(|every| every.signed().saturating_mul(1000));
        let Some(time) = &mut self.time else { return (0, 0) };
        let gap = at.saturating_sub(time.last);
        let holes = match (every, covers) {
            (Some(every), Covers::Interval) => ((gap + every / 2) / every - 1).max(0),
            _ => 0,
        };
        let pitch = gap / (holes + 1);
        let last = time.last;
        // Steps that should have been at `last + n * pitch`, before a moment.
        let before = |moment: i64| {
            if pitch > 0 { ((moment - last - 1).max(0) / pitch).min(holes) } else { 0 }
        };
        let (from, until) = time.quiet;
        let lost = |moment: i64| before(moment) - (before(until.min(moment)) - before(from)).max(0);
        let mut known = 0;
        while let Some(start) = time.schedule.due(at) {
            let so_far = lost(start).max(known);
            self.mixture.lose(u64::try_from(so_far - known).unwrap_or(0));
            known = so_far;
            self.mixture.start(start);
        }
        let rest = if self.mixture.starts().is_empty() { 0 } else { (lost(at) - known).max(0) };
        self.mixture.lose(u64::try_from(rest).unwrap_or(0));
        time.last = at;
        time.fresh = false;
        (pitch, u64::try_from(holes).unwrap_or(0))
    }

    /// Decides, when there is a sample to decide on; a gap only takes a promotion back.
    fn rule(&mut self, at: i64, seen: bool) {
        if self.decision == Decision::RollBack {
            return;
        }
        if !seen {
            if self.gap >= BLIND {
                (self.decision, self.reason) = (Decision::Hold, Reason::Blind { steps: self.gap });
            }
            return;
        }
        (self.decision, self.reason) = self.found(at);
    }

    fn found(&self, at: i64) -> (Decision, Reason) {
        let hold = |reason| (Decision::Hold, reason);
        let lost = self.mixture.lost();
        let worse_bar = self.settings.worse_bar();
        let fine_bar = self.settings.fine_bar();
        let left = |until: i64| Seconds(u64::try_from((until + 999) / 1000).unwrap_or(0));
        if self.worse >= worse_bar {
            return if lost == 0 || self.mixture.worse_at_least() >= worse_bar {
                (Decision::RollBack, Reason::Worse)
            } else {
                hold(Reason::Lost { steps: lost })
            };
        }
        let Some(time) = &self.time else { return hold(Reason::NoSamples) };
        if self.mixture.starts().is_empty() {
            return hold(Reason::WarmUp { left: left(time.quiet.1 - at) });
        }
        if self.fine < fine_bar {
            return hold(Reason::Undecided);
        }
        if self.worse >= 0.0 {
            return hold(Reason::Doubt);
        }
        if lost > 0 && (self.mixture.fine_at_least() < fine_bar || self.mixture.worse_at_most() >= 0.0) {
            return hold(Reason::Lost { steps: lost });
        }
        let dwell = self.settings.dwell.signed().saturating_mul(1000);
        if time.good < dwell {
            return hold(Reason::Dwell { left: left(dwell - time.good) });
        }
        (Decision::Promote, Reason::Fine)
    }

    /// The sooner of the two decisions, at the mean gain in evidence so far.
    fn eta(&self) -> Option<Eta> {
        let first = self.mixture.starts().first()?;
        let minutes = (self.time.as_ref()?.last - first.at) as f64 / 60_000.0;
        let within = |needed: f64, gained: f64| {
            (gained > 0.0 && minutes > 0.0).then(|| (needed / (gained / minutes)).max(0.0))
        };
        let worse = within(self.settings.worse_bar() - self.worse, self.mixture.best_worse(first))
            .map(|minutes| (Decision::RollBack, minutes));
        let fine = within(self.settings.fine_bar() - self.fine, self.mixture.best_fine(first))
            .map(|left| (Decision::Promote, left.max(self.dwell_left())));
        let (decision, left) = worse.into_iter().chain(fine).min_by(|a, b| a.1.total_cmp(&b.1))?;
        let requests = self.canary.total as f64 / minutes * left;
        Some(Eta { decision, left: Seconds((left * 60.0).ceil() as u64), requests: requests.ceil() as u64 })
    }

    /// Minutes of good data that are missing for a promotion.
    fn dwell_left(&self) -> f64 {
        let good = self.time.as_ref().map_or(0, |time| time.good);
        (self.settings.dwell.signed() as f64 - good as f64 / 1000.0).max(0.0) / 60.0
    }
}

/// The bad events of a step; none when one side answered nothing, which tells nothing of the ratio.
fn draw(canary: Counts, baseline: Counts) -> Option<Draw> {
    let (here, there) = (canary.total as f64, baseline.total as f64);
    (here > 0.0 && there > 0.0).then(|| Draw {
        canary: canary.bad,
        baseline: baseline.bad,
        share: here / (here + there),
    })
}
