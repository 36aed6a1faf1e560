//! Following objects as they change.
//!
//! Invariants: what was listed and what came after it make the whole picture; a connection that ends, breaks or
//! falls silent is taken up where it was, and begun anew when that is gone; whoever follows is told when the picture
//! may be old ([`Change::Lost`]) and when it is not ([`Change::Back`], [`Change::Fresh`]); nothing is read ahead of
//! whoever follows.

use std::time::Duration;

use futures::Stream;
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::answer;
use super::client::{Cluster, asked_all, get};
use super::connection::Want;
use super::deadline::Deadline;
use super::exchange::{self, Loss};
use super::kind::Objects;
use super::path;
use super::refusal::{Asked, Refusal, Verb, Why};

/// How long the server keeps one watch open, in seconds; each is followed by the next.
const OPEN: u64 = 45;
/// How long after that a watch that says nothing is given up.
const SLACK: Duration = Duration::from_secs(5);
/// Bytes of one change.
const LINE: usize = 4 * 1024 * 1024;
/// The first pause after something went wrong; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// One piece of news about the objects that are followed.
#[derive(Clone, Debug, PartialEq)]
pub enum Change<T> {
    /// All there are; whatever was known before is forgotten.
    Listed(Vec<T>),
    /// This one is new or has changed.
    Applied(T),
    /// This one is gone; this is what it was.
    Deleted(T),
    /// Nothing has changed up to now, as the server says.
    Fresh,
    /// The server is not heard: what is known gets old.
    Lost(Refusal),
    /// It is heard again, and nothing was missed.
    Back,
}

impl Cluster {
    /// Follows objects for as long as the stream is kept. It never ends by itself.
    pub fn watch<T: DeserializeOwned + Send + 'static>(
        &self,
        objects: Objects,
    ) -> impl Stream<Item = Change<T>> + Send + Unpin + use<T> {
        let watcher = Watcher::new(self.clone(), objects);
        Box::pin(futures::stream::unfold(watcher, |mut watcher| async move {
            let change = watcher.next().await;
            Some((change, watcher))
        }))
    }
}

enum Phase {
    /// Nothing is known.
    Begin,
    /// Everything up to a version is known.
    Open,
    /// Changes come in.
    Reading(Lines),
}

struct Watcher {
    cluster: Cluster,
    objects: Objects,
    asked: Asked,
    phase: Phase,
    version: String,
    /// What was said last about being lost.
    lost: Option<String>,
    pause: Duration,
    /// Set after a failure: the pause is still to be kept.
    wait: bool,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct Versioned {
    metadata: Version,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    #[serde(default)]
    resource_version: String,
}

impl Watcher {
    fn new(cluster: Cluster, objects: Objects) -> Self {
        let asked = asked_all(Verb::Watch, &objects);
        Self {
            cluster,
            objects,
            asked,
            phase: Phase::Begin,
            version: String::new(),
            lost: None,
            pause: PAUSE,
            wait: false,
        }
    }

    async fn next<T: DeserializeOwned>(&mut self) -> Change<T> {
        loop {
            if std::mem::take(&mut self.wait) {
                tokio::time::sleep(self.pause).await;
                self.pause = (self.pause * 2).min(LONGEST);
            }
            let step = match &mut self.phase {
                Phase::Begin => self.begin().await,
                Phase::Open => self.open().await,
                Phase::Reading(lines) => match lines.next().await {
                    Ok(Some(line)) => self.line(&line),
                    // The server ends a watch after its time.
                    Ok(None) => {
                        self.phase = Phase::Open;
                        Ok(None)
                    }
                    Err(loss) => {
                        self.phase = Phase::Open;
                        Err(self.cluster.lost(&self.asked, loss))
                    }
                },
            };
            match step {
                Ok(Some(change)) => return change,
                Ok(None) => {}
                Err(refusal) => {
                    self.wait = true;
                    if matches!(refusal.why, Why::Gone(_)) {
                        self.phase = Phase::Begin;
                        continue;
                    }
                    let text = refusal.text();
                    if self.lost.as_ref() != Some(&text) {
                        self.lost = Some(text);
                        return Change::Lost(refusal);
                    }
                }
            }
        }
    }

    async fn begin<T: DeserializeOwned>(&mut self) -> Result<Option<Change<T>>, Refusal> {
        let (items, version) = self.cluster.pages(&self.objects, Verb::List, Deadline::usual()).await?;
        self.version = version;
        self.phase = Phase::Open;
        self.lost = None;
        Ok(Some(Change::Listed(items)))
    }

