//! `tminus traffic show ROUTER`.

use serde_json::{Map, Value, json};

use super::card::{Card, owner};
use super::failure;
use super::target::{Meant, Target};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{Context, cockpit};

/// Shows how traffic is split.
#[derive(Debug, clap::Args)]
pub struct Show {
    #[command(flatten)]
    target: Target,
}

impl Show {
    /// Reads and shows it.
    ///
    /// # Errors
    /// When there is no such router or it cannot be read.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let meant = self.target.find(context)?;
        let split = cockpit::runtime()?
            .block_on(meant.world.router.read(&meant.rollout))
            .map_err(|fault| failure(&fault))?;
        let card = Card::new(wanted(&meant), split);
        let release = meant.release.as_ref().map(|found| found.stream.to_string());
        if context.out.is_json() {
            let mut out = Map::new();
            out.insert("router".to_owned(), self.target.name().into());
            out.insert("release".to_owned(), json!(release));
            out.insert("owner".to_owned(), owner(&card.split.owner));
            out.insert("changed_by".to_owned(), json!(card.split.by.as_ref().map(|by| by.line())));
            if let Value::Object(sides) = card.sides() {
                out.extend(sides);
            }
            context.out.json(&out)?;
            return Ok(Exit::Ok);
        }
        let mut text = format!("{}\n{}", self.target.name(), card.text());
        if let Some(owner) = card.split.owner.title() {
            text.push_str(&format!("\nowned by {owner}"));
        }
        if let Some(by) = &card.split.by {
            text.push_str(&format!("\nlast written by {}", by.line()));
        }
        context.out.text(text)?;
        Ok(Exit::Ok)
    }
}

/// What the release wants of the canary.
pub fn wanted(meant: &Meant) -> Option<crate::base::Weight> {
    let state = &meant.release.as_ref()?.state;
    state.rollouts.get(&meant.rollout.id)?.desired
}
