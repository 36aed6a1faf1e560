//! What an engine is made of, and what is left when it ended.

use std::sync::Arc;

use crate::base::{Digest, ReleaseId};
use crate::engine::plans::PlanReader;
use crate::engine::ports::World;
use crate::engine::samples::SamplesCache;
use crate::journal::{Store, StoreError};
use crate::release::{Presence, View};

/// What an engine is made of.
pub struct Setup {
    /// The journal.
    pub store: Box<dyn Store>,
    /// The release it acts on.
    pub stream: ReleaseId,
    /// Everything outside.
    pub world: World,
    /// How the plan is read out of the journal.
    pub reader: Arc<dyn PlanReader>,
    /// Whether the world is real.
    pub nature: Nature,
    /// Who is here from the beginning.
    pub presence: Vec<Presence>,
    /// Where samples outlive it; nowhere, when there is none.
    pub samples: Option<SamplesCache>,
}

/// Whether the world is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// What is done is done.
    Real,
    /// A scripted world.
    Simulated,
}

/// What is left when an engine ended.
pub struct Ending {
    /// The last picture.
    pub view: Arc<View>,
    /// The head of the stream.
    pub head: Option<Digest>,
    /// How many events the stream holds.
    pub events: u64,
    /// Why it ended.
    pub why: End,
    /// What scripted people wished and did not get, one line each, for who writes the script.
    pub refused: Vec<String>,
    /// The journal.
    pub store: Box<dyn Store>,
}

/// Why an engine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nobody holds a client any more and nothing is on its way.
    Left,
    /// The play is over.
    Over,
    /// Nothing was recorded for a day, or nothing will ever be due again, and the play is not over.
    Stalled,
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The journal.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No runtime for its tasks.
    #[error("no runtime for the engine: {0}")]
    Runtime(#[from] std::io::Error),
}
