//! Where real numbers come from.

pub mod exposition;
mod prometheus;
mod reply;

pub use prometheus::Prometheus;
