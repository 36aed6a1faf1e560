//! Where a verb reads a release and acts on it.
//!
//! With no engine alive a verb takes the journal's lock for as long as it acts and runs in this process; with one, it
//! asks that one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::Context;
use super::exit::{Exit, Failure};
use super::grants::Grants;
use super::operator::operator;
use super::shelf::{self, Found, Kind};
use super::wiring::Wires;
use super::{cockpit, worlds};
use crate::analysis::baseline::BaselineName;
use crate::base::{
    Assurance, Digest, FlagId, GateId, MetricId, OperationId, RolloutId, Timestamp, Untrusted, Via, Weight,
};
use crate::engine::client::Reply;
use crate::engine::clock::WallClock;
use crate::engine::dispatcher::Dispatcher;
use crate::engine::ports::{Clock, World};
use crate::engine::{Engine, Lock, SourcesReader};
use crate::journal::{OpenMode, SqliteStore, Store, StoreError, Watcher};
use crate::plan::Check;
use crate::release::baseline::Asked;
use crate::release::{
    Act, Command, EngineHealth, FlagSeen, Input, OperationState, Outcome, RefusalCode, View, Wanted, Wish,
    Word, standing, wanted,
};

/// How long an engine may take to show its first picture.
const FIRST: Duration = Duration::from_secs(2);
/// How long a verb waits for other verbs that act on the same journal.
const QUEUE: Duration = Duration::from_secs(20);
/// How long it waits before it asks again whether it is its turn.
const TURN: Duration = Duration::from_millis(5);

/// What a verb wants at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To look.
    Read,
    /// To change something.
    Act {
        /// The version of the release its author saw, when they say so.
        seen: Option<u64>,
    },
}

/// One release, opened.
#[derive(Debug)]
pub struct Desk<'a> {
    context: &'a Context,
    found: Found,
    wires: Wires,
    seen: Option<u64>,
    view: View,
}

