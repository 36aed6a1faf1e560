//! Programs a test needs that are not ours.

/// Says that a test skips for want of something; where everything must be there (`CI` is set), fails instead.
pub fn skip_for_want_of(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what} must be there where CI is set");
    println!("skipped: {what} is not here");
}
