//! `tminus judge`: the judge on numbers from files and from a journal, for scripts and for trust.

mod asked;
mod compare;
mod counts;
mod numbers;
mod past;
mod ratio;

use clap::Subcommand;

use super::Context;
use super::exit::{Exit, Failure};

/// What the numbers of two versions say.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Judge {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    past: past::Past,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Judge the counts of two versions, step by step, as the engine would
    #[command(after_help = "Example:\n  tminus judge ratio --file counts.csv --json\n\n\
        The file has the columns t,canary_total,canary_bad,baseline_total,baseline_bad: requests of each side in the\n\
        step that ends at t (seconds or RFC 3339), and how many of them were bad. An empty field is no sample.")]
    Ratio(ratio::Ratio),
    /// Compare two samples of a number by rank, as rank-based canary judges do
    #[command(
        after_help = "Example:\n  tminus judge compare --experiment canary.json --control baseline.json --json",
        after_long_help = format!(
            "Example:\n  tminus judge compare --experiment canary.json --control baseline.json --json\n\n{}",
            compare::DEFECTS
        )
    )]
    Compare(compare::Compare),
}

impl Judge {
    /// Judges.
    ///
    /// # Errors
    /// When a file cannot be read or is not understood.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.verb {
            Some(Verb::Ratio(verb)) => verb.run(context),
            Some(Verb::Compare(verb)) => verb.run(context),
            None => self.past.run(context),
        }
    }
}
