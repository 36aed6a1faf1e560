//! `tminus rule parse TEXT`: how a phrase of a playbook or a plan is read.

use serde::Serialize;

use super::Context;
use super::exit::{Exit, Failure};
use crate::plan::rule::{Missing, reading};

/// Says how a phrase is read.
#[derive(Debug, clap::Args)]
pub struct Rule {
    #[command(subcommand)]
    act: Act,
}

/// What is asked about it.
#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Print the number, the comparison and the limit a phrase comes to, or what it lacks
    #[command(
        after_help = "Example:\n  tminus rule parse 'error rate > 1% for 5 consecutive minutes' --json"
    )]
    Parse(Parse),
}

#[derive(Debug, clap::Args)]
struct Parse {
    /// The phrase, in quotes
    #[arg(allow_hyphen_values = true)]
    text: String,
}

/// What `--json` answers of a phrase that is no rule.
#[derive(Debug, Serialize)]
struct NoRule {
    finding: Missing,
}

impl Rule {
    /// Reads and says it.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let Act::Parse(Parse { text }) = self.act;
        let out = context.out;
        match reading(&text) {
            Ok(reading) if out.is_json() => out.json(&reading)?,
            Ok(reading) => {
                out.text(&reading.rule)?;
                if let Some(Missing { code, message, help }) = &reading.finding {
                    out.text(format!("{code}: {message}; {help}"))?;
                }
            }
            Err(finding) => {
                if out.is_json() {
                    out.json(&NoRule { finding })?;
                } else {
                    out.text(format!("{}: {}; {}", finding.code, finding.message, finding.help))?;
                }
                return Ok(Exit::NotUnderstood);
            }
        }
        Ok(Exit::Ok)
    }
}
