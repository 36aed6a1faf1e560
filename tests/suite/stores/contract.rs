//! What every store must do.

use proptest::prelude::*;
use tminus::base::{Digest, ItemId, ReleaseId, Untrusted};
use tminus::journal::{MemoryStore, SqliteStore, Store, StoreError};
use tminus::release::{Event, Recorded, State};
use uuid::Uuid;

use super::{JOURNAL, Pair, all, event, memory, note, sqlite, stream};

fn texts(events: &[Recorded]) -> Vec<String> {
    events
        .iter()
        .map(|recorded| match &recorded.event {
            Some(Event::Noted { note }) => note.raw().to_owned(),
            other => format!("{other:?}"),
        })
        .collect()
}

fn what_is_recorded_is_read_in_order<S: Store>(mut pair: Pair<S>) {
    assert_eq!((pair.one.id(), pair.one.is_test()), (JOURNAL, true));
    let first = pair.one.append(&stream(), 0, &[note(1), note(2)]).expect("appends");
    let second = pair.one.append(&stream(), 2, &[note(3)]).expect("appends");
    let read = all(&pair.two);
    assert_eq!(texts(&read), ["note 1", "note 2", "note 3"]);
    assert_eq!(read, [first, second].concat());
    assert_eq!(read.iter().map(|recorded| recorded.version).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(texts(&pair.two.read(&stream(), 2, 1).expect("reads")), ["note 2"]);
    assert_eq!(texts(&pair.one.read(&stream(), 0, 2).expect("reads")), ["note 1", "note 2"]);
    assert!(pair.one.read(&stream(), 4, 9).expect("reads").is_empty());
    assert!(pair.one.read(&stream(), 1, 0).expect("reads").is_empty());
    assert!(pair.one.read(&ReleaseId::new("other/prod"), 1, 9).expect("reads").is_empty());
}

fn the_second_writer_is_told_of_the_first<S: Store>(mut pair: Pair<S>) {
    pair.one.append(&stream(), 0, &[note(1)]).expect("appends");
    let late = pair.two.append(&stream(), 0, &[note(2)]).expect_err("somebody was first");
    assert!(matches!(late, StoreError::Conflict { expected: 0, actual: 1 }), "{late}");
    let early = pair.two.append(&stream(), u64::MAX, &[note(2)]).expect_err("no such version");
    assert!(matches!(early, StoreError::Conflict { actual: 1, .. }), "{early}");
    pair.two.append(&stream(), 1, &[note(2)]).expect("re-decided");
    assert_eq!(texts(&all(&pair.one)), ["note 1", "note 2"]);
}

fn a_repeat_answers_what_is_recorded<S: Store>(mut pair: Pair<S>) {
    pair.one.append(&stream(), 0, &[note(9)]).expect("appends");
    let batch = [note(1), note(2)];
    let first = pair.one.append(&stream(), 1, &batch).expect("appends");
    pair.one.append(&stream(), 3, &[note(3)]).expect("appends");
    assert_eq!(pair.one.append(&stream(), 1, &batch).expect("a repeat"), first);
    assert_eq!(pair.two.append(&stream(), 1, &batch).expect("a repeat"), first);
    assert_eq!(all(&pair.two).len(), 4);
}

fn a_recorded_id_is_refused_anywhere_else<S: Store>(mut pair: Pair<S>) {
    pair.one.append(&stream(), 0, &[note(1), note(2)]).expect("appends");
    let other = ReleaseId::new("other/prod");
    let repeated = |result: Result<Vec<Recorded>, StoreError>, id: Uuid| {
        assert!(matches!(result, Err(StoreError::Repeated(found)) if found == id), "{result:?}");
    };
    repeated(pair.one.append(&stream(), 2, &[note(1)]), note(1).id);
    repeated(pair.one.append(&other, 0, &[note(1)]), note(1).id);
    repeated(pair.one.append(&stream(), 1, &[note(2), note(3)]), note(2).id);
    repeated(pair.one.append(&stream(), 2, &[note(3), note(2)]), note(2).id);
    repeated(pair.one.append(&stream(), 2, &[note(3), note(3)]), note(3).id);
    assert_eq!(texts(&all(&pair.two)), ["note 1", "note 2"], "nothing of a refused batch is kept");
    assert_eq!(pair.two.find(note(3).id).expect("finds"), None);
}

fn an_event_is_found_by_its_id<S: Store>(mut pair: Pair<S>) {
    pair.one.append(&stream(), 0, &[note(1), note(2)]).expect("appends");
    assert_eq!(pair.two.find(note(2).id).expect("finds"), Some((stream(), 2)));
    assert_eq!(pair.two.find(note(5).id).expect("finds"), None);
}

fn streams_stand_side_by_side<S: Store>(mut pair: Pair<S>) {
    assert!(pair.one.streams().expect("lists").is_empty(), "the journal's own stream is no release");
    let other = ReleaseId::new("api/prod");
    pair.one.append(&stream(), 0, &[note(1), note(2)]).expect("appends");
    let last = pair.one.append(&other, 0, &[note(3)]).expect("appends");
    let heads = pair.two.streams().expect("lists");
    let names: Vec<_> = heads.iter().map(|head| (head.stream.as_str(), head.version)).collect();
    assert_eq!(names, [("api/prod", 1), ("payments/prod", 2)]);
    assert_eq!(heads[0].head, last[0].hash);
    let own = pair.one.append(&ReleaseId::new("journal"), 0, &[note(4)]).expect_err("not a release");
    assert!(matches!(own, StoreError::Unusable(_)), "{own}");
}

fn an_empty_batch_only_asks_where_the_stream_stands<S: Store>(mut pair: Pair<S>) {
    assert_eq!(pair.one.append(&stream(), 0, &[]).expect("nothing to do"), []);
    pair.one.append(&stream(), 0, &[note(1)]).expect("appends");
    assert!(matches!(pair.two.append(&stream(), 0, &[]), Err(StoreError::Conflict { .. })));
}

fn blobs_are_kept_by_their_digest<S: Store>(mut pair: Pair<S>) {
    for bytes in [&b""[..], b"\0\xff output", &[7; 100_000]] {
        let digest = pair.one.put_blob(bytes).expect("keeps");
        assert_eq!(digest, Digest::of(bytes));
        assert_eq!(pair.two.put_blob(bytes).expect("keeps again"), digest);
        assert_eq!(pair.two.blob(&digest).expect("reads").as_deref(), Some(bytes));
    }
    assert_eq!(pair.two.blob(&Digest::of("never kept")).expect("reads"), None);
}

fn the_epoch_only_rises<S: Store>(mut pair: Pair<S>) {
    assert_eq!(pair.one.epoch().expect("reads"), 0);
    assert_eq!(pair.one.raise_epoch().expect("raises"), 1);
    assert_eq!(pair.two.raise_epoch().expect("raises"), 2);
    assert_eq!(pair.one.epoch().expect("reads"), 2);
}

fn the_change_counter_tells_of_others_only<S: Store>(mut pair: Pair<S>) {
    let before = pair.two.change_counter().expect("reads");
    assert_eq!(pair.two.change_counter().expect("reads"), before);
    pair.two.append(&stream(), 0, &[note(1)]).expect("appends");
    assert_eq!(pair.two.change_counter().expect("reads"), before, "own writes do not count");
    pair.one.append(&stream(), 1, &[note(2)]).expect("appends");
    assert_ne!(pair.two.change_counter().expect("reads"), before);
}

/// Runs each contract on each store, as a test of its own.
macro_rules! on_every_store {
    ($($name:ident),+ $(,)?) => {
        mod on_memory { $(#[test] fn $name() { super::$name(super::memory()); })+ }
        mod on_sqlite { $(#[test] fn $name() { super::$name(super::sqlite()); })+ }
    };
}

on_every_store! {
    what_is_recorded_is_read_in_order,
    the_second_writer_is_told_of_the_first,
    a_repeat_answers_what_is_recorded,
    a_recorded_id_is_refused_anywhere_else,
    an_event_is_found_by_its_id,
    streams_stand_side_by_side,
    an_empty_batch_only_asks_where_the_stream_stands,
    blobs_are_kept_by_their_digest,
    the_epoch_only_rises,
    the_change_counter_tells_of_others_only,
}

/// Any fact about a handful of items.
fn any_event() -> impl Strategy<Value = Event> {
    let item = (0u8..4).prop_map(|number| ItemId::new(format!("stage/item-{number}")));
    let text = any::<String>().prop_map(Untrusted::new);
    prop_oneof![
        item.clone().prop_map(|item| Event::ItemTicked { item, evidence: None }),
        (item.clone(), text.clone()).prop_map(|(item, reason)| Event::ItemSkipped { item, reason }),
        (item, text.clone()).prop_map(|(item, note)| Event::ItemNoted { item, note }),
        any::<f64>().prop_map(|value| Event::TriggerMoved {
            trigger: "errors".into(),
            to: tminus::release::TriggerPhase::Pending,
            since: super::at(0),
            value: Some(value),
            reason: Untrusted::default(),
        }),
        text.prop_map(|note| Event::Noted { note }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_same_events_give_the_same_chain_and_state_however_they_are_split(
        events in prop::collection::vec(any_event(), 1..20),
        cuts in prop::collection::vec(1usize..5, 20),
    ) {
        let batch: Vec<_> = (0u32..).zip(events).map(|(number, fact)| event(number, fact)).collect();
        let mut whole: Pair<MemoryStore> = memory();
        let mut split: Pair<SqliteStore> = sqlite();
        let mut live = State::default();
        let mut rest = batch.as_slice();
        for cut in cuts {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            let version = (batch.len() - rest.len()) as u64;
            for recorded in split.one.append(&stream(), version, now).expect("appends") {
                live.apply(&recorded);
            }
            rest = later;
        }
        let one = whole.one.append(&stream(), 0, &batch).expect("appends");
        let read = all(&split.two);
        // Compared as text: a number that is none differs from itself.
        prop_assert_eq!(format!("{one:?}"), format!("{read:?}"));
        prop_assert_eq!(live.head, read.last().map(|recorded| recorded.hash));
        prop_assert_eq!(format!("{live:?}"), format!("{:?}", State::replay(&read)));
    }
}
