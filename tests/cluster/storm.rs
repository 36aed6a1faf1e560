//! A proxy of our own in front of the real API server, which breaks what it is told to break.
//!
//! It passes everything on but for the faults that are waiting; a fault takes the next write (PATCH, PUT, POST,
//! DELETE) or the next watch. What reached the server, and what it answered, is counted.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use futures::{StreamExt as _, TryStreamExt as _};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing reaches the server: this answer comes instead, with `Retry-After` when one is given.
    Instead { status: u16, reason: &'static str, retry_after: Option<u32> },
    /// The server does it, and this answer comes instead of its own.
    AppliedThen { status: u16, reason: &'static str },
    /// The connection is closed before the server hears of it.
    Reset,
    /// The server does it, and the connection is closed before the answer.
    AppliedThenReset,
    /// Nothing reaches the server and nobody answers.
    BlackHole,
    /// The watch ends with the word that its version is gone.
    Gone,
}

/// Which requests a fault takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Write,
    Watch,
    Read,
}

/// The proxy.
#[derive(Clone)]
pub struct Storm {
    inner: Arc<Inner>,
    pub address: String,
}

struct Inner {
    server: String,
    token: String,
    http: reqwest::Client,
    waiting: Mutex<VecDeque<(Taken, Fault)>>,
    writes: Mutex<Vec<(String, u16)>>,
    /// Ends every watch that is open when it is cancelled and replaced.
    watches: Mutex<CancellationToken>,
}

impl Storm {
    /// A proxy in front of this server.
    pub async fn before(server: &str, token: &str, ca: &[u8]) -> Self {
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(ca).expect("a certificate")])
            .no_proxy()
            .build()
            .expect("a client");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Arc::new(Inner {
            server: server.to_owned(),
            token: token.to_owned(),
            http,
            waiting: Mutex::default(),
            writes: Mutex::default(),
            watches: Mutex::default(),
        });
        let storm = Self { inner, address };
        tokio::spawn(storm.clone().accept(listener));
        storm
    }

    /// The next requests of that kind meet these, one each.
    pub fn next(&self, taken: Taken, faults: impl IntoIterator<Item = Fault>) {
        let mut waiting = self.inner.waiting.lock().expect("whole");
        waiting.extend(faults.into_iter().map(|fault| (taken, fault)));
    }

    /// Ends every watch that is open, as a server does from time to time.
    pub fn break_watches(&self) {
        std::mem::take(&mut *self.inner.watches.lock().expect("whole")).cancel();
    }

    /// Writes the server took, with its status, oldest first: `PATCH /path`.
    pub fn applied(&self) -> Vec<String> {
        let writes = self.inner.writes.lock().expect("whole");
        writes.iter().filter(|(_, status)| *status < 300).map(|(what, _)| what.clone()).collect()
    }

    /// True when every fault has been met.
    pub fn is_over(&self) -> bool {
        self.inner.waiting.lock().expect("whole").is_empty()
    }

    /// A kubeconfig that goes through it.
    pub fn kubeconfig(&self) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "storm",
            "clusters": [{ "name": "storm", "cluster": { "server": self.address } }],
            "users": [{ "name": "storm", "user": {} }],
            "contexts": [{ "name": "storm", "context": { "cluster": "storm", "user": "storm" } }],
        })
    }

    async fn accept(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(self.clone().serve(stream));
        }
    }

    async fn serve(self, stream: TcpStream) {
        let service = service_fn(|request| {
            let storm = self.clone();
            async move { storm.answer(request).await }
        });
        // A connection that is broken on purpose ends with an error.
        let _ =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    fn fault(&self, taken: Taken) -> Option<Fault> {
        let mut waiting = self.inner.waiting.lock().expect("whole");
        let place = waiting.iter().position(|(of, _)| *of == taken)?;
        waiting.remove(place).map(|(_, fault)| fault)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
        let query = request.uri().query().unwrap_or_default();
        let taken = match *request.method() {
            Method::GET if query.contains("watch=") => Taken::Watch,
            Method::GET => Taken::Read,
            _ => Taken::Write,
        };
        match self.fault(taken) {
            None => self.pass(request).await,
            Some(Fault::Instead { status, reason, retry_after }) => {
                let mut answer = said(status, reason);
                if let Some(seconds) = retry_after {
                    answer.headers_mut().insert("retry-after", seconds.into());
                }
                Ok(answer)
            }
            Some(Fault::AppliedThen { status, reason }) => {
                self.pass(request).await?;
                Ok(said(status, reason))
            }
            Some(Fault::Reset) => Err(Broken),
            Some(Fault::AppliedThenReset) => {
                self.pass(request).await?;
                Err(Broken)
            }
            Some(Fault::BlackHole) => std::future::pending().await,
            Some(Fault::Gone) => {
                let gone = json!({ "type": "ERROR", "object": {
                    "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410,
                    "reason": "Expired", "message": "too old resource version",
                }});
                Ok(Response::new(whole(format!("{gone}\n"))))
            }
        }
    }

    async fn pass(&self, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let what = format!("{} {}", parts.method, parts.uri.path());
        let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
        let watched = parts.uri.query().is_some_and(|query| query.contains("watch="));
        let is_write = parts.method != Method::GET;
        let dry = parts.uri.query().is_some_and(|query| query.contains("dryRun"));
        let mut ask = self
            .inner
            .http
            .request(parts.method, format!("{}{path}", self.inner.server))
            .bearer_auth(&self.inner.token)
            .body(body);
        for name in ["content-type", "accept"] {
            if let Some(value) = parts.headers.get(name) {
                ask = ask.header(name, value.clone());
            }
        }
        let answer = ask.send().await.map_err(|_| Broken)?;
        let status = answer.status();
        if is_write && !dry {
            self.inner.writes.lock().expect("whole").push((what, status.as_u16()));
        }
        let kind = answer.headers().get("content-type").cloned();
        let broken = self.inner.watches.lock().expect("whole").clone();
        let until = async move {
            match watched {
                true => broken.cancelled_owned().await,
                false => std::future::pending().await,
            }
        };
        let stream = answer.bytes_stream().take_until(until).map_ok(Frame::data).map_err(|_| Broken);
        let mut out = Response::new(BodyExt::boxed(StreamBody::new(stream)));
        *out.status_mut() = status;
        if let Some(kind) = kind {
            out.headers_mut().insert("content-type", kind);
        }
        Ok(out)
    }
}

type Body = BoxBody<Bytes, Broken>;

/// The connection ends here.
#[derive(Clone, Copy, Debug)]
pub struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

fn whole(text: String) -> Body {
    let never: fn(Infallible) -> Broken = |never| match never {};
    Full::new(Bytes::from(text)).map_err(never).boxed()
}

fn said(status: u16, reason: &'static str) -> Response<Body> {
    let text = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status,
        "reason": reason, "message": format!("{reason}, by the storm"),
    });
    let mut answer = Response::new(whole(text.to_string()));
    *answer.status_mut() = hyper::StatusCode::from_u16(status).expect("a status");
    answer.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    answer
}
