//! The fold over steps: counts in, decision out.
//!
//! A step in which nothing went bad changes no evidence. A step without a sample of both sides is no evidence either,
//! and neither is time that passes without steps; but what is missing might have spoken the other way, so the judge
//! acts only on what would still hold had each lost step been as inconvenient as the worst that was seen.

use super::decision::Decision;
use super::eta::{Eta, Forecast, Traffic, seconds};
use super::evidence::{Evidence, tells};
use super::reason::Reason;
use super::ruling::Ruling;
use super::settings::{Settings, Unfit};
use super::step::{Counts, Step};
use super::time::{Passage, Passed, Time};
use crate::analysis::Tally;
use crate::analysis::sequential::Mixture;
use crate::base::{Seconds, Timestamp, Weight};

/// Steps in a row without samples after which a promotion no longer stands: one more than a gap that is let be.
const BLIND: u64 = 3;

/// Judges one signal, step by step.
#[derive(Clone, Debug)]
pub struct Judge {
    settings: Settings,
    evidence: Evidence,
    time: Option<Time>,
    canary: [Counts; Tally::BOUNDS],
    baseline: [Counts; Tally::BOUNDS],
    /// Steps in a row without samples of both sides.
    gap: u64,
    decision: Decision,
    reason: Reason,
}

