//! The cockpit: the newest picture of a release on a terminal, and keys into wishes.
//!
//! ```text
//! keys ─► update(model, msg) ─► effects ─► engine::client          screen ◄─ draw(&model) ◄─ View
//! ```
//!
//! Invariants: `update` and `draw` are pure; the UI thread owns the terminal and nobody else writes to it; what
//! is drawn costs what is on screen, however long the lists; no text from outside reaches the terminal unsafed.

pub mod export;
mod keymap;
mod model;
mod overlay;
mod pacer;
mod run;
mod screen;
mod snapshot;
mod terminal;
mod theme;
mod update;
mod widget;

pub use keymap::{Keymap, KeymapError};
pub use model::{Ids, Operator, RandomIds, ScreenName};
pub use run::{Exit, Host, NoHost, Options, TuiError, require_terminal, run};
pub use snapshot::{Stage, render, render_with};
pub use theme::{Depth, Symbols, Theme, ThemeError, ThemeName};
