//! Whatever is changed behind the program's back is found, and named.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;
use tminus::base::Digest;
use tminus::journal::{
    Anchor, AnchorFault, Judgement, MemoryStore, OpenMode, Problem, SqliteStore, Store, StoreError,
    Verification, chain, verify, verify_file,
};
use tminus::release::{Event, Recorded};
use uuid::Uuid;

use super::{JOURNAL, all, at, event, genesis, note, stream};

/// A journal of five events, closed, its triggers gone, as somebody with the file and an editor has it.
fn unlocked() -> (TempDir, PathBuf, Vec<Recorded>) {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("journal.db");
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    let batch: Vec<_> = (1..=5).map(note).collect();
    let recorded = store.append(&stream(), 0, &batch).expect("appends");
    store.put_blob(b"output").expect("keeps");
    drop(store);
    let file = Connection::open(&path).expect("opens");
    file.execute_batch(
        "PRAGMA journal_mode = DELETE; DROP TRIGGER event_update; DROP TRIGGER event_delete;
         DROP TRIGGER event_insert; DROP TRIGGER blob_update; PRAGMA ignore_check_constraints = ON",
    )
    .expect("unlocks");
    (home, path, recorded)
}

fn sql(path: &Path, text: &str) {
    Connection::open(path).expect("opens").execute_batch(text).expect(text);
}

fn check(path: &Path, anchors: &[Anchor]) -> Verification {
    verify_file(path, anchors).expect("checks")
}

fn anchor(recorded: &Recorded) -> Anchor {
    Anchor { stream: stream(), version: recorded.version, hash: recorded.hash }
}

/// The first broken version of the release's stream.
fn broken(found: &Verification) -> Option<u64> {
    assert_eq!(found.judgement().exit_code(), 3, "{found:?}");
    found.problems.iter().find_map(|problem| match problem {
        Problem::Broken { stream, version, .. } if *stream == super::stream().as_str() => Some(*version),
        _ => None,
    })
}

#[test]
fn an_untouched_journal_holds_and_its_heads_are_anchors() {
    let (_home, path, recorded) = unlocked();
    let anchors: Vec<_> = recorded.iter().map(anchor).collect();
    let found = check(&path, &anchors);
    assert_eq!((found.judgement(), found.judgement().exit_code()), (Judgement::Holds, 0), "{found:?}");
    assert_eq!((found.journal, found.test, found.events(), found.blobs), (Some(JOURNAL), true, 6, 1));
    let names: Vec<_> =
        found.streams.iter().map(|checked| (checked.stream.as_str(), checked.version)).collect();
    assert_eq!(names, [("journal", 1), ("payments/prod", 5)]);
    let mut memory = MemoryStore::create(genesis()).expect("creates");
    memory.append(&stream(), 0, &(1..=5).map(note).collect::<Vec<_>>()).expect("appends");
    let same = verify(&memory, &anchors).expect("checks");
    assert_eq!((same.judgement(), same.streams), (Judgement::Holds, found.streams));
}

#[test]
fn a_change_of_any_byte_of_any_column_is_found() {
    let (_home, path, _) = unlocked();
    let file = Connection::open(&path).expect("opens");
    file.execute_batch("PRAGMA synchronous = OFF").expect("sets");
    let clean = fs::read(&path).expect("reads");
    for column in ["event_id", "prev_hash", "hash", "bytes"] {
        let read = format!("SELECT {column} FROM event WHERE stream = 'payments/prod' AND version = 3");
        let bytes: Vec<u8> = file.query_row(&read, [], |row| row.get(0)).expect("reads");
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let write =
                format!("UPDATE event SET {column} = ? WHERE stream = 'payments/prod' AND version = 3");
            let write = |value: &[u8]| file.execute(&write, [value]).expect("writes");
            write(&changed);
            let store = SqliteStore::open(&path, OpenMode::Read).expect("opens");
            match store.read(&stream(), 1, usize::MAX) {
                Err(StoreError::Broken { version, .. }) => assert_eq!(version, 3, "{column} {place}"),
                other => panic!("{column} {place} is not found: {other:?}"),
            }
            assert!(store.read(&stream(), 4, 1).is_err(), "a later event rests on the broken one");
            drop(store);
            write(&bytes);
        }
    }
    drop(file);
    assert_eq!(check(&path, &[]).judgement(), Judgement::Holds);
    assert_eq!(fs::read(&path).expect("reads").len(), clean.len());
}

