//! A flag in a JSON file: only its own values change, and the file is replaced as a whole or not at all.
//!
//! Invariants: whoever writes holds a lock on the folder; a file that is a link, no plain file or too large is left
//! alone; a reader sees the old bytes or the new ones, also when the machine stops in between.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags, flock};
use serde_json::Value;

use super::{edit, number, seen};
use crate::base::{Digest, FlagId, OperationId, Untrusted, Weight};
use crate::engine::ports::{Fault, FlagReading, Stamp};
use crate::plan::FlagPointers;

/// The most bytes a flag file may have.
const LARGEST: u64 = 4 * 1024 * 1024;
/// How long another writer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause between two looks whether it has gone.
const TURN: Duration = Duration::from_millis(10);

/// A flag in a file.
pub(super) struct Kept {
    pub(super) id: FlagId,
    pub(super) folder: PathBuf,
    pub(super) path: String,
    pub(super) pointer: String,
    pub(super) at: FlagPointers,
}

/// What is done to it.
#[derive(Clone, Copy)]
pub(super) enum Turn {
    /// On for a share, off at none.
    To(Weight),
    /// Off, by its switch where it has one.
    Kill,
    /// Off, with every other flag beside it.
    Clear,
}

/// Pieces of a text with what takes their place, and the names of the flags they are about.
type Edits = (Vec<(std::ops::Range<usize>, String)>, Vec<String>);

impl Kept {
    pub(super) fn read(&self) -> Result<FlagReading, Fault> {
        let text = self.text()?;
        let (seen, stamp) = self.seen(&text)?;
        Ok(FlagReading { seen, stamp: Some(stamp) })
    }

    /// Changes it when it still is what was read, and says what was changed.
    pub(super) fn write(
        &self,
        turn: Turn,
        stamp: Option<&Stamp>,
        operation: &OperationId,
    ) -> Result<Untrusted, Fault> {
        let path = self.place()?;
        let folder = path.parent().unwrap_or(&self.folder);
        let _lock = self.lock(folder)?;
        let text = self.text()?;
        if let Some(stamp) = stamp {
            let (_, now) = self.seen(&text)?;
            if now != *stamp {
                return Err(Fault::Conflict(self.name(), "somebody wrote it meanwhile".to_owned()));
            }
        }
        let (edits, names) = self.edits(&text, turn)?;
        let filled = edit::fill(&text, edits);
        if filled != text {
            self.replace(&path, folder, &filled, operation)?;
        }
        Ok(Untrusted::new(format!("turned off in {}: {}", self.path, names.join(", "))))
    }

    /// The lines that would change, old and new.
    pub(super) fn preview(&self, percent: Weight) -> Result<String, Fault> {
        let text = self.text()?;
        let (edits, _) = self.edits(&text, Turn::To(percent))?;
        let filled = edit::fill(&text, edits);
        let mut lines = vec![format!("write {}", self.path)];
        for (old, new) in text.lines().zip(filled.lines()).filter(|(old, new)| old != new) {
            lines.push(format!("- {}", old.trim()));
            lines.push(format!("+ {}", new.trim()));
        }
        Ok(lines.join("\n"))
    }

    fn seen(&self, text: &str) -> Result<(crate::release::FlagSeen, Stamp), Fault> {
        let place = edit::find(text, &self.pointer).map_err(|why| self.foreign(why))?;
        let own = text.get(place).unwrap_or_default();
        let value: Value = serde_json::from_str(own).map_err(|error| self.foreign(error.to_string()))?;
        let seen = seen::seen(&value, &self.at).map_err(|why| self.foreign(why))?;
        Ok((seen, Stamp(Digest::of(own).to_string())))
    }

    /// What changes in the text, and the names of the flags it is about.
    fn edits(&self, text: &str, turn: Turn) -> Result<Edits, Fault> {
        let wrong = |why: String| self.foreign(why);
        if let Turn::To(percent) = turn
            && self.at.percent.is_none()
            && ![Weight::ZERO, Weight::FULL].iter().any(|whole| whole.is_near(percent))
        {
            let text = format!("{} is only on or off: {percent} of it cannot be set", self.id);
            return Err(Fault::Unsupported(text));
        }
        let flags = match turn {
            Turn::Clear => edit::siblings(text, &self.pointer).map_err(wrong)?,
            Turn::To(_) | Turn::Kill => {
                vec![(self.id.to_string(), edit::find(text, &self.pointer).map_err(wrong)?)]
            }
        };
        let own = edit::find(text, &self.pointer).map_err(wrong)?;
        let percent = if let Turn::To(percent) = turn { percent } else { Weight::ZERO };
        let on = !percent.is_near(Weight::ZERO);
        let (mut edits, mut names) = (Vec::new(), Vec::new());
        for (name, flag) in flags {
            let inner = text.get(flag.clone()).unwrap_or_default();
            let before = edits.len();
            let mut put = |pointer: &Option<String>, new: String| -> Result<(), String> {
                let Some(pointer) = pointer else { return Ok(()) };
                let at = edit::find(inner, pointer)?;
                let quoted = inner.get(at.clone()).is_some_and(|old| old.starts_with('"'));
                let new = if quoted { format!("\"{new}\"") } else { new };
                edits.push((flag.start + at.start..flag.start + at.end, new));
                Ok(())
            };
            let done = put(&self.at.enabled, on.to_string())
                .and_then(|()| put(&self.at.percent, number(percent)))
                .and_then(|()| match turn {
                    Turn::Kill if self.at.killed.as_ref().is_some_and(|at| edit::find(inner, at).is_ok()) => {
                        put(&self.at.killed, "true".to_owned())
                    }
                    _ => Ok(()),
                });
            match done {
                Ok(()) => names.push(name),
                // Something beside it that is no flag of this form is left alone.
                Err(_) if flag != own => edits.truncate(before),
                Err(why) => return Err(self.foreign(why)),
            }
        }
        Ok((edits, names))
    }

