//! What an attempt begins with, and what opens one.

use super::scene::Scene;
use crate::base::Digest;
use crate::plan::{Bound, Message};
use crate::release::*;

fn adopt(scene: &mut Scene, version: &str) -> Result<Vec<Event>, Refusal> {
    scene.plan.release.version = version.to_owned();
    let plan = Digest::of(version);
    scene.try_wish(Wish::AdoptPlan { plan, sources: plan, matched: vec![] })
}

fn stand(scene: &Scene) -> (u32, &str) {
    let identity = scene.state.identity.as_ref().expect("it exists");
    (scene.state.attempt, identity.version.as_str())
}

#[test]
fn an_attempt_begins_with_nothing_said() {
    let mut scene = Scene::planned();
    scene.plan.messages.push(Message {
        name: "go".into(),
        audience: "everybody".into(),
        at: None,
        text: "we go".into(),
        webhook: None,
    });
    scene.plan.items[2].bound = Some(Bound::Message("go".into()));
    let send = || Wish::SendMessage { message: "go".into() };
    scene.wish(send());
    scene.end(Outcome::Done, None, None);
    assert_eq!(scene.wish(send()), vec![], "it went out");
    assert!(scene.state.items["release/announce"].tick.is_settled());
    scene.wish(Wish::OpenAttempt { artifact: "1.1.1".into() });
    assert!(!scene.state.items["release/announce"].tick.is_settled());
    assert_eq!(scene.wish(send()).len(), 1, "nobody was told of this one");
}

#[test]
fn a_plan_with_another_version_is_the_next_attempt() {
    let mut scene = Scene::ready();
    adopt(&mut scene, "1.2.0").expect("nothing is under way");
    assert_eq!(stand(&scene), (2, "1.2.0"));
    assert_eq!(scene.state.approvals["qa"].answer, None);
    assert!(matches!(scene.state.items["validation/tests"].tick, Tick::Reopened(..)));
}

#[test]
fn a_plan_that_names_the_attempt_opened_by_hand_opens_no_other() {
    let mut scene = Scene::planned();
    scene.wish(Wish::OpenAttempt { artifact: "1.1.1".into() });
    scene.plan.gates.pop();
    adopt(&mut scene, "1.1.0").expect("the plan is older than the artifact");
    assert_eq!(stand(&scene), (2, "1.1.1"));
    adopt(&mut scene, "1.1.1").expect("it follows");
    assert_eq!(stand(&scene), (2, "1.1.1"));
    adopt(&mut scene, "1.1.0").expect("back");
    assert_eq!(stand(&scene), (3, "1.1.0"));
}

#[test]
fn another_version_waits_for_the_rollout_under_way() {
    let mut scene = Scene::soaking();
    let refusal = adopt(&mut scene, "1.2.0").expect_err("traffic is on 1.1.0");
    assert_eq!(refusal.code, RefusalCode::WrongState);
    assert!(refusal.message.contains("1.2.0") && refusal.message.contains("1.1.0"), "{}", refusal.message);
    assert_eq!(stand(&scene), (1, "1.1.0"));
}
