//! The T-clock: where a release is in time, and what is due.

use jiff::tz::TimeZone;

use crate::base::{ItemId, Offset, Timestamp};
use crate::plan::{Item, Plan};
use crate::release::state::State;

/// T-0 as it stands: what a person set, or what the plan says.
pub fn t0(state: &State, plan: &Plan) -> Option<Timestamp> {
    state.t0.or(plan.release.t0)
}

/// Seconds from T-0, negative before it.
pub fn t(state: &State, plan: &Plan, now: Timestamp) -> Option<i64> {
    Some(now.as_second() - t0(state, plan)?.as_second())
}

/// The moment an offset from T-0 falls on, in the release's own zone.
pub fn moment(state: &State, plan: &Plan, offset: Offset) -> Option<Timestamp> {
    offset.at(t0(state, plan)?, &zone(plan))
}

/// The zone people live in; UTC when nobody knows it.
pub fn zone(plan: &Plan) -> TimeZone {
    TimeZone::get(&plan.release.zone).unwrap_or(TimeZone::UTC)
}

/// When an item is due: what a person set, what the plan says of it, or when its stage begins.
pub fn due(state: &State, plan: &Plan, item: &Item) -> Option<Timestamp> {
    moment(state, plan, due_offset(state, item)?)
}

/// The offset an item is due at: what a person set, or what the plan says.
pub fn due_offset(state: &State, item: &Item) -> Option<Offset> {
    state.items.get(&item.id).and_then(|known| known.due).unwrap_or(item.due)
}

/// Who owns an item: what a person set, or what the plan says.
pub fn owner<'a>(state: &'a State, item: &'a Item) -> Option<&'a str> {
    match state.items.get(&item.id).and_then(|known| known.owner.as_ref()) {
        Some(set) => set.as_deref(),
        None => item.owner.as_deref(),
    }
}

/// Items that are due and not settled, earliest first.
pub fn overdue(state: &State, plan: &Plan, now: Timestamp) -> Vec<(Timestamp, ItemId)> {
    let added = state.added.iter().filter_map(|item| {
        let known = state.items.get(&item.id).filter(|known| !known.tick.is_settled())?;
        Some((moment(state, plan, known.due??)?, &item.id))
    });
    let planned = open_and_due(state, plan).map(|(at, item)| (at, &item.id));
    let mut late: Vec<(Timestamp, ItemId)> =
        planned.chain(added).filter(|(at, _)| *at < now).map(|(at, id)| (at, id.clone())).collect();
    late.sort();
    late
}

/// The next open item that is due, now or later.
pub fn next_due<'a>(state: &State, plan: &'a Plan, now: Timestamp) -> Option<(Timestamp, &'a Item)> {
    open_and_due(state, plan).filter(|(at, _)| *at >= now).min_by_key(|(at, _)| *at)
}

fn open_and_due<'a>(state: &State, plan: &'a Plan) -> impl Iterator<Item = (Timestamp, &'a Item)> {
    // T-0 and the zone are looked up once: there may be ten thousand items, and this is asked at every turn.
    let from = t0(state, plan).map(|t0| (t0, zone(plan)));
    let mut found = Vec::new();
    if let Some((t0, zone)) = from {
        let open = |item: &&Item| !state.items.get(&item.id).is_some_and(|known| known.tick.is_settled());
        for item in plan.items.iter().filter(open) {
            if let Some(at) = due_offset(state, item).and_then(|offset| offset.at(t0, &zone)) {
                found.push((at, item));
            }
        }
    }
    found.into_iter()
}
