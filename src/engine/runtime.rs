//! The two loops around the core: one for a real clock, one for a virtual clock.
//!
//! Invariants: the hosted loop lives as long as somebody holds a client or an operation is on its way; the virtual
//! loop moves the clock only when no task can go on without it, so the same world, cast and seed give the same
//! bytes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::base::{Seconds, Timestamp};
use crate::engine::client::{Client, Reply, Request};
use crate::engine::clock::{Jumps, VirtualClock};
use crate::engine::core::Core;
use crate::engine::dispatcher::Dispatcher;
use crate::engine::executor::{Seen, after};
use crate::engine::ports::{Cast, Clock, World};
use crate::engine::setup::{End, Ending, EngineError, Nature, Setup};
use crate::release::View;

/// How many requests may wait.
const REQUESTS: usize = 64;
/// How often another process's records are looked for.
const LOOK: Duration = Duration::from_millis(500);
/// How often samples are kept, at most.
const KEEP: Duration = Duration::from_secs(60);
/// The longest the hosted loop sleeps.
const NAP: Seconds = Seconds(3600);
/// How many turns without news mean that every task waits for the clock.
const QUIET: u32 = 64;
/// How long a play may run on without anything being recorded.
const STILL: Seconds = Seconds(24 * 3600);

/// The one that acts.
#[derive(Debug)]
pub struct Engine;

impl Engine {
    /// Hosts an engine on the present tokio runtime. It ends when every client is dropped and no operation is on
    /// its way; a cast, when there is one, plays along.
    ///
    /// # Errors
    /// The journal cannot be opened.
    pub fn start(
        setup: Setup,
        clock: Arc<dyn Clock>,
        cast: Option<Box<dyn Cast>>,
    ) -> Result<(Client, JoinHandle<Ending>), EngineError> {
        let (core, seen) = Core::open(setup, clock.clone())?;
        let (sender, requests) = mpsc::channel(REQUESTS);
        let client = Client::new(core.watch(), sender);
        let host = Host { core, requests, seen, clock, stage: Stage::new(cast) };
        Ok((client, tokio::spawn(host.run())))
    }

    /// Carries out what this writer began, then ends: what a verb does while no engine lives.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn finish(
        writer: Dispatcher,
        world: World,
        nature: Nature,
        clock: Arc<dyn Clock>,
    ) -> Result<Ending, EngineError> {
        let (core, seen) = Core::on(writer, world, nature, clock.clone())?;
        // Nobody asks for anything more.
        let (_, requests) = mpsc::channel(1);
        Ok(Host { core, requests, seen, clock, stage: Stage::new(None) }.run().await)
    }
}

/// Plays a scripted world to its end on a virtual clock, in this thread.
///
/// # Errors
/// The journal cannot be opened.
pub fn simulate(setup: Setup, cast: Box<dyn Cast>, clock: &VirtualClock) -> Result<Ending, EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let (core, seen) = Core::open(setup, Arc::new(clock.clone()))?;
        Ok(play(core, seen, Stage::new(Some(cast)), clock).await)
    })
}

/// The scripted people, when there are any.
struct Stage {
    cast: Option<Box<dyn Cast>>,
    looked: Option<(u64, Timestamp)>,
    refused: Vec<String>,
}

impl Stage {
    fn new(cast: Option<Box<dyn Cast>>) -> Self {
        Self { cast, looked: None, refused: Vec::new() }
    }

    fn is_over(&self, view: &View) -> bool {
        self.cast.as_ref().is_some_and(|cast| cast.over(view))
    }

    /// When they look again by themselves; never twice at one moment of one version.
    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.cast.as_ref()?.next()?;
        let looked = self.looked.is_some_and(|(_, at)| at >= now);
        Some(if looked && next <= now { after(now, Seconds(1)) } else { next })
    }

    /// Lets them act when something changed since they last looked, or it is their time; true when they did.
    fn act(&mut self, core: &mut Core) -> bool {
        let Some(cast) = &mut self.cast else { return false };
        let now = core.now();
        // The newest picture may be older than the clock; people know what time it is.
        let view = View { now, ..(*core.view()).clone() };
        let version = view.state.version;
        let changed = self.looked.is_none_or(|(seen, _)| seen != version);
        let due = cast.next().is_some_and(|at| at <= now) && self.looked.is_none_or(|(_, at)| at < now);
        if !changed && !due || cast.over(&view) {
            return false;
        }
        self.looked = Some((version, now));
        let wishes = cast.wishes(&view);
        let acted = !wishes.is_empty();
        for (actor, wish) in wishes {
            let what = format!("{} wished {wish:?}", actor.name());
            match core.wish(actor, wish) {
                Reply::Done { .. } => {}
                Reply::Refused(refusal) => self.refused.push(format!("{what}: {}", refusal.message)),
                Reply::Failed { message } => self.refused.push(format!("{what}: {message}")),
            }
        }
        acted
    }
}

