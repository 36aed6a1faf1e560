//! The plan file being written: sections in the order people read them, with comments above.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::base::Untrusted;

/// The longest comment line, in characters.
const WIDE: usize = 110;

/// A TOML document that only grows.
#[derive(Default)]
pub(super) struct Paper {
    document: DocumentMut,
    sections: isize,
}

/// One `[kind.name]` being filled.
pub(super) struct Section {
    table: Table,
    comments: String,
}

impl Section {
    /// An empty section.
    pub(super) fn new() -> Self {
        Self { table: Table::new(), comments: String::new() }
    }
    /// Adds a comment above the section; text from outside is made safe.
    pub(super) fn comment(mut self, text: &str) -> Self {
        let safe = Untrusted::new(text).cell(WIDE);
        self.comments.push_str(&format!("# {safe}\n"));
        self
    }
    /// Adds a text.
    pub(super) fn text(mut self, key: &str, text: &str) -> Self {
        self.table.insert(key, value(text));
        self
    }
    /// Adds a text when there is one.
    pub(super) fn maybe(self, key: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }
    /// Adds a list of texts.
    pub(super) fn list<'t>(mut self, key: &str, texts: impl IntoIterator<Item = &'t str>) -> Self {
        self.table.insert(key, value(texts.into_iter().collect::<Array>()));
        self
    }
    /// Adds any value.
    pub(super) fn value(mut self, key: &str, with: impl Into<Value>) -> Self {
        self.table.insert(key, value(with));
        self
    }
}

impl Paper {
    /// Adds `[kind.name]`, or `[kind]` when there is no name, after everything else.
    pub(super) fn add(&mut self, kind: &str, name: Option<&str>, section: Section) {
        let Section { mut table, comments } = section;
        self.sections += 1;
        table.set_position(Some(self.sections));
        table.decor_mut().set_prefix(format!("{}{comments}", if self.sections > 1 { "\n" } else { "" }));
        match name {
            None => {
                self.document.insert(kind, Item::Table(table));
            }
            Some(name) => {
                let parent = self.document.entry(kind).or_insert_with(|| {
                    let mut parent = Table::new();
                    parent.set_implicit(true);
                    Item::Table(parent)
                });
                if let Some(parent) = parent.as_table_mut() {
                    parent.insert(name, Item::Table(table));
                }
            }
        }
    }
    /// Adds one more `[[kind]]`, after everything else.
    pub(super) fn append(&mut self, kind: &str, section: Section) {
        let Section { mut table, comments } = section;
        self.sections += 1;
        table.set_position(Some(self.sections));
        table.decor_mut().set_prefix(format!("{}{comments}", if self.sections > 1 { "\n" } else { "" }));
        let list = self.document.entry(kind).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        if let Some(list) = list.as_array_of_tables_mut() {
            list.push(table);
        }
    }
    /// The file: what is said at its top, the sections, what is said at its end.
    pub(super) fn finish(mut self, top: &[String], end: &[String]) -> String {
        let lines = |lines: &[String]| -> String {
            lines
                .iter()
                .map(|line| {
                    format!("# {}", Untrusted::new(line.as_str()).cell(WIDE)).trim_end().to_owned() + "\n"
                })
                .collect()
        };
        self.document.set_trailing(if end.is_empty() { String::new() } else { format!("\n{}", lines(end)) });
        format!("{}\n{}", lines(top), self.document)
    }
}

/// `{ key = "text", … }`
pub(super) fn inline<'t>(entries: impl IntoIterator<Item = (&'t str, Value)>) -> Value {
    entries.into_iter().collect::<InlineTable>().into()
}