/// A clock for a journal: the wall's, or the one `TMINUS_NOW` fixes on a test journal.
#[derive(Clone, Copy, Debug)]
struct StillClock(Timestamp);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        self.0
    }
    fn until<'a>(&'a self, at: Timestamp) -> futures::future::BoxFuture<'a, ()> {
        let past = at <= self.0;
        Box::pin(async move {
            if !past {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// What may be said after a command was recorded.
#[derive(Debug, serde::Serialize)]
struct Done {
    version: u64,
    lines: Vec<String>,
}

impl<'a> Desk<'a> {
    /// Opens the release that is meant.
    ///
    /// # Errors
    /// When there is none, several, or its journal may not be used.
    pub fn open(context: &'a Context, purpose: Purpose) -> Result<Self, Failure> {
        let named = context.release.as_deref();
        let found = match purpose {
            Purpose::Read => shelf::to_read(&context.home, named)?,
            Purpose::Act { .. } => shelf::to_act(&context.home, named)?,
        };
        Self::at(context, found, purpose)
    }
    /// Opens this release.
    ///
    /// # Errors
    /// When its journal may not be used.
    pub fn at(context: &'a Context, found: Found, purpose: Purpose) -> Result<Self, Failure> {
        let wires = Wires { home: context.home.clone(), journal: found.journal.clone() };
        let seen = match purpose {
            Purpose::Read => None,
            Purpose::Act { seen } => seen,
        };
        let view =
            if wires.is_alive()? { told(&wires, &found)? } else { shelf::picture(&context.home, &found)? };
        Ok(Self { context, found, wires, seen, view })
    }
    /// What the release looks like.
    pub fn view(&self) -> &View {
        &self.view
    }
    /// Looks again; true when something was recorded since.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn refresh(&mut self) -> Result<bool, Failure> {
        let refused = |error| shelf::refused(&self.found.journal, &error);
        let store = SqliteStore::open(&self.found.journal, OpenMode::Read).map_err(refused)?;
        let version = store
            .streams()
            .map_err(refused)?
            .into_iter()
            .find(|head| head.stream == self.found.stream)
            .map(|head| head.version);
        if version == Some(self.view.state.version) {
            return Ok(false);
        }
        self.view = if self.wires.is_alive()? {
            told(&self.wires, &self.found)?
        } else {
            shelf::picture(&self.context.home, &self.found)?
        };
        Ok(true)
    }
    /// True when nothing more will happen: the release is over, or it is a demo that nobody plays.
    ///
    /// # Errors
    /// When the lock beside the journal cannot be used.
    pub fn is_over(&self) -> Result<bool, Failure> {
        if self.view.state.status.is_over() || self.found.kind != Kind::Demo {
            return Ok(self.view.state.status.is_over());
        }
        let held = Lock::is_held(&self.found.journal);
        held.map(|held| !held).map_err(|error| Failure::new(Exit::StoreRefused, error.to_string()))
    }
    /// Tells when another process records something.
    ///
    /// # Errors
    /// When the journal cannot be opened.
    pub fn watcher(&self) -> Result<Watcher, Failure> {
        Watcher::new(&self.found.journal).map_err(|error| self.refused(&error))
    }
    /// Why this release's journal did not do it.
    pub fn refused(&self, error: &StoreError) -> Failure {
        shelf::refused(&self.found.journal, error)
    }
    /// Keeps bytes in the journal.
    ///
    /// # Errors
    /// When the journal does not.
    pub fn keep(&mut self, bytes: Vec<u8>) -> Result<Digest, Failure> {
        self.store()?.put_blob(&bytes).map_err(|error| shelf::refused(&self.found.journal, &error))
    }
    /// Does it, and says what came of it.
    ///
    /// # Errors
    /// When it is refused, or nobody knows.
    pub fn send(self, wish: Wish) -> Result<Exit, Failure> {
        let (reply, _) = self.act(wish)?;
        said(self.context, reply)
    }
    /// Runs a gate and waits for its verdict: no when it does not let the release on.
    ///
    /// # Errors
    /// When it is refused, or nobody knows.
    pub fn run_gate(self, gate: GateId) -> Result<Exit, Failure> {
        self.may_run(&gate)?;
        let (reply, view) = self.act(Wish::RunGate { gate: gate.clone() })?;
        if !matches!(reply, Reply::Done { .. }) {
            return said(self.context, reply);
        }
        let planned =
            view.plan.gate(&gate).ok_or_else(|| Failure::new(Exit::Bug, "the gate left the plan"))?;
        let standing = standing(&view.state, planned, view.now);
        let newest = view.state.gates.get(&gate).and_then(|known| known.newest());
        let summary = newest.map(|run| run.summary.line()).unwrap_or_default();
        if self.context.out.is_json() {
            self.context.out.json(&serde_json::json!({
                "gate": gate, "verdict": standing.word.as_str(), "allows": standing.allows,
                "summary": summary, "note": standing.note, "version": view.state.version,
            }))?;
        } else {
            self.context.out.text(format!("{} {gate}: {summary}", standing.word.as_str()))?;
        }
        Ok(match standing.word {
            Word::Running | Word::Pending => Exit::Unknown,
            Word::Verdict(_) if standing.allows => Exit::Ok,
            Word::Verdict(_) => Exit::No,
        })
    }

    /// Gives the canary a share and waits until that ended; none when it has it already.
    ///
    /// # Errors
    /// When it is refused, or nobody knows.
    pub fn set_weight(
        self,
        rollout: RolloutId,
        weight: Weight,
        reason: Untrusted,
    ) -> Result<Option<(OperationId, OperationState)>, Failure> {
        let before = self.view.state.version;
        let (reply, view) = self.act(Wish::SetWeight { rollout: rollout.clone(), weight, reason })?;
        match reply {
            Reply::Done { .. } => {}
            refused => return said(self.context, refused).map(|_| None),
        }
        let ours = |(_, known): &(&OperationId, &OperationState)| {
            let set = matches!(&known.act, Act::SetWeight { rollout: of, .. } if *of == rollout);
            set && known.version > before
        };
        let newest = view.state.operations.iter().filter(ours).max_by_key(|(_, known)| known.version);
        Ok(newest.map(|(id, known)| (id.clone(), known.clone())))
    }

    /// Turns flags and waits for what came of it: no when a flag is not as it was wanted.
    ///
    /// # Errors
    /// When it is refused.
    pub fn turn(self, wish: Wish) -> Result<Exit, Failure> {
        let (reply, view) = self.act(wish)?;
        let newest = view.state.operations.iter().filter(|(_, known)| !known.act.flags().is_empty());
        let newest = newest.max_by_key(|(_, known)| known.version);
        let (Reply::Done { .. }, Some((id, known))) = (&reply, newest) else {
            return said(self.context, reply);
        };
        if self.context.out.is_json() {
            let seen = |flag: &FlagId| Some((flag.clone(), &view.state.flags.get(flag)?.seen));
            let flags: BTreeMap<FlagId, &FlagSeen> = known.act.flags().iter().filter_map(seen).collect();
            self.context.out.json(&serde_json::json!({
                "operation": id, "outcome": known.outcome, "summary": known.summary.raw(), "flags": flags,
                "version": view.state.version,
            }))?;
        } else {
            let ended = known
                .outcome
                .map_or("not ended", |outcome| if outcome.is_done() { "done" } else { "not done" });
            self.context.out.text(format!("{ended}: {}", known.summary.raw()))?;
        }
        Ok(match known.outcome {
            Some(Outcome::Done | Outcome::Adopted) => Exit::Ok,
            Some(Outcome::Failed | Outcome::Superseded) => Exit::Refused,
            Some(Outcome::Skipped) => Exit::NotTrusted,
            Some(Outcome::Unknown) | None => Exit::Unknown,
        })
    }

    /// The world of this release, to look at without an engine.
    ///
    /// # Errors
    /// When its script is gone, or its journal cannot be read.
    pub fn world(&self) -> Result<World, Failure> {
        Ok(worlds::of(&self.context.home, &self.found, &self.view.plan)?.ports)
    }

    /// Captures a baseline and waits for it: no when it could not be had.
    ///
    /// # Errors
    /// When it is refused, or nobody knows.
    pub fn capture(
        self,
        metric: MetricId,
        name: BaselineName,
        (since, until): (Timestamp, Timestamp),
    ) -> Result<Exit, Failure> {
        self.may_ask()?;
        let wish = Wish::CaptureBaseline { metric: metric.clone(), name: name.clone(), since, until };
        let (reply, view) = self.act(wish)?;
        if !matches!(reply, Reply::Done { .. }) {
            return said(self.context, reply);
        }
        let known = &view.state.baselines;
        let missed = known.missed.get(&metric).and_then(|missed| missed.get(&name));
        let waits = known.asked.iter().any(|asked| asked.metric == metric && asked.window.name == name);
        let kept = known.of(&metric, &name).filter(|_| missed.is_none() && !waits);
        let value = kept.and_then(|kept| kept.snapshot.value());
        let line = match (kept, missed) {
            (Some(kept), _) => kept.snapshot.line(view.now),
            (None, Some(missed)) => missed.why.line(),
            (None, None) => "nobody has read it yet".to_owned(),
        };
        if self.context.out.is_json() {
            self.context.out.json(&serde_json::json!({
                "metric": metric, "name": name, "value": value, "note": line, "version": view.state.version,
            }))?;
        } else {
            let value = value.map_or_else(|| "no number".to_owned(), |value| value.to_string());
            self.context.out.text(format!("{metric} {name}: {value}, {line}"))?;
        }
        Ok(match (kept, missed) {
            (Some(_), _) => Exit::Ok,
            (None, Some(_)) => Exit::No,
            (None, None) => Exit::Unknown,
        })
    }

    /// Nothing is asked of a server of the real world that this user does not trust the plan with.
    fn may_ask(&self) -> Result<(), Failure> {
        if self.found.kind != Kind::Live {
            return Ok(());
        }
        Grants::load(&self.context.home)?.allow(&self.view.plan)
    }

    /// Nothing is started, and nothing recorded, for a gate of the real world that this user does not trust.
    fn may_run(&self, gate: &GateId) -> Result<(), Failure> {
        let plan = &self.view.plan;
        let by_hand = plan.gate(gate).is_none_or(|gate| matches!(gate.check, Check::Manual));
        if by_hand { Ok(()) } else { self.may_ask() }
    }

    fn store(&self) -> Result<SqliteStore, Failure> {
        SqliteStore::open(&self.found.journal, OpenMode::Write)
            .map_err(|error| shelf::refused(&self.found.journal, &error))
    }

    fn command(&self, store: &SqliteStore, wish: Wish) -> Command {
        let id = match (store.is_test(), std::env::var("TMINUS_SEED")) {
            // A test journal gives the same ids for the same seed and the same place.
            (true, Ok(seed)) => {
                let place = format!("{seed}\0{}\0{}", self.found.stream, self.view.state.version);
                Uuid::new_v5(&store.id(), place.as_bytes())
            }
            _ => Uuid::new_v4(),
        };
        Command { id, actor: operator(), assurance: Assurance::L0, via: Via::Verb, seen: self.seen, wish }
    }

    /// Asks the engine that lives; without one, acts in this process under the journal's lock.
    fn act(&self, wish: Wish) -> Result<(Reply, View), Failure> {
        let began = Instant::now();
        loop {
            let lock = Lock::take(&self.found.journal)
                .map_err(|error| Failure::new(Exit::StoreRefused, error.to_string()))?;
            if let Some(lock) = lock {
                let acted = self.act_here(wish);
                drop(lock);
                return acted;
            }
            // What makes things safe does not queue: the client does it beside whoever holds the lock.
            if wish.is_safety() || self.wires.is_alive()? {
                return self.ask(wish);
            }
            if began.elapsed() >= QUEUE {
                return Err(Failure::new(
                    Exit::Deadline,
                    "another command acts on this journal; nothing was recorded",
                )
                .help("try again when it has ended"));
            }
            std::thread::sleep(TURN);
        }
    }

    /// Asks the engine that lives, and waits until the gate it runs has ended.
    fn ask(&self, wish: Wish) -> Result<(Reply, View), Failure> {
        let command = self.command(&self.store()?, wish);
        let gate = match &command.wish {
            Wish::RunGate { gate } => Some(gate.clone()),
            _ => None,
        };
        let capture = match &command.wish {
            Wish::CaptureBaseline { metric, name, .. } => Some((metric.clone(), name.clone())),
            _ => None,
        };
        let moved = match &command.wish {
            Wish::SetWeight { rollout, .. } => Some(rollout.clone()),
            _ => None,
        };
        let turns =
            matches!(command.wish, Wish::SetFlag { .. } | Wish::KillFlag { .. } | Wish::FlagsOff { .. });
        let runtime = cockpit::runtime()?;
        let answer = runtime.block_on(async {
            let mut client = self.wires.join(&self.found.stream).await?;
            let reply = client.send(command).await;
            let turns = matches!(reply, Reply::Done { .. }) && turns;
            let turning = |view: &View| {
                let open = view.state.operations.values().filter(|known| known.outcome.is_none());
                turns && open.into_iter().any(|known| !known.act.flags().is_empty())
            };
            let is_running = |view: &View| {
                if turning(view) {
                    return true;
                }
                let known = gate.as_ref().and_then(|gate| view.state.gates.get(gate));
                let captures = |asked: &Asked| {
                    capture.as_ref() == Some(&(asked.metric.clone(), asked.window.name.clone()))
                };
                let rollout = moved.as_ref().and_then(|rollout| view.state.rollouts.get(rollout));
                known.is_some_and(|known| known.is_running())
                    || rollout.is_some_and(|known| known.operation.is_some())
                    || view.state.baselines.asked.iter().any(captures)
            };
            let asked = match &reply {
                Reply::Done { version, .. } => *version,
                Reply::Refused(_) | Reply::Failed { .. } => 0,
            };
            while client.view().state.version < asked || is_running(&client.view()) {
                if !client.changed().await {
                    break;
                }
            }
            Ok((reply, (*client.view()).clone()))
        });
        runtime.shutdown_background();
        answer
    }

    /// Does it in this process: what it asks for of the world has ended when this returns.
    fn act_here(&self, wish: Wish) -> Result<(Reply, View), Failure> {
        let store = self.store()?;
        let clock: Arc<dyn Clock> = match shelf::fixed_time(store.is_test())? {
            Some(now) => Arc::new(StillClock(now)),
            None => Arc::new(WallClock),
        };
        let command = self.command(&store, wish);
        let refused = |error| shelf::refused(&self.found.journal, &error);
        let mut writer =
            Dispatcher::open(Box::new(store), self.found.stream.clone(), Arc::new(SourcesReader))
                .map_err(refused)?;
        let now = clock.now();
        let due = wanted(writer.state(), writer.plan(), now).captures;
        let answered = writer.submit(&Input::Command(command), now);
        let Wanted { gates, operations, captures, .. } = wanted(writer.state(), writer.plan(), now);
        // What was due before is tried again by an engine, not by whatever a person does next.
        let new = captures.iter().any(|capture| !due.contains(capture));
        if matches!(answered.reply, Reply::Done { .. })
            && (new || !(gates.is_empty() && operations.is_empty()))
        {
            let world = worlds::of(&self.context.home, &self.found, writer.plan())?;
            let view = settle(writer, world, clock)?;
            return Ok((answered.reply, view));
        }
        drop(writer);
        let view = shelf::picture(&self.context.home, &self.found)?;
        Ok((answered.reply, view))
    }
}

/// What the engine that lives shows.
fn told(wires: &Wires, found: &Found) -> Result<View, Failure> {
    let runtime = cockpit::runtime()?;
    let view = runtime.block_on(async {
        let mut client = wires.join(&found.stream).await?;
        // The first picture is the journal's own; the engine's follows at once, or there is none.
        let alive = |view: &View| matches!(view.health.engine, EngineHealth::Alive { .. });
        while !alive(&client.view()) {
            let Ok(true) = tokio::time::timeout(FIRST, client.changed()).await else { break };
        }
        Ok((*client.view()).clone())
    });
    runtime.shutdown_background();
    view
}

/// Hosts an engine until nothing is on its way any more.
fn settle(writer: Dispatcher, world: worlds::Chosen, clock: Arc<dyn Clock>) -> Result<View, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("no runtime: {error}")))?;
    let ending = runtime
        .block_on(Engine::finish(writer, world.ports, world.nature, clock))
        .map_err(|error| Failure::new(Exit::StoreRefused, error.to_string()))?;
    Ok((*ending.view).clone())
}

/// Says what came of a command.
fn said(context: &Context, reply: Reply) -> Result<Exit, Failure> {
    match reply {
        Reply::Done { version, lines } => {
            if context.out.is_json() {
                context.out.json(&Done { version, lines })?;
            } else if lines.is_empty() {
                context.out.text("nothing to do: it is so already")?;
            } else {
                context.out.text(lines.join("\n"))?;
            }
            Ok(Exit::Ok)
        }
        Reply::Refused(refusal) => {
            Err(Failure::new(Exit::Refused, refusal.message).word(word(refusal.code)).help(refusal.help))
        }
        Reply::Failed { message } => Err(Failure::new(Exit::Unknown, message)
            .help("look at `tminus log` before you try again: it may have happened")),
    }
}

/// A refusal's word for scripts.
fn word(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::Unknown => "unknown",
        RefusalCode::Moved => "moved",
        RefusalCode::WrongState => "wrong-state",
        RefusalCode::Blocked => "blocked",
        RefusalCode::Incomplete => "incomplete",
        RefusalCode::NotAllowed => "not-allowed",
        RefusalCode::ReadOnly => "read-only",
    }
}
