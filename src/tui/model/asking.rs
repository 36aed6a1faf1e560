//! What machines ask of people. Pure; nothing here draws.

use crate::base::RolloutId;
use crate::plan::{Arming, Trigger};
use crate::release::{Choice, Proposal, Request, RequestCause, View};

/// What is asked and not answered, what protects people first, then the oldest.
pub fn requests(view: &View) -> Vec<&Request> {
    let rank = |wants: Proposal| match wants {
        Proposal::RollBack => 0,
        Proposal::StepBack => 1,
        Proposal::Hold => 2,
        Proposal::Raise { .. } => 3,
        Proposal::Promote { .. } => 4,
    };
    let mut all: Vec<&Request> = view.state.requests.iter().collect();
    all.sort_by_key(|request| (rank(request.wants), request.number));
    all
}

/// The request on a rollout that gives the new version more traffic.
pub fn forward<'a>(view: &'a View, rollout: &RolloutId) -> Option<&'a Request> {
    requests(view).into_iter().find(|request| &request.rollout == rollout && request.wants.is_forward())
}

/// What makes a machine ask, in words.
pub fn cause_words(request: &Request) -> String {
    match &request.cause {
        RequestCause::Trigger { trigger } => format!("trigger {trigger}"),
        RequestCause::Judge => "the judge".to_owned(),
        RequestCause::TooFew => "the judge, too few events to tell".to_owned(),
        RequestCause::Blind => "the blind rule, no good data".to_owned(),
    }
}

/// True when a trigger asks a person instead of acting.
pub fn asks(view: &View, trigger: &Trigger) -> bool {
    match trigger.arming {
        Arming::Automatic => false,
        Arming::Request => true,
        Arming::Contested { .. } => view.state.choices.get(&trigger.id) != Some(&Choice::Automatic),
    }
}

/// True when the playbook says both of a trigger.
pub fn is_contested(trigger: &Trigger) -> bool {
    matches!(trigger.arming, Arming::Contested { .. })
}
