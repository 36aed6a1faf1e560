//! Commands: an argument vector in the plan's folder, in a process group of its own, with nothing to read.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::analysis::Verdict;
use crate::base::Unit;
use crate::plan::rule::{Fact, Outcome, Rule};
use crate::plan::{CommandCheck, Expect};

use super::Found;
use super::capture::{Capture, MOST, drain};
use super::numbers;

/// How long an output may stay open after its command ended: some child still holds it.
const LINGER: Duration = Duration::from_millis(500);

/// How a command ended, and what it said.
pub(in crate::world) struct Ran {
    pub(in crate::world) end: End,
    pub(in crate::world) out: Capture,
    pub(in crate::world) err: Capture,
}

/// The ways to end.
pub(in crate::world) enum End {
    /// By itself.
    Exit(ExitStatus),
    /// It was stopped: too long.
    Late,
    /// It was stopped: too much output.
    Flood,
}

/// Runs a command check and judges it.
pub(super) async fn run(folder: &Path, check: &CommandCheck, pass: Option<&Rule>, time: Duration) -> Found {
    let Some((program, arguments)) = check.run.split_first() else {
        return Found::new(Verdict::Error, "the command is empty; write run = [\"program\", \"argument\"]");
    };
    if check.run.iter().any(|word| word.contains('\0')) {
        return Found::new(Verdict::Error, "there is a zero byte in the command");
    }
    let mut command = Command::new(located(folder, program));
    command.args(arguments).envs(&check.env).current_dir(folder);
    let begun = Instant::now();
    match start(command, time).await {
        Ok(ran) => judge(check, pass, &ran, begun.elapsed(), time),
        Err(error) => Found::new(Verdict::Error, format!("cannot start `{program}`: {error}")),
    }
}

/// A program given by a relative path is the one in the plan's folder; a bare name is looked for on the path.
pub(in crate::world) fn located(folder: &Path, program: &str) -> std::ffi::OsString {
    let path = Path::new(program);
    if path.is_relative() && program.contains('/') { folder.join(path).into() } else { program.into() }
}

/// Runs a command to its end, or stops it with everything it started.
pub(in crate::world) async fn start(mut command: Command, time: Duration) -> std::io::Result<Ran> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
    let group = Group::of(&child);
    let (out, out_seen) = watch::channel(Capture::default());
    let (err, err_seen) = watch::channel(Capture::default());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reading = async {
        tokio::join!(
            async { if let Some(from) = stdout { drain(from, out).await } else { drop(out) } },
            async { if let Some(from) = stderr { drain(from, err).await } else { drop(err) } },
        )
    };
    tokio::pin!(reading);
    let late = tokio::time::sleep(time);
    tokio::pin!(late);
    let mut open = true;
    let end = loop {
        tokio::select! {
            biased;
            status = child.wait() => break End::Exit(status?),
            () = &mut late => break End::Late,
            _ = &mut reading, if open => open = false,
            () = flooded(out_seen.clone(), err_seen.clone()), if open => break End::Flood,
        }
    };
    if matches!(end, End::Exit(_)) && open {
        // The last words are still in the pipes; a child that stays behind must not keep us.
        open = tokio::time::timeout(LINGER, &mut reading).await.is_err();
    }
    if open || !matches!(end, End::Exit(_)) {
        group.stop();
        let _ = child.wait().await;
        let _ = tokio::time::timeout(LINGER, &mut reading).await;
    }
    group.let_be();
    let (out, err) = (out_seen.borrow().clone(), err_seen.borrow().clone());
    Ok(Ran { end, out, err })
}

/// Ends when both outputs together are more than anybody reads; never when they end before that.
async fn flooded(mut out: watch::Receiver<Capture>, mut err: watch::Receiver<Capture>) {
    while out.borrow().seen() + err.borrow().seen() <= MOST {
        tokio::select! {
            Ok(()) = out.changed() => {}
            Ok(()) = err.changed() => {}
            else => std::future::pending::<()>().await,
        }
    }
}

/// The process group of a child, stopped when nobody waits for it any more.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }
    fn stop(&self) {
        if let Some(group) = self.0 {
            // Nobody left to stop is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    /// It ended by itself: its number may be somebody else's by now.
    fn let_be(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop();
    }
}

fn judge(check: &CommandCheck, pass: Option<&Rule>, ran: &Ran, took: Duration, time: Duration) -> Found {
    let (verdict, summary) = match &ran.end {
        End::Late => (Verdict::Error, format!("stopped: no end in {} s", time.as_secs())),
        End::Flood => (Verdict::Error, format!("stopped: more than {} MiB of output", MOST >> 20)),
        End::Exit(status) => answer(check, pass, ran, *status, took),
    };
    Found::new(verdict, summary).with(evidence(ran))
}

fn answer(
    check: &CommandCheck,
    pass: Option<&Rule>,
    ran: &Ran,
    status: ExitStatus,
    took: Duration,
) -> (Verdict, String) {
    let said = last_line(ran);
    let Some(code) = status.code() else {
        return (Verdict::Fail, format!("ended by a signal ({status}){said}"));
    };
    let by_code = pass.is_some_and(|rule| rule.subjects().iter().any(|subject| subject.key() == "exit"));
    if code != 0 && !by_code {
        return (Verdict::Fail, format!("exit {code}{said}"));
    }
    let output = ran.out.text();
    if let Some(why) = check.expect.as_ref().and_then(|expect| unmet(expect, &output)) {
        return (Verdict::Fail, why);
    }
    let Some(rule) = pass else { return (Verdict::Pass, format!("exit {code}{said}")) };
    let facts = numbers::facts(&output)
        .with_number("exit", f64::from(code))
        .with("duration", Fact::new(took.as_secs_f64(), Unit::Seconds));
    match rule.evaluate(&facts) {
        Outcome::Holds => (Verdict::Pass, format!("{rule}: holds{said}")),
        Outcome::Fails => (Verdict::Fail, format!("{rule}: does not hold{said}")),
        Outcome::Unknown(doubt) => (Verdict::NoData, format!("{rule}: {doubt}")),
    }
}

fn unmet(expect: &Expect, output: &str) -> Option<String> {
    match expect {
        Expect::Empty if output.trim().is_empty() => None,
        Expect::Some if !output.trim().is_empty() => None,
        Expect::Contains(text) if !text.is_empty() && output.contains(text.as_str()) => None,
        Expect::Empty => {
            let first = output.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            Some(format!("expected no output, got {} lines: {first}", output.lines().count()))
        }
        Expect::Some => Some("expected some output, got none".to_owned()),
        Expect::Contains(text) => Some(format!("expected `{text}` in the output")),
    }
}

/// The last line that says something, of the output or else of the errors.
fn last_line(ran: &Ran) -> String {
    let last = |capture: &Capture| {
        capture.text().lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    };
    let line = last(&ran.out).or_else(|| last(&ran.err));
    line.map_or_else(String::new, |line| format!(": {}", line.chars().take(160).collect::<String>()))
}

fn evidence(ran: &Ran) -> Vec<u8> {
    let (mut bytes, errors) = (ran.out.bytes(), ran.err.bytes());
    if !errors.is_empty() {
        bytes.extend_from_slice(b"\n[standard error]\n");
        bytes.extend_from_slice(&errors);
    }
    bytes
}
