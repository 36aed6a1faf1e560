//! `tminus doctor`: is this machine fit to drive a release?
//!
//! Invariant: it changes nothing and waits for nobody longer than a few seconds.

use std::io::IsTerminal as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

use super::config::Config;
use super::exit::{Exit, Failure};
use super::wiring::Wires;
use super::{Context, shelf};

/// Looks at home, clock, terminal and tools.
#[derive(Debug, clap::Args)]
pub struct Doctor {}

/// How one look turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Fine,
    Note,
    Wrong,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Look {
    what: &'static str,
    state: State,
    found: String,
    help: Option<String>,
}

impl Look {
    fn fine(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, state: State::Fine, found: found.into(), help: None }
    }
    fn note(what: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what, state: State::Note, found: found.into(), help: Some(help.into()) }
    }
    fn wrong(what: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what, state: State::Wrong, found: found.into(), help: Some(help.into()) }
    }
}

impl Doctor {
    /// Looks, and says what it saw.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut looks = vec![Look::fine("version", env!("CARGO_PKG_VERSION"))];
        looks.extend([
            directory("state directory", context.home.state()),
            directory("cache directory", context.home.cache()),
            directory("runtime directory", context.home.runtime()),
        ]);
        looks.push(Look::fine("sqlite", rusqlite::version()));
        looks.extend([journal(context), engine(context), config(context)]);
        looks.extend([fixed_time(), terminal(), tmux()]);
        looks.extend([
            tool("git", "git gates and `pushed` cannot run"),
            tool("ssh-keygen", "nothing can be signed"),
        ]);
        let wrong = looks.iter().any(|look| look.state == State::Wrong);
        if context.out.is_json() {
            context.out.json(&serde_json::json!({ "ok": !wrong, "looks": looks }))?;
        } else {
            for look in &looks {
                let glyph = match look.state {
                    State::Fine => "✓ fine ",
                    State::Note => "! note ",
                    State::Wrong => "✗ wrong",
                };
                context.out.text(format!("{glyph}  {:<18} {}", look.what, look.found))?;
                if let Some(help) = &look.help {
                    context.out.text(format!("{:29}{help}", ""))?;
                }
            }
        }
        Ok(if wrong { Exit::No } else { Exit::Ok })
    }
}

fn directory(what: &'static str, path: &Path) -> Look {
    let shown = path.display().to_string();
    let Ok(found) = std::fs::metadata(path) else {
        return Look::note(what, format!("{shown} is not there yet"), "the first `tminus open` makes it");
    };
    let mode = found.permissions().mode() & 0o777;
    if !found.is_dir() {
        return Look::wrong(what, format!("{shown} is no directory"), "move it away, or set TMINUS_HOME");
    }
    if mode & 0o077 != 0 {
        return Look::wrong(
            what,
            format!("{shown} is open to others (mode {mode:03o})"),
            format!("run `chmod 700 {shown}`"),
        );
    }
    Look::fine(what, shown)
}

fn journal(context: &Context) -> Look {
    let path = context.home.journal();
    if !path.exists() {
        return Look::note("journal", "there is none yet", "the first `tminus open` makes it");
    }
    match shelf::live(&path) {
        Ok(live) => Look::fine("journal", format!("{} live in {}", live.len(), path.display())),
        Err(failure) => Look::wrong("journal", failure.message, failure.help.unwrap_or_default()),
    }
}

fn engine(context: &Context) -> Look {
    let wires = Wires { home: context.home.clone(), journal: context.home.journal() };
    if !wires.journal.exists() {
        return Look::fine("engine", "nothing to run");
    }
    match (wires.is_alive(), shelf::live(&wires.journal)) {
        (Ok(true), _) => Look::fine("engine", "alive"),
        (Ok(false), Ok(live)) if live.iter().any(|found| found.state.started.is_some()) => {
            Look::note("engine", "nobody: triggers are not evaluated", "`tminus open` starts one")
        }
        (Ok(false), _) => Look::fine("engine", "nobody, and nothing has started"),
        (Err(failure), _) => {
            Look::wrong("engine", failure.message, "look at the permissions of the state directory")
        }
    }
}

fn config(context: &Context) -> Look {
    match Config::load(&context.home) {
        Ok(_) => Look::fine("config", context.home.config().display().to_string()),
        Err(failure) => {
            let help = "until then no source and no address is asked";
            Look::wrong("config", failure.to_string().replace('\n', "; "), help)
        }
    }
}

fn fixed_time() -> Look {
    let set: Vec<&str> =
        ["TMINUS_NOW", "TMINUS_SEED"].into_iter().filter(|name| std::env::var_os(name).is_some()).collect();
    if set.is_empty() {
        return Look::fine("clock", crate::base::Timestamp::now().to_string());
    }
    Look::note(
        "clock",
        format!("{} is set", set.join(" and ")),
        "it counts on test journals only; unset it for work",
    )
}

fn terminal() -> Look {
    let term = std::env::var("TERM").unwrap_or_default();
    if !std::io::stdout().is_terminal() {
        return Look::note(
            "terminal",
            "standard output is no terminal",
            "the cockpit needs one; verbs do not",
        );
    }
    match rustix::termios::tcgetwinsize(std::io::stdout()) {
        Ok(size) if size.ws_col < 80 || size.ws_row < 24 => Look::note(
            "terminal",
            format!("{term} {}x{}", size.ws_col, size.ws_row),
            "the cockpit is usable from 80x24",
        ),
        Ok(size) => Look::fine("terminal", format!("{term} {}x{}", size.ws_col, size.ws_row)),
        Err(error) => Look::note(
            "terminal",
            format!("{term}: its size is not known: {error}"),
            "set its size with stty",
        ),
    }
}

fn tmux() -> Look {
    if std::env::var_os("TMUX").is_none() {
        return Look::fine("tmux", "not inside one");
    }
    match version("tmux", "-V") {
        Some(found) => Look::fine("tmux", found),
        None => Look::note("tmux", "inside one that does not answer", "start a new one if keys are lost"),
    }
}

fn tool(name: &'static str, without: &str) -> Look {
    // ssh-keygen knows no version flag; being started at all is the answer.
    match Command::new(name).arg("--version").output() {
        Ok(found) => {
            let text = String::from_utf8_lossy(&found.stdout);
            Look::fine(name, text.lines().next().filter(|line| !line.is_empty()).unwrap_or("found"))
        }
        Err(error) => Look::note(name, error.to_string(), format!("without it {without}")),
    }
}

fn version(name: &str, flag: &str) -> Option<String> {
    let found = Command::new(name).arg(flag).output().ok().filter(|found| found.status.success())?;
    String::from_utf8_lossy(&found.stdout).lines().next().map(ToOwned::to_owned)
}