#[test]
fn a_change_of_a_name_or_a_number_is_found() {
    for change in [
        "UPDATE event SET stream = 'other/prod' WHERE stream = 'payments/prod' AND version = 3",
        "UPDATE event SET version = 9 WHERE stream = 'payments/prod' AND version = 3",
        "DELETE FROM event WHERE stream = 'payments/prod' AND version = 3",
    ] {
        let (_home, path, _) = unlocked();
        sql(&path, change);
        assert_eq!(broken(&check(&path, &[])), Some(3), "{change}");
    }
    let (_home, path, _) = unlocked();
    sql(&path, "UPDATE blob SET bytes = x'00'");
    let found = check(&path, &[]);
    assert_eq!(found.problems, [Problem::Blob { digest: Digest::of("output") }]);
    assert_eq!(found.judgement(), Judgement::Broken);
    let (_home, path, _) = unlocked();
    sql(&path, "DELETE FROM event WHERE stream = 'journal'");
    assert_eq!(check(&path, &[]).judgement(), Judgement::Broken);
}

#[test]
fn two_events_that_changed_places_are_found() {
    let (_home, path, _) = unlocked();
    sql(
        &path,
        "UPDATE event SET version = 99 WHERE stream = 'payments/prod' AND version = 2;
         UPDATE event SET version = 2 WHERE stream = 'payments/prod' AND version = 3;
         UPDATE event SET version = 3 WHERE stream = 'payments/prod' AND version = 99",
    );
    assert_eq!(broken(&check(&path, &[])), Some(2));
}

#[test]
fn a_cut_tail_is_found_by_an_anchor_only() {
    let (_home, path, recorded) = unlocked();
    let anchors = [anchor(&recorded[2]), anchor(&recorded[4])];
    sql(&path, "DELETE FROM event WHERE stream = 'payments/prod' AND version > 3");
    assert_eq!(check(&path, &[]).judgement(), Judgement::Holds);
    let found = check(&path, &anchors);
    let fault = AnchorFault::Cut { version: 3 };
    assert_eq!(found.problems, [Problem::Anchor { anchor: anchors[1].clone(), fault }]);
    assert_eq!(found.judgement().exit_code(), 4);
    let lost = Anchor { stream: "gone/prod".into(), ..anchors[0].clone() };
    let found = check(&path, std::slice::from_ref(&lost));
    assert_eq!(found.problems, [Problem::Anchor { anchor: lost, fault: AnchorFault::Missing }]);
}

#[test]
fn a_history_made_anew_is_found_by_an_anchor_only() {
    let (_home, path, recorded) = unlocked();
    fs::remove_file(&path).expect("removes");
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    let mut anew = [1, 2, 3, 4, 5].map(note);
    anew[2].event = Event::Noted { note: "nothing happened".into() };
    let anew = store.append(&stream(), 0, &anew).expect("appends");
    drop(store);
    assert_eq!(check(&path, &[]).judgement(), Judgement::Holds);
    assert_eq!(check(&path, &[anchor(&recorded[1])]).judgement(), Judgement::Holds, "so far it is the same");
    let found = check(&path, &[anchor(&recorded[4])]);
    let fault = AnchorFault::Rewritten { hash: anew[4].hash };
    assert_eq!(found.problems, [Problem::Anchor { anchor: anchor(&recorded[4]), fault }]);
}

#[test]
fn an_event_of_another_journal_does_not_fit_even_with_its_hash_made_right() {
    let (_home, path, recorded) = unlocked();
    let file = Connection::open(&path).expect("opens");
    let bytes: Vec<u8> = file
        .query_row("SELECT bytes FROM event WHERE stream = 'payments/prod' AND version = 5", [], |row| {
            row.get(0)
        })
        .expect("reads");
    let foreign =
        String::from_utf8(bytes).expect("text").replace(&JOURNAL.to_string(), &Uuid::nil().to_string());
    let hash = chain::link(&recorded[3].hash, foreign.as_bytes());
    file.execute(
        "UPDATE event SET bytes = ?, hash = ? WHERE stream = 'payments/prod' AND version = 5",
        rusqlite::params![foreign.as_bytes(), hash.as_bytes().as_slice()],
    )
    .expect("writes");
    drop(file);
    assert_eq!(broken(&check(&path, &[])), Some(5));
}

#[test]
fn a_tail_cut_under_an_open_store_is_found_by_its_next_write() {
    let (_home, path, _) = unlocked();
    let mut store = SqliteStore::open(&path, OpenMode::Write).expect("opens");
    assert_eq!(all(&store).len(), 5);
    sql(&path, "DELETE FROM event WHERE stream = 'payments/prod' AND version = 5");
    for expected in [4, 5] {
        let error = store.append(&stream(), expected, &[note(6)]).expect_err("not what was read");
        assert!(matches!(error, StoreError::Broken { .. }), "{error}");
    }
}

