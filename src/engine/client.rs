//! The one thing a cockpit or a verb holds: a picture that changes, and a way to ask.
//!
//! The same client talks to an engine in this process and to one in its own; whoever makes it fills both ends.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};

use crate::base::{Digest, RolloutId, Untrusted, Weight};
use crate::plan::Plan;
use crate::release::{Command, LogLine, Presence, Recorded, Refusal, View};

pub use crate::engine::ports::Preview;

/// A door to an engine.
#[derive(Clone, Debug)]
pub struct Client {
    view: watch::Receiver<Arc<View>>,
    requests: mpsc::Sender<Request>,
}

/// What a client asks.
#[derive(Debug)]
pub enum Request {
    /// Do this.
    Send(Box<Command>, oneshot::Sender<Reply>),
    /// These are here now.
    Present(Vec<Presence>),
    /// Events from this version on, at most so many.
    Page(u64, usize, oneshot::Sender<Vec<Recorded>>),
    /// Keep these bytes; answers their digest.
    Keep(Vec<u8>, oneshot::Sender<Option<Digest>>),
    /// The bytes of this digest.
    Fetch(Digest, oneshot::Sender<Option<Vec<u8>>>),
    /// The exact change that giving the canary this share would make, and what the other side says of it.
    Preview(RolloutId, Weight, oneshot::Sender<Result<Preview, Untrusted>>),
    /// The last lines that a pod of a rollout wrote, at most so many.
    Log(RolloutId, String, u32, oneshot::Sender<Result<Untrusted, Untrusted>>),
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Reply {
    /// It is recorded; the stream stands at this version.
    Done {
        /// The stream's version after it.
        version: u64,
        /// What was recorded, one line each.
        lines: Vec<String>,
    },
    /// It may not be.
    Refused(Refusal),
    /// Nobody knows: the engine or the store did not answer.
    Failed {
        /// What was wrong.
        message: String,
    },
}

impl Client {
    /// A client of whoever holds the other two ends.
    pub fn new(view: watch::Receiver<Arc<View>>, requests: mpsc::Sender<Request>) -> Self {
        Self { view, requests }
    }
    /// The newest picture.
    pub fn view(&self) -> Arc<View> {
        self.view.borrow().clone()
    }
    /// Waits for a newer picture; false when there will be none.
    pub async fn changed(&mut self) -> bool {
        self.view.changed().await.is_ok()
    }
    /// Sends a command and waits for what came of it.
    pub async fn send(&self, command: Command) -> Reply {
        let (reply, answer) = oneshot::channel();
        let gone = || Reply::Failed { message: "the engine is gone".to_owned() };
        if self.requests.send(Request::Send(Box::new(command), reply)).await.is_err() {
            return gone();
        }
        answer.await.unwrap_or_else(|_| gone())
    }
    /// Says who is here; heard by an engine in this process.
    pub(crate) async fn present(&self, who: Vec<Presence>) {
        // An engine that is gone shows nobody anyway.
        let _ = self.requests.send(Request::Present(who)).await;
    }
    /// A page of the journal; empty when there is none or nobody answers.
    pub async fn page(&self, from: u64, count: usize) -> Vec<Recorded> {
        let (reply, answer) = oneshot::channel();
        if self.requests.send(Request::Page(from, count, reply)).await.is_err() {
            return Vec::new();
        }
        answer.await.unwrap_or_default()
    }
    /// A page of the journal as lines for people, under the names of this plan.
    pub async fn lines(&self, from: u64, count: usize, plan: &Plan) -> Vec<LogLine> {
        let page = self.page(from, count).await;
        let line = |recorded: &Recorded| LogLine {
            version: recorded.version,
            at: recorded.at,
            by: recorded.actor.name().to_owned(),
            text: super::lines::line(recorded, plan),
        };
        page.iter().map(line).collect()
    }
    /// Keeps bytes as evidence; `None` when nobody keeps them.
    pub async fn keep(&self, bytes: Vec<u8>) -> Option<Digest> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Keep(bytes, reply)).await.ok()?;
        answer.await.ok().flatten()
    }
    /// The exact change that giving the canary this share would make; nothing is changed.
    ///
    /// # Errors
    /// Why it cannot be told, for people.
    pub async fn preview(&self, rollout: RolloutId, weight: Weight) -> Result<Preview, Untrusted> {
        let (reply, answer) = oneshot::channel();
        let gone = || Err(Untrusted::from("the engine is gone"));
        if self.requests.send(Request::Preview(rollout, weight, reply)).await.is_err() {
            return gone();
        }
        answer.await.unwrap_or_else(|_| gone())
    }
    /// The last lines that a pod wrote, at most so many.
    ///
    /// # Errors
    /// Why they cannot be had, for people.
    pub async fn log(&self, rollout: RolloutId, pod: String, lines: u32) -> Result<Untrusted, Untrusted> {
        let (reply, answer) = oneshot::channel();
        let gone = || Err(Untrusted::from("the engine is gone"));
        if self.requests.send(Request::Log(rollout, pod, lines, reply)).await.is_err() {
            return gone();
        }
        answer.await.unwrap_or_else(|_| gone())
    }
    /// The bytes behind a digest.
    pub async fn fetch(&self, digest: Digest) -> Option<Vec<u8>> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Fetch(digest, reply)).await.ok()?;
        answer.await.ok().flatten()
    }
}
