//! What has happened, durably.

mod store;

pub use store::{NewEvent, Store, StoreError, StreamHead};
