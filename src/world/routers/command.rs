//! A program that moves the weight.

use crate::engine::ports::Fault;
use crate::plan::RouterKind;

use super::Means;
use super::adapter::{Adapter, unsupported};

/// The program of this router.
pub(super) fn adapter<'a>(_: &'a Means, kind: &'a RouterKind) -> Result<Box<dyn Adapter + 'a>, Fault> {
    Err(unsupported(&kind.title(), "this version does not run it: run it by hand"))
}
