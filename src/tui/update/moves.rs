//! Moving: inside lists, between panes and screens.

use super::Effect;
use crate::tui::keymap::Action;
use crate::tui::model::{Model, Pane, Row, ScreenName};
use crate::tui::screen::page_length;

/// Moves inside the list that has the keys.
pub(super) fn step(model: &mut Model, action: Action) {
    let page = isize::try_from(model.size.1.saturating_sub(8).max(2)).unwrap_or(2);
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::HalfUp => -page / 2,
        Action::HalfDown => page / 2,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::Top => isize::MIN,
        Action::Bottom => isize::MAX,
        _ => return,
    };
    let plan = model.view.plan.clone();
    match (model.screen, model.pane) {
        (ScreenName::Overview, Pane::Stages) => {
            let list = &mut model.lists.stages;
            let last = list.rows.len().saturating_sub(1);
            list.cursor = list.cursor.saturating_add_signed(by).min(last);
        }
        (ScreenName::Overview, Pane::Gates) => model.lists.gates.step(by, plan.gates.len()),
        (ScreenName::Overview, Pane::Rollout) => model.lists.rollouts.step(by, plan.rollouts.len()),
        (ScreenName::Overview, Pane::Metrics) | (ScreenName::Chart, _) => {
            model.lists.metrics.step(by, plan.metrics.len());
        }
        (ScreenName::Pods, _) => {
            let count =
                model.rollout().and_then(|rollout| model.view.seen.pods.get(&rollout.id)).map_or(0, Vec::len);
            model.lists.pods.step(by, count);
        }
        (ScreenName::Metrics, _) => {
            model.lists.metrics.step(by, plan.metrics.len() + plan.triggers.len());
        }
        (ScreenName::Overview, Pane::RollCall) | (ScreenName::RollCall, _) => {
            model.lists.roles.step(by, plan.approvers().len());
        }
        _ => {
            let length = page_length(model);
            model.lists.page.step(by, length);
        }
    }
}

/// Goes to a screen.
pub(super) fn go(model: &mut Model, screen: ScreenName) {
    if model.screen != screen {
        model.back.push(model.screen);
        model.screen = screen;
        model.lists.page.0 = 0;
    }
}

/// Goes back; from the overview there is nothing behind.
pub(super) fn back(model: &mut Model) -> bool {
    model.lists.page.0 = 0;
    match model.back.pop() {
        Some(screen) => {
            model.screen = screen;
            true
        }
        None if model.screen != ScreenName::Overview => {
            model.screen = ScreenName::Overview;
            true
        }
        None => false,
    }
}

/// Gives a pane of the overview the keys.
pub(super) fn focus(model: &mut Model, pane: Pane) {
    model.back.clear();
    model.screen = ScreenName::Overview;
    model.pane = pane;
}

/// Shows the log of the selected pod.
pub(super) fn open_log(model: &mut Model) -> Vec<Effect> {
    let Some((rollout, pod)) = model.pod().map(|(rollout, pod)| (rollout, pod.name.raw().to_owned())) else {
        return Vec::new();
    };
    go(model, ScreenName::PodLog);
    model.pod_log.ask(rollout.clone(), pod.clone());
    vec![Effect::PodLog(rollout, pod)]
}

/// Opens what is selected.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if model.screen == ScreenName::Metrics {
        if let Some((place, _)) = model.metric() {
            model.lists.metrics.0 = place;
            go(model, ScreenName::Chart);
        }
        return Vec::new();
    }
    if model.screen == ScreenName::Pods {
        return open_log(model);
    }
    if model.screen != ScreenName::Overview {
        return Vec::new();
    }
    match model.pane {
        Pane::Stages => match model.lists.stages.selected() {
            Some(Row::Stage(place)) => {
                model.lists.stages.turn(place);
                model.lists.stages.rebuild(&model.view, &model.index);
            }
            Some(Row::Item(_)) => go(model, ScreenName::Item),
            None => {}
        },
        Pane::Gates => {
            go(model, ScreenName::Gate);
            let known = model.gate().and_then(|gate| model.view.state.gates.get(&gate.id));
            let newest = known.and_then(|known| known.newest()).and_then(|run| run.evidence);
            return newest.map(Effect::Fetch).into_iter().collect();
        }
        Pane::Rollout => go(model, ScreenName::Rollout),
        Pane::Metrics => go(model, ScreenName::Metrics),
        Pane::RollCall => go(model, ScreenName::RollCall),
    }
    Vec::new()
}
