//! The single writer: decides, records, folds, in that order, one input at a time.
//!
//! Invariants: nothing is folded that is not recorded; a conflict is decided anew on what the other one recorded,
//! never sent again as it was; a command that comes twice is done once; an append nobody knows the end of is
//! settled by asking the journal for its first event.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use crate::base::{Actor, Assurance, Digest, GateId, OperationId, ReleaseId, Timestamp, Via};
use crate::engine::client::Reply;
use crate::engine::lines;
use crate::engine::plans::{PlanReader, blank};
use crate::journal::{NewEvent, Store, StoreError};
use crate::plan::Plan;
use crate::release::{
    Command, Decision, Event, Input, LogLine, Recorded, Refusal, RefusalCode, Report, State, Wish,
};

/// How often a conflict is decided anew before the writer gives up.
const TRIES: usize = 16;
/// How many events are read at a time.
const PAGE: usize = 1000;
/// How many lines of the log are kept for screens.
const LINES: usize = 200;

/// What came of an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// What the one who asked is told.
    pub reply: Reply,
    /// When the policy wants to look again.
    pub wake_at: Option<Timestamp>,
    /// How many events it made.
    pub events: usize,
}

/// The single writer of one stream.
pub struct Dispatcher {
    store: Box<dyn Store>,
    stream: ReleaseId,
    reader: Arc<dyn PlanReader>,
    plan: Arc<Plan>,
    state: Arc<State>,
    recent: Arc<VecDeque<LogLine>>,
    held: Option<Held>,
    /// The highest epoch somebody else said in this stream.
    foreign: u64,
    fresh: Fresh,
}

/// What this writer itself began: nobody else can have left it open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fresh {
    /// Operations it intended.
    pub operations: BTreeSet<OperationId>,
    /// Runs of gates it started.
    pub gates: BTreeSet<(GateId, u32)>,
}

/// The right to act that this writer took.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// The stream's epoch before: intents from then on are this writer's to carry out.
    found: u64,
    /// The epoch it took.
    taken: u64,
    /// The highest it knows of: its own, or one that a person's safety act raised through it.
    highest: u64,
}

impl Dispatcher {
    /// Reads the stream from its beginning.
    ///
    /// # Errors
    /// The store cannot be read, or the plan in it cannot.
    pub fn open(
        store: Box<dyn Store>,
        stream: ReleaseId,
        reader: Arc<dyn PlanReader>,
    ) -> Result<Self, StoreError> {
        let plan = Arc::new(blank(&stream));
        let mut this = Self {
            store,
            stream,
            reader,
            plan,
            state: Arc::default(),
            recent: Arc::default(),
            held: None,
            foreign: 0,
            fresh: Fresh::default(),
        };
        this.catch_up()?;
        Ok(this)
    }

