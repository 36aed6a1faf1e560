//! The judge: is the canary worse than the baseline, is it fine, or is there not enough to say.
//!
//! Feed a [`Judge`] one [`Step`] after another and read its [`Ruling`]; [`log`] does so for recorded steps and keeps
//! each change of decision. Everything is a pure function of the settings and the steps, so a ruling can be replayed.
//!
//! Invariants: missing data is never evidence, it neither promotes nor rolls back; time counts only while there are
//! samples of both sides; once decided, a roll-back stays.

mod decision;
mod eta;
mod evidence;
mod fold;
mod inputs;
mod precedence;
#[cfg(test)]
mod properties;
mod reason;
mod recorded;
mod ruling;
mod settings;
mod step;
#[cfg(test)]
mod tests;
mod time;

pub use decision::Decision;
pub use eta::{Eta, Forecast};
pub use fold::Judge;
pub use inputs::{Authority, Guard, Inputs, Signal, Soak, Standing, Term, Trouble, budget};
pub use precedence::{Grounds, Judgement, rule_on};
pub use reason::Reason;
pub use recorded::{Entry, inputs, log};
pub use ruling::Ruling;
pub use settings::{Settings, Unfit};
pub use step::{Counts, Covers, Step};
