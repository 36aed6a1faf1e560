//! The check of a whole journal: every chain, every blob, the file itself, and heads written down elsewhere.
//!
//! Invariants: everything is checked, whatever was found before; what is answered as the head of a stream is the
//! newest event up to which its chain holds.

use std::fmt;
use std::path::Path;

use uuid::Uuid;

use crate::base::{Digest, Timestamp};
use crate::journal::anchor::Anchor;
use crate::journal::chain::Walker;
use crate::journal::rows::Rows;
use crate::journal::sqlite::{OpenMode, SqliteStore};
use crate::journal::store::StoreError;
use crate::release::{Event, Recorded};

/// By how many seconds time may step back from one event to the next without being named.
const CLOCK_TOLERANCE: i64 = 2;

/// What the check of a journal found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// The journal's id; none when even that could not be read.
    pub journal: Option<Uuid>,
    /// True for a test journal.
    pub test: bool,
    /// Every stream, the journal's own among them, up to where its chain holds.
    pub streams: Vec<StreamCheck>,
    /// How many blobs were checked.
    pub blobs: u64,
    /// What is wrong, in the order it was found.
    pub problems: Vec<Problem>,
}

/// A stream that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamCheck {
    /// The stream.
    pub stream: String,
    /// The newest version up to which the chain holds.
    pub version: u64,
    /// The hash there.
    pub head: Digest,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A chain does not hold.
    Broken {
        /// The stream.
        stream: String,
        /// The first version that does not fit.
        version: u64,
        /// What does not fit.
        what: String,
    },
    /// The bytes of a blob are not those of its digest.
    Blob {
        /// The digest it is kept by.
        digest: Digest,
    },
    /// The file is damaged.
    File {
        /// What SQLite found.
        what: String,
    },
    /// The stream is not a continuation of what was written down.
    Anchor {
        /// What was written down.
        anchor: Anchor,
        /// How the stream differs.
        fault: AnchorFault,
    },
    /// Time stepped back and no event says why.
    Clock {
        /// The stream.
        stream: String,
        /// The event that is earlier than the one before it.
        version: u64,
        /// By how many seconds.
        seconds: i64,
    },
}

/// How a stream differs from an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorFault {
    /// There is no such stream.
    Missing,
    /// The stream ends before that version.
    Cut {
        /// Where it ends.
        version: u64,
    },
    /// Another event stands at that version.
    Rewritten {
        /// The hash it has.
        hash: Digest,
    },
}

/// What a check comes to. The worst problem decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// Everything holds.
    Holds,
    /// Only clocks are odd.
    Clock,
    /// An anchor is no ancestor: a tail was cut or history was made anew.
    Anchor,
    /// A chain, a blob or the file does not hold.
    Broken,
}

impl Judgement {
    /// The exit code of `tminus verify`.
    pub fn exit_code(self) -> u8 {
        match self {
            Judgement::Holds => 0,
            Judgement::Broken => 3,
            Judgement::Anchor => 4,
            Judgement::Clock => 6,
        }
    }
}

impl Problem {
    /// What it comes to.
    pub fn judgement(&self) -> Judgement {
        match self {
            Problem::Broken { .. } | Problem::Blob { .. } | Problem::File { .. } => Judgement::Broken,
            Problem::Anchor { .. } => Judgement::Anchor,
            Problem::Clock { .. } => Judgement::Clock,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Broken { stream, version, what } => {
                write!(f, "stream {stream} is broken at version {version}: {what}")
            }
            Problem::Blob { digest } => write!(f, "blob {digest} does not hold the bytes of its digest"),
            Problem::File { what } => write!(f, "the file is damaged: {what}"),
            Problem::Anchor { anchor, fault } => match fault {
                AnchorFault::Missing => write!(f, "anchor {anchor}: there is no such stream"),
                AnchorFault::Cut { version } => {
                    write!(f, "anchor {anchor}: the stream ends at version {version}, its tail was cut")
                }
                AnchorFault::Rewritten { hash } => {
                    write!(f, "anchor {anchor}: that version has the hash {hash}, history was rewritten")
                }
            },
            Problem::Clock { stream, version, seconds } => {
                write!(f, "stream {stream}, version {version}: {seconds} s earlier than the event before it")
            }
        }
    }
}

impl Verification {
    /// What it comes to.
    pub fn judgement(&self) -> Judgement {
        self.problems.iter().map(Problem::judgement).max().unwrap_or(Judgement::Holds)
    }
    /// How many events hold.
    pub fn events(&self) -> u64 {
        self.streams.iter().map(|stream| stream.version).sum()
    }
}

