//! `tminus status`: where the release stands.

use serde::Serialize;

use super::Context;
use super::desk::{Desk, Purpose};
use super::exit::{Exit, Failure};
use crate::base::ItemId;
use crate::release::{Tick, View, clock};
use crate::report::card::{self, t_text};
use crate::report::status;

/// Says where the release stands.
#[derive(Debug, clap::Args)]
pub struct Status {
    /// List the items instead, with their ids
    #[arg(long)]
    items: bool,
}

/// One item as scripts see it.
#[derive(Debug, Serialize)]
struct Item<'a> {
    item: &'a ItemId,
    stage: &'a str,
    text: String,
    state: &'static str,
    owner: Option<&'a str>,
    /// Seconds from now until it is due, negative when it is late.
    due: Option<i64>,
    line: u32,
}

impl Status {
    /// Says it.
    ///
    /// # Errors
    /// When there is no release to read.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let desk = Desk::open(context, Purpose::Read)?;
        if self.items {
            return items(context, desk.view());
        }
        let status = status::Status::of(desk.view());
        if context.out.is_json() {
            context.out.json(&status)?;
        } else {
            context.out.text(card::card(&status))?;
        }
        Ok(Exit::Ok)
    }
}

fn items(context: &Context, view: &View) -> Result<Exit, Failure> {
    let state = &view.state;
    let word = |id: &ItemId| match state.items.get(id).map(|known| &known.tick) {
        Some(Tick::Done(_)) => "done",
        Some(Tick::Skipped(..)) => "skipped",
        Some(Tick::Reopened(..)) => "reopened",
        Some(Tick::Open) | None => "open",
    };
    let planned = view.plan.items.iter().map(|item| Item {
        item: &item.id,
        stage: item.stage.as_str(),
        text: item.text.line(),
        state: word(&item.id),
        owner: clock::owner(state, item),
        due: clock::due(state, &view.plan, item).map(|at| at.as_second() - view.now.as_second()),
        line: item.line,
    });
    let added = state.added.iter().map(|item| Item {
        item: &item.id,
        stage: item.stage.as_str(),
        text: item.text.line(),
        state: word(&item.id),
        owner: state.items.get(&item.id).and_then(|known| known.owner.as_ref()?.as_deref()),
        due: None,
        line: 0,
    });
    let all: Vec<Item<'_>> = planned.chain(added).collect();
    if context.out.is_json() {
        context.out.json(&all)?;
        return Ok(Exit::Ok);
    }
    let mut stage = "";
    for item in &all {
        if item.stage != stage {
            stage = item.stage;
            context.out.text(stage)?;
        }
        let glyph = match item.state {
            "done" => "☑",
            "skipped" => "⊘",
            _ => "☐",
        };
        let owner = item.owner.map(|owner| format!("  {owner}")).unwrap_or_default();
        let late = match item.due {
            Some(due) if due < 0 && glyph == "☐" => {
                format!("  overdue {}", t_text(due).trim_start_matches("T-"))
            }
            _ => String::new(),
        };
        context.out.text(format!("  {glyph} {}{owner}{late}\n      {}", item.text, item.item))?;
    }
    Ok(Exit::Ok)
}
