//! Where a journal file may stand, who may read it, and the room kept back for a full disk.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::base::Digest;
use crate::journal::store::StoreError;

/// Size of the ballast file, in bytes: room for the events of a rollback.
const BALLAST: usize = 256 * 1024;

/// Filesystems on which SQLite's shared memory or locks do not work between hosts, by `statfs` type.
/// Source of the numbers: the manual page statfs(2) and linux/magic.h.
const REFUSED: &[(u32, &str)] = &[
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9p"),
    (0x5346_414f, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
];

/// The name of a filesystem on which no journal is written.
pub(super) fn refused(kind: u32) -> Option<&'static str> {
    REFUSED.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// Refuses a folder on a network filesystem.
pub(super) fn check_filesystem(path: &Path) -> Result<(), StoreError> {
    let stat = rustix::fs::statfs(folder(path)).map_err(|error| unusable(path, &error.into()))?;
    // The type is a machine word, sign-extended on some machines: the low half is the number.
    match refused((stat.f_type as u64 & 0xffff_ffff) as u32) {
        None => Ok(()),
        Some(name) => Err(StoreError::Unusable(format!(
            "{}: a journal on {name} can lose events, because its writers cannot see each other's locks; \
             set TMINUS_HOME to a folder on a local disk",
            path.display()
        ))),
    }
}

/// The folder of a file.
pub(in crate::journal) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the folder of a file, for this user only; one that exists stays as it is.
pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    let folder = folder(path);
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .and_then(|()| fs::set_permissions(folder, Permissions::from_mode(0o700)))
        .map_err(|error| unusable(folder, &error))
}

/// Makes an empty file for this user only; true when it was not there.
pub(super) fn make_file(path: &Path) -> Result<bool, StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file
            .set_permissions(Permissions::from_mode(0o600))
            .map(|()| true)
            .map_err(|error| unusable(path, &error)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unusable(path, &error)),
    }
}

/// A file beside the journal.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Every file of a journal.
pub(super) fn files(path: &Path) -> [PathBuf; 4] {
    [path.to_owned(), beside(path, "-wal"), beside(path, "-shm"), beside(path, "-ballast")]
}

/// Takes away what others may do with the journal's files.
pub(super) fn tighten(path: &Path) -> Result<(), StoreError> {
    for file in files(path) {
        let mode = match fs::metadata(&file) {
            Ok(data) => data.permissions().mode(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(unusable(&file, &error)),
        };
        if mode & 0o777 != 0o600 {
            fs::set_permissions(&file, Permissions::from_mode(0o600)).map_err(|error| {
                StoreError::Unusable(format!(
                    "{}: others may read it and that cannot be changed ({error}); run `chmod 600` on it as its owner",
                    file.display()
                ))
            })?;
        }
    }
    Ok(())
}

/// Keeps room back for a full disk. Without room for it there is none to keep: that is no error.
pub(super) fn fill_ballast(path: &Path) {
    let ballast = beside(path, "-ballast");
    if matches!(make_file(&ballast), Ok(true)) && write_ballast(&ballast).is_err() {
        drop_ballast(path);
    }
}

/// Bytes that no filesystem stores in less room than they take.
fn write_ballast(ballast: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(ballast)?;
    let mut bytes = Vec::with_capacity(BALLAST);
    let mut block = Digest::of("ballast");
    while bytes.len() < BALLAST {
        bytes.extend_from_slice(block.as_bytes());
        block = Digest::of(block.as_bytes());
    }
    file.write_all(&bytes)
}

/// Gives the kept room back; true when there was some.
pub(super) fn drop_ballast(path: &Path) -> bool {
    fs::remove_file(beside(path, "-ballast")).is_ok()
}

/// A file or folder the system does not let us use.
pub(super) fn unusable(path: &Path, error: &io::Error) -> StoreError {
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied => "; set TMINUS_HOME to a folder you may write",
        io::ErrorKind::NotFound => "; check the path",
        io::ErrorKind::ReadOnlyFilesystem => "; set TMINUS_HOME to a folder on a writable disk",
        _ => "",
    };
    StoreError::Unusable(format!("{}: {error}{help}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_filesystems_are_refused_and_local_ones_are_not() {
        for (kind, name) in
            [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0x6573_5546, "FUSE"), (0x0102_1997, "9p")]
        {
            assert_eq!(refused(kind), Some(name));
        }
        for local in [0xef53, 0x0102_1994, 0x9123_683e, 0x5846_5342, 0x794c_7630] {
            assert_eq!(refused(local), None, "{local:x}");
        }
    }

    #[test]
    fn a_folder_and_a_file_are_for_this_user_only() {
        let home = tempfile::tempdir().expect("folder");
        let path = home.path().join("state/deep/journal.db");
        make_folder(&path).expect("makes");
        assert!(make_file(&path).expect("makes"));
        assert!(!make_file(&path).expect("is there"));
        let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!((mode(folder(&path)), mode(&path)), (0o700, 0o600));
        assert_eq!(mode(&home.path().join("state")), 0o700);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("chmod");
        tighten(&path).expect("tightens");
        assert_eq!(mode(&path), 0o600);
    }
}
