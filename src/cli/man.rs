//! `tminus man [VERB]`: the manual page, from the same definition as the help.

use clap::CommandFactory as _;

use super::exit::{Exit, Failure};
use super::{Arguments, Context};

/// Prints a manual page.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The verb it is about; without one, the program
    verb: Option<String>,
}

impl Man {
    /// Prints it.
    ///
    /// # Errors
    /// When there is no such verb.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut command = Arguments::command();
        command.build();
        let page = match &self.verb {
            None => command,
            Some(verb) => command.find_subcommand(verb).cloned().ok_or_else(|| {
                Failure::usage(format!("there is no verb `{verb}`")).help("see `tminus --help`")
            })?,
        };
        let mut text = Vec::new();
        clap_mangen::Man::new(page)
            .render(&mut text)
            .map_err(|error| Failure::new(Exit::Bug, format!("the page cannot be made: {error}")))?;
        context.out.bytes(&text)?;
        Ok(Exit::Ok)
    }
}
