//! What a confirm dialog can be about: its words, the facts it shows, the wish it makes.

use crate::base::{FlagId, RoleId, RolloutId, Untrusted, Weight};
use crate::release::{Answer, Proposal, Reach, Wish, standing};

use super::evidence::asked;
use super::preview::{self, Way};
use crate::tui::model::{Model, Poll, ready, shares};
use crate::tui::theme::Meaning;

/// A change that asks first.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Give the canary this share.
    Promote {
        /// The rollout.
        rollout: RolloutId,
        /// The share.
        to: Weight,
    },
    /// Do what a machine asks for.
    Grant {
        /// The request's number.
        request: u64,
        /// The rollout.
        rollout: RolloutId,
        /// What it asks for.
        wants: Proposal,
    },
    /// Stand still.
    Hold(RolloutId),
    /// Lift the holds.
    Resume(RolloutId),
    /// Put traffic back.
    RollBack(RolloutId),
    /// Turn these flags off; empty for every one of the plan.
    FlagsOff(Vec<FlagId>),
    /// T-0.
    Start,
    /// T-0 without anything to go back to.
    StartFirst,
    /// Say go for a role.
    Go(RoleId),
    /// Send a message of the plan.
    Send(String),
    /// Leave the current stage.
    LeaveStage,
    /// Let messages go on.
    Rearm,
    /// Over and well.
    Stable,
}

impl Change {
    /// The question.
    pub fn title(&self, model: &Model) -> String {
        let place = if model.view.plan.release.production { " in PROD" } else { "" };
        match self {
            Self::Promote { rollout, to } => format!("Promote {rollout} to {to}{place}?"),
            Self::Grant { rollout, wants, .. } => match wants {
                Proposal::Promote { to } => format!("Promote {rollout} to {to}{place}?"),
                Proposal::Raise { to } => format!("Raise {rollout} to {to}{place}, without a verdict?"),
                Proposal::StepBack => format!("Take {rollout} back one step{place}?"),
                Proposal::Hold => format!("Hold {rollout}{place}?"),
                Proposal::RollBack => format!("Roll back {rollout}{place}?"),
            },
            Self::Hold(rollout) => format!("Hold {rollout}{place}?"),
            Self::Resume(rollout) => format!("Lift the hold of {rollout}{place}?"),
            Self::RollBack(rollout) => format!("Roll back {rollout}{place}?"),
            Self::FlagsOff(flags) if flags.is_empty() => {
                format!("Turn every flag of the release off{place}?")
            }
            Self::FlagsOff(_) => format!("Turn the flags of this rollout off{place}?"),
            Self::Start | Self::StartFirst => format!("Start the release{place}?"),
            Self::Go(role) => format!("Say go as {}?", role_title(model, role)),
            Self::Send(message) => format!("Send {message}{place}?"),
            Self::LeaveStage => "Leave this stage?".to_owned(),
            Self::Rearm => "Let messages go on?".to_owned(),
            Self::Stable => "Declare the release stable?".to_owned(),
        }
    }

    /// What must be typed to confirm; none means the confirm key.
    pub fn to_type(&self) -> Option<String> {
        match self {
            Self::Promote { to, .. }
            | Self::Grant { wants: Proposal::Promote { to } | Proposal::Raise { to }, .. } => {
                Some(to.value().to_string())
            }
            _ => None,
        }
    }

