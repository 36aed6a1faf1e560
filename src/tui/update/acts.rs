//! Actions: what each does to the model, and the wishes it makes.

use super::moves::{back, focus, go, open, open_log, step};
use super::{Effect, keys};
use crate::base::{ItemId, RoleId, TriggerId, Untrusted, Weight};
use crate::plan::{Bound, Watched};
use crate::release::{Answer, Evidence, Tick, TriggerPhase, Wish};
use crate::tui::keymap::Action;
use crate::tui::model::{
    Cursor, Model, Order, Pane, Row, ScreenName, forward, is_contested, next_weight, requests,
};
use crate::tui::overlay::{Change, Confirm, Overlay, Palette, Prompt, Purpose};
use crate::tui::theme::Meaning;

/// Does it.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Nothing | Action::Confirm => {}
        Action::Up
        | Action::Down
        | Action::Top
        | Action::Bottom
        | Action::HalfUp
        | Action::HalfDown
        | Action::PageUp
        | Action::PageDown => {
            step(model, action);
            return older(model);
        }
        Action::NextPane => pane(model, model.pane.step(1)),
        Action::PreviousPane => pane(model, model.pane.step(-1)),
        Action::Stages => focus(model, Pane::Stages),
        Action::Gates => focus(model, Pane::Gates),
        Action::Rollout => focus(model, Pane::Rollout),
        Action::Metrics => focus(model, Pane::Metrics),
        Action::RollCallPane => focus(model, Pane::RollCall),
        Action::RollCall => go(model, ScreenName::RollCall),
        Action::Clock => {
            go(model, ScreenName::Clock);
            let before = usize::from(model.size.1 / 4);
            model.lists.page.0 = crate::tui::screen::now_line(model).saturating_sub(before);
        }
        Action::Log => {
            go(model, ScreenName::Log);
            return older(model);
        }
        Action::Pods => go(model, ScreenName::Pods),
        Action::PodLog if model.screen == ScreenName::Pods => return open_log(model),
        Action::PodLog | Action::RefreshPodLog => return read_log(model),
        Action::FindInLog => find_in_log(model),
        Action::NextFound => next_found(model, true),
        Action::PreviousFound => next_found(model, false),
        Action::Help => go(model, ScreenName::Help),
        Action::Guide => go(model, ScreenName::Guide),
        Action::Open => return open(model),
        Action::Back => {
            if !back(model) {
                return vec![Effect::Quit];
            }
        }
        Action::Cancel => {
            if !model.lists.stages.filter.is_empty() {
                keys::set_filter(model, String::new());
            } else {
                back(model);
            }
        }
        Action::Why => model.overlays.push(Overlay::Why(Cursor::default())),
        Action::Filter => {
            focus(model, Pane::Stages);
            let text = model.lists.stages.filter.clone();
            model.overlays.push(Overlay::Filter(tui_input::Input::new(text)));
        }
        Action::Palette => {
            let palette = Palette::new(&model.setup.keymap);
            model.overlays.push(Overlay::Palette(Box::new(palette)));
        }
        Action::CopyStatus => return vec![Effect::Copy(status_line(model))],
        Action::NextTheme => model.next_theme(),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Quit => return vec![Effect::Quit],
        Action::Tick | Action::Undo => return tick_or_undo(model, action),
        Action::Skip | Action::Note | Action::Assign | Action::Attach | Action::Retime => {
            on_item(model, action)
        }
        Action::OpenLink => return open_link(model),
        Action::NoteRelease => prompt(model, Purpose::Note(None), ""),
        Action::AddItem => add_item(model),
        Action::SplitItem => split_item(model),
        Action::FireTrigger => fire_trigger(model),
        Action::RunGate => return run_gate(model),
        Action::AcceptGate | Action::DeclineGate | Action::WaiveGate => on_gate(model, action),
        Action::Go | Action::NoGo | Action::Absent => on_role(model, action),
        Action::RequestApprovals => return vec![send(model, Wish::RequestApproval { role: None })],
        Action::Grant => grant(model),
        Action::Decline => decline(model),
        Action::Choose => choose(model),
        Action::TypeNumber => type_number(model),
        Action::CancelRelease => prompt(model, Purpose::CancelRelease, ""),
        Action::LeaveStage => confirm(model, Change::LeaveStage),
        Action::RearmMessages => confirm(model, Change::Rearm),
        Action::DeclareStable => confirm(model, Change::Stable),
        Action::Start => start(model),
        Action::FlagsOff => flags_off(model),
        Action::Promote | Action::PromoteFull | Action::Hold | Action::Resume | Action::RollBack => {
            on_rollout(model, action);
        }
    }
    Vec::new()
}

