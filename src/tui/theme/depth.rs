//! How many colours a terminal shows, and the nearest colour it has.

use ratatui::style::Color;

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: modifiers only.
    Mono,
    /// The sixteen a user can redefine.
    Ansi16,
    /// The fixed cube of 256.
    Ansi256,
    /// Any.
    True,
}

impl Depth {
    /// Reads what the environment says: `NO_COLOR`, then `COLORTERM`, then `TERM`; sixteen when nothing does.
    pub fn detect(environment: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        if set("NO_COLOR").is_some() {
            return Self::Mono;
        }
        let colors = set("COLORTERM").unwrap_or_default();
        let term = set("TERM").unwrap_or_default();
        if colors == "truecolor" || colors == "24bit" || term.ends_with("-direct") {
            Self::True
        } else if term.contains("256color") {
            Self::Ansi256
        } else if term == "dumb" {
            Self::Mono
        } else {
            Self::Ansi16
        }
    }

    /// The nearest colour of this depth; none in mono.
    pub fn nearest(self, (r, g, b): (u8, u8, u8)) -> Option<Color> {
        match self {
            Self::True => Some(Color::Rgb(r, g, b)),
            Self::Ansi256 => Some(Color::Indexed(cube((r, g, b)))),
            Self::Ansi16 => Some(sixteen((r, g, b))),
            Self::Mono => None,
        }
    }
}

/// The sixteen colours as terminals commonly draw them.
const SIXTEEN: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (170, 0, 0)),
    (Color::Green, (0, 170, 0)),
    (Color::Yellow, (170, 85, 0)),
    (Color::Blue, (0, 0, 170)),
    (Color::Magenta, (170, 0, 170)),
    (Color::Cyan, (0, 170, 170)),
    (Color::Gray, (170, 170, 170)),
    (Color::DarkGray, (85, 85, 85)),
    (Color::LightRed, (255, 85, 85)),
    (Color::LightGreen, (85, 255, 85)),
    (Color::LightYellow, (255, 255, 85)),
    (Color::LightBlue, (85, 85, 255)),
    (Color::LightMagenta, (255, 85, 255)),
    (Color::LightCyan, (85, 255, 255)),
    (Color::White, (255, 255, 255)),
];

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let part = |x: u8, y: u8, weight: u32| weight * u32::from(x.abs_diff(y)).pow(2);
    part(a.0, b.0, 2) + part(a.1, b.1, 4) + part(a.2, b.2, 3)
}

fn sixteen(wanted: (u8, u8, u8)) -> Color {
    SIXTEEN
        .into_iter()
        .min_by_key(|(_, shown)| distance(wanted, *shown))
        .map_or(Color::Reset, |(color, _)| color)
}

/// The steps of one axis of the 6x6x6 cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The nearest of the cube and the grey ramp, indices 16 to 255.
fn cube(wanted: (u8, u8, u8)) -> u8 {
    (16..=255u8).min_by_key(|index| distance(wanted, indexed(*index))).unwrap_or(7)
}

/// What one of the sixteen looks like.
pub(in crate::tui) fn named(color: Color) -> Option<(u8, u8, u8)> {
    SIXTEEN.into_iter().find(|(known, _)| *known == color).map(|(_, rgb)| rgb)
}

/// What an index of the 256 looks like.
pub(in crate::tui) fn indexed(index: u8) -> (u8, u8, u8) {
    let step = |i: u8| STEPS.get(usize::from(i)).copied().unwrap_or(0);
    match index {
        0..=15 => SIXTEEN.get(usize::from(index)).map_or((0, 0, 0), |(_, rgb)| *rgb),
        16..=231 => {
            let i = index - 16;
            (step(i / 36), step(i / 6 % 6), step(i % 6))
        }
        _ => {
            let grey = 8 + (index - 232) * 10;
            (grey, grey, grey)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_read_in_order() {
        let of = |pairs: &'static [(&'static str, &'static str)]| {
            Depth::detect(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(of(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]), Depth::Mono);
        assert_eq!(of(&[("NO_COLOR", ""), ("COLORTERM", "24bit")]), Depth::True);
        assert_eq!(of(&[("TERM", "xterm-256color")]), Depth::Ansi256);
        assert_eq!(of(&[("TERM", "xterm-direct")]), Depth::True);
        assert_eq!(of(&[("TERM", "linux")]), Depth::Ansi16);
        assert_eq!(of(&[]), Depth::Ansi16);
    }

    #[test]
    fn the_nearest_colour_is_near() {
        assert_eq!(Depth::Ansi16.nearest((250, 250, 250)), Some(Color::White));
        assert_eq!(Depth::Ansi256.nearest((255, 0, 0)), Some(Color::Indexed(196)));
        assert_eq!(Depth::Mono.nearest((1, 2, 3)), None);
    }
}
