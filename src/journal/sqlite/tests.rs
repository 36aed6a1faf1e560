use super::*;
use crate::base::{Actor, Assurance, Timestamp, Via};
use crate::release::Event;

fn at() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().expect("time")
}

fn stream() -> ReleaseId {
    ReleaseId::new("payments/prod")
}

fn note(number: u128, length: usize) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(number),
        at: at(),
        actor: Actor::Engine,
        assurance: Assurance::L0,
        via: Via::Engine,
        event: Event::Noted { note: "x".repeat(length).into() },
    }
}

fn store(home: &tempfile::TempDir) -> SqliteStore {
    let genesis = Genesis { journal: Uuid::from_u128(7), test: true, at: at() };
    SqliteStore::create(&home.path().join("journal.db"), &genesis).expect("creates")
}

/// The settings that make an answered append durable and a foreign file harmless.
#[test]
fn the_settings_are_those_the_journal_rests_on() {
    let home = tempfile::tempdir().expect("a folder");
    let store = store(&home);
    let setting = |name: &str| -> String {
        store
            .connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| format!("{value:?}"))
            .expect(name)
    };
    for (name, value) in [
        ("journal_mode", "Text(\"wal\")"),
        ("synchronous", "Integer(2)"),
        ("busy_timeout", "Integer(2000)"),
        ("wal_autocheckpoint", "Integer(200)"),
        ("trusted_schema", "Integer(0)"),
        ("cell_size_check", "Integer(1)"),
        ("mmap_size", "Integer(0)"),
        ("foreign_keys", "Integer(1)"),
        ("recursive_triggers", "Integer(1)"),
    ] {
        assert_eq!(setting(name), value, "{name}");
    }
}

#[test]
fn a_full_disk_gives_the_ballast_back_and_loses_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let mut store = store(&home);
    store.append(&stream(), 0, &[note(1, 10)]).expect("appends");
    let pages: i64 =
        store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("counts");
    // SQLite answers "full" at this many pages as it does when the disk has none left.
    let limit = |store: &SqliteStore, pages: i64| {
        store
            .connection
            .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))
            .expect("limits")
    };
    limit(&store, pages);
    let ballast = place::beside(store.path(), "-ballast");
    assert!(ballast.exists());
    let batch = [note(2, 10), note(3, 100_000)];
    let error = store.append(&stream(), 1, &batch).expect_err("no room");
    assert!(matches!(&error, StoreError::Full(text) if text.contains("journal.db")), "{error}");
    assert!(!ballast.exists(), "the room kept back is given to the events");
    assert_eq!(store.read(&stream(), 1, 9).expect("reads").len(), 1, "nothing of the batch is there");
    store.append(&stream(), 1, &[note(4, 10)]).expect("a small event still fits");
    limit(&store, pages + 1000);
    store.append(&stream(), 2, &batch).expect("there is room again");
    assert_eq!(store.read(&stream(), 1, 9).expect("reads").len(), 4);
}

#[test]
fn after_an_io_error_the_file_is_opened_again() {
    let home = tempfile::tempdir().expect("a folder");
    let mut store = store(&home);
    store.append(&stream(), 0, &[note(1, 10)]).expect("appends");
    let failed = store.write(|_, _| -> Result<(), WriteError> {
        let error = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
        Err(rusqlite::Error::SqliteFailure(error, None).into())
    });
    assert!(matches!(failed, Err(StoreError::Other(_))), "whether it is recorded is unknown");
    assert!(store.suspect && store.walked.borrow().is_empty());
    // A temporary table lives as long as its connection.
    store.connection.execute_batch("CREATE TEMP TABLE mark(x)").expect("marks");
    store.append(&stream(), 1, &[note(2, 10)]).expect("appends on a new connection");
    assert!(!store.suspect);
    assert!(store.connection.prepare("SELECT * FROM mark").is_err());
}