    async fn open<T>(&mut self) -> Result<Option<Change<T>>, Refusal> {
        let open = OPEN.to_string();
        let query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", open.as_str()),
            ("resourceVersion", self.version.as_str()),
        ];
        let asked = &self.asked;
        let address = path::objects(&self.objects, &query);
        let sent = get(address.map_err(|why| self.cluster.refusal(Some(asked), why))?);
        let opened = self.cluster.follow(asked, &sent, Deadline::usual()).await?;
        let until = Deadline::within(Duration::from_secs(OPEN) + SLACK);
        self.phase = Phase::Reading(Lines { body: opened, buffer: Vec::new(), until });
        self.pause = PAUSE;
        Ok(Some(if self.lost.take().is_some() { Change::Back } else { Change::Fresh }))
    }

    fn line<T: DeserializeOwned>(&mut self, line: &[u8]) -> Result<Option<Change<T>>, Refusal> {
        let foreign = |error: serde_json::Error| {
            self.cluster.refusal(Some(&self.asked), Why::Foreign(error.to_string().into()))
        };
        let event: Event<'_> = match serde_json::from_slice(line) {
            Ok(event) => event,
            Err(error) => {
                let refusal = foreign(error);
                self.phase = Phase::Begin;
                return Err(refusal);
            }
        };
        let object = event.object.get();
        if event.kind == "ERROR" {
            self.phase = Phase::Open;
            return Err(self.cluster.refuse(&self.asked, answer::of_status(object.as_bytes())));
        }
        let change = match event.kind {
            "ADDED" | "MODIFIED" => serde_json::from_str(object).map(Change::Applied),
            "DELETED" => serde_json::from_str(object).map(Change::Deleted),
            _ => Ok(Change::Fresh),
        };
        let version = serde_json::from_str::<Versioned>(object);
        match (change, version) {
            (Ok(change), Ok(version)) => {
                self.version = version.metadata.resource_version;
                self.cluster.keeper().answered();
                Ok(Some(change))
            }
            (Err(error), _) | (_, Err(error)) => {
                let refusal = foreign(error);
                self.phase = Phase::Begin;
                Err(refusal)
            }
        }
    }
}

impl Cluster {
    /// Opens an answer that goes on, with fresh credentials once if they are not taken.
    pub(super) async fn follow(
        &self,
        asked: &Asked,
        sent: &exchange::Sent,
        deadline: Deadline,
    ) -> Result<Body, Refusal> {
        let mut want = Want::Any;
        loop {
            let connection = self.keeper().get(want, deadline).await;
            let connection = connection.map_err(|why| self.refusal(Some(asked), why))?;
            let opened = exchange::open(&connection.client, connection.header.as_ref(), sent, deadline).await;
            let opened = opened.map_err(|loss| self.lost(asked, loss))?;
            self.keeper().answered();
            match opened.status {
                200..300 => {
                    self.keeper().taken(&connection);
                    return Ok(opened.body);
                }
                401 if want == Want::Any => want = Want::NewerThan(connection.number),
                status => {
                    let body = exchange::read(opened.body, 64 * 1024, deadline).await;
                    let (body, _) = body.map_err(|loss| self.lost(asked, loss))?;
                    let answer = exchange::Answer { status, retry_after: opened.retry_after, body };
                    return Err(self.refuse(asked, answer::why(&answer)));
                }
            }
        }
    }
}

/// The lines of an answer that goes on.
struct Lines {
    body: Body,
    buffer: Vec<u8>,
    until: Deadline,
}

impl Lines {
    /// The next line; none at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Loss> {
        let mut looked = 0;
        loop {
            let fresh = self.buffer.get(looked..).unwrap_or_default();
            if let Some(end) = fresh.iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(looked + end + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.pop();
                if line.is_empty() {
                    looked = 0;
                    continue;
                }
                return Ok(Some(line));
            }
            looked = self.buffer.len();
            if looked > LINE {
                return Err(Loss::TooLong);
            }
            match self.until.hold(self.body.frame()).await {
                None => return Err(Loss::Lost("the watch fell silent".to_owned())),
                Some(None) => return Ok(None),
                Some(Some(Err(error))) => return Err(Loss::Lost(exchange::reason(&error))),
                Some(Some(Ok(frame))) => {
                    if let Some(data) = frame.data_ref() {
                        self.buffer.extend_from_slice(data);
                    }
                }
            }
        }
    }
}
