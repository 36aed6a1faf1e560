//! Screens drawn into a buffer, without a terminal.

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
    Stage::new(view, size, screen, theme).into_frame()
}

/// The same in any theme.
pub fn render_with(view: &View, size: (u16, u16), screen: ScreenName, theme: Theme) -> Buffer {
    Stage::with_theme(view, size, screen, theme).into_frame()
}

/// A cockpit without a terminal, drawn as often as wanted.
#[derive(Debug)]
pub struct Stage {
    model: Model,
    buffer: Buffer,
}

impl Stage {
    /// A cockpit in a built-in theme, with all colours.
    pub fn new(view: &View, size: (u16, u16), screen: ScreenName, theme: ThemeName) -> Self {
        Self::with_theme(view, size, screen, Theme::built_in(theme, Depth::True, Symbols::UNICODE))
    }

    /// A cockpit in any theme.
    pub fn with_theme(view: &View, size: (u16, u16), screen: ScreenName, theme: Theme) -> Self {
        let operator = Operator {
            actor: Actor::Person("nobody".to_owned()),
            assurance: Assurance::L0,
            via: Via::Cockpit,
        };
        let setup = Setup { theme, depth: Depth::True, keymap: Keymap::built_in().unwrap_or_default() };
        let mut model = Model::new(Arc::new(view.clone()), operator, setup, size);
        model.screen = screen;
        Self { model, buffer: Buffer::empty(Rect::new(0, 0, size.0, size.1)) }
    }

    /// Draws a frame.
    pub fn frame(&mut self) -> &Buffer {
        screen::draw(&self.model, &mut self.buffer);
        &self.buffer
    }

    /// Draws a frame and gives it away.
    pub fn into_frame(mut self) -> Buffer {
        self.frame();
        self.buffer
    }
}
