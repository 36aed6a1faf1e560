use super::scene::Scene;
use crate::base::Weight;
use crate::release::*;

#[test]
fn a_release_goes_from_step_to_step_and_ends_watching() {
    let mut scene = Scene::soaking();
    assert_eq!((scene.web().step, scene.web().phase), (1, RolloutPhase::Soaking));
    assert_eq!(scene.promote().expect_err("soak").message, "web: soak of step 1 has 10:00 to go");
    assert_eq!(scene.wake_at.map(|at| at.as_second() - scene.now.as_second()), Some(600));
    scene.later(600);
    assert!(scene.web().soak.completed);
    scene.promote().expect("soaked");
    scene.end(Outcome::Done, Some(50.0), Some(49.0));
    scene.later(600);
    scene.promote().expect("soaked");
    scene.end(Outcome::Done, Some(100.0), Some(100.0));
    assert_eq!((scene.web().phase, scene.state.status), (RolloutPhase::Completed, Status::Watching));
    scene.wish(Wish::DeclareStable);
    assert_eq!(scene.state.status, Status::Stable);
}

#[test]
fn state_says_what_was_read_back_and_nothing_else() {
    let mut scene = Scene::ready();
    scene.promote().expect("nothing blocks");
    scene.end(Outcome::Done, None, None);
    assert_eq!(scene.web().desired, Weight::percent(10.0));
    assert_eq!(scene.web().configured, None);
    scene.end(Outcome::Done, Some(5.0), None);
    assert_eq!(scene.web().step, 0, "a weight that is not the one wanted reaches no step");
    assert_eq!(scene.web().holds.len(), 1);
}

#[test]
fn nothing_starts_without_a_healthy_version_to_go_back_to() {
    let mut scene = Scene::ready();
    scene.report(Report::Readiness { rollout: "web".into(), version: "1.0.0".into(), ready: 1, of: 3 });
    assert_eq!(scene.promote().expect_err("unhealthy").code, RefusalCode::Blocked);
    let refusal =
        scene.try_wish(Wish::Start { accept_first_release: true }).expect_err("it is there, and sick");
    assert!(refusal.message.contains("1 of 3 healthy"), "{}", refusal.message);
}

#[test]
fn a_first_release_accepts_that_there_is_no_version_to_go_back_to() {
    let mut scene = Scene::ready();
    scene.state.rollouts.remove("web");
    assert!(scene.try_wish(Wish::Start { accept_first_release: false }).is_err());
    scene.report(Report::Readiness { rollout: "web".into(), version: "1.0.0".into(), ready: 0, of: 0 });
    assert!(scene.try_wish(Wish::Start { accept_first_release: false }).is_err());
    scene.wish(Wish::Start { accept_first_release: true });
    assert!(scene.state.first_release);
}

#[test]
fn earlier_stages_bind() {
    let mut scene = Scene::ready();
    scene.wish(Wish::Untick { item: "validation/docs".into(), reason: "a page is missing".into() });
    assert!(scene.promote().expect_err("a stage is open").message.contains("validation"));
}

#[test]
fn a_soak_counts_only_time_with_good_data() {
    let mut scene = Scene::soaking();
    scene.later(200);
    scene.data(false);
    scene.later(200);
    assert_eq!(scene.web().soak.elapsed(scene.now), 200);
    assert!(scene.blockers().contains(&"data".to_owned()));
    scene.data(true);
    scene.later(399);
    assert!(!scene.web().soak.completed);
    scene.later(1);
    assert!(scene.web().soak.completed);
}

#[test]
fn a_blind_rollout_holds_and_the_hold_lifts_with_good_data() {
    let mut scene = Scene::soaking();
    scene.data(false);
    scene.later(300);
    assert_eq!(scene.web().holds[0].cause, HoldCause::Blind);
    assert_eq!(scene.later(1), vec![], "it acts once for a spell");
    scene.data(true);
    assert_eq!(scene.web().holds, vec![]);
}

#[test]
fn a_fired_trigger_rolls_back_traffic_first_and_says_so_when_it_was_read() {
    let mut scene = Scene::soaking();
    scene.trigger(TriggerPhase::Pending);
    assert!(scene.blockers().contains(&"trigger".to_owned()));
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
    assert_eq!(scene.web().rollback.as_ref().map(|back| back.to.as_str()), Some("1.0.0"));
    assert!(!scene.events.iter().any(|event| matches!(event, Event::RolledBack { .. })));
    let events = scene.end(Outcome::Done, Some(0.0), Some(0.2));
    let kinds: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::TrafficObserved { .. } => "observed",
            Event::RolledBack { proven: true, .. } => "rolled back",
            Event::OperationIntended { act: Act::ScaleDown { .. }, .. } => "scale down",
            _ => "",
        })
        .filter(|kind| !kind.is_empty())
        .collect();
    assert_eq!(kinds, ["observed", "rolled back", "scale down"]);
    assert_eq!(scene.state.status, Status::RolledBack);
}

