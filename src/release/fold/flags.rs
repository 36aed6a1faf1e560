//! Events of feature flags into state.

use crate::base::Weight;
use crate::release::act::{Act, Outcome};
use crate::release::event::Event;
use crate::release::state::{Mark, State};

impl State {
    pub(super) fn fold_flag(&mut self, event: &Event, mark: &Mark) {
        match event {
            Event::FlagObserved { flag, seen } => {
                let state = self.flags.entry(flag.clone()).or_default();
                match seen.is_on() {
                    Some(true) => state.pulled = false,
                    Some(false) => state.raised = false,
                    None => {}
                }
                state.seen = seen.clone();
                state.mark = Some(mark.clone());
            }
            Event::OperationEnded { operation, outcome, .. } => {
                let act = self.operations.get(operation).map(|known| &known.act);
                match (act, outcome) {
                    (Some(Act::KillFlag { flag }), Outcome::Done | Outcome::Adopted) => {
                        let flag = flag.clone();
                        self.flags.entry(flag).or_default().pulled = true;
                    }
                    // It may be on because of us: then it is turned off with us. What was on before us is not ours.
                    (
                        Some(Act::SetFlag { flag, percent }),
                        Outcome::Done | Outcome::Unknown | Outcome::Superseded,
                    ) if *percent > Weight::ZERO => {
                        let flag = flag.clone();
                        self.flags.entry(flag).or_default().raised = true;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
