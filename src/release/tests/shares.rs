//! Shares set by hand, and steps back.

use super::scene::Scene;
use crate::base::Weight;
use crate::release::*;

fn set(weight: f64, reason: &str) -> Wish {
    Wish::SetWeight {
        rollout: "web".into(),
        weight: Weight::percent(weight).expect("a share"),
        reason: reason.into(),
    }
}

fn back() -> Wish {
    Wish::StepBack { rollout: "web".into(), reason: "".into() }
}

/// Soaking at the second step, 50 %.
fn halfway() -> Scene {
    let mut scene = Scene::soaking();
    scene.later(600);
    scene.promote().expect("soaked");
    scene.end(Outcome::Done, Some(50.0), Some(50.0));
    scene
}

#[test]
fn up_needs_what_a_promotion_needs_and_down_a_reason_alone() {
    let mut scene = halfway();
    let refusal = scene.try_wish(set(60.0, "to see more")).expect_err("the soak goes on");
    assert!(refusal.message.contains("soak of step 2"), "{}", refusal.message);
    let refusal = scene.try_wish(set(20.0, " ")).expect_err("no reason");
    assert_eq!(refusal.code, RefusalCode::Incomplete);
    scene.wish(set(20.0, "too many tickets"));
    assert_eq!(scene.in_flight(), ["set-weight/web/20"]);
    scene.end(Outcome::Done, Some(20.0), Some(20.0));
    assert_eq!((scene.web().step, scene.web().phase), (1, RolloutPhase::Soaking), "20 % belongs to step 1");
    assert_eq!(scene.web().soak.elapsed(scene.now), 0, "its soak begins anew");
    scene.later(600);
    scene.wish(set(60.0, "tickets are answered"));
    scene.end(Outcome::Done, Some(60.0), None);
    assert_eq!(scene.web().step, 2);
}

#[test]
fn down_takes_the_place_of_what_is_under_way_and_up_waits() {
    let mut scene = Scene::soaking();
    scene.later(600);
    scene.promote().expect("soaked");
    assert_eq!(scene.try_wish(set(70.0, "hurry")).expect_err("under way").code, RefusalCode::Blocked);
    let promotion = scene.web().operation.clone().expect("in flight");
    scene.wish(set(5.0, "not now"));
    assert_eq!(scene.state.operations[&promotion].outcome, Some(Outcome::Superseded));
    assert_eq!(scene.in_flight(), ["set-weight/web/5"]);
}

#[test]
fn no_share_at_all_is_a_rollback() {
    let mut scene = halfway();
    scene.wish(set(0.0, "stop"));
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn back_goes_to_the_step_before_and_from_the_first_all_the_way() {
    let mut scene = halfway();
    scene.later(600);
    assert!(scene.web().soak.completed);
    scene.wish(back());
    scene.end(Outcome::Done, Some(10.0), Some(10.0));
    assert_eq!((scene.web().step, scene.web().soak.completed), (1, false));
    scene.wish(back());
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn a_complete_rollout_can_go_back_a_step_and_is_no_longer_complete() {
    let mut scene = Scene::soaking();
    scene.complete("web");
    assert_eq!(scene.state.status, Status::Watching);
    scene.wish(back());
    scene.end(Outcome::Done, Some(50.0), Some(50.0));
    assert_eq!((scene.web().phase, scene.state.status), (RolloutPhase::Soaking, Status::Running));
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn the_last_step_can_be_leapt_to_when_nothing_is_in_the_way() {
    let mut scene = Scene::soaking();
    let full = Wish::Promote { rollout: "web".into(), to: Some(Weight::FULL) };
    assert!(scene.try_wish(full.clone()).is_err());
    scene.later(600);
    scene.wish(full);
    assert_eq!(scene.in_flight(), ["set-weight/web/100"]);
}

#[test]
fn nothing_is_set_before_the_first_step_or_after_a_rollback() {
    let mut scene = Scene::ready();
    assert_eq!(scene.try_wish(set(5.0, "early")).expect_err("no traffic").code, RefusalCode::WrongState);
    let mut scene = halfway();
    scene.roll_back("web");
    assert_eq!(scene.try_wish(set(5.0, "again")).expect_err("it is back").code, RefusalCode::WrongState);
}
