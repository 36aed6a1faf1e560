//! The chain of hashes that ties every event to all before it.
//!
//! Invariants: the first link is SHA-256(`tminus-stream/v1` NUL, journal id, stream); each further one is
//! SHA-256(`tminus-event/v1` NUL, previous hash, length, bytes). The journal id is its hyphenated text, hashes are
//! raw bytes, the length is 64 bits, big end first. A chain finds a change; a cut tail only an anchor finds.

use uuid::Uuid;

use crate::base::Digest;
use crate::journal::record::{self, Slot};
use crate::release::Recorded;

/// The hash before the first event of a stream.
pub fn first(journal: &Uuid, stream: &str) -> Digest {
    let mut text = Uuid::encode_buffer();
    let journal = journal.hyphenated().encode_lower(&mut text);
    Digest::of_parts([b"tminus-stream/v1\0".as_slice(), journal.as_bytes(), stream.as_bytes()])
}

/// The hash of an event's bytes after the hash before it.
pub fn link(previous: &Digest, bytes: &[u8]) -> Digest {
    let length = (bytes.len() as u64).to_be_bytes();
    Digest::of_parts([b"tminus-event/v1\0".as_slice(), previous.as_bytes(), &length, bytes])
}

/// An event as a store keeps it, undecoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Its place in the stream, from 1.
    pub version: u64,
    /// Its id, beside the bytes so that it can be found.
    pub id: Uuid,
    /// The hash before it.
    pub previous: Digest,
    /// Its hash.
    pub hash: Digest,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The first place where a stream does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("broken at version {version}: {what}")]
pub struct Break {
    /// The first version that does not fit.
    pub version: u64,
    /// What does not fit.
    pub what: String,
}

/// Walks one stream, event by event, and stops at the first that does not fit.
#[derive(Clone, Debug)]
pub struct Walker {
    journal: Uuid,
    stream: String,
    version: u64,
    head: Digest,
}

impl Walker {
    /// Stands before the first event.
    pub fn new(journal: Uuid, stream: &str) -> Self {
        Self { journal, stream: stream.to_owned(), version: 0, head: first(&journal, stream) }
    }
    /// Stands after a version whose hash is known.
    pub fn after(journal: Uuid, stream: &str, version: u64, head: Digest) -> Self {
        Self { journal, stream: stream.to_owned(), version, head }
    }
    /// The version it stands at.
    pub fn version(&self) -> u64 {
        self.version
    }
    /// The hash it stands at.
    pub fn head(&self) -> Digest {
        self.head
    }

    /// Checks place and hash of the next event, without looking inside.
    fn step(&mut self, row: &Row<'_>) -> Result<(), Break> {
        let expected = self.version + 1;
        let broken = |what: String| Break { version: expected.min(row.version), what };
        if row.version != expected {
            return Err(broken(format!("version {} stands where {expected} belongs", row.version)));
        }
        if row.previous != self.head {
            return Err(broken("it does not follow the event before it".to_owned()));
        }
        if link(&self.head, row.bytes) != row.hash {
            return Err(broken("its bytes are not those that were hashed".to_owned()));
        }
        self.version = expected;
        self.head = row.hash;
        Ok(())
    }

    /// Checks the next event whole and decodes it.
    pub fn read(&mut self, row: &Row<'_>) -> Result<Recorded, Break> {
        self.step(row)?;
        let slot =
            Slot { journal: &self.journal, stream: &self.stream, version: row.version, id: Some(&row.id) };
        record::decode(row.bytes, row.hash, &slot)
            .map_err(|error| Break { version: row.version, what: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hash_is_the_written_formula() {
        let journal = Uuid::from_u128(7);
        let text = "tminus-stream/v1\x0000000000-0000-0000-0000-000000000007pay/prod";
        assert_eq!(first(&journal, "pay/prod"), Digest::of(text));
    }

    #[test]
    fn a_link_covers_the_hash_before_it_the_length_and_the_bytes() {
        let previous = Digest::of("before");
        let mut all = b"tminus-event/v1\0".to_vec();
        all.extend_from_slice(previous.as_bytes());
        all.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 2]);
        all.extend_from_slice(b"{}");
        assert_eq!(link(&previous, b"{}"), Digest::of(&all));
        assert_ne!(link(&previous, b"{} "), link(&previous, b"{}"));
        assert_ne!(link(&Digest::of("other"), b"{}"), link(&previous, b"{}"));
    }

    #[test]
    fn a_walker_names_the_version_that_does_not_fit() {
        let journal = Uuid::from_u128(7);
        let mut walker = Walker::new(journal, "s");
        let head = walker.head();
        let row = |version, previous, hash| Row { version, id: Uuid::nil(), previous, hash, bytes: b"{}" };
        let gap = walker.step(&row(2, head, link(&head, b"{}"))).expect_err("a gap");
        assert_eq!(gap.version, 1);
        let foreign = walker.step(&row(1, Digest::of("x"), link(&Digest::of("x"), b"{}")));
        assert_eq!(foreign.expect_err("another chain").version, 1);
        assert_eq!(walker.step(&row(1, head, Digest::of("x"))).expect_err("another hash").version, 1);
        walker.step(&row(1, head, link(&head, b"{}"))).expect("fits");
        assert_eq!((walker.version(), walker.head()), (1, link(&head, b"{}")));
    }
}
