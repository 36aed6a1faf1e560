//! What every store of events must do. SQLite does it on one host; others may come.
//!
//! Invariants: a batch is recorded whole or not at all, durably, before `append` answers; events are never changed
//! or removed; bytes are written once and never re-serialised; an append that answered an error other than a
//! conflict is *unknown*, and is settled by asking for its first event id.

use uuid::Uuid;

use crate::base::{Actor, Assurance, Digest, ReleaseId, Timestamp, Via};
use crate::release::{Event, Recorded};

/// An event about to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Unique in the journal, derived from what caused it: the same cause gives the same id.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// How sure we are of who.
    pub assurance: Assurance,
    /// By which door.
    pub via: Via,
    /// What.
    pub event: Event,
}

/// A stream and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// The stream's name.
    pub stream: ReleaseId,
    /// Its newest version.
    pub version: u64,
    /// The hash of its newest event.
    pub head: Digest,
}

/// A journal: streams of events, and blobs.
pub trait Store: Send {
    /// The journal's id.
    fn id(&self) -> Uuid;
    /// True when the first event says this is a test journal: fixed time and seed work, real operations do not.
    fn is_test(&self) -> bool;
    /// Records a batch after version `expected` of the stream, all or none. A batch that is recorded there already,
    /// whole, is a repeat: it answers what is recorded and changes nothing. What is answered is what the bytes say.
    fn append(
        &mut self,
        stream: &ReleaseId,
        expected: u64,
        batch: &[NewEvent],
    ) -> Result<Vec<Recorded>, StoreError>;
    /// Events of a stream from a version on, oldest first, at most so many. The chain up to the last of them was
    /// checked since the store was opened.
    fn read(&self, stream: &ReleaseId, from: u64, limit: usize) -> Result<Vec<Recorded>, StoreError>;
    /// The event with that id, when it is recorded: settles an append nobody knows the end of.
    fn find(&self, id: Uuid) -> Result<Option<(ReleaseId, u64)>, StoreError>;
    /// Every release's stream and its head, by name; the journal's own stream is not among them.
    fn streams(&self) -> Result<Vec<StreamHead>, StoreError>;
    /// Keeps bytes by their digest.
    fn put_blob(&mut self, bytes: &[u8]) -> Result<Digest, StoreError>;
    /// The bytes of a digest.
    fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError>;
    /// The epoch that fences: the highest any actor has taken.
    fn epoch(&self) -> Result<u64, StoreError>;
    /// Takes the next epoch.
    fn raise_epoch(&mut self) -> Result<u64, StoreError>;
    /// A number that changes when another process records something.
    fn change_counter(&self) -> Result<u64, StoreError>;
}

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else recorded first.
    #[error("the stream is at version {actual}, not at {expected}: somebody recorded first")]
    Conflict {
        /// Where the caller thought it stood.
        expected: u64,
        /// Where it stands.
        actual: u64,
    },
    /// An event id that is recorded already: the same cause came twice.
    #[error("event {0} is recorded already")]
    Repeated(Uuid),
    /// The store may not be used here; the text says what to do.
    #[error("{0}")]
    Unusable(String),
    /// The chain of hashes does not hold.
    #[error("the chain of stream {stream} is broken at version {version}: {what}")]
    Broken {
        /// The stream.
        stream: String,
        /// The first version that does not fit.
        version: u64,
        /// What does not fit.
        what: String,
    },
    /// The file itself is damaged.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
    /// Another process writes and does not end.
    #[error("the journal is locked by another process: {0}")]
    Locked(String),
    /// The disk is full.
    #[error("no room left for the journal: {0}")]
    Full(String),
    /// Anything else the store said; whether it is recorded is unknown.
    #[error("the journal did not answer: {0}")]
    Other(String),
}
