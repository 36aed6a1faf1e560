//! One screen drawn into a buffer, without a terminal.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::keymap::Keymap;
use super::model::{Model, Operator, ScreenName, Setup};
use super::screen;
use super::theme::{Depth, Symbols, Theme, ThemeName};
use crate::base::{Actor, Assurance, Via};
use crate::release::View;

/// What the cockpit would show of a picture, at a size in columns and rows.
pub fn render(view: &View, size: (u16, u16), screen: ScreenName, theme: ThemeName) -> Buffer {
    let depth = if theme == ThemeName::Mono { Depth::Mono } else { Depth::True };
    render_with(view, size, screen, Theme::built_in(theme, depth, Symbols::UNICODE))
}

/// The same in any theme.
pub fn render_with(view: &View, size: (u16, u16), screen: ScreenName, theme: Theme) -> Buffer {
    let operator =
        Operator { actor: Actor::Person("nobody".to_owned()), assurance: Assurance::L0, via: Via::Cockpit };
    let setup = Setup { theme, depth: Depth::True, keymap: Keymap::built_in().unwrap_or_default() };
    let mut model = Model::new(Arc::new(view.clone()), operator, setup, size);
    model.screen = screen;
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    screen::draw(&model, &mut buffer);
    buffer
}
