//! `tminus approve ROLE`: one role's answer in the roll-call.

use super::acting::Acting;
use super::exit::{Exit, Failure};
use super::{Context, names};
use crate::base::Untrusted;
use crate::release::{Answer, Wish};

/// Answers for a role.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("answer").required(true))]
pub struct Approve {
    /// The role
    role: String,
    /// It may go out
    #[arg(long, group = "answer")]
    go: bool,
    /// It may not go out
    #[arg(long, group = "answer")]
    no_go: bool,
    /// Asked, and not there
    #[arg(long, group = "answer")]
    absent: bool,
    /// Why; a no-go needs one
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    acting: Acting,
}

impl Approve {
    /// Records the answer.
    ///
    /// # Errors
    /// When the role is not asked, or not yet.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let answer = match (self.go, self.no_go) {
            (true, _) => Answer::Go,
            (_, true) => Answer::NoGo,
            _ => Answer::Absent,
        };
        let desk = self.acting.desk(context)?;
        let role = names::role(desk.view(), &self.role)?;
        desk.send(Wish::Approve { role, answer, reason: Untrusted::new(self.reason) })
    }
}
