//! The exact change a dialog is about, as the cluster answers to it; and for a rollback what is done step by step.

use crate::base::{RolloutId, Untrusted, Weight};
use crate::engine::client::Preview;
use crate::plan::{Rollout, StepKind, Undo};
use crate::release::Owner;
use crate::report::status::traffic::{self, way};
use crate::tui::model::{Model, ready, shares};
use crate::tui::theme::Meaning;

/// The most lines of a change that are kept for a dialog.
const LINES: usize = 400;

/// The exact change, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Shown {
    /// There is none to show.
    #[default]
    Nothing,
    /// It is to be asked for.
    Wanted,
    /// It was asked for.
    Asking,
    /// What was answered.
    Told(Result<Preview, Untrusted>),
}

impl Shown {
    /// To be asked for, when there is something.
    pub fn of(something: bool) -> Self {
        if something { Self::Wanted } else { Self::Nothing }
    }

    /// True when it is to be asked for now; only once.
    pub fn ask(&mut self) -> bool {
        let asks = *self == Self::Wanted;
        if asks {
            *self = Self::Asking;
        }
        asks
    }

    /// True until it is answered.
    pub fn is_awaited(&self) -> bool {
        matches!(self, Self::Wanted | Self::Asking)
    }

    /// How many lines it has.
    pub fn length(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Wanted | Self::Asking => 1,
            Self::Told(Err(_)) => 1,
            Self::Told(Ok(preview)) => {
                2 + preview.warnings.len() + preview.patch.raw().lines().count().min(LINES)
            }
        }
    }

    /// Its lines: what the cluster says of it, then the change itself.
    pub fn lines(&self) -> Vec<(Meaning, String)> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Wanted | Self::Asking => vec![(Meaning::Accent, "asking the cluster ...".to_owned())],
            Self::Told(Err(why)) => {
                vec![(Meaning::Warn, format!("the change cannot be shown: {}", why.line()))]
            }
            Self::Told(Ok(Preview { patch, answer, warnings })) => {
                let warned = warnings.iter().take(LINES).map(|text| (Meaning::Warn, text.line()));
                let mut lines: Vec<_> = warned.collect();
                match answer {
                    Some(Ok(said)) if said.is_empty() => {
                        lines.push((Meaning::Good, "dry run: accepted".to_owned()));
                    }
                    Some(Ok(said)) => lines.push((Meaning::Good, format!("dry run: {}", said.line()))),
                    Some(Err(why)) => lines.push((Meaning::Bad, format!("dry run: {}", why.line()))),
                    None => {}
                }
                let text = patch.lines();
                let count = text.lines().count();
                lines.extend(text.lines().take(LINES).map(|line| (Meaning::Muted, line.to_owned())));
                if count > LINES {
                    lines.push((Meaning::Muted, format!("and {} lines more", count - LINES)));
                }
                lines
            }
        }
    }
}

/// Which way traffic would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// On.
    Forward,
    /// Back.
    Back,
}

/// Who owns the weight, and what that means for a move this way.
pub fn owner(model: &Model, rollout: &RolloutId, way: Way) -> Option<(Meaning, String)> {
    let owner = &model.view.seen.traffic.get(rollout)?.owner;
    let title = Untrusted::new(owner.title()?).line();
    Some(match (owner, way) {
        (Owner::Rollout { .. }, Way::Forward) => {
            (Meaning::Dialog, format!("{title} owns the weight: it is promoted by one step"))
        }
        (Owner::Rollout { .. }, Way::Back) => {
            (Meaning::Dialog, format!("{title} owns the weight: it is aborted"))
        }
        (Owner::GitOps { automatic: false, .. }, _) => {
            (Meaning::Muted, format!("{title} owns the object and does not write by itself"))
        }
        (_, Way::Forward) => (Meaning::Bad, format!("{title} would revert it: expect a refusal")),
        (_, Way::Back) => {
            let text = format!("{title} would revert it: it is suspended, and an item says to restore it");
            (Meaning::Warn, text)
        }
    })
}

