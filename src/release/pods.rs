//! The pods of a rollout, as a screen shows them.

use serde::{Deserialize, Serialize};

use crate::base::{Timestamp, Untrusted};

/// One pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodCard {
    /// Its name.
    pub name: Untrusted,
    /// Which version it serves.
    pub side: PodSide,
    /// Whether it takes traffic.
    pub ready: bool,
    /// What it is doing, in the cluster's word: `Running`, `CrashLoopBackOff`.
    pub phase: Untrusted,
    /// How often its containers were restarted.
    pub restarts: u32,
    /// The image it was given.
    pub image: Untrusted,
    /// The digest that really runs, when the node told.
    pub digest: Option<Untrusted>,
    /// The node it is on, when it is on one.
    pub node: Option<Untrusted>,
    /// When it was made.
    pub since: Option<Timestamp>,
}

/// The version a pod serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PodSide {
    /// The last known good.
    Stable,
    /// The new one.
    Canary,
    /// Neither: left over, or of another workload.
    Other,
}
