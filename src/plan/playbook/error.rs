//! Why a file could not be read at all.

use crate::base::Untrusted;

/// A file that is no text or too long. Everything else opens, with findings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// More bytes than any playbook has.
    #[error("{}: {size} bytes is more than the {} MB a playbook may have; split it into several files", file.line(), limit >> 20)]
    TooLong {
        /// The file as it was named to us.
        file: Untrusted,
        /// Its size in bytes.
        size: usize,
        /// The most we read, in bytes.
        limit: usize,
    },
    /// Bytes that are no text in any encoding we know.
    #[error("{}: this is not text but looks like a binary file; write the playbook as Markdown in UTF-8", file.line())]
    Binary {
        /// The file as it was named to us.
        file: Untrusted,
    },
}
