//! `tminus log`: what has happened.

use serde::Serialize;

use super::Context;
use super::exit::{Exit, Failure};
use super::shelf;
use crate::base::{Assurance, Timestamp, Via};
use crate::engine::line;
use crate::journal::{OpenMode, SqliteStore, Store};
use crate::release::{Event, Recorded};

/// Shows what has happened, oldest first.
#[derive(Debug, clap::Args)]
pub struct Log {
    /// From this version on; without it, the newest events
    #[arg(long, value_name = "N")]
    from: Option<u64>,
    /// At most so many events
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

/// One event as scripts see it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    version: u64,
    at: Timestamp,
    actor: &'a str,
    assurance: Assurance,
    via: Via,
    kind: &'a str,
    text: &'a str,
    /// The event as recorded; null when this version does not know its kind.
    event: Option<&'a Event>,
    hash: String,
}

impl Log {
    /// Shows it.
    ///
    /// # Errors
    /// When there is no release to read.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let found = shelf::to_read(&context.home, context.release.as_deref())?;
        let refused = |error| shelf::refused(&found.journal, &error);
        let store = SqliteStore::open(&found.journal, OpenMode::Read).map_err(refused)?;
        let plan = shelf::adopted(&store, &found.state)?;
        let limit = u64::try_from(self.limit).unwrap_or(u64::MAX);
        let from = self.from.unwrap_or_else(|| found.state.version.saturating_sub(limit) + 1);
        for recorded in store.read(&found.stream, from.max(1), self.limit).map_err(refused)? {
            let text = line(&recorded, &plan);
            if context.out.is_json() {
                context.out.json(&row(&recorded, &text))?;
            } else {
                let at = recorded.at.strftime("%Y-%m-%d %H:%M:%S");
                context.out.text(format!(
                    "{:>5}  {at}  {:<16} {text}",
                    recorded.version,
                    recorded.actor.name()
                ))?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn row<'a>(recorded: &'a Recorded, text: &'a str) -> Row<'a> {
    Row {
        version: recorded.version,
        at: recorded.at,
        actor: recorded.actor.name(),
        assurance: recorded.assurance,
        via: recorded.via,
        kind: &recorded.kind,
        text,
        event: recorded.event.as_ref(),
        hash: recorded.hash.to_string(),
    }
}
