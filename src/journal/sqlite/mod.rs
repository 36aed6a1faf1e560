//! The journal in one SQLite file, for the processes of one host.
//!
//! Invariants: a write is one IMMEDIATE transaction without anything to wait for inside, durable when it answers;
//! no event is answered before its stream's chain was checked up to it since the file was opened; after an I/O
//! error the file is opened again before the next write. A store belongs to one thread at a time.

mod fault;
mod open;
mod place;
mod query;
mod schema;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};
use uuid::Uuid;

use crate::base::{Digest, ReleaseId};
use crate::journal::batch::{self, Place};
use crate::journal::chain::{self, Break, Row, Walker};
use crate::journal::record::{Genesis, JOURNAL_STREAM};
use crate::journal::rows::{BlobVisitor, RowVisitor, Rows, broken};
use crate::journal::store::{NewEvent, Store, StoreError, StreamHead};
use crate::release::Recorded;
use fault::fault;
pub use open::OpenMode;
pub(super) use place::folder;

/// A journal file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    mode: OpenMode,
    genesis: Genesis,
    connection: Connection,
    /// How far each stream's chain was checked since the file was opened.
    walked: RefCell<HashMap<String, Walker>>,
    /// True after an I/O error: the connection may not know what is on disk.
    suspect: bool,
}

impl SqliteStore {
    /// Opens a journal that is there.
    pub fn open(path: &Path, mode: OpenMode) -> Result<Self, StoreError> {
        let connection = open::connect(path, mode)?;
        if mode == OpenMode::Write {
            place::fill_ballast(path);
        }
        Self::over(path, mode, connection)
    }

    /// Makes a journal where none is.
    pub fn create(path: &Path, genesis: &Genesis) -> Result<Self, StoreError> {
        match open::connect_or_make(path, genesis)? {
            (connection, true) => Self::over(path, OpenMode::Write, connection),
            (_, false) => Err(StoreError::Unusable(format!(
                "{}: a journal is there already; open it or name another file",
                path.display()
            ))),
        }
    }

    /// Opens the journal that is there, or makes one.
    pub fn open_or_create(path: &Path, genesis: &Genesis) -> Result<Self, StoreError> {
        let (connection, _) = open::connect_or_make(path, genesis)?;
        Self::over(path, OpenMode::Write, connection)
    }

