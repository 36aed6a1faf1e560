//! What a client asks: of the engine that lives, of a silent one, and while none does.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Asked, Remote, Waiting};
use crate::base::{Digest, ReleaseId, Timestamp};
use crate::engine::client::{Client, Reply, Request};
use crate::engine::executor::{ask_log, ask_preview};
use crate::engine::lock::Lock;
use crate::engine::ports::World;
use crate::engine::runtime::Engine;
use crate::engine::server::{Hosting, Wiring, other_build};
use crate::engine::wire::{self, Ask};
use crate::release::{Command, EngineHealth};

/// How long a hold or a rollback waits for the engine.
const SAFETY: Duration = Duration::from_secs(2);
/// How long anything else waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a question about the world waits: longer than the engine takes to give it up.
const LOOKING: Duration = Duration::from_secs(15);

/// Who shows what the world says.
enum Shower {
    /// The engine on the line.
    Engine,
    /// An engine in this process.
    Rescued(Client),
    /// The world, asked from here.
    Here(Box<World>),
    /// Nobody, and why.
    Nobody(String),
}

impl Remote {
    pub(super) async fn request(&mut self, request: Request) {
        match request {
            Request::Send(command, asker) => self.send(command, asker).await,
            Request::Keep(bytes, asker) => match &self.rescued {
                Some(rescued) => {
                    let _ = asker.send(rescued.keep(bytes).await);
                }
                // Bytes are kept by their digest: that needs no lock, whoever else writes.
                None if self.line.is_none() => {
                    let _ = asker.send(self.keep_here(&bytes));
                }
                None => {
                    let number = self.number();
                    let ask = Ask::Keep { number, bytes: wire::to_hex(&bytes) };
                    self.ask(ask, number, PATIENCE, Asked::Keep(asker)).await;
                }
            },
            Request::Page(from, count, asker) => {
                let page = self.writer.store().read(&self.stream, from.max(1), count.min(10_000));
                let _ = asker.send(page.unwrap_or_default());
            }
            Request::Fetch(digest, asker) => {
                let _ = asker.send(self.writer.store().blob(&digest).ok().flatten());
            }
            Request::Preview(rollout, weight, asker) => match self.shown_by() {
                Shower::Engine => {
                    let number = self.number();
                    let ask = Ask::Preview { number, rollout, weight };
                    self.ask(ask, number, LOOKING, Asked::Preview(asker)).await;
                }
                Shower::Rescued(client) => {
                    tokio::spawn(async move { asker.send(client.preview(rollout, weight).await) });
                }
                Shower::Here(world) => {
                    let plan = self.writer.plan().clone();
                    tokio::spawn(
                        async move { asker.send(ask_preview(&world, &plan, (rollout, weight)).await) },
                    );
                }
                Shower::Nobody(why) => {
                    let _ = asker.send(Err(why.into()));
                }
            },
            Request::Log(rollout, pod, lines, asker) => match self.shown_by() {
                Shower::Engine => {
                    let number = self.number();
                    let ask = Ask::Log { number, rollout, pod, lines };
                    self.ask(ask, number, LOOKING, Asked::Log(asker)).await;
                }
                Shower::Rescued(client) => {
                    tokio::spawn(async move { asker.send(client.log(rollout, pod, lines).await) });
                }
                Shower::Here(world) => {
                    let plan = self.writer.plan().clone();
                    tokio::spawn(
                        async move { asker.send(ask_log(&world, &plan, (rollout, pod, lines)).await) },
                    );
                }
                Shower::Nobody(why) => {
                    let _ = asker.send(Err(why.into()));
                }
            },
            // Who is here is the engine's to say.
            Request::Present(_) => {}
        }
    }

    /// Who shows what the world says: the engine on the line, the one here, or nobody but this process.
    fn shown_by(&self) -> Shower {
        if let Some(rescued) = &self.rescued {
            return Shower::Rescued(rescued.clone());
        }
        if self.line.is_some() {
            return match self.other_build() {
                Some(build) => Shower::Nobody(format!(
                    "the engine is of build {build} and is not asked; replace it with `tminus engine --replace`"
                )),
                None => Shower::Engine,
            };
        }
        match self.rescue.hosting(&self.stream) {
            Ok(Hosting { setup, .. }) => Shower::Here(Box::new(setup.world)),
            Err(why) => Shower::Nobody(why),
        }
    }

