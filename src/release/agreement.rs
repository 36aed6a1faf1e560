//! Whether a rollback is proven: what the router says, what runs, what requests say and how errors are must agree.
//!
//! Invariants: what cannot be seen never agrees; a plan that watches no errors asks for no proof of them; nobody's word
//! is a proof.

use crate::analysis::Verdict;
use crate::base::{MetricId, Weight};
use crate::plan::{Plan, Rollout};
use crate::release::policy::operations::NO_TRAFFIC;
use crate::release::sequence::{self, Named};
use crate::release::state::{RolloutState, State};

/// One of the four that must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Which, for people.
    pub what: &'static str,
    /// What it says.
    pub proof: Proof,
}

/// What one of them says, with one line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It says that traffic is back and well.
    Agrees(String),
    /// It says otherwise.
    Differs(String),
    /// It cannot be seen.
    Unknown(String),
    /// The plan does not ask for it.
    NotAsked(String),
}

impl Proof {
    /// The line.
    pub fn text(&self) -> &str {
        match self {
            Self::Agrees(text) | Self::Differs(text) | Self::Unknown(text) | Self::NotAsked(text) => text,
        }
    }
    /// True when it does not stand in the way.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Agrees(_) | Self::NotAsked(_))
    }
}

/// The four, in the order of screens.
pub fn agreement(state: &State, plan: &Plan, planned: &Rollout) -> Vec<Agreement> {
    let known = state.rollouts.get(&planned.id).cloned().unwrap_or_default();
    vec![
        Agreement { what: "configured", proof: configured(&known) },
        Agreement { what: "pods", proof: pods(state, &known) },
        Agreement { what: "observed", proof: observed(&known) },
        Agreement { what: "error rate", proof: errors(state, plan, planned, &known) },
    ]
}

/// True when all four agree.
pub(super) fn is_proven(state: &State, plan: &Plan, planned: &Rollout) -> bool {
    agreement(state, plan, planned).iter().all(|it| it.proof.is_fine())
}

fn configured(known: &RolloutState) -> Proof {
    match known.configured {
        Some(share) if share.is_near(Weight::ZERO) => Proof::Agrees(format!("canary {share}")),
        Some(share) => Proof::Differs(format!("canary {share}")),
        None => Proof::Unknown("the router does not say".to_owned()),
    }
}

fn pods(state: &State, known: &RolloutState) -> Proof {
    match &known.last_known_good {
        Some(good) if good.of > 0 && good.ready >= good.of => {
            Proof::Agrees(format!("{} of {} of {} ready", good.ready, good.of, good.version))
        }
        Some(good) if good.of > 0 => {
            Proof::Differs(format!("{} of {} of {} ready", good.ready, good.of, good.version))
        }
        _ if state.first_release => Proof::NotAsked("a first release has nothing to go back to".to_owned()),
        _ => Proof::Unknown("nobody knows what runs".to_owned()),
    }
}

fn observed(known: &RolloutState) -> Proof {
    match known.observed {
        Some(share) if share.value() <= NO_TRAFFIC => Proof::Agrees(format!("canary {share} of requests")),
        Some(share) => Proof::Differs(format!("canary {share} of requests")),
        None => Proof::Unknown("requests cannot be seen".to_owned()),
    }
}

fn errors(state: &State, plan: &Plan, planned: &Rollout, known: &RolloutState) -> Proof {
    let (metrics, named) = sequence::checks(plan, planned);
    let mut said = Vec::new();
    for metric in &metrics {
        match well(state, metric) {
            Proof::Agrees(text) => said.push(text),
            // A number of the new version alone ends with its requests: that they ended was seen.
            Proof::Unknown(_) if named == Named::No && silent(state, metric) && observed(known).is_fine() => {
                said.push(format!("{metric}: no request of the new version is left to count"));
            }
            other => return other,
        }
    }
    match said.is_empty() {
        true => Proof::NotAsked("the plan rolls back for no metric".to_owned()),
        false => Proof::Agrees(said.join(", ")),
    }
}

/// It has nothing to count: no number at all, or none since. Whether its source lives is asked of the requests.
fn silent(state: &State, metric: &MetricId) -> bool {
    let verdict = state.metrics.get(metric).map_or(Verdict::NoData, |known| known.verdict);
    matches!(verdict, Verdict::NoData | Verdict::Stale | Verdict::TooFew)
}

/// What a metric says of itself.
pub(super) fn well(state: &State, metric: &MetricId) -> Proof {
    let text = |verdict: Verdict| format!("{metric}: {verdict}");
    match state.metrics.get(metric).map(|known| known.verdict) {
        Some(Verdict::Pass) => Proof::Agrees(text(Verdict::Pass)),
        Some(verdict @ (Verdict::Fail | Verdict::Warn)) => Proof::Differs(text(verdict)),
        Some(verdict) => Proof::Unknown(text(verdict)),
        None => Proof::Unknown(text(Verdict::NoData)),
    }
}
