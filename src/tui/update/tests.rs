//! Key scripts: keys in, effects and the model out.

use std::collections::VecDeque;
use std::sync::Arc;

mod looking;

use super::*;
use crate::base::{Actor, Assurance, Timestamp, Untrusted, Via, Weight};
use crate::plan::{
    Bound, Exit, Item, Plan, ReleaseKind, ReleaseSpec, Role, Rollout, Stage, Step, Strategy, Watched,
};
use crate::release::{
    Answer, Health, ItemState, Mark, Observations, Proposal, Request, RequestCause, State, Status, Tick, Wish,
};
use crate::tui::keymap::Keymap;
use crate::tui::model::{ScreenName, Setup};
use crate::tui::overlay::ARM;
use crate::tui::theme::{Depth, Symbols, Theme, ThemeName};

fn item(text: &str, bound: Option<Bound>) -> Item {
    Item {
        id: format!("release/{text}").into(),
        stage: "release".into(),
        group: None,
        text: text.into(),
        line: 1,
        depth: 0,
        parent: None,
        owner: None,
        due: None,
        bound,
        ticked: false,
    }
}

fn plan() -> Plan {
    let step = |share: f64| Step {
        weight: Weight::percent(share).expect("a share"),
        soak: crate::base::Seconds(60),
        gates: Vec::new(),
        auto: false,
    };
    Plan {
        release: ReleaseSpec {
            name: "payments".to_owned(),
            version: "2.0.0".to_owned(),
            kind: ReleaseKind::Minor,
            t0: None,
            zone: "UTC".to_owned(),
            window: None,
            environment: "prod".to_owned(),
            production: true,
            context: None,
        },
        roles: vec![Role {
            id: "qa".into(),
            title: "QA Lead".into(),
            people: Vec::new(),
            approves: vec![ReleaseKind::Minor],
            order: 1,
            escalate: None,
        }],
        stages: vec![Stage {
            id: "release".into(),
            title: "Release".into(),
            at: None,
            line: 1,
            exit: Exit::default(),
        }],
        items: vec![
            item("one", None),
            item("two", None),
            item("scan", Some(Bound::Gate("image-scan".into()))),
        ],
        gates: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        triggers: Vec::new(),
        quiet: Vec::new(),
        objectives: Vec::new(),
        flags: Vec::new(),
        rollouts: vec![Rollout {
            id: "payments".into(),
            stage: None,
            strategy: Strategy::Canary,
            router: None,
            deploy: Default::default(),
            flags: Vec::new(),
            warm: None,
            steps: vec![step(25.0), step(100.0)],
            blind: None,
            judge: None,
            rollback: None,
            budget: Rollout::BUDGET,
        }],
        procedures: Vec::new(),
        checkpoints: Vec::new(),
        messages: Vec::new(),
        vars: Default::default(),
        sources_digest: Digest::of(""),
        digest: Digest::of("binding"),
    }
}

fn picture(state: State) -> Arc<View> {
    Arc::new(View {
        state: Arc::new(state),
        plan: Arc::new(plan()),
        seen: Arc::new(Observations::default()),
        presence: Vec::new(),
        health: Health::default(),
        recent: Arc::new(VecDeque::new()),
        now: Timestamp::UNIX_EPOCH,
    })
}

fn operator(name: &str) -> Operator {
    Operator { actor: Actor::Person(name.to_owned()), assurance: Assurance::L0, via: Via::Cockpit }
}

fn model() -> Model {
    let setup = Setup {
        theme: Theme::built_in(ThemeName::Dark, Depth::True, Symbols::UNICODE),
        depth: Depth::True,
        keymap: Keymap::built_in().expect("built-in keymap"),
    };
    let state = State { version: 7, status: Status::Running, ..State::default() };
    Model::new(picture(state), operator("ada"), setup, (120, 40))
}

/// Types keys, a second apart, and gathers what they want done.
fn keys(model: &mut Model, script: &str) -> Vec<Effect> {
    script.split(' ').filter(|word| !word.is_empty()).flat_map(|word| one(model, word, 1_000)).collect()
}

