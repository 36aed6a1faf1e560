//! Argo Rollouts, owners and the way back, against the real controller.

mod owners;
mod scene;
mod traffic;
mod undo;
