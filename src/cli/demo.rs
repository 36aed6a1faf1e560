//! `tminus demo`: a whole release in a simulated world, without any set-up.
//!
//! The journal of a headless demo depends on script and seed alone: the same head under any home, at any time of day.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use super::Context;
use super::exit::{Exit, Failure};
use super::home::Home;
use super::{cockpit, opening, shelf, worlds};
use crate::base::{Actor, ReleaseId, Via};
use crate::engine::clock::{FastClock, VirtualClock};
use crate::engine::ports::{Cast, Clock};
use crate::engine::{Engine, Lock, Nature, SamplesCache, Setup, SourcesReader, line, simulate};
use crate::journal::{Genesis, SqliteStore};
use crate::release::{RolloutPhase, Status, View};
use crate::world::sim::{NAMES, SimWorld};

/// Plays a whole release with a canary, simulated.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// The world it plays in
    #[arg(long, value_name = "NAME", default_value = "bad-canary", value_parser = clap::builder::PossibleValuesParser::new(NAMES))]
    script: String,
    /// What its chance comes from
    #[arg(long, value_name = "N", default_value_t = worlds::SEED)]
    seed: u64,
    /// How many seconds pass in one, or `max`
    #[arg(long, value_name = "X")]
    speed: Option<Speed>,
    /// Without a screen: the log, and how it ended
    #[arg(long)]
    headless: bool,
}

/// How long the engine may take to end behind a screen that is left.
const LEAVE: Duration = Duration::from_secs(1);

/// How many seconds of a demo pass in one, unless somebody says otherwise.
const PACE: f64 = 60.0;

/// How fast a play goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Speed {
    /// As fast as it can: the clock moves when nothing is on its way.
    Max,
    /// So many seconds in one.
    Times(f64),
}

impl std::str::FromStr for Speed {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let factor = text.trim_end_matches('x').parse().ok().filter(|it: &f64| it.is_finite() && *it > 0.0);
        factor
            .map(Self::Times)
            .ok_or_else(|| "write `max`, or how many seconds pass in one, such as 60".to_owned())
    }
}

/// The last line of `--json`.
#[derive(Debug, Serialize)]
struct Ended {
    outcome: &'static str,
    version: String,
    head: String,
    events: u64,
}

impl Demo {
    /// Plays it.
    ///
    /// # Errors
    /// When its journal cannot be written.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let world = worlds::load(&self.script, self.seed)?;
        let journal = context.home.state().join(format!("demo-{}-{}.db", self.script, self.seed));
        if !self.headless {
            let factor = match self.speed {
                Some(Speed::Max) => {
                    return Err(Failure::usage("a demo at full speed has nothing to show")
                        .help("add --headless, or a speed such as --speed 60"));
                }
                Some(Speed::Times(factor)) => factor,
                None => PACE,
            };
            // Asked first: the journal of the last demo is not rewritten for a play that nobody can see.
            cockpit::require_terminal()?;
            return Stage::set(context, &world, journal, &self)?.on_screen(&context.home, &world, factor);
        }
        let stage = Stage::set(context, &world, journal, &self)?;
        let view = match self.speed.unwrap_or(Speed::Max) {
            Speed::Max => stage.at_once(&world)?,
            Speed::Times(factor) => stage.at_speed(&world, factor)?,
        };
        stage.log(context)?;
        let ended = ended(&view);
        if context.out.is_json() {
            context.out.json(&ended)?;
        } else {
            context.out.text(format!(
                "{} {} ({} events, head {})",
                ended.version, ended.outcome, ended.events, ended.head
            ))?;
        }
        Ok(Exit::Ok)
    }
}

/// A journal with a release in it, ready to be played.
struct Stage {
    journal: PathBuf,
    stream: ReleaseId,
    samples: SamplesCache,
    /// Held for as long as it is played, so that no other play rewrites it and who watches knows when it is over.
    _lock: Lock,
}

