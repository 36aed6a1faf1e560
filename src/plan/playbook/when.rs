//! The times playbooks are written in, read as places on the T-clock.
//!
//! Days and weeks are calendar days; hours and minutes are exact. `Day 1` is the day of T-0 and `Week 0` the week
//! that begins with it, because lists that have a `Week 0` also have a `Day 1`.

use serde::Serialize;

use crate::base::{Offset, Untrusted};

/// When something is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// At a place on the T-clock.
    At(Offset),
    /// Between two places; done by the second.
    Between(Offset, Offset),
    /// On a day of the calendar that the T-clock alone does not give, as written.
    Calendar(Untrusted),
}

impl When {
    /// Reads a text that is a time and nothing else, a remark in brackets aside: `T-2 hours`, `Hour 0-2`,
    /// `Week 0, Day 2-3`, `30 minutes - 4 hours`, `2 Weeks Before Deployment`.
    pub fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text);
        let (when, used) = whole(&tokens)?;
        matches!(tokens.get(used), None | Some(Token::Sign('(' | ':'))).then_some(when)
    }
    /// Looks for a due time inside a sentence: alone, in brackets, or a `T+4h` anywhere. Bare lengths
    /// such as `(48 hours)` do not count, they say how long, not when.
    pub fn find(text: &str) -> Option<Self> {
        if !may_hold_time(text) {
            return None;
        }
        pieces(text)
            .filter(|piece| may_begin_time(piece))
            .find_map(|piece| {
                let tokens = tokens(piece);
                let (when, used) = anchored(&tokens)?;
                matches!(tokens.get(used), None | Some(Token::Sign('(' | ':'))).then_some(when)
            })
            .or_else(|| clock(text))
    }
    /// Like [`When::find`], and lengths count: in the title of a group `(0-30 minutes)` says when.
    pub fn window(text: &str) -> Option<Self> {
        if !may_hold_time(text) {
            return None;
        }
        Self::find(text).or_else(|| pieces(text).find_map(Self::parse))
    }
    /// The latest place on the T-clock at which it is not overdue; `None` for a calendar phrase.
    pub fn due(&self) -> Option<Offset> {
        match self {
            Self::At(at) => Some(*at),
            Self::Between(_, end) => Some(*end),
            Self::Calendar(_) => None,
        }
    }
}

/// Every time has a digit or the word day; most sentences have neither, and most text is sentences.
fn may_hold_time(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        || text.as_bytes().windows(3).any(|word| matches!(word, b"Day" | b"day"))
}

/// A place on the T-clock begins with a count, `T`, `D`, `Day`, `Hour` or `Week`.
fn may_begin_time(text: &str) -> bool {
    let letters = ['t', 'T', 'd', 'D', 'h', 'H', 'w', 'W'];
    text.trim_start().starts_with(|c: char| c.is_ascii_digit() || letters.contains(&c))
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Number(u32),
    Sign(char),
}

/// A unit of the calendar or of the clock, with its size in days or seconds.
#[derive(Clone, Copy)]
enum Unit {
    Days(i32),
    Seconds(i64),
}

impl Unit {
    fn times(self, count: i64) -> Option<Offset> {
        Some(match self {
            Self::Days(size) => Offset::days(size.checked_mul(i32::try_from(count).ok()?)?),
            Self::Seconds(size) => Offset::seconds(size.checked_mul(count)?),
        })
    }
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word.to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Seconds(1),
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Seconds(60),
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Seconds(3600),
        "d" | "day" | "days" => Unit::Days(1),
        "w" | "wk" | "wks" | "week" | "weeks" => Unit::Days(7),
        "month" | "months" => Unit::Days(30),
        _ => return None,
    })
}

