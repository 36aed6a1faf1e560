//! An engine for other processes: hosts the releases of a journal and speaks to their cockpits over a socket.
//!
//! Invariants: whoever serves holds the journal's lock for as long; a client of another build gets nothing done;
//! a client that does not read is left behind, never waited for; it ends a minute after its last client when no
//! release needs it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::base::{ReleaseId, Untrusted};
use crate::engine::client::{Client, Reply};
use crate::engine::lock::{Lock, LockError};
use crate::engine::ports::{Cast, Clock};
use crate::engine::runtime::Engine;
use crate::engine::setup::{Ending, Setup};
use crate::engine::wire::{self, Ask, Heard, Strange, Tell};
use crate::engine::{news, socket};
use crate::release::{Presence, Refusal, RefusalCode, wanted};

/// How long it stays after its last client.
const LINGER: Duration = Duration::from_secs(60);
/// How often it looks whether it is still needed.
const LOOK: Duration = Duration::from_secs(5);
/// How long a client may take to take in one frame.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the engines may take to end.
const LEAVE: Duration = Duration::from_secs(5);

/// What one release is hosted with.
pub struct Hosting {
    /// What the engine is made of.
    pub setup: Setup,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// Scripted people, when there are any.
    pub cast: Option<Box<dyn Cast>>,
}

/// Makes what a release is hosted with; whoever wires the world to the ports.
pub trait Wiring: Send + Sync {
    /// Everything for this release, with a handle of its own on the journal.
    ///
    /// # Errors
    /// Why it cannot be hosted, in one line.
    fn hosting(&self, stream: &ReleaseId) -> Result<Hosting, String>;
}

/// Why no engine serves.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another process is the engine.
    #[error("an engine lives on this journal already; attach to it, or end it first")]
    Held,
    /// The lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The socket.
    #[error("{path}: the engine's socket cannot be made: {why}")]
    Socket {
        /// Where.
        path: String,
        /// Why.
        why: io::Error,
    },
    /// A release that was to be hosted from the beginning.
    #[error("{stream}: it cannot be hosted: {why}")]
    Release {
        /// Which.
        stream: String,
        /// Why.
        why: String,
    },
}

/// A release that is hosted, and who looks at it.
struct Hosted {
    client: Client,
    engine: JoinHandle<Ending>,
    here: BTreeMap<u64, Presence>,
}

/// The releases of one journal, served to other processes.
pub struct Server {
    shared: Arc<Shared>,
    listener: UnixListener,
    path: PathBuf,
    linger: Duration,
    _lock: Lock,
}

struct Shared {
    build: String,
    wiring: Arc<dyn Wiring>,
    hosted: Mutex<BTreeMap<ReleaseId, Hosted>>,
    clients: watch::Sender<u64>,
}

impl Server {
    /// Takes the journal's lock and listens on its socket in the runtime directory.
    ///
    /// # Errors
    /// Another engine lives, or the lock or the socket cannot be made.
    pub fn bind(
        journal: &Path,
        runtime: &Path,
        build: &str,
        wiring: Arc<dyn Wiring>,
    ) -> Result<Self, ServeError> {
        let lock = Lock::take(journal)?.ok_or(ServeError::Held)?;
        let path = socket::socket(runtime, journal);
        let listener = socket::listen(&path)
            .map_err(|why| ServeError::Socket { path: path.display().to_string(), why })?;
        let shared = Arc::new(Shared {
            build: build.to_owned(),
            wiring,
            hosted: Mutex::default(),
            clients: watch::Sender::new(0),
        });
        Ok(Self { shared, listener, path, linger: LINGER, _lock: lock })
    }

    /// The same, staying for another time than a minute after its last client.
    pub fn lingering(self, linger: Duration) -> Self {
        Self { linger, ..self }
    }

    /// Serves until nobody looks and nothing needs it. Releases in `begin` are hosted although nobody looks yet.
    ///
    /// # Errors
    /// One of these cannot be hosted.
    pub async fn run(self, begin: &[ReleaseId]) -> Result<(), ServeError> {
        let Self { shared, listener, path, linger, _lock } = self;
        for stream in begin {
            shared
                .host(stream)
                .await
                .map_err(|why| ServeError::Release { stream: stream.to_string(), why })?;
        }
        let mut connections = JoinSet::new();
        let mut number = 0;
        let needless = shared.clone().needless(linger);
        tokio::pin!(needless);
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    // A connection that failed before it began leaves nothing behind.
                    let Ok((stream, _)) = accepted else { continue };
                    number += 1;
                    connections.spawn(shared.clone().attend(number, stream));
                }
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                () = &mut needless => break,
            }
        }
        // Nobody can reach it from here on; the lock is free when this returns.
        let _ = std::fs::remove_file(&path);
        connections.shutdown().await;
        shared.leave().await;
        Ok(())
    }
}

impl Shared {
    /// The client of a release, hosting it when nobody does.
    async fn host(&self, stream: &ReleaseId) -> Result<Client, String> {
        let mut hosted = self.hosted.lock().await;
        if let Some(known) = hosted.get(stream) {
            return Ok(known.client.clone());
        }
        let Hosting { setup, clock, cast } = self.wiring.hosting(stream)?;
        // Its end comes with the last client, which is the one kept here.
        let (client, engine) = Engine::start(setup, clock, cast).map_err(|error| error.to_string())?;
        hosted.insert(stream.clone(), Hosted { client: client.clone(), engine, here: BTreeMap::new() });
        Ok(client)
    }

