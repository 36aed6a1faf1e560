//! What machines ask, and how people answer.

use super::scene::Scene;
use crate::plan::rule::Action;
use crate::plan::{Arming, Watched};
use crate::release::*;

/// Soaking, with a trigger that asks before it rolls back.
fn asking(arming: Arming) -> Scene {
    let mut scene = Scene::soaking();
    scene.plan.triggers[0].arming = arming;
    scene
}

fn asked(scene: &Scene) -> Vec<Proposal> {
    scene.state.requests.iter().map(|request| request.wants).collect()
}

#[test]
fn a_trigger_that_asks_changes_nothing_until_a_person_grants_it() {
    let mut scene = asking(Arming::Request);
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(asked(&scene), [Proposal::RollBack]);
    assert_eq!(scene.web().phase, RolloutPhase::Soaking);
    let told = scene.events.iter().any(|event| {
        matches!(event, Event::OperationIntended { act: Act::Notify { action: Action::Page, .. }, .. })
    });
    assert!(told, "telling people changes nothing in the world");
    assert!(scene.blockers().contains(&"request".to_owned()));
    let number = scene.state.requests[0].number;
    scene.wish(Wish::Grant { request: number });
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
    assert_eq!(asked(&scene), []);
    assert!(scene.events.contains(&Event::RequestAnswered {
        request: number,
        answer: RequestAnswer::Granted,
        reason: "".into()
    }));
}

#[test]
fn rolling_back_by_hand_answers_the_request() {
    let mut scene = asking(Arming::Request);
    scene.trigger(TriggerPhase::Fired);
    let events = scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    assert!(matches!(events.last(), Some(Event::RequestAnswered { answer: RequestAnswer::Granted, .. })));
}

#[test]
fn a_declined_request_says_why_and_is_not_raised_again_in_the_same_spell() {
    let mut scene = asking(Arming::Request);
    scene.trigger(TriggerPhase::Fired);
    let request = scene.state.requests[0].number;
    let bare = scene.try_wish(Wish::Decline { request, reason: " ".into() }).expect_err("no reason");
    assert_eq!(bare.code, RefusalCode::Incomplete);
    scene.wish(Wish::Decline { request, reason: "a known spike".into() });
    scene.trigger(TriggerPhase::Unknown);
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(asked(&scene), []);
    assert_eq!(scene.try_wish(Wish::Grant { request }).expect_err("closed").code, RefusalCode::Unknown);
}

#[test]
fn a_request_is_withdrawn_when_its_cause_is_gone() {
    let mut scene = asking(Arming::Request);
    scene.trigger(TriggerPhase::Fired);
    let events = scene.trigger(TriggerPhase::Armed);
    assert!(
        events.iter().any(|event| {
            matches!(event, Event::RequestAnswered { answer: RequestAnswer::Withdrawn, .. })
        })
    );
}

#[test]
fn a_contested_trigger_asks_until_a_person_has_chosen() {
    let mut scene = asking(Arming::Contested { lines: (849, 1419) });
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(asked(&scene), [Proposal::RollBack]);
    assert!(scene.state.triggers["errors"].reason.raw().contains("lines 849 and 1419"));
    scene.trigger(TriggerPhase::Armed);
    scene.wish(Wish::Choose { trigger: "errors".into(), choice: Choice::Automatic });
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn only_what_is_contested_can_be_chosen() {
    let mut scene = Scene::soaking();
    let refused = scene.try_wish(Wish::Choose { trigger: "errors".into(), choice: Choice::Request });
    assert_eq!(refused.expect_err("it says one thing").code, RefusalCode::WrongState);
}

#[test]
fn a_person_who_fires_a_trigger_that_asks_is_asked_with_what_they_saw() {
    let mut scene = asking(Arming::Request);
    scene.plan.triggers[0].when = Watched::Manual;
    scene.wish(Wish::FireTrigger { trigger: "errors".into(), reason: "orders are missing".into() });
    assert!(scene.state.requests[0].why.raw().ends_with("orders are missing"));
}

#[test]
fn an_open_request_to_go_back_keeps_the_next_step_away() {
    let mut scene = asking(Arming::Request);
    scene.plan.triggers[0].actions = vec![Action::Hold];
    scene.later(600);
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(asked(&scene), [Proposal::Hold]);
    assert!(scene.promote().expect_err("asked").message.contains("asks to hold"));
    scene.wish(Wish::Hold { rollout: None, reason: "".into() });
    assert_eq!(asked(&scene), []);
}

#[test]
fn typed_numbers_are_facts_of_metrics_without_a_source() {
    let mut scene = Scene::soaking();
    scene.wish(Wish::TypeNumber { metric: "errors".into(), value: 0.002 });
    let typed = scene.state.typed["errors"].last().copied();
    assert_eq!(typed, Some(Typed { at: scene.now, value: 0.002 }));
    let nan = scene.try_wish(Wish::TypeNumber { metric: "errors".into(), value: f64::NAN });
    assert_eq!(nan.expect_err("no number").code, RefusalCode::Incomplete);
    scene.plan.metrics[0].source = Some("prom".into());
    let read = scene.try_wish(Wish::TypeNumber { metric: "errors".into(), value: 0.1 });
    assert_eq!(read.expect_err("it has a source").code, RefusalCode::WrongState);
}
