//! The newest samples of a number as heights, each coloured by the side of the limit it is on.

use crate::base::Timestamp;
use crate::tui::theme::{Meaning, Symbols};

use super::canvas::{Piece, piece};

/// Limits a sample is held against: what is wanted, and what is not accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Above this it is bad; or, when `low` is set, below it.
    pub alert: Option<f64>,
    /// Beyond this it is no longer as wanted.
    pub target: Option<f64>,
    /// True when less is worse.
    pub low: bool,
}

impl Limits {
    fn meaning(&self, value: f64) -> Meaning {
        let beyond = |limit: Option<f64>| {
            limit.is_some_and(|limit| if self.low { value < limit } else { value > limit })
        };
        if beyond(self.alert) {
            Meaning::Bad
        } else if beyond(self.target) {
            Meaning::Warn
        } else {
            Meaning::Good
        }
    }
}

/// The newest `width` samples; a gap stays empty, so that nothing is drawn where nothing was seen.
pub fn sparkline(
    samples: &[(Timestamp, Option<f64>)],
    limits: Limits,
    width: u16,
    symbols: &Symbols,
) -> Vec<Piece> {
    let width = usize::from(width);
    let newest = samples.get(samples.len().saturating_sub(width)..).unwrap_or_default();
    let known = || newest.iter().filter_map(|(_, value)| *value).filter(|value| value.is_finite());
    let most = known().fold(f64::NEG_INFINITY, f64::max);
    // The floor is at most half of the most, so that a number that hardly moves looks as calm as it is.
    let least = known().fold(f64::INFINITY, f64::min).min(most / 2.0);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |meaning: Meaning, glyph: &str| match pieces.last_mut() {
        Some(Piece(last, text)) if *last == meaning => text.push_str(glyph),
        _ => pieces.push(piece(meaning, glyph)),
    };
    for _ in newest.len()..width {
        push(Meaning::Muted, symbols.gap);
    }
    for (_, value) in newest {
        match value.filter(|value| value.is_finite()) {
            None => push(Meaning::Unknown, symbols.gap),
            Some(value) => {
                let share = if most > least { (value - least) / (most - least) } else { 0.0 };
                let height = ((share * 7.0).round() as usize).min(7);
                push(limits.meaning(value), symbols.spark.get(height).copied().unwrap_or(symbols.gap));
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[Option<f64>]) -> Vec<(Timestamp, Option<f64>)> {
        values.iter().map(|value| (Timestamp::UNIX_EPOCH, *value)).collect()
    }

    #[test]
    fn gaps_stay_empty_and_limits_colour() {
        let limits = Limits { alert: Some(7.0), target: Some(3.0), low: false };
        let drawn = sparkline(
            &samples(&[Some(0.0), None, Some(4.0), Some(8.0), Some(f64::NAN)]),
            limits,
            6,
            &Symbols::UNICODE,
        );
        assert_eq!(
            drawn,
            [
                piece(Meaning::Muted, " "),
                piece(Meaning::Good, "▁"),
                piece(Meaning::Unknown, " "),
                piece(Meaning::Warn, "▅"),
                piece(Meaning::Bad, "█"),
                piece(Meaning::Unknown, " "),
            ]
        );
    }

    #[test]
    fn less_can_be_worse_and_nothing_is_nothing() {
        let limits = Limits { alert: Some(80.0), target: None, low: true };
        assert_eq!(sparkline(&samples(&[Some(70.0)]), limits, 1, &Symbols::UNICODE)[0].0, Meaning::Bad);
        assert_eq!(sparkline(&[], limits, 3, &Symbols::UNICODE), [piece(Meaning::Muted, "   ")]);
    }
}
