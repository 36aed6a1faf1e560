//! The rule grammar: the words of a playbook, read as comparisons.
//!
//! One small language covers what release playbooks say about numbers: `> 1% for 5 consecutive minutes`,
//! `P95 > 2x baseline`, `baseline +/- 10%`, `> 3 restarts in 5m`, `0 HIGH/CRITICAL`, `failed = 0 and tests > 0`.
//!
//! | written | read as |
//! |---|---|
//! | `error rate > 1% for 5m` | the named number, a comparison, how long it must last |
//! | `400-600 MB`, `10-50%` | a range, both ends included |
//! | `> 2x baseline`, `no increase` | a comparison with a multiple of the baseline |
//! | `baseline +/- 10%` | within that share of the baseline |
//! | `> 20% change`, `drops > 20%`, `+5%` | a change from the baseline, with its direction |
//! | `increasing`, `decreasing` | any change that way |
//! | `> 3 restarts in 5m`, `> 100 / hour` | a count over a window; a rate |
//! | `present`, `failing`, `detected` | a flag that is up |
//! | `a = 0 and b > 1`, `a > 1 or b > 2` | both; either |
//!
//! Where a playbook leaves the operator out, the reading is fixed and [`Rule`]'s `Display` shows it: zero is
//! `= 0`; a length of time after its name (`P0 15 min`) or a name that says `max` is `<=`; all else is `>=`.
//! `in < 5 min` after a test asks in addition for the number `duration` to be under it.
//!
//! Invariants: parsing never panics and never guesses a missing number; the canonical text parses back to an
//! equal rule; a rule over a missing, infinite or non-numeric value is unknown, never true; numbers of
//! different units are never compared.

mod action;
mod condition;
mod doubt;
mod evaluate;
mod facts;
mod subject;
mod unit;

pub use action::Action;
pub use condition::{Check, Condition, Direction, Op, Rule, Test};
pub use doubt::{Doubt, Outcome};
pub use facts::{Better, Fact, Facts};
pub use subject::Subject;
pub use unit::UnitMismatch;
