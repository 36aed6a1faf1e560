//! What follows from a key, a paste, a picture or an answer. Pure: the model changes, effects come out as data.

mod acts;
mod keys;
mod moves;

use std::sync::Arc;

use crate::base::{Digest, ItemId, RolloutId, Untrusted, Weight};
use crate::engine::client::{Preview, Reply};
use crate::release::{LogLine, View};
use crate::tui::keymap::Chord;
use crate::tui::model::{Model, Operator, Order};
use crate::tui::overlay::Overlay;
use crate::tui::theme::Meaning;

/// The most text a paste may bring, in characters.
const PASTE: usize = 4_096;

/// What happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key.
    Key(Chord),
    /// A paste.
    Paste(String),
    /// The terminal has this size now.
    Resize(u16, u16),
    /// A newer picture.
    View(Arc<View>),
    /// The answer to an order.
    Reply(Reply),
    /// Bytes that were asked for.
    Blob(Digest, Vec<u8>),
    /// What a change would be, as it was asked for.
    Preview(RolloutId, Weight, Result<Preview, Untrusted>),
    /// The log of the pod of this name.
    PodLog(String, Result<Untrusted, Untrusted>),
    /// Lines of the journal that were asked for, oldest first.
    Lines(Vec<LogLine>),
    /// Something to say.
    Say(Meaning, String),
    /// Somebody else acts here now.
    Operator(Operator),
    /// Time passed.
    Tick,
}

/// What the cockpit wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send this.
    Send(Box<Order>),
    /// Keep these bytes under a name, then attach them to the item.
    Keep {
        /// The item.
        item: ItemId,
        /// The name.
        name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Read this file, then attach it to the item.
    ReadFile {
        /// The item.
        item: ItemId,
        /// The file.
        path: String,
    },
    /// Fetch so many lines of the journal from this version on.
    Page(u64, usize),
    /// Ask what giving the canary this share would change.
    Preview(RolloutId, Weight),
    /// Fetch the last lines of a pod of this name.
    PodLog(RolloutId, String),
    /// Fetch the bytes of this digest.
    Fetch(Digest),
    /// Put this text on the clipboard.
    Copy(String),
    /// Open this link.
    OpenLink(String),
    /// Draw every cell anew.
    Redraw,
    /// Stop until the shell brings it back.
    Suspend,
    /// Leave.
    Quit,
}

/// Takes in what happened at a moment, in milliseconds since the cockpit began.
pub fn update(model: &mut Model, msg: Msg, at: u64) -> Vec<Effect> {
    model.clock.at = model.clock.at.max(at);
    model.toasts.expire(model.clock.at);
    let mut effects = Vec::new();
    match msg {
        Msg::Key(chord) => effects = keys::key(model, chord),
        Msg::Paste(text) => paste(model, &text),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            let length = crate::tui::screen::page_length(model);
            model.lists.page.step(0, length);
        }
        Msg::View(view) => see(model, view),
        Msg::Reply(reply) => answer(model, reply),
        Msg::Blob(digest, bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            model.evidence = Some((digest, crate::base::Untrusted::new(text)));
        }
        Msg::Preview(rollout, weight, preview) => previewed(model, (&rollout, weight), preview),
        Msg::PodLog(pod, log) => {
            let (at, height) = (model.clock.at, usize::from(model.size.1.saturating_sub(8)));
            if model.pod_log.take(&pod, log, at) {
                model.lists.page.0 = model.pod_log.lines.len().saturating_sub(height);
            }
        }
        Msg::Lines(lines) => model.take_older(lines),
        Msg::Say(meaning, text) => model.toasts.show(meaning, text, model.clock.at),
        Msg::Operator(operator) => {
            model.overlays.retain(|overlay| overlay.operator().is_none_or(|by| *by == operator));
            model.operator = operator;
        }
        Msg::Tick => {}
    }
    effects.extend(ask_previews(model));
    effects
}

/// Asks for what a dialog should show and nobody asked for yet.
fn ask_previews(model: &mut Model) -> Vec<Effect> {
    let dialogs = model.overlays.iter_mut().filter_map(|overlay| match overlay {
        Overlay::Confirm(confirm) => confirm.ask(),
        _ => None,
    });
    dialogs.map(|(rollout, weight)| Effect::Preview(rollout, weight)).collect()
}

/// What a change would be goes into the dialog that waits for it.
fn previewed(model: &mut Model, of: (&RolloutId, Weight), preview: Result<Preview, Untrusted>) {
    let at = model.clock.at;
    for overlay in &mut model.overlays {
        if let Overlay::Confirm(confirm) = overlay {
            confirm.take(of, &preview, at);
        }
    }
}

/// A newer picture: dialogs read their facts anew.
fn see(model: &mut Model, view: Arc<View>) {
    model.see(view);
    let mut overlays = std::mem::take(&mut model.overlays);
    for overlay in &mut overlays {
        if let Overlay::Confirm(confirm) = overlay {
            confirm.refresh(model);
        }
    }
    model.overlays = overlays;
}

/// A paste goes into text and nowhere else: it presses no key and confirms nothing.
fn paste(model: &mut Model, text: &str) {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(PASTE).collect();
    match model.overlays.last_mut() {
        Some(Overlay::Prompt(prompt)) => keys::insert(&mut prompt.input, line.trim_end()),
        Some(Overlay::Palette(palette)) => {
            keys::insert(&mut palette.input, line.trim_end());
            palette.search();
        }
        Some(Overlay::Find(input)) => {
            keys::insert(input, line.trim_end());
            model.pod_log.find = input.value().to_owned();
        }
        Some(Overlay::Filter(input)) => {
            keys::insert(input, line.trim_end());
            let text = input.value().to_owned();
            keys::set_filter(model, text);
        }
        Some(Overlay::Confirm(_) | Overlay::Why(_)) | None => {}
    }
}

fn answer(model: &mut Model, reply: Reply) {
    let (meaning, text) = match reply {
        Reply::Done { lines, .. } => match lines.last() {
            Some(line) => (Meaning::Good, line.clone()),
            None => (Meaning::Muted, "nothing changed".to_owned()),
        },
        Reply::Refused(refusal) => (Meaning::Warn, format!("refused: {}; {}", refusal.message, refusal.help)),
        Reply::Failed { message } => (Meaning::Bad, message),
    };
    model.toasts.show(meaning, text, model.clock.at);
}

#[cfg(test)]
mod tests;
