//! A place in the tokens of a rule. Cheap to copy, so looking ahead is moving a copy.

use super::error::RuleError;
use super::token::{Placed, Token};
use super::words::lower;

/// A place in the tokens, with the text they came from.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    rest: &'t [Placed],
}

impl<'t> Cursor<'t> {
    /// Before the first token.
    pub(super) fn new(text: &'t str, tokens: &'t [Placed]) -> Self {
        Self { text, rest: tokens }
    }

    /// The token here.
    pub(super) fn peek(&self) -> Option<&'t Token> {
        self.rest.first().map(|placed| &placed.token)
    }

    /// The token so many further.
    pub(super) fn peek_at(&self, ahead: usize) -> Option<&'t Token> {
        self.rest.get(ahead).map(|placed| &placed.token)
    }

    /// The word here.
    pub(super) fn word(&self) -> Option<&'t str> {
        self.word_at(0)
    }

    /// The word so many tokens further.
    pub(super) fn word_at(&self, ahead: usize) -> Option<&'t str> {
        match self.peek_at(ahead) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Whether the token here touches the one before it.
    pub(super) fn glued(&self) -> bool {
        self.rest.first().is_some_and(|placed| placed.glued)
    }

    /// The byte where the token here begins; the length of the text at its end.
    pub(super) fn column(&self) -> usize {
        self.rest.first().map_or(self.text.len(), |placed| placed.at)
    }

    /// Whether all is read.
    pub(super) fn done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Goes one token further; says whether there was one.
    pub(super) fn advance(&mut self) -> bool {
        match self.rest.split_first() {
            Some((_, rest)) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes this token if it is here.
    pub(super) fn eat(&mut self, token: &Token) -> bool {
        self.peek() == Some(token) && self.advance()
    }

    /// Takes this word, in any case, if it is here.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        self.word().is_some_and(|here| lower(here) == word) && self.advance()
    }

    /// Takes these words, in any case, if they are all here.
    pub(super) fn eat_words(&mut self, words: &[&str]) -> bool {
        let mut ahead = *self;
        let all = words.iter().all(|word| ahead.eat_word(word));
        if all {
            *self = ahead;
        }
        all
    }

    /// Takes a remark in brackets, if one is here.
    pub(super) fn remark(&mut self) -> Option<&'t str> {
        match self.peek() {
            Some(Token::Remark(inside)) => {
                self.advance();
                Some(inside)
            }
            _ => None,
        }
    }

    /// The text between here and a later place, without the space around it.
    pub(super) fn text_until(&self, later: &Self) -> String {
        self.text.get(self.column()..later.column()).unwrap_or_default().trim().to_owned()
    }

    /// What is wrong here.
    pub(super) fn error(&self, wrong: impl Into<String>, help: impl Into<String>) -> RuleError {
        RuleError::new(self.column(), wrong, help)
    }
}
