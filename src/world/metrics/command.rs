//! Numbers that commands print: one number, or JSON with paths into it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::process::Command;

use crate::analysis::Quality;
use crate::engine::ports::{Ask, Clock, DEADLINE, Fault, Numbers, Reading};
use crate::plan::SourceKind;
use crate::world::checks::{End, located, start};

use super::json;
use super::looks::{Look, Looks, Seen, What};
use super::sides::Side;

/// How long a command may take: a second less than who asks waits, so that it is stopped and not abandoned.
const TIME: Duration = Duration::from_secs(DEADLINE.0 - 1);

/// Runs commands in the plan's folder and reads what they print.
pub struct Commands {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    looks: Looks,
}

impl Commands {
    /// A reader of the commands of a plan whose folder this is. Who makes one has made sure that the plan is trusted.
    pub fn new(folder: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self { folder, clock, looks: Looks::default() }
    }
}

impl Numbers for Commands {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move { self.looks.read(self, &ask, self.clock.now()).await })
    }
}

impl Look for Commands {
    fn texts(&self, ask: &Ask<'_>) -> String {
        let run =
            if let SourceKind::Command { run } = &ask.source.kind { run.join(" ") } else { String::new() };
        format!("{run} {}", json::texts(ask.metric))
    }

    fn look<'a>(&'a self, ask: &'a Ask<'a>, side: &'a Side<'a>) -> BoxFuture<'a, Result<Seen, Fault>> {
        Box::pin(async move {
            let SourceKind::Command { run } = &ask.source.kind else {
                return Err(Fault::Unsupported(format!("{} is no command", ask.source.id)));
            };
            let Some((program, arguments)) = run.split_first() else {
                let text =
                    format!("source {}: the command is empty; write run = [\"program\"]", ask.source.id);
                return Err(Fault::Unsupported(text));
            };
            let mut command = Command::new(located(&self.folder, program));
            command.args(arguments.iter().map(|word| side.fill(word))).current_dir(&self.folder);
            let ran = start(command, TIME).await.map_err(|error| {
                Fault::Unreachable(program.clone(), format!("it cannot be started: {error}"))
            })?;
            match &ran.end {
                End::Late => {
                    let why = format!("stopped: no end in {} s", TIME.as_secs());
                    return Err(Fault::Unreachable(program.clone(), why));
                }
                End::Flood => {
                    return Err(Fault::Foreign(program.clone(), "stopped: too much output".to_owned()));
                }
                End::Exit(status) if !status.success() => {
                    let errors = ran.err.text();
                    let last = errors.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
                    let last: String = last.trim().chars().take(160).collect();
                    return Err(Fault::Refused(program.clone(), format!("{status}: {last}")));
                }
                End::Exit(_) => {}
            }
            let printed = ran.out.text();
            let what = read(&printed, ask, side).map_err(|why| Fault::Foreign(program.clone(), why))?;
            Ok(Seen { what, ..Seen::default() })
        })
    }
}

fn read(printed: &str, ask: &Ask<'_>, side: &Side<'_>) -> Result<What, String> {
    let printed = printed.trim();
    if printed.is_empty() {
        return Ok(What::Not(Quality::NoSeries));
    }
    if ask.metric.counts.is_none() && ask.metric.query.as_deref().is_none_or(|path| path.trim().is_empty()) {
        let value = printed.parse().map_err(|_| {
            let first: String = printed.chars().take(60).collect();
            format!("`{}` where one number was meant; or name a path with query", first.escape_default())
        })?;
        return Ok(What::Number(value));
    }
    let document = serde_json::from_str(printed).map_err(|error| format!("no JSON: {error}"))?;
    json::seen(&document, ask.metric, side)
}
