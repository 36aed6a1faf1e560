//! A journal in memory, for tests, benches and simulated runs that nobody keeps.
//!
//! Invariants: the same bytes and the same chain as on disk. Handles made by [`MemoryStore::another`] share one
//! journal, as two processes share a file.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::base::{Digest, ReleaseId};
use crate::journal::batch::{self, Place};
use crate::journal::chain::{self, Row, Walker};
use crate::journal::record::{self, Genesis, JOURNAL_STREAM};
use crate::journal::rows::{BlobVisitor, RowVisitor, Rows, broken};
use crate::journal::store::{NewEvent, Store, StoreError, StreamHead};
use crate::release::Recorded;

/// One handle on a journal in memory.
#[derive(Debug)]
pub struct MemoryStore {
    genesis: Genesis,
    shared: Arc<Mutex<Shared>>,
    own_writes: u64,
}

#[derive(Debug, Default)]
struct Shared {
    streams: BTreeMap<String, Vec<Kept>>,
    places: HashMap<Uuid, (String, u64)>,
    blobs: BTreeMap<Digest, Vec<u8>>,
    epoch: u64,
    writes: u64,
}

#[derive(Debug)]
struct Kept {
    id: Uuid,
    previous: Digest,
    hash: Digest,
    bytes: Vec<u8>,
}

impl Kept {
    fn row(&self, version: u64) -> Row<'_> {
        Row { version, id: self.id, previous: self.previous, hash: self.hash, bytes: &self.bytes }
    }
}

/// Rows with their versions, from after one on.
fn after(rows: &[Kept], version: u64) -> impl Iterator<Item = Row<'_>> {
    let skip = usize::try_from(version).unwrap_or(usize::MAX);
    (1u64..).zip(rows).skip(skip).map(|(version, kept)| kept.row(version))
}

impl MemoryStore {
    /// A new journal.
    pub fn create(genesis: Genesis) -> Result<Self, StoreError> {
        let (id, bytes) = record::encode_genesis(&genesis).map_err(batch::unwritable)?;
        let previous = chain::first(&genesis.journal, JOURNAL_STREAM);
        let hash = chain::link(&previous, &bytes);
        let mut shared = Shared::default();
        shared.places.insert(id, (JOURNAL_STREAM.to_owned(), 1));
        shared.streams.insert(JOURNAL_STREAM.to_owned(), vec![Kept { id, previous, hash, bytes }]);
        Ok(Self { genesis, shared: Arc::new(Mutex::new(shared)), own_writes: 0 })
    }

    /// Another handle on the same journal, as another process would have.
    pub fn another(&self) -> Self {
        let own_writes = self.lock().writes;
        Self { genesis: self.genesis, shared: Arc::clone(&self.shared), own_writes }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn id(&self) -> Uuid {
        self.genesis.journal
    }
    fn is_test(&self) -> bool {
        self.genesis.test
    }

    fn append(
        &mut self,
        stream: &ReleaseId,
        expected: u64,
        batch: &[NewEvent],
    ) -> Result<Vec<Recorded>, StoreError> {
        let journal = self.genesis.journal;
        let name = stream.as_str();
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = shared.streams.get(name).map_or(&[][..], Vec::as_slice);
        let (version, head) = match rows.last() {
            Some(last) => (rows.len() as u64, last.hash),
            None => (0, chain::first(&journal, name)),
        };
        let place = |id: &Uuid| Ok(shared.places.get(id).cloned());
        let prepared = match batch::place(stream, expected, version, batch, place)? {
            Place::New => batch::prepare(&journal, name, version, head, batch)?,
            Place::Recorded => {
                let before = usize::try_from(expected).unwrap_or(usize::MAX).checked_sub(1);
                let head = before.and_then(|last| rows.get(last)).map(|kept| kept.hash);
                let head = head.unwrap_or_else(|| chain::first(&journal, name));
                let mut walker = Walker::after(journal, name, expected, head);
                return after(rows, expected)
                    .take(batch.len())
                    .map(|row| walker.read(&row).map_err(|found| broken(name, found)))
                    .collect();
            }
        };
        let mut recorded = Vec::with_capacity(prepared.len());
        for new in prepared {
            shared.places.insert(new.id, (name.to_owned(), new.recorded.version));
            let kept = Kept { id: new.id, previous: new.previous, hash: new.recorded.hash, bytes: new.bytes };
            shared.streams.entry(name.to_owned()).or_default().push(kept);
            recorded.push(new.recorded);
        }
        shared.writes += 1;
        self.own_writes += 1;
        Ok(recorded)
    }

    fn read(&self, stream: &ReleaseId, from: u64, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let shared = self.lock();
        let rows = shared.streams.get(stream.as_str()).map_or(&[][..], Vec::as_slice);
        let before = from.max(1) - 1;
        let mut walker: Option<Walker> = None;
        after(rows, before)
            .take(limit)
            .map(|row| {
                let walker = walker.get_or_insert_with(|| {
                    Walker::after(self.genesis.journal, stream.as_str(), before, row.previous)
                });
                walker.read(&row).map_err(|found| broken(stream.as_str(), found))
            })
            .collect()
    }

    fn find(&self, id: Uuid) -> Result<Option<(ReleaseId, u64)>, StoreError> {
        Ok(self.lock().places.get(&id).map(|(stream, version)| (ReleaseId::new(stream), *version)))
    }

    fn streams(&self) -> Result<Vec<StreamHead>, StoreError> {
        let shared = self.lock();
        let releases = shared.streams.iter().filter(|(name, _)| *name != JOURNAL_STREAM);
        Ok(releases
            .filter_map(|(name, rows)| {
                let head = rows.last()?.hash;
                Some(StreamHead { stream: ReleaseId::new(name), version: rows.len() as u64, head })
            })
            .collect())
    }

    fn put_blob(&mut self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        self.lock().blobs.entry(digest).or_insert_with(|| bytes.to_vec());
        Ok(digest)
    }
    fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().blobs.get(digest).cloned())
    }
    fn epoch(&self) -> Result<u64, StoreError> {
        Ok(self.lock().epoch)
    }
    fn raise_epoch(&mut self) -> Result<u64, StoreError> {
        let mut shared = self.lock();
        shared.epoch += 1;
        Ok(shared.epoch)
    }
    fn change_counter(&self) -> Result<u64, StoreError> {
        Ok(self.lock().writes.saturating_sub(self.own_writes))
    }
}

impl Rows for MemoryStore {
    fn journal(&self) -> Uuid {
        self.genesis.journal
    }
    fn test(&self) -> bool {
        self.genesis.test
    }
    fn names(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.lock().streams.keys().cloned().collect())
    }
    fn rows(&self, stream: &str, version: u64, visit: &mut RowVisitor<'_>) -> Result<(), StoreError> {
        let shared = self.lock();
        let rows = shared.streams.get(stream).map_or(&[][..], Vec::as_slice);
        after(rows, version).try_for_each(visit)
    }
    fn blobs(&self, visit: &mut BlobVisitor<'_>) -> Result<(), StoreError> {
        self.lock().blobs.iter().try_for_each(|(digest, bytes)| visit(*digest, bytes))
    }
}