    /// What is true.
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }
    /// What should happen.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }
    /// The newest events, one line each.
    pub fn recent(&self) -> &Arc<VecDeque<LogLine>> {
        &self.recent
    }
    /// The stream it writes.
    pub fn stream(&self) -> &ReleaseId {
        &self.stream
    }
    /// The epoch this writer acts under; none until it took one, or when somebody else took a higher one since.
    pub fn epoch(&self) -> Option<u64> {
        self.held.map(|held| held.highest).filter(|ours| self.foreign <= *ours)
    }
    /// What this writer itself began.
    pub(crate) fn fresh(&self) -> &Fresh {
        &self.fresh
    }
    /// The journal behind it, to read and to keep blobs.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }
    /// Keeps bytes by their digest.
    ///
    /// # Errors
    /// The store does not.
    pub fn keep(&mut self, bytes: &[u8]) -> Result<Digest, StoreError> {
        self.store.put_blob(bytes)
    }
    /// Gives the journal back.
    pub fn into_store(self) -> Box<dyn Store> {
        self.store
    }

    /// Takes in what others recorded; true when there was something.
    ///
    /// # Errors
    /// The store cannot be read, or a plan in it cannot.
    pub fn catch_up(&mut self) -> Result<bool, StoreError> {
        let before = self.state.version;
        let mut newest: VecDeque<Recorded> = VecDeque::new();
        loop {
            let page = self.store.read(&self.stream, self.state.version + 1, PAGE)?;
            let whole = page.len() < PAGE;
            for recorded in page {
                if let Some(Event::EngineStarted { epoch } | Event::EpochRaised { epoch }) = &recorded.event {
                    self.foreign = self.foreign.max(*epoch);
                }
                Arc::make_mut(&mut self.state).apply(&recorded);
                newest.push_back(recorded);
            }
            while newest.len() > LINES {
                newest.pop_front();
            }
            if whole {
                break;
            }
        }
        // The sources too: prose changes what people read, and leaves the digest of the binding as it is.
        let binding = self.state.plan.is_some_and(|plan| plan != self.plan.digest);
        if binding || self.state.sources.is_some_and(|sources| sources != self.plan.sources_digest) {
            self.plan = Arc::new(self.adopted().map_err(StoreError::Unusable)?);
        }
        newest.iter().for_each(|recorded| self.remember(recorded));
        Ok(self.state.version != before)
    }

    /// Decides on an input and records what follows.
    pub fn submit(&mut self, input: &Input, now: Timestamp) -> Answered {
        let refused = |refusal| Answered { reply: Reply::Refused(refusal), wake_at: None, events: 0 };
        let failed =
            |why: String| Answered { reply: Reply::Failed { message: why }, wake_at: None, events: 0 };
        if let Input::Command(command) = input {
            // A person is answered on what is true, also when the answer records nothing.
            if let Err(error) = self.catch_up() {
                return failed(error.to_string());
            }
            match self.repeated(command) {
                Ok(Some(reply)) => return Answered { reply, wake_at: None, events: 0 },
                Ok(None) => {}
                Err(error) => return failed(error.to_string()),
            }
        }
        for _ in 0..TRIES {
            // Anew each time: what somebody else recorded may be another plan.
            let plan = match self.plan_for(input) {
                Ok(plan) => plan,
                Err(refusal) => return refused(refusal),
            };
            let Decision { events, after, wake_at, refused: refusal } =
                crate::release::decide(&self.state, &plan, input, now);
            if let Some(refusal) = refusal {
                return Answered { wake_at, ..refused(refusal) };
            }
            if events.is_empty() {
                let reply = Reply::Done { version: self.state.version, lines: Vec::new() };
                return Answered { reply, wake_at, events: 0 };
            }
            let batch = self.envelope(input, events, now);
            match self.record(&batch) {
                Ok(Some(recorded)) => {
                    self.plan = plan;
                    let lines = recorded.iter().map(|event| lines::line(event, &self.plan)).collect();
                    self.advance(after, &recorded);
                    recorded.iter().for_each(|event| self.remember(event));
                    self.begun(&recorded);
                    let reply = Reply::Done { version: self.state.version, lines };
                    return Answered { reply, wake_at, events: recorded.len() };
                }
                // Somebody was first: decide anew on what they recorded.
                Ok(None) => {
                    if let Err(error) = self.catch_up() {
                        return failed(error.to_string());
                    }
                }
                Err(error) => return failed(error.to_string()),
            }
        }
        failed("others record faster than this can decide; try again".to_owned())
    }

    /// Goes on to the state after what was recorded: the one it was decided with, under the head the journal gave it.
    fn advance(&mut self, after: Option<Box<State>>, recorded: &[Recorded]) {
        match (after, recorded.last()) {
            (Some(mut state), Some(newest))
                if state.version == newest.version && state.updated == Some(newest.at) =>
            {
                state.head = Some(newest.hash);
                self.state = Arc::from(state);
            }
            _ => recorded.iter().for_each(|event| Arc::make_mut(&mut self.state).apply(event)),
        }
    }

    /// Takes the next epoch and says so, so that whoever acted before is fenced out.
    ///
    /// # Errors
    /// The store does not give one.
    pub fn take(&mut self, now: Timestamp) -> Result<Answered, StoreError> {
        let mut epoch = self.store.raise_epoch()?;
        while epoch <= self.state.epoch {
            epoch = self.store.raise_epoch()?;
        }
        self.held = Some(Held { found: self.state.epoch, taken: epoch, highest: epoch });
        Ok(self.submit(&Input::Report(Report::EngineStarted { epoch }), now))
    }

    /// True while an operation may still be sent: nobody took a higher epoch since its intent. To be asked after
    /// the object was read and before it is written.
    ///
    /// # Errors
    /// The journal does not answer; nothing may be sent then.
    pub fn may_send(&mut self, operation: &OperationId) -> Result<bool, StoreError> {
        self.catch_up()?;
        let (Some(held), Some(known)) = (self.held, self.state.operations.get(operation)) else {
            return Ok(false);
        };
        let open = known.outcome.is_none() && self.foreign <= held.highest;
        // Nobody else acted between the intent and our taking over, and nobody raised the epoch since.
        Ok(open && known.epoch >= held.found && self.state.epoch <= known.epoch.max(held.taken))
    }

    /// The plan an input is decided on: the adopted one, or the one it brings.
    fn plan_for(&self, input: &Input) -> Result<Arc<Plan>, Refusal> {
        let Input::Command(Command { wish: Wish::AdoptPlan { plan, sources, .. }, .. }) = input else {
            return Ok(self.plan.clone());
        };
        let refusal = |message: String| Refusal {
            code: RefusalCode::Incomplete,
            message,
            help: "read the plan again with `tminus check` and adopt what it reads".to_owned(),
        };
        let found = self.read_plan(sources).map_err(refusal)?;
        if found.digest != *plan {
            let text = format!("its sources give plan {}, not {}", found.digest.short(), plan.short());
            return Err(refusal(text));
        }
        Ok(Arc::new(found))
    }

    fn adopted(&self) -> Result<Plan, String> {
        match &self.state.sources {
            Some(sources) => self.read_plan(sources),
            None => Ok(blank(&self.stream)),
        }
    }

    fn read_plan(&self, sources: &Digest) -> Result<Plan, String> {
        let bytes = self.store.blob(sources).map_err(|error| error.to_string())?;
        let bytes =
            bytes.ok_or_else(|| format!("the journal does not hold the sources {}", sources.short()))?;
        self.reader.read(&bytes)
    }

    /// The answer a command already got, when it was done before.
    fn repeated(&self, command: &Command) -> Result<Option<Reply>, StoreError> {
        let Some((stream, first)) = self.store.find(event_id(command, 0))? else { return Ok(None) };
        let mut count = 1;
        while self.store.find(event_id(command, count))?.is_some() {
            count += 1;
        }
        let events = self.store.read(&stream, first, count)?;
        let lines = events.iter().map(|event| lines::line(event, &self.plan)).collect();
        let version = events.last().map_or(first, |event| event.version);
        Ok(Some(Reply::Done { version, lines }))
    }

    fn envelope(&self, input: &Input, events: Vec<Event>, now: Timestamp) -> Vec<NewEvent> {
        let journal = self.store.id();
        let mut version = self.state.version;
        let mut batch = Vec::with_capacity(events.len());
        for (index, event) in events.into_iter().enumerate() {
            version += 1;
            batch.push(match input {
                Input::Command(command) => NewEvent {
                    id: event_id(command, index),
                    at: now,
                    actor: command.actor.clone(),
                    assurance: command.assurance,
                    via: command.via,
                    event,
                },
                Input::Report(_) => NewEvent {
                    id: own_id(journal, &self.stream, version, &event),
                    at: now,
                    actor: Actor::Engine,
                    assurance: Assurance::L0,
                    via: Via::Engine,
                    event,
                },
            });
        }
        batch
    }

    /// Records a batch; `None` when somebody else was first.
    fn record(&mut self, batch: &[NewEvent]) -> Result<Option<Vec<Recorded>>, StoreError> {
        let expected = self.state.version;
        for _ in 0..2 {
            let error = match self.store.append(&self.stream, expected, batch) {
                Ok(recorded) => return Ok(Some(recorded)),
                Err(StoreError::Conflict { .. } | StoreError::Repeated(_)) => return Ok(None),
                Err(error @ (StoreError::Unusable(_) | StoreError::Broken { .. })) => return Err(error),
                Err(error) => error,
            };
            // Nobody knows whether it is recorded: ask for the first event, then try once more.
            let Some(first) = batch.first() else { return Err(error) };
            match self.store.find(first.id) {
                Ok(Some((_, version))) => {
                    return self.store.read(&self.stream, version, batch.len()).map(Some);
                }
                Ok(None) if !matches!(error, StoreError::Full(_) | StoreError::Locked(_)) => {}
                Ok(None) | Err(_) => return Err(error),
            }
        }
        Err(StoreError::Other("it failed twice; nothing is recorded".to_owned()))
    }

    /// One more line for screens.
    fn remember(&mut self, recorded: &Recorded) {
        let recent = Arc::make_mut(&mut self.recent);
        recent.push_back(LogLine {
            version: recorded.version,
            at: recorded.at,
            by: recorded.actor.name().to_owned(),
            text: lines::line(recorded, &self.plan),
        });
        while recent.len() > LINES {
            recent.pop_front();
        }
    }

    /// What a batch of this writer began: operations, runs, and a higher epoch, which the store's own number follows.
    fn begun(&mut self, recorded: &[Recorded]) {
        for event in recorded {
            match &event.event {
                Some(Event::OperationIntended { operation, .. }) => {
                    self.fresh.operations.insert(operation.clone());
                }
                Some(Event::GateStarted { gate, run }) => {
                    self.fresh.gates.insert((gate.clone(), *run));
                }
                Some(Event::EpochRaised { epoch }) => {
                    while self.store.epoch().is_ok_and(|highest| highest < *epoch) {
                        if self.store.raise_epoch().is_err() {
                            break;
                        }
                    }
                    // The engine that got the key goes on under the number it raised.
                    if let Some(held) = &mut self.held {
                        held.highest = held.highest.max(*epoch);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The id of a command's event: the same command gives the same ids however often it is sent.
fn event_id(command: &Command, index: usize) -> Uuid {
    Uuid::new_v5(&command.id, index.to_string().as_bytes())
}

/// The id of an event the engine itself makes.
fn own_id(journal: Uuid, stream: &ReleaseId, version: u64, event: &Event) -> Uuid {
    let kind = serde_json::to_value(event)
        .ok()
        .and_then(|value| value.get("kind").and_then(|kind| kind.as_str().map(str::to_owned)))
        .unwrap_or_default();
    Uuid::new_v5(&journal, format!("{stream}\0{version}\0{kind}").as_bytes())
}
