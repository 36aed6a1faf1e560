//! The words and signs of a rule's text.
//!
//! Invariants: reading never fails on length or content, only on a character that no rule has; every token knows
//! its byte offset and whether it touches the one before.

use winnow::ascii::digit1;
use winnow::combinator::{alt, delimited, opt, preceded, repeat, separated};
use winnow::error::ContextError;
use winnow::prelude::*;
use winnow::token::{any, one_of, take_till, take_while};

use super::condition::Op;
use super::error::RuleError;

/// One word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A decimal number without sign or grouping: `10000`, `4.0`.
    Number(String),
    /// A word; hyphens, dots and underscores inside it are part of it.
    Word(String),
    /// A comparison sign.
    Op(Op),
    /// A currency sign.
    Currency(char),
    /// What stands in brackets, without them.
    Remark(String),
    /// `%`
    Percent,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `+/-` or `±`
    PlusMinus,
    /// `->`
    Arrow,
    /// `/`
    Slash,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `:`
    Colon,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// A token in its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    /// What it is.
    pub(super) token: Token,
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// Whether it follows the one before without a space.
    pub(super) glued: bool,
}

/// Reads a text into its tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, RuleError> {
    let mut input = text;
    let mut out: Vec<Placed> = Vec::new();
    let mut glued = false;
    loop {
        let spaces = input.len() - input.trim_start().len();
        glued = glued && spaces == 0;
        input = input.trim_start();
        if input.is_empty() {
            return Ok(out);
        }
        let at = text.len() - input.len();
        let token = token.parse_next(&mut input).map_err(|_| {
            let sign = input.chars().next().unwrap_or(' ');
            RuleError::new(
                at,
                format!("`{}` has no meaning in a rule", sign.escape_default()),
                "write a comparison such as `> 1% for 5m`",
            )
        })?;
        out.push(Placed { token, at, glued });
        glued = true;
    }
}

fn token(input: &mut &str) -> Result<Token, ContextError> {
    alt((
        sign,
        version.map(Token::Word),
        number.map(Token::Number),
        query.map(Token::Word),
        word.map(Token::Word),
        remark.map(Token::Remark),
    ))
    .parse_next(input)
}

fn sign(input: &mut &str) -> Result<Token, ContextError> {
    let joins = alt((
        alt(("+/-", "+-", "±")).value(Token::PlusMinus),
        alt(("->", "→", "=>")).value(Token::Arrow),
        "&&".value(Token::And),
        "||".value(Token::Or),
    ));
    let compares = alt((
        alt((">=", "≥", "⩾")).value(Op::AtLeast),
        alt(("<=", "≤", "⩽")).value(Op::AtMost),
        alt(("!=", "<>", "≠")).value(Op::NotEqual),
        alt(("==", "=")).value(Op::Equal),
        ">".value(Op::Above),
        "<".value(Op::Below),
    ))
    .map(Token::Op);
    let single = alt((
        alt(("%", "％")).value(Token::Percent),
        "+".value(Token::Plus),
        alt(("-", "–", "−", "—")).value(Token::Minus),
        "/".value(Token::Slash),
        "×".value(Token::Word("x".to_owned())),
        ",".value(Token::Comma),
        ";".value(Token::Semicolon),
        ":".value(Token::Colon),
        one_of(['$', '€', '£', '¥', '₹']).map(Token::Currency),
    ));
    alt((joins, compares, single)).parse_next(input)
}

/// Digits in groups of three behind a comma or an apostrophe, or digits; then decimals.
fn number(input: &mut &str) -> Result<String, ContextError> {
    let whole = alt((grouped(','), grouped('\''), grouped('_'), digit1.map(str::to_owned)));
    let decimals = opt(preceded('.', digit1));
    (whole, decimals)
        .map(|(whole, decimals): (String, Option<&str>)| match decimals {
            Some(decimals) => format!("{whole}.{decimals}"),
            None => whole,
        })
        .parse_next(input)
}

fn grouped<'i>(mark: char) -> impl Parser<&'i str, String, ContextError> {
    move |input: &mut &'i str| {
        let three = |input: &mut &'i str| take_while(3..=3, |c: char| c.is_ascii_digit()).parse_next(input);
        let (first, rest): (&str, Vec<&str>) =
            (take_while(1..=3, |c: char| c.is_ascii_digit()), preceded(mark, separated(1.., three, mark)))
                .parse_next(input)?;
        if input.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(ContextError::new());
        }
        Ok(format!("{first}{}", rest.concat()))
    }
}

/// A letter, then letters and digits, and `-`, `_`, `.`, `'` where a letter or digit follows.
fn word(input: &mut &str) -> Result<String, ContextError> {
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    let more = repeat(0.., alt((take_while(1.., inner).void(), joined(inner)))).fold(|| (), |(), ()| ());
    (any.verify(|c: &char| c.is_alphabetic() || *c == '_'), more).take().map(str::to_owned).parse_next(input)
}

/// A version of at least three numbers: `2.3.0`, `2.3.0-rc.1`.
fn version(input: &mut &str) -> Result<String, ContextError> {
    let tail = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    (digit1, '.', digit1, '.', digit1, opt(('-', take_while(1.., tail))))
        .take()
        .map(str::to_owned)
        .parse_next(input)
}

/// A function of PromQL with all that stands in its brackets, which is one name: `rate(errors_total[5m])`.
fn query(input: &mut &str) -> Result<String, ContextError> {
    let text = *input;
    let name = take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_').parse_next(input)?;
    let length = if super::words::promql(name) { bracketed(input) } else { None };
    let Some(whole) = length.and_then(|length| text.get(..name.len() + length)) else {
        *input = text;
        return Err(ContextError::new());
    };
    *input = text.get(whole.len()..).unwrap_or_default();
    Ok(whole.to_owned())
}

/// How many bytes the brackets at the beginning of a text take, whatever stands in quotes inside them.
fn bracketed(text: &str) -> Option<usize> {
    let mut open = 0u32;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(mark), _) if mark == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => open += 1,
            (None, ')' | ']' | '}') => {
                open = open.checked_sub(1)?;
                if open == 0 {
                    return Some(at + c.len_utf8());
                }
            }
            (None, _) if open == 0 => return None,
            _ => {}
        }
    }
    None
}

fn joined<'i>(inner: impl Fn(char) -> bool + Copy) -> impl Parser<&'i str, (), ContextError> {
    (one_of(['-', '.', '\'', '’']), any.verify(move |c: &char| inner(*c))).void()
}

fn remark(input: &mut &str) -> Result<String, ContextError> {
    alt((delimited('(', take_till(0.., ['(', ')']), ')'), delimited('[', take_till(0.., ['[', ']']), ']')))
        .map(|inside: &str| inside.trim().to_owned())
        .parse_next(input)
}
