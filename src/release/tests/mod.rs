//! Tables and properties of the release core.

mod approvals;
mod attempts;
mod baselines;
mod edges;
mod gates;
mod items;
mod judge;
mod properties;
mod requests;
mod rollouts;
mod safety;
mod scene;
mod sequence;
mod several;
mod shares;
mod traffic;
mod warm;
mod way_back;
