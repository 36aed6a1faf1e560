//! What should happen. Pure: no I/O, no clock; names only `base`.

pub mod rule;
