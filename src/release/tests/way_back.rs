//! The way back: traffic first and for ever, then the new version, then the plan's procedure.

use super::scene::{Scene, command};
use crate::release::*;

fn rolling_back() -> Scene {
    let mut scene = Scene::soaking();
    scene.mends(vec![command("mend")]);
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    scene
}

fn in_flight(scene: &Scene) -> Vec<String> {
    let open = wanted(&scene.state, &scene.plan, scene.now).operations;
    open.iter().map(|id| scene.state.operations[id].act.key()).collect()
}

fn pause(scene: &Scene) -> Option<i64> {
    Some(scene.wake_at?.as_second() - scene.now.as_second())
}

fn said(scene: &Scene) -> Vec<(String, String)> {
    let all = explain(&scene.state, &scene.plan, scene.now);
    all.into_iter()
        .filter(|blocker| blocker.code == "operation")
        .map(|blocker| (blocker.message, blocker.help))
        .collect()
}

#[test]
fn a_write_that_keeps_failing_is_tried_ever_more_slowly_and_never_given_up() {
    let mut scene = rolling_back();
    let mut pauses = Vec::new();
    for _ in 0..7 {
        scene.end(Outcome::Failed, Some(10.0), None);
        let wait = pause(&scene).expect("it is tried again");
        assert_eq!(scene.later(wait - 1), vec![], "not earlier");
        pauses.push(wait);
        scene.later(1);
        assert_eq!(in_flight(&scene), ["set-weight/web/0"]);
    }
    assert_eq!(pauses, [5, 10, 20, 40, 60, 60, 60]);
}

#[test]
fn what_is_tried_again_is_explained_and_a_person_need_not_wait() {
    let mut scene = rolling_back();
    scene.end(Outcome::Failed, Some(10.0), None);
    scene.later(5);
    scene.end(Outcome::Failed, Some(10.0), None);
    scene.later(3);
    let (message, help) = said(&scene).pop().expect("it is explained");
    assert!(message.starts_with("web: traffic did not go back, tried 2 times"), "{message}");
    assert!(help.starts_with("it is tried again in 7 s"), "{help}");
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    assert_eq!(in_flight(&scene), ["set-weight/web/0"]);
}

#[test]
fn a_way_back_goes_on_in_a_stream_that_a_newer_build_wrote_to() {
    let mut scene = rolling_back();
    scene.state.unknown_kinds.push("from-the-future".into());
    scene.end(Outcome::Failed, Some(10.0), None);
    scene.later(5);
    assert_eq!(in_flight(&scene), ["set-weight/web/0"]);
}

#[test]
fn traffic_goes_back_then_the_new_version_goes_then_the_procedure_runs() {
    let mut scene = rolling_back();
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    assert_eq!(in_flight(&scene), ["scale-down/web"]);
    scene.end(Outcome::Done, None, None);
    assert_eq!(in_flight(&scene), ["step/web/3"]);
    scene.end(Outcome::Done, None, None);
    assert_eq!((in_flight(&scene), said(&scene)), (vec![], vec![]));
    assert_eq!(scene.later(3600), vec![], "it runs once");
}

#[test]
fn a_version_that_cannot_be_taken_away_is_a_person_s_after_some_tries() {
    let mut scene = rolling_back();
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    for wait in [5, 10, 20, 40] {
        scene.end(Outcome::Failed, None, None);
        assert_eq!(pause(&scene), Some(wait));
        assert!(wanted(&scene.state, &scene.plan, scene.now).alive, "the engine waits for it");
        scene.later(wait);
        assert_eq!(in_flight(&scene), ["scale-down/web"]);
    }
    scene.end(Outcome::Failed, None, None);
    assert_eq!((pause(&scene), scene.later(3600)), (None, vec![]));
    let (message, help) = said(&scene).pop().expect("it is explained");
    assert!(message.contains("tried 5 times") && help.contains("by hand"), "{message}: {help}");
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    scene.end(Outcome::Done, None, None);
    assert!(in_flight(&scene).contains(&"step/web/3".to_owned()), "in order, however long it took");
}

#[test]
fn a_procedure_that_failed_is_not_run_again_by_itself() {
    let mut scene = rolling_back();
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    scene.end(Outcome::Done, None, None);
    scene.end(Outcome::Failed, None, None);
    assert_eq!(scene.later(3600), vec![]);
    assert!(said(&scene).pop().expect("it is explained").0.contains("step 3 of the rollback"));
}

#[test]
fn an_engine_waits_for_a_proof_and_not_for_ever() {
    let mut scene = Scene::soaking();
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    scene.end(Outcome::Done, Some(0.0), None);
    scene.end(Outcome::Done, None, None);
    scene.later(3599);
    assert!(wanted(&scene.state, &scene.plan, scene.now).alive);
    scene.later(1);
    let now = wanted(&scene.state, &scene.plan, scene.now);
    assert_eq!((now.alive, now.observe), (false, true), "who looks may still see it proven");
    assert!(scene.blockers().contains(&"data".to_owned()), "it is said as long as it is so");
}
