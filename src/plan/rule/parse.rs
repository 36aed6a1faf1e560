//! Text to rule: alternatives of tests, then how long they must last.

use std::str::FromStr;

use super::clause::{Clause, clause};
use super::condition::Rule;
use super::cursor::Cursor;
use super::error::RuleError;
use super::measure::span;
use super::subject::Subject;
use super::token::{Token, tokens};
use super::words::label;

/// Longer texts are prose, not rules.
const LONGEST: usize = 1000;

impl Rule {
    /// Reads a rule as a playbook or a plan file writes it.
    ///
    /// # Errors
    /// The byte where reading stopped, what is wrong there and what to write instead.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        if text.len() > LONGEST {
            return Err(RuleError::new(
                LONGEST,
                format!("a rule is at most {LONGEST} bytes long"),
                "split it into several rules",
            ));
        }
        match read(text) {
            Ok(rule) => Ok(rule),
            Err(wrong) => in_brackets(text).ok_or(wrong),
        }
    }
}

/// `Canary healthy (error rate < 0.1%)`: the condition stands in the brackets at the end, and the words before
/// them name its numbers where it does not.
fn in_brackets(text: &str) -> Option<Rule> {
    let (name, inside) = text.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let inside = inside.trim();
    // A bare number in brackets is a remark, unless it says that all, or at least so much, is asked for.
    let demands = inside.contains(['<', '>', '=', '≤', '≥']) || inside == "100%" || inside.ends_with("%+");
    let mut rule = read(inside).ok().filter(|_| demands)?;
    let name = Subject::new(name.trim_end_matches([' ', ':']))?;
    for test in rule.any.iter_mut().flatten().filter(|test| test.subject.is_none()) {
        test.subject = Some(name.clone());
    }
    (read(&rule.to_string()).as_ref() == Ok(&rule)).then_some(rule)
}

/// The whole text as one rule.
fn read(text: &str) -> Result<Rule, RuleError> {
    let body = text.trim_end().trim_end_matches('.');
    let tokens = tokens(body)?;
    let mut cursor = Cursor::new(body, &tokens);
    if cursor.done() {
        return Err(cursor.error("there is no rule here", "write a comparison such as `> 1% for 5m`"));
    }
    if cursor.word().is_some_and(label) && cursor.peek_at(1) == Some(&Token::Colon) {
        cursor.advance();
        cursor.advance();
    }
    let any = alternatives(&mut cursor)?;
    let lasting = match cursor.eat_word("for") {
        true => Some(span(&mut cursor)?),
        false => None,
    };
    while cursor.remark().is_some() {}
    if cursor.done() {
        return Ok(Rule { any, lasting });
    }
    if lasting.is_some() {
        return Err(cursor.error(
            "`for` covers the whole rule and stands at its end",
            "write one rule for each duration, or move `for` to the end",
        ));
    }
    Err(cursor.error(
        "nothing more was expected here",
        "join tests with `and` or `or`, and say how long with `for 5m`",
    ))
}

impl FromStr for Rule {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<Self, RuleError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Rule {
    type Error = RuleError;
    fn try_from(text: String) -> Result<Self, RuleError> {
        Self::parse(&text)
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> String {
        rule.to_string()
    }
}

fn alternatives(cursor: &mut Cursor<'_>) -> Result<Vec<Vec<super::Test>>, RuleError> {
    let mut any = Vec::new();
    let mut before = None;
    loop {
        let (tests, last) = together(cursor, before.as_ref())?;
        any.push(tests);
        before = Some(last);
        let slash = matches!(cursor.peek_at(1), Some(Token::Word(_))) && cursor.eat(&Token::Slash);
        if !(slash || cursor.eat_word("or") || cursor.eat(&Token::Or)) {
            return Ok(any);
        }
    }
}

fn together(
    cursor: &mut Cursor<'_>,
    before: Option<&Clause>,
) -> Result<(Vec<super::Test>, Clause), RuleError> {
    let mut last = clause(cursor, before)?;
    let mut tests = last.tests.clone();
    loop {
        let comma = cursor.eat(&Token::Comma) || cursor.eat(&Token::Semicolon);
        let joined = cursor.eat_word("and") || cursor.eat(&Token::And) || comma;
        // `0 CRITICAL 0 HIGH`: counts may follow each other without a word between them.
        if !(joined || last.bare && matches!(cursor.peek(), Some(Token::Number(_)))) {
            return Ok((tests, last));
        }
        let start = *cursor;
        let next = clause(cursor, Some(&last))?;
        if !joined && !next.noun {
            return Err(start.error("two numbers follow each other", "join two tests with `and`"));
        }
        tests.extend(next.tests.iter().cloned());
        last = next;
    }
}
