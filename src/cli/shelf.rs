//! The journals of a home, and the release that a verb means.
//!
//! `journal.db` keeps the releases, `world-*.db` those that play in a simulated world, `demo-*.db` the demos.
//! Verbs that act never touch a demo.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::Home;
use super::exit::{Exit, Failure};
use crate::base::{ReleaseId, Timestamp, Untrusted};
use crate::engine::{SamplesCache, line as line_of};
use crate::journal::{OpenMode, SqliteStore, Store, StoreError};
use crate::plan::{Plan, Sources, resolve};
use crate::release::{Health, LogLine, Recorded, State, View};

/// How many events are read at a time.
const PAGE: usize = 1000;
/// How many lines of the log a picture holds.
const LINES: usize = 200;

/// What a journal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Releases.
    Live,
    /// A release in a simulated world.
    World,
    /// A demo.
    Demo,
}

/// One release in one journal.
#[derive(Clone, Debug)]
pub struct Found {
    /// The journal.
    pub journal: PathBuf,
    /// What the journal is for.
    pub kind: Kind,
    /// The release's stream.
    pub stream: ReleaseId,
    /// Where it stands.
    pub state: State,
}

impl Found {
    /// The release's name as people know it.
    fn name(&self) -> &str {
        self.state.identity.as_ref().map_or(self.stream.as_str(), |known| known.release.as_str())
    }
    /// What `-r` takes for this release alone: in a simulated world, its journal's name.
    fn handle(&self) -> &str {
        match (self.kind, self.journal.file_stem().and_then(|stem| stem.to_str())) {
            (Kind::World, Some(stem)) => stem,
            _ => self.stream.as_str(),
        }
    }
    fn is_live(&self) -> bool {
        self.kind != Kind::Demo && !self.state.status.is_over()
    }
}

/// The release to read: the one that is named, the only live one, the last demo, or the last that ended.
///
/// # Errors
/// When there is none, or several are meant.
pub fn to_read(home: &Home, named: Option<&str>) -> Result<Found, Failure> {
    let mut all = all(home)?;
    if let Some(named) = named {
        return only(all, named);
    }
    let live: Vec<Found> = all.iter().filter(|found| found.is_live()).cloned().collect();
    if !live.is_empty() {
        return only_live(live);
    }
    // The newest demo, else the newest of all that ended.
    all.sort_by_key(|found| (found.kind == Kind::Demo, changed(&found.journal), found.state.updated));
    all.pop().ok_or_else(|| none(Exit::No))
}

/// The release to act on: the one that is named, or the only live one.
///
/// # Errors
/// When there is none, or several are meant.
pub fn to_act(home: &Home, named: Option<&str>) -> Result<Found, Failure> {
    let all: Vec<Found> = all(home)?.into_iter().filter(|found| found.kind != Kind::Demo).collect();
    match named {
        Some(named) => only(all, named),
        None => only_live(all.into_iter().filter(Found::is_live).collect()),
    }
}

/// The journal to verify: the named release's, else this user's own, else that of the last demo. It may be damaged,
/// so nothing is read out of it unless a release is named.
///
/// # Errors
/// When there is none.
pub fn to_verify(home: &Home, named: Option<&str>) -> Result<PathBuf, Failure> {
    if named.is_some() {
        return to_read(home, named).map(|found| found.journal);
    }
    let mut journals = journals(home);
    journals.sort_by_key(|(path, kind)| (std::cmp::Reverse(*kind), changed(path)));
    journals.pop().map(|(path, _)| path).ok_or_else(|| none(Exit::No))
}

fn none(exit: Exit) -> Failure {
    Failure::new(exit, "there is no live release here")
        .word("no-release")
        .help("open one with `tminus open RELEASE.md`, or name one that is over with -r")
}

fn only_live(mut live: Vec<Found>) -> Result<Found, Failure> {
    if live.len() > 1 {
        let names: Vec<&str> = live.iter().map(Found::handle).collect();
        return Err(Failure::usage("several releases are live")
            .word("several-releases")
            .help(format!("name one with -r: {}", names.join(", "))));
    }
    live.pop().ok_or_else(|| none(Exit::Refused))
}

