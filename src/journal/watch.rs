//! Tells a thread that another process recorded something in a journal file.
//!
//! Invariants: a change is told within 25 ms, whatever the filesystem; changes of files only wake
//! the look earlier. The look itself asks SQLite, so it is never wrong. Make the watcher first, read then: what is
//! recorded between is told. A journal made anew in the same place is another one: make another watcher.

use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;

use crate::journal::sqlite::{self, OpenMode};
use crate::journal::store::StoreError;

/// The longest time between two looks.
const FLOOR: Duration = Duration::from_millis(25);

/// Times between looks after the files moved: a log is written a little before its commit can be seen.
const SOON: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(2), Duration::from_millis(5)];

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Another connection recorded something.
    Changed,
    /// Nothing was recorded in that time.
    TimedOut,
    /// Somebody called [`Stopper::stop`].
    Stopped,
}

/// Ends the waits of a watcher from another thread, for good.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<AtomicBool>);

impl Stopper {
    /// Ends the wait, within 25 ms.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Watches one journal file. Belongs to the thread that waits.
#[derive(Debug)]
pub struct Watcher {
    path: PathBuf,
    connection: Connection,
    /// Moves of files in the journal's folder; none where the system does not tell of them.
    moves: Option<OwnedFd>,
    seen: u64,
    stopped: Arc<AtomicBool>,
}

impl Watcher {
    /// Watches a journal that is there, from now on.
    pub fn new(path: &Path) -> Result<Self, StoreError> {
        let connection = sqlite::connect(path, OpenMode::Read)?;
        let seen = sqlite::data_version(path, &connection)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            moves: watch_folder(path).ok(),
            seen,
            stopped: Arc::default(),
        })
    }

    /// What ends the waits.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.stopped))
    }

    /// Waits until another connection records something, at most so long.
    pub fn wait(&mut self, timeout: Duration) -> Result<Woken, StoreError> {
        let began = Instant::now();
        let mut soon = SOON.iter();
        loop {
            if self.stopped.load(Ordering::Acquire) {
                return Ok(Woken::Stopped);
            }
            let now = sqlite::data_version(&self.path, &self.connection)?;
            if now != self.seen {
                self.seen = now;
                return Ok(Woken::Changed);
            }
            let left = timeout.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(Woken::TimedOut);
            }
            match soon.next() {
                Some(pause) => std::thread::sleep(left.min(*pause)),
                None if self.files_moved(left.min(FLOOR)) => soon = SOON.iter(),
                None => {}
            }
        }
    }

    /// Sleeps until a file moves, at most so long; true when one did.
    fn files_moved(&mut self, pause: Duration) -> bool {
        let Some(moves) = &self.moves else {
            std::thread::sleep(pause);
            return false;
        };
        let limit = Timespec { tv_sec: 0, tv_nsec: pause.subsec_nanos().into() };
        let woken = poll(&mut [PollFd::new(moves, PollFlags::IN)], Some(&limit));
        match woken {
            Ok(0) => return false,
            Err(rustix::io::Errno::INTR) => return false,
            Ok(_) => {
                if let Ok(ours) = drain(moves, self.path.file_name()) {
                    return ours;
                }
            }
            Err(_) => {}
        }
        // A descriptor that answers no more is left alone: looks go on at their pace.
        self.moves = None;
        false
    }
}

/// The folder is watched, not the log: SQLite removes the log and makes it anew.
fn watch_folder(path: &Path) -> rustix::io::Result<OwnedFd> {
    let moves = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC)?;
    let flags = inotify::WatchFlags::MODIFY | inotify::WatchFlags::CREATE;
    inotify::add_watch(&moves, sqlite::folder(path), flags)?;
    Ok(moves)
}

/// Takes in what was told; true when it was about the journal's own files.
fn drain(moves: &OwnedFd, journal: Option<&OsStr>) -> rustix::io::Result<bool> {
    let journal = journal.map_or(&[][..], OsStr::as_bytes);
    let mut ours = false;
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(moves, &mut buffer);
    loop {
        match reader.next() {
            Ok(event) => ours |= event.file_name().is_none_or(|name| name.to_bytes().starts_with(journal)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return Ok(ours),
            Err(error) => return Err(error),
        }
    }
}
