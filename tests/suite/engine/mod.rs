//! The engine: its writer, its hands and its loops, against a small world made by hand.

mod acting;
mod looking;
mod playing;
mod resisting;
mod serving;
pub mod world;
mod writing;
