//! A playbook and its plan file on disk.
//!
//! The plan file of `RELEASE.md` is `RELEASE.tminus.toml` in the same folder; either name finds both.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::exit::{Exit, Failure};
use crate::plan::{SourceFile, Sources};

/// What a plan file's name ends with.
pub const PLAN: &str = ".tminus.toml";
/// The most bytes read of one file; the readers have closer limits of their own.
const MOST: u64 = 64 << 20;
/// What playbooks are called, the likeliest first.
const PLAYBOOKS: [&str; 7] = ["md", "markdown", "mkd", "txt", "yml", "yaml", "text"];

/// What one name on the command line stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The files as read.
    pub sources: Sources,
    /// The playbook's path, when there is one.
    pub playbook: Option<PathBuf>,
    /// Where the plan file is, or would be.
    pub plan: PathBuf,
    /// The folder of both, absolute: commands run from there.
    pub folder: PathBuf,
}

impl Opened {
    /// Reads the file of that name and the one that belongs to it.
    ///
    /// # Errors
    /// When a file that is there cannot be read.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let (playbook, plan) = if is_plan(path) {
            (beside(path), path.to_owned())
        } else {
            (Some(path.to_owned()), plan_of(path))
        };
        let sources = Sources {
            playbook: playbook.as_deref().map(source).transpose()?,
            plan: if is_plan(path) || plan.exists() { Some(source(&plan)?) } else { None },
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = fs::canonicalize(folder).map_err(|error| Failure::io(folder, &error))?;
        Ok(Self { sources, playbook, plan, folder })
    }
}

/// Where the plan file of a playbook is: the last extension is replaced.
pub fn plan_of(playbook: &Path) -> PathBuf {
    let mut name = playbook.file_stem().unwrap_or_default().to_owned();
    name.push(PLAN);
    playbook.with_file_name(name)
}

/// True for a name that only a plan file has.
pub fn is_plan(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// The playbook that lies beside a plan file.
fn beside(plan: &Path) -> Option<PathBuf> {
    let stem = plan.file_name()?.to_str()?.strip_suffix(PLAN)?;
    PLAYBOOKS
        .into_iter()
        .map(|extension| plan.with_file_name(format!("{stem}.{extension}")))
        .find(|it| it.is_file())
}

fn source(path: &Path) -> Result<SourceFile, Failure> {
    Ok(SourceFile::new(path.display().to_string(), read(path)?))
}

/// The bytes of a file.
///
/// # Errors
/// When it cannot be read, is a folder, or never ends.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::io(path, &error).help("name a file that is there and that you may read"))?;
    if bytes.len() as u64 > MOST {
        return Err(
            Failure::new(Exit::Unreadable, "it has more than 64 MB").at(path.display().to_string(), None)
        );
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_name_finds_both_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let playbook = folder.path().join("v3.2.md");
        let plan = folder.path().join("v3.2.tminus.toml");
        fs::write(&playbook, "- [ ] a\n").expect("written");
        let alone = Opened::read(&playbook).expect("opens without a plan file");
        assert_eq!((alone.sources.plan, alone.plan.as_path()), (None, plan.as_path()));
        fs::write(&plan, "").expect("written");
        let both = Opened::read(&playbook).expect("opens");
        assert_eq!(both.sources, Opened::read(&plan).expect("opens").sources);
        assert!(both.sources.playbook.is_some() && both.sources.plan.is_some());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in [folder.path().to_owned(), folder.path().join("missing.md")] {
            let failure = Opened::read(&path).expect_err("nothing to read");
            assert_eq!((failure.exit, failure.file), (Exit::Unreadable, Some(path.display().to_string())));
        }
    }
}