/// Splits at the first 32 words, numbers and signs: no time is longer, and a long line costs nothing.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if out.len() == 32 {
            break;
        }
        let same: fn(char) -> bool = if first.is_ascii_digit() {
            |c| c.is_ascii_digit()
        } else if first.is_alphabetic() {
            char::is_alphabetic
        } else {
            |_| false
        };
        let len = rest.find(|c| !same(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let (head, tail) = rest.split_at(len);
        rest = tail;
        match first {
            _ if first.is_whitespace() => {}
            '‐'..='―' | '−' => out.push(Token::Sign('-')),
            '0'..='9' => match head.parse() {
                Ok(number) => out.push(Token::Number(number)),
                Err(_) => return Vec::new(),
            },
            _ if first.is_alphabetic() => out.push(Token::Word(head)),
            _ => out.push(Token::Sign(first)),
        }
    }
    out
}

/// The text itself and every bracketed part of it.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let inner =
        text.split('(').skip(1).take(8).filter_map(|part| part.split_once(')').map(|(inside, _)| inside));
    std::iter::once(text.trim()).chain(inner)
}

/// A `T+4h` that stands as a word of its own anywhere in the text.
fn clock(text: &str) -> Option<When> {
    text.match_indices('T').find_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        let joined = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/');
        if before.ends_with(joined) { None } else { t_form(&tokens(rest)).map(|(when, _)| when) }
    })
}

