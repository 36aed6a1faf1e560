//! The cockpit on a real pseudo-terminal: start, keys, floods, resizes, suspend, panics, signals, tmux.
//!
//! The child is this test program again, running [`cockpit`] alone. Everything waits for what a terminal would
//! show, or for the child's end.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tminus::base::{Actor, Assurance, Via};
use tminus::engine::client::{Client, Reply, Request};
use tminus::tui::{Ids, Operator, Options, ThemeName, run};
use tokio::sync::{mpsc, watch};

use crate::support::pictures;

/// Says to the child what goes wrong in it.
const FAULT: &str = "TMINUS_TEST_FAULT";
/// Nothing here takes this long unless it is broken.
const LONG: Duration = Duration::from_secs(60);

/// Ids, or a fault of ours on the UI thread.
struct FaultyIds(bool);

impl Ids for FaultyIds {
    fn next(&mut self) -> uuid::Uuid {
        assert!(!self.0, "a fault of ours");
        uuid::Uuid::nil()
    }
}

/// The child: a cockpit on a hand-made picture and an engine that answers everything with done.
#[test]
#[ignore = "runs as the child of the other tests"]
fn cockpit() {
    let fault = std::env::var(FAULT).unwrap_or_default();
    let (pictures, newest) = watch::channel(Arc::new(pictures::view()));
    let (requests, mut asked) = mpsc::channel(8);
    let elsewhere = fault == "elsewhere";
    let engine = thread::spawn(move || {
        let _pictures = pictures;
        while let Some(request) = asked.blocking_recv() {
            assert!(!elsewhere, "a fault on another thread");
            if let Request::Send(_, reply) = request {
                let _ = reply.send(Reply::Done { version: 88, lines: vec!["it is done".to_owned()] });
            }
        }
    });
    let actor = Actor::Person("ada@example.com".to_owned());
    let operator = Operator { actor, assurance: Assurance::L0, via: Via::Cockpit };
    let mut options = Options::new(operator, ThemeName::Dark).expect("the built-in keymap");
    options.ids = Box::new(FaultyIds(fault == "here"));
    match run(Client::new(newest, requests), options) {
        Ok(exit) => println!("left: {exit:?}"),
        Err(error) => println!("refused: {error}"),
    }
    let _ = engine.join();
}

/// What the child's terminal shows, and news of it.
struct Shown {
    parser: Mutex<(vt100::Parser, bool)>,
    news: Condvar,
}

/// A child on a terminal.
pub(crate) struct Terminal {
    shown: Arc<Shown>,
    keys: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
}

fn program() -> String {
    std::env::current_exe().expect("this program").display().to_string()
}

const ARGUMENTS: [&str; 4] = ["--exact", "terminal::cockpit", "--ignored", "--nocapture"];

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("at least one cell")
}

impl Terminal {
    fn open(fault: &str) -> Self {
        let mut command = CommandBuilder::new(program());
        command.args(ARGUMENTS);
        Self::run(command, fault)
    }

