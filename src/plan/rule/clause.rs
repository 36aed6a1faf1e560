//! One clause: the name of a number, the demand on it, and what qualifies it.

use crate::base::{Quantity, Seconds, Unit};

use super::check;
use super::condition::{Check, Op, Test};
use super::cursor::Cursor;
use super::error::RuleError;
use super::measure::{amount, span, whole};
use super::subject::Subject;
use super::token::{Token, tokens};
use super::words;

/// What one clause said, and what the next may take from it.
pub(super) struct Clause {
    /// Its tests: one, or one for each thing of `0 HIGH/CRITICAL`, and one for a deadline.
    pub(super) tests: Vec<Test>,
    /// The words before the check, which further counts belong to: `Trivy` of `Trivy 0 CRITICAL 0 HIGH`.
    prefix: Option<Subject>,
    /// It had no comparison sign.
    pub(super) bare: bool,
    /// It named what it counts after the number.
    pub(super) noun: bool,
}

impl Clause {
    /// The name a next clause without one speaks of; an error when this one speaks of several.
    fn passes_on(&self, cursor: &Cursor<'_>) -> Result<Option<Subject>, RuleError> {
        let first = self.tests.first().and_then(|test| test.subject.clone());
        if first.is_none() && self.tests.iter().any(|test| test.subject.is_some()) {
            return Err(cursor
                .error("which number this speaks of is not clear", "name the number: `error rate > 1%`"));
        }
        Ok(first)
    }
}

/// Reads one clause. A clause without a name speaks of the number of the clause before it.
pub(super) fn clause(cursor: &mut Cursor<'_>, before: Option<&Clause>) -> Result<Clause, RuleError> {
    let begin = *cursor;
    let own = subject(cursor)?;
    if let Some(limit) = deadline(cursor)? {
        let name = own.clone().or_else(|| Subject::new("duration"));
        let test = Test { subject: name, ..Test::new(limit) };
        return Ok(Clause { tests: vec![test], prefix: own, bare: false, noun: false });
    }
    let passed = |cursor: &Cursor<'_>| match before {
        Some(before) if own.is_none() => before.passes_on(cursor),
        _ => Ok(own.clone()),
    };
    let mut found = check::check(cursor, passed(&begin).ok().flatten().as_ref())?;
    while cursor.remark().is_some() {}
    let mut within = window(cursor)?.or(found.within);
    let scope = scope(cursor).or(found.scope.take());
    within = match within {
        None => window(cursor)?,
        found => found,
    };
    let limit = deadline(cursor)?;
    while cursor.remark().is_some() {}

    let prefix = if own.is_none() && !found.nouns.is_empty() {
        before.filter(|before| before.noun).and_then(|before| before.prefix.clone())
    } else {
        own.clone()
    };
    let mut subjects: Vec<Option<Subject>> = if !found.nouns.is_empty() {
        found.nouns.iter().map(|noun| Some(joined(prefix.as_ref(), noun))).collect()
    } else if let Some(of) = found.of.take() {
        if own.is_some() {
            return Err(begin.error("the number has two names", "name it once, before the comparison"));
        }
        vec![Some(of)]
    } else {
        vec![passed(&begin)?]
    };
    if matches!(found.check, Check::Range { .. }) {
        // `stable 400-600 MB`: the range itself says stable.
        for subject in &mut subjects {
            *subject = subject.take().and_then(|name| name.without_last_word("stable"));
        }
    }
    let mut tests: Vec<Test> = subjects
        .into_iter()
        .map(|subject| Test {
            subject,
            check: found.check.clone(),
            within,
            scope: scope.clone(),
            against: found.against.clone(),
        })
        .collect();
    if let Some(limit) = limit {
        by_then(&mut tests, limit, prefix.as_ref());
    }
    for test in &tests {
        reads_back(test, &begin)?;
    }
    Ok(Clause { tests, prefix, bare: found.bare, noun: !found.nouns.is_empty() })
}

/// A name that holds words of the grammar could not be written and read again.
fn reads_back(test: &Test, begin: &Cursor<'_>) -> Result<(), RuleError> {
    let Some(name) = &test.subject else { return Ok(()) };
    let text = test.to_string();
    let tokens = tokens(&text)?;
    let mut cursor = Cursor::new(&text, &tokens);
    if subject(&mut cursor)?.as_ref() == Some(name) {
        return Ok(());
    }
    Err(begin.error(
        format!("`{name}` holds words that mean something else in a rule"),
        "name the number in other words, before the comparison",
    ))
}

/// The name of a number with what it counts: `compile` and `errors`.
fn joined(prefix: Option<&Subject>, noun: &str) -> Subject {
    prefix.map_or_else(|| Subject::of_words(noun), |prefix| Subject::of_words(&format!("{prefix} {noun}")))
}

/// `in < 5 min` behind another demand: the size it must reach by then, or one more test on `duration`.
fn by_then(tests: &mut Vec<Test>, limit: Check, prefix: Option<&Subject>) {
    if let (Check::Compare { value: time, .. }, [only]) = (&limit, tests.as_mut_slice())
        && let Check::Compare { value: size, .. } = &only.check
        && size.unit == Unit::Bytes
        && let Some(span) = whole(time.value)
    {
        only.within = Some(span);
        return;
    }
    tests.push(Test::new(limit).of(joined(prefix, "duration")));
}