    /// The word on the confirm button.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Promote { .. } => "promote",
            Self::Grant { wants, .. } => match wants {
                Proposal::Promote { .. } => "promote",
                Proposal::Raise { .. } => "raise",
                Proposal::StepBack => "one step back",
                Proposal::Hold => "hold",
                Proposal::RollBack => "roll back",
            },
            Self::Hold(_) => "hold",
            Self::Resume(_) => "go on",
            Self::RollBack(_) => "roll back",
            Self::FlagsOff(_) => "turn off",
            Self::Start => "start",
            Self::StartFirst => "start with nothing to go back to",
            Self::Go(_) => "go",
            Self::Send(_) => "send",
            Self::LeaveStage => "leave",
            Self::Rearm => "re-arm",
            Self::Stable => "stable",
        }
    }

    /// The rollout whose numbers it rests on, when it is about one.
    pub fn rollout(&self) -> Option<&RolloutId> {
        match self {
            Self::Promote { rollout, .. }
            | Self::Grant { rollout, .. }
            | Self::Hold(rollout)
            | Self::RollBack(rollout) => Some(rollout),
            _ => None,
        }
    }

    /// The share whose change is asked for when the dialog opens.
    pub fn target(&self, model: &Model) -> Option<(RolloutId, Weight)> {
        let (rollout, weight) = match self {
            Self::Promote { rollout, to } => (rollout, *to),
            Self::Grant { rollout, wants, .. } => match wants {
                Proposal::Promote { to } | Proposal::Raise { to } => (rollout, *to),
                Proposal::StepBack => (rollout, step_before(model, rollout).unwrap_or(Weight::ZERO)),
                Proposal::RollBack => (rollout, Weight::ZERO),
                Proposal::Hold => return None,
            },
            Self::RollBack(rollout) => (rollout, Weight::ZERO),
            _ => return None,
        };
        Some((rollout.clone(), weight))
    }

    /// True for what makes things safer: it waits for nobody's answer.
    pub fn is_safety(&self) -> bool {
        match self {
            Self::Hold(_) | Self::RollBack(_) | Self::FlagsOff(_) => true,
            Self::Grant { wants, .. } => matches!(wants, Proposal::Hold | Proposal::RollBack),
            _ => false,
        }
    }

    /// The wish it makes.
    pub fn wish(&self) -> Wish {
        let reason = Untrusted::default();
        match self.clone() {
            Self::Promote { rollout, to } => Wish::Promote { rollout, to: Some(to) },
            Self::Grant { request, .. } => Wish::Grant { request },
            Self::Hold(rollout) => Wish::Hold { rollout: Some(rollout), reason },
            Self::Resume(rollout) => Wish::Resume { rollout: Some(rollout) },
            Self::RollBack(rollout) => Wish::RollBack { rollout: Some(rollout), reason },
            Self::FlagsOff(flags) => Wish::FlagsOff { flags, reach: Reach::default(), reason },
            Self::Start => Wish::Start { accept_first_release: false },
            Self::StartFirst => Wish::Start { accept_first_release: true },
            Self::Go(role) => Wish::Approve { role, answer: Answer::Go, reason },
            Self::Send(message) => Wish::SendMessage { message },
            Self::LeaveStage => Wish::LeaveStage { waiver: None },
            Self::Rearm => Wish::RearmMessages,
            Self::Stable => Wish::DeclareStable,
        }
    }
}

fn role_title(model: &Model, role: &RoleId) -> String {
    model.view.plan.role(role).map(|role| role.title.line()).unwrap_or_else(|| role.to_string())
}

/// What a dialog shows: the exact change, the evidence it rests on, who else must agree. Nothing in it counts
/// seconds, so it changes only when something that matters does.
pub fn facts(model: &Model, change: &Change) -> Vec<(Meaning, String)> {
    let mut out = Vec::new();
    match change {
        Change::Promote { rollout, to } => {
            traffic(model, rollout, *to, &mut out);
            out.extend(preview::owner(model, rollout, Way::Forward));
            out.extend(asked(model, rollout, Proposal::is_forward));
            gates(model, &mut out);
            blockers(model, &mut out);
        }
        Change::Grant { rollout, wants, .. } => {
            let known = model.view.state.rollouts.get(rollout);
            let to = match wants {
                Proposal::Promote { to } | Proposal::Raise { to } => Some(*to),
                Proposal::RollBack => Some(Weight::ZERO),
                Proposal::StepBack => step_before(model, rollout),
                Proposal::Hold => known.and_then(|known| known.desired),
            };
            traffic(model, rollout, to.unwrap_or(Weight::ZERO), &mut out);
            out.extend(asked(model, rollout, |other| other == *wants));
            if wants.is_forward() {
                gates(model, &mut out);
            }
        }
        Change::RollBack(rollout) => {
            out.extend(preview::steps(model, rollout));
            out.extend(preview::owner(model, rollout, Way::Back));
            out.extend(asked(model, rollout, |wants| wants == Proposal::RollBack));
            match ready(&model.view, rollout) {
                Some((version, healthy, wanted)) => {
                    let meaning = if healthy >= wanted && wanted > 0 { Meaning::Good } else { Meaning::Warn };
                    out.push((meaning, format!("back to {version}: {healthy} of {wanted} healthy")));
                }
                None => {
                    out.push((Meaning::Warn, "nothing was captured: traffic to 0, workload to 0".to_owned()))
                }
            }
            out.push((Meaning::Muted, "automation stays off until a person turns it on".to_owned()));
        }
        Change::Hold(rollout) => {
            let share = shares(&model.view, rollout).desired;
            let at = share.map_or("its present share".to_owned(), |share| share.to_string());
            out.push((Meaning::Dialog, format!("the canary stays at {at}; nothing goes on by itself")));
            out.extend(asked(model, rollout, |wants| wants == Proposal::Hold));
            out.push((
                Meaning::Muted,
                "messages and checkpoints wait until a person re-arms them".to_owned(),
            ));
        }
        Change::Resume(rollout) => {
            let holds = model.view.state.rollouts.get(rollout).map(|known| known.holds.as_slice());
            for hold in holds.unwrap_or_default() {
                let text = format!("held by {}: {}", hold.mark.by.name(), hold.reason.line());
                out.push((Meaning::Warn, text));
            }
            out.push((Meaning::Dialog, "every hold is lifted and automation may act again".to_owned()));
        }
        Change::FlagsOff(flags) => {
            for flag in &model.view.plan.flags {
                if flags.is_empty() || flags.contains(&flag.id) {
                    let card = model.view.seen.flags.get(&flag.id);
                    let is = card.map_or_else(|| "unknown".to_owned(), |card| card.seen.said());
                    let arrow = model.setup.theme.symbols.arrow;
                    out.push((Meaning::Dialog, format!("{}: {is} {arrow} off", flag.title.cell(40))));
                }
            }
        }
        Change::Start | Change::StartFirst => {
            poll(model, &mut out);
            gates(model, &mut out);
            blockers(model, &mut out);
            if *change == Change::StartFirst {
                let text = "first release: a rollback means no traffic and the workload to 0";
                out.push((Meaning::Warn, text.to_owned()));
            }
        }
        Change::Go(_) => {
            let plan = &model.view.plan;
            out.push((Meaning::Dialog, format!("{} {}", plan.release.name, plan.release.version)));
            out.push((Meaning::Muted, format!("plan {}", plan.digest.short())));
            gates(model, &mut out);
            poll(model, &mut out);
        }
        Change::Send(name) => {
            if let Some(message) = model.view.plan.messages.iter().find(|message| &message.name == name) {
                out.push((Meaning::Dialog, format!("to {}", message.audience.line())));
                out.push((Meaning::Muted, message.text.cell(200)));
            }
        }
        Change::LeaveStage => blockers(model, &mut out),
        Change::Rearm => {
            let text = "messages and checkpoints that waited since the hold or rollback go on";
            out.push((Meaning::Dialog, text.to_owned()));
        }
        Change::Stable => {
            gates(model, &mut out);
            blockers(model, &mut out);
        }
    }
    out
}

