//! What an engine of this user is made of: its journal, the world of each release, the clock it lives by.

use std::path::PathBuf;
use std::sync::Arc;

use super::exit::{Exit, Failure};
use super::operator::operator;
use super::shelf::{self, Kind};
use super::{Home, worlds};
use crate::base::ReleaseId;
use crate::engine::client::Client;
use crate::engine::clock::WallClock;
use crate::engine::{Hosting, Joining, Lock, Setup, SourcesReader, Wiring, is_served, join};
use crate::journal::{OpenMode, SqliteStore};
use crate::release::Presence;

/// This program's build, as engines and clients tell each other.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");

/// Wires the releases of one journal.
#[derive(Clone, Debug)]
pub struct Wires {
    /// This user's home.
    pub home: Home,
    /// The journal.
    pub journal: PathBuf,
}

impl Wiring for Wires {
    fn hosting(&self, stream: &ReleaseId) -> Result<Hosting, String> {
        let text = |failure: Failure| failure.to_string();
        let found = shelf::find(&self.journal, stream).map_err(text)?;
        let store = SqliteStore::open(&self.journal, OpenMode::Write).map_err(|error| error.to_string())?;
        let plan = shelf::adopted(&store, &found.state).map_err(text)?;
        let world = worlds::of(&self.home, &found, &plan).map_err(text)?;
        let samples = Some(shelf::samples(&self.home, &store, stream));
        let setup = Setup {
            store: Box::new(store),
            stream: stream.clone(),
            world: world.ports,
            reader: Arc::new(SourcesReader),
            nature: world.nature,
            presence: Vec::new(),
            samples,
        };
        Ok(Hosting { setup, clock: Arc::new(WallClock), cast: None })
    }
}

impl Wires {
    /// True while an engine lives on the journal. A demo has none.
    ///
    /// # Errors
    /// When the lock beside it cannot be used.
    pub fn is_alive(&self) -> Result<bool, Failure> {
        if shelf::kind(&self.journal) == Some(Kind::Demo) {
            return Ok(false);
        }
        // A verb that acts by itself holds the lock too, for as long as it takes, and answers nobody.
        let held = Lock::is_held(&self.journal)
            .map_err(|error| Failure::new(Exit::StoreRefused, error.to_string()))?;
        Ok(held && is_served(self.home.runtime(), &self.journal))
    }
    /// A client of the engine on this journal, or of the journal alone while there is none.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn join(&self, stream: &ReleaseId) -> Result<Client, Failure> {
        let store = SqliteStore::open(&self.journal, OpenMode::Write)
            .map_err(|error| shelf::refused(&self.journal, &error))?;
        let samples = Some(shelf::samples(&self.home, &store, stream));
        join(Joining {
            journal: self.journal.clone(),
            runtime: self.home.runtime().to_owned(),
            store: Box::new(store),
            stream: stream.clone(),
            reader: Arc::new(SourcesReader),
            build: BUILD.to_owned(),
            who: presence(),
            rescue: Arc::new(self.clone()),
            samples,
        })
        .await
        .map_err(|error| Failure::new(Exit::StoreRefused, error.to_string()))
    }
}

/// This person, here.
pub fn presence() -> Presence {
    let from = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Presence { name: operator().name().to_owned(), from }
}
