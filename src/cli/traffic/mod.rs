//! `tminus traffic show|set`: how traffic is split now, and another split by hand.
//!
//! Both work with a plan and without one. A router that a started release moves is moved through that release, with
//! its checks; any other is moved by itself and recorded in the stream `adhoc/ROUTER`.

mod card;
mod set;
mod show;
mod target;

use clap::Subcommand;

use super::Context;
use super::exit::{Exit, Failure};
use crate::engine::ports::Fault;

/// Looks at or moves traffic.
#[derive(Debug, clap::Args)]
pub struct Traffic {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what is wanted, what the object says and what requests say
    #[command(after_help = "Example:\n  tminus traffic show httproute:shop/payments --json")]
    Show(show::Show),
    /// Give the new version a share of the traffic
    #[command(after_help = "Examples:\n  \
        tminus traffic set httproute:shop/payments 25 --reason \"by hand, the plan is not ready\" \\\n    \
        --stable payments-stable --canary payments-canary\n  \
        tminus traffic set rollout:shop/payments 50 --reason \"looks good\" --dry-run --json")]
    Set(set::Set),
}

impl Traffic {
    /// Does it.
    ///
    /// # Errors
    /// When there is no such router, it does not answer, or it may not be moved so.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Show(verb) => verb.run(context),
            Verb::Set(verb) => verb.run(context),
        }
    }
}

/// How the verb ends when a router did not do it.
fn failure(fault: &Fault) -> Failure {
    let exit = match fault {
        Fault::Unreachable(..) | Fault::Throttled(..) => Exit::Unreachable,
        Fault::Refused(..)
        | Fault::Forbidden(..)
        | Fault::Conflict(..)
        | Fault::Owned { .. }
        | Fault::Superseded(_)
        | Fault::Unsupported(_) => Exit::Refused,
        Fault::Foreign(..) => Exit::NotUnderstood,
        Fault::Untrusted(..) => Exit::NotTrusted,
    };
    let failure = Failure::new(exit, fault.to_string());
    match fault {
        Fault::Owned { what, owner, help } => {
            let message = format!("{what} belongs to {owner}, which would revert it");
            Failure { message, ..failure }.word("owned").help(help.clone())
        }
        Fault::Conflict(..) => failure.word("conflict").help("look again, then decide again"),
        _ => failure,
    }
}
