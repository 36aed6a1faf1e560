//! A share on its way to the router: read, fence, write, read back, within one deadline for all of it.
//!
//! Invariants: what was read is named in the write; a write that may have gone out is read back before anything else;
//! a clear no ends it, save on the way back, which asks again while there is time.

use super::operation::{Before, HURRY, Order, PAUSE, SETTLE, superseded};
use super::{End, Hands, after, is_at, is_safety};
use crate::base::{Seconds, Timestamp, Weight};
use crate::engine::ports::{Change, DEADLINE, Fault, Split, Way, Written};
use crate::plan::Rollout;
use crate::release::Outcome;

/// How often what moved since it was read is read and decided anew.
const CONFLICTS: u32 = 5;
/// How often a way back that is refused asks again.
const REFUSALS: u32 = 5;
/// How long a way back waits at most for somebody who asks to be left alone, perhaps for an hour.
const NAG: Seconds = Seconds(5);
/// How long the whole of a promotion may take.
const FORWARD: Seconds = Seconds(120);
/// How long the whole of one try of a way back may take; the policy tries again after it.
const BACK: Seconds = Seconds(60);

/// What was tried so far.
#[derive(Default)]
struct Tries {
    writes: u32,
    conflicts: u32,
    refusals: u32,
    unsure: Option<Fault>,
}

/// Gives the canary its share and says how that ended.
pub(super) async fn set(hands: &Hands, order: &Order, rollout: &Rollout, weight: Weight) -> End {
    let safety = is_safety(&order.act);
    let began = hands.clock.now();
    let last = after(began, if safety { BACK } else { FORWARD });
    let mut tries = Tries::default();
    loop {
        let read =
            hands.answer_within(left(hands, last), "the router", hands.world.router.read(rollout)).await;
        if let Some(end) = seen(order, weight, &read, &tries) {
            return end;
        }
        if !hands.may_send(&order.operation).await {
            return superseded().at(read.unwrap_or_default());
        }
        let way = if safety { Way::Back } else { Way::Forward };
        let change = Change { weight, way, operation: &order.operation, read: read.as_ref().ok() };
        let write = hands.world.router.write(rollout, change);
        tries.writes += 1;
        let pause = match hands.answer_within(left(hands, last), "the router", write).await {
            Ok(Written { restore, .. }) => {
                let end = read_back(hands, order, rollout, (weight, began)).await;
                return End { restore, ..end };
            }
            // It may have gone out: nothing else is sent before it was looked at.
            Err(fault @ (Fault::Unreachable(..) | Fault::Foreign(..))) => {
                let end = read_back(hands, order, rollout, (weight, began)).await;
                if end.outcome != Outcome::Unknown || !safety {
                    return end;
                }
                tries.unsure = Some(fault);
                PAUSE
            }
            Err(fault @ Fault::Conflict(..)) => {
                tries.conflicts += 1;
                tries.unsure = Some(fault);
                if tries.conflicts >= CONFLICTS {
                    return gave_up(tries);
                }
                continue;
            }
            Err(Fault::Throttled(who, wait)) => {
                tries.unsure = Some(Fault::Throttled(who, wait));
                let now = hands.clock.now();
                if safety {
                    Seconds(wait.0.clamp(1, NAG.0))
                } else if after(now, wait) >= last {
                    // A promotion may be tried again by whoever wants it; nobody is left waiting for a sure no.
                    return gave_up(tries);
                } else {
                    Seconds(wait.0.max(1))
                }
            }
            Err(fault @ Fault::Refused(..)) if safety => {
                tries.refusals += 1;
                tries.unsure = Some(fault);
                if tries.refusals >= REFUSALS {
                    return gave_up(tries);
                }
                PAUSE
            }
            Err(fault @ Fault::Untrusted(..)) => return End::new(Outcome::Skipped, fault.to_string()),
            Err(fault) => return End::new(Outcome::Failed, fault.to_string()),
        };
        hands.clock.until(after(hands.clock.now(), pause).min(last)).await;
        if hands.clock.now() >= last {
            return gave_up(tries);
        }
    }
}

/// What a reading before the write decides by itself.
fn seen(order: &Order, weight: Weight, read: &Result<Split, Fault>, tries: &Tries) -> Option<End> {
    match read {
        Ok(split) if is_at(split, weight) => {
            let outcome = if tries.unsure.is_some() { Outcome::Done } else { Outcome::Adopted };
            Some(End::new(outcome, format!("the router gives the canary {weight}")).at(split.clone()))
        }
        Ok(split) => match order.before {
            Before::Resumed(before)
                if !is_safety(&order.act) && before.is_some_and(|before| !is_at(split, before)) =>
            {
                let text = "the router says neither what was nor what is wanted; look and decide";
                Some(End::new(Outcome::Unknown, text).at(split.clone()))
            }
            _ => None,
        },
        // Putting traffic back does not wait for a reading.
        Err(_) if is_safety(&order.act) => None,
        Err(fault) => Some(End::new(Outcome::Failed, format!("{fault}; nothing was sent"))),
    }
}

/// The time for one answer: what is left of the whole, at least a second.
fn left(hands: &Hands, last: Timestamp) -> Seconds {
    let left = last.as_second() - hands.clock.now().as_second();
    Seconds(u64::try_from(left).unwrap_or(0).clamp(1, DEADLINE.0))
}

fn gave_up(tries: Tries) -> End {
    let why = tries.unsure.map_or_else(|| "it was not written".to_owned(), |fault| fault.to_string());
    let times = if tries.writes == 1 { "once".to_owned() } else { format!("{} times", tries.writes) };
    End::new(Outcome::Failed, format!("{why}; tried {times}"))
}

/// Reads until the router says what is wanted, for a while, or until somebody else took over.
async fn read_back(
    hands: &Hands,
    order: &Order,
    rollout: &Rollout,
    (weight, began): (Weight, Timestamp),
) -> End {
    let settle = if is_safety(&order.act) { HURRY } else { SETTLE };
    let last = after(hands.clock.now(), settle);
    let mut newest = Split::default();
    loop {
        if let Ok(split) = hands.answer("the router", hands.world.router.read(rollout)).await {
            if is_at(&split, weight) {
                let took = hands.clock.now().duration_since(began).as_millis();
                let text =
                    format!("canary at {weight}, read back after {}.{} s", took / 1000, took % 1000 / 100);
                return End::new(Outcome::Done, text).at(split);
            }
            newest = split;
        }
        if hands.clock.now() >= last {
            let text = format!("{weight} was written and not seen within {settle}; look and decide");
            return End::new(Outcome::Unknown, text).at(newest);
        }
        if !hands.may_send(&order.operation).await {
            return End::new(Outcome::Superseded, "somebody took over after it was written").at(newest);
        }
        hands.clock.until(after(hands.clock.now(), PAUSE)).await;
    }
}
