//! What a change rests on, for the dialog before it: who asked, what the judge says, the rule behind it.

use crate::base::RolloutId;
use crate::plan::{Trigger, Watched};
use crate::release::{Proposal, Request, RequestCause};
use crate::tui::model::{Model, cause_words, requests, trigger_words};
use crate::tui::screen::{ratio_text, share_text, sides_text};
use crate::tui::theme::Meaning;
use crate::tui::widget::wall;

/// The requests a change would answer, oldest of the most urgent first.
pub fn asked(model: &Model, rollout: &RolloutId, fits: impl Fn(Proposal) -> bool) -> Vec<(Meaning, String)> {
    let zone = model.index.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    requests(&model.view)
        .into_iter()
        .filter(|request| &request.rollout == rollout && fits(request.wants))
        .map(|request| {
            let (by, at) = (cause_words(request), wall(request.since, &zone));
            (Meaning::Warn, format!("asked by {by} since {at}: {}", request.why.line()))
        })
        .collect()
}

/// What is known now of the new version: the judge's signals with their events, and the rule that made a request.
/// It moves with every sample, so a dialog shows it anew without asking anew.
pub fn evidence(model: &Model, rollout: &RolloutId) -> Vec<(Meaning, String)> {
    let mut out = Vec::new();
    if let Some(card) = model.view.seen.judged.get(rollout) {
        let (meaning, glyph, word) =
            crate::tui::screen::decision_look(card.decision, &model.setup.theme.symbols);
        out.push((meaning, format!("judge {glyph} {word}: {}", card.why.line())));
        for signal in &card.signals {
            let ratio = signal.ratio.map_or_else(|| "ratio unknown".to_owned(), ratio_text);
            let (worse, fine) = (share_text(signal.worse), share_text(signal.fine));
            let text =
                format!("{}: {ratio}, worse {worse}, fine {fine}, {}", signal.metric, sides_text(signal));
            out.push((Meaning::Muted, text));
        }
    }
    let of_rollout = |request: &&Request| &request.rollout == rollout;
    for request in requests(&model.view).into_iter().filter(of_rollout) {
        let RequestCause::Trigger { trigger } = &request.cause else { continue };
        let planned = model.view.plan.triggers.iter().find(|planned| &planned.id == trigger);
        out.extend(planned.map(|planned| (Meaning::Muted, rule(model, planned))));
    }
    out
}

/// A trigger's rule, how it stands and at which number.
fn rule(model: &Model, trigger: &Trigger) -> String {
    let stands = trigger_words(&model.view, trigger, &model.setup.theme.symbols);
    let value = model.view.state.triggers.get(&trigger.id).and_then(|known| known.value);
    match &trigger.when {
        Watched::Metric { metric, rule } => {
            let planned = model.view.plan.metrics.iter().find(|known| &known.id == metric);
            let at = planned.zip(value).map(|(metric, value)| format!(" at {}", metric.written(value)));
            format!("rule {}: {metric} {rule}, {stands}{}", trigger.id, at.unwrap_or_default())
        }
        _ => format!("rule {}: {}, {stands}", trigger.id, trigger.title.line()),
    }
}