impl Stage {
    fn set(context: &Context, world: &SimWorld, journal: PathBuf, demo: &Demo) -> Result<Self, Failure> {
        context.home.create()?;
        let lock = Lock::take(&journal)
            .map_err(|error| Failure::new(Exit::StoreRefused, error.to_string()))?
            .ok_or_else(|| {
                Failure::new(Exit::Refused, "this demo is playing already, in another terminal")
                    .word("held")
                    .help("wait until it is over, or play another seed")
            })?;
        let name = format!("demo/{}/{}", demo.script, demo.seed);
        let genesis = Genesis {
            journal: Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()),
            test: true,
            at: world.start(),
        };
        let store =
            SqliteStore::recreate(&journal, &genesis).map_err(|error| shelf::refused(&journal, &error))?;
        let actor = Actor::Script("ada@example.com".to_owned());
        let author = opening::Author { actor, via: Via::Script, at: world.start(), seed: Some(demo.seed) };
        let stream = opening::adopt(store, &crate::plan::bundled::demo(), &author)?;
        // The play begins anew, and so do its samples.
        let samples = SamplesCache::of(context.home.cache(), genesis.journal, &stream);
        samples.forget();
        Ok(Self { journal, stream, samples, _lock: lock })
    }

    fn setup(&self, play: &crate::world::sim::Play) -> Result<Setup, Failure> {
        let store = SqliteStore::open(&self.journal, crate::journal::OpenMode::Write)
            .map_err(|error| shelf::refused(&self.journal, &error))?;
        Ok(Setup {
            store: Box::new(store),
            stream: self.stream.clone(),
            world: play.world(),
            reader: Arc::new(SourcesReader),
            nature: Nature::Simulated,
            presence: Vec::new(),
            samples: Some(self.samples.clone()),
        })
    }

    fn at_once(&self, world: &SimWorld) -> Result<View, Failure> {
        let clock = VirtualClock::new(world.start());
        let play = world.play(Arc::new(clock.clone()), world.start());
        let cast = Box::new(world.cast(world.start()));
        let ending = simulate(self.setup(&play)?, cast, &clock)
            .map_err(|error| Failure::new(Exit::StoreRefused, error.to_string()))?;
        Ok((*ending.view).clone())
    }

    fn at_speed(&self, world: &SimWorld, factor: f64) -> Result<View, Failure> {
        let bug = |error: std::io::Error| Failure::new(Exit::Bug, format!("no runtime: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(bug)?;
        let clock: Arc<dyn Clock> = Arc::new(FastClock::new(world.start(), factor));
        let play = world.play(clock.clone(), world.start());
        let setup = self.setup(&play)?;
        runtime.block_on(async {
            let (mut client, engine) = Engine::start(setup, clock, Some(Box::new(world.cast(world.start()))))
                .map_err(|error| Failure::new(Exit::StoreRefused, error.to_string()))?;
            let critic = world.cast(world.start());
            while !critic.over(&client.view()) && client.changed().await {}
            let last = client.view();
            drop(client);
            // It keeps its samples before it ends; a play that does not end in time is over all the same.
            let ending = tokio::time::timeout(LEAVE, engine).await;
            let view = ending.ok().and_then(Result::ok).map_or(last, |ending| ending.view);
            Ok((*view).clone())
        })
    }

    /// In the cockpit: the scripted people do their part, and so may whoever looks.
    fn on_screen(&self, home: &Home, world: &SimWorld, factor: f64) -> Result<Exit, Failure> {
        let runtime = cockpit::runtime()?;
        let clock: Arc<dyn Clock> = Arc::new(FastClock::new(world.start(), factor));
        let play = world.play(clock.clone(), world.start());
        let setup = self.setup(&play)?;
        let (client, engine) = runtime
            .block_on(async { Engine::start(setup, clock, Some(Box::new(world.cast(world.start())))) })
            .map_err(|error| Failure::new(Exit::StoreRefused, error.to_string()))?;
        let shown = cockpit::play(home, client);
        // Whatever is still on its way in a play ends with it.
        let _ = runtime.block_on(async { tokio::time::timeout(LEAVE, engine).await });
        runtime.shutdown_background();
        shown
    }

    /// Everything that was recorded.
    fn log(&self, context: &Context) -> Result<(), Failure> {
        let refused = |error| shelf::refused(&self.journal, &error);
        let store = SqliteStore::open(&self.journal, crate::journal::OpenMode::Read).map_err(refused)?;
        if context.out.is_json() {
            return Ok(());
        }
        let events = shelf::events(&store, &self.stream).map_err(refused)?;
        let plan =
            crate::plan::resolve(&crate::plan::bundled::demo()).map_err(super::trust::not_understood)?.plan;
        for event in &events {
            let at = event.at.strftime("%H:%M:%S");
            context.out.text(format!("{at}  {:<16} {}", event.actor.name(), line(event, &plan)))?;
        }
        Ok(())
    }
}

fn ended(view: &View) -> Ended {
    let state = &view.state;
    let phases = || state.rollouts.values().map(|rollout| rollout.phase);
    let outcome = if matches!(state.status, Status::Watching | Status::Stable)
        || (phases().count() > 0 && phases().all(|phase| phase == RolloutPhase::Completed))
    {
        "promoted"
    } else if state.status == Status::RolledBack || phases().any(|phase| phase == RolloutPhase::RolledBack) {
        "rolled-back"
    } else {
        "held"
    };
    Ended {
        outcome,
        version: state.identity.as_ref().map(|known| known.version.clone()).unwrap_or_default(),
        head: state.head.map(|head| head.to_string()).unwrap_or_default(),
        events: state.version,
    }
}