    async fn send(&mut self, command: Box<Command>, asker: oneshot::Sender<Reply>) {
        if let Some(rescued) = &self.rescued {
            let _ = asker.send(rescued.send(*command).await);
            return;
        }
        if let Some(lock) = self.lock() {
            let (wiring, stream) = (self.rescue.clone(), self.stream.clone());
            tokio::spawn(async move {
                let _ = asker.send(once(lock, wiring, stream, *command).await);
            });
            return;
        }
        let safety = command.wish.is_safety();
        if self.other_build().is_some() && !safety {
            let _ = asker.send(Reply::Refused(other_build()));
            return;
        }
        let number = self.number();
        let ask = Ask::Send { number, command: command.clone() };
        let patience = if safety { SAFETY } else { PATIENCE };
        self.ask(ask, number, patience, Asked::Command(command, asker)).await;
    }

    async fn ask(&mut self, ask: Ask, number: u64, patience: Duration, what: Asked) {
        let sent = match &mut self.line {
            Some(line) => tokio::time::timeout(SAFETY, wire::write(&mut line.to, &ask)).await,
            None => Ok(Err(io::ErrorKind::NotConnected.into())),
        };
        let due = if matches!(sent, Ok(Ok(()))) { Instant::now() + patience } else { Instant::now() };
        self.waiting.insert(number, Waiting { due, what });
    }

    /// What was not answered in time fails, but for a hold and a rollback: these are done here.
    pub(super) async fn give_up(&mut self) {
        let now = Instant::now();
        let late = |waiting: &Waiting| waiting.due <= now && waiting.what.tells_life();
        if self.line.is_some() && self.waiting.values().any(late) {
            self.health.engine = EngineHealth::Silent { since: Timestamp::now() };
            self.publish();
        }
        let late: Vec<u64> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.due <= now)
            .map(|(number, _)| *number)
            .collect();
        for number in late {
            let Some(Waiting { what, .. }) = self.waiting.remove(&number) else { continue };
            match what {
                Asked::Command(command, asker) => {
                    let reply =
                        if command.wish.is_safety() { self.act_here(*command).await } else { silent() };
                    let _ = asker.send(reply);
                }
                what => what.fail("the engine did not answer in time; ask again"),
            }
        }
    }

    /// Becomes the one who acts on this release, under a higher epoch than whoever is silent.
    async fn act_here(&mut self, command: Command) -> Reply {
        let rescued = match &self.rescued {
            Some(rescued) => rescued.clone(),
            None => {
                let started =
                    self.rescue.hosting(&self.stream).and_then(|Hosting { setup, clock, .. }| {
                        Engine::start(setup, clock, None).map_err(|error| error.to_string())
                    });
                match started {
                    Ok((client, _)) => client,
                    Err(message) => return Reply::Failed { message },
                }
            }
        };
        let reply = rescued.send(command).await;
        self.rescued = Some(rescued);
        self.catch_up();
        reply
    }

    pub(super) fn fail_all(&mut self, message: &str) {
        for (_, Waiting { what, .. }) in std::mem::take(&mut self.waiting) {
            what.fail(message);
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The journal's lock, when nobody is on the line and no engine lives.
    fn lock(&self) -> Option<Lock> {
        if self.line.is_some() {
            return None;
        }
        Lock::take(&self.journal).ok().flatten()
    }

    fn keep_here(&self, bytes: &[u8]) -> Option<Digest> {
        let mut hosting = self.rescue.hosting(&self.stream).ok()?;
        hosting.setup.store.put_blob(bytes).ok()
    }
}

/// Does one command in this process, and what it asks of the world, under the journal's lock.
async fn once(lock: Lock, wiring: Arc<dyn Wiring>, stream: ReleaseId, command: Command) -> Reply {
    let started = wiring.hosting(&stream).and_then(|Hosting { setup, clock, .. }| {
        Engine::start(setup, clock, None).map_err(|error| error.to_string())
    });
    let (client, engine) = match started {
        Ok(started) => started,
        Err(message) => return Reply::Failed { message },
    };
    let reply = client.send(command).await;
    drop(client);
    tokio::spawn(async move {
        // The lock is held until what was asked of the world has ended.
        let _ = engine.await;
        drop(lock);
    });
    reply
}

fn silent() -> Reply {
    let message = "the engine did not answer; look at the log before you try again: it may have happened";
    Reply::Failed { message: message.to_owned() }
}
