//! The one that acts: a single writer that turns inputs into events, and starts what was intended.
//!
//! [`Engine::start`] hosts one in this process, [`simulate`] plays a scripted world on a virtual clock. Whoever asks
//! holds a [`client::Client`]; the world is behind [`ports`].

mod assessor;
pub mod client;
pub mod clock;
mod core;
pub mod dispatcher;
mod executor;
mod lines;
mod plans;
pub mod ports;
mod runtime;
mod setup;

pub use lines::line;
pub use plans::{PlanReader, SourcesReader};
pub use runtime::{Engine, simulate};
pub use setup::{End, Ending, EngineError, Nature, Setup};
