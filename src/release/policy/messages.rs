//! Saying things to people outside. After a hold or a rollback nothing goes out until a person re-arms it.

use crate::plan::rule::Action;
use crate::release::act::Act;
use crate::release::decision::{Refusal, RefusalCode, refuse};
use crate::release::draft::Draft;

pub fn send(draft: &mut Draft<'_>, message: &str) -> Result<(), Refusal> {
    let Some(planned) = draft.plan.messages.iter().find(|planned| planned.name == message) else {
        return Err(refuse(
            RefusalCode::Unknown,
            format!("there is no message `{message}`"),
            "name one of the plan's messages",
        ));
    };
    if draft.state.messages_stopped {
        return Err(refuse(
            RefusalCode::Blocked,
            "messages wait since the hold or rollback",
            "read the message again, then re-arm messages",
        ));
    }
    let on_its_way = draft.state.operations.values().any(|known| {
        let says = matches!(&known.act, Act::Notify { message: Some(name), .. } if name == message);
        says && known.outcome.is_none()
    });
    if !draft.state.sent.contains_key(message) && !on_its_way {
        let text = planned.text.clone();
        draft.intend(Act::Notify { action: Action::Notify, text, message: Some(message.to_owned()) });
    }
    Ok(())
}
