//! The list of stages and items: what is folded out, what is selected, what the filter lets through.

use std::collections::BTreeSet;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::index::{Index, ItemRef, item_line};
use crate::release::View;

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A stage, by its place.
    Stage(usize),
    /// An item.
    Item(ItemRef),
}

/// The list.
#[derive(Clone, Debug, Default)]
pub struct StageList {
    /// The rows that are there, folded items left out.
    pub rows: Vec<Row>,
    /// The selected row's place.
    pub cursor: usize,
    /// What people look for; empty shows all.
    pub filter: String,
    /// Stages whose fold differs from its default: only the current stage is folded out.
    turned: BTreeSet<usize>,
}

impl StageList {
    /// Makes the rows anew and keeps what was selected.
    pub fn rebuild(&mut self, view: &View, index: &Index) {
        let selected = self.selected();
        self.rows.clear();
        if self.filter.is_empty() {
            for (place, stage) in index.stages.iter().enumerate() {
                self.rows.push(Row::Stage(place));
                if self.is_open(place, index) {
                    self.rows.extend(stage.items.iter().copied().map(Row::Item));
                }
            }
        } else {
            self.search(view, index);
        }
        let kept = selected.and_then(|row| self.rows.iter().position(|other| *other == row));
        self.cursor = kept.unwrap_or(self.cursor).min(self.rows.len().saturating_sub(1));
    }

    fn search(&mut self, view: &View, index: &Index) {
        let pattern = Pattern::parse(&self.filter, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        for (place, stage) in index.stages.iter().enumerate() {
            let found: Vec<Row> = stage
                .items
                .iter()
                .filter(|item| {
                    item_line(view, **item).is_some_and(|line| {
                        let owner = line.owner.unwrap_or_default();
                        let words = format!("{} {owner} {}", line.text, line.id);
                        pattern.score(Utf32Str::new(&words, &mut buffer), &mut matcher).is_some()
                    })
                })
                .map(|item| Row::Item(*item))
                .collect();
            if !found.is_empty() {
                self.rows.push(Row::Stage(place));
                self.rows.extend(found);
            }
        }
    }

    /// True when the items of a stage are shown.
    pub fn is_open(&self, place: usize, index: &Index) -> bool {
        !self.filter.is_empty() || (index.current == Some(place)) != self.turned.contains(&place)
    }

    /// Folds a stage out or in.
    pub fn turn(&mut self, place: usize) {
        if !self.turned.remove(&place) {
            self.turned.insert(place);
        }
    }

    /// The selected row.
    pub fn selected(&self) -> Option<Row> {
        self.rows.get(self.cursor).copied()
    }

    /// The selected item.
    pub fn item(&self) -> Option<ItemRef> {
        match self.selected() {
            Some(Row::Item(item)) => Some(item),
            _ => None,
        }
    }

    /// Selects the first open item of the current stage: where a person would begin.
    pub fn begin(&mut self, view: &View, index: &Index) {
        self.rebuild(view, index);
        let open = self.rows.iter().position(|row| match row {
            Row::Item(item) => item_line(view, *item).is_some_and(|line| !line.tick.is_settled()),
            Row::Stage(_) => false,
        });
        let current = self.rows.iter().position(|row| Some(*row) == index.current.map(Row::Stage));
        self.cursor = open.or(current).unwrap_or(0);
    }
}

/// A place in a list of known length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor(pub usize);

impl Cursor {
    /// Moves by so many rows and stays inside.
    pub fn step(&mut self, by: isize, count: usize) {
        self.0 = self.0.saturating_add_signed(by).min(count.saturating_sub(1));
    }
}
