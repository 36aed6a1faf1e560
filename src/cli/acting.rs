//! What every verb that changes a release has in common.

use super::Context;
use super::desk::{Desk, Purpose};
use super::exit::Failure;

/// What binds a verb to what its author saw.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Acting {
    /// Only when nothing hazardous happened after this version of the release (`events` of `tminus status --json`)
    #[arg(long, value_name = "N")]
    if_version: Option<u64>,
}

impl Acting {
    /// The release to act on.
    ///
    /// # Errors
    /// When there is none, several, or its journal may not be used.
    pub fn desk<'a>(&self, context: &'a Context) -> Result<Desk<'a>, Failure> {
        Desk::open(context, Purpose::Act { seen: self.if_version })
    }
}
