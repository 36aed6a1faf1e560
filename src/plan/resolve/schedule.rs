//! `[checkpoint.*]` and `[message.*]`.

use crate::base::{CheckpointId, ItemId, Untrusted};
use crate::plan::file::{self, At};
use crate::plan::{Bound, Checkpoint, Message, Plan, PlanError};

use super::desk::Desk;
use super::document;
use super::gates::bind;

/// The checkpoints of the plan file; without any, those of the document; by time.
pub(super) fn checkpoints(desk: &mut Desk<'_>) -> Result<Vec<Checkpoint>, PlanError> {
    let mut list = if desk.file.checkpoint.is_empty() {
        let (list, findings) = desk.playbook.map(document::checkpoints).unwrap_or_default();
        desk.findings.extend(findings);
        list
    } else {
        let one = |(name, written): &(At<String>, file::Checkpoint)| {
            Ok(Checkpoint {
                id: CheckpointId::new(name.as_str()),
                at: desk.offset(&written.at)?,
                text: Untrusted::new(&written.text),
                owner: written.owner.as_ref().map(|owner| owner.value.clone()),
            })
        };
        desk.file.checkpoint.iter().map(one).collect::<Result<_, PlanError>>()?
    };
    list.sort_by_key(|checkpoint| {
        (i64::from(checkpoint.at.days) * 86_400 + checkpoint.at.seconds, checkpoint.at)
    });
    Ok(list)
}

/// The messages of the plan file; without any, those of the document, which people send. Ties each to its item.
pub(super) fn messages(desk: &Desk<'_>, plan: &mut Plan) -> Result<Vec<Message>, PlanError> {
    if desk.file.message.is_empty() {
        return Ok(desk.playbook.map(document::messages).unwrap_or_default());
    }
    let mut list = Vec::new();
    for (name, written) in desk.file.message.iter() {
        if let Some(reference) = &written.item {
            let id =
                ItemId::new(desk.referred(reference, "item", plan.items.iter().map(|it| it.id.as_str()))?);
            bind(desk, plan, &id, reference, Bound::Message(name.value.clone()))?;
        }
        list.push(Message {
            name: name.value.clone(),
            audience: Untrusted::new(&written.audience),
            at: written.at.as_ref().map(|at| desk.offset(at)).transpose()?,
            text: Untrusted::new(&written.text),
            webhook: written.webhook.as_ref().map(|url| desk.address(url)).transpose()?,
        });
    }
    Ok(list)
}
