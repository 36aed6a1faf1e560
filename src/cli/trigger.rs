//! `tminus trigger choose|fire`: what people decide about triggers.

use clap::{Subcommand, ValueEnum};

use super::acting::Acting;
use super::exit::{Exit, Failure};
use super::{Context, names};
use crate::base::Untrusted;
use crate::release::{Choice, Wish};

/// Decides about a trigger.
#[derive(Debug, clap::Args)]
pub struct Trigger {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Choose what a trigger does that the playbook says both of
    #[command(after_help = "Example:\n  tminus trigger choose error-rate request")]
    Choose {
        /// The trigger
        trigger: String,
        /// What it does from now on
        choice: Does,
        #[command(flatten)]
        acting: Acting,
    },
    /// Fire a trigger that only a person can see
    #[command(after_help = "Example:\n  tminus trigger fire data-corruption --reason \"orders are missing\"")]
    Fire {
        /// The trigger
        trigger: String,
        /// What was seen
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        acting: Acting,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Does {
    /// It acts by itself
    Automatic,
    /// It asks a person
    Request,
}

impl Trigger {
    /// Does it.
    ///
    /// # Errors
    /// When there is no such trigger or the release's rules do not allow it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Choose { trigger, choice, acting } => {
                let desk = acting.desk(context)?;
                let trigger = names::trigger(desk.view(), &trigger)?;
                let choice = match choice {
                    Does::Automatic => Choice::Automatic,
                    Does::Request => Choice::Request,
                };
                desk.send(Wish::Choose { trigger, choice })
            }
            Verb::Fire { trigger, reason, acting } => {
                let desk = acting.desk(context)?;
                let trigger = names::trigger(desk.view(), &trigger)?;
                desk.send(Wish::FireTrigger { trigger, reason: Untrusted::new(reason) })
            }
        }
    }
}
