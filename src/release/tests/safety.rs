//! What must never happen: traffic under a hold, a trigger that is deaf, a soak that is skipped, a word that is stale.

use super::scene::{Scene, gate};
use crate::analysis::Verdict;
use crate::base::Weight;
use crate::plan::rule::Action;
use crate::plan::{Check, Message, Otherwise, Watched};
use crate::release::*;

fn writes(events: &[Event]) -> usize {
    let write = |event: &&Event| matches!(event, Event::OperationIntended { act: Act::SetWeight { .. }, .. });
    events.iter().filter(write).count()
}

#[test]
fn a_hold_while_the_new_version_comes_up_keeps_traffic_where_it_is() {
    let mut scene = Scene::ready();
    scene.promote().expect("nothing blocks");
    scene.wish(Wish::Hold { rollout: None, reason: "wait".into() });
    let events = scene.end(Outcome::Done, None, None);
    assert_eq!(writes(&events), 0, "held: no traffic");
    scene.wish(Wish::Resume { rollout: None });
    scene.promote().expect("a person goes on");
    let events = scene.end(Outcome::Done, None, None);
    assert_eq!(writes(&events), 1);
}

#[test]
fn a_trigger_that_fired_before_a_rollout_began_can_fire_for_it() {
    let mut scene = Scene::ready();
    scene.wish(Wish::Start { accept_first_release: false });
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(scene.state.triggers["errors"].phase, TriggerPhase::Suppressed);
    scene.promote().expect("nothing has traffic yet");
    assert_eq!(scene.state.triggers["errors"].phase, TriggerPhase::Armed);
    scene.end(Outcome::Done, None, None);
    scene.end(Outcome::Done, Some(10.0), None);
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn a_trigger_that_only_people_see_is_armed_again_by_a_person() {
    let mut scene = Scene::soaking();
    scene.plan.triggers[0].when = Watched::Manual;
    scene.plan.triggers[0].actions = vec![Action::Hold];
    scene.wish(Wish::FireTrigger { trigger: "errors".into(), reason: "users complain".into() });
    assert_eq!(scene.web().holds.len(), 1);
    scene.wish(Wish::Resume { rollout: None });
    assert_eq!(scene.state.triggers["errors"].phase, TriggerPhase::Armed);
    scene.later(600);
    scene.promote().expect("looked at, soaked, good");
}

#[test]
fn shares_that_differ_by_rounding_are_the_weight_that_was_wanted() {
    let mut scene = Scene::ready();
    scene.promote().expect("nothing blocks");
    scene.end(Outcome::Done, None, None);
    scene.end(Outcome::Done, Some(10.000_000_1), None);
    assert_eq!((scene.web().step, scene.web().holds.len()), (1, 0));
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    scene.end(Outcome::Done, Some(0.000_001), None);
    assert_eq!(scene.web().phase, RolloutPhase::RolledBack);
}

#[test]
fn a_write_that_failed_does_not_skip_the_soak() {
    let mut scene = Scene::soaking();
    scene.later(600);
    scene.promote().expect("soaked");
    scene.end(Outcome::Done, Some(50.0), None);
    scene.plan.triggers[0].actions = vec![Action::StepBack];
    scene.trigger(TriggerPhase::Fired);
    scene.end(Outcome::Failed, Some(50.0), None);
    scene.trigger(TriggerPhase::Armed);
    scene.wish(Wish::Resume { rollout: None });
    assert!(scene.promote().expect_err("step 2 has not soaked").message.contains("soak"));
    scene.data(false);
    scene.later(1);
    assert!(scene.blockers().contains(&"data".to_owned()));
    scene.data(true);
    scene.later(600);
    scene.promote().expect("soaked now");
}

#[test]
fn a_skipped_step_s_gates_bind() {
    let mut scene = Scene::soaking();
    let mut load = gate("load", Otherwise::Block);
    load.stage = None;
    scene.plan.gates.push(load);
    scene.plan.rollouts[0].steps[1].gates = vec!["load".into()];
    scene.later(600);
    let jump = scene.try_wish(Wish::Promote { rollout: "web".into(), to: Some(Weight::FULL) });
    assert!(jump.expect_err("the step between asks for it").message.contains("load"));
    scene.promote().expect("the step before does not ask for it");
}

#[test]
fn a_step_s_gate_does_not_keep_the_release_from_starting() {
    let mut scene = Scene::ready();
    let mut load = gate("load", Otherwise::Block);
    load.stage = None;
    scene.plan.gates.push(load);
    scene.plan.rollouts[0].steps[0].gates = vec!["load".into()];
    scene.promote().expect("it can only be looked at with traffic");
    scene.end(Outcome::Done, None, None);
    scene.end(Outcome::Done, Some(10.0), None);
    scene.later(600);
    assert!(scene.promote().expect_err("it binds its step").message.contains("load"));
}

#[test]
fn the_last_step_waits_for_its_gates_too() {
    let mut scene = Scene::soaking();
    let mut smoke = gate("smoke-100", Otherwise::Block);
    smoke.stage = None;
    scene.plan.gates.push(smoke);
    scene.plan.rollouts[0].steps[2].gates = vec!["smoke-100".into()];
    for weight in [50.0, 100.0] {
        scene.later(600);
        scene.promote().expect("soaked");
        scene.end(Outcome::Done, Some(weight), None);
    }
    assert_eq!(scene.web().phase, RolloutPhase::Soaking);
    scene.pass("smoke-100");
    assert_eq!(scene.web().phase, RolloutPhase::Completed);
}

#[test]
fn two_ways_to_say_roll_back_are_one_rollback_when_blind() {
    let mut scene = Scene::soaking();
    if let Some(blind) = &mut scene.plan.rollouts[0].blind {
        blind.actions = vec![Action::CutTraffic, Action::RollBack, Action::StepBack];
    }
    scene.data(false);
    let events = scene.later(300);
    assert_eq!(writes(&events), 1);
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn an_engine_that_comes_back_is_not_blind_for_the_time_it_was_gone() {
    let mut scene = Scene::soaking();
    if let Some(blind) = &mut scene.plan.rollouts[0].blind {
        blind.actions = vec![Action::RollBack];
    }
    scene.now = scene.now.checked_add(jiff::SignedDuration::from_secs(400)).expect("time");
    scene.report(Report::EngineStarted { epoch: 2 });
    assert_eq!(scene.web().phase, RolloutPhase::Soaking, "it has not looked yet");
    scene.later(300);
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn a_clock_that_somebody_set_does_not_soak() {
    let mut scene = Scene::soaking();
    scene.later(100);
    scene.now = scene.now.checked_add(jiff::SignedDuration::from_secs(3600)).expect("time");
    scene.report(Report::ClockJumped { seconds: 3600 });
    assert_eq!(scene.web().soak.elapsed(scene.now), 100);
    assert!(!scene.web().soak.completed);
    scene.later(500);
    assert!(scene.web().soak.completed);
}

#[test]
fn a_stable_release_that_is_rolled_back_says_so() {
    let mut scene = Scene::soaking();
    for weight in [50.0, 100.0] {
        scene.later(600);
        scene.promote().expect("soaked");
        scene.end(Outcome::Done, Some(weight), None);
    }
    scene.wish(Wish::DeclareStable);
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    assert_eq!(scene.state.status, Status::RolledBack);
}

#[test]
fn what_people_decided_about_the_old_artifact_is_not_carried_over() {
    let mut scene = Scene::planned();
    scene.plan.gates[0].check = Check::Manual;
    scene.wish(Wish::ReviewGate { gate: "unit-tests".into(), accepted: true, reason: "looked".into() });
    scene.wish(Wish::WaiveGate { gate: "notes".into(), reason: "later".into() });
    scene.wish(Wish::OpenAttempt { artifact: "1.1.1".into() });
    let planned = scene.plan.gates[0].clone();
    assert_eq!(standing(&scene.state, &planned, scene.now).word, Word::Pending);
    assert!(scene.state.gates["notes"].waiver.is_none());
    assert!(!scene.state.items["validation/tests"].tick.is_settled());
}

#[test]
fn an_item_whose_gate_fails_can_still_be_skipped() {
    let mut scene = Scene::planned();
    scene.pass("unit-tests");
    scene.finish("unit-tests", Verdict::Fail);
    let item = || "validation/tests".into();
    scene.wish(Wish::Skip { item: item(), reason: "known flake".into() });
    assert!(matches!(scene.state.items["validation/tests"].tick, Tick::Skipped(..)));
    scene.wish(Wish::Untick { item: item(), reason: "".into() });
    scene.wish(Wish::Tick { item: item(), evidence: None, waiver: Some("known flake".into()) });
    assert!(scene.state.items["validation/tests"].tick.is_settled());
}

#[test]
fn an_approval_is_void_when_its_evidence_gets_worse_in_any_way() {
    let mut scene = Scene::planned();
    scene.finish("unit-tests", Verdict::Warn);
    scene.go("qa");
    scene.finish("unit-tests", Verdict::Fail);
    assert!(scene.state.approvals["qa"].answer.is_none());
    scene.go("qa");
    scene.finish("unit-tests", Verdict::Fail);
    assert_eq!(scene.state.approvals["qa"].answer, Some(Answer::Go), "no worse than it was");
}

#[test]
fn a_message_on_its_way_is_not_sent_again() {
    let mut scene = Scene::planned();
    scene.plan.messages.push(Message {
        name: "go".into(),
        audience: "everybody".into(),
        at: None,
        text: "we go".into(),
        webhook: None,
    });
    let first = scene.wish(Wish::SendMessage { message: "go".into() });
    assert_eq!(first.len(), 1);
    assert_eq!(scene.wish(Wish::SendMessage { message: "go".into() }), vec![]);
}

#[test]
fn what_refuses_a_promotion_is_explained_before_the_first_one_too() {
    let mut scene = Scene::ready();
    scene.wish(Wish::Start { accept_first_release: false });
    scene.finish("unit-tests", Verdict::Fail);
    assert!(scene.promote().is_err());
    assert!(scene.blockers().contains(&"gate".to_owned()));
}
