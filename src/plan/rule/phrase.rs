//! What a phrase of a playbook is: a rule, a rule that lacks its number, or no number at all.

use super::condition::{Check, Rule};
use super::token::{Token, tokens};
use super::words;

/// A phrase of a threshold or trigger table.
#[derive(Clone, Debug, PartialEq)]
pub enum Phrase {
    /// It says everything a rule needs.
    Rule(Rule),
    /// It compares, but not with a number; it must not be armed until somebody gives one.
    NeedsNumber {
        /// What is missing, to finish the sentence "it does not say …".
        missing: &'static str,
    },
    /// It is judged by a person: an event, a state, a schedule, a ladder of steps.
    NotANumber,
}

/// Says what a phrase is. Never fails: what is not understood is for a person.
pub fn classify(text: &str) -> Phrase {
    match Rule::parse(text) {
        Ok(rule) if rule.lasting.is_none() && rule.tests().all(|test| test.check == Check::Present) => {
            return Phrase::NotANumber;
        }
        Ok(rule) => return Phrase::Rule(rule),
        Err(_) => {}
    }
    let Ok(tokens) = tokens(text) else { return Phrase::NotANumber };
    let numbers = tokens.iter().any(|placed| matches!(placed.token, Token::Number(_)));
    if numbers {
        return Phrase::NotANumber;
    }
    let said: Vec<String> = tokens
        .iter()
        .filter_map(|placed| match &placed.token {
            Token::Word(word) => Some(words::lower(word)),
            _ => None,
        })
        .collect();
    let says = |wanted: &[&str]| said.iter().any(|word| wanted.contains(&word.as_str()));
    let compares = tokens.iter().any(|placed| matches!(placed.token, Token::Op(_) | Token::PlusMinus));
    if compares || says(&["threshold", "exceeds", "above", "below"]) {
        Phrase::NeedsNumber { missing: "the value it is compared with" }
    } else if says(&["high", "low", "elevated", "excessive", "slow", "too"]) {
        Phrase::NeedsNumber { missing: "from which value on, and in which unit" }
    } else if says(&["baseline"]) {
        Phrase::NeedsNumber { missing: "how far from the baseline it may be" }
    } else {
        Phrase::NotANumber
    }
}
