//! `tminus release …` and `tminus stage leave`: from draft to stable, by hand.

use clap::Subcommand;

use super::acting::Acting;
use super::exit::{Exit, Failure};
use super::{Context, names};
use crate::base::{Timestamp, Untrusted};
use crate::release::Wish;

/// Moves the release itself.
#[derive(Debug, clap::Args)]
pub struct Release {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Set or move T-0
    #[command(after_help = "Example:\n  tminus release t0 2026-12-01T10:00:00Z")]
    T0 {
        /// The moment, RFC 3339
        t0: Timestamp,
        #[command(flatten)]
        acting: Acting,
    },
    /// Ask a role for its go, or all that are next
    #[command(after_help = "Example:\n  tminus release ask qa-lead")]
    Ask {
        /// The role
        role: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// T-0: start the release
    #[command(after_help = "Example:\n  tminus release start --if-version 42")]
    Start {
        /// Accept that there is nothing to go back to: rollback = no traffic, workload to 0
        #[arg(long)]
        first_release: bool,
        #[command(flatten)]
        acting: Acting,
    },
    /// Say that the watch is over and all is well
    #[command(after_help = "Example:\n  tminus release stable")]
    Stable {
        #[command(flatten)]
        acting: Acting,
    },
    /// Call the release off before traffic has moved
    #[command(after_help = "Example:\n  tminus release cancel --reason \"moved to next week\"")]
    Cancel {
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Begin the next attempt with another artifact
    #[command(after_help = "Example:\n  tminus release attempt 3.2.1")]
    Attempt {
        /// The version or digest it brings
        artifact: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Let outward messages and checkpoints go on after a hold or a rollback
    #[command(after_help = "Example:\n  tminus release rearm")]
    Rearm {
        #[command(flatten)]
        acting: Acting,
    },
    /// Send a message of the plan
    #[command(after_help = "Example:\n  tminus release send go-live")]
    Send {
        /// Its name in the plan
        message: String,
        #[command(flatten)]
        acting: Acting,
    },
}

/// Leaves the current stage, or adds to one.
#[derive(Debug, clap::Args)]
pub struct Stage {
    #[command(subcommand)]
    verb: StageVerb,
}

#[derive(Debug, Subcommand)]
enum StageVerb {
    /// Leave the current stage
    #[command(after_help = "Example:\n  tminus stage leave --waive \"docs follow tomorrow\"")]
    Leave {
        /// Leave it although it is not done; the reason stays red
        #[arg(long, value_name = "REASON")]
        waive: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// Add an item to a stage
    #[command(after_help = "Example:\n  tminus stage add release \"warm the cache\"")]
    Add {
        /// The stage
        stage: String,
        /// What is to be done
        text: String,
        /// The item it is split from
        #[arg(long, value_name = "ITEM")]
        split: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
}

impl Release {
    /// Does it.
    ///
    /// # Errors
    /// When the release's rules do not allow it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let plain = |acting: Acting, wish: Wish| acting.desk(context)?.send(wish);
        match self.verb {
            Verb::T0 { t0, acting } => plain(acting, Wish::SetT0 { t0 }),
            Verb::Start { first_release, acting } => {
                plain(acting, Wish::Start { accept_first_release: first_release })
            }
            Verb::Stable { acting } => plain(acting, Wish::DeclareStable),
            Verb::Cancel { reason, acting } => plain(acting, Wish::Cancel { reason: Untrusted::new(reason) }),
            Verb::Attempt { artifact, acting } => plain(acting, Wish::OpenAttempt { artifact }),
            Verb::Rearm { acting } => plain(acting, Wish::RearmMessages),
            Verb::Send { message, acting } => plain(acting, Wish::SendMessage { message }),
            Verb::Ask { role, acting } => {
                let desk = acting.desk(context)?;
                let role = role.map(|role| names::role(desk.view(), &role)).transpose()?;
                desk.send(Wish::RequestApproval { role })
            }
        }
    }
}

impl Stage {
    /// Does it.
    ///
    /// # Errors
    /// When the release's rules do not allow it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.verb {
            StageVerb::Leave { waive, acting } => {
                acting.desk(context)?.send(Wish::LeaveStage { waiver: waive.map(Untrusted::new) })
            }
            StageVerb::Add { stage, text, split, acting } => {
                let desk = acting.desk(context)?;
                let stage = names::stage(desk.view(), &stage)?;
                let split_from = split.map(|item| names::item(desk.view(), &item)).transpose()?;
                desk.send(Wish::AddItem { stage, text: Untrusted::new(text), split_from })
            }
        }
    }
}
