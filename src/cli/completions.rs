//! `tminus completions SHELL`: what a shell needs to complete our arguments.

use clap::CommandFactory as _;

use super::exit::{Exit, Failure};
use super::{Arguments, Context};

/// Prints a completion script.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell to write it for
    shell: clap_complete::Shell,
}

impl Completions {
    /// Prints it.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "tminus", &mut script);
        context.out.bytes(&script)?;
        Ok(Exit::Ok)
    }
}
