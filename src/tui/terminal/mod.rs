//! The terminal: its modes, its keys, its frames, its end. The UI thread owns it; the reader and the watchdog
//! only send messages.

mod clipboard;
mod guard;
mod input;
mod painter;
mod watchdog;

pub use clipboard::copy;
pub use guard::{Guard, give_back, take};
pub use input::read_keys;
pub use painter::Painter;
pub use watchdog::watch;
