//! A thread that notices when the terminal is gone, also when nobody sends a signal.
//!
//! It sleeps in `poll` without a timeout, so it costs nothing while all is well.

use std::io;
use std::sync::Arc;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::Notify;

/// Starts it; `gone` is told once when the terminal hangs up.
///
/// # Errors
/// No thread can be started.
pub fn watch(gone: Arc<Notify>) -> io::Result<()> {
    thread::Builder::new().name("hang-up".to_owned()).spawn(move || {
        let stdin = io::stdin();
        loop {
            // Hang-up and error are always reported, so no event is asked for: keys do not wake it.
            let mut fds = [PollFd::new(&stdin, PollFlags::empty())];
            match poll(&mut fds, None) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(0) => {}
                Ok(_) | Err(_) => break,
            }
        }
        gone.notify_one();
    })?;
    Ok(())
}
