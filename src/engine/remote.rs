//! A client of an engine in another process: reads the events itself, hears the rest over the socket.
//!
//! Invariants: what it shows of the release is the fold of the journal, whoever lives; without an engine it says so;
//! an engine of another build is only looked at; a hold or a rollback that nobody answers in two seconds is done
//! here, under a higher epoch and the same command id; while no engine lives, a command is done here under the
//! journal's lock, for as long as it takes.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::base::{Digest, ReleaseId, Timestamp, Untrusted};
use crate::engine::client::{Client, Preview, Reply, Request};
use crate::engine::dispatcher::Dispatcher;
use crate::engine::lock::Lock;
use crate::engine::plans::PlanReader;
use crate::engine::samples::{Recollection, SamplesCache};
use crate::engine::server::Wiring;
use crate::engine::setup::EngineError;
use crate::engine::wire::{self, Ask, Tell};
use crate::engine::{news, socket};
use crate::journal::Store;
use crate::release::{Command, EngineHealth, Health, Observations, Presence, View};

/// How often the journal is looked at, whatever the engine says.
const LOOK: Duration = Duration::from_millis(250);
/// How often a lost engine is looked for.
const AGAIN: Duration = Duration::from_secs(2);
/// How many requests may wait.
const REQUESTS: usize = 64;

/// What a cockpit joins an engine with.
pub struct Joining {
    /// The journal's file; its lock and its socket follow from it.
    pub journal: PathBuf,
    /// The runtime directory.
    pub runtime: PathBuf,
    /// A handle to read the journal with.
    pub store: Box<dyn Store>,
    /// The release.
    pub stream: ReleaseId,
    /// How the plan is read out of the journal.
    pub reader: Arc<dyn PlanReader>,
    /// This program's build.
    pub build: String,
    /// Who looks.
    pub who: Presence,
    /// What is acted with when the engine does not answer a hold or a rollback.
    pub rescue: Arc<dyn Wiring>,
    /// Where the samples of the engines before are.
    pub samples: Option<SamplesCache>,
}

/// Joins the engine of a journal, or waits for one while showing what the journal says.
///
/// # Errors
/// The journal cannot be read.
pub async fn join(joining: Joining) -> Result<Client, EngineError> {
    let Joining { journal, runtime, store, stream, reader, build, who, rescue, samples } = joining;
    let writer = Dispatcher::open(store, stream.clone(), reader)?;
    let (heard, hearing) = mpsc::channel(REQUESTS);
    let (sender, requests) = mpsc::channel(REQUESTS);
    let now = Timestamp::now();
    let mut remote = Remote {
        socket: socket::socket(&runtime, &journal),
        journal,
        stream,
        build,
        who,
        rescue,
        writer,
        seen: Arc::default(),
        presence: Vec::new(),
        health: Health::default(),
        now,
        line: None,
        heard,
        readers: JoinSet::new(),
        waiting: BTreeMap::new(),
        numbers: 0,
        rescued: None,
        samples: samples.map(Recollection::new),
        view: watch::Sender::new(Arc::new(blank())),
    };
    remote.connect().await;
    remote.publish();
    let client = Client::new(remote.view.subscribe(), sender);
    tokio::spawn(remote.run(requests, hearing));
    Ok(client)
}

fn blank() -> View {
    let stream = ReleaseId::new("");
    View {
        state: Arc::default(),
        plan: Arc::new(crate::engine::plans::blank(&stream)),
        seen: Arc::default(),
        presence: Vec::new(),
        health: Health::default(),
        recent: Arc::default(),
        now: Timestamp::UNIX_EPOCH,
    }
}

mod asking;

/// The connection to an engine.
struct Line {
    to: OwnedWriteHalf,
    build: Option<String>,
}

/// Something the engine was asked and did not answer yet.
struct Waiting {
    due: Instant,
    what: Asked,
}

enum Asked {
    Command(Box<Command>, oneshot::Sender<Reply>),
    Keep(oneshot::Sender<Option<Digest>>),
    Preview(oneshot::Sender<Result<Preview, Untrusted>>),
    Log(oneshot::Sender<Result<Untrusted, Untrusted>>),
}

impl Asked {
    /// Tells whoever asked that it came to nothing.
    fn fail(self, message: &str) {
        match self {
            Self::Command(_, asker) => {
                let _ = asker.send(Reply::Failed { message: message.to_owned() });
            }
            Self::Keep(asker) => {
                let _ = asker.send(None);
            }
            Self::Preview(asker) => {
                let _ = asker.send(Err(message.into()));
            }
            Self::Log(asker) => {
                let _ = asker.send(Err(message.into()));
            }
        }
    }

    /// True for what an engine that lives answers at once: when it does not, it is silent.
    fn tells_life(&self) -> bool {
        matches!(self, Self::Command(..) | Self::Keep(_))
    }
}

/// What a reader of the line heard; `None` when it is over.
type Heard = Option<Tell>;

struct Remote {
    socket: PathBuf,
    journal: PathBuf,
    stream: ReleaseId,
    build: String,
    who: Presence,
    rescue: Arc<dyn Wiring>,
    writer: Dispatcher,
    seen: Arc<Observations>,
    presence: Vec<Presence>,
    health: Health,
    now: Timestamp,
    line: Option<Line>,
    heard: mpsc::Sender<Heard>,
    readers: JoinSet<()>,
    waiting: BTreeMap<u64, Waiting>,
    numbers: u64,
    rescued: Option<Client>,
    samples: Option<Recollection>,
    view: watch::Sender<Arc<View>>,
}

