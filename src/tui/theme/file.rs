//! The theme file: a palette, roles that use it, and another theme to start from.

use std::collections::BTreeMap;

use ratatui::style::{Modifier, Style};
use serde::Deserialize;

use super::{Depth, Meaning, ThemeName};

/// What is wrong in a theme file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// Not TOML, or a key nobody knows.
    #[error("theme `{name}` does not read: {message}")]
    Syntax {
        /// The theme.
        name: String,
        /// Where and what, with the line.
        message: String,
    },
    /// `inherits` names no built-in theme.
    #[error(
        "theme `{name}` inherits `{parent}`, which does not exist; write dark, light, mono or colour-blind"
    )]
    Parent {
        /// The theme.
        name: String,
        /// What it names.
        parent: String,
    },
    /// A role uses a colour that is neither in the palette nor `#rrggbb`.
    #[error(
        "theme `{name}` uses the colour `{color}`, which is not in its palette; add it there or write #rrggbb"
    )]
    Color {
        /// The theme.
        name: String,
        /// The colour.
        color: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    inherits: Option<String>,
    #[serde(default)]
    palette: BTreeMap<String, String>,
    #[serde(default)]
    roles: BTreeMap<Meaning, Role>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    italic: bool,
    #[serde(default)]
    underlined: bool,
    #[serde(default)]
    reversed: bool,
}

/// A role with its colours found.
#[derive(Clone)]
pub(super) struct Look {
    fg: Option<(u8, u8, u8)>,
    bg: Option<(u8, u8, u8)>,
    modifiers: Modifier,
}

impl Look {
    pub(super) fn style(&self, depth: Depth) -> Style {
        let mut style = Style::new().add_modifier(self.modifiers);
        style.fg = self.fg.and_then(|color| depth.nearest(color));
        style.bg = self.bg.and_then(|color| depth.nearest(color));
        style
    }
}

pub(super) fn read(name: &str, text: &str) -> Result<BTreeMap<Meaning, Look>, ThemeError> {
    let syntax = |message: String| ThemeError::Syntax { name: name.to_owned(), message };
    let mut chain = vec![toml::from_str::<File>(text).map_err(|error| syntax(error.to_string()))?];
    // A parent is always built in, and those inherit at most once, so the chain ends.
    while let Some(parent) = chain.last().and_then(|file| file.inherits.clone()) {
        let known = ThemeName::parse(&parent).filter(|_| chain.len() < 4 && parent != name);
        let Some(known) = known else {
            return Err(ThemeError::Parent { name: name.to_owned(), parent });
        };
        chain.push(toml::from_str::<File>(known.source()).map_err(|error| syntax(error.to_string()))?);
    }
    let mut palette = BTreeMap::new();
    let mut roles = BTreeMap::new();
    for file in chain.into_iter().rev() {
        palette.extend(file.palette);
        roles.extend(file.roles);
    }
    let color = |wanted: &Option<String>| match wanted {
        None => Ok(None),
        Some(wanted) => {
            let written = palette.get(wanted).unwrap_or(wanted);
            rgb(written)
                .map(Some)
                .ok_or_else(|| ThemeError::Color { name: name.to_owned(), color: wanted.clone() })
        }
    };
    roles
        .into_iter()
        .map(|(meaning, role)| {
            let mut modifiers = Modifier::empty();
            modifiers.set(Modifier::BOLD, role.bold);
            modifiers.set(Modifier::DIM, role.dim);
            modifiers.set(Modifier::ITALIC, role.italic);
            modifiers.set(Modifier::UNDERLINED, role.underlined);
            modifiers.set(Modifier::REVERSED, role.reversed);
            Ok((meaning, Look { fg: color(&role.fg)?, bg: color(&role.bg)?, modifiers }))
        })
        .collect()
}

fn rgb(text: &str) -> Option<(u8, u8, u8)> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |from: usize| u8::from_str_radix(digits.get(from..from + 2)?, 16).ok();
    Some((part(0)?, part(2)?, part(4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_theme_gives_every_meaning_a_look() {
        for name in ThemeName::ALL {
            let looks = read(name.as_str(), name.source()).expect("a theme that reads");
            for meaning in Meaning::ALL {
                assert!(looks.contains_key(&meaning), "{name:?} {meaning:?}");
            }
        }
    }

    #[test]
    fn a_wrong_theme_says_what_is_wrong() {
        let error = |text: &str| read("mine", text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error("inherits = \"moon\"").contains("inherits `moon`"));
        assert!(error("[roles]\ngood = { fg = \"leaf\" }").contains("colour `leaf`"));
        assert!(error("[roles]\nnice = {}").contains("line 2"));
        assert_eq!(error("inherits = \"colour-blind\"\n[roles]\ngood = { fg = \"#010203\" }"), "");
    }
}
