//! The tables of a journal file.
//!
//! Invariants: an event is never changed, removed or replaced, and has no gap before it, whoever holds the file open.
//! Nothing stands beside the hashed bytes but what finds and checks them: no time, host or writer outside the hash.

use rusqlite::Connection;

/// Marks the file as a journal of this program: `tmin` in ASCII.
pub(super) const APPLICATION: i32 = 0x746d_696e;

/// The newest layout of tables this program knows.
pub(super) const LAYOUT: i32 = 1;

const TABLES: &str = "
CREATE TABLE event(
  stream TEXT NOT NULL,
  version INTEGER NOT NULL CHECK(version > 0),
  event_id BLOB NOT NULL UNIQUE CHECK(length(event_id) = 16),
  prev_hash BLOB NOT NULL CHECK(length(prev_hash) = 32),
  hash BLOB NOT NULL CHECK(length(hash) = 32),
  bytes BLOB NOT NULL,
  PRIMARY KEY(stream, version)) STRICT, WITHOUT ROWID;
CREATE TABLE blob(
  sha256 BLOB PRIMARY KEY NOT NULL CHECK(length(sha256) = 32),
  bytes BLOB NOT NULL) STRICT;
CREATE TABLE lease(
  name TEXT PRIMARY KEY NOT NULL,
  epoch INTEGER NOT NULL CHECK(epoch >= 0)) STRICT, WITHOUT ROWID;
INSERT INTO lease(name, epoch) VALUES('actor', 0);
CREATE TRIGGER event_update BEFORE UPDATE ON event
  BEGIN SELECT RAISE(ABORT, 'append-only: an event is never changed'); END;
CREATE TRIGGER event_delete BEFORE DELETE ON event
  BEGIN SELECT RAISE(ABORT, 'append-only: an event is never removed'); END;
CREATE TRIGGER event_insert BEFORE INSERT ON event
  WHEN NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM event WHERE stream = NEW.stream)
    OR EXISTS(SELECT 1 FROM event WHERE event_id = NEW.event_id)
  BEGIN SELECT RAISE(ABORT, 'append-only: an event follows the newest and is recorded once'); END;
CREATE TRIGGER blob_update BEFORE UPDATE ON blob
  BEGIN SELECT RAISE(ABORT, 'append-only: a blob is never changed'); END;
CREATE TRIGGER blob_delete BEFORE DELETE ON blob
  BEGIN SELECT RAISE(ABORT, 'append-only: a blob is never removed'); END;
CREATE TRIGGER blob_insert BEFORE INSERT ON blob
  WHEN EXISTS(SELECT 1 FROM blob WHERE sha256 = NEW.sha256)
  BEGIN SELECT RAISE(ABORT, 'append-only: a blob is kept once'); END;
CREATE TRIGGER lease_update BEFORE UPDATE ON lease WHEN NEW.epoch <= OLD.epoch OR NEW.name <> OLD.name
  BEGIN SELECT RAISE(ABORT, 'an epoch only rises'); END;
CREATE TRIGGER lease_delete BEFORE DELETE ON lease
  BEGIN SELECT RAISE(ABORT, 'an epoch only rises'); END;
";

/// Makes the tables. Runs inside the transaction that also writes the first event.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", LAYOUT)
}
