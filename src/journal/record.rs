//! The bytes of an event: `{v, journal, stream, version, id, at, actor, assurance, via, kind, body}`, compact JSON.
//!
//! Invariants: bytes are written once and never made again from what was read; what this program cannot read (a
//! newer `v`, an unknown kind, a body or a word it does not know) is kept without its meaning, never refused; bytes
//! that say they belong elsewhere are refused.

use std::borrow::Cow;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::base::{Actor, Assurance, Digest, Timestamp, Via};
use crate::journal::store::NewEvent;
use crate::release::{Event, Recorded};

/// The envelope's format. A new optional field keeps it.
pub const FORMAT: u32 = 1;

/// The stream the journal keeps about itself; its first event says what the journal is for.
pub const JOURNAL_STREAM: &str = "journal";

/// How a journal begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The journal's id, for ever.
    pub journal: Uuid,
    /// True for a test journal: fixed time and seed work there, real operations do not.
    pub test: bool,
    /// When it was made.
    pub at: Timestamp,
}

/// What a journal says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "body")]
enum Fact {
    /// The journal exists.
    JournalCreated {
        /// True for a test journal.
        test: bool,
    },
}

/// Where an event belongs.
#[derive(Clone, Copy, Debug)]
pub struct Slot<'a> {
    /// The journal.
    pub journal: &'a Uuid,
    /// The stream.
    pub stream: &'a str,
    /// The version.
    pub version: u64,
    /// The event's id, when it is known from elsewhere.
    pub id: Option<&'a Uuid>,
}

/// Why bytes are not an event of this place.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not the JSON of an envelope.
    #[error("not an event: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// An event of another place.
    #[error("the bytes say {field} {found}")]
    Elsewhere {
        /// The field that differs.
        field: &'static str,
        /// What it says.
        found: String,
    },
}

#[derive(Serialize)]
struct Written<'a, F> {
    v: u32,
    journal: &'a Uuid,
    stream: &'a str,
    version: u64,
    id: &'a Uuid,
    at: &'a Timestamp,
    actor: &'a Actor,
    assurance: Assurance,
    via: Via,
    #[serde(flatten)]
    fact: &'a F,
}

/// The bytes of an event at its place. Fails only when JSON cannot hold it.
pub fn encode(
    journal: &Uuid,
    stream: &str,
    version: u64,
    new: &NewEvent,
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Written {
        v: FORMAT,
        journal,
        stream,
        version,
        id: &new.id,
        at: &new.at,
        actor: &new.actor,
        assurance: new.assurance,
        via: new.via,
        fact: &new.event,
    })
}

/// The id and the bytes of a journal's first event.
pub fn encode_genesis(genesis: &Genesis) -> Result<(Uuid, Vec<u8>), serde_json::Error> {
    let id = Uuid::new_v5(&genesis.journal, b"journal-created");
    let bytes = serde_json::to_vec(&Written {
        v: FORMAT,
        journal: &genesis.journal,
        stream: JOURNAL_STREAM,
        version: 1,
        id: &id,
        at: &genesis.at,
        actor: &Actor::Engine,
        assurance: Assurance::L0,
        via: Via::Engine,
        fact: &Fact::JournalCreated { test: genesis.test },
    })?;
    Ok((id, bytes))
}

#[derive(Deserialize)]
struct Envelope<'a> {
    v: u32,
    journal: Uuid,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    version: u64,
    id: Uuid,
    at: Timestamp,
    actor: Actor,
    assurance: Assurance,
    via: Via,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// The envelope with the fields whose words may be newer than this program left unread.
#[derive(Deserialize)]
struct Loose<'a> {
    journal: Uuid,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    version: u64,
    id: Uuid,
    at: Timestamp,
    #[serde(borrow)]
    actor: &'a RawValue,
    #[serde(borrow)]
    assurance: &'a RawValue,
    #[serde(borrow)]
    via: &'a RawValue,
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// Bytes back into an event, checked against the place they were found at.
pub fn decode(bytes: &[u8], hash: Digest, slot: &Slot<'_>) -> Result<Recorded, RecordError> {
    // Checked once as text: cheaper than each string on its own.
    let text = std::str::from_utf8(bytes).map_err(serde_json::Error::custom)?;
    let envelope: Envelope<'_> = match serde_json::from_str(text) {
        Ok(envelope) => envelope,
        Err(_) => return decode_loose(text, hash, slot),
    };
    belongs(slot, &envelope.journal, &envelope.stream, envelope.version, &envelope.id)?;
    let event = (envelope.v <= FORMAT).then(|| fact(&envelope.kind, envelope.body)).flatten();
    Ok(Recorded {
        version: envelope.version,
        at: envelope.at,
        actor: envelope.actor,
        assurance: envelope.assurance,
        via: envelope.via,
        event,
        kind: envelope.kind.into_owned(),
        hash,
    })
}

