//! What only a journal file can be asked: rights, formats, refusals, readers and writers beside each other.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use tminus::base::{Digest, Untrusted};
use tminus::journal::{
    Genesis, JOURNAL_STREAM, OpenMode, SqliteStore, Store, StoreError, Watcher, Woken, chain,
};
use tminus::release::Event;
use uuid::Uuid;

use super::{JOURNAL, all, event, genesis, note, stream};

/// A folder and where a journal goes in it.
fn place() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("state/journal.db");
    (home, path)
}

fn refusal(result: Result<SqliteStore, StoreError>) -> String {
    match result {
        Err(StoreError::Unusable(text)) => text,
        other => panic!("not refused: {other:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("is there").permissions().mode() & 0o777
}

#[test]
fn a_journal_comes_back_as_it_was_left() {
    let (_home, path) = place();
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    let recorded = store.append(&stream(), 0, &[note(1), note(2)]).expect("appends");
    let blob = store.put_blob(b"output").expect("keeps");
    store.raise_epoch().expect("raises");
    drop(store);
    for mode in [OpenMode::Write, OpenMode::Read] {
        let store = SqliteStore::open(&path, mode).expect("opens");
        assert_eq!((store.id(), store.is_test(), store.genesis()), (JOURNAL, true, genesis()));
        assert_eq!(all(&store), recorded);
        assert_eq!(store.blob(&blob).expect("reads").as_deref(), Some(&b"output"[..]));
        assert_eq!(store.epoch().expect("reads"), 1);
    }
}

#[test]
fn the_same_journal_has_the_same_bytes_wherever_it_is_made() {
    let heads: Vec<_> = [place(), place()]
        .iter()
        .map(|(_, path)| {
            let mut store = SqliteStore::create(path, &genesis()).expect("creates");
            store.append(&stream(), 0, &[note(1), note(2)]).expect("appends");
            store.streams().expect("lists")
        })
        .collect();
    assert_eq!(heads[0], heads[1]);
}

#[test]
fn nobody_else_may_read_any_of_its_files() {
    let (_home, path) = place();
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    store.append(&stream(), 0, &[note(1)]).expect("appends");
    let folder = path.parent().expect("a folder");
    assert_eq!(mode(folder), 0o700);
    let names = |folder: &Path| -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .expect("lists")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        names
    };
    let files = names(folder);
    assert_eq!(files, ["journal.db", "journal.db-ballast", "journal.db-shm", "journal.db-wal"]);
    for file in &files {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
        fs::set_permissions(folder.join(file), fs::Permissions::from_mode(0o666)).expect("chmod");
    }
    let _second = SqliteStore::open(&path, OpenMode::Write).expect("opens");
    for file in &files {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[test]
fn opening_never_makes_and_making_never_opens() {
    let (_home, path) = place();
    for mode in [OpenMode::Write, OpenMode::Read] {
        assert!(refusal(SqliteStore::open(&path, mode)).contains("journal.db"));
    }
    assert!(!path.exists());
    assert!(Watcher::new(&path).is_err());
    SqliteStore::create(&path, &genesis()).expect("creates");
    assert!(refusal(SqliteStore::create(&path, &genesis())).contains("already"));
    let other = Genesis { journal: Uuid::from_u128(9), ..genesis() };
    let found = SqliteStore::open_or_create(&path, &other).expect("opens");
    assert_eq!(found.id(), JOURNAL, "the journal that is there stays");
}

#[test]
fn only_a_test_journal_is_ever_made_anew() {
    let (_home, path) = place();
    let mut store = SqliteStore::recreate(&path, &genesis()).expect("creates");
    store.append(&stream(), 0, &[note(1)]).expect("appends");
    drop(store);
    let real = Genesis { test: false, ..genesis() };
    let store = SqliteStore::recreate(&path, &real).expect("creates anew");
    assert!(all(&store).is_empty());
    drop(store);
    assert!(refusal(SqliteStore::recreate(&path, &genesis())).contains("real releases"));
}

#[test]
fn what_is_not_ours_is_left_as_it_is() {
    let (_home, path) = place();
    fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
    let foreign = Connection::open(&path).expect("opens");
    foreign.execute_batch("CREATE TABLE recipe(name TEXT); PRAGMA user_version = 3").expect("makes");
    drop(foreign);
    let before = fs::read(&path).expect("reads");
    for result in [SqliteStore::open(&path, OpenMode::Write), SqliteStore::open_or_create(&path, &genesis())]
    {
        assert!(refusal(result).contains("another program"));
    }
    assert_eq!(fs::read(&path).expect("reads"), before);
    fs::write(&path, "# Release 3.2.0\n".repeat(400)).expect("writes");
    assert!(refusal(SqliteStore::open(&path, OpenMode::Write)).contains("not a journal"));
    fs::write(&path, "").expect("writes");
    assert!(refusal(SqliteStore::open(&path, OpenMode::Read)).contains("empty"));
    SqliteStore::create(&path, &genesis()).expect("an empty file is a journal nobody made yet");
}

#[test]
fn a_newer_layout_is_refused() {
    let (_home, path) = place();
    SqliteStore::create(&path, &genesis()).expect("creates");
    Connection::open(&path).expect("opens").pragma_update(None, "user_version", 2).expect("sets");
    for mode in [OpenMode::Write, OpenMode::Read] {
        assert!(refusal(SqliteStore::open(&path, mode)).contains("newer tminus"));
    }
}

#[test]
fn nothing_is_recorded_through_a_reader() {
    let (_home, path) = place();
    SqliteStore::create(&path, &genesis()).expect("creates");
    let mut reader = SqliteStore::open(&path, OpenMode::Read).expect("opens");
    let refused = |error: StoreError| assert!(matches!(error, StoreError::Unusable(_)), "{error}");
    refused(reader.append(&stream(), 0, &[note(1)]).expect_err("read only"));
    refused(reader.put_blob(b"x").expect_err("read only"));
    refused(reader.raise_epoch().expect_err("read only"));
}

#[test]
fn events_and_blobs_cannot_be_changed_removed_or_replaced_by_sql() {
    let (_home, path) = place();
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    let recorded = store.append(&stream(), 0, &[note(1), note(2)]).expect("appends");
    let blob = store.put_blob(b"output").expect("keeps");
    store.raise_epoch().expect("raises");
    let other = Connection::open(&path).expect("opens");
    for sql in [
        "UPDATE event SET bytes = x'00'",
        "UPDATE event SET stream = 'x' WHERE version = 2",
        "DELETE FROM event",
        "DELETE FROM event WHERE version = 2",
        "REPLACE INTO event SELECT stream, version, event_id, prev_hash, hash, x'00' FROM event",
        "INSERT OR REPLACE INTO event SELECT stream, 3, event_id, prev_hash, hash, bytes FROM event WHERE version = 2",
        "INSERT INTO event SELECT stream, 9, zeroblob(16), prev_hash, hash, bytes FROM event WHERE version = 2",
        "UPDATE blob SET bytes = x'00'",
        "DELETE FROM blob",
        "REPLACE INTO blob SELECT sha256, x'00' FROM blob",
        "UPDATE lease SET epoch = 0",
        "DELETE FROM lease",
    ] {
        assert!(other.execute_batch(sql).is_err(), "{sql}");
    }
    assert_eq!(all(&store), recorded);
    assert_eq!(store.blob(&blob).expect("reads").as_deref(), Some(&b"output"[..]));
    assert_eq!(store.epoch().expect("reads"), 1);
}

#[test]
fn an_event_of_an_unknown_kind_is_kept_and_shown() {
    let (_home, path) = place();
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    let first = store.append(&stream(), 0, &[note(1)]).expect("appends");
    let id = Uuid::from_u128(77);
    let bytes = format!(
        r#"{{"v":1,"journal":"{JOURNAL}","stream":"payments/prod","version":2,"id":"{id}","at":"2026-12-01T10:00:05Z","#
    ) + r#""actor":{"is":"engine"},"assurance":"L0","via":"engine","kind":"moon-landed","body":{"site":4}}"#;
    let hash = chain::link(&first[0].hash, bytes.as_bytes());
    Connection::open(&path)
        .expect("opens")
        .execute(
            "INSERT INTO event VALUES('payments/prod', 2, ?, ?, ?, ?)",
            rusqlite::params![
                id.as_bytes().as_slice(),
                first[0].hash.as_bytes().as_slice(),
                hash.as_bytes().as_slice(),
                bytes.as_bytes()
            ],
        )
        .expect("a newer program writes");
    let third = store.append(&stream(), 2, &[note(3)]).expect("goes on after it");
    let read = all(&store);
    assert_eq!((read[1].event.clone(), read[1].kind.as_str(), read[1].hash), (None, "moon-landed", hash));
    assert_eq!(read[2], third[0]);
}

#[test]
fn a_stopped_writer_is_named_and_readers_go_on() {
    let (_home, path) = place();
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    store.append(&stream(), 0, &[note(1)]).expect("appends");
    let stopped = Connection::open(&path).expect("opens");
    stopped.execute_batch("BEGIN IMMEDIATE").expect("begins");
    let error = store.append(&stream(), 1, &[note(2)]).expect_err("locked");
    assert!(matches!(&error, StoreError::Locked(_)), "{error}");
    assert_eq!(all(&store).len(), 1);
    stopped.execute_batch("ROLLBACK").expect("ends");
    store.append(&stream(), 1, &[note(2)]).expect("goes on");
}

#[test]
fn writers_that_begin_together_make_one_journal() {
    let (_home, path) = place();
    let ids: Vec<Uuid> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=4u128)
            .map(|number| {
                let path = &path;
                scope.spawn(move || {
                    let genesis = Genesis { journal: Uuid::from_u128(number), ..genesis() };
                    SqliteStore::open_or_create(path, &genesis).map(|store| store.id()).expect("opens")
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("ends")).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn writers_that_race_leave_no_gap_and_lose_nothing() {
    let (_home, path) = place();
    SqliteStore::create(&path, &genesis()).expect("creates");
    std::thread::scope(|scope| {
        for writer in 0..3u32 {
            let path = &path;
            scope.spawn(move || {
                let mut store = SqliteStore::open(path, OpenMode::Write).expect("opens");
                let mut version = 0;
                for number in 0..20 {
                    let note = note(writer * 100 + number);
                    loop {
                        match store.append(&stream(), version, std::slice::from_ref(&note)) {
                            Ok(recorded) => break version = recorded[0].version,
                            Err(StoreError::Conflict { actual, .. }) => version = actual,
                            Err(other) => panic!("{other}"),
                        }
                    }
                }
            });
        }
    });
    let store = SqliteStore::open(&path, OpenMode::Read).expect("opens");
    let versions: Vec<u64> = all(&store).iter().map(|recorded| recorded.version).collect();
    assert_eq!(versions, (1..=60).collect::<Vec<_>>());
}

#[test]
fn a_watcher_is_told_of_others_and_of_nothing_else() {
    let (_home, path) = place();
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    let mut watcher = Watcher::new(&path).expect("watches");
    assert_eq!(watcher.wait(Duration::ZERO).expect("looks"), Woken::TimedOut);
    store.append(&stream(), 0, &[note(1)]).expect("appends");
    assert_eq!(watcher.wait(Duration::from_secs(60)).expect("looks"), Woken::Changed);
    fs::write(path.with_file_name("engine.log"), "a line").expect("writes");
    assert_eq!(watcher.wait(Duration::from_millis(30)).expect("looks"), Woken::TimedOut);
    let stopper = watcher.stopper();
    let thread = std::thread::spawn(move || {
        let changed = watcher.wait(Duration::from_secs(60)).expect("looks");
        (changed, watcher.wait(Duration::from_secs(60)).expect("looks"))
    });
    store.append(&stream(), 1, &[note(2)]).expect("appends");
    // Both ends of the wait are events: the change is told before the stop is asked for only if it came first.
    while !thread.is_finished() {
        stopper.stop();
        std::thread::yield_now();
    }
    assert_eq!(thread.join().expect("ends").1, Woken::Stopped);
}

#[test]
fn room_is_kept_back_for_a_full_disk() {
    let (_home, path) = place();
    let store = SqliteStore::create(&path, &genesis()).expect("creates");
    let ballast = path.with_file_name("journal.db-ballast");
    assert_eq!(fs::metadata(&ballast).expect("is there").len(), 256 * 1024);
    drop(store);
    fs::remove_file(&ballast).expect("removes");
    SqliteStore::open(&path, OpenMode::Write).expect("opens");
    assert_eq!(fs::metadata(&ballast).expect("is there again").len(), 256 * 1024);
}

#[test]
fn text_and_numbers_of_any_kind_are_kept_exactly() {
    let (_home, path) = place();
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    let facts = ["\u{0}\u{1b}]0;x\u{7}", "\u{202e}abc", "\"\\\n\t", "👩‍🚀", &"x".repeat(100_000)]
        .map(|text| Event::Noted { note: Untrusted::new(text) });
    let batch: Vec<_> = (0..).zip(facts.clone()).map(|(number, fact)| event(number, fact)).collect();
    store.append(&stream(), 0, &batch).expect("appends");
    let read: Vec<_> = all(&store).into_iter().filter_map(|recorded| recorded.event).collect();
    assert_eq!(read, facts);
    assert_ne!(JOURNAL_STREAM, stream().as_str());
    assert_ne!(all(&store)[0].hash, Digest::of(""));
}
