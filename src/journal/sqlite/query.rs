//! The statements a journal file is read and written with.

use std::ops::RangeInclusive;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use crate::base::Digest;
use crate::journal::chain::{Break, Row};
use crate::journal::rows::{BlobVisitor, RowVisitor, broken};
use crate::journal::sqlite::fault::fault;
use crate::journal::store::StoreError;

/// Versions are 64 bits without a sign here and with one in SQLite.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Version and hash of a stream's newest event; the hash is none when it is not one.
pub(super) fn head(connection: &Connection, stream: &str) -> rusqlite::Result<Option<(u64, Option<Digest>)>> {
    connection
        .prepare_cached("SELECT version, hash FROM event WHERE stream = ? ORDER BY version DESC LIMIT 1")?
        .query_row([stream], |row| Ok((unsigned(row.get(0)?), digest(row.get_ref(1)?.as_blob()?))))
        .optional()
}

/// The stream and the version at which an event is recorded.
pub(super) fn find(connection: &Connection, id: &Uuid) -> rusqlite::Result<Option<(String, u64)>> {
    connection
        .prepare_cached("SELECT stream, version FROM event WHERE event_id = ?")?
        .query_row([id.as_bytes().as_slice()], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))
        .optional()
}

/// Every stream, by name: one step of the index for each, not one for each event.
pub(super) fn names(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached(
            "WITH RECURSIVE name(n) AS (SELECT min(stream) FROM event UNION ALL
             SELECT (SELECT min(stream) FROM event WHERE stream > n) FROM name WHERE n IS NOT NULL)
             SELECT n FROM name WHERE n IS NOT NULL",
        )?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Visits the rows of a stream with these versions.
pub(super) fn rows(
    path: &Path,
    connection: &Connection,
    stream: &str,
    versions: RangeInclusive<u64>,
    visit: &mut RowVisitor<'_>,
) -> Result<(), StoreError> {
    let at = |error: rusqlite::Error| fault(path, &error);
    let mut statement = connection
        .prepare_cached(
            "SELECT version, event_id, prev_hash, hash, bytes FROM event WHERE stream = ?
             AND version BETWEEN ? AND ? ORDER BY version",
        )
        .map_err(at)?;
    let mut rows =
        statement.query(params![stream, signed(*versions.start()), signed(*versions.end())]).map_err(at)?;
    while let Some(row) = rows.next().map_err(at)? {
        let version = unsigned(row.get(0).map_err(at)?);
        let blob = |column| row.get_ref(column).map_err(at)?.as_blob().map_err(|error| at(error.into()));
        let field = |what: &str| {
            broken(stream, Break { version, what: format!("its {what} does not have the right length") })
        };
        visit(Row {
            version,
            id: Uuid::from_slice(blob(1)?).map_err(|_| field("id"))?,
            previous: digest(blob(2)?).ok_or_else(|| field("previous hash"))?,
            hash: digest(blob(3)?).ok_or_else(|| field("hash"))?,
            bytes: blob(4)?,
        })?;
    }
    Ok(())
}

/// Writes one row.
pub(super) fn insert(connection: &Connection, stream: &str, row: &Row<'_>) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO event(stream, version, event_id, prev_hash, hash, bytes) VALUES(?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            stream,
            signed(row.version),
            row.id.as_bytes().as_slice(),
            row.previous.as_bytes().as_slice(),
            row.hash.as_bytes().as_slice(),
            row.bytes
        ])
        .map(|_| ())
}

/// Keeps a blob, once.
pub(super) fn put_blob(connection: &Connection, digest: &Digest, bytes: &[u8]) -> rusqlite::Result<()> {
    if blob(connection, digest)?.is_some() {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT INTO blob(sha256, bytes) VALUES(?, ?)")?
        .execute(params![digest.as_bytes().as_slice(), bytes])
        .map(|_| ())
}

/// The bytes of a blob.
pub(super) fn blob(connection: &Connection, digest: &Digest) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT bytes FROM blob WHERE sha256 = ?")?
        .query_row([digest.as_bytes().as_slice()], |row| row.get(0))
        .optional()
}

/// Visits every blob.
pub(super) fn blobs(
    path: &Path,
    connection: &Connection,
    visit: &mut BlobVisitor<'_>,
) -> Result<(), StoreError> {
    let at = |error: rusqlite::Error| fault(path, &error);
    let mut statement = connection.prepare("SELECT sha256, bytes FROM blob ORDER BY sha256").map_err(at)?;
    let mut rows = statement.query([]).map_err(at)?;
    while let Some(row) = rows.next().map_err(at)? {
        let blob = |column| row.get_ref(column).map_err(at)?.as_blob().map_err(|error| at(error.into()));
        // A name of another length is no digest at all: any digest differs from its bytes.
        visit(digest(blob(0)?).unwrap_or(Digest::from_bytes([0; 32])), blob(1)?)?;
    }
    Ok(())
}

/// The epoch.
pub(super) fn epoch(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT epoch FROM lease WHERE name = 'actor'")?
        .query_row([], |row| row.get(0).map(unsigned))
}

/// The next epoch, taken.
pub(super) fn raise_epoch(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("UPDATE lease SET epoch = epoch + 1 WHERE name = 'actor' RETURNING epoch")?
        .query_row([], |row| row.get(0).map(unsigned))
}

/// A number that changes when another connection commits.
pub(super) fn data_version(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0).map(unsigned))
}

fn digest(bytes: &[u8]) -> Option<Digest> {
    bytes.try_into().ok().map(Digest::from_bytes)
}
