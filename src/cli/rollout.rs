//! `tminus rollout promote|hold|resume|grant|decline` and `tminus rollback`: the verbs that move traffic.

use clap::Subcommand;

use super::acting::Acting;
use super::exit::{Exit, Failure};
use super::{Context, names};
use crate::base::{RolloutId, Untrusted, Weight};
use crate::release::{View, Wish};

/// Moves a rollout.
#[derive(Debug, clap::Args)]
pub struct Rollout {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Begin the rollout, or go to its next step
    #[command(after_help = "Example:\n  tminus rollout promote --to 25 --if-version 118")]
    Promote {
        /// A later step's weight in percent; the next step without it
        #[arg(long, value_name = "W")]
        to: Option<f64>,
        #[command(flatten)]
        which: Which,
    },
    /// Stand still
    #[command(after_help = "Example:\n  tminus rollout hold --reason \"looking at the error rate\"")]
    Hold {
        /// Why; may be left out when it is urgent
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        which: Which,
    },
    /// Lift a hold, and let the engine act on its own again
    #[command(after_help = "Example:\n  tminus rollout resume")]
    Resume {
        #[command(flatten)]
        which: Which,
    },
    /// Do what tminus asks for; the numbers of open requests are in `tminus status`
    #[command(after_help = "Example:\n  tminus rollout grant 118")]
    Grant {
        /// The request's number
        request: u64,
        #[command(flatten)]
        acting: Acting,
    },
    /// Do not do what tminus asks for
    #[command(after_help = "Example:\n  tminus rollout decline 118 --reason \"a known spike, it is over\"")]
    Decline {
        /// The request's number
        request: u64,
        /// Why not
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        acting: Acting,
    },
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The rollout, when there are several
    #[arg(long, value_name = "NAME")]
    rollout: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// Puts traffic back.
#[derive(Debug, clap::Args)]
pub struct Rollback {
    /// Why; may come later
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    which: Which,
}

impl Rollout {
    /// Does it.
    ///
    /// # Errors
    /// When there is no such rollout or the release's rules do not allow it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Promote { to, which } => {
                let to = to.map(weight).transpose()?;
                let desk = which.acting.desk(context)?;
                let rollout = names::rollout(desk.view(), which.rollout.as_deref())?;
                desk.send(Wish::Promote { rollout, to })
            }
            Verb::Hold { reason, which } => {
                let desk = which.acting.desk(context)?;
                let rollout = some(desk.view(), which.rollout.as_deref())?;
                desk.send(Wish::Hold { rollout, reason: Untrusted::new(reason) })
            }
            Verb::Resume { which } => {
                let desk = which.acting.desk(context)?;
                let rollout = some(desk.view(), which.rollout.as_deref())?;
                desk.send(Wish::Resume { rollout })
            }
            Verb::Grant { request, acting } => acting.desk(context)?.send(Wish::Grant { request }),
            Verb::Decline { request, reason, acting } => {
                acting.desk(context)?.send(Wish::Decline { request, reason: Untrusted::new(reason) })
            }
        }
    }
}

impl Rollback {
    /// Puts it back.
    ///
    /// # Errors
    /// When there is no such rollout, or nobody knows how it ended.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let desk = self.which.acting.desk(context)?;
        let rollout = some(desk.view(), self.which.rollout.as_deref())?;
        desk.send(Wish::RollBack { rollout, reason: Untrusted::new(self.reason) })
    }
}

/// The rollout that was named; without a name, every one.
fn some(view: &View, typed: Option<&str>) -> Result<Option<RolloutId>, Failure> {
    typed.map(|typed| names::rollout(view, Some(typed))).transpose()
}

fn weight(percent: f64) -> Result<Weight, Failure> {
    Weight::percent(percent).ok_or_else(|| {
        Failure::usage(format!("{percent} is no share of traffic")).help("write a percent from 0 to 100")
    })
}