fn only(all: Vec<Found>, named: &str) -> Result<Found, Failure> {
    let mut exact: Vec<Found> = all.iter().filter(|found| found.handle() == named).cloned().collect();
    if exact.is_empty() {
        exact = all.iter().filter(|found| found.stream.as_str() == named).cloned().collect();
    }
    if exact.is_empty() {
        exact = all.iter().filter(|found| found.name() == named).cloned().collect();
    }
    // The same name in a world or a demo gives way to the real one.
    exact.sort_by_key(|found| (found.kind, std::cmp::Reverse(changed(&found.journal))));
    let first = exact.first().map(|found| found.kind);
    let same: Vec<&Found> = exact.iter().filter(|found| Some(found.kind) == first).collect();
    match same.as_slice() {
        [] => {
            let names: Vec<&str> = all.iter().map(Found::handle).collect();
            let shown = Untrusted::new(named).line();
            let help = if names.is_empty() {
                "there is none yet".to_owned()
            } else {
                format!("there are: {}", names.join(", "))
            };
            Err(Failure::new(Exit::Refused, format!("there is no release `{shown}`"))
                .word("no-release")
                .help(help))
        }
        [only] => Ok((*only).clone()),
        [newest, ..] if first == Some(Kind::Demo) => Ok((*newest).clone()),
        several => {
            let names: Vec<&str> = several.iter().map(|found| found.handle()).collect();
            Err(Failure::usage("several releases have that name")
                .help(format!("write {}", names.join(" or "))))
        }
    }
}

/// Every release of a home.
fn all(home: &Home) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    for (journal, _) in journals(home) {
        found.extend(of(&journal)?);
    }
    Ok(found)
}

/// One release of a journal.
///
/// # Errors
/// When the journal cannot be read, or does not hold it.
pub fn find(journal: &Path, stream: &ReleaseId) -> Result<Found, Failure> {
    let found = of(journal)?.into_iter().find(|found| &found.stream == stream);
    found.ok_or_else(|| {
        Failure::new(Exit::Refused, format!("there is no release {stream}")).word("no-release")
    })
}

/// The releases of a journal that are not over.
///
/// # Errors
/// When the journal cannot be read.
pub fn live(journal: &Path) -> Result<Vec<Found>, Failure> {
    if !journal.exists() {
        return Ok(Vec::new());
    }
    Ok(of(journal)?.into_iter().filter(Found::is_live).collect())
}

/// Every release of one journal.
fn of(journal: &Path) -> Result<Vec<Found>, Failure> {
    let refused = |error: StoreError| refused(journal, &error);
    let kind = kind(journal).unwrap_or(Kind::Live);
    let store = SqliteStore::open(journal, OpenMode::Read).map_err(refused)?;
    let mut all = Vec::new();
    for head in store.streams().map_err(refused)? {
        let (state, _) = fold(&store, &head.stream).map_err(refused)?;
        if state.identity.is_some() {
            all.push(Found { journal: journal.to_owned(), kind, stream: head.stream, state });
        }
    }
    Ok(all)
}

/// What a journal is for, by its name.
pub fn kind(journal: &Path) -> Option<Kind> {
    let name = journal.file_name()?.to_string_lossy();
    match name.strip_suffix(".db")? {
        "journal" => Some(Kind::Live),
        stem if stem.starts_with("world-") => Some(Kind::World),
        stem if stem.starts_with("demo-") => Some(Kind::Demo),
        _ => None,
    }
}

/// The seed that `TMINUS_SEED` sets; it counts on test journals, and makes a new one such.
pub fn seed() -> Option<u64> {
    std::env::var("TMINUS_SEED").ok()?.parse().ok()
}

/// Every journal file of a home.
fn journals(home: &Home) -> Vec<(PathBuf, Kind)> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(home.state()) else { return found };
    for path in entries.flatten().map(|entry| entry.path()) {
        let Some(kind) = kind(&path) else { continue };
        found.push((path, kind));
    }
    found.sort();
    found
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|found| found.modified()).ok()
}

/// The state of a stream and its newest events.
fn fold(store: &SqliteStore, stream: &ReleaseId) -> Result<(State, Vec<Recorded>), StoreError> {
    let mut state = State::default();
    let mut newest = Vec::new();
    loop {
        let page = store.read(stream, state.version + 1, PAGE)?;
        let whole = page.len() < PAGE;
        page.iter().for_each(|recorded| state.apply(recorded));
        newest.extend(page);
        newest.drain(..newest.len().saturating_sub(LINES));
        if whole {
            return Ok((state, newest));
        }
    }
}

