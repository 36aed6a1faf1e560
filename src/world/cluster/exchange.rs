//! One request and its answer: sent once, read up to a size, over by a deadline.
//!
//! Invariants: nothing is sent twice here; what certainly was not sent is told from what got lost on its way.

use std::error::Error;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;

use super::deadline::Deadline;

/// What is sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) method: Method,
    /// Path and query.
    pub(super) address: String,
    pub(super) accept: &'static str,
    /// The body and its media type.
    pub(super) body: Option<(&'static str, Vec<u8>)>,
}

/// An answer, whole.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// It was never sent.
    NotSent(String),
    /// It was sent, and what became of it is not known.
    Lost(String),
    /// The answer is longer than what may be read.
    TooLong,
}

/// How an answer came back: its status, its wish to wait, and a body still to be read.
pub(super) struct Opened {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Body,
}

/// Sends and reads the whole answer, at most `cap` bytes of it.
pub(super) async fn exchange(
    client: &Client,
    authorization: Option<&HeaderValue>,
    sent: &Sent,
    cap: usize,
    deadline: Deadline,
) -> Result<Answer, Loss> {
    let opened = open(client, authorization, sent, deadline).await?;
    let (body, cut) = read(opened.body, cap, deadline).await?;
    match cut {
        Cut::Whole => Ok(Answer { status: opened.status, retry_after: opened.retry_after, body }),
        Cut::Short => Err(Loss::TooLong),
    }
}

/// Sends, and waits for the head of the answer.
pub(super) async fn open(
    client: &Client,
    authorization: Option<&HeaderValue>,
    sent: &Sent,
    deadline: Deadline,
) -> Result<Opened, Loss> {
    let request = request(sent, authorization).map_err(|error| Loss::NotSent(error.to_string()))?;
    let response = match deadline.hold(client.send(request)).await {
        None => return Err(Loss::Lost("no answer in time".to_owned())),
        Some(Err(error)) => return Err(loss(&error)),
        Some(Ok(response)) => response,
    };
    Ok(Opened {
        status: response.status().as_u16(),
        retry_after: response.headers().get(RETRY_AFTER).and_then(seconds),
        body: response.into_body(),
    })
}

/// Whether all of a body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// All of it.
    Whole,
    /// There was more than was wanted.
    Short,
}

/// Reads a body, at most `cap` bytes of it.
pub(super) async fn read(mut body: Body, cap: usize, deadline: Deadline) -> Result<(Vec<u8>, Cut), Loss> {
    let mut bytes = Vec::new();
    loop {
        let frame = match deadline.hold(body.frame()).await {
            None => return Err(Loss::Lost("no whole answer in time".to_owned())),
            Some(None) => return Ok((bytes, Cut::Whole)),
            Some(Some(Err(error))) => return Err(Loss::Lost(reason(&error))),
            Some(Some(Ok(frame))) => frame,
        };
        let Some(data) = frame.data_ref() else { continue };
        let room = cap - bytes.len();
        bytes.extend(data.iter().take(room));
        if data.len() > room {
            return Ok((bytes, Cut::Short));
        }
    }
}

fn request(sent: &Sent, authorization: Option<&HeaderValue>) -> Result<Request<Body>, http::Error> {
    let mut request = Request::builder()
        .method(sent.method.clone())
        .uri(&sent.address)
        .header(ACCEPT, sent.accept)
        .header(USER_AGENT, concat!("tminus/", env!("CARGO_PKG_VERSION")));
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    match &sent.body {
        None => request.body(Body::empty()),
        Some((kind, bytes)) => request.header(CONTENT_TYPE, *kind).body(Body::from(bytes.clone())),
    }
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Whether a request that failed was ever sent: it was not when no connection came about.
fn loss(error: &kube::Error) -> Loss {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|it| it.is_connect()) {
            return Loss::NotSent(reason(inner));
        }
        cause = inner.source();
    }
    Loss::Lost(reason(error))
}

/// The last cause, which is the one that says something.
pub(super) fn reason(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    last.to_string()
}
