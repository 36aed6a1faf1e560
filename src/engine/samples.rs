//! The samples of a release between two engines: a small file in the cache, never in the journal.
//!
//! Invariants: one file per release, named after journal and stream, for its owner only, replaced as a whole; what is
//! lost, broken, foreign or newer counts as nothing and is said in the log; samples of another question than the
//! plan asks now are left out; nothing in here is evidence by itself, its times are those of the samples.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use uuid::Uuid;

use crate::analysis::Arm;
use crate::analysis::threshold::Answer;
use crate::base::{Digest, MetricId, ReleaseId, Timestamp};
use crate::engine::assessor::Assessor;
use crate::plan::{Metric, Plan, Source};
use crate::release::{Observations, Series, State};

mod format;

/// No cache of ours grows beyond this, in bytes.
const MOST: u64 = 64 * 1024 * 1024;

/// What is kept of one metric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeptSeries {
    /// The digest of the question these samples answer.
    pub question: Digest,
    /// How the source's newest answer was.
    pub answer: Answer,
    /// The samples of each side, packed.
    pub arms: BTreeMap<Arm, Vec<u8>>,
}

/// What is kept of a release.
pub(crate) type Kept = BTreeMap<MetricId, KeptSeries>;

/// The digest of what is asked of a source for a metric.
pub(crate) fn question(metric: &Metric, source: &Source) -> Digest {
    let Metric { query, sides, counts, histogram, .. } = metric;
    Digest::of(format!("{source:?}\0{query:?}\0{sides:?}\0{counts:?}\0{histogram:?}"))
}

/// Where the samples of one release are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplesCache {
    path: PathBuf,
}

impl SamplesCache {
    /// The file of a release in the directory of caches.
    pub fn of(directory: &Path, journal: Uuid, stream: &ReleaseId) -> Self {
        let name = Uuid::new_v5(&journal, stream.as_str().as_bytes());
        Self { path: directory.join(format!("samples-{name}.bin")) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it: what is played anew begins without a past.
    pub fn forget(&self) {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => self.say("forgotten", &error),
            _ => {}
        }
    }

    /// What a release looked like when its samples were last kept, judged at `now`: nothing, when they are lost.
    pub fn picture(&self, plan: &Plan, state: &State, now: Timestamp) -> Observations {
        Assessor::recalled(self.load(), plan).picture(plan, state, now)
    }

    /// What was kept; nothing, when it is lost or not understood.
    pub(crate) fn load(&self) -> Kept {
        let mut bytes = Vec::new();
        let read = fs::File::open(&self.path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Kept::new(),
            Err(error) => {
                self.say("read", &error);
                return Kept::new();
            }
            Ok(_) => {}
        }
        format::read(&bytes).unwrap_or_else(|error| {
            self.say("read", &error);
            Kept::new()
        })
    }

    /// Replaces what was kept.
    pub(crate) fn keep(&self, kept: &Kept) {
        if let Err(error) = self.replace(&format::write(kept)) {
            self.say("written", &error);
        }
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let mut beside = self.path.as_os_str().to_owned();
        beside.push(format!(".{}.new", std::process::id()));
        let beside = PathBuf::from(beside);
        // It is not synced: a power cut that tears it is found by its digest and costs samples only.
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| fs::rename(&beside, &self.path));
        if written.is_err() {
            // It may not exist; the first error is the one to tell.
            let _ = fs::remove_file(&beside);
        }
        written
    }

    fn changed(&self) -> Option<SystemTime> {
        fs::metadata(&self.path).and_then(|found| found.modified()).ok()
    }

    fn say(&self, what: &str, why: &dyn std::fmt::Display) {
        tracing::warn!(file = %self.path.display(), %why, "the cache of samples was not {what}");
    }
}

/// What somebody remembers who looks at a release while no engine lives.
pub(crate) struct Recollection {
    cache: SamplesCache,
    read: Option<(Option<SystemTime>, Digest)>,
    assessor: Assessor,
}

impl Recollection {
    /// Remembers nothing yet.
    pub fn new(cache: SamplesCache) -> Self {
        Self { cache, read: None, assessor: Assessor::default() }
    }

    /// What is known now: the cache, read again when it or the plan changed, and what was seen since.
    pub fn picture(
        &mut self,
        seen: &BTreeMap<MetricId, Series>,
        (plan, state): (&Plan, &State),
        now: Timestamp,
    ) -> Observations {
        let newest = (self.cache.changed(), plan.digest);
        if self.read != Some(newest) {
            self.read = Some(newest);
            self.assessor = Assessor::recalled(self.cache.load(), plan);
        }
        self.assessor.saw(seen, plan);
        self.assessor.picture(plan, state, now)
    }
}

#[cfg(test)]
mod tests;
