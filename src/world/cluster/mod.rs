//! Kubernetes: the only place that opens connections to a cluster.
//!
//! Invariants: every call has a deadline and ends by itself; a write is sent once, and repeated only when it was
//! certainly not done; no redirect is followed and no proxy is used; answers are capped; credentials come from the
//! user's own kubeconfig or the pod's service account, plugins are run by us, and no secret is ever printed.
//! Nothing is connected before the first call, and one connection stays warm per cluster.

mod access;
mod answer;
mod client;
mod connection;
mod deadline;
mod exchange;
mod identity;
mod kind;
mod log;
mod path;
mod plugin;
mod pods;
mod refusal;
mod watch;

pub use access::{Access, Account, Surroundings};
pub use client::{Cluster, Effect, FIELD_MANAGER, Part, Patch, Scale};
pub use deadline::Deadline;
pub use kind::{Kind, Object, Objects};
pub use log::{Life, Log, Tail};
pub use pods::{DEPLOYMENT_HASH, Pod, PodMark, PodSides, ROLLOUT_HASH, selector, workload};
pub use refusal::{Asked, Refusal, Verb, Why};
pub use watch::Change;