fn one(model: &mut Model, word: &str, later: u64) -> Vec<Effect> {
    let chord = Chord::parse(word).expect(word);
    let at = model.clock.at + later;
    let effects = update(model, Msg::Key(chord), at);
    let (asked, rest): (Vec<_>, Vec<_>) =
        effects.into_iter().partition(|effect| matches!(effect, Effect::Preview(..)));
    // The cluster answers at once.
    for effect in asked {
        if let Effect::Preview(rollout, weight) = effect {
            update(model, Msg::Preview(rollout, weight, Ok(Preview::default())), at);
        }
    }
    rest
}

fn wishes(effects: Vec<Effect>) -> Vec<Wish> {
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Send(order) => Some(order.wish),
            _ => None,
        })
        .collect()
}

fn tick(item: &str) -> Wish {
    Wish::Tick { item: format!("release/{item}").into(), evidence: None, waiver: None }
}

#[test]
fn ticks_go_down_the_list_and_undo_takes_back_only_what_was_ticked_here() {
    let mut model = model();
    assert_eq!(wishes(keys(&mut model, "space space")), [tick("one"), tick("two")]);
    let mut state = State { version: 9, ..State::default() };
    let mark = Mark { by: Actor::Engine, at: Timestamp::UNIX_EPOCH, assurance: Assurance::L0 };
    let done = ItemState { tick: Tick::Done(mark), ..ItemState::default() };
    state.items.insert("release/one".into(), done);
    update(&mut model, Msg::View(picture(state)), 5_000);
    let undone = Wish::Untick { item: "release/one".into(), reason: Untrusted::default() };
    assert_eq!(wishes(keys(&mut model, "u")), [undone], "two is not done, so one is what is undone");
    assert_eq!(keys(&mut model, "u"), []);
}

