//! Themes: meanings to looks, read from TOML, fitted once to what the terminal can show.
//!
//! Invariants: every meaning has a look; the mono depth has no colour at all; a theme that names itself through
//! `inherits`, an unknown role or an unknown colour is refused with its name.

mod depth;
mod file;
mod meaning;
mod symbols;

use ratatui::style::Style;

pub use depth::Depth;
pub(in crate::tui) use depth::{indexed, named};
pub use file::ThemeError;
pub use meaning::Meaning;
pub use symbols::Symbols;

/// The themes that come with the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// A calm night.
    #[default]
    Dark,
    /// For bright rooms.
    Light,
    /// No colour.
    Mono,
    /// Good is blue, bad is orange.
    ColourBlind,
}

impl ThemeName {
    /// All of them, in the order the key goes through them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::Mono, Self::ColourBlind];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
            Self::ColourBlind => "colour-blind",
        }
    }
    /// Reads the name; `None` for any other word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }
    fn source(self) -> &'static str {
        match self {
            Self::Dark => include_str!("../../../themes/dark.toml"),
            Self::Light => include_str!("../../../themes/light.toml"),
            Self::Mono => include_str!("../../../themes/mono.toml"),
            Self::ColourBlind => include_str!("../../../themes/colour-blind.toml"),
        }
    }
}

/// A look for every meaning, at one depth, with one set of glyphs.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// The glyphs.
    pub symbols: Symbols,
    styles: [Style; Meaning::ALL.len()],
}

impl Theme {
    /// A built-in theme. Mono depth always gives the mono theme: weight and reversal say what colour would.
    pub fn built_in(name: ThemeName, depth: Depth, symbols: Symbols) -> Self {
        let name = if depth == Depth::Mono { ThemeName::Mono } else { name };
        let fallback =
            || Self { name: name.as_str().to_owned(), symbols, styles: [Style::new(); Meaning::ALL.len()] };
        Self::parse((name.as_str(), name.source()), depth, symbols).unwrap_or_else(|_| fallback())
    }

    /// Reads a theme from its name and text.
    ///
    /// # Errors
    /// What is wrong in it, with the role or colour it is about.
    pub fn parse((name, text): (&str, &str), depth: Depth, symbols: Symbols) -> Result<Self, ThemeError> {
        let looks = file::read(name, text)?;
        let styles = Meaning::ALL.map(|meaning| looks.get(&meaning).map_or(Style::new(), |l| l.style(depth)));
        Ok(Self { name: name.to_owned(), symbols, styles })
    }

    /// The look of a meaning.
    pub fn style(&self, meaning: Meaning) -> Style {
        self.styles.get(meaning as usize).copied().unwrap_or_default()
    }
}
