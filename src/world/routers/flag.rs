//! The percentage of a feature flag.

use crate::base::FlagId;
use crate::engine::ports::Fault;
use crate::plan::Flag;

use super::Means;
use super::adapter::{Adapter, unsupported};

/// The flag of this name.
pub(super) fn adapter<'a>(
    _: &'a Means,
    _: &'a [Flag],
    flag: &'a FlagId,
) -> Result<Box<dyn Adapter + 'a>, Fault> {
    Err(unsupported(&format!("flag {flag}"), "this version does not set it: set it by hand"))
}
