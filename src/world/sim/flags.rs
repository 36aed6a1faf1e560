//! The flags of a script: off until somebody turns them on, and always at hand.

use futures::future::{BoxFuture, FutureExt as _, ready};

use super::world::Play;
use crate::base::{OperationId, Untrusted, Weight};
use crate::engine::ports::{Fault, FlagChange, FlagReading, Flags, Preview};
use crate::plan::Flag;
use crate::release::FlagSeen;

impl Play {
    fn flag(&self, flag: &Flag) -> FlagSeen {
        self.history().flags.get(&flag.id).cloned().unwrap_or_else(|| at(Weight::ZERO))
    }
    fn turn(&self, flag: &Flag, seen: FlagSeen) {
        self.history().flags.insert(flag.id.clone(), seen);
    }
}

fn at(percent: Weight) -> FlagSeen {
    FlagSeen { enabled: Some(percent > Weight::ZERO), percent: Some(percent), ..FlagSeen::default() }
}

impl Flags for Play {
    fn read<'a>(&'a self, flag: &'a Flag) -> BoxFuture<'a, Result<FlagReading, Fault>> {
        ready(Ok(FlagReading { seen: self.flag(flag), stamp: None })).boxed()
    }

    fn set<'a>(&'a self, flag: &'a Flag, change: FlagChange<'a>) -> BoxFuture<'a, Result<(), Fault>> {
        self.turn(flag, at(change.percent));
        ready(Ok(())).boxed()
    }

    fn kill<'a>(&'a self, flag: &'a Flag, _: &'a OperationId) -> BoxFuture<'a, Result<(), Fault>> {
        self.turn(flag, FlagSeen { killed: Some(true), ..at(Weight::ZERO) });
        ready(Ok(())).boxed()
    }

    fn clear<'a>(&'a self, _: &'a Flag, _: &'a OperationId) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        let mut history = self.history();
        history.flags.values_mut().for_each(|seen| *seen = at(Weight::ZERO));
        ready(Ok(Untrusted::new("every flag of the script is off"))).boxed()
    }

    fn preview<'a>(&'a self, flag: &'a Flag, percent: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        let patch = Untrusted::new(format!("script: flag {} to {percent}", flag.id));
        ready(Ok(Preview { patch, ..Preview::default() })).boxed()
    }
}
