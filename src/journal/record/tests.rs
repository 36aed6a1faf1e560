use super::*;
use crate::base::{ItemId, Untrusted};
use crate::release::{Answer, Evidence};

const JOURNAL: Uuid = Uuid::from_u128(7);

fn at() -> Timestamp {
    "2026-12-01T10:00:00.25Z".parse().expect("time")
}

fn new(event: Event) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(1),
        at: at(),
        actor: Actor::Person("ada@example.com".to_owned()),
        assurance: Assurance::L1,
        via: Via::Cockpit,
        event,
    }
}

fn slot(id: &Uuid) -> Slot<'_> {
    Slot { journal: &JOURNAL, stream: "pay/prod", version: 3, id: Some(id) }
}

fn text(event: Event) -> String {
    String::from_utf8(encode(&JOURNAL, "pay/prod", 3, &new(event)).expect("encodes")).expect("text")
}

fn read(bytes: &str) -> Result<Recorded, RecordError> {
    decode(bytes.as_bytes(), Digest::of(bytes), &slot(&Uuid::from_u128(1)))
}

#[test]
fn the_bytes_are_the_written_form() {
    let bytes = text(Event::ItemNoted { item: ItemId::new("a/b"), note: Untrusted::new("say \"hi\"\n") });
    assert_eq!(
        bytes,
        r#"{"v":1,"journal":"00000000-0000-0000-0000-000000000007","stream":"pay/prod","version":3,"#
            .to_owned()
            + r#""id":"00000000-0000-0000-0000-000000000001","at":"2026-12-01T10:00:00.25Z","#
            + r#""actor":{"is":"person","name":"ada@example.com"},"assurance":"L1","via":"cockpit","#
            + r#""kind":"item-noted","body":{"item":"a/b","note":"say \"hi\"\n"}}"#
    );
}

#[test]
fn what_was_written_is_read_back() {
    let events = [
        Event::ItemNoted { item: ItemId::new("a/b"), note: Untrusted::new("\u{1b}[31m é \u{0}") },
        Event::ItemTicked {
            item: ItemId::new("a"),
            evidence: Some(Evidence::Link { url: Untrusted::new("https://example.com/?a=1") }),
        },
        Event::ApprovalGiven {
            role: "qa".into(),
            answer: Answer::NoGo,
            reason: Untrusted::default(),
            head: Digest::of("x"),
        },
        Event::PollCompleted {},
        Event::ClockJumped { seconds: -3 },
    ];
    for event in events {
        let read = read(&text(event.clone())).expect("decodes");
        assert_eq!(read.event, Some(event));
        assert_eq!((read.version, read.at, read.assurance, read.via), (3, at(), Assurance::L1, Via::Cockpit));
        assert_eq!(read.actor, Actor::Person("ada@example.com".to_owned()));
    }
}

#[test]
fn what_is_newer_than_this_program_is_kept_without_its_meaning() {
    let known = text(Event::PollCompleted {});
    assert_eq!(read(&known).expect("decodes").event, Some(Event::PollCompleted {}));
    for (old, new, kind) in [
        ("poll-completed", "moon-landed", "moon-landed"),
        (r#""v":1"#, r#""v":2"#, "poll-completed"),
        (r#""body":{}"#, r#""body":[1,2]"#, "poll-completed"),
        (r#""via":"cockpit""#, r#""via":"pigeon""#, "poll-completed"),
        (r#""assurance":"L1""#, r#""assurance":"L9""#, "poll-completed"),
        (r#""is":"person""#, r#""is":"robot""#, "poll-completed"),
    ] {
        let newer = known.replace(old, new);
        assert_ne!(newer, known, "{old}");
        let read = read(&newer).expect(new);
        assert_eq!((read.event, read.kind.as_str()), (None, kind), "{new}");
    }
    let more = known.replace(r#""v":1"#, r#""v":1,"mood":"fine""#);
    assert_eq!(read(&more).expect("decodes").event, Some(Event::PollCompleted {}));
}

#[test]
fn an_event_of_another_place_is_refused() {
    let known = text(Event::PollCompleted {});
    for (old, new, field) in [
        ("000000000007", "000000000008", "journal"),
        ("pay/prod", "pay/test", "stream"),
        (r#""version":3"#, r#""version":4"#, "version"),
        ("000000000001", "000000000002", "id"),
    ] {
        let error = read(&known.replace(old, new)).expect_err(field);
        assert!(matches!(error, RecordError::Elsewhere { field: found, .. } if found == field), "{error}");
    }
    for bytes in ["", "{}", "[1]", "\u{0}", &known[1..], &known[..known.len() - 1]] {
        assert!(matches!(read(bytes), Err(RecordError::Unreadable(_))), "{bytes}");
    }
}

#[test]
fn a_journal_says_what_it_is_for() {
    for test in [true, false] {
        let genesis = Genesis { journal: JOURNAL, test, at: at() };
        let (id, bytes) = encode_genesis(&genesis).expect("encodes");
        assert_eq!(decode_genesis(&bytes).expect("decodes"), genesis);
        assert_eq!(id, Uuid::new_v5(&JOURNAL, b"journal-created"));
    }
    assert!(decode_genesis(text(Event::PollCompleted {}).as_bytes()).is_err());
}
