//! Where real numbers come from.

mod answer;
pub mod api;
mod counts;
pub mod exposition;
mod prometheus;
pub mod promql;
mod sides;

pub use prometheus::Prometheus;
