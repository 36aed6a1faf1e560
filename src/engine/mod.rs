//! The one that acts: a single writer that turns inputs into events, and starts what was intended.
//!
//! [`Engine::start`] hosts one in this process, [`simulate`] plays a scripted world on a virtual clock. Whoever asks
//! holds a [`client::Client`]; the world is behind [`ports`]. [`Server`] hosts the releases of a journal for other
//! processes, [`join`] makes a client of it.

mod adhoc;
mod assessor;
mod captures;
pub mod client;
pub mod clock;
mod core;
pub mod dispatcher;
mod executor;
mod lines;
mod lock;
mod news;
mod plans;
pub mod ports;
pub mod record;
mod remote;
mod runtime;
mod samples;
mod server;
mod setup;
mod socket;
mod wire;

pub use adhoc::{Adhoc, Turn, Turned};
pub use assessor::retrospect;
pub use lines::line;
pub use lock::{Lock, LockError};
pub use plans::{PlanReader, SourcesReader};
pub use remote::{Joining, join};
pub use runtime::{Engine, simulate};
pub use samples::SamplesCache;
pub use server::{Hosting, ServeError, Server, Wiring};
pub use setup::{End, Ending, EngineError, Nature, Setup};
pub use socket::{is_served, socket};