/// Asks for lines of the journal before those that are known, when the log is near its end.
fn older(model: &mut Model) -> Vec<Effect> {
    if model.screen != ScreenName::Log {
        return Vec::new();
    }
    model.wants_older().map(|(from, count)| Effect::Page(from, count)).into_iter().collect()
}

/// Reads the log on screen again, unless an answer is still awaited.
fn read_log(model: &mut Model) -> Vec<Effect> {
    let Some((rollout, pod)) = model.pod_log.of.clone().filter(|_| !model.pod_log.asking) else {
        return Vec::new();
    };
    model.pod_log.ask(rollout.clone(), pod.clone());
    vec![Effect::PodLog(rollout, pod)]
}

fn find_in_log(model: &mut Model) {
    if model.screen == ScreenName::PodLog {
        model.overlays.push(Overlay::Find(tui_input::Input::new(model.pod_log.find.clone())));
    }
}

fn next_found(model: &mut Model, forward: bool) {
    match model.pod_log.next(model.lists.page.0, forward) {
        Some(place) => model.lists.page.0 = place,
        None => say(model, "nothing is found"),
    }
}

/// A wish of whoever sits here, on what is on screen.
pub(super) fn send(model: &Model, wish: Wish) -> Effect {
    let order = Order { wish, by: model.operator.clone(), seen: model.view.state.version };
    Effect::Send(Box::new(order))
}

fn say(model: &mut Model, text: &str) {
    model.toasts.show(Meaning::Warn, text, model.clock.at);
}

fn pane(model: &mut Model, pane: Pane) {
    if model.screen == ScreenName::Overview {
        model.pane = pane;
    } else {
        back(model);
    }
}

fn prompt(model: &mut Model, purpose: Purpose, text: &str) {
    let prompt = Prompt::new(purpose, model, text);
    model.overlays.push(Overlay::Prompt(Box::new(prompt)));
}

fn confirm(model: &mut Model, change: Change) {
    let confirm = Confirm::new(change, model);
    model.overlays.push(Overlay::Confirm(Box::new(confirm)));
}

fn tick_or_undo(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Undo {
        return undo(model);
    }
    let Some(item) = model.item() else {
        if model.screen == ScreenName::Overview {
            return open(model);
        }
        return Vec::new();
    };
    let (id, bound, done) = (item.id.clone(), item.bound.cloned(), item.tick.is_settled());
    if done {
        return vec![send(model, Wish::Untick { item: id, reason: Untrusted::default() })];
    }
    match bound {
        Some(Bound::Gate(_)) => {
            prompt(model, Purpose::Waiver(id), "");
            Vec::new()
        }
        Some(Bound::Message(message)) => {
            confirm(model, Change::Send(message));
            Vec::new()
        }
        None => {
            model.ticked.push(id.clone());
            let effect = send(model, Wish::Tick { item: id, evidence: None, waiver: None });
            step(model, Action::Down);
            vec![effect]
        }
    }
}

/// Opens the item again that was ticked here last and is still ticked.
fn undo(model: &mut Model) -> Vec<Effect> {
    while let Some(item) = model.ticked.pop() {
        let known = model.view.state.items.get(&item).map(|known| &known.tick);
        if matches!(known, Some(Tick::Done(_))) {
            return vec![send(model, Wish::Untick { item, reason: Untrusted::default() })];
        }
    }
    say(model, "nothing to undo: only ticks made here can be undone");
    Vec::new()
}

fn on_item(model: &mut Model, action: Action) {
    let Some(item) = model.item() else {
        say(model, "select an item first");
        return;
    };
    let id: ItemId = item.id.clone();
    let (purpose, text) = match action {
        Action::Skip => (Purpose::Skip(id), String::new()),
        Action::Note => (Purpose::Note(Some(id)), String::new()),
        Action::Assign => (Purpose::Assign(id), item.owner.unwrap_or_default().to_owned()),
        Action::Retime => (Purpose::Retime(id), item.due.map(|due| due.to_string()).unwrap_or_default()),
        _ => (Purpose::Attach(id), String::new()),
    };
    prompt(model, purpose, &text);
}

