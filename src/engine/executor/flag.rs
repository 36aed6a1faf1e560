//! Feature flags: turned on when what they require is on, turned off whatever else is unknown.

use std::sync::Arc;

use futures::future::join_all;

use super::operation::{HURRY, PAUSE, SETTLE, WRITES, outcome_of, superseded};
use super::{Before, End, Hands, Order, after};
use crate::base::{FlagId, Seconds, Untrusted, Weight};
use crate::engine::ports::{Fault, FlagChange, FlagReading};
use crate::plan::{Flag, FlagStore, Plan};
use crate::release::{Act, FlagSeen, Outcome, Reach};

/// How long a flag that is turned off may take to be read before.
const GLANCE: Seconds = Seconds(3);

/// Which way a flag is turned off first; the other follows when that fails.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// As it is turned on.
    Share,
    /// By its kill switch.
    Switch,
}

/// Carries out a change of flags and says how it ended.
pub(super) async fn carry_out(hands: &Hands, order: &Order, plan: &Arc<Plan>) -> End {
    let desk = Desk { hands, order, plan };
    match &order.act {
        Act::SetFlag { flag, percent } => match plan.flag(flag) {
            Some(flag) if *percent > Weight::ZERO => desk.turn_on(flag, *percent).await,
            Some(flag) => desk.one_off(flag, By::Share).await,
            None => gone(flag),
        },
        Act::KillFlag { flag } => match plan.flag(flag) {
            Some(flag) => desk.one_off(flag, By::Switch).await,
            None => gone(flag),
        },
        Act::FlagsOff { flags, reach, .. } => desk.all_off(flags, *reach).await,
        Act::Deploy { .. }
        | Act::SetWeight { .. }
        | Act::ScaleDown { .. }
        | Act::Restore { .. }
        | Act::Retire { .. }
        | Act::Step { .. }
        | Act::Procedure { .. }
        | Act::Notify { .. } => End::new(Outcome::Failed, "not an operation on a flag"),
    }
}

fn gone(flag: &FlagId) -> End {
    End::new(Outcome::Failed, format!("the plan has no flag `{flag}`"))
}

/// What every change of flags has at hand.
#[derive(Clone, Copy)]
struct Desk<'a> {
    hands: &'a Hands,
    order: &'a Order,
    plan: &'a Plan,
}