    /// Lets go of every client and waits for the engines to end.
    async fn leave(&self) {
        let hosted = std::mem::take(&mut *self.hosted.lock().await);
        let engines: Vec<_> = hosted.into_values().map(|hosted| hosted.engine).collect();
        // What has not ended by then has its intents in the journal.
        let _ = tokio::time::timeout(LEAVE, futures::future::join_all(engines)).await;
    }

    /// Ends when there has been no client for a while and no release needs an engine.
    async fn needless(self: Arc<Self>, linger: Duration) {
        let mut alone_since = Some(tokio::time::Instant::now());
        let mut clients = self.clients.subscribe();
        loop {
            // Either ends the wait; which one does not matter.
            let _ = tokio::time::timeout(LOOK, clients.changed()).await;
            let alone = *clients.borrow_and_update() == 0;
            if !alone || self.needed().await {
                alone_since = None;
                continue;
            }
            let since = *alone_since.get_or_insert_with(tokio::time::Instant::now);
            if since.elapsed() >= linger {
                return;
            }
        }
    }

    async fn needed(&self) -> bool {
        self.hosted.lock().await.values().any(|hosted| {
            let view = hosted.client.view();
            wanted(&view.state, &view.plan, crate::base::Timestamp::now().max(view.now)).alive
        })
    }

    async fn attend(self: Arc<Self>, number: u64, stream: UnixStream) {
        self.clients.send_modify(|count| *count += 1);
        let mut hello = None;
        // A connection that breaks is a client that left.
        let _ = self.clone().talk(number, stream, &mut hello).await;
        if let Some(stream) = hello {
            self.presence(&stream, number, None).await;
        }
        self.clients.send_modify(|count| *count = count.saturating_sub(1));
    }

    async fn talk(
        self: Arc<Self>,
        number: u64,
        stream: UnixStream,
        hello: &mut Option<ReleaseId>,
    ) -> io::Result<()> {
        let (mut from, mut to) = stream.into_split();
        let Some(Ask::Hello { build, who, stream }) = wire::read(&mut from).await? else { return Ok(()) };
        wire::write(&mut to, &Tell::Welcome { build: self.build.clone() }).await?;
        let mut client = match self.host(&stream).await {
            Ok(client) => client,
            Err(message) => return wire::write(&mut to, &Tell::Sorry { message }).await,
        };
        *hello = Some(stream.clone());
        self.presence(&stream, number, Some(who)).await;
        let ours = build == self.build;
        // A frame is read by a task of its own: giving up a half-read one would lose its place.
        let (asks, mut asked) = tokio::sync::mpsc::channel(16);
        let mut reader = JoinSet::new();
        reader.spawn(async move {
            while let Ok(Some(ask)) = wire::hear(&mut from).await {
                if asks.send(ask).await.is_err() {
                    break;
                }
            }
        });
        let mut answers = JoinSet::new();
        let mut told = news::Told::default();
        loop {
            let tell = tokio::select! {
                ask = asked.recv() => match ask {
                    Some(Heard::Ask(ask)) => {
                        answers.spawn(answer(client.clone(), ask, ours));
                        continue;
                    }
                    Some(Heard::Strange(strange)) => unknown(&strange, &self.build),
                    None => return Ok(()),
                },
                Some(Ok(Some(tell))) = answers.join_next(), if !answers.is_empty() => tell,
                alive = async { told.is_first() || client.changed().await } => {
                    if !alive {
                        return Ok(());
                    }
                    told.news(&client.view())
                }
            };
            tokio::time::timeout(PATIENCE, wire::write(&mut to, &tell))
                .await
                .map_err(|_| io::Error::other("it does not take in what it is told"))??;
        }
    }

    /// Says who is here.
    async fn presence(&self, stream: &ReleaseId, number: u64, who: Option<Presence>) {
        let mut hosted = self.hosted.lock().await;
        let Some(known) = hosted.get_mut(stream) else { return };
        match who {
            Some(who) => known.here.insert(number, who),
            None => known.here.remove(&number),
        };
        let here = known.here.values().cloned().collect();
        let client = known.client.clone();
        drop(hosted);
        client.present(here).await;
    }
}

async fn answer(client: Client, ask: Ask, ours: bool) -> Option<Tell> {
    match ask {
        // A hold or a rollback is never refused for a build.
        Ask::Send { number, command } if !ours && !command.wish.is_safety() => {
            Some(Tell::Replied { number, reply: Reply::Refused(other_build()) })
        }
        Ask::Send { number, command } => Some(Tell::Replied { number, reply: client.send(*command).await }),
        Ask::Keep { number, bytes } => {
            let digest = match wire::from_hex(&bytes).filter(|_| ours) {
                Some(bytes) => client.keep(bytes).await,
                None => None,
            };
            Some(Tell::Kept { number, digest })
        }
        Ask::Preview { number, rollout, weight } => {
            Some(Tell::Previewed { number, preview: client.preview(rollout, weight).await })
        }
        Ask::Log { number, rollout, pod, lines } => {
            Some(Tell::Logged { number, log: client.log(rollout, pod, lines).await })
        }
        Ask::Hello { .. } => None,
    }
}

/// What a client of a later build is told that asks what this one does not know.
fn unknown(strange: &Strange, build: &str) -> Tell {
    let asked = Untrusted::new(strange.ask.as_str()).cell(40);
    let message = format!(
        "unknown request `{asked}`: the engine is of build {build}; replace it with `tminus engine --replace`"
    );
    Tell::Unknown { number: strange.number, message }
}

/// What a client of another build is told.
pub(crate) fn other_build() -> Refusal {
    Refusal {
        code: RefusalCode::ReadOnly,
        message: "the engine is of another build; this one only looks".to_owned(),
        help: "replace it with `tminus engine --replace`".to_owned(),
    }
}
