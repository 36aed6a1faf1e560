//! A program that moves the weight, and one that reads it back.
//!
//! Invariants: never a shell; a number is the only thing that is filled in, and stays inside its argument; what a
//! program that was stopped has done is not known until the weight is read back.

use std::path::Path;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;
use tokio::process::Command;

use crate::base::{OperationId, Untrusted, Weight};
use crate::engine::ports::{Change, DEADLINE, Fault, Preview, Split, WRITE_DEADLINE, Written};
use crate::plan::RouterKind;
use crate::release::Owner;
use crate::world::checks::{End, Ran, located, start};

use super::adapter::{Adapter, unsupported};
use super::{Leave, Means};

/// How long reading may take: a second less than who asks waits, so that it is stopped and not abandoned.
const READ: Duration = Duration::from_secs(DEADLINE.0 - 1);
/// The same for writing.
const WRITE: Duration = Duration::from_secs(WRITE_DEADLINE.0 - 1);
/// How much of what a program says is told on.
const SAID: usize = 200;

/// The program of this router.
pub(super) fn adapter<'a>(means: &'a Means, kind: &'a RouterKind) -> Result<Box<dyn Adapter + 'a>, Fault> {
    let RouterKind::Command { write, read, pointer } = kind else {
        return Err(unsupported(&kind.title(), "it is no command"));
    };
    match &means.leave {
        Leave::Granted { folder, .. } => {
            Ok(Box::new(Program { title: kind.title(), folder, write, read, pointer: pointer.as_deref() }))
        }
        Leave::Withheld(why) => Err(Fault::Untrusted(kind.title(), why.clone())),
    }
}

/// The two programs.
struct Program<'a> {
    title: String,
    folder: &'a Path,
    write: &'a [String],
    read: &'a [String],
    pointer: Option<&'a str>,
}

impl Program<'_> {
    /// Program and arguments with the numbers filled in.
    fn filled(&self, weight: Weight) -> Vec<String> {
        let (canary, stable) = (number(weight), number(weight.rest()));
        let fill = |word: &String| word.replace("{{weight}}", &canary).replace("{{stable-weight}}", &stable);
        self.write.iter().map(fill).collect()
    }

    /// Runs a program to its good end and gives what it printed.
    async fn run(&self, argv: &[String], change: Option<(Weight, &OperationId)>) -> Result<String, Fault> {
        let Some((program, arguments)) = argv.split_first() else {
            return Err(unsupported(&self.title, "there is no program to run"));
        };
        if argv.iter().any(|word| word.contains('\0')) {
            return Err(unsupported(&self.title, "there is a zero byte in the command"));
        }
        let mut command = Command::new(located(self.folder, program));
        command.args(arguments).current_dir(self.folder);
        let time = match change {
            Some((weight, operation)) => {
                command.env("TMINUS_WEIGHT", number(weight));
                command.env("TMINUS_STABLE_WEIGHT", number(weight.rest()));
                command.env("TMINUS_OPERATION", operation.as_str());
                WRITE
            }
            None => READ,
        };
        let ran = start(command, time).await.map_err(|error| {
            let program = Untrusted::new(program.as_str()).cell(80);
            unsupported(&self.title, &format!("cannot start `{program}`: {error}"))
        })?;
        match &ran.end {
            End::Exit(status) if status.success() => Ok(ran.out.text()),
            End::Exit(status) => {
                let how = status
                    .code()
                    .map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit {code}"));
                Err(Fault::Refused(self.title.clone(), format!("{how}{}", said(&ran))))
            }
            End::Late => {
                let text =
                    format!("stopped after {} s; what it did shows when the weight is read", time.as_secs());
                Err(Fault::Unreachable(self.title.clone(), format!("{text}{}", said(&ran))))
            }
            End::Flood => {
                let text = "stopped: too much output; what it did shows when the weight is read";
                Err(Fault::Unreachable(self.title.clone(), text.to_owned()))
            }
        }
    }

    /// The canary's share out of what was printed: percent, with or without its sign.
    fn share(&self, printed: &str) -> Result<Weight, Fault> {
        let foreign = |what: &str| {
            let text = format!("`{}` printed {what}, and no percent from 0 to 100", self.read.join(" "));
            Fault::Foreign(self.title.clone(), Untrusted::new(text).cell(SAID))
        };
        let percent = |text: &str| {
            let text = text.trim();
            let number = text.strip_suffix('%').unwrap_or(text).trim_end();
            // Neither `inf` nor an empty word is a number somebody means.
            let plain = number.starts_with(|c: char| c.is_ascii_digit());
            plain.then(|| number.parse().ok()).flatten().and_then(Weight::percent)
        };
        let Some(pointer) = self.pointer else {
            return percent(printed).ok_or_else(|| foreign(&shown(printed)));
        };
        let value: Value = serde_json::from_str(printed).map_err(|_| foreign("what is no JSON"))?;
        match value.pointer(pointer) {
            Some(Value::Number(number)) => number.as_f64().and_then(Weight::percent),
            Some(Value::String(text)) => percent(text),
            _ => None,
        }
        .ok_or_else(|| {
            foreign(
                &value
                    .pointer(pointer)
                    .map_or_else(|| format!("nothing at {pointer}"), |it| shown(&it.to_string())),
            )
        })
    }
}

impl Adapter for Program<'_> {
    fn read(&self) -> BoxFuture<'_, Result<Split, Fault>> {
        Box::pin(async move {
            let printed = self.run(self.read, None).await?;
            let configured = Some(self.share(&printed)?);
            Ok(Split { configured, owner: Owner::Nobody, ..Split::default() })
        })
    }

    fn write<'a>(&'a self, change: Change<'a>) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move {
            let argv = self.filled(change.weight);
            self.run(&argv, Some((change.weight, change.operation))).await?;
            Ok(Written::default())
        })
    }

    fn preview(&self, weight: Weight) -> BoxFuture<'_, Result<Preview, Fault>> {
        Box::pin(async move {
            let patch = format!(
                "run {}\nwith TMINUS_WEIGHT={} in {}\nread back by {}",
                quoted(&self.filled(weight)),
                number(weight),
                self.folder.display(),
                quoted(self.read)
            );
            Ok(Preview { patch: Untrusted::new(patch), ..Preview::default() })
        })
    }
}

/// An argument vector as JSON: where each argument begins and ends can be seen.
fn quoted(argv: &[String]) -> String {
    serde_json::to_string(argv).unwrap_or_default()
}

fn shown(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() { "nothing".to_owned() } else { format!("`{}`", Untrusted::new(text).cell(40)) }
}

/// The last line of the errors, or else of the output.
fn said(ran: &Ran) -> String {
    let last = |text: String| {
        text.lines()
            .rev()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .map(|line| Untrusted::new(line).cell(SAID))
    };
    let line = last(ran.err.text()).or_else(|| last(ran.out.text()));
    line.map_or_else(String::new, |line| format!(": {line}"))
}

/// A share as a plain number.
fn number(weight: Weight) -> String {
    let text = format!("{:.3}", weight.value());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
