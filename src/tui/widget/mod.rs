//! The small drawn things: text on a canvas, bars, sparklines, ages, windows of lists.

mod age;
mod bar;
mod canvas;
mod chart;
mod rule_text;
mod sparkline;
mod window;

pub use age::{age, age_counts_seconds, day_and_time, t_clock, t_clock_counts_seconds, until, wall};
pub use bar::{progress, shares};
pub use canvas::{Canvas, Piece, cells, fit, piece, safe, wrap};
pub use chart::{Chart, Limit, Taken, band};
pub use rule_text::{limits, rule_text};
pub use sparkline::sparkline;
pub use window::window;
