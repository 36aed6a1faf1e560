//! A thread that reads keys and hands them on. It blocks in `read`, so it costs nothing while nobody types.
//!
//! `read` and not a stream: it finds out by `poll` that there is more to read, so a burst of keys strands none.

use std::io;
use std::thread;

use crossterm::event::{Event, KeyEventKind, read};
use tokio::sync::mpsc;

use crate::tui::keymap::Chord;
use crate::tui::update::Msg;

/// How many events may wait before the reader waits too.
const WAITING: usize = 4_096;

/// Starts the reader; the channel ends when the terminal cannot be read any more.
///
/// # Errors
/// No thread can be started.
pub fn read_keys() -> io::Result<mpsc::Receiver<Msg>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    thread::Builder::new().name("keys".to_owned()).spawn(move || {
        while let Ok(event) = read() {
            let Some(msg) = message(event) else { continue };
            if sender.blocking_send(msg).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(Chord::of(&key))),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
        Event::Key(_) | Event::Mouse(_) | Event::FocusGained | Event::FocusLost => None,
    }
}
