//! Who lives: one engine per journal and host holds a lock beside it for life.
//!
//! Invariants: the lock is the system's own, so it is free the moment its holder is gone, however it went; the file
//! it is on is never removed, because somebody may just be opening it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// How often those who only ask may be in the way before the lock counts as taken.
const PROBES: usize = 1000;

/// The right to be the engine of a journal; ends when it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why nobody can tell whether an engine lives.
#[derive(Debug, thiserror::Error)]
#[error("{path}: the engine's lock cannot be used: {why}")]
pub struct LockError {
    path: String,
    why: io::Error,
}

impl Lock {
    /// Takes the lock of a journal; `None` while another process or another part of this one holds it.
    ///
    /// # Errors
    /// The file beside the journal cannot be made or locked.
    pub fn take(journal: &Path) -> Result<Option<Self>, LockError> {
        let path = beside(journal);
        let failed = |why: io::Error| LockError { path: path.display().to_string(), why };
        let file = file(&path).map_err(failed)?;
        for _ in 0..PROBES {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Some(Self { _file: file })),
                Err(Errno::WOULDBLOCK) if is_taken(&file).map_err(failed)? => return Ok(None),
                // Somebody only asks, and is gone at once.
                Err(Errno::WOULDBLOCK) => std::thread::yield_now(),
                Err(error) => return Err(failed(error.into())),
            }
        }
        Ok(None)
    }

    /// True while somebody of this host holds the lock of a journal. Asking keeps nobody from taking it.
    ///
    /// # Errors
    /// The file beside the journal cannot be made or locked.
    pub fn is_held(journal: &Path) -> Result<bool, LockError> {
        let path = beside(journal);
        let failed = |why: io::Error| LockError { path: path.display().to_string(), why };
        is_taken(&file(&path).map_err(failed)?).map_err(failed)
    }
}

fn file(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// True when somebody holds it for himself: whoever only asks shares it, for a moment.
fn is_taken(file: &File) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => flock(file, FlockOperation::Unlock).map(|()| false).map_err(io::Error::from),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn beside(journal: &Path) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_until_it_is_gone() {
        let home = tempfile::tempdir().expect("a directory");
        let journal = home.path().join("journal.db");
        let first = Lock::take(&journal).expect("usable").expect("free");
        assert!(Lock::take(&journal).expect("usable").is_none());
        assert!(Lock::is_held(&journal).expect("usable"));
        drop(first);
        assert!(!Lock::is_held(&journal).expect("usable"));
        assert!(Lock::take(&journal).expect("usable").is_some());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_said() {
        let error = Lock::take(Path::new("/nowhere/at/all/journal.db")).expect_err("no such directory");
        assert!(error.to_string().contains("/nowhere/at/all/journal.db.lock"), "{error}");
    }
}
