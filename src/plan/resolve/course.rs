//! Stages and items: the document's, and what `[stage.*]` and `[item.*]` add.

use crate::base::{ItemId, StageId, Untrusted};
use crate::plan::file::{self, At};
use crate::plan::playbook::slug;
use crate::plan::{Exit, ExitItems, Item, Plan, PlanError, Stage};

use super::desk::{Desk, title};
use super::document;
use super::rollouts::gate_names;

/// Fills in stages and items; exit criteria follow when gates are known.
pub(super) fn stages(desk: &Desk<'_>, plan: &mut Plan) -> Result<(), PlanError> {
    if let Some(playbook) = desk.playbook {
        plan.stages = document::stages(playbook);
        plan.items = document::items(playbook);
    }
    for (name, written) in desk.file.stage.iter() {
        let at = written.at.as_ref().map(|at| desk.offset(at)).transpose()?;
        let id = match desk.referred(name, "stage", plan.stages.iter().map(|it| it.id.as_str())) {
            Ok(id) => StageId::new(id),
            Err(_) if desk.playbook.is_none() || written.title.is_some() => {
                let id = StageId::new(name.as_str());
                let heading = title(written.title.as_ref(), name.as_str());
                plan.stages.push(Stage {
                    id: id.clone(),
                    title: heading,
                    at: None,
                    line: 0,
                    exit: Exit::default(),
                });
                id
            }
            Err(error) => {
                let help = format!("{}; a stage that is not in the playbook needs a `title`", error.help);
                return Err(PlanError { help, ..error });
            }
        };
        if let Some(stage) = plan.stages.iter_mut().find(|stage| stage.id == id) {
            stage.at = at.or(stage.at);
        }
        add_items(desk, plan, &id, written);
    }
    owners(desk, plan)
}

/// The boxes a plan file adds to a stage, named like those of a document.
fn add_items(desk: &Desk<'_>, plan: &mut Plan, stage: &StageId, written: &file::Stage) {
    for text in &written.items {
        let base = format!("{stage}/{}", slug(text.as_str()));
        let taken = |id: &str| plan.items.iter().any(|item| item.id.as_str() == id);
        let id =
            (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}~{n}") }).find(|id| !taken(id));
        plan.items.push(Item {
            id: ItemId::new(id.unwrap_or(base)),
            stage: stage.clone(),
            group: None,
            text: Untrusted::new(text.as_str()),
            line: desk.place.line(text.start),
            depth: 0,
            parent: None,
            owner: None,
            due: plan.stage(stage).and_then(|stage| stage.at),
            bound: None,
            ticked: false,
        });
    }
}

fn owners(desk: &Desk<'_>, plan: &mut Plan) -> Result<(), PlanError> {
    for (name, written) in desk.file.item.iter() {
        let id = desk.referred(name, "item", plan.items.iter().map(|it| it.id.as_str()))?.to_owned();
        let due = written.due.as_ref().map(|due| desk.offset(due)).transpose()?;
        if let Some(item) = plan.items.iter_mut().find(|item| item.id.as_str() == id) {
            item.due = due.or(item.due);
            if let Some(owner) = &written.owner {
                item.owner = Some(owner.value.clone());
            }
        }
    }
    Ok(())
}

/// Fills in what must be true before each stage is left.
pub(super) fn exits(desk: &Desk<'_>, plan: &mut Plan) -> Result<(), PlanError> {
    for (name, written) in desk.file.stage.iter() {
        let Some(exit) = &written.exit else { continue };
        let id = desk.referred(name, "stage", plan.stages.iter().map(|it| it.id.as_str()))?.to_owned();
        let gates = gate_names(desk, plan, &exit.gates)?;
        let items = exit.items.as_ref().map_or(Ok(ExitItems::All), |list| held_by(desk, plan, &list.0))?;
        if let Some(stage) = plan.stages.iter_mut().find(|stage| stage.id.as_str() == id) {
            stage.exit = Exit { items, gates, approvals: exit.approvals };
        }
    }
    Ok(())
}

fn held_by(desk: &Desk<'_>, plan: &Plan, list: &[At<String>]) -> Result<ExitItems, PlanError> {
    match list {
        [] => Ok(ExitItems::None),
        [one] if one.as_str() == "all" => Ok(ExitItems::All),
        [one] if one.as_str() == "none" => Ok(ExitItems::None),
        several => {
            let ids = || plan.items.iter().map(|item| item.id.as_str());
            let found = several.iter().map(|it| Ok(ItemId::new(desk.referred(it, "item", ids())?)));
            Ok(ExitItems::Listed(found.collect::<Result<_, _>>()?))
        }
    }
}