fn whole(tokens: &[Token<'_>]) -> Option<(When, usize)> {
    anchored(tokens).or_else(|| length(tokens))
}

fn anchored(tokens: &[Token<'_>]) -> Option<(When, usize)> {
    t_form(tokens).or_else(|| counted(tokens)).or_else(|| around(tokens))
}

/// `T-2 hours`, `T+1w`, `T-0`, `T0`, `T-Day`, `D-1`.
fn t_form(tokens: &[Token<'_>]) -> Option<(When, usize)> {
    let zero = When::At(Offset::ZERO);
    let letter = match tokens.first()? {
        Token::Word(word) if word.eq_ignore_ascii_case("t") => 't',
        Token::Word(word) if word.eq_ignore_ascii_case("d") => 'd',
        _ => return None,
    };
    match (tokens.get(1)?, tokens.get(2), tokens.get(3)) {
        (Token::Number(0), _, _) => Some((zero, 2)),
        (Token::Sign('-'), Some(Token::Word(day)), _) if day.eq_ignore_ascii_case("day") => Some((zero, 3)),
        (Token::Sign('-'), Some(Token::Word(word)), _) if word.eq_ignore_ascii_case("zero") => {
            Some((zero, 3))
        }
        (Token::Sign(sign @ ('-' | '+')), Some(Token::Number(count)), next) => {
            let count = if *sign == '-' { -i64::from(*count) } else { i64::from(*count) };
            match next {
                Some(Token::Word(word)) if unit(word).is_some() => {
                    Some((When::At(unit(word)?.times(count)?), 4))
                }
                // `T+00:42` is hours and minutes.
                Some(Token::Sign(':')) => match tokens.get(4) {
                    Some(Token::Number(minutes)) if *minutes < 60 => {
                        let total = count.checked_abs()?.checked_mul(60)?.checked_add(i64::from(*minutes))?;
                        let signed = if *sign == '-' { -total } else { total };
                        Some((When::At(Unit::Seconds(60).times(signed)?), 5))
                    }
                    _ if count == 0 => Some((zero, 3)),
                    _ => None,
                },
                _ if count == 0 => Some((zero, 3)),
                _ if letter == 'd' => Some((When::At(Unit::Days(1).times(count)?), 3)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `Hour 0-2`, `Day 6-7`, `Week -1`, `Weeks 1-10`, `Week 0, Day 2-3`, `Week 6, Monday 10:00 AM UTC`.
fn counted(tokens: &[Token<'_>]) -> Option<(When, usize)> {
    let Token::Word(word) = tokens.first()? else { return None };
    let (unit, shift) = match word.to_ascii_lowercase().as_str() {
        "hour" | "hours" => (Unit::Seconds(3600), 0),
        "day" | "days" => (Unit::Days(1), -1),
        "week" | "weeks" => (Unit::Days(7), 0),
        _ => return None,
    };
    let (first, mut used) = signed(tokens, 1)?;
    let mut last = None;
    if tokens.get(used) == Some(&Token::Sign('-'))
        && let Some((number, after)) = signed(tokens, used + 1)
    {
        last = Some(number);
        used = after;
    } else if tokens.get(used) == Some(&Token::Sign('+')) {
        used += 1;
    }
    // A range of hours names its ends (`Hour 0-2` is two hours), a range of days and weeks its members.
    let (start, end) = match (unit, last) {
        (Unit::Seconds(_), Some(last)) => (first, last),
        (_, last) => (first + shift, last.unwrap_or(first) + shift + 1),
    };
    let week = matches!(unit, Unit::Days(7));
    if week && tokens.get(used) == Some(&Token::Sign(',')) {
        let base = unit.times(first)?.days;
        return match counted(tokens.get(used + 1..)?) {
            Some((When::Between(from, to), more)) => {
                let moved = |offset: Offset| Some(Offset { days: offset.days.checked_add(base)?, ..offset });
                Some((When::Between(moved(from)?, moved(to)?), used + 1 + more))
            }
            _ => Some((When::Calendar(Untrusted::new(phrase(tokens))), tokens.len())),
        };
    }
    Some((When::Between(unit.times(start)?, unit.times(end)?), used))
}

/// `2 Weeks Before Deployment`, `1 day after launch`, `Day of Deployment`.
fn around(tokens: &[Token<'_>]) -> Option<(When, usize)> {
    if let [Token::Word(day), Token::Word(of), Token::Word(_), ..] = tokens
        && day.eq_ignore_ascii_case("day")
        && of.eq_ignore_ascii_case("of")
    {
        return Some((When::At(Offset::ZERO), end_of_words(tokens, 2)));
    }
    let [Token::Number(count), Token::Word(word), Token::Word(side), Token::Word(_), ..] = tokens else {
        return None;
    };
    let sign = match side.to_ascii_lowercase().as_str() {
        "before" => -1,
        "after" => 1,
        _ => return None,
    };
    Some((When::At(unit(word)?.times(sign * i64::from(*count))?), end_of_words(tokens, 3)))
}

/// `0-30 minutes`, `30 minutes - 4 hours`, `24 h`, `< 5 min`: from T-0 or from the start of what it stands in.
fn length(tokens: &[Token<'_>]) -> Option<(When, usize)> {
    let skip = usize::from(tokens.first() == Some(&Token::Sign('<')));
    match tokens.get(skip..)? {
        [
            Token::Number(from),
            Token::Word(small),
            Token::Sign('-'),
            Token::Number(to),
            Token::Word(big),
            ..,
        ] => {
            let from = unit(small)?.times(i64::from(*from))?;
            Some((When::Between(from, unit(big)?.times(i64::from(*to))?), skip + 5))
        }
        [Token::Number(from), Token::Sign('-'), Token::Number(to), Token::Word(word), ..] => {
            let unit = unit(word)?;
            let from = unit.times(i64::from(*from))?;
            Some((When::Between(from, unit.times(i64::from(*to))?), skip + 4))
        }
        [Token::Number(count), Token::Word(word), ..] => {
            let end = unit(word)?.times(i64::from(*count))?;
            let when = if skip == 1 { When::Between(Offset::ZERO, end) } else { When::At(end) };
            Some((when, skip + 2))
        }
        _ => None,
    }
}

fn signed(tokens: &[Token<'_>], at: usize) -> Option<(i64, usize)> {
    match (tokens.get(at)?, tokens.get(at + 1)) {
        (Token::Number(number), _) => Some((i64::from(*number), at + 1)),
        (Token::Sign('-'), Some(Token::Number(number))) => Some((-i64::from(*number), at + 2)),
        _ => None,
    }
}

fn end_of_words(tokens: &[Token<'_>], from: usize) -> usize {
    tokens
        .iter()
        .skip(from)
        .position(|token| !matches!(token, Token::Word(_)))
        .map_or(tokens.len(), |n| from + n)
}

fn phrase(tokens: &[Token<'_>]) -> String {
    let mut out = String::new();
    for token in tokens {
        let word = match token {
            Token::Word(word) => (*word).to_owned(),
            Token::Number(number) => {
                format!("{number:0width$}", width = if out.ends_with(':') { 2 } else { 1 })
            }
            Token::Sign(sign) => sign.to_string(),
        };
        let joins = out.is_empty() || out.ends_with([':', '-']) || matches!(token, Token::Sign(_));
        if !joins {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn days(from: i32, to: i32) -> When {
        When::Between(Offset::days(from), Offset::days(to))
    }
    fn seconds(from: i64, to: i64) -> When {
        When::Between(Offset::seconds(from), Offset::seconds(to))
    }

    #[rstest]
    #[case("T-2 hours", When::At(Offset::seconds(-7200)))]
    #[case("T+1 hour", When::At(Offset::seconds(3600)))]
    #[case("T+24h", When::At(Offset::seconds(86_400)))]
    #[case("T+1 week", When::At(Offset::days(7)))]
    #[case("T−14 days", When::At(Offset::days(-14)))]
    #[case("T-Day", When::At(Offset::ZERO))]
    #[case("T-0 (Release day)", When::At(Offset::ZERO))]
    #[case("T+00:42", When::At(Offset::seconds(2520)))]
    #[case("D-1", When::At(Offset::days(-1)))]
    #[case("Hour 0-2", seconds(0, 7200))]
    #[case("0-30 minutes", seconds(0, 1800))]
    #[case("30 minutes - 4 hours", seconds(1800, 14_400))]
    #[case("5–30 min", seconds(300, 1800))]
    #[case("< 5 min", seconds(0, 300))]
    #[case("24 h", When::At(Offset::seconds(86_400)))]
    #[case("Week -1", days(-7, 0))]
    #[case("Week 0, Day 1", days(0, 1))]
    #[case("Week 0, Day 2-3", days(1, 3))]
    #[case("Weeks 1-10", days(7, 77))]
    #[case("Day 6-7", days(5, 7))]
    #[case("1-7 days", days(1, 7))]
    #[case("2 Weeks Before Deployment", When::At(Offset::days(-14)))]
    #[case("1 Week Before Deployment:", When::At(Offset::days(-7)))]
    #[case("Day of Deployment", When::At(Offset::ZERO))]
    #[case("Week 6, Monday 10:00 AM UTC", When::Calendar("Week 6, Monday 10:00 AM UTC".into()))]
    fn reads(#[case] text: &str, #[case] expected: When) {
        assert_eq!(When::parse(text), Some(expected), "{text}");
    }

    #[rstest]
    #[case("")]
    #[case("T")]
    #[case("T-shirt sizes")]
    #[case("Day after tomorrow's release")]
    #[case("3-5 engineers")]
    #[case("T-99999999999 days")]
    #[case("T-4000000000 weeks")]
    #[case("Weekly")]
    fn is_no_time(#[case] text: &str) {
        assert_eq!(When::parse(text), None, "{text}");
    }

    #[test]
    fn a_length_in_a_sentence_is_no_due_time_but_in_a_title_it_is() {
        assert_eq!(When::find("Load testing complete (48 hours)"), None);
        assert_eq!(When::find("Pre-Release (T-2 hours)"), Some(When::At(Offset::seconds(-7200))));
        assert_eq!(When::find("Announce at T+4h to all"), Some(When::At(Offset::seconds(14_400))));
        assert_eq!(When::window("Immediate Actions (0-30 minutes)"), Some(seconds(0, 1800)));
    }
}
