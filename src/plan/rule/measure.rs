//! Numbers with units, and lengths of time, read from tokens.
//!
//! Invariant: a decimal shift (percent, milliseconds, thousands) is made in the text of the number, before it
//! becomes binary, so that writing it back gives the same number.

use crate::base::{Quantity, Seconds, Unit};

use super::condition::Op;
use super::cursor::Cursor;
use super::error::RuleError;
use super::token::{Token, tokens};
use super::words::{is_joint, lower, opens_scope};

/// A number as read, before it is known what it is held against.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Amount {
    digits: String,
    scale: Scale,
    /// What it counts.
    pub(super) unit: Unit,
    /// What a rate counts, when said (`signals` of `1,000 signals/s`).
    pub(super) noun: Option<String>,
    /// The span of a count per day or week.
    pub(super) within: Option<Seconds>,
    /// It was written as a multiple: `2x`.
    pub(super) times: bool,
    /// Where it begins.
    pub(super) at: usize,
}

/// How to get from the digits to the unit's base: a power of ten, then a whole factor.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    tens: i32,
    factor: f64,
}

const ONE: Scale = Scale { tens: 0, factor: 1.0 };

impl Amount {
    /// The number in its unit's base.
    pub(super) fn value(&self) -> Result<f64, RuleError> {
        let value = format!("{}e{}", self.digits, self.scale.tens).parse::<f64>().unwrap_or(f64::NAN)
            * self.scale.factor;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(RuleError::new(self.at, "the number is too large", "write a number that fits, with a unit"))
        }
    }

    /// The number where only its size may be said: a share of a baseline, whose direction is a word.
    pub(super) fn size(&self) -> Result<f64, RuleError> {
        if self.digits.starts_with('-') {
            return Err(RuleError::new(
                self.at,
                "a share of the baseline has no sign",
                "say the direction in a word: `drops 5%`, `rises 5%`",
            ));
        }
        self.value()
    }

    /// The number with its unit.
    pub(super) fn quantity(&self) -> Result<Quantity, RuleError> {
        Ok(Quantity::new(self.value()?, self.unit.clone()))
    }

    /// A number without a unit takes the one of its neighbour: the `400` of `400-600 MB`.
    pub(super) fn adopt(mut self, other: &Self) -> Self {
        if self.unit == Unit::None {
            self.unit = other.unit.clone();
            let own = self.scale.tens;
            self.scale = other.scale;
            if own != 0 {
                self.scale = Scale { tens: own, factor: other.scale.factor };
            }
        }
        self
    }

    /// Takes the unit said in brackets behind a bare number: `(ms)`, `(0.01%)`, `(failures per second)`.
    pub(super) fn told(&mut self, inside: &str) -> Result<(), RuleError> {
        if let Some((unit, scale)) = named(inside, self.at)? {
            *self = self.clone().of(unit, scale);
            return Ok(());
        }
        let Ok(tokens) = tokens(inside) else { return Ok(()) };
        let mut cursor = Cursor::new(inside, &tokens);
        if cursor.eat(&Token::Percent) && cursor.done() {
            *self = self.clone().of(Unit::Ratio, Scale { tens: -2, factor: 1.0 });
            return Ok(());
        }
        let same =
            amount(&mut cursor)?.filter(|same| cursor.done() && same.value().ok() == self.value().ok());
        if let Some(same) = same {
            self.unit = same.unit;
            return Ok(());
        }
        let said = lower(inside);
        for (words, unit) in
            [("per second", Unit::PerSecond), ("per minute", Unit::PerMinute), ("per hour", Unit::PerHour)]
        {
            if said.contains(words) {
                self.unit = unit;
                return Ok(());
            }
        }
        Ok(())
    }

    fn of(mut self, unit: Unit, scale: Scale) -> Self {
        self.unit = unit;
        self.scale.tens += scale.tens;
        self.scale.factor *= scale.factor;
        self
    }
}

/// Reads a number with its unit; `None` (and nothing consumed) when there is no number here.
pub(super) fn amount(cursor: &mut Cursor<'_>) -> Result<Option<Amount>, RuleError> {
    let begin = *cursor;
    let at = cursor.column();
    let minus = cursor.eat(&Token::Minus);
    let mut currency = currency(cursor);
    let Some(Token::Number(digits)) = cursor.peek() else {
        *cursor = begin;
        return Ok(None);
    };
    let digits = if minus { format!("-{digits}") } else { digits.clone() };
    cursor.advance();
    let mut amount =
        Amount { digits, scale: ONE, unit: Unit::None, noun: None, within: None, times: false, at };
    if cursor.glued()
        && let Some(tens) = cursor.word().and_then(thousands)
    {
        amount.scale.tens = tens;
        cursor.advance();
    }
    if currency.is_none() {
        if unit(cursor, &mut amount)? {
            return Ok(Some(amount));
        }
        currency = code(cursor.word());
        if currency.is_some() {
            cursor.advance();
        }
    }
    if let Some(currency) = currency {
        amount.unit = Unit::Money(currency);
    }
    rate(cursor, &mut amount)?;
    Ok(Some(amount))
}

