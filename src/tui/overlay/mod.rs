//! What lies on top of a screen, as a stack: the topmost has the keys.

mod change;
mod confirm;
mod evidence;
mod palette;
mod preview;
mod prompt;

use ratatui::layout::Rect;
use tui_input::Input;

pub use change::Change;
pub use confirm::{ARM, Confirm};
pub use palette::Palette;
pub use prompt::{Outcome, Prompt, Purpose};

use crate::analysis::judge::Decision;
use crate::tui::model::{Cursor, Model, Operator, silences};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, piece, wrap};

/// Something on top.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// Asks before a change.
    Confirm(Box<Confirm>),
    /// Asks for a line.
    Prompt(Box<Prompt>),
    /// Every command.
    Palette(Box<Palette>),
    /// What the list is filtered by.
    Filter(Input),
    /// What is searched in a log.
    Find(Input),
    /// Why the release waits.
    Why(Cursor),
}

impl Overlay {
    /// When its keys begin to count, if they do not from the start.
    pub fn armed_at(&self) -> Option<u64> {
        match self {
            Self::Confirm(confirm) => Some(confirm.since + ARM),
            _ => None,
        }
    }

    /// Who it was opened for; none when that does not matter.
    pub fn operator(&self) -> Option<&Operator> {
        match self {
            Self::Confirm(confirm) => Some(&confirm.by),
            Self::Prompt(prompt) => Some(&prompt.by),
            _ => None,
        }
    }

    /// Draws it.
    pub fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
        match self {
            Self::Confirm(confirm) => confirm.draw(model, canvas, area),
            Self::Prompt(prompt) => prompt.draw(canvas, area),
            Self::Palette(palette) => palette.draw(canvas, area),
            Self::Filter(input) | Self::Find(input) => filter(canvas, area, input),
            Self::Why(cursor) => why(model, canvas, area, cursor.0),
        }
    }
}

fn filter(canvas: &mut Canvas<'_>, area: Rect, input: &Input) {
    let line = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
    canvas.fill(line, Meaning::Dialog);
    let used = canvas.line(line, 0, &[piece(Meaning::Key, " / ")]);
    input_line(canvas, Rect { x: line.x + used, width: line.width - used, ..line }, input);
}

/// Why the release waits: code, what is in the way, what would move it. What the judge says comes with what would
/// make it faster, and a silent source with whom to turn to.
fn reasons(model: &Model) -> Vec<(&str, String, String)> {
    let mut all: Vec<(&str, String, String)> = model
        .blockers
        .iter()
        .map(|blocker| (blocker.code.as_str(), blocker.message.clone(), blocker.help.clone()))
        .collect();
    for (rollout, card) in &model.view.seen.judged {
        let about = format!("{rollout}: ");
        let told = all.iter_mut().find(|(code, message, _)| *code == "judge" && message.starts_with(&about));
        match (told, card.decision) {
            (Some((_, _, help)), _) if !card.faster.is_empty() => *help = card.faster.line(),
            (None, Decision::Hold | Decision::RollBack) if !card.why.is_empty() => {
                all.push(("judge", format!("{about}{}", card.why.line()), card.faster.line()));
            }
            _ => {}
        }
    }
    let silent = silences(&model.view, model.now());
    all.extend(silent.iter().map(|silence| ("source", silence.todo(), String::new())));
    all
}

/// How many lines the reasons may take, at most.
pub fn why_length(model: &Model) -> usize {
    reasons(model).len() * 4
}

fn why(model: &Model, canvas: &mut Canvas<'_>, area: Rect, from: usize) {
    let width = area.width.saturating_sub(4).min(90);
    let mut lines = Vec::new();
    for (code, message, help) in reasons(model) {
        for (row, text) in wrap(&message, width.saturating_sub(16)).into_iter().enumerate() {
            let code = if row == 0 { code } else { "" };
            lines.push(vec![piece(Meaning::Warn, format!("{code:<12}")), piece(Meaning::Dialog, text)]);
        }
        for text in wrap(&help, width.saturating_sub(16)).into_iter().filter(|text| !text.is_empty()) {
            lines.push(vec![piece(Meaning::Muted, format!("{:<12}{text}", ""))]);
        }
    }
    if lines.is_empty() {
        lines.push(vec![piece(Meaning::Good, "nothing is in the way")]);
    }
    let frame =
        centered(area, width, (lines.len() as u16).saturating_add(2).min(area.height.saturating_sub(2)));
    canvas.fill(frame, Meaning::Dialog);
    let inner = canvas.frame(frame, &[piece(Meaning::Title, "Why it waits")], true);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let from = from.min(lines.len().saturating_sub(usize::from(inner.height)));
    for (row, line) in lines.iter().skip(from).take(usize::from(inner.height)).enumerate() {
        canvas.line(inner, row as u16, line);
    }
}

/// A rectangle of at most this size in the middle, a little above it.
fn centered(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 3;
    Rect { x, y, width, height }
}

/// Text being written, scrolled so that the cursor is seen, with the cursor's cell marked.
fn input_line(canvas: &mut Canvas<'_>, area: Rect, input: &Input) {
    let width = usize::from(area.width.saturating_sub(1));
    let scroll = input.visual_scroll(width);
    let mut skipped = 0;
    let shown: String = input
        .value()
        .chars()
        .skip_while(|c| {
            let skip = skipped < scroll;
            skipped += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
            skip
        })
        .collect();
    canvas.line(area, 0, &[piece(Meaning::Title, shown)]);
    let at = u16::try_from(input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
    if at < area.width && area.height > 0 {
        let cursor = Rect { x: area.x + at, width: 1, height: 1, ..area };
        canvas.lay(cursor, Meaning::Production);
    }
}