    pub(crate) fn run(mut command: CommandBuilder, fault: &str) -> Self {
        let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pty");
        command.env_remove("TMUX");
        command.env_remove("NO_COLOR");
        command.env("TERM", "xterm-256color");
        command.env(FAULT, fault);
        let child = pair.slave.spawn_command(command).expect("a child");
        drop(pair.slave);
        let parser = vt100::Parser::new(cells(30), cells(100), 0);
        let shown = Arc::new(Shown { parser: Mutex::new((parser, false)), news: Condvar::new() });
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let news = shown.clone();
        thread::spawn(move || {
            let mut bytes = [0; 8192];
            loop {
                let count = reader.read(&mut bytes).unwrap_or(0);
                let mut shown = news.parser.lock().expect("the screen");
                shown.0.process(&bytes[..count]);
                shown.1 = count == 0;
                news.news.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().expect("its input");
        Self { shown, keys, master: pair.master, child }
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("keys");
        self.keys.flush().expect("keys");
    }

    /// Waits until the terminal shows it.
    pub(crate) fn wait(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let until = Instant::now() + LONG;
        let mut shown = self.shown.parser.lock().expect("the screen");
        while !holds(shown.0.screen()) {
            let left = until.saturating_duration_since(Instant::now());
            let ended = shown.1;
            assert!(!left.is_zero() && !ended, "{what} (ended: {ended}):\n{}", shown.0.screen().contents());
            shown = self.shown.news.wait_timeout(shown, left).expect("the screen").0;
        }
    }

    pub(crate) fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    fn wait_for_cockpit(&self) {
        self.wait("the cockpit", |screen| {
            screen.alternate_screen() && screen.hide_cursor() && screen.contents().contains("R roll back")
        });
    }

    /// Waits for the end and gives what was on the terminal then.
    pub(crate) fn end(mut self) -> (u32, vt100::Screen) {
        let status = self.child.wait().expect("the child's end");
        let until = Instant::now() + LONG;
        let mut shown = self.shown.parser.lock().expect("the screen");
        while !shown.1 && Instant::now() < until {
            shown = self.shown.news.wait_timeout(shown, LONG).expect("the screen").0;
        }
        (status.exit_code(), shown.0.screen().clone())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.process_id().and_then(|pid| Pid::from_raw(pid as i32)).expect("the child's id");
        kill_process(pid, signal).expect("a signal");
    }
}

pub(crate) fn assert_restored(screen: &vt100::Screen) {
    assert!(!screen.alternate_screen(), "the alternate screen is left");
    assert!(!screen.hide_cursor(), "the cursor is back");
    assert!(!screen.bracketed_paste(), "paste is plain again");
}

#[test]
fn it_starts_listens_and_leaves_the_terminal_as_it_was() {
    let mut terminal = Terminal::open("");
    terminal.wait_for_cockpit();
    terminal.wait("bracketed paste", vt100::Screen::bracketed_paste);
    terminal.type_keys("?");
    terminal.wait_for("Everywhere");
    terminal.type_keys("q ");
    terminal.wait_for("it is done");
    terminal.type_keys("q");
    terminal.wait_for("left: Detached");
    let (code, screen) = terminal.end();
    assert_eq!(code, 0);
    assert_restored(&screen);
}

#[test]
fn a_flood_of_keys_strands_none() {
    let mut terminal = Terminal::open("");
    terminal.wait_for_cockpit();
    terminal.type_keys(&"j".repeat(3_000));
    terminal.type_keys("?");
    terminal.wait_for("Everywhere");
    terminal.type_keys("qq");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_paste_of_keys_changes_nothing() {
    let mut terminal = Terminal::open("");
    terminal.wait_for_cockpit();
    terminal.type_keys("\u{1b}[200~qR\ry?\u{1b}[201~:");
    terminal.wait("the palette and nothing else", |screen| {
        let text = screen.contents();
        text.contains("Command") && !text.contains("Everywhere") && !text.contains("Roll back payments")
    });
    terminal.type_keys("\u{3}q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn the_last_of_many_sizes_is_what_is_drawn() {
    let mut terminal = Terminal::open("");
    terminal.wait_for_cockpit();
    for step in (0..40u16).rev() {
        let (rows, columns) = (24 + step % 7, 90 + step);
        terminal
            .shown
            .parser
            .lock()
            .expect("the screen")
            .0
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        terminal.master.resize(size).expect("a size");
    }
    terminal.wait("a frame of 90 columns and 24 rows", |screen| {
        let rows: Vec<String> = screen.rows(0, 90).collect();
        rows.len() == 24
            && rows.last().is_some_and(|row| row.contains("R roll back") && row.trim_end().ends_with("help"))
            && rows.iter().any(|row| row.ends_with('╮'))
    });
    terminal.type_keys("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_panic_of_the_screen_gives_the_terminal_back_first() {
    let mut terminal = Terminal::open("here");
    terminal.wait_for_cockpit();
    terminal.type_keys(" ");
    terminal.wait_for("a fault of ours");
    let (code, screen) = terminal.end();
    assert_ne!(code, 0);
    assert_restored(&screen);
}

#[test]
fn a_panic_elsewhere_leaves_the_screen_alone() {
    let mut terminal = Terminal::open("elsewhere");
    terminal.wait_for_cockpit();
    terminal.type_keys(" ");
    terminal.wait_for("the engine is gone");
    terminal.wait("no panic on the screen", |screen| {
        screen.alternate_screen() && !screen.contents().contains("panicked")
    });
    terminal.type_keys("q");
    assert_restored(&terminal.end().1);
}

#[test]
fn a_signal_ends_it_and_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let terminal = Terminal::open("");
        terminal.wait_for_cockpit();
        terminal.signal(signal);
        terminal.wait_for("left: HungUp");
        let (code, screen) = terminal.end();
        assert_eq!(code, 0, "{signal:?}");
        assert_restored(&screen);
    }
}

#[test]
fn the_shell_can_stop_it_and_bring_it_back() {
    let mut command = CommandBuilder::new("sh");
    let cockpit = format!("{} {}", program(), ARGUMENTS.join(" "));
    command.args(["-c", &format!("set -m; {cockpit}; echo the shell is here; read go; fg >/dev/null")]);
    let mut terminal = Terminal::run(command, "");
    terminal.wait_for_cockpit();
    terminal.type_keys("\u{1a}");
    terminal.wait("the shell", |screen| {
        !screen.alternate_screen() && screen.contents().contains("the shell is here")
    });
    terminal.type_keys("\n");
    terminal.wait_for_cockpit();
    terminal.type_keys("q");
    terminal.wait_for("left: Detached");
    assert_restored(&terminal.end().1);
}

/// A tmux of its own, ended with the test.
pub(crate) struct Tmux(pub(crate) String);

impl Tmux {
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-L", &self.0, "-f", "/dev/null"])
            .args(arguments)
            .env_remove("TMUX")
            .output()
            .expect("tmux");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn wait_for(&self, text: &str) {
        let until = Instant::now() + LONG;
        loop {
            let shown = self.command(&["capture-pane", "-p", "-t", "it"]);
            if shown.contains(text) {
                return;
            }
            assert!(Instant::now() < until, "{text}:\n{shown}");
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.command(&["kill-server"]);
    }
}

#[test]
fn it_lives_in_tmux_also_when_the_window_changes() {
    if Command::new("tmux").arg("-V").output().is_err() {
        crate::tools::skip_for_want_of("tmux");
        return;
    }
    let tmux = Tmux(format!("tminus-test-{}", std::process::id()));
    let cockpit = format!("{} {}; read end", program(), ARGUMENTS.join(" "));
    tmux.command(&["new-session", "-d", "-s", "it", "-x", "100", "-y", "30", &cockpit]);
    tmux.wait_for("R roll back");
    tmux.command(&["send-keys", "-t", "it", "?"]);
    tmux.wait_for("Everywhere");
    tmux.command(&["send-keys", "-t", "it", "q", "R"]);
    tmux.wait_for("Roll back payments in PROD?");
    tmux.command(&["send-keys", "-t", "it", "n"]);
    tmux.command(&["resize-window", "-t", "it", "-x", "140", "-y", "40"]);
    tmux.wait_for("5 Roll-call");
    tmux.command(&["send-keys", "-t", "it", "q"]);
    tmux.wait_for("left: Detached");
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    let output = Command::new(program())
        .args(ARGUMENTS)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .output()
        .expect("a child");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("standard input is not a terminal; use `tminus status`"), "{said}");
}
