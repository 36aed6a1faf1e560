//! Where real numbers come from.

mod alertmanager;
mod answer;
pub mod api;
mod buckets;
mod cluster;
mod command;
mod counts;
pub mod exposition;
mod json;
mod looks;
mod page;
mod prometheus;
pub mod promql;
mod sides;
mod sources;

pub use alertmanager::Alertmanager;
pub use cluster::{Pod, PodCounts, Pods};
pub use command::Commands;
pub use json::Documents;
pub use page::{Page, Pages, scrape};
pub use prometheus::{Prometheus, number};
pub use sources::{Means, Sources};
