//! Where real numbers come from.

mod prometheus;
mod reply;

pub use prometheus::Prometheus;
