//! What a store holds, undecoded: what verification and export read.

use uuid::Uuid;

use crate::base::Digest;
use crate::journal::chain::{Break, Row};
use crate::journal::store::StoreError;

/// Reads a store row by row. A visitor that answers an error ends the visit with it.
pub trait Rows {
    /// The journal's id.
    fn journal(&self) -> Uuid;
    /// True for a test journal.
    fn test(&self) -> bool;
    /// Every stream with events, the journal's own among them, by name.
    fn names(&self) -> Result<Vec<String>, StoreError>;
    /// The rows of a stream after a version, oldest first.
    fn rows(&self, stream: &str, after: u64, visit: &mut RowVisitor<'_>) -> Result<(), StoreError>;
    /// Every blob with the digest it is kept by.
    fn blobs(&self, visit: &mut BlobVisitor<'_>) -> Result<(), StoreError>;
}

/// Takes one row.
pub type RowVisitor<'a> = dyn FnMut(Row<'_>) -> Result<(), StoreError> + 'a;

/// Takes one blob.
pub type BlobVisitor<'a> = dyn FnMut(Digest, &[u8]) -> Result<(), StoreError> + 'a;

/// A break of a stream as the error a store answers.
pub fn broken(stream: &str, found: Break) -> StoreError {
    StoreError::Broken { stream: stream.to_owned(), version: found.version, what: found.what }
}