/// An engine on a real clock.
struct Host {
    core: Core,
    requests: mpsc::Receiver<Request>,
    seen: mpsc::Receiver<Seen>,
    clock: Arc<dyn Clock>,
    stage: Stage,
}

impl Host {
    async fn run(mut self) -> Ending {
        let mut open = true;
        let mut foreign = tokio::time::interval(LOOK);
        foreign.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut kept = tokio::time::Instant::now();
        let mut counter = self.core.change_counter();
        let mut jumps = self.core.is_real().then(Jumps::new);
        loop {
            // Something may always be due: the tasks that were started must get their turn all the same.
            tokio::task::yield_now().await;
            while let Ok(seen) = self.seen.try_recv() {
                self.core.seen(seen);
            }
            self.core.tick();
            self.core.publish();
            if self.stage.act(&mut self.core) {
                continue;
            }
            if !open && self.core.is_settled() {
                self.core.publish();
                return ending(self.core, End::Left, self.stage.refused);
            }
            let now = self.clock.now();
            let due = self.core.next_due().into_iter().chain(self.stage.next(now)).min();
            let nap = after(now, NAP);
            tokio::select! {
                biased;
                request = self.requests.recv(), if open => match request {
                    Some(request) => self.core.request(request),
                    None => {
                        open = false;
                        self.core.keep_samples();
                    }
                },
                Some(seen) = self.seen.recv() => self.core.seen(seen),
                () = self.clock.until(due.map_or(nap, |due| due.min(nap))) => {}
                _ = foreign.tick() => {
                    if let Some(seconds) = jumps.as_mut().and_then(Jumps::look) {
                        self.core.clock_jumped(seconds);
                    }
                    if kept.elapsed() >= KEEP {
                        kept = tokio::time::Instant::now();
                        self.core.keep_samples();
                    }
                    let newest = self.core.change_counter();
                    if newest != counter {
                        counter = newest;
                        self.core.catch_up();
                    }
                }
            }
        }
    }
}

/// An engine on a virtual clock.
async fn play(
    mut core: Core,
    mut seen: mpsc::Receiver<Seen>,
    mut stage: Stage,
    clock: &VirtualClock,
) -> Ending {
    let (mut version, mut stalled) = (0, after(clock.now(), STILL));
    while clock.now() < stalled {
        core.tick();
        hear(&mut core, &mut seen).await;
        core.publish();
        if stage.is_over(&core.view()) {
            return ending(core, End::Over, stage.refused);
        }
        if stage.act(&mut core) {
            continue;
        }
        let now = clock.now();
        if core.view().state.version != version {
            version = core.view().state.version;
            stalled = after(now, STILL);
        }
        let waits = if core.is_busy() { clock.next() } else { None };
        match core.next_due().into_iter().chain(stage.next(now)).chain(waits).min() {
            Some(at) => clock.advance_to(at),
            None => return ending(core, End::Stalled, stage.refused),
        }
    }
    ending(core, End::Stalled, stage.refused)
}

/// Hears every task out until all of them wait for the clock.
async fn hear(core: &mut Core, seen: &mut mpsc::Receiver<Seen>) {
    let mut quiet = 0;
    while quiet < QUIET && core.is_busy() {
        match seen.try_recv() {
            Ok(news) => {
                core.seen(news);
                core.tick();
                quiet = 0;
            }
            Err(_) => {
                tokio::task::yield_now().await;
                quiet += 1;
            }
        }
    }
}

fn ending(mut core: Core, why: End, refused: Vec<String>) -> Ending {
    core.keep_samples();
    let view = core.view();
    let dispatcher = core.into_dispatcher();
    let state = dispatcher.state();
    Ending { view, head: state.head, events: state.version, why, refused, store: dispatcher.into_store() }
}
