//! How others decide, modelled from their sources: Argo Rollouts, Flagger, Kayenta, and the literal rules of a playbook.
//!
//! The models exist to be compared with. They reproduce what the others compute, faults included; nothing of tminus
//! uses them. Where a project publishes cases of its own tests, the model is held against them.

pub mod argo;
pub mod flagger;
pub mod kayenta;
pub mod playbook;