fn currency(cursor: &mut Cursor<'_>) -> Option<String> {
    let found = match cursor.peek()? {
        Token::Currency(sign) => sign.to_string(),
        Token::Word(word) => code(Some(word))?,
        _ => return None,
    };
    cursor.advance();
    Some(found)
}

fn code(word: Option<&str>) -> Option<String> {
    word.filter(|word| is_currency(word)).map(str::to_owned)
}

/// Whether a word is the code of a currency.
pub(super) fn is_currency(word: &str) -> bool {
    matches!(word, "USD" | "EUR" | "GBP" | "CHF" | "JPY" | "INR" | "CAD" | "AUD" | "SEK")
}

/// The power of ten a letter behind a number stands for.
pub(super) fn thousands(word: &str) -> Option<i32> {
    match word {
        "k" | "K" => Some(3),
        "M" => Some(6),
        "bn" => Some(9),
        _ => None,
    }
}

/// Reads a unit that is a sign or one word; says whether it was one that ends the quantity.
fn unit(cursor: &mut Cursor<'_>, amount: &mut Amount) -> Result<bool, RuleError> {
    let found = match cursor.peek() {
        Some(Token::Percent) => Some((Unit::Ratio, Scale { tens: -2, factor: 1.0 })),
        Some(Token::Slash) if amount.scale.tens == 0 && cursor.glued() => {
            let mut ahead = *cursor;
            ahead.advance();
            let best = match ahead.peek() {
                Some(Token::Number(best)) if ahead.glued() => {
                    best.trim_end_matches(".0").parse::<u32>().ok().filter(|best| *best > 0)
                }
                _ => None,
            };
            best.map(|best| {
                *cursor = ahead;
                (Unit::Rating(best), ONE)
            })
        }
        Some(Token::Word(word)) => {
            let compound = |word| Seconds::parse(&format!("{}{word}", amount.digits));
            if matches!(word.as_str(), "x" | "X") && cursor.glued() {
                amount.times = true;
                Some((Unit::None, ONE))
            } else if let Some(known) = named(word, cursor.column())? {
                Some(known)
            } else if let Some(time) = compound(word).filter(|_| cursor.glued() && amount.scale.tens == 0) {
                amount.digits = time.0.to_string();
                Some((Unit::Seconds, ONE))
            } else {
                None
            }
        }
        _ => None,
    };
    let Some((unit, scale)) = found else { return Ok(false) };
    cursor.advance();
    if matches!(unit, Unit::Rating(_)) {
        cursor.eat_word("rating");
    }
    *amount = amount.clone().of(unit, scale);
    Ok(true)
}

/// The unit a word names.
fn named(word: &str, at: usize) -> Result<Option<(Unit, Scale)>, RuleError> {
    let scaled = |tens| Scale { tens, factor: 1.0 };
    let times = |factor| Scale { tens: 0, factor };
    Ok(Some(match word {
        "Mb" | "Kb" | "Gb" | "kb" => {
            let help = format!("write `{}B` for bytes", word.trim_end_matches('b').to_uppercase());
            return Err(RuleError::new(at, format!("`{word}` may be bits or bytes"), help));
        }
        "B" | "bytes" | "byte" => (Unit::Bytes, ONE),
        "kB" | "KB" => (Unit::Bytes, scaled(3)),
        "MB" | "mb" => (Unit::Bytes, scaled(6)),
        "GB" | "gb" => (Unit::Bytes, scaled(9)),
        "TB" | "tb" => (Unit::Bytes, scaled(12)),
        "kilobytes" => (Unit::Bytes, scaled(3)),
        "megabytes" => (Unit::Bytes, scaled(6)),
        "gigabytes" => (Unit::Bytes, scaled(9)),
        "KiB" | "Ki" => (Unit::Bytes, times(1024.0)),
        "MiB" | "Mi" => (Unit::Bytes, times(1_048_576.0)),
        "GiB" | "Gi" => (Unit::Bytes, times(1_073_741_824.0)),
        "TiB" | "Ti" => (Unit::Bytes, times(1_099_511_627_776.0)),
        "rps" | "qps" | "tps" => (Unit::PerSecond, ONE),
        "rpm" => (Unit::PerMinute, ONE),
        _ => match lower(word).as_str() {
            "percent" | "pct" => (Unit::Ratio, scaled(-2)),
            "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => {
                (Unit::Seconds, scaled(-3))
            }
            "us" | "µs" | "μs" | "microseconds" => (Unit::Seconds, scaled(-6)),
            "ns" | "nanoseconds" => (Unit::Seconds, scaled(-9)),
            other => match period(other) {
                Some(seconds) => (Unit::Seconds, times(seconds)),
                None => return Ok(None),
            },
        },
    }))
}

