//! The rules, one noun a file. Each takes a draft and adds events to it, or refuses.

pub(super) mod approvals;
pub(super) mod baselines;
pub(super) mod drift;
pub(super) mod flags;
pub(super) mod gates;
pub(super) mod items;
pub(super) mod judge;
pub(super) mod lifecycle;
pub(super) mod messages;
pub(super) mod operations;
pub(super) mod reports;
pub(super) mod requests;
pub(super) mod rollouts;
pub(super) mod safety;
pub(super) mod settle;
pub(super) mod shares;
pub(super) mod triggers;
pub(super) mod wake;
pub(super) mod warm;