    /// The file's path, inside the plan's folder whatever links lead there.
    fn place(&self) -> Result<PathBuf, Fault> {
        let broken = |error: std::io::Error| Fault::Unsupported(format!("{}: {error}", self.name()));
        let path = self.folder.join(&self.path);
        let folder = path.parent().unwrap_or(&self.folder).canonicalize().map_err(broken)?;
        if !folder.starts_with(self.folder.canonicalize().map_err(broken)?) {
            return Err(Fault::Unsupported(format!("{} leads out of the plan's folder", self.name())));
        }
        let name =
            path.file_name().ok_or_else(|| Fault::Unsupported(format!("{} names no file", self.name())))?;
        Ok(folder.join(name))
    }

    fn text(&self) -> Result<String, Fault> {
        let path = self.place()?;
        let refuse = |why: &str| Fault::Unsupported(format!("{} {why}", self.name()));
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits();
        let opened = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(&path);
        let file = opened.map_err(|error| match error.kind() {
            ErrorKind::NotFound => refuse("is not there: look at `file`"),
            _ if path.is_symlink() => refuse("is a symbolic link: name the file it leads to"),
            _ => refuse(&format!("cannot be read: {error}")),
        })?;
        let about = file.metadata().map_err(|error| refuse(&error.to_string()))?;
        if !about.is_file() {
            return Err(refuse("is no file"));
        }
        if about.len() > LARGEST {
            return Err(refuse("is larger than 4 MiB"));
        }
        let mut text = String::new();
        match file.take(LARGEST + 1).read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(refuse(&format!("cannot be read: {error}"))),
        }
    }

    /// The folder's lock: held while the file returned lives.
    fn lock(&self, folder: &Path) -> Result<File, Fault> {
        let broken = |error: std::io::Error| Fault::Unsupported(format!("{}: {error}", self.name()));
        let handle = File::open(folder).map_err(broken)?;
        let began = Instant::now();
        loop {
            match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(handle),
                Err(rustix::io::Errno::WOULDBLOCK) if began.elapsed() < PATIENCE => std::thread::sleep(TURN),
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(Fault::Conflict(
                        self.name(),
                        "somebody else has been writing there for 5 s".to_owned(),
                    ));
                }
                Err(error) => return Err(broken(error.into())),
            }
        }
    }

    /// New bytes under the old name: written beside it, made durable, put in its place.
    fn replace(&self, path: &Path, folder: &Path, text: &str, operation: &OperationId) -> Result<(), Fault> {
        let broken =
            |error: std::io::Error| Fault::Unsupported(format!("{} is not written: {error}", self.name()));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mark = format!(".{name}.tminus-");
        // Under the lock whatever is left here belongs to a writer that is gone.
        for entry in fs::read_dir(folder).map_err(broken)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&mark) {
                fs::remove_file(entry.path()).map_err(broken)?;
            }
        }
        let mode = fs::symlink_metadata(path).map_err(broken)?.permissions().mode();
        let beside = folder.join(format!("{mark}{}", operation.as_str().replace('/', "-")));
        let written =
            OpenOptions::new().write(true).create_new(true).mode(mode & 0o777).open(&beside).and_then(
                |mut file| {
                    file.set_permissions(fs::Permissions::from_mode(mode & 0o7777))?;
                    file.write_all(text.as_bytes())?;
                    file.sync_all()
                },
            );
        if let Err(error) = written.and_then(|()| fs::rename(&beside, path)) {
            // Nothing was put in place; the next writer would take it away as well.
            let _ = fs::remove_file(&beside);
            return Err(broken(error));
        }
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| {
            Fault::Unreachable(self.name(), format!("it is written and may not outlive a power cut: {error}"))
        })
    }

    fn foreign(&self, why: String) -> Fault {
        Fault::Foreign(self.name(), why)
    }

    fn name(&self) -> String {
        format!("flag {} in {}", self.id, Untrusted::new(self.path.as_str()).cell(80))
    }
}
