//! The shipped program as people use it: a playbook opened in tmux, left and opened again, a demo on a terminal.
//!
//! Every test has a home of its own and ends the engine it started, also when it fails.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use super::terminal::{Terminal, Tmux, assert_restored};

const PLAYBOOK: &str = "# Release playbook: Payments 2.1.0\n\n## Approvals\n\n\
    | Role | Approver | Status |\n|---|---|---|\n| Engineering Lead | ada@example.com | Pending |\n\
    | QA Lead | bo@example.com | Pending |\n\n## Stage 1: Prepare\n\n- [ ] Freeze the code (owner: ada)\n\
    - [ ] Read the notes\n- [x] Book the room\n\n## Stage 2: Release\n\n- [ ] Tell support\n";

/// A home, and the engines that live in it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("payments.md"), PLAYBOOK).expect("a playbook");
        Self(folder)
    }
    fn path(&self) -> &Path {
        self.0.path()
    }
    /// The engines whose journal lies here, by what the system says they were started with.
    fn engines(&self) -> Vec<Pid> {
        let home = self.path().display().to_string();
        let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
        processes
            .filter_map(|process| {
                let process = process.ok()?;
                let pid = process.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
                let line = fs::read(process.path().join("cmdline")).ok()?;
                let line = String::from_utf8_lossy(&line).into_owned();
                (line.contains("--detached") && line.contains(&home)).then_some(pid)
            })
            .collect()
    }
    fn program(&self, arguments: &[&str]) -> CommandBuilder {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tminus"));
        command.args(arguments);
        command.cwd(self.path());
        command.env("TMINUS_HOME", self.path().join("home"));
        command.env("TMINUS_OPERATOR", "ada@example.com");
        command
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        for engine in self.engines() {
            let _ = kill_process(engine, Signal::KILL);
        }
    }
}

/// True when tmux is here; where everything must be tested its absence is a failure.
fn has_tmux() -> bool {
    let found = Command::new("tmux").arg("-V").output().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "tmux must be installed");
    if !found {
        println!("skipped: tmux is not installed");
    }
    found
}

fn press(tmux: &Tmux, keys: &[&str]) {
    tmux.command(&[&["send-keys", "-t", "it"], keys].concat());
}

fn write(tmux: &Tmux, text: &str) {
    tmux.command(&["send-keys", "-t", "it", "-l", text]);
    tmux.wait_for(text);
}

/// Presses a key until the screen says so: a dialog is deaf for a moment after it opened.
fn press_until(tmux: &Tmux, key: &str, shown: &str) {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        press(tmux, &[key]);
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_millis(2500) {
            let screen = tmux.command(&["capture-pane", "-p", "-t", "it"]);
            if screen.contains(shown) {
                return;
            }
            assert!(Instant::now() < until, "{shown} after {key}:\n{screen}");
        }
    }
}

#[test]
fn a_release_is_driven_left_found_again_and_rolled_back() {
    if !has_tmux() {
        return;
    }
    let home = Home::new();
    let tmux = Tmux(format!("tminus-open-{}", std::process::id()));
    let open = format!(
        "cd '{0}' && export TMINUS_HOME='{0}/home' TMINUS_OPERATOR=ada@example.com && '{1}' open payments.md \
         --world good-canary; echo left it; read go; '{1}' open payments.md --world good-canary; echo left again; \
         read end",
        home.path().display(),
        env!("CARGO_BIN_EXE_tminus")
    );
    tmux.command(&["new-session", "-d", "-s", "it", "-x", "120", "-y", "40", &open]);
    tmux.wait_for("0 of 2 go");

    press(&tmux, &["a"]);
    tmux.wait_for("Roll-call");
    for (role, count) in [("Engineering Lead", "1 of 2 go"), ("QA Lead", "all 2 go")] {
        press(&tmux, &["g"]);
        tmux.wait_for(&format!("Say go as {role}?"));
        press_until(&tmux, "y", count);
        press(&tmux, &["j"]);
    }
    press(&tmux, &["q"]);
    press(&tmux, &["P"]);
    tmux.wait_for("Promote service to 5 %?");
    press_until(&tmux, "5", "deploying");

    press(&tmux, &["Space"]);
    tmux.wait_for("☑ Freeze the code");
    press(&tmux, &["s"]);
    tmux.wait_for("Leave this item out");
    write(&tmux, "read them already");
    press_until(&tmux, "Enter", "⊘ Read the notes");
    tmux.wait_for("ticked in the file");
    press(&tmux, &["N"]);
    tmux.wait_for("Note on the release");
    write(&tmux, "all calm");
    press_until(&tmux, "Enter", "note: all calm");

    press(&tmux, &["q"]);
    tmux.wait_for("left it");
    assert_eq!(home.engines().len(), 1, "the engine went on");
    press(&tmux, &["Enter"]);
    tmux.wait_for("☑ Freeze the code");
    tmux.wait_for("⊘ Read the notes");
    // The world takes 40 s to bring the canary up.
    tmux.wait_for("canary configured 5 %");

    press(&tmux, &["R"]);
    tmux.wait_for("Roll back service?");
    press_until(&tmux, "y", "rolled-back");
    tmux.wait_for("canary configured 0 %");
    tmux.wait_for("back to 3.1.4: done");
    press(&tmux, &["q"]);
    tmux.wait_for("left again");
}

#[test]
fn the_program_ends_with_its_terminal() {
    if !has_tmux() {
        return;
    }
    let home = Home::new();
    let tmux = Tmux(format!("tminus-gone-{}", std::process::id()));
    let demo =
        format!("TMINUS_HOME='{}/home' exec '{}' demo", home.path().display(), env!("CARGO_BIN_EXE_tminus"));
    tmux.command(&["new-session", "-d", "-s", "it", "-x", "120", "-y", "40", &demo]);
    tmux.wait_for("Stages");
    let pid = tmux.command(&["display-message", "-p", "-t", "it", "#{pane_pid}"]);
    let pid = pid.trim().parse().ok().and_then(Pid::from_raw).expect("the program's id");
    tmux.command(&["kill-server"]);
    let until = Instant::now() + Duration::from_secs(20);
    while test_kill_process(pid).is_ok() {
        assert!(Instant::now() < until, "it ended");
        thread::yield_now();
    }
}

#[test]
fn asked_to_end_the_program_gives_the_terminal_back() {
    let home = Home::new();
    let terminal = Terminal::run(home.program(&["demo"]), "");
    terminal.wait_for("Stages");
    terminal.signal(Signal::TERM);
    let (code, screen) = terminal.end();
    assert_eq!(code, 0);
    assert_restored(&screen);
}

#[test]
fn a_demo_rolls_back_without_a_key() {
    let home = Home::new();
    let mut terminal = Terminal::run(home.program(&["demo", "--script", "bad-canary", "--speed", "120"]), "");
    terminal.wait_for("rolled-back");
    terminal.type_keys("q");
    assert_eq!(terminal.end().0, 0);
}
