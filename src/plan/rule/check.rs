//! The demand of a clause.

use crate::base::{Quantity, Seconds, Unit};

use super::condition::{Check, Direction, Op};
use super::cursor::Cursor;
use super::error::RuleError;
use super::measure::{Amount, amount, is_currency};
use super::subject::Subject;
use super::token::Token;
use super::words;

/// A demand as read, with the words around it.
pub(super) struct Found {
    /// The demand.
    pub(super) check: Check,
    /// What the number counts, when that belongs to its name: `errors` of `0 errors`.
    pub(super) nouns: Vec<String>,
    /// The name when it stands behind: `no increase in escalations`.
    pub(super) of: Option<Subject>,
    /// The span of a count per day or week.
    pub(super) within: Option<Seconds>,
    /// What the number ranges over.
    pub(super) scope: Option<Subject>,
    /// It had no comparison sign.
    pub(super) bare: bool,
    /// The version whose number is the baseline.
    pub(super) against: Option<Subject>,
}

impl Found {
    fn new(check: Check) -> Self {
        Self { check, nouns: Vec::new(), of: None, within: None, scope: None, bare: false, against: None }
    }

    fn held(self, against: Option<Subject>) -> Self {
        Self { against, ..self }
    }
}

/// Whether the word here begins a demand, so that no name goes on over it.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    let Some(word) = cursor.word() else { return false };
    let number_at = |at| {
        matches!(
            cursor.peek_at(at),
            Some(Token::Number(_) | Token::Currency(_) | Token::Op(_) | Token::Plus | Token::Minus)
        )
    };
    if let Some((_, taken)) = words::comparison(word, cursor.word_at(1), cursor.word_at(2)) {
        return number_at(taken)
            || cursor.word_at(taken).is_some_and(|word| baseline_word(word) || words::version(word));
    }
    let by = usize::from(cursor.word_at(1).is_some_and(|next| words::lower(next) == "by"));
    if words::change(word).is_some() && number_at(1 + by) {
        return share_follows(cursor, 1 + by);
    }
    if is_currency(word) {
        return matches!(cursor.peek_at(1), Some(Token::Number(_)));
    }
    match words::lower(word).as_str() {
        "no" => {
            let mut ahead = *cursor;
            no(&mut ahead).is_some()
        }
        "within" => share_follows(cursor, 1),
        "baseline" => matches!(cursor.peek_at(1), Some(Token::PlusMinus) | None),
        "any" => last(cursor),
        other => (words::trend(other).is_some() || words::state(other)) && last(cursor),
    }
}

/// Whether the demand ends with the word here.
fn last(cursor: &Cursor<'_>) -> bool {
    match cursor.peek_at(1) {
        Some(Token::Word(next)) => words::is_joint(next) || words::opens_scope(next),
        Some(Token::Comma | Token::Semicolon | Token::And | Token::Or | Token::Remark(_) | Token::Slash)
        | None => true,
        Some(_) => false,
    }
}

/// Whether a percentage stands there, behind a sign or without one.
fn share_follows(cursor: &Cursor<'_>, at: usize) -> bool {
    let signed = usize::from(!matches!(cursor.peek_at(at), Some(Token::Number(_))));
    matches!(cursor.peek_at(at + signed), Some(Token::Number(_)))
        && match cursor.peek_at(at + signed + 1) {
            Some(Token::Percent) => true,
            Some(Token::Word(word)) => matches!(words::lower(word).as_str(), "percent" | "pct"),
            _ => false,
        }
}

fn baseline_word(word: &str) -> bool {
    words::lower(word) == "baseline"
}

/// Reads the demand; `subject` is the name before it, which a bare number's meaning may rest on.
pub(super) fn check(cursor: &mut Cursor<'_>, subject: Option<&Subject>) -> Result<Found, RuleError> {
    if let Some(Token::Op(op)) = cursor.peek() {
        let op = *op;
        cursor.advance();
        return compared(cursor, op);
    }
    match cursor.peek() {
        Some(Token::PlusMinus) => return around(cursor),
        Some(Token::Plus) => {
            cursor.advance();
            return change_by(cursor, Direction::Up, Op::AtLeast);
        }
        Some(Token::Minus) => {
            cursor.advance();
            return change_by(cursor, Direction::Down, Op::AtLeast);
        }
        Some(Token::Word(word)) if is_currency(word) => return bare(cursor, subject),
        Some(Token::Word(word)) if begins(cursor) => return worded(cursor, word),
        Some(Token::Number(_) | Token::Currency(_)) => return bare(cursor, subject),
        _ => {}
    }
    if subject.is_some_and(Subject::is_state) {
        return Ok(Found::new(Check::Present));
    }
    let help = match subject {
        Some(name) => format!("say what `{name}` must be, such as `{name} > 1%`"),
        None => "write a comparison such as `> 1% for 5m`".to_owned(),
    };
    Err(cursor.error("a comparison belongs here", help))
}