impl Judge {
    /// A judge that has seen nothing; its time begins with the first step.
    ///
    /// # Errors
    /// When the settings are not fit for judging.
    pub fn new(settings: Settings) -> Result<Self, Unfit> {
        settings.check()?;
        let mixture = Mixture::new(settings.rho0, settings.rho_max, settings.phi);
        Ok(Self {
            evidence: Evidence::new(settings.bounds, &mixture),
            settings,
            time: None,
            canary: Default::default(),
            baseline: Default::default(),
            gap: 0,
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
        let warm_up = self.warm_up();
        let at = at.as_millisecond();
        self.begin(at).stage(at, warm_up);
    }

    /// Takes a step, and says what is decided. A step that is not newer than the last one changes nothing.
    pub fn take(&mut self, step: Step) -> Decision {
        let at = step.at.as_millisecond();
        let time = self.begin(at);
        if !time.is_new(at) {
            return self.decision;
        }
        let Passage { spent, holes, counts, before, after } = time.pass(at, step.covers);
        let seen = step.both().filter(|(canary, baseline)| tells(*canary, *baseline));
        if seen.is_some() {
            time.spend(spent);
        }
        self.heed(before);
        match step.both() {
            Some(_) => self.gap = 0,
            None => {
                self.gap = self.gap.saturating_add(holes).saturating_add(1);
                self.evidence.lose(u64::from(counts));
            }
        }
        if let Some((canary, baseline)) = seen {
            self.evidence.note(canary, baseline);
            if counts {
                tally(&mut self.canary, canary);
                tally(&mut self.baseline, baseline);
                self.evidence.add(canary, baseline);
            }
        }
        self.heed(after);
        self.rule(at, seen.is_some());
        self.decision
    }

    /// What is decided now.
    pub fn decision(&self) -> Decision {
        self.decision
    }
    /// The logarithm of the e-value against "not worse than harmless".
    pub fn log_e_bad(&self) -> f64 {
        self.evidence.worse()
    }
    /// The logarithm of the e-value against "as bad as what is not let on".
    pub fn log_e_ok(&self) -> f64 {
        self.evidence.fine()
    }
    /// What the judge was told before it began.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is decided now, why, and what it rests on. Costs more than a step: the interval is looked for.
    pub fn ruling(&self) -> Ruling {
        let shown = self.evidence.shown();
        let counts = |of: &[Counts]| of.get(shown).copied().unwrap_or_default();
        Ruling {
            decision: self.decision,
            reason: self.reason.clone(),
            log_e_bad: self.evidence.worse(),
            log_e_bad_sure: self.evidence.worse_at_least(),
            log_e_ok: self.evidence.fine(),
            ratio: self.evidence.ratio(self.settings.alpha),
            canary: counts(&self.canary),
            baseline: counts(&self.baseline),
            eta: self.eta(),
        }
    }

    /// How long it would take to see that a canary like the baseline is fine, at the share it has and at the next
    /// one. None when nothing went bad on either side so far, or nothing was answered.
    pub fn forecast(&self, next: Option<Weight>) -> Option<Forecast> {
        let traffic = self.traffic()?;
        let needed = (self.settings.fine_bar() - self.evidence.fine()).max(0.0) * self.settings.phi;
        let minutes =
            |share: f64| Some((needed / traffic.gain(share, self.settings.rho_max)?).max(self.dwell_left()));
        let here = minutes(traffic.share())?;
        let there = next.and_then(|weight| Some((weight, seconds(minutes(weight.value() / 100.0)?))));
        let requests = (traffic.pace() * here).ceil() as u64;
        Some(Forecast { requests, here: seconds(here), there })
    }

    fn heed(&mut self, passed: Vec<Passed>) {
        for event in passed {
            match event {
                Passed::Lost(steps) => self.evidence.lose(steps),
                Passed::Reached(start, lost) => self.evidence.start(start, lost),
            }
        }
    }

    fn warm_up(&self) -> i64 {
        self.settings.warm_up.signed().saturating_mul(1000)
    }

    fn begin(&mut self, at: i64) -> &mut Time {
        let warm_up = self.warm_up();
        let every = self.settings.every.map(|every| every.signed().saturating_mul(1000));
        self.time.get_or_insert_with(|| Time::new(at, warm_up, every))
    }

    /// Decides, when there is a sample to decide on; a gap only takes a promotion back.
    fn rule(&mut self, at: i64, seen: bool) {
        if self.decision == Decision::RollBack {
            self.reason = Reason::Back;
            return;
        }
        if seen {
            (self.decision, self.reason) = self.found(at);
        } else if self.gap >= BLIND {
            (self.decision, self.reason) = (Decision::Hold, Reason::Blind { steps: self.gap });
        }
    }

    fn found(&self, at: i64) -> (Decision, Reason) {
        let hold = |reason| (Decision::Hold, reason);
        let (worse_bar, fine_bar) = (self.settings.worse_bar(), self.settings.fine_bar());
        let lost = Reason::Lost { steps: self.evidence.lost() };
        if self.evidence.worse() >= worse_bar {
            return match self.evidence.worse_at_least() >= worse_bar {
                true => (Decision::RollBack, Reason::Worse),
                false => hold(lost),
            };
        }
        let Some(time) = &self.time else { return hold(Reason::NoSamples) };
        let left = |milliseconds: i64| Seconds(milliseconds.max(0).unsigned_abs().div_ceil(1000));
        if !self.evidence.started() {
            return hold(Reason::WarmUp { left: left(time.warming(at)) });
        }
        if self.evidence.fine() < fine_bar {
            return hold(Reason::Undecided);
        }
        if self.evidence.worst() >= 0.0 {
            return hold(Reason::Doubt);
        }
        if self.evidence.fine_at_least() < fine_bar || self.evidence.worst_at_most() >= 0.0 {
            return hold(lost);
        }
        let dwell = self.settings.dwell.signed().saturating_mul(1000);
        if time.good() < dwell {
            return hold(Reason::Dwell { left: left(dwell - time.good()) });
        }
        (Decision::Promote, Reason::Fine)
    }

    /// What was answered while it counted.
    fn traffic(&self) -> Option<Traffic> {
        let minutes = (self.time.as_ref()?.last() - self.evidence.first_start()?) as f64 / 60_000.0;
        let shown = self.evidence.shown();
        let (canary, baseline) = (*self.canary.get(shown)?, *self.baseline.get(shown)?);
        (minutes > 0.0 && canary.total > 0).then_some(Traffic { canary, baseline, minutes })
    }

    /// The sooner of the two decisions, at the mean gain in evidence so far.
    fn eta(&self) -> Option<Eta> {
        let traffic = self.traffic()?;
        let within =
            |needed: f64, gained: f64| (gained > 0.0).then(|| (needed / (gained / traffic.minutes)).max(0.0));
        let (worse, fine) = self.evidence.best();
        let worse = within(self.settings.worse_bar() - self.evidence.worse(), worse)
            .map(|minutes| (Decision::RollBack, minutes));
        let fine = within(self.settings.fine_bar() - self.evidence.fine(), fine)
            .map(|minutes| (Decision::Promote, minutes.max(self.dwell_left())));
        let (decision, minutes) = worse.into_iter().chain(fine).min_by(|a, b| a.1.total_cmp(&b.1))?;
        let requests = (traffic.pace() * minutes).ceil() as u64;
        Some(Eta { decision, left: seconds(minutes), requests })
    }

    /// Minutes of good data that are missing for a promotion.
    fn dwell_left(&self) -> f64 {
        let good = self.time.as_ref().map_or(0, Time::good);
        (self.settings.dwell.signed() as f64 - good as f64 / 1000.0).max(0.0) / 60.0
    }
}

/// Adds a step's counts, bound by bound.
fn tally(to: &mut [Counts; Tally::BOUNDS], from: Tally) {
    for (counts, bad) in to.iter_mut().zip(from.bad) {
        counts.total = counts.total.saturating_add(from.total);
        counts.bad = counts.bad.saturating_add(bad.min(from.total));
    }
}
