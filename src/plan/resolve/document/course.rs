//! Stages, items, checkpoints and messages as the document has them.

use crate::base::{CheckpointId, Offset, Untrusted};
use crate::plan::playbook::{Mark, Playbook, When};
use crate::plan::{Checkpoint, Code, Exit, Finding, Item, Message, Severity, Stage};

use super::Ids;

/// A row of a monitoring plan whose time is not on the T-clock.
const TIME_UNREAD: Code = Code::new("time-unread");

/// Every stage; each is left when all its items are done.
pub(crate) fn stages(playbook: &Playbook) -> Vec<Stage> {
    let one = |stage: &crate::plan::playbook::Stage| Stage {
        id: stage.id.clone(),
        title: stage.title.clone(),
        at: stage.when.as_ref().and_then(start),
        line: stage.line,
        exit: Exit::default(),
    };
    playbook.stages.iter().map(one).collect()
}

/// Every item; what says no time of its own is due with its stage.
pub(crate) fn items(playbook: &Playbook) -> Vec<Item> {
    let stage_due = |item: &crate::plan::playbook::Item| {
        let stage = playbook.stages.iter().find(|stage| stage.id == item.stage)?;
        stage.when.as_ref()?.due()
    };
    let one = |item: &crate::plan::playbook::Item| Item {
        id: item.id.clone(),
        stage: item.stage.clone(),
        group: item.group.clone(),
        text: item.text.clone(),
        line: item.line,
        depth: u8::try_from(item.depth).unwrap_or(u8::MAX),
        parent: item.parent.clone(),
        owner: item.owner.as_ref().map(Untrusted::line),
        due: item.when.as_ref().and_then(When::due).or_else(|| stage_due(item)),
        bound: None,
        ticked: item.mark == Mark::Done,
    };
    playbook.items.iter().map(one).collect()
}

/// The rows of monitoring plans and the reviews that have a place on the T-clock; a finding for each that has none.
pub(crate) fn checkpoints(playbook: &Playbook) -> (Vec<Checkpoint>, Vec<Finding>) {
    let mut ids = Ids::default();
    let (mut list, mut findings) = (Vec::new(), Vec::new());
    let rows =
        playbook.checkpoints.iter().map(|row| (&row.what, row.when.as_ref(), row.owner.as_ref(), row.line));
    let reviews =
        playbook.reviews.iter().map(|review| (&review.title, review.when.as_ref(), None, review.line));
    for (text, when, owner, line) in rows.chain(reviews) {
        match when.and_then(start) {
            Some(at) => list.push(Checkpoint {
                id: CheckpointId::new(ids.take(text)),
                at,
                text: text.clone(),
                owner: owner.map(Untrusted::line),
            }),
            None => findings.push(Finding {
                code: TIME_UNREAD,
                severity: Severity::Info,
                file: playbook.file.clone(),
                line,
                message: format!(
                    "`{}` has no time on the T-clock, so it is not on the schedule",
                    text.cell(60)
                ),
                help: "write its time as `T+4h` or `T+1 week`, or add a [checkpoint.*] to the plan file"
                    .to_owned(),
            }),
        }
    }
    (list, findings)
}

/// The messages people send.
pub(crate) fn messages(playbook: &Playbook) -> Vec<Message> {
    let mut ids = Ids::default();
    let unnamed = Untrusted::new("message");
    let one = |message: &crate::plan::playbook::Message| {
        let audience = message.audience.clone().or_else(|| message.channel.clone()).unwrap_or_default();
        let text: Vec<&str> = message.content.iter().map(|words| words.text.raw()).collect();
        Message {
            name: ids.take(if audience.is_empty() { &unnamed } else { &audience }),
            audience,
            at: message.when.as_ref().and_then(start),
            text: Untrusted::new(text.join("\n")),
            webhook: None,
        }
    };
    playbook.messages.iter().map(one).collect()
}

/// When it begins.
fn start(when: &When) -> Option<Offset> {
    match when {
        When::At(at) | When::Between(at, _) => Some(*at),
        When::Calendar(_) => None,
    }
}
