//! Bars: of a soak, of shares of traffic.

use crate::base::Weight;
use crate::tui::theme::{Meaning, Symbols};

use super::canvas::{Piece, piece};

/// How far something is, as a bar of `width` cells; full only when it is done.
pub fn progress(done: i64, of: i64, width: u16, symbols: &Symbols) -> Vec<Piece> {
    let share = if of <= 0 { 1.0 } else { done.max(0) as f64 / of as f64 };
    let full = full_cells(share, width);
    let meaning = if share >= 1.0 { Meaning::Good } else { Meaning::Accent };
    vec![
        piece(meaning, symbols.full.repeat(usize::from(full))),
        piece(Meaning::Border, symbols.empty.repeat(usize::from(width - full))),
    ]
}

/// The stable share, then the canary's; unknown is a bar of question marks. A share that is not zero is seen.
pub fn shares(canary: Option<Weight>, width: u16, symbols: &Symbols) -> Vec<Piece> {
    let Some(canary) = canary else {
        return vec![piece(Meaning::Unknown, symbols.unknown.repeat(usize::from(width)))];
    };
    let part = canary.value() / 100.0;
    let mut cells = (part * f64::from(width)).round() as u16;
    if part > 0.0 {
        cells = cells.max(1);
    }
    if part < 1.0 {
        cells = cells.min(width.saturating_sub(1));
    }
    vec![
        piece(Meaning::Stable, symbols.full.repeat(usize::from(width - cells.min(width)))),
        piece(Meaning::Canary, symbols.other.repeat(usize::from(cells.min(width)))),
    ]
}

fn full_cells(share: f64, width: u16) -> u16 {
    if share >= 1.0 {
        return width;
    }
    ((share * f64::from(width)) as u16).min(width.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pieces: Vec<Piece>) -> String {
        pieces.into_iter().map(|Piece(_, text)| text).collect()
    }

    #[test]
    fn a_bar_is_full_only_when_it_is_done() {
        let bar = |done, of| text(progress(done, of, 10, &Symbols::ASCII));
        assert_eq!(bar(0, 60), "..........");
        assert_eq!(bar(59, 60), "#########.");
        assert_eq!(bar(60, 60), "##########");
        assert_eq!(bar(5, 0), "##########");
    }

    #[test]
    fn a_small_share_is_seen_and_an_unknown_one_is_not_zero() {
        let bar = |percent: f64| text(shares(Weight::percent(percent), 10, &Symbols::ASCII));
        assert_eq!(bar(0.0), "##########");
        assert_eq!(bar(1.0), "#########=");
        assert_eq!(bar(99.9), "#=========");
        assert_eq!(bar(100.0), "==========");
        assert_eq!(text(shares(None, 3, &Symbols::ASCII)), "???");
    }
}
