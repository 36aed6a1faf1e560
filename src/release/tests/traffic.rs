//! What others write, who owns the weight, and what a rollback needs.

use super::scene::Scene;
use crate::base::{Untrusted, Weight};
use crate::release::*;

fn messages(scene: &Scene) -> Vec<String> {
    explain(&scene.state, &scene.plan, scene.now).into_iter().map(|blocker| blocker.message).collect()
}

fn back() -> Wish {
    Wish::RollBack { rollout: None, reason: "".into() }
}

#[test]
fn another_share_holds_and_says_who_and_its_end_lifts_the_hold() {
    let mut scene = Scene::soaking();
    let events = scene.router(40.0, Some("kubectl-edit"));
    let drifted = events.iter().any(|event| {
        matches!(event, Event::TrafficDrifted { to, by: Some(by), .. }
            if to.value() == 40.0 && by.raw() == "kubectl-edit")
    });
    assert!(drifted, "{events:?}");
    assert_eq!(scene.web().holds[0].cause, HoldCause::Drift);
    assert!(messages(&scene).iter().any(|it| it.contains("kubectl-edit set 40 %, wanted is 10 %")));
    assert_eq!(scene.router(40.0, Some("kubectl-edit")), vec![], "it is told once");
    assert_eq!(scene.in_flight(), Vec::<String>::new(), "nothing is written against it");
    scene.router(10.0, None);
    assert_eq!((scene.web().holds.len(), scene.web().drift.is_none()), (0, true));
}

#[test]
fn a_person_who_resumes_takes_the_share_over() {
    let mut scene = Scene::soaking();
    scene.router(40.0, None);
    scene.wish(Wish::Resume { rollout: None });
    assert_eq!((scene.web().desired, scene.web().holds.len()), (Weight::percent(40.0), 0));
    assert_eq!(scene.router(40.0, None), vec![]);
}

#[test]
fn a_write_that_is_overwritten_twice_is_contested_and_not_made_again_by_itself() {
    let mut scene = Scene::soaking();
    scene.plan.rollouts[0].steps[0].auto = true;
    scene.router(0.0, Some("argocd-controller"));
    assert!(scene.web().contested.is_none());
    scene.router(10.0, None);
    scene.later(60);
    scene.router(0.0, Some("argocd-controller"));
    assert!(scene.web().contested.is_some());
    assert!(scene.in_flight().iter().all(|key| key.starts_with("notify/")), "{:?}", scene.in_flight());
    assert!(messages(&scene).iter().any(|it| it.contains("contested: argocd-controller overwrote it twice")));
    scene.end(Outcome::Done, None, None);
    scene.later(3600);
    assert_eq!(scene.in_flight(), Vec::<String>::new());
    scene.wish(back());
    assert_eq!(scene.in_flight(), ["set-weight/web/0"], "a rollback is never refused");
}

#[test]
fn traffic_that_comes_back_after_a_rollback_is_put_back_once() {
    let mut scene = Scene::soaking();
    scene.roll_back("web");
    assert!(scene.web().rollback.as_ref().is_some_and(|it| it.proven));
    scene.router(10.0, Some("flux"));
    assert!(scene.web().rollback.as_ref().is_some_and(|it| !it.proven), "what was proven is so no longer");
    assert_eq!(scene.in_flight(), ["notify/page", "set-weight/web/0"]);
    scene.end(Outcome::Done, None, None);
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    assert!(scene.web().rollback.as_ref().is_some_and(|it| it.proven));
    scene.later(60);
    scene.router(10.0, Some("flux"));
    assert!(scene.web().contested.is_some());
    assert_eq!(scene.in_flight(), ["notify/page"], "no fight");
    scene.end(Outcome::Done, None, None);
    assert_eq!(scene.later(3600), vec![]);
    scene.wish(back());
    assert_eq!(scene.in_flight(), ["set-weight/web/0"], "a person's rollback goes through the owner");
}

#[test]
fn a_rollback_that_is_not_ready_blocks_a_promotion_and_nothing_else() {
    let mut scene = Scene::soaking();
    scene.later(600);
    let needs = |red: Option<&str>| Report::Needs {
        rollout: "web".into(),
        digest: None,
        red: red.map(Untrusted::from),
    };
    assert_eq!(scene.report(needs(Some("image pullable: 401"))).len(), 1);
    assert_eq!(scene.report(needs(Some("image pullable: 403"))), vec![], "an edge is told once");
    let refusal = scene.promote().expect_err("red");
    assert!(refusal.message.contains("a rollback is not ready: image pullable: 401"), "{}", refusal.message);
    assert_eq!(scene.report(needs(None)), vec![], "what comes and goes is recorded as bad");
    scene.later(60);
    assert_eq!(scene.report(needs(None)).len(), 1);
    scene.promote().expect("ready again");
    scene.report(needs(Some("credentials: expired")));
    scene.wish(back());
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn the_digest_that_runs_is_what_a_rollback_goes_to_and_stays_so_after_the_start() {
    let mut scene = Scene::ready();
    let runs =
        |digest: &str| Report::Needs { rollout: "web".into(), digest: Some(digest.to_owned()), red: None };
    scene.report(runs("sha256:aaa"));
    scene.report(runs("sha256:bbb"));
    assert_eq!(scene.web().target().as_deref(), Some("sha256:bbb"));
    scene.promote().expect("nothing blocks");
    assert_eq!(scene.report(runs("sha256:ccc")), vec![]);
    assert_eq!(scene.web().target().as_deref(), Some("sha256:bbb"));
    scene.report(Report::Readiness { rollout: "web".into(), version: "1.0.0".into(), ready: 2, of: 3 });
    assert_eq!(scene.web().target().as_deref(), Some("sha256:bbb"), "fewer pods are no other version");
}

#[test]
fn who_owns_the_weight_is_recorded_when_it_changes() {
    let mut scene = Scene::ready();
    let owned = |owner: Owner| Report::Owned { rollout: "web".into(), owner };
    assert_eq!(scene.report(owned(Owner::Nobody)), vec![]);
    let rollout = Owner::Rollout { name: "shop/web".to_owned() };
    assert_eq!(scene.report(owned(rollout.clone())).len(), 1);
    assert_eq!(scene.report(owned(rollout)), vec![]);
    assert_eq!(scene.report(owned(Owner::Unknown)), vec![]);
}

#[test]
fn what_a_rollback_suspended_becomes_an_item_once() {
    let mut scene = Scene::soaking();
    scene.wish(back());
    let operation = scene.web().operation.clone().expect("in flight");
    scene.report(Report::OperationEnded {
        operation,
        outcome: Outcome::Done,
        summary: "".into(),
        configured: Some(Weight::ZERO),
        observed: None,
        evidence: None,
        restore: vec!["restore auto-sync of argocd/web".into()],
    });
    let item = scene.state.added.last().expect("an item");
    assert_eq!((item.id.as_str(), item.stage.as_str()), ("added/1", "release"));
    assert_eq!(item.text.raw(), "restore auto-sync of argocd/web");
}
