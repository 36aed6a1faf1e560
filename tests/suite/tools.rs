//! Programs a test needs that are not ours.

use std::path::PathBuf;

/// Prometheus: what `TMINUS_PROMETHEUS` names, or the first on the path.
pub fn prometheus() -> Option<PathBuf> {
    let named = std::env::var_os("TMINUS_PROMETHEUS").map(PathBuf::from);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    named.or_else(|| {
        std::env::split_paths(&paths).map(|folder| folder.join("prometheus")).find(|file| file.is_file())
    })
}

/// Says that a test skips for want of something; where everything must be there (`CI` is set), fails instead.
pub fn skip_for_want_of(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what} must be there where CI is set");
    println!("skipped: {what} is not here");
}
