//! Several rollouts in one release: where the release stands, and triggers that watch all of them.

use super::scene::Scene;
use crate::release::*;

fn goes_on(scene: &mut Scene, rollout: &str) -> Result<Vec<Event>, Refusal> {
    scene.try_wish(Wish::Promote { rollout: rollout.into(), to: None })
}

#[test]
fn a_release_is_watched_when_its_last_rollout_is_complete() {
    let mut scene = Scene::two_ready();
    // Nothing is known of the other one yet.
    scene.state.rollouts.remove("api");
    scene.state.first_release = true;
    scene.state.started = Some(scene.now);
    scene.state.status = Status::Running;
    scene.begin("web");
    scene.complete("web");
    assert_eq!(scene.state.status, Status::Running, "api has not begun");
    let refusal = scene.try_wish(Wish::DeclareStable).expect_err("half of it is out");
    assert_eq!(refusal.code, RefusalCode::WrongState);
    let since = scene.now;
    scene.report(Report::DataQuality { rollout: "api".into(), good: true, since });
    scene.begin("api");
    scene.complete("api");
    assert_eq!(scene.state.status, Status::Watching);
}

#[test]
fn a_rollout_the_plan_no_longer_has_does_not_keep_the_release_from_its_end() {
    let mut scene = Scene::two_ready();
    scene.begin("web");
    scene.complete("web");
    scene.plan.rollouts.pop();
    scene.wish(Wish::DeclareStable);
    assert_eq!(scene.state.status, Status::Stable);
}

#[test]
fn a_release_is_rolled_back_when_nothing_of_it_has_traffic() {
    let mut scene = Scene::two_ready();
    scene.begin("web");
    scene.complete("web");
    scene.begin("api");
    scene.roll_back("api");
    assert_eq!(scene.state.status, Status::Running, "web is out");
    assert!(scene.blockers().contains(&"rollback".to_owned()));
    scene.roll_back("web");
    assert_eq!(scene.state.status, Status::RolledBack);
    assert!(!scene.blockers().contains(&"rollback".to_owned()));
}

#[test]
fn a_watched_release_of_which_a_part_goes_back_is_not_watched_any_more() {
    let mut scene = Scene::two_ready();
    for rollout in ["web", "api"] {
        scene.begin(rollout);
        scene.complete(rollout);
    }
    assert_eq!(scene.state.status, Status::Watching);
    scene.roll_back("web");
    assert_eq!(scene.state.status, Status::Running);
}

#[test]
fn after_one_is_back_the_other_goes_on_by_hand_only() {
    let mut scene = Scene::two_ready();
    scene.plan.rollouts[1].steps[0].auto = true;
    scene.begin("api");
    scene.begin("web");
    scene.roll_back("web");
    scene.later(600);
    assert_eq!(scene.rollout("api").desired, crate::base::Weight::percent(10.0), "not by itself");
    goes_on(&mut scene, "api").expect("a person may");
}

#[test]
fn a_rollout_that_had_not_begun_waits_for_the_next_attempt() {
    let mut scene = Scene::two_ready();
    scene.begin("web");
    scene.roll_back("web");
    assert_eq!(scene.state.status, Status::RolledBack);
    let refusal = goes_on(&mut scene, "api").expect_err("the release is over");
    assert_eq!(refusal.code, RefusalCode::WrongState);
}

/// What was asked of the world in these events: rollbacks begun, and people told.
fn acts(events: &[Event]) -> (Vec<String>, usize) {
    let back = events.iter().filter_map(|event| match event {
        Event::RollbackStarted { rollout, .. } => Some(rollout.to_string()),
        _ => None,
    });
    let told = |event: &&Event| matches!(event, Event::OperationIntended { act: Act::Notify { .. }, .. });
    (back.collect(), events.iter().filter(told).count())
}

#[test]
fn a_trigger_of_all_rollouts_acts_on_each_once_for_a_spell() {
    let mut scene = Scene::two_ready();
    scene.begin("web");
    let events = scene.trigger(TriggerPhase::Fired);
    assert_eq!(acts(&events), (vec!["web".to_owned()], 1));
    let refusal = goes_on(&mut scene, "api").expect_err("now is no time to begin");
    assert!(refusal.message.contains("errors"), "{}", refusal.message);
    // The canary is gone and with it its numbers; the other one begins, and they are as bad as before.
    scene.trigger(TriggerPhase::Unknown);
    goes_on(&mut scene, "api").expect("nobody can tell");
    let events = scene.trigger(TriggerPhase::Fired);
    assert_eq!(acts(&events), (vec!["api".to_owned()], 1));
}

#[test]
fn what_was_unknown_for_a_while_does_not_act_again() {
    let mut scene = Scene::soaking();
    scene.plan.triggers[0].actions =
        vec![crate::plan::rule::Action::StepBack, crate::plan::rule::Action::Page];
    scene.later(600);
    scene.promote().expect("soaked");
    scene.end(Outcome::Done, Some(50.0), None);
    let events = scene.trigger(TriggerPhase::Fired);
    assert_eq!((acts(&events).1, scene.web().desired), (1, crate::base::Weight::percent(10.0)));
    scene.end(Outcome::Done, Some(10.0), None);
    scene.trigger(TriggerPhase::Unknown);
    scene.trigger(TriggerPhase::Pending);
    let events = scene.trigger(TriggerPhase::Fired);
    assert_eq!(acts(&events), (vec![], 0), "it never was armed between");
    assert_eq!(scene.state.triggers["errors"].phase, TriggerPhase::Fired);
    scene.trigger(TriggerPhase::Armed);
    let events = scene.trigger(TriggerPhase::Fired);
    assert_eq!(acts(&events), (vec!["web".to_owned()], 1), "another spell, at the first step");
}

#[test]
fn a_hold_that_a_person_lifted_in_the_dark_may_come_again() {
    let mut scene = Scene::soaking();
    scene.plan.triggers[0].actions = vec![crate::plan::rule::Action::Hold];
    scene.trigger(TriggerPhase::Fired);
    scene.trigger(TriggerPhase::Unknown);
    scene.wish(Wish::Resume { rollout: None });
    assert_eq!(scene.web().holds, vec![]);
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(scene.web().holds.len(), 1);
}

#[test]
fn without_rollouts_people_are_told_once_for_a_spell() {
    let mut scene = Scene::planned();
    scene.plan.rollouts.clear();
    let told: usize = [TriggerPhase::Fired, TriggerPhase::Unknown, TriggerPhase::Fired]
        .into_iter()
        .map(|phase| acts(&scene.trigger(phase)).1)
        .sum();
    assert_eq!(told, 1);
}