fn worded(cursor: &mut Cursor<'_>, word: &str) -> Result<Found, RuleError> {
    if let Some(found) = no(cursor) {
        return Ok(found);
    }
    if let Some((op, taken)) = words::comparison(word, cursor.word_at(1), cursor.word_at(2)) {
        for _ in 0..taken {
            cursor.advance();
        }
        return compared(cursor, op);
    }
    let begin = *cursor;
    if let Some(direction) = words::change(word) {
        cursor.advance();
        cursor.eat_word("by");
        let op = match cursor.peek() {
            Some(Token::Op(op)) => {
                cursor.advance();
                *op
            }
            _ => Op::AtLeast,
        };
        return change_by(cursor, direction, op);
    }
    cursor.advance();
    match words::lower(word).as_str() {
        "within" => around(cursor),
        "baseline" => match cursor.peek() {
            Some(Token::PlusMinus) => around(cursor),
            _ => Err(cursor.error("how far from the baseline is not said", "write `baseline +/- 10%`")),
        },
        "any" => Ok(Found::new(Check::Compare { op: Op::Above, value: Quantity::new(0.0, Unit::None) })),
        lower => match words::trend(lower) {
            Some(direction) => {
                let against = from_baseline(cursor);
                Ok(Found::new(Check::Trend { direction }).held(against))
            }
            None if words::state(lower) => Ok(Found::new(Check::Present)),
            None => Err(begin
                .error(format!("`{word}` is not a comparison"), "write a comparison such as `> 1% for 5m`")),
        },
    }
}

/// `no increase in escalations`, `no critical vulnerabilities`; nothing is consumed when it is neither.
fn no(cursor: &mut Cursor<'_>) -> Option<Found> {
    let mut ahead = *cursor;
    if !ahead.eat_word("no") {
        return None;
    }
    let moved = ahead.word().and_then(|word| match words::lower(word).as_str() {
        "change" => Some(Op::Equal),
        "increase" | "growth" | "rise" => Some(Op::AtMost),
        "decrease" | "drop" | "decline" => Some(Op::AtLeast),
        _ => None,
    });
    let mut found;
    if let Some(op) = moved {
        ahead.advance();
        found = Found::new(Check::Baseline { op, factor: 1.0 });
        if ahead.eat_word("in") {
            let begin = ahead;
            while ahead.word().is_some_and(|word| !words::is_joint(word)) {
                ahead.advance();
            }
            found.of = Some(Subject::new(&begin.text_until(&ahead))?);
        }
        found.against = from_baseline(&mut ahead);
    } else if ahead.word().is_some_and(|word| matches!(words::lower(word).as_str(), "worse" | "slower"))
        && cursor.word_at(2).is_some_and(|word| words::lower(word) == "than")
    {
        ahead.advance();
        found = Found::new(Check::Change { direction: Direction::Worse, op: Op::AtMost, by: 0.0 });
        found.against = from_baseline(&mut ahead);
    } else {
        let begin = ahead;
        while ahead.word().is_some_and(|word| !words::is_joint(word)) {
            ahead.advance();
        }
        let noun = begin.text_until(&ahead);
        if !words::unwanted(&noun) {
            return None;
        }
        // `no regression > 10%` is `regression <= 10%`.
        let most = match ahead.peek() {
            Some(Token::Op(Op::Above)) => Some(Op::AtMost),
            Some(Token::Op(Op::AtLeast)) => Some(Op::Below),
            _ => None,
        };
        let value = match most {
            Some(_) => {
                ahead.advance();
                amount(&mut ahead).ok()??.quantity().ok()?
            }
            None => Quantity::new(0.0, Unit::None),
        };
        let before = ahead;
        let against = from_baseline(&mut ahead);
        let named = ahead.column() > before.column();
        if named && words::lower(&noun) == "regression" && value.unit == Unit::Ratio {
            // Held against a version it is no number of a report, but a change for the worse.
            let op = most.unwrap_or(Op::AtMost);
            found =
                Found::new(Check::Change { direction: Direction::Worse, op, by: value.value }).held(against);
        } else {
            ahead = before;
            found = Found::new(Check::Compare { op: most.unwrap_or(Op::Equal), value });
            found.nouns = vec![noun];
        }
    }
    *cursor = ahead;
    Some(found)
}

