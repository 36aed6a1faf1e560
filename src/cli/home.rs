//! Where this program keeps its files. `TMINUS_HOME` moves them all under one directory; otherwise the places are
//! those of the platform.
//!
//! Invariants: directories we make are 0700 and files 0600; we never write below `config`.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::exit::{Exit, Failure};

/// Every directory of this user's tminus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
    state: PathBuf,
    cache: PathBuf,
    runtime: PathBuf,
}

impl Home {
    /// The home of this process's user.
    ///
    /// # Errors
    /// When there is neither `TMINUS_HOME` nor a home directory.
    pub fn find() -> Result<Self, Failure> {
        if let Some(root) = std::env::var_os("TMINUS_HOME").filter(|root| !root.is_empty()) {
            return Self::under(Path::new(&root));
        }
        let places = directories::ProjectDirs::from("", "", "tminus").ok_or_else(|| {
            Failure::new(Exit::StoreRefused, "this user has no home directory")
                .help("set TMINUS_HOME to a directory of your own")
        })?;
        let state = places.state_dir().unwrap_or_else(|| places.data_local_dir()).to_owned();
        Ok(Self {
            config: places.config_dir().to_owned(),
            runtime: places.runtime_dir().map_or_else(|| state.join("run"), Path::to_owned),
            cache: places.cache_dir().to_owned(),
            state,
        })
    }
    /// Everything under one directory.
    ///
    /// # Errors
    /// When the directory's full name cannot be told.
    pub fn under(root: &Path) -> Result<Self, Failure> {
        let root = std::path::absolute(root).map_err(|error| Failure::io(root, &error))?;
        Ok(Self {
            config: root.join("config"),
            state: root.join("state"),
            cache: root.join("cache"),
            runtime: root.join("run"),
        })
    }
    /// What the user set; never written by us.
    pub fn config(&self) -> &Path {
        &self.config
    }
    /// Journals, grants and the engine's log.
    pub fn state(&self) -> &Path {
        &self.state
    }
    /// What may be lost.
    pub fn cache(&self) -> &Path {
        &self.cache
    }
    /// Sockets.
    pub fn runtime(&self) -> &Path {
        &self.runtime
    }
    /// The journal of this user's releases.
    pub fn journal(&self) -> PathBuf {
        self.state.join("journal.db")
    }
    /// What this user trusts.
    pub fn trust(&self) -> PathBuf {
        self.state.join("trust.toml")
    }
    /// What the engine says.
    pub fn engine_log(&self) -> PathBuf {
        self.state.join("engine.log")
    }
    /// Makes the directories that are missing.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn create(&self) -> Result<(), Failure> {
        for directory in [&self.state, &self.cache, &self.runtime] {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| {
                Failure::new(Exit::StoreRefused, format!("this directory cannot be made: {error}"))
                    .at(directory.display().to_string(), None)
                    .help("set TMINUS_HOME to a directory you may write")
            })?;
        }
        Ok(())
    }
    /// Replaces a file as a whole, for its owner only: readers see the old or the new one, never a part.
    ///
    /// # Errors
    /// When it cannot be written beside its place, or moved there.
    pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(Exit::StoreRefused, format!("it cannot be written: {error}"))
                .at(path.display().to_string(), None)
        };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let beside = path.with_file_name(name);
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            // It may not exist; the first error is the one to tell.
            let _ = fs::remove_file(&beside);
        }
        written.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn directories_and_files_are_for_their_owner_only() {
        let root = tempfile::tempdir().expect("a directory");
        let home = Home::under(&root.path().join("deep/home")).expect("a home");
        home.create().expect("made");
        let file = home.trust();
        Home::replace(&file, b"one").expect("written");
        Home::replace(&file, b"two").expect("written again");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(home.state()), mode(&file)), (0o700, 0o600));
        assert_eq!(fs::read(&file).expect("readable"), b"two");
        assert_eq!(fs::read_dir(home.state()).expect("listed").count(), 1);
    }
}
