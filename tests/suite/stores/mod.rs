//! One contract for every store, run on each; then what only a file can be asked.

mod contract;
mod file;
mod kill;
mod tamper;

use tempfile::TempDir;
use tminus::base::{Actor, Assurance, ReleaseId, Timestamp, Via};
use tminus::journal::{Genesis, MemoryStore, NewEvent, OpenMode, SqliteStore, Store};
use tminus::release::Event;
use uuid::Uuid;

/// The journal every test makes.
const JOURNAL: Uuid = Uuid::from_u128(0x7);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_796_119_200 + second).expect("in the calendar")
}

fn genesis() -> Genesis {
    Genesis { journal: JOURNAL, test: true, at: at(0) }
}

fn stream() -> ReleaseId {
    ReleaseId::new("payments/prod")
}

/// A note with an id and a time made from its number.
fn note(number: u32) -> NewEvent {
    event(number, Event::Noted { note: format!("note {number}").as_str().into() })
}

fn event(number: u32, event: Event) -> NewEvent {
    NewEvent {
        id: Uuid::new_v5(&JOURNAL, &number.to_be_bytes()),
        at: at(i64::from(number)),
        actor: Actor::Person("ada@example.com".to_owned()),
        assurance: Assurance::L0,
        via: Via::Verb,
        event,
    }
}

/// A store, and a second hold of the same journal as another process would have.
struct Pair<S> {
    one: S,
    two: S,
    /// Keeps the files until the test ends.
    _home: Option<TempDir>,
}

fn memory() -> Pair<MemoryStore> {
    let one = MemoryStore::create(genesis()).expect("creates");
    let two = one.another();
    Pair { one, two, _home: None }
}

fn sqlite() -> Pair<SqliteStore> {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("state/journal.db");
    let one = SqliteStore::create(&path, &genesis()).expect("creates");
    let two = SqliteStore::open(&path, OpenMode::Write).expect("opens");
    Pair { one, two, _home: Some(home) }
}

/// Every event of a stream.
fn all(store: &impl Store) -> Vec<tminus::release::Recorded> {
    store.read(&stream(), 1, usize::MAX).expect("reads")
}
