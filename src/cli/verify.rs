//! `tminus verify`: does the journal hold?

use std::path::PathBuf;

use serde::Serialize;

use super::Context;
use super::exit::{Exit, Failure};
use super::{files, shelf};
use crate::journal::{Anchor, Judgement, Verification, verify_file};

/// Checks every chain, every blob and the file of a journal.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// A head written down elsewhere, as this verb prints it: STREAM@VERSION:HASH
    #[arg(long, value_name = "ANCHOR")]
    anchor: Vec<Anchor>,
    /// A file of them, one a line
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Another journal file than the release's
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

/// What `--json` answers.
#[derive(Debug, Serialize)]
struct Answer {
    holds: bool,
    test: bool,
    events: u64,
    blobs: u64,
    /// Heads to write down elsewhere.
    anchors: Vec<String>,
    problems: Vec<String>,
}

impl Verify {
    /// Checks it.
    ///
    /// # Errors
    /// When there is no journal, or an anchor is none.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let anchors = self.all()?;
        let journal = match self.journal {
            Some(path) if !path.is_file() => {
                let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
                return Err(Failure::io(&path, &missing));
            }
            Some(path) => path,
            None => shelf::to_verify(&context.home, context.release.as_deref())?,
        };
        let found = verify_file(&journal, &anchors).map_err(|error| shelf::refused(&journal, &error))?;
        let answer = answer(&found);
        if context.out.is_json() {
            context.out.json(&answer)?;
        } else {
            let word = if answer.holds { "holds" } else { "does not hold" };
            context.out.text(format!("{}: {word}", journal.display()))?;
            context.out.text(format!("{} events, {} blobs", answer.events, answer.blobs))?;
            for line in answer.problems.iter().map(|problem| format!("✗ {problem}")).chain(answer.anchors) {
                context.out.text(line)?;
            }
        }
        Ok(match found.judgement() {
            Judgement::Holds => Exit::Ok,
            Judgement::Clock => Exit::Clock,
            Judgement::Anchor => Exit::Anchor,
            Judgement::Broken => Exit::Chain,
        })
    }

    fn all(&self) -> Result<Vec<Anchor>, Failure> {
        let mut anchors = self.anchor.clone();
        if let Some(path) = &self.anchors {
            let text = String::from_utf8_lossy(&files::read(path)?).into_owned();
            anchors.extend(Anchor::list(&text).map_err(|error| {
                Failure::new(Exit::NotUnderstood, error.error.to_string())
                    .at(path.display().to_string(), u32::try_from(error.line).ok())
            })?);
        }
        Ok(anchors)
    }
}

fn answer(found: &Verification) -> Answer {
    Answer {
        holds: found.judgement() == Judgement::Holds,
        test: found.test,
        events: found.events(),
        blobs: found.blobs,
        anchors: found
            .streams
            .iter()
            .map(|stream| format!("{}@{}:{}", stream.stream, stream.version, stream.head))
            .collect(),
        problems: found.problems.iter().map(ToString::to_string).collect(),
    }
}
