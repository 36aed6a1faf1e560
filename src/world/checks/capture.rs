//! The head and the tail of an output, whatever its length.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::watch;

/// Bytes kept of the beginning, and as many of the end, of each of the two outputs: 1 MiB in all.
const KEPT: usize = 256 * 1024;

/// Bytes both outputs may have together before whoever writes them is stopped.
pub(super) const MOST: u64 = 10 * 1024 * 1024;

/// What was kept of an output.
#[derive(Clone, Debug, Default)]
pub(in crate::world) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    seen: u64,
}

impl Capture {
    fn take(&mut self, bytes: &[u8]) {
        self.seen += bytes.len() as u64;
        let room = KEPT - self.head.len();
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..over);
    }

    /// Everything that was kept; what was left out is said in its place.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let left_out = self.seen - self.head.len() as u64 - self.tail.len() as u64;
        let mut bytes = self.head.clone();
        if left_out > 0 {
            bytes.extend_from_slice(format!("\n[... {left_out} bytes left out ...]\n").as_bytes());
        }
        bytes.extend(&self.tail);
        bytes
    }

    /// What was kept, as text; bytes that are none become replacement characters.
    pub(in crate::world) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

/// Reads an output to its end and shows what was kept as it grows.
pub(super) async fn drain(mut from: impl AsyncRead + Unpin, to: watch::Sender<Capture>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = buffer.get(..count).unwrap_or_default();
        to.send_modify(|capture| capture.take(bytes));
    }
}

impl Capture {
    /// Bytes seen in all.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_tail_are_kept_and_the_middle_is_counted() {
        let mut capture = Capture::default();
        capture.take(b"first\n");
        for _ in 0..100 {
            capture.take(&[b'x'; 10_000]);
        }
        capture.take(b"\nlast");
        let text = capture.text();
        assert!(text.starts_with("first\n") && text.ends_with("\nlast"));
        assert!(text.contains(&format!("[... {} bytes left out ...]", 1_000_011 - 2 * KEPT)), "not said");
        assert!(text.len() < 2 * KEPT + 100);
    }
}
