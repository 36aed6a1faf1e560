//! Ordered lists of operations.

use crate::base::{GateId, ProcedureId, Untrusted};

use super::CommandCheck;

/// An ordered list of operations with verification.
#[derive(Clone, Debug, PartialEq)]
pub struct Procedure {
    /// Its id.
    pub id: ProcedureId,
    /// The title as people write it.
    pub title: Untrusted,
    /// What is done, in order.
    pub steps: Vec<ProcedureStep>,
    /// What must be true afterwards, as gates.
    pub verify: Vec<GateId>,
}

/// One step of a procedure.
#[derive(Clone, Debug, PartialEq)]
pub enum ProcedureStep {
    /// A command, never through a shell; needs trust.
    Command(CommandCheck),
    /// Something a person does.
    Manual {
        /// What to do.
        text: Untrusted,
    },
}