impl Desk<'_> {
    async fn read(&self, flag: &Flag) -> Result<FlagReading, Fault> {
        self.hands.answer(flag.id.as_str(), self.hands.world.flags.read(flag)).await
    }

    /// The same, for a flag that is turned off: what does not answer soon is written unread.
    async fn glance(&self, flag: &Flag) -> Option<FlagReading> {
        let read = self.hands.world.flags.read(flag);
        self.hands.answer_within(GLANCE, flag.id.as_str(), read).await.ok()
    }

    async fn turn_on(&self, flag: &Flag, percent: Weight) -> End {
        let mut unsure = None;
        for _ in 0..WRITES {
            let read = match self.read(flag).await {
                Ok(read) => read,
                Err(fault) => return End::new(outcome_at_rest(&fault), format!("{fault}; nothing was sent")),
            };
            if self.is_at(&read.seen, percent) {
                let outcome = if unsure.is_some() { Outcome::Done } else { Outcome::Adopted };
                return End::new(outcome, format!("{} is {}", flag.id, read.seen.said()))
                    .saw(flag, read.seen);
            }
            if self.order.before != Before::Fresh {
                let text = format!(
                    "{} is {}, and the engine stopped on the way; look and decide",
                    flag.id,
                    read.seen.said()
                );
                return End::new(Outcome::Unknown, text).saw(flag, read.seen);
            }
            if read.seen.killed == Some(true) {
                let text = format!("the kill switch of {} is pulled; release it where it is kept", flag.id);
                return End::new(Outcome::Failed, text).saw(flag, read.seen);
            }
            if let Some(why) = self.lacks(flag).await {
                return End::new(Outcome::Failed, format!("{why}; nothing was sent")).saw(flag, read.seen);
            }
            if !self.hands.may_send(&self.order.operation).await {
                return superseded().saw(flag, read.seen);
            }
            let change = FlagChange { percent, operation: &self.order.operation, read: Some(&read) };
            match self.hands.answer(flag.id.as_str(), self.hands.world.flags.set(flag, change)).await {
                Ok(()) => return self.read_back(flag, percent, None).await,
                Err(fault @ (Fault::Unreachable(..) | Fault::Foreign(..))) => {
                    return self.read_back(flag, percent, Some(fault)).await;
                }
                // Somebody else wrote it: it is read and looked at anew.
                Err(fault @ Fault::Conflict(..)) => unsure = Some(fault),
                Err(fault) => return End::new(outcome_of(&fault), fault.to_string()).saw(flag, read.seen),
            }
            self.pause().await;
        }
        let why = unsure.map_or_else(|| "it was not written".to_owned(), |fault| fault.to_string());
        End::new(Outcome::Failed, format!("{why}; tried {WRITES} times"))
    }

    /// Turns a flag off, and says what still requires it.
    async fn one_off(&self, flag: &Flag, by: By) -> End {
        let end = self.turn_off(flag, by).await;
        let mut still = Vec::new();
        for other in self.plan.flags.iter().filter(|other| other.requires.contains(&flag.id)) {
            if let Ok(read) = self.read(other).await
                && read.seen.is_on() == Some(true)
            {
                still.push(other.id.as_str());
            }
        }
        match still.is_empty() {
            true => end,
            false => {
                let text = format!("{}; still on and require it: {}", end.summary.raw(), still.join(", "));
                End { summary: Untrusted::new(text), ..end }
            }
        }
    }

    /// Every flag on its own and at once: what becomes of one changes nothing for the others.
    async fn all_off(&self, flags: &[FlagId], reach: Reach) -> End {
        let planned: Vec<&Flag> = flags.iter().filter_map(|id| self.plan.flag(id)).collect();
        let mut told = Vec::new();
        let mut outcomes = Vec::new();
        if reach == Reach::Store {
            for (place, end) in self.clear(&planned).await {
                told.push(format!("{place}: {}", end.summary.raw()));
                outcomes.push(end.outcome);
            }
        }
        let ends = join_all(planned.iter().map(|flag| self.turn_off(flag, By::Share))).await;
        let mut seen = Vec::new();
        for end in ends {
            told.push(end.summary.raw().to_owned());
            outcomes.push(end.outcome);
            seen.extend(end.flags);
        }
        for lost in flags.iter().filter(|id| self.plan.flag(id).is_none()) {
            told.push(format!("the plan has no flag `{lost}`"));
            outcomes.push(Outcome::Failed);
        }
        End { flags: seen, ..End::new(worst(&outcomes), told.join("; ")) }
    }

    /// Every other flag where these are kept, once for each place.
    async fn clear(&self, flags: &[&Flag]) -> Vec<(String, End)> {
        let mut places: Vec<(&str, &Flag)> = Vec::new();
        for flag in flags {
            let place = match &flag.kept {
                FlagStore::Http(api) => api.disable_all.as_deref().unwrap_or(&api.url),
                FlagStore::File { path, .. } => path,
            };
            if !places.iter().any(|(known, _)| *known == place) {
                places.push((place, flag));
            }
        }
        let one = |(place, flag): (&str, &Flag)| {
            let (place, flag) = (place.to_owned(), flag.clone());
            async move {
                if !self.hands.may_send(&self.order.operation).await {
                    return (place, superseded());
                }
                let work = self.hands.world.flags.clear(&flag, &self.order.operation);
                let end = match self.hands.answer(&place, work).await {
                    Ok(said) => End::new(Outcome::Done, said),
                    Err(fault) => End::new(outcome_of(&fault), fault.to_string()),
                };
                (place, end)
            }
        };
        join_all(places.into_iter().map(one)).await
    }

    /// Off, whatever else is unknown: it does not wait for a reading, and takes the other way when one fails.
    async fn turn_off(&self, flag: &Flag, by: By) -> End {
        let mut by = by;
        let mut faults: Vec<Fault> = Vec::new();
        for _ in 0..WRITES {
            // The switch does not ask whether the rest of the service still answers.
            let read = if by == By::Share { self.glance(flag).await } else { None };
            if let Some(read) = &read
                && read.seen.is_on() == Some(false)
            {
                let outcome = if faults.is_empty() { Outcome::Adopted } else { Outcome::Done };
                let text = format!("{} is {}", flag.id, read.seen.said());
                return End::new(outcome, text).saw(flag, read.seen.clone());
            }
            if !self.hands.may_send(&self.order.operation).await {
                return superseded();
            }
            let operation = &self.order.operation;
            let flags = &self.hands.world.flags;
            let sent = match by {
                By::Share => {
                    let change = FlagChange { percent: Weight::ZERO, operation, read: read.as_ref() };
                    self.hands.answer(flag.id.as_str(), flags.set(flag, change)).await
                }
                By::Switch => self.hands.answer(flag.id.as_str(), flags.kill(flag, operation)).await,
            };
            match sent {
                Ok(()) => {
                    let end = self.read_back(flag, Weight::ZERO, None).await;
                    if end.outcome.is_done() || faults.len() + 1 >= WRITES as usize {
                        return end;
                    }
                    faults.push(Fault::Foreign(flag.id.to_string(), end.summary.line()));
                }
                Err(fault @ Fault::Untrusted(..)) => return End::new(Outcome::Skipped, fault.to_string()),
                Err(fault @ Fault::Unsupported(_)) if faults.contains(&fault) => {
                    return End::new(Outcome::Failed, fault.to_string());
                }
                Err(fault) => {
                    let conflict = matches!(fault, Fault::Conflict(..));
                    faults.push(fault);
                    if conflict {
                        continue;
                    }
                }
            }
            by = if by == By::Share { By::Switch } else { By::Share };
            self.pause().await;
        }
        let unknown = faults.iter().any(|fault| outcome_of(fault) == Outcome::Unknown);
        let outcome = if unknown { Outcome::Unknown } else { Outcome::Failed };
        let why = faults.last().map(Fault::to_string).unwrap_or_default();
        End::new(outcome, format!("{} may still be on: {why}; tried {WRITES} times", flag.id))
    }

    /// Reads until the flag says what is wanted, for a while.
    async fn read_back(&self, flag: &Flag, percent: Weight, lost: Option<Fault>) -> End {
        let off = percent.is_near(Weight::ZERO);
        let settle = if off { HURRY } else { SETTLE };
        let began = self.hands.clock.now();
        let last = after(began, settle);
        let mut newest = None;
        let mut fault = lost;
        loop {
            match self.read(flag).await {
                Ok(read) if self.is_at(&read.seen, percent) => {
                    let text = format!("{} is {}, read back", flag.id, read.seen.said());
                    return End::new(Outcome::Done, text).saw(flag, read.seen);
                }
                Ok(read) => newest = Some(read.seen),
                Err(error) => fault = Some(error),
            }
            if self.hands.clock.now() >= last {
                let said = match (&newest, &fault) {
                    (Some(seen), _) => self.otherwise(seen, percent),
                    (None, Some(fault)) => fault.to_string(),
                    (None, None) => "it did not answer".to_owned(),
                };
                let text = format!(
                    "{} was written and is not seen so within {settle}: {said}; look and decide",
                    flag.id
                );
                let end = End::new(Outcome::Unknown, text);
                return match newest {
                    Some(seen) => end.saw(flag, seen),
                    None => end,
                };
            }
            if !self.hands.may_send(&self.order.operation).await {
                return End::new(Outcome::Superseded, "somebody took over after it was written");
            }
            self.pause().await;
        }
    }

    fn otherwise(&self, seen: &FlagSeen, percent: Weight) -> String {
        match &seen.environments {
            Some(known) if seen.is_at(percent) => {
                format!("it is on in {}, not in {}", known.join(", "), self.plan.release.environment)
            }
            _ => format!("it is {}", seen.said()),
        }
    }

    /// As wanted, and here: a flag that is on elsewhere only is not on for this release.
    fn is_at(&self, seen: &FlagSeen, percent: Weight) -> bool {
        let environment = &self.plan.release.environment;
        let here = seen.environments.as_ref().is_none_or(|known| known.contains(environment));
        seen.is_at(percent) && (here || percent.is_near(Weight::ZERO))
    }

    /// What it requires and is off or unknown, for people.
    async fn lacks(&self, flag: &Flag) -> Option<String> {
        for id in &flag.requires {
            let Some(required) = self.plan.flag(id) else {
                return Some(format!("{} requires {id}, which the plan does not have", flag.id));
            };
            let said = match self.read(required).await {
                Ok(read) if read.seen.is_on() == Some(true) => continue,
                Ok(read) => read.seen.said(),
                Err(fault) => format!("unknown: {fault}"),
            };
            return Some(format!("{} requires {id}, which is {said}", flag.id));
        }
        None
    }

    async fn pause(&self) {
        self.hands.clock.until(after(self.hands.clock.now(), PAUSE)).await;
    }
}

impl End {
    fn saw(mut self, flag: &Flag, seen: FlagSeen) -> Self {
        self.flags.push((flag.id.clone(), seen));
        self
    }
}

/// Before anything was sent nothing is unknown.
fn outcome_at_rest(fault: &Fault) -> Outcome {
    match outcome_of(fault) {
        Outcome::Skipped => Outcome::Skipped,
        _ => Outcome::Failed,
    }
}

/// How several ended together: what nobody knows comes first, then what failed.
fn worst(outcomes: &[Outcome]) -> Outcome {
    let order = [
        Outcome::Superseded,
        Outcome::Unknown,
        Outcome::Failed,
        Outcome::Skipped,
        Outcome::Done,
        Outcome::Adopted,
    ];
    order.into_iter().find(|outcome| outcomes.contains(outcome)).unwrap_or(Outcome::Failed)
}
