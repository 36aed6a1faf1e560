//! The numbers of a text as people wrote them: a [`Rule`](super::Rule) holds them in the base of their unit.

use crate::base::{Quantity, Unit};

use super::cursor::Cursor;
use super::measure::{Amount, amount, is_currency, thousands};
use super::token::{Token, tokens};

/// A number and its unit as they stand in a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    /// The number.
    pub(super) value: f64,
    /// The unit, without spaces around a slash; empty without one.
    pub(super) unit: String,
    /// What it was read as.
    amount: Amount,
    /// Whether a test took it.
    taken: bool,
}

/// Every number of a text, left to right.
pub(super) struct Numbers(Vec<Written>);

impl Numbers {
    /// The numbers of a text; when all of it is a remark behind a name, those of the remark.
    pub(super) fn of(text: &str) -> Self {
        let found = numbers(text);
        if found.is_empty()
            && let Some((_, inside)) =
                text.trim_end().strip_suffix(')').and_then(|text| text.rsplit_once('('))
        {
            return Self(numbers(inside));
        }
        Self(found)
    }

    /// The number that was read as this quantity: one that no test took yet before one that was.
    pub(super) fn quantity(&mut self, wanted: &Quantity) -> Option<&Written> {
        self.first(|amount| {
            let unit = amount.unit == wanted.unit || matches!(wanted.unit, Unit::Count(_));
            unit && amount.value().ok() == Some(wanted.value)
        })
    }

    /// The number that was read as this share or multiple of a baseline.
    pub(super) fn share(&mut self, wanted: f64) -> Option<&Written> {
        self.first(|amount| {
            (amount.times || amount.unit == Unit::Ratio) && amount.value().ok() == Some(wanted)
        })
    }

    fn first(&mut self, is: impl Fn(&Amount) -> bool) -> Option<&Written> {
        let fits = |written: &&mut Written| is(&written.amount);
        let free = self.0.iter().position(|written| !written.taken && is(&written.amount));
        match free {
            Some(at) => {
                let written = self.0.get_mut(at)?;
                written.taken = true;
                Some(written)
            }
            None => self.0.iter_mut().find(fits).map(|written| &*written),
        }
    }
}

fn numbers(text: &str) -> Vec<Written> {
    let text = text.trim_end().trim_end_matches('.');
    let Ok(tokens) = tokens(text) else { return Vec::new() };
    let mut cursor = Cursor::new(text, &tokens);
    let mut found = Vec::new();
    while !cursor.done() {
        let begins = match cursor.peek() {
            Some(Token::Number(_) | Token::Currency(_)) => true,
            Some(Token::Word(word)) => is_currency(word),
            _ => false,
        };
        let before = cursor;
        match amount(&mut cursor) {
            Ok(Some(read)) if begins => found.extend(written(&before, &mut cursor, read)),
            _ => {
                cursor = before;
                cursor.advance();
            }
        }
    }
    found
}

/// A number from where it begins to where its unit ends, and the unit a remark behind it says.
fn written(before: &Cursor<'_>, after: &mut Cursor<'_>, mut read: Amount) -> Option<Written> {
    let slice = before.text_until(after);
    let digit = slice.find(|c: char| c.is_ascii_digit())?;
    let (sign, rest) = slice.split_at(digit);
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '_')))
        .unwrap_or(rest.len());
    let (digits, unit) = rest.split_at(end);
    let plain: String = digits.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let mut value: f64 = plain.parse().ok()?;
    let letters = unit.find(|c: char| !c.is_alphabetic()).unwrap_or(unit.len());
    let (word, behind) = unit.split_at(letters);
    let unit = match thousands(word) {
        Some(tens) => {
            value = format!("{plain}e{tens}").parse().ok()?;
            behind
        }
        None => unit,
    };
    let mut unit = format!("{}{}", sign.trim(), unit.trim()).replace(" / ", "/").replace("/ ", "/");
    if unit.chars().any(|c| c.is_ascii_digit()) && !unit.starts_with('/') {
        // `1h30m` is one length in several parts.
        (value, unit) = (read.value().ok()?, "s".to_owned());
    }
    if read.unit == Unit::None
        && let Some(inside) = after.remark()
        && read.told(inside).is_ok()
        && read.unit != Unit::None
    {
        let same = read.value().ok() == Some(value);
        unit = match &read.unit {
            Unit::PerSecond => "/s".to_owned(),
            Unit::PerMinute => "/min".to_owned(),
            Unit::PerHour => "/h".to_owned(),
            // `0.0001 (0.01%)` is a fraction, and the remark says of what.
            Unit::Ratio if same => String::new(),
            _ => inside.trim().to_owned(),
        };
    }
    Some(Written { value, unit, amount: read, taken: false })
}
