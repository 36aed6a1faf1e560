//! The way back step by step: its order, its proof and its clock.

use super::scene::{Scene, command};
use crate::analysis::Verdict;
use crate::base::{Digest, Seconds};
use crate::plan::{LogsOf, ProcedureStep, StepKind};
use crate::release::agreement::Proof;
use crate::release::*;

fn titles(scene: &Scene) -> Vec<String> {
    sequence::steps(&scene.plan, &scene.plan.rollouts[0]).iter().map(ProcedureStep::title).collect()
}

fn back(scene: &mut Scene) {
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
}

fn metric(scene: &mut Scene, verdict: Verdict) {
    let since = scene.now;
    let inputs = Digest::of("");
    scene.report(Report::Assessed { metric: "errors".into(), verdict, since, value: None, inputs });
}

#[test]
fn a_plan_that_names_no_steps_has_the_usual_ones_in_the_usual_order() {
    let mut scene = Scene::ready();
    assert_eq!(titles(&scene), ["traffic to 0 %", "workload to the last known good", "errors well"]);
    scene.plan.rollouts[0].flags = vec!["sampling".into()];
    assert_eq!(titles(&scene)[1], "flags of this rollout off");
}

#[test]
fn traffic_is_first_whatever_a_plan_says_and_logs_come_before_the_pods_go() {
    let mut scene = Scene::soaking();
    scene.mends(vec![
        ProcedureStep::new(StepKind::Logs(LogsOf::Canary)),
        ProcedureStep::new(StepKind::LastKnownGood),
        ProcedureStep::new(StepKind::Traffic { weight: crate::base::Weight::ZERO }).within(7),
    ]);
    assert_eq!(titles(&scene)[0], "traffic to 0 %");
    assert_eq!(sequence::steps(&scene.plan, &scene.plan.rollouts[0])[0].within, Seconds(7));
    back(&mut scene);
    assert_eq!(scene.in_flight(), ["set-weight/web/0"]);
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    assert_eq!(scene.in_flight(), ["step/web/2"]);
    scene.end(Outcome::Failed, None, None);
    assert_eq!(scene.in_flight(), ["scale-down/web"], "a log that is not there stops nothing");
}

#[test]
fn after_a_step_that_acts_and_fails_only_what_looks_and_tells_goes_on() {
    let mut scene = Scene::soaking();
    let tell = StepKind::Notify { text: "it is back".into() };
    scene.mends(vec![command("one"), command("two"), ProcedureStep::new(tell)]);
    back(&mut scene);
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    scene.end(Outcome::Done, None, None);
    assert_eq!(scene.in_flight(), ["step/web/3"]);
    scene.end(Outcome::Failed, None, None);
    assert_eq!(scene.in_flight(), ["step/web/5"]);
    scene.end(Outcome::Done, None, None);
    let outcomes: Vec<Option<Outcome>> = sequence::cards(&scene.state, &scene.plan, &scene.plan.rollouts[0])
        .iter()
        .map(|card| card.outcome)
        .collect();
    let done = Some(Outcome::Done);
    assert_eq!(outcomes, [done, done, Some(Outcome::Failed), None, done]);
    assert_eq!(scene.later(3600), vec![]);
}

#[test]
fn it_is_proven_only_when_all_four_agree() {
    let mut scene = Scene::soaking();
    metric(&mut scene, Verdict::Fail);
    back(&mut scene);
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    let proven = |scene: &Scene| scene.web().rollback.as_ref().is_some_and(|back| back.proven);
    let said = |scene: &Scene| -> Vec<bool> {
        let all = agreement::agreement(&scene.state, &scene.plan, &scene.plan.rollouts[0]);
        all.iter().map(|it| it.proof.is_fine()).collect()
    };
    assert_eq!((proven(&scene), said(&scene)), (false, vec![true, true, true, false]));
    scene.report(Report::Readiness { rollout: "web".into(), version: "1.0.0".into(), ready: 2, of: 3 });
    metric(&mut scene, Verdict::Pass);
    assert_eq!((proven(&scene), said(&scene)), (false, vec![true, false, true, true]));
    let waits = explain(&scene.state, &scene.plan, scene.now);
    assert!(waits.iter().any(|it| it.message == "web is back, unproven: 2 of 3 of 1.0.0 ready"), "{waits:?}");
    scene.later(60);
    scene.report(Report::Readiness { rollout: "web".into(), version: "1.0.0".into(), ready: 3, of: 3 });
    assert!(proven(&scene));
}

#[test]
fn dead_metrics_prove_nothing() {
    let mut scene = Scene::soaking();
    metric(&mut scene, Verdict::Error);
    back(&mut scene);
    scene.end(Outcome::Done, Some(0.0), Some(0.0));
    assert_eq!(scene.web().rollback.as_ref().map(|back| back.proven), Some(false));
    let all = agreement::agreement(&scene.state, &scene.plan, &scene.plan.rollouts[0]);
    assert!(matches!(all[3].proof, Proof::Unknown(_)), "{all:?}");
}

#[test]
fn a_rollback_has_a_clock_and_is_late_once() {
    let mut scene = Scene::soaking();
    back(&mut scene);
    scene.end(Outcome::Failed, Some(10.0), None);
    let watch = |scene: &Scene| {
        sequence::stopwatch(&scene.state, &scene.plan, &scene.plan.rollouts[0], scene.now).expect("it began")
    };
    scene.later(299);
    assert!(scene.web().rollback.as_ref().is_some_and(|back| back.late.is_none()));
    let events = scene.later(1);
    assert!(events.iter().any(|event| matches!(event, Event::RollbackLate { .. })), "{events:?}");
    scene.later(1);
    assert!(watch(&scene).running && watch(&scene).is_late());
    let late = scene.events.iter().filter(|event| matches!(event, Event::RollbackLate { .. })).count();
    assert_eq!(late, 1);
}

#[test]
fn a_rollback_that_ended_in_time_is_not_late_however_long_its_proof_takes() {
    let mut scene = Scene::soaking();
    back(&mut scene);
    scene.later(3);
    scene.end(Outcome::Done, Some(0.0), None);
    scene.later(4);
    scene.end(Outcome::Done, None, None);
    let before = scene.events.len();
    scene.later(3000);
    assert_eq!(scene.events.len(), before);
    let watch = sequence::stopwatch(&scene.state, &scene.plan, &scene.plan.rollouts[0], scene.now);
    assert_eq!(watch.map(|watch| (watch.elapsed, watch.running)), Some((7, false)));
}