/// Checks a store and the anchors given.
pub fn verify(store: &impl Rows, anchors: &[Anchor]) -> Result<Verification, StoreError> {
    let mut found =
        Verification { journal: Some(store.journal()), test: store.test(), ..Verification::default() };
    let names = store.names()?;
    for name in &names {
        let mine: Vec<_> = anchors.iter().filter(|anchor| anchor.stream.as_str() == name).collect();
        check_stream(store, name, &mine, &mut found)?;
    }
    for anchor in anchors {
        if !names.iter().any(|name| name == anchor.stream.as_str()) {
            let fault = AnchorFault::Missing;
            found.problems.push(Problem::Anchor { anchor: anchor.clone(), fault });
        }
    }
    let Verification { blobs, problems, .. } = &mut found;
    store.blobs(&mut |digest, bytes| {
        *blobs += 1;
        if Digest::of(bytes) != digest {
            problems.push(Problem::Blob { digest });
        }
        Ok(())
    })?;
    Ok(found)
}

/// Opens a journal file to read and checks it, its pages and indexes too. A file that is no journal, or that may
/// not be read, is an error; a damaged one is a finding.
pub fn verify_file(path: &Path, anchors: &[Anchor]) -> Result<Verification, StoreError> {
    let mut found = Verification::default();
    let problem = match check_file(path, anchors, &mut found) {
        Ok(()) => return Ok(found),
        Err(StoreError::Broken { stream, version, what }) => Problem::Broken { stream, version, what },
        Err(StoreError::Damaged(what)) => Problem::File { what },
        Err(other) => return Err(other),
    };
    found.problems.push(problem);
    Ok(found)
}

fn check_file(path: &Path, anchors: &[Anchor], found: &mut Verification) -> Result<(), StoreError> {
    let store = SqliteStore::open(path, OpenMode::Read)?;
    *found = verify(&store, anchors)?;
    found.problems.extend(store.integrity()?.into_iter().map(|what| Problem::File { what }));
    Ok(())
}

/// Checks one stream; a break ends the stream, not the check.
fn check_stream(
    store: &impl Rows,
    name: &str,
    anchors: &[&Anchor],
    found: &mut Verification,
) -> Result<(), StoreError> {
    let mut walker = Walker::new(store.journal(), name);
    let mut clock = ClockCheck::default();
    let mut anchored = Vec::new();
    let mut broken = None;
    let visited = store.rows(name, 0, &mut |row| {
        if broken.is_some() {
            return Ok(());
        }
        let event = match walker.read(&row) {
            Ok(event) => event,
            Err(error) => {
                broken = Some(Problem::Broken {
                    stream: name.to_owned(),
                    version: error.version,
                    what: error.what,
                });
                return Ok(());
            }
        };
        if let Some(seconds) = clock.step(&event) {
            let (stream, version) = (name.to_owned(), event.version);
            found.problems.push(Problem::Clock { stream, version, seconds });
        }
        for anchor in anchors.iter().filter(|anchor| anchor.version == event.version) {
            anchored.push(*anchor);
            if anchor.hash != event.hash {
                let fault = AnchorFault::Rewritten { hash: event.hash };
                found.problems.push(Problem::Anchor { anchor: (*anchor).clone(), fault });
            }
        }
        Ok(())
    });
    match visited {
        Err(StoreError::Broken { stream, version, what }) => {
            broken.get_or_insert(Problem::Broken { stream, version, what });
        }
        Err(StoreError::Damaged(what)) => {
            broken.get_or_insert(Problem::File { what });
        }
        other => other?,
    }
    // Behind a break nothing is known, so an anchor there is not called cut.
    if broken.is_none() {
        for anchor in anchors.iter().filter(|anchor| !anchored.contains(anchor)) {
            let fault = AnchorFault::Cut { version: walker.version() };
            found.problems.push(Problem::Anchor { anchor: (*anchor).clone(), fault });
        }
    }
    found.problems.extend(broken);
    found.streams.push(StreamCheck {
        stream: name.to_owned(),
        version: walker.version(),
        head: walker.head(),
    });
    Ok(())
}

/// Finds steps back in time that no event explains.
#[derive(Default)]
struct ClockCheck {
    before: Option<Timestamp>,
    explained: bool,
}

impl ClockCheck {
    fn step(&mut self, event: &Recorded) -> Option<i64> {
        let jump = matches!(event.event, Some(Event::ClockJumped { .. }));
        let back = self.before.map_or(0, |before| before.as_second() - event.at.as_second());
        let explained = std::mem::replace(&mut self.explained, jump) || jump;
        self.before = Some(event.at);
        (back > CLOCK_TOLERANCE && !explained).then_some(back)
    }
}