fn open_link(model: &mut Model) -> Vec<Effect> {
    let links = |evidence: &Evidence| match evidence {
        Evidence::Link { url } => Some(url.raw().to_owned()),
        _ => None,
    };
    let known = model.item().and_then(|item| item.known);
    match known.and_then(|known| known.evidence.iter().rev().find_map(links)) {
        Some(url) => vec![Effect::OpenLink(url)],
        None => {
            say(model, "this item has no link");
            Vec::new()
        }
    }
}

fn add_item(model: &mut Model) {
    let place = match model.lists.stages.selected() {
        Some(Row::Stage(place)) => Some(place),
        _ => {
            let stage = model.item().map(|item| item.stage.clone());
            model.view.plan.stages.iter().position(|known| Some(&known.id) == stage.as_ref())
        }
    };
    match place.and_then(|place| model.view.plan.stages.get(place)).map(|stage| stage.id.clone()) {
        Some(stage) => prompt(model, Purpose::AddItem(stage), ""),
        None => say(model, "select a stage first"),
    }
}

fn split_item(model: &mut Model) {
    match model.item().map(|item| (item.stage.clone(), item.id.clone(), item.tick.is_settled())) {
        Some((stage, item, false)) => prompt(model, Purpose::SplitItem(stage, item), ""),
        Some(_) => say(model, "this item is settled; open it again before you split it"),
        None => say(model, "select an item first"),
    }
}

/// Offers the manual triggers that have not fired; which of them is written out, so that none fires by mistake.
fn fire_trigger(model: &mut Model) {
    let fired = |id: &TriggerId| {
        model.view.state.triggers.get(id).map(|known| known.phase) == Some(TriggerPhase::Fired)
    };
    let manual = model.view.plan.triggers.iter().filter(|trigger| trigger.when == Watched::Manual);
    let ids: Vec<_> = manual.map(|trigger| trigger.id.clone()).filter(|id| !fired(id)).collect();
    match ids.first().map(|first| format!("{first}: ")) {
        Some(begun) => prompt(model, Purpose::FireTrigger(ids), &begun),
        None => say(model, "no trigger waits for a person; R rolls back"),
    }
}

fn run_gate(model: &mut Model) -> Vec<Effect> {
    let bound = match model.item().and_then(|item| item.bound) {
        Some(Bound::Gate(gate)) if model.contexts().contains(&crate::tui::keymap::Context::Stages) => {
            Some(gate.clone())
        }
        _ if model.contexts().contains(&crate::tui::keymap::Context::Gates) => {
            model.gate().map(|gate| gate.id.clone())
        }
        _ => None,
    };
    match bound {
        Some(gate) => vec![send(model, Wish::RunGate { gate })],
        None => {
            say(model, "no gate ticks this item");
            Vec::new()
        }
    }
}

fn on_gate(model: &mut Model, action: Action) {
    let Some(gate) = model.gate().map(|gate| gate.id.clone()) else {
        say(model, "select a gate first");
        return;
    };
    let purpose = match action {
        Action::AcceptGate => Purpose::Review(gate, true),
        Action::DeclineGate => Purpose::Review(gate, false),
        _ => Purpose::WaiveGate(gate),
    };
    prompt(model, purpose, "");
}

fn on_role(model: &mut Model, action: Action) {
    let roles: Vec<RoleId> = model.view.plan.approvers().iter().map(|role| role.id.clone()).collect();
    let Some(role) = roles.get(model.lists.roles.0).cloned() else {
        say(model, "no role has to approve this kind of release");
        return;
    };
    match action {
        Action::Go => confirm(model, Change::Go(role)),
        Action::NoGo => prompt(model, Purpose::Answer(role, Answer::NoGo), ""),
        _ => prompt(model, Purpose::Answer(role, Answer::Absent), ""),
    }
}

/// T-0; when nothing was captured to go back to, the dialog says what that means.
fn start(model: &mut Model) {
    let rollouts = &model.view.plan.rollouts;
    let missing = rollouts.iter().any(|rollout| crate::tui::model::ready(&model.view, &rollout.id).is_none());
    confirm(model, if missing { Change::StartFirst } else { Change::Start });
}