/// What follows a comparison sign.
fn compared(cursor: &mut Cursor<'_>, op: Op) -> Result<Found, RuleError> {
    cursor.eat_word("the");
    if let Some(against) = baseline(cursor) {
        return Ok(Found::new(Check::Baseline { op, factor: 1.0 }).held(against));
    }
    let at = *cursor;
    let Some(mut limit) = amount(cursor)? else {
        let help = format!("write the value after `{op}`, with its unit: `{op} 1%`, `{op} 500 ms`");
        return Err(cursor.error(format!("a number belongs after `{op}`"), help));
    };
    if limit.times {
        return times(cursor, op, &limit);
    }
    if limit.unit == Unit::Ratio {
        return share(cursor, op, &limit);
    }
    refine(cursor, &mut limit)?;
    let mut found = counted(cursor, &mut limit);
    if matches!(cursor.peek(), Some(Token::Arrow | Token::Minus | Token::PlusMinus)) {
        return Err(at.error("a comparison takes one number", "write a range without a sign: `400-600 MB`"));
    }
    found.check = Check::Compare { op, value: limit.quantity()? };
    Ok(found)
}

/// What a rate or a bare number counts: a rate's noun is what it ranges over, a count's is its unit.
fn counted(cursor: &mut Cursor<'_>, limit: &mut Amount) -> Found {
    let mut found = Found::new(Check::Present);
    found.within = limit.within;
    if let Some(noun) = limit.noun.take().filter(|noun| !words::plain_noun(noun)) {
        match limit.within {
            Some(_) if limit.unit == Unit::None => limit.unit = Unit::Count(noun),
            _ => found.scope = Subject::new(&format!("of {noun}")),
        }
    } else if limit.unit == Unit::None
        && let Some(noun) = noun_words(cursor)
    {
        limit.unit = Unit::Count(noun);
    }
    found
}

fn times(cursor: &mut Cursor<'_>, op: Op, limit: &Amount) -> Result<Found, RuleError> {
    cursor.eat_word("the");
    cursor.eat_word("of");
    let against = baseline(cursor).flatten();
    Ok(Found::new(Check::Baseline { op, factor: limit.size()? }).held(against))
}

/// What numbers are held against: `baseline`, `version 2.3.0`, `2.3.0`. Of a version its name.
fn baseline(cursor: &mut Cursor<'_>) -> Option<Option<Subject>> {
    let mut ahead = *cursor;
    ahead.eat_word("the");
    if ahead.eat_word("baseline") {
        let own = ahead;
        // `baseline v2.2.0` and `baseline 2.3.0` name it too.
        let named = version(&mut ahead);
        *cursor = if named.is_some() { ahead } else { own };
        return Some(named);
    }
    let said = ["version", "release"].iter().any(|word| ahead.eat_word(word));
    let named = match ahead.peek() {
        Some(Token::Number(number)) if said => {
            let named = Subject::new(number);
            ahead.advance();
            named
        }
        _ => version(&mut ahead),
    }?;
    *cursor = ahead;
    Some(Some(named))
}

/// The name of a version, if one stands here.
fn version(cursor: &mut Cursor<'_>) -> Option<Subject> {
    let named = cursor.word().filter(|word| words::version(word)).and_then(Subject::new)?;
    cursor.advance();
    Some(named)
}

/// A percentage behind a sign: of the baseline, of a change, or of the number itself.
fn share(cursor: &mut Cursor<'_>, op: Op, limit: &Amount) -> Result<Found, RuleError> {
    if let Some(found) = relative(cursor, op, limit)? {
        return Ok(found);
    }
    let mut found = Found::new(Check::Compare { op, value: limit.quantity()? });
    found.scope = plural(cursor);
    Ok(found)
}

/// What makes a percentage one of the baseline: `change`, `of baseline`, `above baseline`.
fn relative(cursor: &mut Cursor<'_>, op: Op, limit: &Amount) -> Result<Option<Found>, RuleError> {
    if let Some(against) = behind(cursor, &["of"]) {
        return Ok(Some(Found::new(Check::Baseline { op, factor: limit.size()? }).held(against)));
    }
    for (words, direction) in [(&["above", "over"][..], Direction::Up), (&["below"][..], Direction::Down)] {
        if let Some(against) = behind(cursor, words) {
            return Ok(Some(Found::new(Check::Change { direction, op, by: limit.size()? }).held(against)));
        }
    }
    let mut ahead = *cursor;
    let direction = match ahead.word() {
        Some(word) => words::change(word).or_else(|| {
            // `30% better` says by itself what it is, `50% more` only with what it is more than.
            let way = words::compared(word)?;
            let than = ahead.word_at(1).is_some_and(|next| words::lower(next) == "than");
            (than || matches!(way, Direction::Better | Direction::Worse)).then_some(way)
        }),
        None => None,
    };
    let Some(direction) = direction else { return Ok(None) };
    ahead.advance();
    let against = from_baseline(&mut ahead);
    *cursor = ahead;
    Ok(Some(Found::new(Check::Change { direction, op, by: limit.size()? }).held(against)))
}

