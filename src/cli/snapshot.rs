//! `tminus snapshot`: what the cockpit would show, for a chat message, a bug report or a test.

use super::Context;
use super::desk::{Desk, Purpose};
use super::exit::{Exit, Failure};
use crate::tui::{ScreenName, ThemeName, export, render};

/// The smallest and the largest screen that is drawn, in columns and rows.
const SMALLEST: (u16, u16) = (20, 5);
const LARGEST: (u16, u16) = (500, 200);

/// Prints what the cockpit would show.
#[derive(Debug, clap::Args)]
pub struct Snapshot {
    /// Columns and rows
    #[arg(long, value_name = "WxH", default_value = "120x40", value_parser = size)]
    size: (u16, u16),
    /// The screen: overview, item, gate, roll-call, rollout, pods, pod-log, metrics, chart, clock, log, help or guide
    #[arg(long, value_name = "NAME", default_value = "overview", value_parser = screen)]
    screen: ScreenName,
    /// How it is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The colours: dark, light, mono or colour-blind
    #[arg(long, value_name = "NAME", default_value = "dark", value_parser = theme)]
    theme: ThemeName,
}

/// How a screen is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Without colours.
    Text,
    /// With the escape sequences of a terminal.
    Ansi,
    /// As a picture.
    Svg,
}

impl Snapshot {
    /// Prints it.
    ///
    /// # Errors
    /// When there is no release to read.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let desk = Desk::open(context, Purpose::Read)?;
        let buffer = render(desk.view(), self.size, self.screen, self.theme);
        let shown = match self.format {
            Format::Text => export::text(&buffer),
            Format::Ansi => export::ansi(&buffer),
            Format::Svg => export::svg(&buffer),
        };
        if context.out.is_json() {
            context.out.json(&serde_json::json!({ "snapshot": shown }))?;
        } else {
            context.out.bytes(shown.as_bytes())?;
        }
        Ok(Exit::Ok)
    }
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let wrong = || "write columns and rows from 20x5 to 500x200, such as 120x40".to_owned();
    let (columns, rows) = text.split_once('x').ok_or_else(wrong)?;
    let size: (u16, u16) = (columns.parse().map_err(|_| wrong())?, rows.parse().map_err(|_| wrong())?);
    let fits = size.0 >= SMALLEST.0 && size.1 >= SMALLEST.1 && size.0 <= LARGEST.0 && size.1 <= LARGEST.1;
    if fits { Ok(size) } else { Err(wrong()) }
}

fn screen(text: &str) -> Result<ScreenName, String> {
    let names = ScreenName::ALL.map(ScreenName::as_str).join(", ");
    ScreenName::parse(text).ok_or_else(|| format!("write one of {names}"))
}

fn theme(text: &str) -> Result<ThemeName, String> {
    let names: Vec<&str> = ThemeName::ALL.iter().map(|name| name.as_str()).collect();
    let found = ThemeName::ALL.into_iter().find(|name| name.as_str() == text);
    found.ok_or_else(|| format!("write one of {}", names.join(", ")))
}