impl Remote {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>, mut hearing: mpsc::Receiver<Heard>) {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut tried = Instant::now();
        let mut counter = self.writer.store().change_counter().ok();
        loop {
            let due = self.waiting.values().map(|waiting| waiting.due).min();
            let overdue = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                request = requests.recv() => match request {
                    Some(request) => self.request(request).await,
                    None => return,
                },
                Some(heard) = hearing.recv() => self.hear(heard),
                () = overdue => self.give_up().await,
                _ = look.tick() => {
                    let newest = self.writer.store().change_counter().ok();
                    if newest != counter {
                        counter = newest;
                        self.catch_up();
                    }
                    if self.line.is_none() && tried.elapsed() >= AGAIN {
                        tried = Instant::now();
                        self.connect().await;
                        self.publish();
                    }
                    self.look_at_rescue();
                }
            }
        }
    }

    /// Connects and says hello; without an engine it says who is missing.
    async fn connect(&mut self) {
        let said = match socket::connect(&self.socket).await {
            Ok(stream) => self.hello(stream).await,
            Err(error) => Err(error),
        };
        if said.is_err() {
            self.alone();
        }
    }

    async fn hello(&mut self, stream: UnixStream) -> io::Result<()> {
        let (mut from, mut to) = stream.into_split();
        let hello =
            Ask::Hello { build: self.build.clone(), who: self.who.clone(), stream: self.stream.clone() };
        wire::write(&mut to, &hello).await?;
        let heard = self.heard.clone();
        self.readers.spawn(async move {
            while let Ok(Some(tell)) = wire::read::<Tell>(&mut from).await {
                if heard.send(Some(tell)).await.is_err() {
                    return;
                }
            }
            // Nobody listens any more when the cockpit is gone.
            let _ = heard.send(None).await;
        });
        self.line = Some(Line { to, build: None });
        Ok(())
    }

    /// No engine on the line: it is gone, or it is there and silent.
    fn alone(&mut self) {
        self.line = None;
        self.readers.abort_all();
        for waiting in self.waiting.values_mut() {
            waiting.due = Instant::now();
        }
        self.presence = vec![self.who.clone()];
        self.now = Timestamp::now();
        self.recall();
        self.health.engine = match (&self.health.engine, Lock::is_held(&self.journal)) {
            (silent @ EngineHealth::Silent { .. }, Ok(true)) => silent.clone(),
            (_, Ok(true)) => EngineHealth::Silent { since: self.now },
            _ => EngineHealth::Nobody,
        };
    }

    /// Shows the samples that outlived the engine, judged by the time it is now.
    fn recall(&mut self) {
        let Some(samples) = &mut self.samples else { return };
        let known = (&**self.writer.plan(), &**self.writer.state());
        let Observations { metrics, triggers, .. } = samples.picture(&self.seen.metrics, known, self.now);
        let seen = Arc::make_mut(&mut self.seen);
        (seen.metrics, seen.triggers) = (metrics, triggers);
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Some(Tell::Welcome { build }) => {
                if let Some(line) = &mut self.line {
                    line.build = Some(build);
                }
            }
            Some(Tell::Sorry { message }) => {
                self.alone();
                self.fail_all(&message);
            }
            Some(Tell::Replied { number, reply }) => {
                // What was recorded is in the picture before its author hears of it.
                self.catch_up();
                if let Some(Waiting { what: Asked::Command(_, asker), .. }) = self.waiting.remove(&number) {
                    let _ = asker.send(reply);
                }
            }
            Some(Tell::Kept { number, digest }) => {
                if let Some(Waiting { what: Asked::Keep(asker), .. }) = self.waiting.remove(&number) {
                    let _ = asker.send(digest);
                }
            }
            Some(Tell::Previewed { number, preview }) => {
                if let Some(Waiting { what: Asked::Preview(asker), .. }) = self.waiting.remove(&number) {
                    let _ = asker.send(preview);
                }
            }
            Some(Tell::Logged { number, log }) => {
                if let Some(Waiting { what: Asked::Log(asker), .. }) = self.waiting.remove(&number) {
                    let _ = asker.send(log);
                }
            }
            Some(Tell::Unknown { number, message }) => {
                if let Some(Waiting { what, .. }) = self.waiting.remove(&number) {
                    what.fail(&message);
                }
            }
            Some(Tell::News { seen, presence, health, now, .. }) => {
                news::merge(Arc::make_mut(&mut self.seen), &seen);
                self.presence = presence;
                self.health = health;
                self.now = now;
                if let Some(version) = self.other_build() {
                    self.health.engine = EngineHealth::OtherBuild { version };
                }
                self.catch_up();
                self.publish();
            }
            None => {
                self.alone();
                self.publish();
            }
        }
    }

    fn other_build(&self) -> Option<String> {
        let theirs = self.line.as_ref()?.build.clone()?;
        (theirs != self.build).then_some(theirs)
    }

    fn look_at_rescue(&mut self) {
        let Some(rescued) = &self.rescued else { return };
        let view = rescued.view();
        if view.now > self.now {
            self.seen = view.seen.clone();
            self.health = view.health.clone();
            self.now = view.now;
            self.publish();
        }
    }

    fn catch_up(&mut self) {
        // A journal that cannot be read now is looked at again in a moment.
        if let Ok(true) = self.writer.catch_up() {
            self.publish();
        }
    }

    fn publish(&self) {
        self.view.send_replace(Arc::new(View {
            state: self.writer.state().clone(),
            plan: self.writer.plan().clone(),
            seen: self.seen.clone(),
            presence: self.presence.clone(),
            health: self.health.clone(),
            recent: self.writer.recent().clone(),
            now: self.now,
        }));
    }
}
