//! From a key to the end of its frame, through a real pseudo-terminal, on a release of 10 000 items. The floor to
//! compare with is a bare list drawn by the same library; only ratios carry over to another machine.
#![allow(clippy::expect_used, reason = "a bench that cannot run should say where")]

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use divan::Bencher;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// What ends a frame: the end of a synchronized update.
const END: &[u8] = b"\x1b[?2026l";
/// Longer than any frame may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() {
    divan::main();
}

/// A cockpit on a terminal of its own.
struct Cockpit {
    _home: tempfile::TempDir,
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    tail: Vec<u8>,
}

impl Cockpit {
    fn open(columns: u16, rows: u16) -> Self {
        let home = tempfile::tempdir().expect("a home");
        let file = home.path().join("release.md");
        std::fs::write(&file, playbook()).expect("a playbook");
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pty");
        let child = pair.slave.spawn_command(command(&file, home.path())).expect("the program");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its keys");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 65_536];
            while let Ok(read) = reader.read(&mut bytes) {
                if read == 0 || sender.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut this = Self { _home: home, _master: pair.master, child, keys, output, tail: Vec::new() };
        this.frame();
        this
    }

    /// Waits for the end of a frame.
    fn frame(&mut self) {
        loop {
            if let Some(at) = self.tail.windows(END.len()).position(|window| window == END) {
                self.tail.drain(..at + END.len());
                return;
            }
            self.tail.extend(self.output.recv_timeout(PATIENCE).expect("a frame"));
        }
    }

    fn press(&mut self, key: &[u8]) {
        // Frames that were not asked for, the clock's, must not be taken for the answer.
        while let Ok(more) = self.output.try_recv() {
            drop(more);
        }
        self.tail.clear();
        self.keys.write_all(key).and_then(|()| self.keys.flush()).expect("a key");
        self.frame();
    }
}

impl Drop for Cockpit {
    fn drop(&mut self) {
        let _ = self.keys.write_all(b"q");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(file: &Path, home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tminus"));
    command.env_clear();
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env("HOME", home);
    command.env("TMINUS_HOME", home.join("files"));
    command.args(["open".as_ref(), file.as_os_str()]);
    command
}

fn playbook() -> String {
    let mut text = String::from("# Release\n");
    for stage in 0..20 {
        text.push_str(&format!("\n## Stage {stage}: part {stage}\n\n"));
        for item in 0..500 {
            text.push_str(&format!("- [ ] Item {item} of part {stage} is looked at\n"));
        }
    }
    text
}

#[divan::bench(args = [(120, 40), (200, 60)], sample_count = 200, sample_size = 2)]
fn key_to_frame(bencher: Bencher, (columns, rows): (u16, u16)) {
    let mut cockpit = Cockpit::open(columns, rows);
    let mut down = true;
    bencher.bench_local(move || {
        down = !down;
        cockpit.press(if down { b"k" } else { b"j" });
    });
}
