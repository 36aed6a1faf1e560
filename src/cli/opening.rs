//! Making a release in a journal: its sources, its binding text, and the adoption of its plan.

use uuid::Uuid;

use super::exit::{Exit, Failure};
use super::trust::not_understood;
use crate::base::{Actor, Assurance, ItemId, ReleaseId, Timestamp, Via};
use crate::engine::SourcesReader;
use crate::engine::client::Reply;
use crate::engine::dispatcher::Dispatcher;
use crate::journal::{SqliteStore, Store};
use crate::plan::playbook::{Playbook, match_items, read};
use crate::plan::{Plan, Sources, resolve};
use crate::release::{Command, Input, Wish};

/// Who opens a release, and when.
#[derive(Clone, Debug)]
pub struct Author {
    /// Who.
    pub actor: Actor,
    /// By which door.
    pub via: Via,
    /// When.
    pub at: Timestamp,
    /// What the command's id comes from, on a test journal.
    pub seed: Option<u64>,
}

/// The stream of a plan's release: `NAME/ENVIRONMENT`.
pub fn stream(plan: &Plan) -> ReleaseId {
    let part = |text: &str| text.trim().replace('/', "-");
    ReleaseId::new(format!("{}/{}", part(&plan.release.name), part(&plan.release.environment)))
}

/// Adopts the plan of these sources, as a new release or as a change to the one that is there; answers its stream.
///
/// # Errors
/// When there is no plan in them, or the journal does not take it.
pub fn adopt(mut store: SqliteStore, sources: &Sources, author: &Author) -> Result<ReleaseId, Failure> {
    let resolved = resolve(sources).map_err(not_understood)?;
    let stream = stream(&resolved.plan);
    let refused = |error| super::shelf::refused(std::path::Path::new("the journal"), &error);
    let bytes = sources.to_bytes();
    let kept = store.put_blob(&bytes).map_err(refused)?;
    store.put_blob(resolved.binding.as_bytes()).map_err(refused)?;
    let mut writer = Dispatcher::open(Box::new(store), stream.clone(), std::sync::Arc::new(SourcesReader))
        .map_err(refused)?;
    let id = match author.seed {
        Some(seed) => Uuid::new_v5(&writer.store().id(), format!("{seed}\0{stream}\0{kept}").as_bytes()),
        None => Uuid::new_v4(),
    };
    let command = Command {
        id,
        actor: author.actor.clone(),
        assurance: Assurance::L0,
        via: author.via,
        seen: None,
        wish: Wish::AdoptPlan {
            plan: resolved.plan.digest,
            sources: kept,
            matched: matched(&writer, resolved.playbook.as_ref()),
        },
    };
    match writer.submit(&Input::Command(command), author.at).reply {
        Reply::Done { .. } => Ok(stream),
        Reply::Refused(refusal) => Err(Failure::new(Exit::Refused, refusal.message).help(refusal.help)),
        Reply::Failed { message } => Err(Failure::new(Exit::Unknown, message)),
    }
}

/// Items of the adopted document that the new one holds under another id. The adopted one is read again from the
/// journal; without either there is nothing to match.
fn matched(writer: &Dispatcher, playbook: Option<&Playbook>) -> Vec<(ItemId, ItemId)> {
    let before = writer.state().sources.and_then(|sources| writer.store().blob(&sources).ok().flatten());
    let before =
        before.and_then(|bytes| Sources::from_bytes(&bytes).ok()).and_then(|sources| sources.playbook);
    let before = before.and_then(|file| read(&file.name, &file.bytes).ok());
    let (Some(before), Some(after)) = (before, playbook) else { return Vec::new() };
    let pairs = match_items(&before.items, &after.items).pairs;
    pairs.into_iter().filter(|(old, new)| old != new).collect()
}
