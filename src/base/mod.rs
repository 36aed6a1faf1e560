//! The small words everyone uses. Pure: no I/O, no clock, no other room.
//!
//! Invariants: every type here is plain data, `Clone`, `Debug` and comparable; nothing here panics.

mod actor;
mod digest;
mod id;
mod number;
mod object;
mod text;
mod time;

pub use actor::{Actor, Assurance, Via};
pub use digest::Digest;
pub use id::{
    CheckpointId, FlagId, GateId, ItemId, MetricId, OperationId, ProcedureId, ReleaseId, RoleId, RolloutId,
    SourceId, StageId, TriggerId,
};
pub use number::{Quantity, Unit, Weight};
pub use object::{ObjectName, is_name};
pub use text::Untrusted;
pub use time::{Offset, Seconds, Timestamp, clock_text, short_duration};
