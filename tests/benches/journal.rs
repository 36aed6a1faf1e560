//! How fast a journal is read back, folded and written. Budgets: 1 000 000 decoded events folded a second, a start
//! with a release of 10 000 events in 50 ms, an append at the disk's own fsync rate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are benches")]

use std::path::{Path, PathBuf};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use tempfile::TempDir;
use tminus::analysis::Verdict;
use tminus::base::{Actor, Assurance, Digest, ItemId, ReleaseId, Timestamp, Untrusted, Via};
use tminus::journal::record::{self, Slot};
use tminus::journal::{Genesis, MemoryStore, NewEvent, OpenMode, SqliteStore, Store, verify_file};
use tminus::release::{Event, Recorded, State, TriggerPhase};
use uuid::Uuid;

const JOURNAL: Uuid = Uuid::from_u128(7);

fn main() {
    divan::main();
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_second(1_796_119_200 + i64::try_from(second).expect("fits")).expect("in the calendar")
}

fn genesis() -> Genesis {
    Genesis { journal: JOURNAL, test: true, at: at(0) }
}

fn stream() -> ReleaseId {
    ReleaseId::new("payments/prod")
}

/// The mix of a long release: mostly edges of metrics and triggers, ticks and notes of 500 items, gate runs.
fn event(number: u64) -> NewEvent {
    let item = ItemId::new(format!("validation/checks/item-number-{}", number % 500));
    let metric = format!("metric-{}", number % 40);
    let event = match number % 8 {
        0 | 1 => Event::ItemTicked { item, evidence: None },
        2 => Event::ItemReopened { item, reason: Untrusted::default() },
        3 => Event::ItemAssigned { item, owner: Some("bo@example.com".to_owned()) },
        4 | 5 => Event::Assessed {
            metric: metric.as_str().into(),
            from: Verdict::Pass,
            to: Verdict::Warn,
            since: at(number),
            value: Some(0.0123),
            inputs: Digest::of(metric.as_bytes()),
        },
        6 => Event::TriggerMoved {
            trigger: metric.as_str().into(),
            to: TriggerPhase::Pending,
            since: at(number),
            value: Some(1.5),
            reason: Untrusted::default(),
        },
        _ => Event::Noted { note: Untrusted::new("the third attempt looks better than the second") },
    };
    NewEvent {
        id: Uuid::new_v5(&JOURNAL, &number.to_be_bytes()),
        at: at(number),
        actor: Actor::Person("ada@example.com".to_owned()),
        assurance: Assurance::L0,
        via: Via::Cockpit,
        event,
    }
}

fn encoded(count: u64) -> Vec<Vec<u8>> {
    (1..=count)
        .map(|version| record::encode(&JOURNAL, "payments/prod", version, &event(version)).expect("encodes"))
        .collect()
}

fn decode_all(events: &[Vec<u8>]) -> Vec<Recorded> {
    let hash = Digest::of("");
    (1..)
        .zip(events)
        .map(|(version, bytes)| {
            let slot = Slot { journal: &JOURNAL, stream: "payments/prod", version, id: None };
            record::decode(bytes, hash, &slot).expect("decodes")
        })
        .collect()
}

/// A journal file with so many events in one release.
fn file(count: u64) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("journal.db");
    let mut store = SqliteStore::create(&path, &genesis()).expect("creates");
    let batch: Vec<_> = (1..=count).map(event).collect();
    store.append(&stream(), 0, &batch).expect("appends");
    (home, path)
}

fn open_and_fold(path: &Path) -> State {
    let store = SqliteStore::open(path, OpenMode::Read).expect("opens");
    State::replay(&store.read(&stream(), 1, usize::MAX).expect("reads"))
}

#[divan::bench(sample_count = 10)]
fn fold_a_million_decoded_events(bencher: Bencher<'_, '_>) {
    let events = decode_all(&encoded(50_000));
    bencher.counter(ItemsCount::new(events.len() * 20)).bench(|| {
        let mut state = State::default();
        for _ in 0..20 {
            for event in &events {
                state.apply(event);
            }
        }
        state
    });
}

#[divan::bench(sample_count = 20)]
fn decode_10_000_events(bencher: Bencher<'_, '_>) {
    let events = encoded(10_000);
    let bytes: usize = events.iter().map(Vec::len).sum();
    bencher
        .counter(ItemsCount::new(events.len()))
        .counter(BytesCount::new(bytes))
        .bench(|| decode_all(&events));
}

#[divan::bench(sample_count = 20)]
fn start_with_a_release_of_10_000_events(bencher: Bencher<'_, '_>) {
    let (_home, path) = file(10_000);
    bencher.counter(ItemsCount::new(10_000usize)).bench(|| open_and_fold(&path));
}

#[divan::bench(sample_count = 10)]
fn verify_a_journal_of_10_000_events(bencher: Bencher<'_, '_>) {
    let (_home, path) = file(10_000);
    bencher.counter(ItemsCount::new(10_000usize)).bench(|| verify_file(&path, &[]).expect("checks"));
}

#[divan::bench(sample_count = 200)]
fn append_one_event_to_a_file(bencher: Bencher<'_, '_>) {
    let (_home, path) = file(1);
    let mut store = SqliteStore::open(&path, OpenMode::Write).expect("opens");
    let mut version = 1;
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        version += 1;
        store.append(&stream(), version - 1, &[event(version)]).expect("appends")
    });
}

#[divan::bench(sample_count = 200)]
fn append_one_event_to_memory(bencher: Bencher<'_, '_>) {
    let mut store = MemoryStore::create(genesis()).expect("creates");
    let mut version = 0;
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        version += 1;
        store.append(&stream(), version - 1, &[event(version)]).expect("appends")
    });
}
