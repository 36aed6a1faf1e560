//! Ticking, skipping, owning and adding items. Repeats change nothing.

use crate::base::{ItemId, Offset, StageId, Untrusted};
use crate::plan::Bound;
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;
use crate::release::event::{Event, Evidence};
use crate::release::state::Tick;

type Granted = Result<(), Refusal>;

pub fn tick(
    draft: &mut Draft<'_>,
    item: &ItemId,
    evidence: Option<&Evidence>,
    waiver: Option<&Untrusted>,
) -> Granted {
    known(draft, item)?;
    if matches!(current(draft, item), Tick::Done(_)) {
        return Ok(());
    }
    let bound = draft.plan.item(item).and_then(|planned| planned.bound.clone());
    if let (Some(bound), None) = (&bound, waiver) {
        let what = match bound {
            Bound::Gate(gate) => format!("gate {gate}"),
            Bound::Message(message) => format!("message {message}"),
        };
        return Err(refuse(
            RefusalCode::Incomplete,
            format!("`{item}` is ticked by {what}"),
            "let it do so, or tick by hand with a reason: it stays marked as a waiver",
        ));
    }
    draft.push(Event::ItemTicked { item: item.clone(), evidence: evidence.cloned() });
    if let (Some(_), Some(waiver)) = (bound, waiver) {
        let note = Untrusted::new(format!("ticked by hand: {}", waiver.raw()));
        draft.push(Event::ItemNoted { item: item.clone(), note });
    }
    Ok(())
}

pub fn untick(draft: &mut Draft<'_>, item: &ItemId, reason: &Untrusted) -> Granted {
    known(draft, item)?;
    if current(draft, item).is_settled() {
        draft.push(Event::ItemReopened { item: item.clone(), reason: reason.clone() });
    }
    Ok(())
}

pub fn skip(draft: &mut Draft<'_>, item: &ItemId, reason: &Untrusted) -> Granted {
    known(draft, item)?;
    if reason.raw().trim().is_empty() {
        return Err(refuse(
            RefusalCode::Incomplete,
            format!("`{item}` is skipped without a reason"),
            "say why",
        ));
    }
    if !matches!(current(draft, item), Tick::Skipped(..)) {
        draft.push(Event::ItemSkipped { item: item.clone(), reason: reason.clone() });
    }
    Ok(())
}

pub fn assign(draft: &mut Draft<'_>, item: &ItemId, owner: Option<&str>) -> Granted {
    known(draft, item)?;
    let owner = owner.map(str::trim).filter(|owner| !owner.is_empty()).map(str::to_owned);
    draft.push(Event::ItemAssigned { item: item.clone(), owner });
    Ok(())
}

pub fn retime(draft: &mut Draft<'_>, item: &ItemId, due: Option<Offset>) -> Granted {
    known(draft, item)?;
    draft.push(Event::ItemRetimed { item: item.clone(), due });
    Ok(())
}

pub fn note(draft: &mut Draft<'_>, item: Option<&ItemId>, note: &Untrusted) -> Granted {
    if note.raw().trim().is_empty() {
        return Err(refuse(RefusalCode::Incomplete, "the note is empty", "write something"));
    }
    match item {
        Some(item) => {
            known(draft, item)?;
            draft.push(Event::ItemNoted { item: item.clone(), note: note.clone() });
        }
        None => draft.push(Event::Noted { note: note.clone() }),
    }
    Ok(())
}

pub fn attach(draft: &mut Draft<'_>, item: &ItemId, evidence: &Evidence) -> Granted {
    known(draft, item)?;
    draft.push(Event::ItemAttached { item: item.clone(), evidence: evidence.clone() });
    Ok(())
}

pub fn add(draft: &mut Draft<'_>, stage: &StageId, text: &Untrusted, split_from: Option<&ItemId>) -> Granted {
    if draft.plan.stage(stage).is_none() {
        return Err(refuse(
            RefusalCode::Unknown,
            format!("there is no stage `{stage}`"),
            "name one of the plan",
        ));
    }
    if text.raw().trim().is_empty() {
        return Err(refuse(RefusalCode::Incomplete, "the item has no text", "say what is to be done"));
    }
    if let Some(item) = split_from {
        known(draft, item)?;
    }
    let item = ItemId::new(format!("added/{}", draft.state.added.len() + 1));
    draft.push(Event::ItemAdded {
        item,
        stage: stage.clone(),
        text: text.clone(),
        split_from: split_from.cloned(),
    });
    Ok(())
}

fn current(draft: &Draft<'_>, item: &ItemId) -> Tick {
    draft.state.items.get(item).map(|known| known.tick.clone()).unwrap_or_default()
}

fn known(draft: &Draft<'_>, item: &ItemId) -> Granted {
    let there = draft.plan.item(item).is_some() || draft.state.added.iter().any(|added| &added.id == item);
    if there {
        return Ok(());
    }
    Err(refuse(
        RefusalCode::Unknown,
        format!("there is no item `{item}`"),
        "any unique end of an item's id will do; `tminus status` lists them",
    ))
}
