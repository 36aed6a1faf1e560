//! Text to rule: alternatives of tests, then how long they must last.

use std::str::FromStr;

use super::clause::{Clause, clause};
use super::condition::Rule;
use super::cursor::Cursor;
use super::error::RuleError;
use super::measure::span;
use super::token::{Token, tokens};

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
        let body = text.trim_end().trim_end_matches('.');
        let tokens = tokens(body)?;
        let mut cursor = Cursor::new(body, &tokens);
        if cursor.done() {
            return Err(cursor.error("there is no rule here", "write a comparison such as `> 1% for 5m`"));
        }
        let any = alternatives(&mut cursor)?;
        let lasting = match cursor.eat_word("for") {
            true => Some(span(&mut cursor)?),
            false => None,
        };
        while cursor.remark().is_some() {}
        if cursor.done() {
            return Ok(Self { any, lasting });
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
        if !(cursor.eat_word("or") || cursor.eat(&Token::Or) || cursor.eat(&Token::Slash)) {
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
