//! The numbers a rule is held against.

use std::collections::BTreeMap;

use crate::base::{Quantity, Seconds, Unit};

use super::subject::key;

/// Which way of a number is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better: throughput.
    More,
    /// Less is better: latency.
    Less,
}

/// One number as it is now, with what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The number, in its unit's base.
    pub now: Quantity,
    /// What it was before, or is on the other side, in the same unit.
    pub baseline: Option<f64>,
    /// The span it was counted over, when it is a count.
    pub within: Option<Seconds>,
    /// Which way is good, when known.
    pub better: Option<Better>,
    /// What it was of named versions, in the same unit.
    pub versions: BTreeMap<String, f64>,
}

impl Fact {
    /// A number of a unit, nothing else known.
    pub fn new(value: f64, unit: Unit) -> Self {
        Self {
            now: Quantity::new(value, unit),
            baseline: None,
            within: None,
            better: None,
            versions: BTreeMap::new(),
        }
    }

    /// The same with what it is compared to, in the same unit.
    pub fn against(self, baseline: f64) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    /// The same with what it was of a version, with or without its `v`.
    pub fn was(mut self, version: &str, value: f64) -> Self {
        self.versions.insert(version_key(version).to_owned(), value);
        self
    }

    /// What it was of a version, with or without its `v`.
    pub fn of_version(&self, version: &str) -> Option<f64> {
        self.versions.get(version_key(version)).copied()
    }

    /// The same, counted over a span.
    pub fn over(self, within: Seconds) -> Self {
        Self { within: Some(within), ..self }
    }

    /// The same, with its good direction.
    pub fn is_better(self, better: Better) -> Self {
        Self { better: Some(better), ..self }
    }
}

/// A version without the letter people put before it.
fn version_key(version: &str) -> &str {
    let bare = version.trim().strip_prefix(['v', 'V']);
    bare.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(version.trim())
}

/// Numbers by name, and the one that needs no name.
///
/// A rule's test without a subject reads the unnamed number. A test with a subject reads the number of that
/// name; only a rule that speaks of one number in all may read the unnamed one for a name not found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    unnamed: Option<Fact>,
    named: BTreeMap<String, Fact>,
}

impl Facts {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The one number a metric's own rule speaks of.
    pub fn of(fact: Fact) -> Self {
        Self { unnamed: Some(fact), named: BTreeMap::new() }
    }

    /// The same with a named number; a later one of the same name replaces it.
    pub fn with(mut self, name: &str, fact: Fact) -> Self {
        self.named.insert(key(name), fact);
        self
    }

    /// The same with a bare named number: a count out of a test report.
    pub fn with_number(self, name: &str, value: f64) -> Self {
        self.with(name, Fact::new(value, Unit::None))
    }

    /// The number without a name.
    pub fn unnamed(&self) -> Option<&Fact> {
        self.unnamed.as_ref()
    }

    /// The number of that name, however its words are joined.
    pub fn named(&self, name: &str) -> Option<&Fact> {
        self.named.get(&key(name))
    }
}
