//! The terminal's modes, taken on the way in and given back on every way out.
//!
//! Invariants: giving back is idempotent, goes on after a failure and never panics; it happens at the end of the
//! run, when the UI thread panics, on a signal, and before the process stops for the shell.

use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute};

/// True while the modes are taken: the hook, the watchdog and the run give them back once between them.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes raw mode, the alternate screen and bracketed paste.
///
/// # Errors
/// What the terminal refused; what was taken before is given back.
pub fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    let taken =
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide, Clear(ClearType::All));
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Gives everything back: paste, synchronized output, cursor, screen, raw mode, in that order.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(out, DisableBracketedPaste);
    let _ = execute!(out, EndSynchronizedUpdate);
    let _ = execute!(out, cursor::Show, cursor::SetCursorStyle::DefaultUserShape);
    let _ = execute!(out, LeaveAlternateScreen);
    let _ = disable_raw_mode();
    let _ = out.flush();
}

/// The modes, for as long as this lives.
#[derive(Debug)]
pub struct Guard;

impl Guard {
    /// Takes the modes, and gives them back before the message of a panic of this thread. A panic of another
    /// thread leaves the screen alone: the cockpit lives on.
    ///
    /// # Errors
    /// What the terminal refused.
    pub fn new() -> io::Result<Self> {
        restore_before_panics_of(thread::current().id());
        take()?;
        Ok(Self)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

fn restore_before_panics_of(ui: ThreadId) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ui {
            give_back();
            before(info);
        } else if !TAKEN.load(Ordering::SeqCst) {
            before(info);
        }
    }));
}
