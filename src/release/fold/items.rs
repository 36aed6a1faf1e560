//! Events of items into state.

use crate::release::event::{Event, Evidence};
use crate::release::state::{AddedItem, ItemState, Mark, State, Tick};

impl State {
    pub(super) fn fold_item(&mut self, event: &Event, mark: &Mark) {
        match event {
            Event::ItemTicked { item, evidence } => {
                let state = self.item_mut(item);
                state.tick = Tick::Done(mark.clone());
                state.by_gate = matches!(evidence, Some(Evidence::GateRun { .. }));
                state.evidence.extend(evidence.clone());
            }
            Event::ItemSkipped { item, reason } => {
                let state = self.item_mut(item);
                state.tick = Tick::Skipped(mark.clone(), reason.clone());
                state.by_gate = false;
            }
            Event::ItemReopened { item, reason } => {
                self.item_mut(item).tick = Tick::Reopened(mark.clone(), reason.clone());
            }
            Event::ItemAssigned { item, owner } => self.item_mut(item).owner = Some(owner.clone()),
            Event::ItemRetimed { item, due } => self.item_mut(item).due = Some(*due),
            Event::ItemNoted { item, note } => self.item_mut(item).notes.push((mark.clone(), note.clone())),
            Event::ItemAttached { item, evidence } => self.item_mut(item).evidence.push(evidence.clone()),
            Event::ItemMatched { item, to } => {
                if let Some(known) = self.items.remove(item) {
                    self.items.entry(to.clone()).or_insert(known);
                }
            }
            Event::ItemAdded { item, stage, text, split_from } => self.added.push(AddedItem {
                id: item.clone(),
                stage: stage.clone(),
                text: text.clone(),
                split_from: split_from.clone(),
            }),
            _ => {}
        }
    }

    fn item_mut(&mut self, item: &crate::base::ItemId) -> &mut ItemState {
        self.items.entry(item.clone()).or_default()
    }
}