#[test]
fn a_rollback_is_granted_whatever_else_is_wrong() {
    let mut scene = Scene::soaking();
    scene.data(false);
    scene.finish("unit-tests", crate::analysis::Verdict::Fail);
    scene.state.unknown_kinds.push("from-the-future".into());
    let events = scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    assert!(events.iter().any(|event| matches!(event, Event::EpochRaised { .. })));
    assert!(scene.web().automation_off);
    let again = scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    assert_eq!(again, vec![], "two people pressing at once is one rollback");
}

#[test]
fn a_rollback_supersedes_a_promotion_in_flight() {
    let mut scene = Scene::soaking();
    scene.later(600);
    scene.promote().expect("soaked");
    let promotion = scene.web().operation.clone().expect("in flight");
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    assert_eq!(scene.state.operations[&promotion].outcome, Some(Outcome::Superseded));
    let late = Report::OperationEnded {
        operation: promotion,
        outcome: Outcome::Done,
        summary: "".into(),
        configured: Weight::percent(50.0),
        observed: None,
        evidence: None,
        restore: Vec::new(),
    };
    assert_eq!(scene.report(late), vec![]);
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn a_failed_rollback_write_is_tried_again_until_traffic_is_back() {
    let mut scene = Scene::soaking();
    scene.wish(Wish::RollBack { rollout: None, reason: "".into() });
    scene.end(Outcome::Failed, Some(10.0), None);
    assert!(scene.web().operation.is_none());
    scene.later(5);
    assert!(scene.web().operation.is_some());
    scene.end(Outcome::Done, Some(0.0), None);
    assert_eq!(scene.web().rollback.as_ref().map(|back| back.proven), Some(false));
    scene.report(Report::Traffic {
        rollout: "web".into(),
        configured: Some(Weight::ZERO),
        observed: Some(Weight::ZERO),
        by: None,
    });
    assert_eq!(scene.web().rollback.as_ref().map(|back| back.proven), Some(true));
}

#[test]
fn with_nothing_in_progress_nothing_is_changed() {
    let mut scene = Scene::ready();
    let refusal = scene.try_wish(Wish::RollBack { rollout: None, reason: "".into() });
    assert_eq!(refusal.expect_err("nothing").code, RefusalCode::WrongState);
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(scene.state.triggers["errors"].phase, TriggerPhase::Suppressed);
}

#[test]
fn a_person_s_hold_is_lifted_by_a_person_and_stops_automation() {
    let mut scene = Scene::soaking();
    scene.wish(Wish::Hold { rollout: None, reason: "lunch".into() });
    scene.later(700);
    assert!(!scene.web().soak.completed);
    scene.trigger(TriggerPhase::Fired);
    assert_eq!(scene.web().phase, RolloutPhase::Soaking, "people are told, nothing is changed");
    scene.trigger(TriggerPhase::Armed);
    scene.wish(Wish::Resume { rollout: None });
    assert!(!scene.web().automation_off);
    scene.later(600);
    assert!(scene.web().soak.completed);
}

#[test]
fn a_trigger_that_keeps_crossing_its_limit_holds() {
    let mut scene = Scene::soaking();
    for _ in 0..3 {
        assert_eq!(scene.web().holds, vec![]);
        scene.trigger(TriggerPhase::Pending);
        scene.trigger(TriggerPhase::Armed);
    }
    assert!(matches!(scene.web().holds[0].cause, HoldCause::Flapping { .. }));
}

#[test]
fn a_promotion_decided_on_an_old_screen_is_refused_with_what_changed() {
    let mut scene = Scene::soaking();
    let seen = scene.state.version;
    scene.later(600);
    scene.wish(Wish::Hold { rollout: None, reason: "".into() });
    let refusal = scene.give(Input::Command(Command {
        id: uuid::Uuid::nil(),
        actor: crate::base::Actor::Person("bo".into()),
        assurance: Default::default(),
        via: Default::default(),
        seen: Some(seen),
        wish: Wish::Promote { rollout: "web".into(), to: None },
    }));
    let refusal = refusal.expect_err("moved");
    assert_eq!(refusal.code, RefusalCode::Moved);
    assert!(refusal.message.contains("ada held the rollout"), "{}", refusal.message);
}

#[test]
fn an_engine_that_was_gone_does_not_count_its_absence() {
    let mut scene = Scene::soaking();
    scene.later(100);
    scene.wish(Wish::Note { item: None, note: "last sign of life".into() });
    scene.now = scene.now.checked_add(jiff::SignedDuration::from_secs(5000)).expect("time");
    scene.report(Report::EngineStarted { epoch: 2 });
    assert_eq!(scene.web().soak.elapsed(scene.now), 100);
    assert!(!scene.web().soak.completed);
}
