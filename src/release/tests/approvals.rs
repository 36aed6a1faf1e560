use super::scene::Scene;
use crate::base::{Digest, Untrusted};
use crate::release::*;

fn say(role: &str, answer: Answer, reason: &str) -> Wish {
    Wish::Approve { role: role.into(), answer, reason: reason.into() }
}

#[test]
fn the_roll_call_has_an_order() {
    let mut scene = Scene::planned();
    let refusal = scene.try_wish(say("manager", Answer::Go, "")).expect_err("qa answers first");
    assert_eq!(refusal.code, RefusalCode::Blocked);
    scene.go("qa");
    scene.go("manager");
    assert_eq!(scene.state.status, Status::Approved);
}

#[test]
fn a_no_go_needs_a_reason_and_may_come_at_any_time() {
    let mut scene = Scene::ready();
    assert_eq!(
        scene.try_wish(say("manager", Answer::NoGo, "")).expect_err("why").code,
        RefusalCode::Incomplete
    );
    scene.wish(say("manager", Answer::NoGo, "the scan is red"));
    assert_eq!(scene.state.status, Status::Planned);
    assert_eq!(scene.promote().expect_err("no-go").code, RefusalCode::Blocked);
}

#[test]
fn a_changed_plan_and_a_worse_verdict_void_what_rested_on_them() {
    let mut scene = Scene::ready();
    scene.finish("unit-tests", crate::analysis::Verdict::Fail);
    assert!(scene.state.approvals["qa"].void.is_some());
    assert_eq!(scene.state.status, Status::Planned);

    let mut scene = Scene::ready();
    scene.wish(Wish::AdoptPlan { plan: Digest::of("other"), sources: Digest::of("other"), matched: vec![] });
    assert_eq!(scene.state.approvals["qa"].answer, None);
}

#[test]
fn a_note_or_a_tick_voids_nothing() {
    let mut scene = Scene::ready();
    scene.wish(Wish::Note { item: None, note: Untrusted::new("all calm") });
    scene.wish(Wish::AdoptPlan {
        plan: Digest::of("plan"),
        sources: Digest::of("a mended typo"),
        matched: vec![],
    });
    assert_eq!(scene.state.status, Status::Approved);
}

#[test]
fn the_next_attempt_asks_anew_and_keeps_what_did_not_rest_on_the_artifact() {
    let mut scene = Scene::soaking();
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    scene.wish(Wish::OpenAttempt { artifact: "1.1.1".into() });
    assert_eq!((scene.state.attempt, scene.state.status), (2, Status::Planned));
    assert_eq!(scene.state.approvals["qa"].answer, None);
    assert!(matches!(scene.state.items["validation/tests"].tick, Tick::Reopened(..)));
    assert!(matches!(scene.state.items["validation/docs"].tick, Tick::Done(_)));
}