fn on_rollout(model: &mut Model, action: Action) {
    let Some(rollout) = model.rollout() else {
        say(model, "this release has no rollout");
        return;
    };
    let id = rollout.id.clone();
    let change = match action {
        Action::Promote => {
            let known = model.view.state.rollouts.get(&id);
            match forward(&model.view, &id) {
                Some(asked) => Some(Change::Grant { request: asked.number, rollout: id, wants: asked.wants }),
                None => next_weight(rollout, known).map(|to| Change::Promote { rollout: id, to }),
            }
        }
        Action::PromoteFull => Some(Change::Promote { rollout: id, to: Weight::FULL }),
        Action::Hold => Some(Change::Hold(id)),
        Action::Resume => Some(Change::Resume(id)),
        _ => Some(Change::RollBack(id)),
    };
    match change {
        Some(change) => confirm(model, change),
        None => say(model, "there is no next step"),
    }
}

/// The flags of the rollout; where it names none, those of the plan.
fn flags_off(model: &mut Model) {
    let own = model.rollout().map(|rollout| rollout.flags.clone()).unwrap_or_default();
    if model.view.plan.flags.is_empty() {
        say(model, "the plan has no feature flags");
    } else {
        confirm(model, Change::FlagsOff(own));
    }
}

/// Asks before what a machine asks for is done.
fn grant(model: &mut Model) {
    let first = requests(&model.view).first().map(|request| Change::Grant {
        request: request.number,
        rollout: request.rollout.clone(),
        wants: request.wants,
    });
    match first {
        Some(change) => confirm(model, change),
        None => say(model, "nothing is asked"),
    }
}

fn decline(model: &mut Model) {
    match requests(&model.view).first().map(|request| request.number) {
        Some(number) => prompt(model, Purpose::Decline(number), ""),
        None => say(model, "nothing is asked"),
    }
}

/// Offers the triggers that the playbook says both of, the selected one first.
fn choose(model: &mut Model) {
    let all = || model.view.plan.triggers.iter().filter(|trigger| is_contested(trigger));
    let ids: Vec<TriggerId> = all().map(|trigger| trigger.id.clone()).collect();
    let selected = model.trigger().filter(|trigger| is_contested(trigger));
    let open = all().find(|trigger| !model.view.state.choices.contains_key(&trigger.id));
    match selected.or(open).or(all().next()).map(|trigger| format!("{}: ", trigger.id)) {
        Some(begun) => prompt(model, Purpose::Choose(ids), &begun),
        None => say(model, "the playbook contradicts itself about no trigger"),
    }
}

fn type_number(model: &mut Model) {
    match model.metric().map(|(_, metric)| metric).filter(|metric| metric.source.is_none()) {
        Some(metric) => {
            let purpose = Purpose::TypeNumber(Box::new(metric.clone()));
            prompt(model, purpose, "");
        }
        None => say(model, "select a metric without a source; the others are measured"),
    }
}

/// The release in one line, for a chat.
pub(super) fn status_line(model: &Model) -> String {
    let (name, version, environment) = crate::tui::model::identity(&model.view.state, &model.view.plan);
    let poll = crate::tui::model::Poll::of(&model.view);
    let t = crate::release::clock::t(&model.view.state, &model.view.plan, model.now());
    let t = t.map(crate::tui::widget::t_clock).unwrap_or_else(|| "no T-0".to_owned());
    let done: usize = model.index.stages.iter().map(|stage| stage.done).sum();
    let all: usize = model.index.stages.iter().map(|stage| stage.items.len()).sum();
    let mut line = format!(
        "{name} {version} > {environment} | {t} | {} | items {done}/{all} | go {}/{}",
        model.view.state.status.as_str(),
        poll.go,
        poll.total(),
    );
    if let Some(rollout) = model.rollout() {
        let seen = crate::tui::model::shares(&model.view, &rollout.id);
        let share = seen.configured.map_or("unknown".to_owned(), |weight| weight.to_string());
        line.push_str(&format!(" | canary {share}"));
    }
    if let Some(blocker) = model.blockers.first() {
        line.push_str(&format!(" | waits: {}", blocker.message));
    }
    crate::tui::widget::safe(&line).into_owned()
}
