//! What a demo's world looked like when its play ended: samples are in no journal, so they lie in the cache. A lost
//! cache costs the sparklines of a snapshot and nothing else.

use std::path::{Path, PathBuf};

use super::Home;
use super::exit::{Exit, Failure};
use crate::release::Observations;

fn place(home: &Home, journal: &Path) -> PathBuf {
    let mut name = journal.file_stem().unwrap_or_default().to_owned();
    name.push(".seen.json");
    home.cache().join(name)
}

/// Keeps what was seen at the end.
///
/// # Errors
/// When the cache cannot be written.
pub fn keep(home: &Home, journal: &Path, seen: &Observations) -> Result<(), Failure> {
    let text = serde_json::to_vec(seen)
        .map_err(|error| Failure::new(Exit::Bug, format!("what was seen is not JSON: {error}")))?;
    Home::replace(&place(home, journal), &text)
}

/// What was seen at the end; nothing, when the cache is lost or not understood.
pub fn recall(home: &Home, journal: &Path) -> Observations {
    std::fs::read(place(home, journal))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}
