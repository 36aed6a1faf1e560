//! Feature flags as the engine sees them.

use std::sync::Arc;

use super::Core;
use crate::base::{FlagId, Timestamp};
use crate::engine::ports::{Fault, FlagReading};
use crate::plan::Flag;
use crate::release::{FlagCard, FlagSeen, KillSwitch, Report};

impl Core {
    /// A flag answered, or did not: what it last said then stays, with the fault beside it.
    pub(super) fn flag(&mut self, id: &FlagId, reading: Result<FlagReading, Fault>, now: Timestamp) {
        match reading {
            Ok(FlagReading { seen, .. }) => self.flag_read(id, seen, now),
            Err(fault) => {
                let card = Arc::make_mut(&mut self.seen).flags.entry(id.clone()).or_default();
                card.fault = Some(fault.to_string().into());
                card.switch = KillSwitch::Unknown;
            }
        }
    }

    /// What was read of a flag goes into the picture, and into the journal when it is otherwise than before.
    pub(super) fn flag_read(&mut self, id: &FlagId, seen: FlagSeen, now: Timestamp) {
        let plan = self.dispatcher.plan().clone();
        let Some(flag) = plan.flag(id) else { return };
        self.report(Report::Flag { flag: id.clone(), seen: seen.clone() }, now);
        let pulled = self.dispatcher.state().flags.get(id).is_some_and(|known| known.pulled);
        let pulled = seen.killed.unwrap_or(pulled && seen.is_on() == Some(false));
        let environment = plan.release.environment.as_str();
        let here = seen.environments.as_ref().is_none_or(|known| known.iter().any(|it| it == environment));
        let waits_for = self.waits_for(flag);
        let card = FlagCard {
            allowed: flag.is_for(environment) && here,
            switch: if pulled { KillSwitch::Pulled } else { KillSwitch::Armed },
            waits_for,
            at: Some(now),
            fault: None,
            seen,
        };
        Arc::make_mut(&mut self.seen).flags.insert(id.clone(), card);
    }

    /// What a flag requires and is not known to be on.
    fn waits_for(&self, flag: &Flag) -> Vec<FlagId> {
        let on = |id: &FlagId| self.seen.flags.get(id).and_then(|card| card.seen.is_on()) == Some(true);
        flag.requires.iter().filter(|id| !on(id)).cloned().collect()
    }
}