/// Every event of a stream.
///
/// # Errors
/// When the journal cannot be read.
pub fn events(store: &SqliteStore, stream: &ReleaseId) -> Result<Vec<Recorded>, StoreError> {
    let mut all: Vec<Recorded> = Vec::new();
    loop {
        let page = store.read(stream, all.last().map_or(1, |event| event.version + 1), PAGE)?;
        let whole = page.len() < PAGE;
        all.extend(page);
        if whole {
            return Ok(all);
        }
    }
}

/// The plan that a release adopted, out of the journal itself.
///
/// # Errors
/// When the journal does not hold it, or it is not understood any more.
pub fn adopted(store: &dyn Store, state: &State) -> Result<Plan, Failure> {
    let bug = |what: String| Failure::new(Exit::StoreRefused, format!("the plan in the journal: {what}"));
    let digest = state.sources.ok_or_else(|| bug("none is adopted".to_owned()))?;
    let bytes = store.blob(&digest).map_err(|error| bug(error.to_string()))?;
    let bytes = bytes.ok_or_else(|| bug(format!("its sources {} are missing", digest.short())))?;
    let sources = Sources::from_bytes(&bytes).map_err(|error| bug(error.to_string()))?;
    Ok(resolve(&sources).map_err(|error| bug(error.to_string()))?.plan)
}

/// What journal and cache show of a release: its samples are as old as they are, and nobody is known to act.
///
/// # Errors
/// When the journal cannot be read.
pub fn picture(home: &Home, found: &Found) -> Result<View, Failure> {
    let refused = |error: StoreError| refused(&found.journal, &error);
    let store = SqliteStore::open(&found.journal, OpenMode::Read).map_err(refused)?;
    let (state, newest) = fold(&store, &found.stream).map_err(refused)?;
    let plan = Arc::new(adopted(&store, &state)?);
    let line = |recorded: &Recorded| LogLine {
        version: recorded.version,
        at: recorded.at,
        by: recorded.actor.name().to_owned(),
        text: line_of(recorded, &plan),
    };
    let recent = newest.iter().map(line).collect();
    let now = match found.kind {
        // A demo's clock stands where its play ended.
        Kind::Demo => state.updated,
        Kind::Live | Kind::World => fixed_time(store.is_test())?,
    };
    let now = now.unwrap_or_else(Timestamp::now);
    let seen = samples(home, &store, &found.stream).picture(&plan, &state, now);
    Ok(View {
        state: Arc::new(state),
        plan,
        seen: Arc::new(seen),
        presence: Vec::new(),
        health: Health::default(),
        recent: Arc::new(recent),
        now,
    })
}

/// Where the samples of a release are kept.
pub fn samples(home: &Home, store: &dyn Store, stream: &ReleaseId) -> SamplesCache {
    SamplesCache::of(home.cache(), store.id(), stream)
}

/// The time that `TMINUS_NOW` fixes, on a test journal.
///
/// # Errors
/// When it is no time.
pub fn fixed_time(test: bool) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = std::env::var_os("TMINUS_NOW").filter(|text| test && !text.is_empty()) else {
        return Ok(None);
    };
    let time = text.to_str().and_then(|text| text.parse().ok());
    time.map(Some).ok_or_else(|| {
        Failure::usage("TMINUS_NOW is no point in time").help("write RFC 3339, such as 2026-12-01T10:00:00Z")
    })
}

/// Why a store did not do it, for a person.
pub fn refused(path: &Path, error: &StoreError) -> Failure {
    let exit = match error {
        StoreError::Broken { .. } | StoreError::Damaged(_) => Exit::Chain,
        StoreError::Unusable(_) | StoreError::Full(_) => Exit::StoreRefused,
        StoreError::Locked(_) => Exit::Deadline,
        StoreError::Conflict { .. } => Exit::Refused,
        StoreError::Repeated(_) | StoreError::Other(_) => Exit::Unknown,
    };
    let help = match error {
        StoreError::Broken { .. } | StoreError::Damaged(_) => "do not act on it; `tminus verify` says more",
        StoreError::Locked(_) => "try again; `tminus doctor` says who holds it",
        StoreError::Full(_) => "free some room on that disk",
        _ => "`tminus doctor` looks at this home",
    };
    // What is unusable names its file already.
    let failure = Failure::new(exit, error.to_string()).help(help);
    if matches!(error, StoreError::Unusable(_)) {
        failure
    } else {
        failure.at(path.display().to_string(), None)
    }
}