/// One of these words and a baseline behind it.
fn behind(cursor: &mut Cursor<'_>, joints: &[&str]) -> Option<Option<Subject>> {
    for joint in joints {
        let mut ahead = *cursor;
        if ahead.eat_word(joint)
            && let Some(found) = baseline(&mut ahead)
        {
            *cursor = ahead;
            return Some(found);
        }
    }
    None
}

/// `50% sessions`: one plural word behind a percentage is what it is a share of.
fn plural(cursor: &mut Cursor<'_>) -> Option<Subject> {
    let word = cursor.word().filter(|word| {
        word.len() > 3 && word.ends_with('s') && word.chars().all(|c| c.is_ascii_lowercase())
    })?;
    cursor.advance();
    Subject::new(&format!("of {word}"))
}

fn change_by(cursor: &mut Cursor<'_>, direction: Direction, op: Op) -> Result<Found, RuleError> {
    let at = *cursor;
    match amount(cursor)? {
        Some(by) if by.unit == Unit::Ratio => {
            let against = from_baseline(cursor);
            Ok(Found::new(Check::Change { direction, op, by: by.size()? }).held(against))
        }
        _ => Err(at.error(
            "a change is a percentage of the baseline",
            "write it as `drops > 20%` or `> 20% change`",
        )),
    }
}

/// What a change is held against, if it is said; of a version its name.
fn from_baseline(cursor: &mut Cursor<'_>) -> Option<Subject> {
    for pair in [["compared", "to"], ["compared", "with"], ["relative", "to"]] {
        let mut ahead = *cursor;
        if ahead.eat_words(&pair)
            && let Some(found) = baseline(&mut ahead)
        {
            *cursor = ahead;
            return found;
        }
    }
    let joints = ["from", "vs", "versus", "against", "over", "below", "above", "than"];
    behind(cursor, &joints).flatten()
}

/// `+/- 10%` behind `baseline`, or `10% of baseline` behind `within` or `+/-`.
fn around(cursor: &mut Cursor<'_>) -> Result<Found, RuleError> {
    cursor.eat(&Token::PlusMinus);
    let at = *cursor;
    let found = match amount(cursor)? {
        Some(margin) if margin.unit == Unit::Ratio => Found::new(Check::Around { margin: margin.size()? }),
        _ => return Err(at.error("a percentage belongs here", "write it as `baseline +/- 10%`")),
    };
    let against = match behind(cursor, &["of"]) {
        Some(against) => against,
        None => from_baseline(cursor),
    };
    Ok(found.held(against))
}

/// A number without a sign: a range, a way from one value to another, or the bare value.
fn bare(cursor: &mut Cursor<'_>, subject: Option<&Subject>) -> Result<Found, RuleError> {
    let begin = *cursor;
    let Some(first) = amount(cursor)? else {
        return Err(cursor.error("a number belongs here", "write it with its unit: `500 MB`"));
    };
    if cursor.eat(&Token::Arrow) {
        return target(cursor, &first, begin);
    }
    if let Some(mut high) = upper(cursor)? {
        let low = first.adopt(&high).quantity()?;
        let noun = high.noun.take().filter(|noun| !words::plain_noun(noun));
        let high = high.quantity()?;
        if low.unit != high.unit || low.value > high.value {
            return Err(begin.error("the range has no inside", "write the smaller end first, in one unit"));
        }
        let mut found = Found::new(Check::Range { low, high });
        found.nouns = match noun {
            Some(noun) => vec![noun],
            None => noun_words(cursor).into_iter().collect(),
        };
        return Ok(found);
    }
    let mut value = first;
    if value.times {
        let mut found = times(cursor, Op::AtLeast, &value)?;
        found.bare = true;
        return Ok(found);
    }
    if value.unit == Unit::Ratio
        && let Some(found) = relative(cursor, Op::AtLeast, &value)?
    {
        return Ok(found);
    }
    if !matches!(cursor.peek_at(1), Some(Token::Number(_))) {
        // `95%+`
        cursor.eat(&Token::Plus);
    }
    refine(cursor, &mut value)?;
    let mut found = Found::new(Check::Present);
    found.bare = true;
    found.within = value.within;
    found.nouns = match value.noun.take().filter(|noun| !words::plain_noun(noun)) {
        Some(noun) => vec![noun],
        None => nouns(cursor),
    };
    if found.nouns.iter().any(|noun| noun.starts_with("business ") || noun.starts_with("working ")) {
        return Err(begin.error(
            "a business day is a step in a calendar, not a length of time",
            "write hours, such as `8 h`, or `24 h`",
        ));
    }
    let op = implied(&value, subject, found.nouns.is_empty())?;
    found.check = Check::Compare { op, value: value.quantity()? };
    Ok(found)
}

