//! One item in full.

use crate::plan::Bound;
use crate::release::{Evidence, Mark, Tick, clock};
use crate::tui::model::{Model, item_line};
use crate::tui::theme::Meaning;
use crate::tui::widget::{day_and_time, piece, until};

use super::page::Page;
use super::stages::tick_look;

/// Everything known of the selected item.
pub fn page(model: &Model, width: u16) -> Page {
    let mut page = Page::new(width);
    let Some(item) = model.lists.stages.item().and_then(|place| item_line(&model.view, place)) else {
        page.line(vec![piece(Meaning::Muted, "no item is selected")]);
        return page;
    };
    let (meaning, glyph) = tick_look(model, &item);
    page.text(Meaning::Title, 0, &crate::base::Untrusted::new(item.text).lines());
    page.line(Vec::new());
    let (state, why) = match item.tick {
        Tick::Open => ("open".to_owned(), String::new()),
        Tick::Done(mark) => (format!("done by {}", marked(model, mark)), String::new()),
        Tick::Skipped(mark, why) => (format!("skipped by {}", marked(model, mark)), why.lines()),
        Tick::Reopened(mark, why) => (format!("opened again by {}", marked(model, mark)), why.lines()),
    };
    page.field("state", meaning, &format!("{glyph} {state}"));
    if !why.is_empty() {
        page.field("reason", Meaning::Base, &why);
    }
    if item.ticked_in_file {
        page.field("in the file", Meaning::Warn, "shown as ticked there; here a person ticks it");
    }
    let stage = model.view.plan.stage(item.stage).map(|stage| stage.title.line());
    page.field("stage", Meaning::Base, &stage.unwrap_or_else(|| item.stage.to_string()));
    if let Some(group) = item.group {
        page.field("group", Meaning::Base, group);
    }
    page.field("owner", Meaning::Base, item.owner.unwrap_or("nobody"));
    if let Some(due) = item.due {
        let at = clock::moment(&model.view.state, &model.view.plan, due);
        let text = match (at, &model.index.zone) {
            (Some(at), Some(zone)) => {
                let left = until(at.as_second() - model.now().as_second());
                format!("{due}  {}  {left}", day_and_time(at, zone))
            }
            _ => format!("{due}, T-0 is not set"),
        };
        page.field("due", Meaning::Base, &text);
    }
    match item.bound {
        Some(Bound::Gate(gate)) => {
            page.field("ticked by", Meaning::Base, &format!("the pass of gate {gate}"))
        }
        Some(Bound::Message(name)) => {
            page.field("ticked by", Meaning::Base, &format!("sending message {name}"))
        }
        None => {}
    }
    page.field("id", Meaning::Muted, item.id.as_str());
    if item.line > 0 {
        page.field("playbook", Meaning::Muted, &format!("line {}", item.line));
    }
    let Some(known) = item.known else {
        return page;
    };
    if !known.evidence.is_empty() {
        page.head("Evidence");
    }
    for evidence in &known.evidence {
        let text = match evidence {
            Evidence::GateRun { gate, run } => format!("run {run} of gate {gate}"),
            Evidence::Blob { name, digest } => format!("{}  sha256:{}", name.line(), digest.short()),
            Evidence::Link { url } => url.line(),
        };
        page.text(Meaning::Base, 2, &text);
    }
    if !known.notes.is_empty() {
        page.head("Notes");
    }
    for (mark, note) in &known.notes {
        page.line(vec![piece(Meaning::Muted, format!("  {}", marked(model, mark)))]);
        page.text(Meaning::Base, 4, &note.lines());
    }
    page
}

/// Who and when, in one phrase.
pub fn marked(model: &Model, mark: &Mark) -> String {
    let zone = model.index.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    format!("{} ({:?}), {}", mark.by.name(), mark.assurance, day_and_time(mark.at, &zone))
}