#[test]
fn a_flipped_byte_of_the_file_is_found_or_changes_nothing() {
    let (_home, path, recorded) = unlocked();
    let anchors: Vec<_> = recorded.iter().map(anchor).collect();
    let clean = fs::read(&path).expect("reads");
    let mut found_some = 0;
    for place in (0..clean.len()).step_by(97) {
        let mut bytes = clean.clone();
        bytes[place] ^= 0x41;
        fs::write(&path, bytes).expect("writes");
        match verify_file(&path, &anchors) {
            Ok(found) if found.judgement() == Judgement::Holds => {
                let store = SqliteStore::open(&path, OpenMode::Read).expect("opens");
                assert_eq!(all(&store), recorded, "byte {place}");
            }
            _ => found_some += 1,
        }
    }
    assert!(found_some > 10, "{found_some}");
}

#[test]
fn time_that_steps_back_unexplained_is_only_odd() {
    let mut store = MemoryStore::create(genesis()).expect("creates");
    let mut batch =
        vec![note(100), note(40), note(41), event(10, Event::ClockJumped { seconds: -31 }), note(9)];
    batch[4].at = at(9);
    store.append(&stream(), 0, &batch).expect("appends");
    let found = verify(&store, &[]).expect("checks");
    let clock = Problem::Clock { stream: stream().as_str().to_owned(), version: 2, seconds: 60 };
    assert_eq!((found.problems.as_slice(), found.judgement().exit_code()), (&[clock][..], 6));
}

/// A journal whose events are all still in SQLite's log, as a crash leaves it; the log's bytes; the events.
fn crashed() -> (TempDir, PathBuf, Vec<u8>, Vec<Recorded>) {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("journal.db");
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    drop(store);
    store = SqliteStore::open(&path, OpenMode::Write).expect("opens");
    for batch in 0..6u32 {
        let notes = [note(2 * batch), note(2 * batch + 1)];
        store.append(&stream(), u64::from(2 * batch), &notes).expect("appends");
    }
    let recorded = all(&store);
    let copy = home.path().join("copy.db");
    fs::copy(&path, &copy).expect("copies");
    let log = fs::read(home.path().join("journal.db-wal")).expect("reads");
    (home, copy, log, recorded)
}

/// Opens the copy with this log, as after a loss of power, and answers what is there.
fn recover(copy: &Path, log: &[u8]) -> Vec<Recorded> {
    for suffix in ["-wal", "-shm"] {
        let mut name = copy.as_os_str().to_owned();
        name.push(suffix);
        match suffix {
            "-wal" => fs::write(&name, log).expect("writes"),
            _ => drop(fs::remove_file(&name)),
        }
    }
    // A reader does not move the log into the file, so the next round begins with the same file.
    all(&SqliteStore::open(copy, OpenMode::Read).expect("opens"))
}

#[test]
fn a_torn_log_leaves_a_beginning_made_of_whole_batches() {
    let (_home, copy, log, recorded) = crashed();
    assert_eq!(recover(&copy, &log), recorded);
    let mut seen = std::collections::BTreeSet::new();
    for length in (0..=log.len()).rev().step_by(log.len() / 60) {
        let left = recover(&copy, &log[..length]);
        assert_eq!(left, recorded[..left.len()], "cut at byte {length}");
        assert_eq!(left.len() % 2, 0, "cut at byte {length}");
        seen.insert(left.len());
    }
    assert!(seen.len() > 3, "{seen:?}");
}

#[test]
fn a_log_with_a_flipped_bit_loses_its_end_and_an_anchor_says_so() {
    let (_home, copy, log, recorded) = crashed();
    let last = recorded.last().expect("some");
    let mut cut = 0;
    for place in (0..log.len()).step_by(log.len() / 40) {
        let mut flipped = log.clone();
        flipped[place] ^= 0x10;
        let left = recover(&copy, &flipped);
        assert_eq!(left, recorded[..left.len()], "byte {place}");
        let judgement = check(&copy, &[anchor(last)]).judgement();
        let expected = if left.len() == recorded.len() { Judgement::Holds } else { Judgement::Anchor };
        assert_eq!(judgement, expected, "byte {place}");
        cut += usize::from(judgement == Judgement::Anchor);
    }
    assert!(cut > 10, "{cut}");
}
