//! What goes over the engine's socket: JSON with its length before it.
//!
//! Invariants: a frame is whole or an error, never a part; none is longer than [`LONGEST`]; events never go over the
//! socket, each side reads them from the store.

use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::base::{Digest, ReleaseId, RolloutId, Timestamp, Untrusted, Weight};
use crate::engine::client::{Preview, Reply};
use crate::release::{Command, Health, Observations, Presence};

/// The longest frame, in bytes: evidence of some megabytes in two digits a byte.
const LONGEST: usize = 16 << 20;

/// What a client says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub(crate) enum Ask {
    /// First: who it is, of which build, and which release it looks at.
    Hello { build: String, who: Presence, stream: ReleaseId },
    /// Do this.
    Send { number: u64, command: Box<Command> },
    /// Keep these bytes, in two hexadecimal digits each.
    Keep { number: u64, bytes: String },
    /// Show the change that this share would make.
    Preview { number: u64, rollout: RolloutId, weight: Weight },
    /// Show the last lines of a pod.
    Log { number: u64, rollout: RolloutId, pod: String, lines: u32 },
}

/// What a client of a later build says, as far as it can be told.
#[derive(Debug, Deserialize)]
pub(crate) struct Strange {
    /// What it asks.
    pub ask: String,
    /// What the answer goes to.
    pub number: u64,
}

/// A frame of a client.
#[derive(Debug)]
pub(crate) enum Heard {
    /// One that is understood.
    Ask(Ask),
    /// One that is not.
    Strange(Strange),
}

/// What the engine says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "tell")]
pub(crate) enum Tell {
    /// First: its build. Another build's client only looks.
    Welcome { build: String },
    /// The engine cannot serve this release; the text says why.
    Sorry { message: String },
    /// What came of a command.
    Replied { number: u64, reply: Reply },
    /// Bytes are kept.
    Kept { number: u64, digest: Option<Digest> },
    /// The change that a share would make, or why it cannot be told.
    Previewed { number: u64, preview: Result<Preview, Untrusted> },
    /// The last lines of a pod, or why they cannot be had.
    Logged { number: u64, log: Result<Untrusted, Untrusted> },
    /// This build does not know what was asked.
    Unknown { number: u64, message: String },
    /// What is new: the head, and what was seen since the last time, nothing else.
    News { version: u64, seen: Box<Observations>, presence: Vec<Presence>, health: Health, now: Timestamp },
}

/// Writes one frame.
pub(crate) async fn write(to: &mut (impl AsyncWrite + Unpin), frame: &impl Serialize) -> io::Result<()> {
    let bytes = serde_json::to_vec(frame)?;
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= LONGEST);
    let length = length.ok_or_else(|| io::Error::other("more than one frame may hold"))?;
    to.write_all(&length.to_be_bytes()).await?;
    to.write_all(&bytes).await?;
    to.flush().await
}

/// Reads one frame; `None` when the other side is gone between two.
pub(crate) async fn read<T: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<T>> {
    let frame = frame(from).await?;
    Ok(frame.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
}

/// Reads what a client says, also when its build is a later one and asks what this one does not know.
pub(crate) async fn hear(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Heard>> {
    let Some(bytes) = frame(from).await? else { return Ok(None) };
    match serde_json::from_slice(&bytes) {
        Ok(ask) => Ok(Some(Heard::Ask(ask))),
        Err(error) => match serde_json::from_slice(&bytes) {
            Ok(strange) => Ok(Some(Heard::Strange(strange))),
            Err(_) => Err(error.into()),
        },
    }
}

async fn frame(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0u8; 4];
    let first = from.read(&mut length[..1]).await?;
    if first == 0 {
        return Ok(None);
    }
    from.read_exact(&mut length[1..]).await?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST {
        return Err(io::Error::other(format!("a frame of {length} bytes, more than {LONGEST}")));
    }
    let mut bytes = vec![0u8; length];
    from.read_exact(&mut bytes).await?;
    Ok(Some(bytes))
}

/// Bytes in two hexadecimal digits each.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Bytes from two hexadecimal digits each; `None` when they are not.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_their_digits() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(from_hex(&to_hex(&bytes)), Some(bytes));
        assert_eq!(from_hex("abc"), None);
        assert_eq!(from_hex("zz"), None);
    }

    #[tokio::test]
    async fn a_frame_is_whole_or_an_error() {
        let mut bytes = Vec::new();
        write(&mut bytes, &Tell::Welcome { build: "0.1.0".to_owned() }).await.expect("written");
        let mut whole = &bytes[..];
        assert!(matches!(read::<Tell>(&mut whole).await, Ok(Some(Tell::Welcome { .. }))));
        assert!(matches!(read::<Tell>(&mut whole).await, Ok(None)));
        for cut in 1..bytes.len() {
            assert!(read::<Tell>(&mut &bytes[..cut]).await.is_err(), "cut at {cut}");
        }
        let mut huge = &[0xffu8; 16][..];
        assert!(read::<Tell>(&mut huge).await.is_err());
    }
}