/// The words before the check.
fn subject(cursor: &mut Cursor<'_>) -> Result<Option<Subject>, RuleError> {
    let begin = *cursor;
    let mut before: Option<&str> = None;
    loop {
        let numbered = match cursor.peek() {
            Some(Token::Word(_)) if check::begins(cursor) => false,
            Some(Token::Word(word)) => {
                // `in < 5 min` and `and`, `or`, `for` end a name; other joints may be inside it (`time to load`).
                if ends_name(cursor, word) {
                    break;
                }
                true
            }
            Some(Token::Remark(_)) => cursor.column() > begin.column(),
            Some(Token::Slash) => cursor.word_at(1).is_some() && (cursor.glued() || divides(cursor, before)),
            Some(Token::Colon) => cursor.column() > begin.column(),
            Some(Token::Number(_)) => number_in_name(cursor, before),
            _ => false,
        };
        if !numbered {
            break;
        }
        before = cursor.word();
        cursor.advance();
    }
    let text = begin.text_until(cursor);
    let text = text.trim_end_matches(':');
    let low = words::lower(text);
    if low.split_whitespace().next() == Some("every") || low.split_whitespace().last() == Some("every") {
        return Err(begin.error("this is a schedule, not a rule", "put it into the plan's schedule"));
    }
    Ok(Subject::new(text))
}

/// Whether the slash here divides two queries, rather than joining two tests.
fn divides(cursor: &Cursor<'_>, before: Option<&str>) -> bool {
    let query = |word: Option<&str>| word.is_some_and(|word| word.ends_with([')', ']', '}']));
    query(before) && query(cursor.word_at(1))
}

fn ends_name(cursor: &Cursor<'_>, word: &str) -> bool {
    match words::lower(word).as_str() {
        "and" | "or" | "for" | "then" => true,
        "in" | "within" | "over" => matches!(cursor.peek_at(1), Some(Token::Op(_) | Token::Number(_))),
        _ => false,
    }
}

/// A number is part of a name as an ordinal (`95th percentile`), behind a word that is numbered (`Phase 1`), as
/// the status of an answer (`returning 500`), and when words and then a comparison sign follow it.
fn number_in_name(cursor: &Cursor<'_>, before: Option<&str>) -> bool {
    let mut ahead = *cursor;
    ahead.advance();
    let ordinal = ahead.word().is_some_and(|word| matches!(word, "th" | "st" | "nd" | "rd"));
    let apart = !ahead.glued() || ahead.peek() == Some(&Token::Colon);
    if ahead.glued() && ordinal || apart && before.is_some_and(words::numbered) {
        return true;
    }
    if ahead.glued() || ahead.word().is_none() {
        return false;
    }
    while let Some(word) = ahead.word() {
        if ends_name(&ahead, word) {
            return false;
        }
        if check::begins(&ahead) && words::state(word) {
            return true;
        }
        ahead.advance();
    }
    matches!(ahead.peek(), Some(Token::Op(_)))
}

/// `in < 5 min`, `within <= 1 h`.
fn deadline(cursor: &mut Cursor<'_>) -> Result<Option<Check>, RuleError> {
    let mut ahead = *cursor;
    if !(ahead.eat_word("in") || ahead.eat_word("within")) {
        return Ok(None);
    }
    let Some(Token::Op(op @ (Op::Below | Op::AtMost))) = ahead.peek() else { return Ok(None) };
    let op = *op;
    ahead.advance();
    let at = ahead;
    let value: Quantity = match amount(&mut ahead)? {
        Some(amount) if amount.unit == Unit::Seconds => amount.quantity()?,
        _ => return Err(at.error("a length of time belongs here", "write it as `in < 5 min`")),
    };
    *cursor = ahead;
    Ok(Some(Check::Compare { op, value }))
}

/// `in 5 min`, `within 7 days`, `in first 24 h`.
fn window(cursor: &mut Cursor<'_>) -> Result<Option<Seconds>, RuleError> {
    let mut ahead = *cursor;
    let opens = ["in", "within", "over"].iter().any(|word| ahead.eat_word(word));
    let numberless = ["the", "first", "last", "past"];
    let spans = match ahead.peek() {
        Some(Token::Number(_)) => true,
        Some(Token::Word(word)) => numberless.contains(&words::lower(word).as_str()),
        _ => false,
    };
    if !opens || !spans {
        return Ok(None);
    }
    let span = span(&mut ahead)?;
    *cursor = ahead;
    Ok(Some(span))
}

/// `on any server`, `of sessions`, `all metrics`, `under load`, `median`: what the number ranges over.
fn scope(cursor: &mut Cursor<'_>) -> Option<Subject> {
    let begin = *cursor;
    let every = |word: Option<&str>| {
        word.is_some_and(|word| matches!(words::lower(word).as_str(), "any" | "all" | "each" | "every"))
    };
    if every(cursor.word_at(1)) && (cursor.eat_word("for") || cursor.eat_word("in")) {
        cursor.advance();
    } else if let Some(word) = cursor.word().filter(|word| words::opens_scope(word)) {
        cursor.advance();
        if words::aggregate(word) {
            return Subject::new(word);
        }
    } else {
        return None;
    }
    let first = *cursor;
    while cursor.word().is_some_and(|word| {
        !matches!(words::lower(word).as_str(), "and" | "or" | "for" | "in" | "within" | "over")
    }) {
        cursor.advance();
    }
    if first.column() == cursor.column() {
        *cursor = begin;
        return None;
    }
    Subject::new(&begin.text_until(cursor))
}
