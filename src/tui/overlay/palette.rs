//! The list of every command, found by its words.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::Rect;
use tui_input::Input;

use crate::tui::keymap::{Action, Context, Keymap};
use crate::tui::model::Cursor;
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, piece, window};

/// A command with its words and its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it does.
    pub action: Action,
    /// Its words.
    pub desc: String,
    /// Its keys; empty when it has none.
    pub keys: String,
}

/// The palette.
#[derive(Clone, Debug)]
pub struct Palette {
    entries: Vec<Entry>,
    /// What people look for.
    pub input: Input,
    /// The places of what was found, the best first.
    found: Vec<usize>,
    /// The selected one of them.
    pub cursor: Cursor,
}

/// Keys that move are not commands.
fn is_command(action: Action) -> bool {
    !matches!(
        action,
        Action::Up
            | Action::Down
            | Action::Top
            | Action::Bottom
            | Action::HalfUp
            | Action::HalfDown
            | Action::PageUp
            | Action::PageDown
            | Action::Palette
            | Action::Cancel
            | Action::Confirm
            | Action::Nothing
    )
}

impl Palette {
    /// All commands of a keymap.
    pub fn new(keymap: &Keymap) -> Self {
        let contexts = Context::ALL.into_iter().filter(|context| *context != Context::Dialog);
        let bound = contexts.flat_map(|context| keymap.bindings(context)).map(|binding| Entry {
            action: binding.action,
            desc: binding.desc.clone(),
            keys: binding.keys_text(),
        });
        let named = Action::PALETTE_ONLY.into_iter().map(|(action, desc)| Entry {
            action,
            desc: desc.to_owned(),
            keys: String::new(),
        });
        let entries: Vec<Entry> = bound.filter(|entry| is_command(entry.action)).chain(named).collect();
        let found = (0..entries.len()).collect();
        Self { entries, input: Input::default(), found, cursor: Cursor::default() }
    }

    /// Finds anew after the text changed.
    pub fn search(&mut self) {
        let pattern = Pattern::parse(self.input.value(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize)> = self
            .entries
            .iter()
            .enumerate()
            .filter_map(|(place, entry)| {
                let words = Utf32Str::new(&entry.desc, &mut buffer);
                Some((pattern.score(words, &mut matcher)?, place))
            })
            .collect();
        scored.sort_by_key(|(score, place)| (std::cmp::Reverse(*score), *place));
        self.found = scored.into_iter().map(|(_, place)| place).collect();
        self.cursor = Cursor::default();
    }

    /// How many were found.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The selected command.
    pub fn chosen(&self) -> Option<Action> {
        self.entries.get(*self.found.get(self.cursor.0)?).map(|entry| entry.action)
    }

    /// Draws it near the top.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let height = area.height.saturating_sub(4).min(18);
        let frame = super::centered(area, area.width.saturating_sub(4).min(76), height);
        canvas.fill(frame, Meaning::Dialog);
        let inner = canvas.frame(frame, &[piece(Meaning::Title, "Command")], true);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        super::input_line(canvas, inner, &self.input);
        let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let shown = window(self.found.len(), self.cursor.0, list.height);
        for (row, place) in shown.enumerate() {
            let Some(entry) = self.found.get(place).and_then(|place| self.entries.get(*place)) else {
                continue;
            };
            let line = Rect { y: list.y + row as u16, height: 1, ..list };
            canvas.put((line.x, line.y), line.width.saturating_sub(12), Meaning::Dialog, &entry.desc);
            canvas.put_right((line.x, line.y), line.width, Meaning::Key, &entry.keys);
            if place == self.cursor.0 {
                canvas.lay(line, Meaning::Selected);
            }
        }
    }
}
