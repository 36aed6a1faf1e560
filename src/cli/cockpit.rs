//! The screen of a release that an engine, here or in its own process, keeps.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::exit::{Exit, Failure};
use super::files;
use super::home::Home;
use super::operator::operator;
use super::wiring::Wires;
use crate::base::{Assurance, ReleaseId, Via};
use crate::engine::client::Client;
use crate::tui::{Host, Keymap, Operator, Options, ThemeName, TuiError};

/// What the cockpit asks of this machine.
#[derive(Clone, Copy, Debug)]
struct Machine;

impl Host for Machine {
    fn open_link(&self, url: &str) -> Result<(), String> {
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err("only http and https links are opened".to_owned());
        }
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let mut command = Command::new(opener);
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("{opener}: {error}"))?;
        // Its end is its own business; somebody has to take note of it, or it stays as a zombie.
        std::thread::spawn(move || child.wait());
        Ok(())
    }
    fn read_file(&self, path: &str) -> Result<Vec<u8>, String> {
        files::read(Path::new(path)).map_err(|failure| failure.to_string())
    }
}

/// Joins the engine of a journal and shows the release until somebody leaves.
///
/// # Errors
/// When there is no terminal, or the journal cannot be read.
pub fn show(wires: &Wires, stream: &ReleaseId) -> Result<Exit, Failure> {
    let runtime = runtime()?;
    let client = runtime.block_on(wires.join(stream))?;
    let shown = play(&wires.home, client);
    runtime.shutdown_background();
    shown
}

/// Asks whether there is a terminal for a cockpit.
///
/// # Errors
/// When there is none.
pub fn require_terminal() -> Result<(), Failure> {
    crate::tui::require_terminal().map_err(|error| Failure::usage(error.to_string()))
}

/// Shows a client on this terminal until somebody leaves.
///
/// # Errors
/// When there is no terminal, or the user's keys cannot be read.
pub fn play(home: &Home, client: Client) -> Result<Exit, Failure> {
    let via = if is_shared() { Via::SharedTerminal } else { Via::Cockpit };
    let operator = Operator { actor: operator(), assurance: Assurance::L0, via };
    let theme = if wants_no_colour() { ThemeName::Mono } else { ThemeName::default() };
    let mut options =
        Options::new(operator, theme).map_err(|error| Failure::new(Exit::Bug, error.to_string()))?;
    options.host = Arc::new(Machine);
    if let Some(keymap) = own_keys(home)? {
        options.keymap = keymap;
    }
    match crate::tui::run(client, options) {
        Ok(_) => Ok(Exit::Ok),
        Err(error @ TuiError::NoTerminal(_)) => Err(Failure::usage(error.to_string())),
        Err(error) => Err(Failure::new(Exit::Unreachable, error.to_string())),
    }
}

/// The user's changes to the keys, `keymap.toml` in the configuration folder; never written by us.
fn own_keys(home: &Home) -> Result<Option<Keymap>, Failure> {
    let path = home.config().join("keymap.toml");
    if !path.exists() {
        return Ok(None);
    }
    let name = path.display().to_string();
    let text = String::from_utf8_lossy(&files::read(&path)?).into_owned();
    let refused = |error: crate::tui::KeymapError| {
        Failure::new(Exit::StoreRefused, error.to_string()).at(name.clone(), None)
    };
    Keymap::with_user(&name, &text).map(Some).map_err(refused)
}

/// A runtime beside the screen's thread.
///
/// # Errors
/// When the system gives no thread.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("no runtime: {error}")))
}

fn wants_no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// True when more than one person looks at this terminal through tmux.
fn is_shared() -> bool {
    if std::env::var_os("TMUX").is_none() {
        return false;
    }
    let asked = Command::new("tmux").args(["list-clients", "-F", "x"]).stdin(Stdio::null()).output();
    asked.is_ok_and(|answer| {
        answer.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() > 1
    })
}
