//! The `tminus` program.

fn main() {}