fn traffic(model: &Model, rollout: &RolloutId, to: Weight, out: &mut Vec<(Meaning, String)>) {
    let arrow = model.setup.theme.symbols.arrow;
    let seen = shares(&model.view, rollout);
    let from = seen.configured.or(seen.desired);
    let shown = from.map_or("unknown".to_owned(), |from| from.to_string());
    let rest = from.map_or("unknown".to_owned(), |from| from.rest().to_string());
    out.push((Meaning::Dialog, format!("canary {shown} {arrow} {to}, stable {rest} {arrow} {}", to.rest())));
}

/// The share of the step before the present one; none at the first.
fn step_before(model: &Model, rollout: &RolloutId) -> Option<Weight> {
    let planned = model.view.plan.rollouts.iter().find(|planned| &planned.id == rollout)?;
    let step = model.view.state.rollouts.get(rollout)?.step;
    planned.step(step.checked_sub(1)?).map(|step| step.weight)
}

fn gates(model: &Model, out: &mut Vec<(Meaning, String)>) {
    let now = model.now();
    let gates = &model.view.plan.gates;
    if gates.is_empty() {
        return;
    }
    let stuck: Vec<String> = gates
        .iter()
        .filter(|gate| !standing(&model.view.state, gate, now).allows)
        .map(|gate| gate.title.cell(24))
        .collect();
    if stuck.is_empty() {
        out.push((Meaning::Good, format!("all {} gates allow", gates.len())));
    } else {
        let text = format!("{} of {} gates in the way: {}", stuck.len(), gates.len(), shorten(&stuck));
        out.push((Meaning::Warn, text));
    }
}

fn poll(model: &Model, out: &mut Vec<(Meaning, String)>) {
    let poll = Poll::of(&model.view);
    if poll.total() == 0 {
        return;
    }
    if !poll.no_go.is_empty() {
        out.push((Meaning::Bad, format!("no-go: {}", poll.no_go.join(", "))));
    }
    if poll.waiting.is_empty() && poll.no_go.is_empty() {
        out.push((Meaning::Good, format!("all {} roles said go", poll.total())));
    } else if !poll.waiting.is_empty() {
        out.push((Meaning::Warn, format!("still to answer: {}", shorten(&poll.waiting))));
    }
}

fn blockers(model: &Model, out: &mut Vec<(Meaning, String)>) {
    let told = |code: &str| matches!(code, "soak" | "request");
    for blocker in model.blockers.iter().filter(|blocker| !told(&blocker.code)).take(3) {
        out.push((Meaning::Warn, blocker.message.clone()));
    }
}

fn shorten(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
    let more = names.len().saturating_sub(3);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", shown.join(", "))
}
