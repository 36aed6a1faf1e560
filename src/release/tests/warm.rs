//! The old version after full promotion.

use super::scene::Scene;
use crate::base::{Seconds, Weight};
use crate::plan::Warm;
use crate::release::*;

const DAY: u64 = 24 * 3600;

fn complete(control: f64) -> Scene {
    let mut scene = Scene::soaking();
    let control = Weight::percent(control).expect("a share");
    scene.plan.rollouts[0].warm = Some(Warm { keep: Seconds(DAY), control });
    scene.later(600);
    scene.promote().expect("soaked");
    scene.end(Outcome::Done, Some(50.0), Some(50.0));
    scene.later(600);
    scene.promote().expect("soaked");
    let share = control.rest().value();
    assert_eq!(scene.in_flight(), [format!("set-weight/web/{share}")]);
    scene.end(Outcome::Done, Some(share), Some(share));
    assert_eq!(scene.web().phase, RolloutPhase::Completed);
    scene
}

fn left(scene: &Scene) -> Option<i64> {
    warm::warm(&scene.state, &scene.plan.rollouts[0])?.left(scene.now)
}

#[test]
fn the_old_version_is_kept_with_a_countdown_and_then_taken_away() {
    let mut scene = complete(0.0);
    assert_eq!(left(&scene), Some(86400));
    scene.later(86399);
    assert_eq!((left(&scene), scene.in_flight()), (Some(1), vec![]));
    scene.later(1);
    assert_eq!(scene.in_flight(), ["retire/web"]);
    scene.end(Outcome::Done, None, None);
    assert_eq!((left(&scene), scene.later(86400)), (None, vec![]));
    assert!(scene.web().retired.is_some());
}

#[test]
fn it_is_not_taken_away_while_something_speaks_against_the_new_one() {
    let mut scene = complete(0.0);
    scene.trigger(TriggerPhase::Pending);
    scene.later(90000);
    assert_eq!(scene.in_flight(), Vec::<String>::new());
    scene.trigger(TriggerPhase::Armed);
    assert_eq!(scene.in_flight(), ["retire/web"]);
}

#[test]
fn a_control_keeps_its_share_until_sign_off() {
    let mut scene = complete(5.0);
    scene.wish(Wish::DeclareStable);
    assert_eq!(scene.in_flight(), ["set-weight/web/100"]);
    scene.end(Outcome::Done, Some(100.0), Some(100.0));
    assert_eq!(scene.in_flight(), ["retire/web"]);
    assert_eq!((scene.web().phase, scene.state.status), (RolloutPhase::Completed, Status::Stable));
}

#[test]
fn while_it_is_warm_a_rollback_moves_traffic_at_once() {
    let mut scene = complete(0.0);
    scene.later(3600);
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    assert_eq!(scene.in_flight(), ["set-weight/web/0"]);
}

#[test]
fn once_it_is_gone_it_is_brought_up_before_traffic_and_people_see_how_long_that_takes() {
    let mut scene = complete(0.0);
    scene.later(86400);
    scene.end(Outcome::Done, None, None);
    let card = warm::warm(&scene.state, &scene.plan.rollouts[0]).expect("complete");
    assert_eq!(card.restore, Some(Seconds(0)), "as long as the deploy took");
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    assert_eq!(scene.in_flight(), ["restore/web"]);
    scene.end(Outcome::Failed, None, None);
    assert_eq!(scene.in_flight(), Vec::<String>::new(), "no traffic to what is not there");
    scene.later(5);
    assert_eq!(scene.in_flight(), ["restore/web"]);
    scene.end(Outcome::Done, None, None);
    assert_eq!(scene.in_flight(), ["set-weight/web/0"]);
}
