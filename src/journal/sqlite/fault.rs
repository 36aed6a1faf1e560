//! What SQLite's errors mean for a journal.

use std::path::Path;

use rusqlite::{Error, ErrorCode};

use crate::journal::store::StoreError;

/// The error as a store answers it, with the file and, where there is one, the remedy.
pub(super) fn fault(path: &Path, error: &Error) -> StoreError {
    let path = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked(format!(
            "{path}: a writer did not end within two seconds; look for a stopped tminus (`ps`, state T) and resume or end it"
        )),
        Some(ErrorCode::DiskFull) => {
            StoreError::Full(format!("{path}: free space on that disk, nothing of this was recorded"))
        }
        Some(ErrorCode::NotADatabase) => StoreError::Unusable(format!(
            "{path}: not a journal, or its first page is damaged; name another file or restore a copy"
        )),
        Some(ErrorCode::DatabaseCorrupt) => {
            StoreError::Damaged(format!("{path}: {error}; run `tminus verify` and restore a copy"))
        }
        Some(ErrorCode::ReadOnly) => StoreError::Unusable(format!(
            "{path}: may only be read here; check the rights on it and on its folder"
        )),
        Some(ErrorCode::CannotOpen) => {
            StoreError::Unusable(format!("{path}: cannot be opened ({error}); check the path and its rights"))
        }
        _ => StoreError::Other(format!("{path}: {error}")),
    }
}

/// True when the connection may no longer be trusted to know what is on disk.
pub(super) fn is_suspect(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt))
}

/// True when there was no room.
pub(super) fn is_full(error: &Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}
