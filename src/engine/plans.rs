//! From the sources a journal keeps to the plan they mean.

use crate::base::ReleaseId;
use crate::plan::{Plan, Sources, resolve};

/// Reads the plan out of the blob of sources that `PlanAdopted` names.
pub trait PlanReader: Send + Sync {
    /// The plan those bytes mean.
    ///
    /// # Errors
    /// What is wrong with them, in one line.
    fn read(&self, sources: &[u8]) -> Result<Plan, String>;
}

/// Reads sources as the plan room writes them.
#[derive(Clone, Copy, Debug, Default)]
pub struct SourcesReader;

impl PlanReader for SourcesReader {
    fn read(&self, sources: &[u8]) -> Result<Plan, String> {
        let sources = Sources::from_bytes(sources).map_err(|error| error.to_string())?;
        resolve(&sources).map(|resolved| resolved.plan).map_err(|error| error.to_string())
    }
}

/// The plan of a stream that has none yet: its name, and nothing that should happen.
pub(crate) fn blank(stream: &ReleaseId) -> Plan {
    let (name, environment) = stream.as_str().rsplit_once('/').unwrap_or((stream.as_str(), ""));
    Plan::blank(name, environment)
}