    /// Makes a journal in place of a test journal; one that is not for tests is never removed.
    pub fn recreate(path: &Path, genesis: &Genesis) -> Result<Self, StoreError> {
        if path.exists() {
            if !Self::open(path, OpenMode::Read)?.is_test() {
                return Err(StoreError::Unusable(format!(
                    "{}: a journal of real releases, never rewritten; name another file",
                    path.display()
                )));
            }
            for file in place::files(path) {
                match std::fs::remove_file(&file) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(place::unusable(&file, &error));
                    }
                    _ => {}
                }
            }
        }
        Self::create(path, genesis)
    }

    fn over(path: &Path, mode: OpenMode, connection: Connection) -> Result<Self, StoreError> {
        let genesis = open::genesis(path, &connection)?;
        Ok(Self {
            path: path.to_owned(),
            mode,
            genesis,
            connection,
            walked: RefCell::default(),
            suspect: false,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the journal began.
    pub fn genesis(&self) -> Genesis {
        self.genesis
    }

    /// What SQLite itself finds wrong with the file: pages, indexes, constraints.
    pub(super) fn integrity(&self) -> Result<Vec<String>, StoreError> {
        let found: Result<Vec<String>, _> = self
            .connection
            .prepare("PRAGMA integrity_check")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
        found
            .map(|lines| lines.into_iter().filter(|line| line != "ok").collect())
            .map_err(|error| fault(&self.path, &error))
    }

    fn at(&self, error: rusqlite::Error) -> StoreError {
        fault(&self.path, &error)
    }

    /// Runs a write; on a full disk gives the ballast back and tries once more.
    fn write<T>(
        &mut self,
        act: impl Fn(&Connection, &mut HashMap<String, Walker>) -> Result<T, WriteError>,
    ) -> Result<T, StoreError> {
        if self.mode == OpenMode::Read {
            let text = format!("{}: opened to read only; nothing was recorded", self.path.display());
            return Err(StoreError::Unusable(text));
        }
        if self.suspect {
            self.connection = open::connect(&self.path, self.mode)?;
            self.walked.get_mut().clear();
            self.suspect = false;
        }
        let mut result = self.attempt(&act);
        if matches!(&result, Err(WriteError::Sqlite(error)) if fault::is_full(error))
            && place::drop_ballast(&self.path)
        {
            result = self.attempt(&act);
        }
        result.map_err(|error| match error {
            WriteError::Store(error) => error,
            WriteError::Sqlite(error) => {
                self.suspect = fault::is_suspect(&error);
                self.walked.get_mut().clear();
                fault(&self.path, &error)
            }
        })
    }

    fn attempt<T>(
        &mut self,
        act: impl Fn(&Connection, &mut HashMap<String, Walker>) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = act(&transaction, self.walked.get_mut())?;
        transaction.commit()?;
        Ok(done)
    }
}

/// A connection for a watcher, with the checks of an open.
pub(super) fn connect(path: &Path, mode: OpenMode) -> Result<Connection, StoreError> {
    open::connect(path, mode)
}

/// A number that changes when another connection commits.
pub(super) fn data_version(path: &Path, connection: &Connection) -> Result<u64, StoreError> {
    query::data_version(connection).map_err(|error| fault(path, &error))
}

/// Why a write did not happen, before SQLite's own errors are told apart.
enum WriteError {
    Store(StoreError),
    Sqlite(rusqlite::Error),
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Walks a stream to its newest event, and says where it stands.
fn walk_to_head(
    path: &Path,
    connection: &Connection,
    journal: Uuid,
    stream: &str,
    walked: &mut HashMap<String, Walker>,
) -> Result<(u64, Digest), WriteError> {
    let mut walker = walked.get(stream).cloned().unwrap_or_else(|| Walker::new(journal, stream));
    let (version, hash) = match query::head(connection, stream)? {
        Some((version, hash)) => (version, hash),
        None => (0, Some(chain::first(&journal, stream))),
    };
    query::rows(path, connection, stream, walker.version() + 1..=u64::MAX, &mut |row| {
        walker.read(&row).map(drop).map_err(|found| broken(stream, found))
    })?;
    if walker.version() != version || hash != Some(walker.head()) {
        return Err(broken(stream, gone(&walker, version)).into());
    }
    let place = (version, walker.head());
    walked.insert(stream.to_owned(), walker);
    Ok(place)
}

/// The stream is not any more what it was when its chain was checked.
fn gone(walker: &Walker, version: u64) -> Break {
    Break {
        version: version.min(walker.version()),
        what: format!("it was read up to version {} and is not the same any more", walker.version()),
    }
}

impl Store for SqliteStore {
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
        let path = self.path.clone();
        let (place, recorded) = self.write(|connection, walked| {
            let (version, head) = walk_to_head(&path, connection, journal, name, walked)?;
            let find = |id: &Uuid| query::find(connection, id).map_err(|error| fault(&path, &error));
            match batch::place(stream, expected, version, batch, find)? {
                Place::Recorded => Ok((Place::Recorded, Vec::new())),
                Place::New => {
                    let prepared = batch::prepare(&journal, name, version, head, batch)?;
                    for new in &prepared {
                        let row = Row {
                            version: new.recorded.version,
                            id: new.id,
                            previous: new.previous,
                            hash: new.recorded.hash,
                            bytes: &new.bytes,
                        };
                        query::insert(connection, name, &row)?;
                    }
                    Ok((Place::New, prepared.into_iter().map(|new| new.recorded).collect()))
                }
            }
        })?;
        match place {
            Place::Recorded => self.read(stream, expected + 1, batch.len()),
            Place::New => {
                if let Some(last) = recorded.last() {
                    let walker = Walker::after(journal, name, last.version, last.hash);
                    self.walked.get_mut().insert(name.to_owned(), walker);
                }
                Ok(recorded)
            }
        }
    }

    fn read(&self, stream: &ReleaseId, from: u64, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let name = stream.as_str();
        let from = from.max(1);
        let mut walked = self.walked.borrow_mut();
        let known = walked.get(name).cloned();
        let start = known.clone().unwrap_or_else(|| Walker::new(self.genesis.journal, name));
        let mut walker = (start.version() < from).then_some(start);
        let first = walker.as_ref().map_or(from, |walker| walker.version() + 1);
        let last = from.saturating_add(limit as u64).saturating_sub(1);
        let mut found = Vec::new();
        query::rows(&self.path, &self.connection, name, first..=last, &mut |row| {
            let here = walker
                .get_or_insert_with(|| Walker::after(self.genesis.journal, name, from - 1, row.previous));
            let event = here.read(&row).map_err(|error| broken(name, error))?;
            if row.version < from {
                return Ok(());
            }
            found.push(event);
            match &known {
                Some(known) if known.version() == row.version && known.head() != row.hash => {
                    Err(broken(name, gone(known, row.version)))
                }
                _ => Ok(()),
            }
        })?;
        if let Some(walker) = walker
            && known.is_none_or(|known| known.version() < walker.version())
        {
            walked.insert(name.to_owned(), walker);
        }
        Ok(found)
    }

    fn find(&self, id: Uuid) -> Result<Option<(ReleaseId, u64)>, StoreError> {
        let found = query::find(&self.connection, &id).map_err(|error| self.at(error))?;
        Ok(found.map(|(stream, version)| (ReleaseId::new(stream), version)))
    }

    fn streams(&self) -> Result<Vec<StreamHead>, StoreError> {
        let mut heads = Vec::new();
        for name in self.names()? {
            if name == JOURNAL_STREAM {
                continue;
            }
            if let Some((version, hash)) =
                query::head(&self.connection, &name).map_err(|error| self.at(error))?
            {
                let torn = || Break { version, what: "its hash does not have the right length".to_owned() };
                let head = hash.ok_or_else(|| broken(&name, torn()))?;
                heads.push(StreamHead { stream: ReleaseId::new(name), version, head });
            }
        }
        Ok(heads)
    }

    fn put_blob(&mut self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        self.write(|connection, _| Ok(query::put_blob(connection, &digest, bytes)?))?;
        Ok(digest)
    }

    fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        query::blob(&self.connection, digest).map_err(|error| self.at(error))
    }

    fn epoch(&self) -> Result<u64, StoreError> {
        query::epoch(&self.connection).map_err(|error| self.at(error))
    }

    fn raise_epoch(&mut self) -> Result<u64, StoreError> {
        self.write(|connection, _| Ok(query::raise_epoch(connection)?))
    }

    fn change_counter(&self) -> Result<u64, StoreError> {
        query::data_version(&self.connection).map_err(|error| self.at(error))
    }
}

impl Rows for SqliteStore {
    fn journal(&self) -> Uuid {
        self.genesis.journal
    }
    fn test(&self) -> bool {
        self.genesis.test
    }
    fn names(&self) -> Result<Vec<String>, StoreError> {
        query::names(&self.connection).map_err(|error| self.at(error))
    }
    fn rows(&self, stream: &str, after: u64, visit: &mut RowVisitor<'_>) -> Result<(), StoreError> {
        query::rows(&self.path, &self.connection, stream, after.saturating_add(1)..=u64::MAX, visit)
    }
    fn blobs(&self, visit: &mut BlobVisitor<'_>) -> Result<(), StoreError> {
        query::blobs(&self.path, &self.connection, visit)
    }
}

#[cfg(test)]
mod tests;
