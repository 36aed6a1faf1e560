//! Making a release in a journal: its sources, its binding text, and the adoption of its plan.

use uuid::Uuid;

use super::exit::{Exit, Failure};
use super::trust::not_understood;
use crate::base::{Actor, Assurance, ReleaseId, Timestamp, Via};
use crate::engine::SourcesReader;
use crate::engine::client::Reply;
use crate::engine::dispatcher::Dispatcher;
use crate::journal::{SqliteStore, Store};
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
    let id = match author.seed {
        Some(seed) => Uuid::new_v5(&store.id(), format!("{seed}\0{stream}\0{kept}").as_bytes()),
        None => Uuid::new_v4(),
    };
    let command = Command {
        id,
        actor: author.actor.clone(),
        assurance: Assurance::L0,
        via: author.via,
        seen: None,
        wish: Wish::AdoptPlan { plan: resolved.plan.digest, sources: kept },
    };
    let mut writer = Dispatcher::open(Box::new(store), stream.clone(), std::sync::Arc::new(SourcesReader))
        .map_err(refused)?;
    match writer.submit(&Input::Command(command), author.at).reply {
        Reply::Done { .. } => Ok(stream),
        Reply::Refused(refusal) => Err(Failure::new(Exit::Refused, refusal.message).help(refusal.help)),
        Reply::Failed { message } => Err(Failure::new(Exit::Unknown, message)),
    }
}