/// The seconds of one such period.
fn period(word: &str) -> Option<f64> {
    match lower(word).as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60.0),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3600.0),
        "d" | "day" | "days" => Some(86_400.0),
        "w" | "wk" | "week" | "weeks" => Some(604_800.0),
        _ => None,
    }
}

/// Reads `/ hour`, `req/min`, `signals per second`, `per release` behind a bare number or a sum of money.
fn rate(cursor: &mut Cursor<'_>, amount: &mut Amount) -> Result<(), RuleError> {
    let mut ahead = *cursor;
    let from = ahead;
    let mut nouns = 0;
    while nouns < 2 && ahead.word().is_some_and(|word| !is_joint(word) && !opens_scope(word)) {
        ahead.advance();
        nouns += 1;
    }
    let noun = (nouns > 0).then(|| from.text_until(&ahead));
    if !(ahead.eat(&Token::Slash) || ahead.eat_word("per") || ahead.eat_word("an")) {
        return Ok(());
    }
    let Some(word) = ahead.word().map(str::to_owned) else { return Ok(()) };
    let at = ahead.column();
    ahead.advance();
    match (period(&word), amount.unit.clone()) {
        (Some(1.0), Unit::None) => amount.unit = Unit::PerSecond,
        (Some(60.0), Unit::None) => amount.unit = Unit::PerMinute,
        (Some(3600.0), Unit::None) => amount.unit = Unit::PerHour,
        (Some(3600.0), Unit::Money(currency)) => amount.unit = Unit::MoneyPerHour(currency),
        (Some(seconds), _) if seconds > 3600.0 => {
            amount.within = Seconds::parse(&format!("1{word}"));
        }
        (Some(_), _) => {
            return Err(RuleError::new(at, "money is counted per hour here", "write it as `$10,000 / hour`"));
        }
        (None, Unit::None)
            if noun.is_none() && !matches!(ahead.peek(), Some(Token::Op(_) | Token::Slash)) =>
        {
            amount.unit = Unit::Count(format!("per {word}"));
        }
        (None, _) => return Ok(()),
    }
    amount.noun = noun;
    *cursor = ahead;
    Ok(())
}

/// Reads a length of time in whole seconds: `5m`, `1h30m`, `5 consecutive minutes`, `> 2 min`, `the first 24 h`.
pub(super) fn span(cursor: &mut Cursor<'_>) -> Result<Seconds, RuleError> {
    let wrong = |at| RuleError::new(at, "a length of time belongs here", "write it as `5m`, `90s` or `24h`");
    if !matches!(cursor.peek(), Some(Token::Op(Op::Above | Op::AtLeast))) || !cursor.advance() {
        cursor.eat_words(&["at", "least"]);
        cursor.eat_words(&["more", "than"]);
    }
    cursor.eat_word("the");
    let numberless = ["first", "last", "past"].iter().any(|word| cursor.eat_word(word));
    let at = cursor.column();
    let digits = match cursor.peek() {
        Some(Token::Number(digits)) => {
            let digits = digits.clone();
            cursor.advance();
            digits
        }
        Some(Token::Word(_)) if numberless => "1".to_owned(),
        _ => return Err(wrong(at)),
    };
    cursor.eat_word("consecutive");
    let word = cursor.word().map(lower).ok_or_else(|| wrong(cursor.column()))?;
    let seconds = match period(&word) {
        Some(factor) => digits.parse::<f64>().ok().map(|number| number * factor).and_then(whole),
        None => Seconds::parse(&format!("{digits}{word}")),
    };
    cursor.advance();
    if !cursor.eat_word("window") {
        cursor.eat_word("watch");
    }
    seconds.filter(|seconds| seconds.0 > 0).ok_or_else(|| wrong(at))
}

/// As whole seconds, if that is what it is.
pub(super) fn whole(seconds: f64) -> Option<Seconds> {
    // Up to 2^53 every whole number is exact, so the conversion loses nothing.
    (seconds.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&seconds))
        .then_some(Seconds(seconds as u64))
}
