//! The glyphs of the cockpit, and plain ones for terminals that have no others.
//!
//! Every glyph is one cell wide and never the only sign of a state.

use ratatui::symbols::border;

/// How the dots of a chart's cell become a glyph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dots {
    /// Eight dots a cell, as braille patterns; the bits are those of the patterns.
    Braille,
    /// A letter for each line, when there is no font for more.
    Letters,
}

impl Dots {
    /// The glyph of a cell with these dots of the first and of the second line; none for a cell without any.
    pub fn glyph(self, [first, second]: [u8; 2]) -> Option<char> {
        match self {
            _ if first | second == 0 => None,
            Self::Braille => char::from_u32(0x2800 + u32::from(first | second)),
            Self::Letters if first > 0 => Some('*'),
            Self::Letters => Some('o'),
        }
    }
}

/// A set of glyphs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Symbols {
    /// Done; it holds.
    pub done: &'static str,
    /// It does not hold.
    pub failed: &'static str,
    /// A doubt.
    pub doubt: &'static str,
    /// Not known.
    pub unknown: &'static str,
    /// Going on.
    pub running: &'static str,
    /// Not begun.
    pub waiting: &'static str,
    /// The current one, folded out.
    pub current: &'static str,
    /// A box to tick.
    pub open: &'static str,
    /// A ticked box.
    pub ticked: &'static str,
    /// A box that was left out.
    pub skipped: &'static str,
    /// A box that was opened again.
    pub reopened: &'static str,
    /// Alive.
    pub alive: &'static str,
    /// Between parts of a line.
    pub dot: &'static str,
    /// Between the name and where it goes.
    pub to: &'static str,
    /// From one value to another.
    pub arrow: &'static str,
    /// Between parts of the header.
    pub bar: &'static str,
    /// A full cell of a bar.
    pub full: &'static str,
    /// The other side of a bar.
    pub other: &'static str,
    /// The empty rest of a bar.
    pub empty: &'static str,
    /// Eight heights of a sparkline, the lowest first.
    pub spark: [&'static str; 8],
    /// A gap in a sparkline.
    pub gap: &'static str,
    /// The dots of a chart.
    pub dots: Dots,
    /// Limits in a chart: what is wanted, and what is not accepted.
    pub limits: [&'static str; 2],
    /// What lies above and below a chart.
    pub beyond: [&'static str; 2],
    /// A moment in a chart.
    pub moment: &'static str,
    /// Where the old version's numbers lie in a chart.
    pub band: &'static str,
    /// A time in a chart that does not count.
    pub shade: &'static str,
    /// Cut text.
    pub cut: &'static str,
    /// Signs of comparison as people read them: at least, at most, unequal.
    pub compare: [&'static str; 3],
    /// Frames.
    pub frame: border::Set<'static>,
}

impl Symbols {
    /// For terminals with a full font.
    pub const UNICODE: Self = Self {
        done: "✓",
        failed: "✗",
        doubt: "!",
        unknown: "?",
        running: "◌",
        waiting: "·",
        current: "▸",
        open: "☐",
        ticked: "☑",
        skipped: "⊘",
        reopened: "↺",
        alive: "●",
        dot: "·",
        to: "▸",
        arrow: "→",
        bar: "│",
        full: "█",
        other: "▒",
        empty: "░",
        spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        gap: " ",
        dots: Dots::Braille,
        limits: ["─", "━"],
        beyond: ["↑", "↓"],
        moment: "┆",
        band: "░",
        shade: "·",
        cut: "…",
        compare: ["≥", "≤", "≠"],
        frame: border::ROUNDED,
    };

    /// For the Linux console and whatever else has no font of its own.
    pub const ASCII: Self = Self {
        done: "+",
        failed: "x",
        doubt: "!",
        unknown: "?",
        running: "~",
        waiting: ".",
        current: ">",
        open: "_",
        ticked: "#",
        skipped: "-",
        reopened: "<",
        alive: "*",
        dot: "-",
        to: ">",
        arrow: ">",
        bar: "|",
        full: "#",
        other: "=",
        empty: ".",
        spark: [".", ".", ":", ":", "-", "=", "*", "#"],
        gap: " ",
        dots: Dots::Letters,
        limits: ["-", "="],
        beyond: ["^", "v"],
        moment: ":",
        band: ",",
        shade: ".",
        cut: "~",
        compare: [">=", "<=", "!="],
        frame: border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        },
    };

    /// The set a terminal can show, by its `TERM`.
    pub fn of_terminal(term: Option<&str>) -> Self {
        match term {
            Some("linux" | "dumb" | "vt100" | "vt220") => Self::ASCII,
            _ => Self::UNICODE,
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn glyphs_are_one_cell_and_the_console_gets_ascii() {
        for set in [Symbols::UNICODE, Symbols::ASCII] {
            let glyphs = [
                set.done,
                set.failed,
                set.doubt,
                set.unknown,
                set.running,
                set.waiting,
                set.current,
                set.open,
                set.ticked,
                set.skipped,
                set.reopened,
                set.alive,
                set.dot,
                set.to,
                set.arrow,
                set.bar,
                set.full,
                set.other,
                set.empty,
                set.gap,
                set.moment,
                set.band,
                set.shade,
                set.cut,
            ];
            for glyph in glyphs.into_iter().chain(set.spark).chain(set.limits).chain(set.beyond) {
                assert_eq!(glyph.width(), 1, "{glyph}");
            }
        }
        let console = Symbols::of_terminal(Some("linux"));
        assert!(console.spark.iter().chain([&console.done, &console.cut]).all(|glyph| glyph.is_ascii()));
        assert_eq!(Symbols::of_terminal(Some("xterm")), Symbols::UNICODE);
    }
}
