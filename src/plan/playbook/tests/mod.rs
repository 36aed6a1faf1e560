//! Documents in the styles people write, and what must hold for every input.

mod identity;
mod pieces;
mod properties;
mod styles;

use super::{Playbook, read};

/// Reads a document that is text.
fn book(text: &str) -> Playbook {
    read("book.md", text.as_bytes()).expect("text")
}

/// Ids of the items, in order.
fn ids(book: &Playbook) -> Vec<&str> {
    book.items.iter().map(|item| item.id.as_str()).collect()
}

/// Texts of the items, in order.
fn texts(book: &Playbook) -> Vec<&str> {
    book.items.iter().map(|item| item.text.raw()).collect()
}

/// Codes of the findings, by line.
fn codes(book: &Playbook) -> Vec<&'static str> {
    book.findings.iter().map(|finding| finding.code.as_str()).collect()
}