/// The first event of a journal, from the bytes it has.
pub fn decode_genesis(bytes: &[u8]) -> Result<Genesis, RecordError> {
    let envelope: Envelope<'_> = serde_json::from_slice(bytes)?;
    let slot = Slot { journal: &envelope.journal, stream: JOURNAL_STREAM, version: 1, id: None };
    belongs(&slot, &envelope.journal, &envelope.stream, envelope.version, &envelope.id)?;
    match Fact::deserialize(Tagged::new(&envelope.kind, envelope.body))? {
        Fact::JournalCreated { test } => Ok(Genesis { journal: envelope.journal, test, at: envelope.at }),
    }
}

/// An envelope with a word this program does not know: shown with what is known, its event unread.
fn decode_loose(text: &str, hash: Digest, slot: &Slot<'_>) -> Result<Recorded, RecordError> {
    let loose: Loose<'_> = serde_json::from_str(text)?;
    belongs(slot, &loose.journal, &loose.stream, loose.version, &loose.id)?;
    let actor = serde_json::from_str(loose.actor.get());
    Ok(Recorded {
        version: loose.version,
        at: loose.at,
        actor: actor.unwrap_or_else(|_| Actor::Person(loose.actor.get().to_owned())),
        assurance: serde_json::from_str(loose.assurance.get()).unwrap_or_default(),
        via: serde_json::from_str(loose.via.get()).unwrap_or_default(),
        event: None,
        kind: loose.kind.into_owned(),
        hash,
    })
}

fn belongs(
    slot: &Slot<'_>,
    journal: &Uuid,
    stream: &str,
    version: u64,
    id: &Uuid,
) -> Result<(), RecordError> {
    let elsewhere = |field, found: String| Err(RecordError::Elsewhere { field, found });
    if journal != slot.journal {
        return elsewhere("journal", journal.to_string());
    }
    if stream != slot.stream {
        return elsewhere("stream", format!("{stream:?}"));
    }
    if version != slot.version {
        return elsewhere("version", version.to_string());
    }
    match slot.id {
        Some(known) if known != id => elsewhere("id", id.to_string()),
        _ => Ok(()),
    }
}

/// The event of a kind and a body; none when this program does not know the kind or cannot read the body.
fn fact(kind: &str, body: &RawValue) -> Option<Event> {
    Event::deserialize(Tagged::new(kind, body)).ok()
}

/// Hands kind and body to a tagged enum as they stand in the envelope, so that the body is parsed once, into its
/// own type, without a tree in between.
struct Tagged<'k, 'de> {
    kind: Option<&'k str>,
    body: Option<&'de RawValue>,
}

impl<'k, 'de> Tagged<'k, 'de> {
    fn new(kind: &'k str, body: &'de RawValue) -> Self {
        Self { kind: Some(kind), body: Some(body) }
    }
}

impl<'de> Deserializer<'de> for Tagged<'_, 'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(self)
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Tagged<'_, 'de> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        let key = match (self.kind, self.body) {
            (Some(_), _) => "kind",
            (None, Some(_)) => "body",
            (None, None) => return Ok(None),
        };
        let key: StrDeserializer<'_, Self::Error> = key.into_deserializer();
        seed.deserialize(key).map(Some)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        if let Some(kind) = self.kind.take() {
            let kind: StrDeserializer<'_, Self::Error> = kind.into_deserializer();
            return seed.deserialize(kind);
        }
        let body = self.body.take().ok_or_else(|| Self::Error::custom("no value is left"))?;
        seed.deserialize(body)
    }
}

#[cfg(test)]
mod tests;