#[test]
fn orders_carry_who_and_what_was_seen() {
    let mut model = model();
    match keys(&mut model, "space").as_slice() {
        [Effect::Send(order)] => {
            assert_eq!((order.seen, &order.by), (7, &operator("ada")));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_item_a_gate_ticks_asks_why_it_is_ticked_by_hand() {
    let mut model = model();
    assert_eq!(keys(&mut model, "G space"), []);
    assert_eq!(keys(&mut model, "enter"), [], "some words are needed");
    let sent = wishes(keys(&mut model, "o k enter"));
    let waived = Wish::Tick { item: "release/scan".into(), evidence: None, waiver: Some("ok".into()) };
    assert_eq!(sent, [waived]);
    assert_eq!(wishes(keys(&mut model, "x")), [Wish::RunGate { gate: "image-scan".into() }]);
}

#[test]
fn promotion_is_confirmed_by_typing_the_weight_and_by_nothing_else() {
    let mut model = model();
    let promoted =
        Wish::Promote { rollout: "payments".into(), to: Some(Weight::percent(25.0).expect("a share")) };
    assert_eq!(keys(&mut model, "P y P"), []);
    assert_eq!(model.overlays.len(), 1, "neither y nor the key that opened it confirms");
    assert_eq!(keys(&mut model, "3 backspace 2"), []);
    assert_eq!(wishes(keys(&mut model, "5")), [promoted]);
    assert!(model.overlays.is_empty());
    assert_eq!(keys(&mut model, "P enter"), [], "enter takes what is preselected: cancel");
    assert!(model.overlays.is_empty());
}

#[test]
fn hold_and_rollback_ask_for_y_and_nothing_before() {
    let mut model = model();
    let hold = Wish::Hold { rollout: Some("payments".into()), reason: Untrusted::default() };
    let back = Wish::RollBack { rollout: Some("payments".into()), reason: Untrusted::default() };
    assert_eq!(wishes(keys(&mut model, "H y R y")), [hold, back]);
    assert_eq!(keys(&mut model, "R R R enter"), []);
    assert_eq!(
        keys(&mut model, "R n y"),
        [Effect::Copy(acts::status_line(&model))],
        "y after n is a plain key"
    );
}

#[test]
fn a_dialog_ignores_keys_for_a_moment() {
    let mut model = model();
    keys(&mut model, "R");
    assert_eq!(one(&mut model, "y", ARM - 1), []);
    assert_eq!(model.overlays.len(), 1);
    assert_eq!(wishes(one(&mut model, "y", 1)).len(), 1);
    keys(&mut model, "R");
    assert_eq!(one(&mut model, "esc", 0), []);
    assert!(model.overlays.is_empty(), "cancel is always heard");
}

#[test]
fn a_paste_confirms_nothing_and_presses_no_key() {
    let mut model = model();
    keys(&mut model, "R");
    let at = model.clock.at + 1_000;
    assert_eq!(update(&mut model, Msg::Paste("y\ny\n".to_owned()), at), []);
    assert_eq!(model.overlays.len(), 1);
    keys(&mut model, "esc P");
    let at = model.clock.at + 1_000;
    assert_eq!(update(&mut model, Msg::Paste("25".to_owned()), at), []);
    keys(&mut model, "esc");
    let at = model.clock.at + 1_000;
    assert_eq!(update(&mut model, Msg::Paste("R y".to_owned()), at), []);
    assert!(model.overlays.is_empty());
    keys(&mut model, "n");
    let at = model.clock.at + 1_000;
    update(&mut model, Msg::Paste("two\nlines\u{1b}[2J".to_owned()), at);
    let noted = Wish::Note { item: Some("release/one".into()), note: "two lines [2J".into() };
    assert_eq!(wishes(keys(&mut model, "enter")), [noted]);
}

#[test]
fn a_dialog_closes_when_somebody_else_acts() {
    let mut model = model();
    keys(&mut model, "R");
    let at = model.clock.at + 1_000;
    update(&mut model, Msg::Operator(operator("bo")), at);
    assert!(model.overlays.is_empty());
    keys(&mut model, "?");
    assert_eq!(model.screen, ScreenName::Help);
}

#[test]
fn a_dialog_arms_anew_when_what_it_shows_changes_and_carries_what_was_seen() {
    let mut model = model();
    keys(&mut model, "P 2");
    let mut state = State { version: 12, status: Status::Running, ..State::default() };
    let known = crate::release::RolloutState {
        desired: Weight::percent(5.0),
        configured: Weight::percent(5.0),
        ..Default::default()
    };
    state.rollouts.insert("payments".into(), known);
    let at = model.clock.at;
    update(&mut model, Msg::View(picture(state)), at);
    assert_eq!(one(&mut model, "5", ARM - 1), [], "what was typed is forgotten and keys are ignored");
    match keys(&mut model, "2 5").as_slice() {
        [Effect::Send(order)] => assert_eq!(order.seen, 12),
        other => panic!("{other:?}"),
    }
}

#[test]
fn lower_case_twins_do_nothing_to_the_world() {
    let mut model = model();
    for key in ["p", "h", "r"] {
        assert_eq!(wishes(keys(&mut model, key)), [], "{key}");
        assert!(model.overlays.is_empty(), "{key}");
    }
}

#[test]
fn the_roll_call_is_answered_with_a_reason_for_no() {
    let mut model = model();
    let answered = |answer, reason: &str| Wish::Approve { role: "qa".into(), answer, reason: reason.into() };
    assert_eq!(wishes(keys(&mut model, "a g y")), [answered(Answer::Go, "")]);
    assert_eq!(wishes(keys(&mut model, "n enter n o enter")), [answered(Answer::NoGo, "no")]);
    assert_eq!(wishes(keys(&mut model, "b i l l enter")), [answered(Answer::Absent, "ill")]);
}

#[test]
fn the_filter_shows_what_matches_and_escape_shows_all() {
    let mut model = model();
    keys(&mut model, "/ t w o enter");
    assert_eq!(model.item().map(|item| item.text), Some("two"));
    assert_eq!(model.lists.stages.rows.len(), 2);
    keys(&mut model, "esc");
    assert_eq!(model.lists.stages.rows.len(), 4);
    assert_eq!(model.item().map(|item| item.text), Some("two"), "the selection stays");
}

#[test]
fn full_promotion_is_in_the_palette_only() {
    let mut model = model();
    keys(&mut model, ": a l l space t r a f f i c enter");
    let full = Wish::Promote { rollout: "payments".into(), to: Some(Weight::FULL) };
    assert_eq!(wishes(keys(&mut model, "1 0 0")), [full]);
}

/// A picture in which a machine asks for something.
fn asking(wants: Proposal) -> Arc<View> {
    let mut state = State { version: 9, status: Status::Running, ..State::default() };
    let request = Request {
        number: 8,
        rollout: "payments".into(),
        wants,
        cause: RequestCause::Judge,
        why: "it is worse".into(),
        since: Timestamp::UNIX_EPOCH,
    };
    state.requests.push(request);
    let known = crate::release::RolloutState { desired: Some(Weight::ZERO), ..Default::default() };
    state.rollouts.insert("payments".into(), known);
    picture(state)
}

#[test]
fn what_is_asked_is_granted_by_the_key_of_its_kind_and_its_question() {
    let share = Weight::percent(25.0).expect("a share");
    let mut model = model();
    update(&mut model, Msg::View(asking(Proposal::Promote { to: share })), 0);
    assert_eq!(keys(&mut model, "p enter y"), [Effect::Copy(acts::status_line(&model))], "twins do nothing");
    assert_eq!(wishes(keys(&mut model, "P y 2 5")), [Wish::Grant { request: 8 }]);
    update(&mut model, Msg::View(asking(Proposal::RollBack)), 0);
    keys(&mut model, "R");
    let told = match model.overlays.last() {
        Some(Overlay::Confirm(confirm)) => format!("{:?}", confirm.facts),
        other => panic!("{other:?}"),
    };
    assert!(told.contains("asked by the judge") && told.contains("it is worse"), "{told}");
    assert_eq!(keys(&mut model, "enter"), [], "enter never confirms");
    let back = Wish::RollBack { rollout: Some("payments".into()), reason: Untrusted::default() };
    assert_eq!(wishes(keys(&mut model, "R y")), [back], "a rollback goes the way that is never refused");
    update(&mut model, Msg::View(asking(Proposal::StepBack)), 0);
    assert_eq!(wishes(keys(&mut model, ": g r a n t enter y")), [Wish::Grant { request: 8 }]);
}

#[test]
fn what_is_asked_is_declined_with_a_reason_and_nothing_is_declined_when_nothing_is_asked() {
    let mut model = model();
    keys(&mut model, "D");
    assert!(model.overlays.is_empty());
    update(&mut model, Msg::View(asking(Proposal::Hold)), 0);
    assert_eq!(keys(&mut model, "D enter"), [], "some words are needed");
    let declined = Wish::Decline { request: 8, reason: "known".into() };
    assert_eq!(wishes(keys(&mut model, "k n o w n enter")), [declined]);
}

#[test]
fn samples_that_move_do_not_ask_anew_but_another_decision_does() {
    let mut model = model();
    update(&mut model, Msg::View(asking(Proposal::RollBack)), 0);
    keys(&mut model, "R");
    let mut view = asking(Proposal::RollBack).as_ref().clone();
    let mut seen = Observations::default();
    let card = crate::release::Card {
        decision: crate::analysis::judge::Decision::RollBack,
        why: "worse".into(),
        signals: Vec::new(),
        minutes: None,
        faster: Untrusted::default(),
        at: None,
    };
    seen.judged.insert("payments".into(), card);
    view.seen = Arc::new(seen);
    let at = model.clock.at + 1_000;
    update(&mut model, Msg::View(Arc::new(view)), at);
    match model.overlays.last() {
        Some(Overlay::Confirm(confirm)) => {
            assert!(confirm.is_armed(at), "new samples do not disarm it");
            assert!(format!("{:?}", confirm.evidence).contains("worse"));
        }
        other => panic!("{other:?}"),
    }
    update(&mut model, Msg::View(asking(Proposal::Hold)), at);
    assert_eq!(wishes(one(&mut model, "y", 0)), [], "what was asked is not asked any more");
}

#[test]
fn numbers_are_typed_in_their_unit_and_contested_triggers_chosen_by_name() {
    use crate::plan::{Arming, Metric, Trigger};
    let mut plan = plan();
    let metric = |id: &str, source: Option<&str>| Metric {
        id: id.into(),
        title: id.into(),
        source: source.map(Into::into),
        query: None,
        sides: None,
        counts: None,
        histogram: None,
        target: None,
        alert: "> 1%".parse().ok(),
        baseline: None,
    };
    plan.metrics = vec![metric("churn", None), metric("errors", Some("prom"))];
    plan.triggers = vec![Trigger {
        id: "worse".into(),
        title: "worse".into(),
        when: Watched::Manual,
        severity: "P1".to_owned(),
        actions: Vec::new(),
        rollout: None,
        terms: Default::default(),
        arming: Arming::Contested { lines: (8, 14) },
    }];
    let mut model = model();
    let view = View { plan: Arc::new(plan), ..picture(State::default()).as_ref().clone() };
    update(&mut model, Msg::View(Arc::new(view)), 0);
    assert_eq!(keys(&mut model, "4 t 5 m s enter"), [], "not the unit of its limits");
    let typed = Wish::TypeNumber { metric: "churn".into(), value: 0.005 };
    assert_eq!(wishes(keys(&mut model, "backspace backspace backspace 0 . 5 % enter")), [typed]);
    keys(&mut model, "j t");
    assert!(model.overlays.is_empty(), "what a source gives nobody types");
    keys(&mut model, "enter");
    assert_eq!(model.screen, ScreenName::Metrics);
    keys(&mut model, "G");
    assert_eq!(model.trigger().map(|trigger| trigger.id.as_str()), Some("worse"));
    assert_eq!(keys(&mut model, "c enter"), [], "a choice is written out");
    let chosen = Wish::Choose { trigger: "worse".into(), choice: crate::release::Choice::Request };
    assert_eq!(wishes(keys(&mut model, "r e q u e s t enter")), [chosen]);
    keys(&mut model, "k enter");
    assert_eq!(model.screen, ScreenName::Chart);
    keys(&mut model, "k q q");
    assert_eq!(model.screen, ScreenName::Overview);
}

#[test]
fn the_log_goes_on_before_the_newest_lines_without_a_hole() {
    let line = |version| crate::release::LogLine {
        version,
        at: Timestamp::UNIX_EPOCH,
        by: "ada".to_owned(),
        text: format!("event {version}"),
    };
    let recent = |versions: std::ops::Range<u64>| {
        let view = picture(State::default()).as_ref().clone();
        Arc::new(View { recent: Arc::new(versions.map(line).collect()), ..view })
    };
    let mut model = model();
    update(&mut model, Msg::View(recent(290..300)), 0);
    assert_eq!(keys(&mut model, "L"), [Effect::Page(90, 200)]);
    assert_eq!(keys(&mut model, "j"), [], "no page is asked for twice");
    update(&mut model, Msg::Lines((90..290).map(line).collect()), 0);
    update(&mut model, Msg::View(recent(292..302)), 0);
    assert_eq!(keys(&mut model, "G"), [Effect::Page(1, 89)], "what slid out of the newest is still there");
    update(&mut model, Msg::Lines((1..90).map(line).collect()), 0);
    let versions: Vec<u64> = model.log().map(|line| line.version).collect();
    let all: Vec<u64> = (1..302).rev().collect();
    assert_eq!(versions, all);
    assert_eq!(keys(&mut model, "G"), [], "there is nothing before the first");
}

#[test]
fn q_goes_back_and_then_leaves() {
    let mut model = model();
    assert_eq!(keys(&mut model, "? L q q"), []);
    assert_eq!(model.screen, ScreenName::Overview);
    assert_eq!(keys(&mut model, "q"), [Effect::Quit]);
    assert_eq!(keys(&mut model, "ctrl-z"), [Effect::Suspend]);
}

#[test]
fn an_unfinished_sequence_gives_way_to_the_next_key() {
    let mut model = model();
    keys(&mut model, "G g g");
    assert_eq!(model.lists.stages.cursor, 0);
    keys(&mut model, "g j");
    assert_eq!(model.lists.stages.cursor, 1);
    assert!(model.typed.is_empty());
}

#[test]
fn nothing_changes_by_itself_on_a_still_screen() {
    let mut model = model();
    assert_eq!(model.next_frame(), None, "no clock, no engine, no sources: nothing ticks");
    keys(&mut model, "R");
    assert_eq!(model.next_frame(), Some(model.clock.at + ARM), "the dialog is drawn anew when it is armed");
}
