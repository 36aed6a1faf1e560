//! Where the engine of a journal is spoken to.
//!
//! Invariants: the name is short and follows from the journal's place alone; the socket is its owner's only; a path
//! that is too long for the system is reached through an open directory.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use crate::base::Digest;

/// The longest path every system takes for a socket, in bytes.
const LONGEST: usize = 100;

/// The socket of a journal's engine, in the runtime directory.
pub fn socket(runtime: &Path, journal: &Path) -> PathBuf {
    let place = std::fs::canonicalize(journal).unwrap_or_else(|_| journal.to_owned());
    runtime.join(format!("tminus-{}.sock", Digest::of(place.as_os_str().as_encoded_bytes()).short()))
}

/// True while somebody listens there: an engine, and not a verb that holds the journal's lock for a moment.
pub fn is_served(runtime: &Path, journal: &Path) -> bool {
    reached(&socket(runtime, journal), |short| std::os::unix::net::UnixStream::connect(short)).is_ok()
}

/// Listens there; what a dead engine left is removed first. Whoever calls holds the journal's lock.
pub(crate) fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = reached(path, |short| UnixListener::bind(short))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Connects to it.
pub(crate) async fn connect(path: &Path) -> io::Result<UnixStream> {
    let stream = reached(path, |short| {
        let stream = std::os::unix::net::UnixStream::connect(short)?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    })?;
    UnixStream::from_std(stream)
}

/// Does it with the path, or with one through the open directory when the path is too long.
fn reached<T>(path: &Path, act: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    if path.as_os_str().len() <= LONGEST {
        return act(path);
    }
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::other("not the path of a file"));
    };
    let directory = File::open(directory)?;
    act(&Path::new("/proc/self/fd").join(directory.as_raw_fd().to_string()).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_path_is_reached_and_only_by_its_owner() {
        let home = tempfile::tempdir().expect("a directory");
        let deep = home.path().join("d".repeat(90)).join("e".repeat(90));
        std::fs::create_dir_all(&deep).expect("made");
        let path = socket(&deep, &home.path().join("journal.db"));
        let listener = listen(&path).expect("listening");
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (near, far) = tokio::join!(connect(&path), listener.accept());
        assert!(near.is_ok() && far.is_ok());
        let journal = home.path().join("journal.db");
        assert!(is_served(&deep, &journal));
        drop(listener);
        assert!(!is_served(&deep, &journal), "a file is left, and nobody behind it");
        assert!(listen(&path).is_ok(), "what a dead engine left is replaced");
    }
}
