//! The verbs on one item: tick, untick, skip, assign, retime, note and attach.

use std::path::PathBuf;

use super::acting::Acting;
use super::exit::{Exit, Failure};
use super::names::{self, offset};
use super::{Context, files};
use crate::base::Untrusted;
use crate::release::{Evidence, Wish};

/// Ticks an item.
#[derive(Debug, clap::Args)]
pub struct Tick {
    /// The item: its id, or any unique end of it
    item: String,
    /// Tick by hand what a gate or a message should tick; it stays marked as a waiver
    #[arg(long, value_name = "REASON")]
    waive: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// Opens an item again.
#[derive(Debug, clap::Args)]
pub struct Untick {
    /// The item: its id, or any unique end of it
    item: String,
    /// Why it is open again
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    acting: Acting,
}

/// Leaves an item out.
#[derive(Debug, clap::Args)]
pub struct Skip {
    /// The item: its id, or any unique end of it
    item: String,
    /// Why it is left out
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    acting: Acting,
}

/// Gives an item an owner.
#[derive(Debug, clap::Args)]
pub struct Assign {
    /// The item: its id, or any unique end of it
    item: String,
    /// A person or a role
    #[arg(required_unless_present = "nobody")]
    owner: Option<String>,
    /// Take the owner away
    #[arg(long, conflicts_with = "owner")]
    nobody: bool,
    #[command(flatten)]
    acting: Acting,
}

/// Moves an item's due time.
#[derive(Debug, clap::Args)]
pub struct Retime {
    /// The item: its id, or any unique end of it
    item: String,
    /// When it is due: `T-2h`, `T-0`, `T+1d`
    #[arg(required_unless_present = "never")]
    due: Option<String>,
    /// Take the due time away
    #[arg(long, conflicts_with = "due")]
    never: bool,
    #[command(flatten)]
    acting: Acting,
}

/// Writes a note.
#[derive(Debug, clap::Args)]
pub struct Note {
    /// The item: its id, or any unique end of it; `.` is the release itself
    item: String,
    /// What to remember
    text: String,
    #[command(flatten)]
    acting: Acting,
}

/// Attaches evidence to an item.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct Attach {
    /// The item: its id, or any unique end of it
    item: String,
    /// A file; its bytes go into the journal
    #[arg(long, group = "what")]
    file: Option<PathBuf>,
    /// An address
    #[arg(long, group = "what", value_name = "URL")]
    link: Option<String>,
    /// Some text, such as a command's output
    #[arg(long, group = "what")]
    text: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

impl Tick {
    /// Ticks it.
    ///
    /// # Errors
    /// When there is no such item or the release's rules do not allow it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let desk = self.acting.desk(context)?;
        let item = names::item(desk.view(), &self.item)?;
        desk.send(Wish::Tick { item, evidence: None, waiver: self.waive.map(Untrusted::new) })
    }
}

impl Untick {
    /// Opens it.
    ///
    /// # Errors
    /// When there is no such item.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let desk = self.acting.desk(context)?;
        let item = names::item(desk.view(), &self.item)?;
        desk.send(Wish::Untick { item, reason: Untrusted::new(self.reason) })
    }
}

impl Skip {
    /// Skips it.
    ///
    /// # Errors
    /// When there is no such item or no reason.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let desk = self.acting.desk(context)?;
        let item = names::item(desk.view(), &self.item)?;
        desk.send(Wish::Skip { item, reason: Untrusted::new(self.reason) })
    }
}

impl Assign {
    /// Assigns it.
    ///
    /// # Errors
    /// When there is no such item.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let desk = self.acting.desk(context)?;
        let item = names::item(desk.view(), &self.item)?;
        desk.send(Wish::Assign { item, owner: self.owner })
    }
}

impl Retime {
    /// Moves it.
    ///
    /// # Errors
    /// When there is no such item or no such time.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let due = self.due.as_deref().map(offset).transpose()?;
        let desk = self.acting.desk(context)?;
        let item = names::item(desk.view(), &self.item)?;
        desk.send(Wish::Retime { item, due })
    }
}

impl Note {
    /// Writes it.
    ///
    /// # Errors
    /// When there is no such item or no text.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let desk = self.acting.desk(context)?;
        let item = match self.item.as_str() {
            "." => None,
            item => Some(names::item(desk.view(), item)?),
        };
        desk.send(Wish::Note { item, note: Untrusted::new(self.text) })
    }
}

impl Attach {
    /// Attaches it.
    ///
    /// # Errors
    /// When there is no such item, or the file cannot be read or kept.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let kept = match (&self.file, &self.text) {
            (Some(file), _) => {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Some((name, files::read(file)?))
            }
            (None, Some(text)) => Some(("text".to_owned(), text.clone().into_bytes())),
            (None, None) => None,
        };
        let mut desk = self.acting.desk(context)?;
        let item = names::item(desk.view(), &self.item)?;
        let evidence = match (kept, self.link) {
            (Some((name, bytes)), _) => {
                Evidence::Blob { name: Untrusted::new(name), digest: desk.keep(bytes)? }
            }
            (None, link) => Evidence::Link { url: Untrusted::new(link.unwrap_or_default()) },
        };
        desk.send(Wish::Attach { item, evidence })
    }
}
