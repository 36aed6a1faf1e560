//! A script ready to be played, and one performance of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::{OperationId, Timestamp};
use crate::engine::ports::{Clock, Fault, World};
use crate::release::{Act, Event, Recorded};

use super::cast::SimCast;
use super::error::ScriptError;
use super::history::{History, Track};
use super::script::{Place, Script, Trouble};
use super::service::{Service, ahead};

/// How long nobody answers, when nobody answers. Under the engine's deadline, so that the answer is the world's.
const SILENCE: i64 = 5;

/// A script with its seed.
#[derive(Clone, Debug)]
pub struct SimWorld {
    script: Arc<Script>,
    seed: u64,
}

impl SimWorld {
    /// Reads a script; `name` is what errors call it.
    ///
    /// # Errors
    /// The first line that cannot be played, with what to write instead.
    pub fn load(name: &str, text: &str, seed: u64) -> Result<Self, ScriptError> {
        Ok(Self { script: Arc::new(Script::read(name, text)?), seed })
    }
    /// Where a virtual clock begins.
    pub fn start(&self) -> Timestamp {
        self.script.start.0
    }
    /// One line for people.
    pub fn summary(&self) -> &str {
        &self.script.summary
    }
    /// The version that goes out.
    pub fn version(&self) -> &str {
        &self.script.service.new
    }
    /// Begins a performance. The script's times count from `start`: [`SimWorld::start`] on a virtual clock, the
    /// time the journal was made on the wall's.
    pub fn play(&self, clock: Arc<dyn Clock>, start: Timestamp) -> Play {
        Play { script: self.script.clone(), seed: self.seed, clock, start, history: Arc::default() }
    }
    /// The people, who count their times from the same `start`.
    pub fn cast(&self, start: Timestamp) -> SimCast {
        SimCast::new(self.script.clone(), start)
    }
}

/// One performance: the service as the script has it and as it was treated. Clones are the same performance.
#[derive(Clone)]
pub struct Play {
    pub(super) script: Arc<Script>,
    pub(super) seed: u64,
    pub(super) clock: Arc<dyn Clock>,
    start: Timestamp,
    history: Arc<Mutex<History>>,
}

impl Play {
    /// The ports of this performance.
    pub fn world(&self) -> World {
        let me = Arc::new(self.clone());
        World {
            checks: me.clone(),
            numbers: me.clone(),
            router: me.clone(),
            workloads: me.clone(),
            flags: me.clone(),
            notifier: me,
        }
    }

    /// Takes up a performance that an earlier process began, from what its journal says was done.
    pub fn recall(&self, events: &[Recorded]) {
        let mut history = self.history();
        let mut open: Vec<(&OperationId, &Act)> = Vec::new();
        for recorded in events {
            match &recorded.event {
                Some(Event::OperationIntended { operation, act, .. }) => open.push((operation, act)),
                Some(Event::OperationEnded { operation, outcome, .. }) if outcome.is_done() => {
                    for (_, act) in open.iter().filter(|(id, _)| *id == operation) {
                        history.done(act, recorded.at);
                    }
                }
                Some(Event::FlagObserved { flag, seen }) => {
                    history.flags.insert(flag.clone(), seen.clone());
                }
                Some(Event::GateStarted { gate, .. }) => {
                    history.begin_run(gate);
                }
                _ => {}
            }
        }
    }

    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn service<'a>(&'a self, track: &'a Track) -> Service<'a> {
        Service { script: &self.script, seed: self.seed, start: self.start, track }
    }

    /// Waits on the world's own clock.
    pub(super) async fn wait(&self, seconds: i64) {
        if seconds > 0 {
            let until = ahead(self.clock.now(), seconds);
            self.clock.until(until).await;
        }
    }

    /// What the script says is wrong there now, waited out: an error, or how it still goes on.
    pub(super) async fn meet(
        &self,
        place: Place,
        track: &Track,
        name: &str,
    ) -> Result<Option<Trouble>, Fault> {
        let now = self.clock.now();
        let service = self.service(track);
        let fault =
            self.script.fault.iter().find(|fault| fault.at == place && service.is_on(fault.timing(), now));
        let Some(fault) = fault else { return Ok(None) };
        match fault.is {
            Trouble::Refused => Err(Fault::Refused(name.to_owned(), "the script says no".to_owned())),
            Trouble::Unreachable => {
                self.wait(SILENCE).await;
                Err(silent(name))
            }
            Trouble::Slow => {
                self.wait(fault.takes.signed()).await;
                Ok(Some(Trouble::Slow))
            }
            other => Ok(Some(other)),
        }
    }

    /// The answer that does not come, after something was done all the same.
    pub(super) async fn lost(&self, met: Option<Trouble>, name: &str) -> Result<(), Fault> {
        if met != Some(Trouble::Lost) {
            return Ok(());
        }
        self.wait(SILENCE).await;
        Err(silent(name))
    }
}

fn silent(name: &str) -> Fault {
    Fault::Unreachable(name.to_owned(), "silent by the script".to_owned())
}
