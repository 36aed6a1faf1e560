//! The canary's share as requests show it.
//!
//! Invariants: asking runs beside the object's reading and never delays it for long; a number is told only while it is
//! fresh and rests on enough requests; one question at a time is under way for each metric.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;

use crate::analysis::{Arm, Sample};
use crate::base::{MetricId, Seconds, Timestamp, Weight};
use crate::engine::ports::{Ask, Clock, Numbers, Reading};
use crate::plan::{Metric, Source};

/// How long the window is at least.
const WINDOW: Seconds = Seconds(60);
/// How many intervals of the source it has at least.
const INTERVALS: u64 = 4;
/// How many requests a share rests on at least.
const REQUESTS: u64 = 20;
/// With so many, older ones are not looked at.
const PLENTY: u64 = 300;
/// How long one question may take.
const DEADLINE: Duration = Duration::from_secs(3);
/// How long the first answer is waited for, and every other.
const FIRST: Duration = Duration::from_secs(1);
const OTHERS: Duration = Duration::from_millis(100);

/// Asks metrics for the share of each side, beside everything else.
pub(super) struct Observer {
    numbers: Arc<dyn Numbers>,
    clock: Arc<dyn Clock>,
    asked: Mutex<BTreeMap<MetricId, watch::Receiver<Answer>>>,
}

/// What is known of one metric.
#[derive(Clone, Debug)]
enum Answer {
    /// It is being asked; this is what it said before.
    Waiting(Option<Told>),
    /// It said this.
    Told(Told),
}

/// A share, or that there is none to be had.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Told {
    share: Option<Weight>,
    /// When it was asked for.
    at: Timestamp,
    /// How long it may be repeated.
    fresh: Seconds,
    /// True when the source answered at all.
    answered: bool,
}

impl Observer {
    pub(super) fn new(numbers: Arc<dyn Numbers>, clock: Arc<dyn Clock>) -> Self {
        Self { numbers, clock, asked: Mutex::default() }
    }

    /// Begins to ask, unless that is under way or was done a moment ago.
    pub(super) fn ask(&self, metric: &Metric, source: &Source) {
        let now = self.clock.now();
        let moment = source.every.signed() / 3;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = asked.get(&metric.id).map(|answer| (answer.borrow().clone(), answer.has_changed()));
        let last = match before {
            // Whoever was asking is still at it, unless it broke down.
            Some((Answer::Waiting(_), Ok(_))) => return,
            Some((Answer::Waiting(last), Err(_))) => last,
            Some((Answer::Told(told), _)) if (0..moment).contains(&now.duration_since(told.at).as_secs()) => {
                return;
            }
            Some((Answer::Told(told), _)) => Some(told),
            None => None,
        };
        let (tell, answer) = watch::channel(Answer::Waiting(last));
        asked.insert(metric.id.clone(), answer);
        let (numbers, metric, source) = (self.numbers.clone(), metric.clone(), source.clone());
        tokio::spawn(async move {
            let ask = Ask { source: &source, metric: &metric, from: begin(&source, now), to: now };
            let reading = tokio::time::timeout(DEADLINE, numbers.read(ask)).await;
            let reading = reading.ok().and_then(Result::ok);
            let share = reading.as_ref().and_then(|reading| share(reading, &source, now));
            let told = Told { share, at: now, fresh: source.every, answered: reading.is_some() };
            let _ = tell.send(Answer::Told(told));
        });
    }

    /// What was said, waiting a little when it is about to be said.
    pub(super) async fn share(&self, metric: &MetricId) -> Option<Weight> {
        let mut answer = {
            let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.get(metric)?.clone()
        };
        let last = match &*answer.borrow() {
            Answer::Waiting(last) => *last,
            Answer::Told(told) => return told.share,
        };
        let patience = match last {
            None => FIRST,
            Some(last) if last.answered => OTHERS,
            // A source that was silent is not waited for again.
            Some(_) => Duration::ZERO,
        };
        let told =
            tokio::time::timeout(patience, answer.wait_for(|now| matches!(now, Answer::Told(_)))).await;
        if let Ok(Ok(now)) = told
            && let Answer::Told(told) = &*now
        {
            return told.share;
        }
        let age = self.clock.now().duration_since(last?.at);
        last.filter(|last| age.as_secs() <= last.fresh.signed()).and_then(|last| last.share)
    }
}

/// When the window begins: one interval earlier, since what its first step counts grew after the one before.
fn begin(source: &Source, now: Timestamp) -> Timestamp {
    let window = WINDOW.0.max(source.every.0.saturating_mul(INTERVALS)).saturating_add(source.every.0);
    now.checked_sub(SignedDuration::from_secs(Seconds(window).signed())).unwrap_or(Timestamp::MIN)
}

/// The canary's share of the newest requests: as many of the newest steps in which both sides were counted as it
/// takes to have enough, so that a change of the weight shows soon. None when the newest such step is too old, or
/// all of them have too few requests.
pub(super) fn share(reading: &Reading, source: &Source, now: Timestamp) -> Option<Weight> {
    let counted = |arm| {
        let samples = reading.arms.get(&arm).map(Vec::as_slice).unwrap_or_default();
        samples.iter().map(|sample: &Sample| (sample.at, sample.tally())).collect::<BTreeMap<_, _>>()
    };
    let (canary, stable) = (counted(Arm::Canary), counted(Arm::Baseline));
    let mut steps = canary.iter().rev().filter_map(|(at, canary)| {
        let stable = stable.get(at).copied().flatten()?;
        Some((*at, canary.as_ref()?.total, stable.total))
    });
    let oldest = 3 * source.every.signed().max(1);
    let fresh = |at: &Timestamp| (now.as_second() - at.as_second()).abs() <= oldest;
    let first = steps.next().filter(|(at, _, _)| fresh(at))?;
    let (mut canary, mut all) = (0_u64, 0_u64);
    for (_, here, there) in std::iter::once(first).chain(steps) {
        canary = canary.saturating_add(here);
        all = all.saturating_add(here).saturating_add(there);
        if all >= PLENTY {
            break;
        }
    }
    if all < REQUESTS {
        return None;
    }
    Weight::percent(canary as f64 / all as f64 * 100.0)
}
