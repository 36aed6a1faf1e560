//! `tminus engine`: the process that acts. `open` starts one when there is something to run; it ends by itself a
//! minute after nobody looks and nothing needs it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Context;
use super::exit::{Exit, Failure};
use super::shelf;
use super::wiring::{BUILD, Wires};
use crate::base::ReleaseId;
use crate::engine::{ServeError, Server};

/// How long a new engine may take to answer.
const START: Duration = Duration::from_secs(5);

/// Runs the engine of a journal in this terminal.
#[derive(Debug, clap::Args)]
pub struct Engine {
    /// Another journal than this user's own
    #[arg(long, value_name = "FILE", hide = true)]
    journal: Option<PathBuf>,
    /// A release to act on although nobody looks
    #[arg(long, value_name = "STREAM", hide = true)]
    host: Vec<String>,
    /// Leave the terminal: a session of its own, and a log instead of a screen
    #[arg(long, hide = true)]
    detached: bool,
}

impl Engine {
    /// Serves until nothing needs it.
    ///
    /// # Errors
    /// When another engine lives, or the journal may not be used.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        context.home.create()?;
        if self.detached {
            // It fails only for a process that leads a session already.
            let _ = rustix::process::setsid();
            log_to_file(context)?;
        }
        let journal = self.journal.unwrap_or_else(|| context.home.journal());
        let hosts: Vec<ReleaseId> = if self.host.is_empty() {
            shelf::live(&journal)?.into_iter().map(|found| found.stream).collect()
        } else {
            self.host.iter().map(ReleaseId::new).collect()
        };
        let wires = Wires { home: context.home.clone(), journal: journal.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Exit::Bug, format!("no runtime: {error}")))?;
        runtime.block_on(async {
            let server =
                Server::bind(&journal, context.home.runtime(), BUILD, Arc::new(wires)).map_err(refused)?;
            tracing::info!(journal = %journal.display(), releases = hosts.len(), "the engine serves");
            server.run(&hosts).await.map_err(refused)?;
            tracing::info!("nothing needs the engine any more");
            Ok(Exit::Ok)
        })
    }
}

fn refused(error: ServeError) -> Failure {
    tracing::error!(%error, "the engine ends");
    match error {
        ServeError::Held => Failure::new(Exit::Refused, error.to_string())
            .word("held")
            .help("it is all that is needed; `tminus open` joins it"),
        other => Failure::new(Exit::StoreRefused, other.to_string()),
    }
}

fn log_to_file(context: &Context) -> Result<(), Failure> {
    let path = context.home.engine_log();
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| Failure::io(&path, &error))?;
    let set = tracing_subscriber::fmt().with_ansi(false).with_writer(Mutex::new(file)).try_init();
    set.map_err(|error| Failure::new(Exit::Bug, format!("the log cannot be set up: {error}")))
}

/// Starts an engine for a journal in a process of its own, and waits until it lives.
///
/// # Errors
/// When it does not start in time.
pub fn start(wires: &Wires, host: &ReleaseId) -> Result<(), Failure> {
    if wires.is_alive()? {
        return Ok(());
    }
    let failed = |what: String| {
        Failure::new(Exit::Unreachable, what).help(format!("see {}", wires.home.engine_log().display()))
    };
    let program =
        std::env::current_exe().map_err(|error| failed(format!("this program's own file: {error}")))?;
    let mut child = Command::new(program)
        .arg("engine")
        .arg("--detached")
        .arg("--journal")
        .arg(&wires.journal)
        .arg("--host")
        .arg(host.as_str())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("the engine did not start: {error}")))?;
    let began = Instant::now();
    while began.elapsed() < START {
        if wires.is_alive()? {
            return Ok(());
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(failed(format!("the engine ended at once: {status}")));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(failed("the engine does not answer".to_owned()))
}
