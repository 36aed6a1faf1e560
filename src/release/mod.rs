//! What is true, and what may happen next. Pure: all policy is here.
//!
//! [`decide`] turns an input into events, [`State::apply`] folds them, [`wanted`] derives what should be running,
//! [`explain()`] says why the release waits.

mod act;
pub mod agreement;
pub mod baseline;
mod cause;
pub mod clock;
mod decide;
mod decision;
mod draft;
mod event;
pub mod explain;
pub mod flag;
mod fold;
mod input;
mod owner;
mod pods;
mod policy;
mod recorded;
mod request;
mod retry;
mod ruling;
pub mod sequence;
mod standing;
mod state;
mod view;
mod wanted;
pub mod warm;

#[cfg(test)]
mod tests;

pub use act::{Act, Outcome};
pub use baseline::{Baselines, Capture, KeptBaseline};
pub use cause::{HoldCause, KeptBack, TriggerPhase};
pub use decide::decide;
pub use decision::{Blocker, Decision, Refusal, RefusalCode};
pub use event::{Answer, Event, Evidence, Recorded};
pub use explain::explain;
pub use flag::{FlagCard, FlagSeen, FlagState, KillSwitch, Reach};
pub use input::{Command, Input, Report, Wish};
pub use owner::{GitOpsTool, Owner};
pub use pods::{PodCard, PodSide};
pub use request::{Choice, Proposal, Request, RequestAnswer, RequestCause, Typed};
pub use ruling::{Ground, Ruled, RuledRule, RuledSignal, Ruling};
pub use standing::{Standing, Word, standing};
pub use state::{
    AddedItem, ApprovalState, Drift, GateState, Hold, Identity, ItemState, LastKnownGood, Mark, MetricState,
    Moved, OperationState, Review, Rollback, RolloutPhase, RolloutState, Run, Soak, State, Status, Tick,
    TriggerState,
};
pub use view::{
    Card, ClusterHealth, Credentials, Elapsed, EngineHealth, Health, LogLine, Observations, Presence,
    Readiness, Ready, Series, SignalCard, SourceHealth, Traffic, Trouble, View, WatchHealth,
};
pub use wanted::{Wanted, wanted};