/// What a rollback does, step by step, and how ready what it goes to is.
pub fn steps(model: &Model, id: &RolloutId) -> Vec<(Meaning, String)> {
    let mut out = Vec::new();
    let arrow = model.setup.theme.symbols.arrow;
    let from = shares(&model.view, id).configured.or(shares(&model.view, id).desired);
    let from = from.map_or("unknown".to_owned(), |from| from.to_string());
    let mut steps = vec![format!("traffic: canary {from} {arrow} {}, read back", Weight::ZERO)];
    let planned = model.view.plan.rollout(id);
    let flags: Vec<String> =
        planned.into_iter().flat_map(|planned| &planned.flags).map(ToString::to_string).collect();
    let own = planned.map(|planned| procedure(model, planned)).unwrap_or_default();
    if !flags.is_empty() && own.is_empty() {
        steps.push(format!("flags off: {}", flags.join(", ")));
    }
    match ready(&model.view, id) {
        Some((version, healthy, wanted)) => {
            let digest = model.view.seen.readiness.get(id).and_then(|seen| seen.digest.clone());
            let digest = digest.map(|digest| format!(" ({})", Untrusted::new(digest).cell(26)));
            steps.push(format!(
                "workload: back to {version}{}, {healthy} of {wanted} healthy now",
                digest.unwrap_or_default()
            ));
        }
        None => steps.push("workload: to 0, nothing was captured to go back to".to_owned()),
    }
    steps.extend(own);
    let budget = planned.map(|planned| format!(", within {}", planned.budget)).unwrap_or_default();
    steps.push(format!("proof: weight, pods, requests and error rate agree{budget}"));
    for (place, step) in steps.into_iter().enumerate() {
        out.push((Meaning::Dialog, format!("{} {step}", place + 1)));
    }
    match model.view.seen.readiness.get(id).map(way) {
        Some(traffic::Way::Red(why)) => {
            out.push((Meaning::Bad, format!("not ready: {why}; it is done all the same")));
        }
        Some(traffic::Way::Unknown(why)) => {
            out.push((Meaning::Unknown, format!("not known to be ready: {why}")))
        }
        Some(traffic::Way::Ready) | None => {}
    }
    out
}

/// The steps of the plan's own procedure for going back; traffic goes first, whatever its place in there.
fn procedure(model: &Model, planned: &Rollout) -> Vec<String> {
    let found = model.view.plan.procedures.iter().find(|known| Some(&known.id) == planned.rollback.as_ref());
    let steps = found.into_iter().flat_map(|procedure| &procedure.steps);
    let own = steps.filter(|step| !matches!(step.does, StepKind::Traffic { .. } | StepKind::LastKnownGood));
    own.map(|step| {
        let never = if step.undo == Undo::Never { " (cannot be taken back)" } else { "" };
        format!("{}{never}", Untrusted::new(step.title()).cell(64))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_asked_for_once_and_awaited_until_it_is_told() {
        let mut shown = Shown::of(true);
        assert!(shown.ask() && !shown.ask() && shown.is_awaited());
        shown = Shown::Told(Err("forbidden".into()));
        assert!(!shown.is_awaited());
        assert!(!Shown::of(false).ask());
    }

    #[test]
    fn what_the_cluster_says_stands_before_the_change() {
        let preview = |answer| {
            Shown::Told(Ok(Preview {
                patch: "PATCH x\nweight: 25\u{1b}[2J".into(),
                answer,
                ..Preview::default()
            }))
        };
        let lines = preview(Some(Err("denied by policy".into()))).lines();
        assert_eq!(lines[0], (Meaning::Bad, "dry run: denied by policy".to_owned()));
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|(_, line)| !line.chars().any(char::is_control)), "{lines:?}");
        assert_eq!(preview(None).lines().len(), 2);
        assert_eq!(preview(Some(Ok("".into()))).lines()[0].1, "dry run: accepted");
    }
}
