//! What has happened, durably.
//!
//! One [`Store`] trait; [`SqliteStore`] keeps a journal in a file for the processes of one host, [`MemoryStore`]
//! for as long as it lives. Both write the same bytes ([`record`]) into the same chain of hashes ([`chain`]).
//! [`Watcher`] tells of other processes, [`verify`] checks a whole journal.
//! Invariants: bytes are written once; a stream that does not hold is never answered as if it did.

mod anchor;
mod batch;
pub mod chain;
mod memory;
pub mod record;
mod rows;
mod sqlite;
mod store;
mod verify;
mod watch;

pub use anchor::{Anchor, AnchorError, AnchorLineError};
pub use memory::MemoryStore;
pub use record::{Genesis, JOURNAL_STREAM};
pub use rows::{BlobVisitor, RowVisitor, Rows};
pub use sqlite::{OpenMode, SqliteStore};
pub use store::{NewEvent, Store, StoreError, StreamHead};
pub use verify::{AnchorFault, Judgement, Problem, StreamCheck, Verification, verify, verify_file};
pub use watch::{Stopper, Watcher, Woken};