/// The comparison people leave out; the table is in the room's own docs.
fn implied(value: &Amount, subject: Option<&Subject>, named_before: bool) -> Result<Op, RuleError> {
    let says_max = subject.is_some_and(|name| name.key().contains("max"));
    Ok(if value.value()? == 0.0 {
        Op::Equal
    } else if says_max || (value.unit == Unit::Seconds && subject.is_some() && named_before) {
        Op::AtMost
    } else {
        Op::AtLeast
    })
}

/// The other end of a range, behind `-` or `to`.
fn upper(cursor: &mut Cursor<'_>) -> Result<Option<Amount>, RuleError> {
    let mut ahead = *cursor;
    if !(ahead.eat(&Token::Minus) || ahead.eat_word("to")) {
        return Ok(None);
    }
    let Some(high) = amount(&mut ahead)? else { return Ok(None) };
    *cursor = ahead;
    Ok(Some(high))
}

/// `20->8-12 ms`: from one value to another is a demand on where it ends, at its weaker end.
fn target(cursor: &mut Cursor<'_>, from: &Amount, begin: Cursor<'_>) -> Result<Found, RuleError> {
    let several = "several steps are a rollout, not a rule";
    let Some(to) = amount(cursor)? else {
        return Err(cursor.error("a number belongs after the arrow", "write it as `20 -> 8 ms`"));
    };
    let high = upper(cursor)?;
    if cursor.peek() == Some(&Token::Arrow) {
        return Err(begin.error(several, "write the steps into a rollout of the plan"));
    }
    let unit_of = high.clone().unwrap_or_else(|| to.clone());
    let (from, low) = (from.clone().adopt(&unit_of).quantity()?, to.adopt(&unit_of).quantity()?);
    let high = unit_of.quantity()?;
    if from.unit != high.unit || low.unit != high.unit || from.value == high.value {
        return Err(begin.error("the two sides of the arrow do not compare", "write both in one unit"));
    }
    let down = high.value < from.value;
    Ok(Found::new(Check::Compare {
        op: if down { Op::AtMost } else { Op::AtLeast },
        value: if down { high } else { low },
    }))
}

/// A unit in a remark behind a bare number: `1000 (ms)`, `0.001 (failures per second)`, `0.0001 (0.01%)`.
fn refine(cursor: &mut Cursor<'_>, limit: &mut Amount) -> Result<(), RuleError> {
    let Some(Token::Remark(inside)) = cursor.peek() else { return Ok(()) };
    cursor.advance();
    if limit.unit == Unit::None {
        limit.told(inside)?;
    }
    Ok(())
}

/// Up to four words behind a number.
fn noun_words(cursor: &mut Cursor<'_>) -> Option<String> {
    let begin = *cursor;
    let mut words = 0;
    let is_part = |word: &str| !words::is_joint(word) && !words::opens_scope(word);
    while words < 4 && cursor.word().is_some_and(is_part) && !ends_in_sign(cursor) {
        cursor.advance();
        words += 1;
        if cursor.peek() == Some(&Token::Slash) && cursor.glued() && cursor.word_at(1).is_some() {
            cursor.advance();
        }
    }
    (words > 0).then(|| begin.text_until(cursor))
}

/// Whether the word here is the name of a next test: `CPU` of `70 / CPU > 3`.
fn ends_in_sign(cursor: &Cursor<'_>) -> bool {
    matches!(cursor.peek_at(1), Some(Token::Op(_)))
}

/// The nouns behind a bare number: one, or each of `HIGH/CRITICAL`.
fn nouns(cursor: &mut Cursor<'_>) -> Vec<String> {
    match noun_words(cursor) {
        Some(noun) if !noun.contains(' ') => noun.split('/').map(str::to_owned).collect(),
        Some(noun) => vec![noun],
        None => Vec::new(),
    }
}
