//! Opening a journal file: everything that is checked before the first event is read or written.
//!
//! Invariants: a file that is not ours or is newer than this program is left as it is; a file that is being made is
//! whole or empty, because its tables and its first event are one transaction.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::journal::batch::unwritable;
use crate::journal::chain::{self, Walker};
use crate::journal::record::{self, Genesis, JOURNAL_STREAM};
use crate::journal::rows::broken;
use crate::journal::sqlite::fault::fault;
use crate::journal::sqlite::{place, query, schema};
use crate::journal::store::StoreError;

/// The first SQLite without the fault that loses committed pages when a log is reset while it is read
/// (<https://sqlite.org/wal.html>, section on the WAL-reset bug).
const SQLITE_FLOOR: i32 = 3_051_003;

/// How long a write waits for another process to end its own.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a journal file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// To read and to record.
    Write,
    /// To read only; makes no journal and changes none.
    Read,
}

/// What the file holds.
enum Content {
    Nothing,
    Journal,
}

/// A connection to a journal that is there.
pub(super) fn connect(path: &Path, mode: OpenMode) -> Result<Connection, StoreError> {
    let connection = open_file(path, mode)?;
    match content(path, &connection)? {
        Content::Journal => {}
        Content::Nothing => {
            return Err(StoreError::Unusable(format!(
                "{}: an empty file, no journal; remove it or name another",
                path.display()
            )));
        }
    }
    settle(path, &connection, mode)?;
    Ok(connection)
}

/// Makes a journal, or finds the one that is there; true when it was made now.
pub(super) fn connect_or_make(path: &Path, genesis: &Genesis) -> Result<(Connection, bool), StoreError> {
    place::make_folder(path)?;
    place::check_filesystem(path)?;
    place::make_file(path)?;
    let mut connection = open_file(path, OpenMode::Write)?;
    content(path, &connection)?;
    settle(path, &connection, OpenMode::Write)?;
    let made = make(path, &mut connection, genesis)?;
    place::fill_ballast(path);
    Ok((connection, made))
}

fn open_file(path: &Path, mode: OpenMode) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < SQLITE_FLOOR {
        return Err(StoreError::Unusable(format!(
            "SQLite {} can lose events; build tminus with its own SQLite (3.51.3 or newer)",
            rusqlite::version()
        )));
    }
    std::fs::metadata(path).map_err(|error| place::unusable(path, &error))?;
    let access = match mode {
        OpenMode::Write => {
            place::check_filesystem(path)?;
            place::tighten(path)?;
            OpenFlags::SQLITE_OPEN_READ_WRITE
        }
        OpenMode::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let at = |error: rusqlite::Error| fault(path, &error);
    let connection = Connection::open_with_flags(path, flags).map_err(at)?;
    connection.busy_timeout(PATIENCE).map_err(at)?;
    connection.pragma_update(None, "trusted_schema", false).map_err(at)?;
    connection.pragma_update(None, "cell_size_check", true).map_err(at)?;
    connection.pragma_update(None, "mmap_size", 0).map_err(at)?;
    Ok(connection)
}

/// Says what the file holds, and refuses what is not ours or newer than we are.
fn content(path: &Path, connection: &Connection) -> Result<Content, StoreError> {
    let number = |name: &str| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i32>(0))
            .map_err(|error| fault(path, &error))
    };
    let (application, layout) = (number("application_id")?, number("user_version")?);
    if application == schema::APPLICATION {
        if layout > schema::LAYOUT {
            return Err(StoreError::Unusable(format!(
                "{}: written by a newer tminus (layout {layout}, this one knows {}); use that one",
                path.display(),
                schema::LAYOUT
            )));
        }
        return Ok(Content::Journal);
    }
    let objects: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| fault(path, &error))?;
    if application == 0 && layout == 0 && objects == 0 {
        return Ok(Content::Nothing);
    }
    Err(StoreError::Unusable(format!(
        "{}: a database of another program; name another file for the journal",
        path.display()
    )))
}

/// The settings a journal is written with.
fn settle(path: &Path, connection: &Connection, mode: OpenMode) -> Result<(), StoreError> {
    let at = |error: rusqlite::Error| fault(path, &error);
    connection.pragma_update(None, "synchronous", "FULL").map_err(at)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(at)?;
    connection.pragma_update(None, "recursive_triggers", true).map_err(at)?;
    if mode == OpenMode::Read {
        return connection.pragma_update(None, "query_only", true).map_err(at);
    }
    let kind: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(at)?;
    if kind != "wal" {
        return Err(StoreError::Unusable(format!(
            "{}: this filesystem cannot share memory between processes; set TMINUS_HOME to a folder on a local disk",
            path.display()
        )));
    }
    connection.pragma_update(None, "wal_autocheckpoint", 200).map_err(at)?;
    place::tighten(path)
}

/// Makes tables and first event, unless another process was first; true when it was us.
fn make(path: &Path, connection: &mut Connection, genesis: &Genesis) -> Result<bool, StoreError> {
    let at = |error: rusqlite::Error| fault(path, &error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(at)?;
    if let Content::Journal = content(path, &transaction)? {
        return Ok(false);
    }
    let (id, bytes) = record::encode_genesis(genesis).map_err(unwritable)?;
    let previous = chain::first(&genesis.journal, JOURNAL_STREAM);
    let row = chain::Row { version: 1, id, previous, hash: chain::link(&previous, &bytes), bytes: &bytes };
    schema::create(&transaction).map_err(at)?;
    query::insert(&transaction, JOURNAL_STREAM, &row).map_err(at)?;
    transaction.commit().map_err(at)?;
    Ok(true)
}

/// What the journal says about itself, with its own stream checked.
pub(super) fn genesis(path: &Path, connection: &Connection) -> Result<Genesis, StoreError> {
    let mut genesis = None;
    let mut walker: Option<Walker> = None;
    let torn = |version, what: String| broken(JOURNAL_STREAM, chain::Break { version, what });
    query::rows(path, connection, JOURNAL_STREAM, 1..=u64::MAX, &mut |row| {
        let mut here = match walker.take() {
            Some(walker) => walker,
            None => {
                let found = record::decode_genesis(row.bytes).map_err(|error| torn(1, error.to_string()))?;
                genesis = Some(found);
                Walker::new(found.journal, JOURNAL_STREAM)
            }
        };
        here.read(&row).map_err(|found| broken(JOURNAL_STREAM, found))?;
        walker = Some(here);
        Ok(())
    })?;
    genesis.ok_or_else(|| torn(1, "the journal's first event is missing".to_owned()))
}
