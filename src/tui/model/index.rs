//! What the screens need to know of a release with many items, worked out once per change and not per frame.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::base::{ItemId, Offset, StageId, Timestamp};
use crate::plan::{Bound, Plan};
use crate::release::{ItemState, State, Tick, View, clock};

/// An item of the plan or one added by hand, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemRef {
    /// In the plan's list.
    Planned(usize),
    /// In the state's list of added ones.
    Added(usize),
}

/// A stage and how far its items are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageSum {
    /// Its items, in order.
    pub items: Vec<ItemRef>,
    /// How many are done.
    pub done: usize,
    /// How many were left out.
    pub skipped: usize,
}

impl StageSum {
    /// True when no item holds it up.
    pub fn is_settled(&self) -> bool {
        self.done + self.skipped >= self.items.len()
    }
}

/// What is due: an item or a row of the monitoring plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// An open item.
    Item(ItemRef),
    /// A checkpoint, by its place in the plan.
    Checkpoint(usize),
}

/// The sums.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// One per stage of the plan, in its order.
    pub stages: Vec<StageSum>,
    /// The place of the current stage: the one people are in, or the first that is not settled.
    pub current: Option<usize>,
    /// Open items with a due time, and checkpoints, earliest first.
    pub due: Vec<(Timestamp, Due)>,
    /// The zone of the release.
    pub zone: Option<TimeZone>,
}

impl Index {
    /// Works it out. Linear in items; called when the state or the plan changed.
    pub fn of(state: &State, plan: &Plan) -> Self {
        let places: BTreeMap<&StageId, usize> =
            plan.stages.iter().enumerate().map(|(place, stage)| (&stage.id, place)).collect();
        let zone = TimeZone::get(&plan.release.zone).unwrap_or(TimeZone::UTC);
        let t0 = clock::t0(state, plan);
        let mut index = Self { stages: vec![StageSum::default(); plan.stages.len()], ..Self::default() };
        let planned = plan.items.iter().enumerate();
        let items = planned.map(|(at, item)| (ItemRef::Planned(at), &item.id, &item.stage, item.due));
        let added = state.added.iter().enumerate();
        let added = added.map(|(at, item)| (ItemRef::Added(at), &item.id, &item.stage, None));
        for (place, id, stage, due) in items.chain(added) {
            let known = state.items.get(id);
            if let Some(sum) = places.get(stage).and_then(|place| index.stages.get_mut(*place)) {
                sum.items.push(place);
                match known.map(|known| &known.tick) {
                    Some(Tick::Done(_)) => sum.done += 1,
                    Some(Tick::Skipped(..)) => sum.skipped += 1,
                    _ => {}
                }
            }
            let due = known.and_then(|known| known.due).unwrap_or(due);
            let settled = known.is_some_and(|known| known.tick.is_settled());
            if let (false, Some(t0), Some(due)) = (settled, t0, due) {
                index.due.extend(due.at(t0, &zone).map(|at| (at, Due::Item(place))));
            }
        }
        if let Some(t0) = t0 {
            for (place, checkpoint) in plan.checkpoints.iter().enumerate() {
                index.due.extend(checkpoint.at.at(t0, &zone).map(|at| (at, Due::Checkpoint(place))));
            }
        }
        index.due.sort();
        let entered = state.stage.as_ref().and_then(|stage| places.get(stage).copied());
        index.current = entered.or_else(|| index.stages.iter().position(|sum| !sum.is_settled()));
        index.zone = Some(zone);
        index
    }

    /// The next thing that is due.
    pub fn next(&self, now: Timestamp) -> Option<(Timestamp, Due)> {
        let first = self.due.partition_point(|(at, _)| *at < now);
        self.due.get(first).copied()
    }

    /// How many open items are late. Checkpoints have no tick and do not count.
    pub fn overdue(&self, now: Timestamp) -> usize {
        let late = self.due.partition_point(|(at, _)| *at < now);
        self.due.iter().take(late).filter(|(_, due)| matches!(due, Due::Item(_))).count()
    }
}

/// An item as it is now, from plan and state.
#[derive(Clone, Copy, Debug)]
pub struct ItemLine<'a> {
    /// Its id.
    pub id: &'a ItemId,
    /// Its stage.
    pub stage: &'a StageId,
    /// Its text as written.
    pub text: &'a str,
    /// The group above it.
    pub group: Option<&'a str>,
    /// Who owns it.
    pub owner: Option<&'a str>,
    /// When it is due.
    pub due: Option<Offset>,
    /// How far it is.
    pub tick: &'a Tick,
    /// What ticks it, when it is not a person.
    pub bound: Option<&'a Bound>,
    /// How deep it is nested.
    pub depth: u8,
    /// Its line in the document, 0 for none.
    pub line: u32,
    /// True when the document already shows it ticked.
    pub ticked_in_file: bool,
    /// What else is known.
    pub known: Option<&'a ItemState>,
}

/// A text without a bracketed owner at its end, `(owner: ada)`: the owner has a place of its own.
pub fn without_owner(text: &str) -> &str {
    let cut = text.trim_end().strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let names = |inside: &str| {
        inside.split_once(':').is_some_and(|(label, _)| label.trim().eq_ignore_ascii_case("owner"))
    };
    cut.filter(|(before, inside)| !before.trim().is_empty() && names(inside))
        .map_or(text, |(before, _)| before.trim_end())
}

/// Reads one item.
pub fn item_line(view: &View, place: ItemRef) -> Option<ItemLine<'_>> {
    let (state, plan) = (view.state.as_ref(), view.plan.as_ref());
    let mut line = match place {
        ItemRef::Planned(at) => {
            let item = plan.items.get(at)?;
            ItemLine {
                id: &item.id,
                stage: &item.stage,
                text: item.text.raw(),
                group: item.group.as_ref().map(|group| group.raw()),
                owner: item.owner.as_deref(),
                due: item.due,
                tick: &Tick::Open,
                bound: item.bound.as_ref(),
                depth: item.depth,
                line: item.line,
                ticked_in_file: item.ticked,
                known: None,
            }
        }
        ItemRef::Added(at) => {
            let item = state.added.get(at)?;
            ItemLine {
                id: &item.id,
                stage: &item.stage,
                text: item.text.raw(),
                group: None,
                owner: None,
                due: None,
                tick: &Tick::Open,
                bound: None,
                depth: 0,
                line: 0,
                ticked_in_file: false,
                known: None,
            }
        }
    };
    if let Some(known) = state.items.get(line.id) {
        line.tick = &known.tick;
        line.known = Some(known);
        if let Some(owner) = &known.owner {
            line.owner = owner.as_deref();
        }
        if let Some(due) = known.due {
            line.due = due;
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::without_owner;

    #[test]
    fn only_the_remark_that_names_the_owner_goes() {
        assert_eq!(without_owner("Cut the branch (Owner: ada)"), "Cut the branch");
        assert_eq!(without_owner("Cut the branch (with care)"), "Cut the branch (with care)");
        assert_eq!(without_owner("(owner: ada)"), "(owner: ada)");
        assert_eq!(without_owner("Größe (é)"), "Größe (é)");
    }
}
