//! What every store does with a batch before it writes: where it belongs, and its bytes and hashes.
//!
//! Invariants: a batch that is recorded already, whole and at the place it asks for, is a repeat and answers what
//! is recorded; any other use of a recorded id is refused; what is answered is what the bytes say.

use uuid::Uuid;

use crate::base::{Digest, ReleaseId};
use crate::journal::chain;
use crate::journal::record::{self, JOURNAL_STREAM, Slot};
use crate::journal::store::{NewEvent, StoreError};
use crate::release::Recorded;

/// Where a batch stands.
pub(super) enum Place {
    /// It goes after the newest event.
    New,
    /// It is recorded there already, whole.
    Recorded,
}

/// An event with its bytes, ready to be kept.
pub(super) struct Prepared {
    pub(super) id: Uuid,
    pub(super) previous: Digest,
    pub(super) bytes: Vec<u8>,
    pub(super) recorded: Recorded,
}

/// Decides where a batch stands, given the stream's version and where each id is recorded.
pub(super) fn place(
    stream: &ReleaseId,
    expected: u64,
    version: u64,
    batch: &[NewEvent],
    find: impl Fn(&Uuid) -> Result<Option<(String, u64)>, StoreError>,
) -> Result<Place, StoreError> {
    if stream.as_str() == JOURNAL_STREAM {
        let text =
            format!("`{JOURNAL_STREAM}` is the journal's own stream; name a release as NAME/ENVIRONMENT");
        return Err(StoreError::Unusable(text));
    }
    let conflict = StoreError::Conflict { expected, actual: version };
    if expected > version {
        return Err(conflict);
    }
    let mut repeats = 0;
    for (new, version) in batch.iter().zip(expected + 1..) {
        match find(&new.id)? {
            None => {}
            Some((found, at)) if found == stream.as_str() && at == version => repeats += 1,
            Some(_) => return Err(StoreError::Repeated(new.id)),
        }
    }
    if repeats > 0 {
        let half = batch.first().map(|new| StoreError::Repeated(new.id));
        return match half {
            Some(error) if repeats < batch.len() => Err(error),
            _ => Ok(Place::Recorded),
        };
    }
    if version != expected {
        return Err(conflict);
    }
    let mut ids: Vec<Uuid> = batch.iter().map(|new| new.id).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first()) {
        Some(twice) => Err(StoreError::Repeated(*twice)),
        None => Ok(Place::New),
    }
}

/// Bytes and hashes of a batch that goes after a version and its hash.
pub(super) fn prepare(
    journal: &Uuid,
    stream: &str,
    version: u64,
    head: Digest,
    batch: &[NewEvent],
) -> Result<Vec<Prepared>, StoreError> {
    let mut previous = head;
    let mut prepared = Vec::with_capacity(batch.len());
    for (new, version) in batch.iter().zip(version + 1..) {
        let bytes = record::encode(journal, stream, version, new).map_err(unwritable)?;
        let hash = chain::link(&previous, &bytes);
        let slot = Slot { journal, stream, version, id: Some(&new.id) };
        let recorded = record::decode(&bytes, hash, &slot).map_err(unwritable)?;
        prepared.push(Prepared { id: new.id, previous, bytes, recorded });
        previous = hash;
    }
    Ok(prepared)
}

/// An event that cannot be written; nothing was.
pub(super) fn unwritable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unusable(format!("the event cannot be written as JSON, nothing was recorded: {error}"))
}
