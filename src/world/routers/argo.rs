//! Argo Rollouts.

use crate::base::ObjectName;
use crate::engine::ports::Fault;

use super::Means;
use super::adapter::{Adapter, unsupported};

/// The rollout of this name.
pub(super) fn adapter<'a>(_: &'a Means, object: &'a ObjectName) -> Result<Box<dyn Adapter + 'a>, Fault> {
    let help = format!(
        "this version does not move it: use `kubectl argo rollouts promote {} -n {}`",
        object.name, object.namespace
    );
    Err(unsupported(&format!("rollout {object}"), &help))
}
