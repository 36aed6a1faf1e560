//! What the judge's rulings do.

use super::scene::Scene;
use crate::analysis::judge::Decision;
use crate::base::{Digest, Seconds, Weight};
use crate::plan::rule::Action;
use crate::plan::{Judge, Signal, TooFew};
use crate::release::*;

/// Soaking at the first step, with a judge that has not spoken.
fn judged(too_few: TooFew) -> Scene {
    let mut scene = Scene::soaking();
    scene.plan.rollouts[0].judge = Some(Judge {
        signals: vec![Signal { metric: "errors".into(), weight: 1.0, unacceptable: 2.0 }],
        alpha: 0.01,
        beta: 0.05,
        harmless: 1.1,
        dwell: Seconds(600),
        warm_up: Seconds(180),
        worse: vec![Action::RollBack, Action::Page],
        too_few,
    });
    scene
}

fn rules(scene: &mut Scene, decision: Decision, ground: Ground) -> Vec<Event> {
    scene.report(Report::Ruled {
        rollout: "web".into(),
        ruling: Ruling {
            decision,
            ground,
            why: format!("{decision} by {ground:?}").into(),
            inputs: Digest::of("samples"),
            signals: vec![],
            rules: vec![],
        },
    })
}

fn asked(scene: &Scene) -> Vec<Proposal> {
    scene.state.requests.iter().map(|request| request.wants).collect()
}

fn to(percent: f64) -> Weight {
    Weight::percent(percent).expect("weight")
}

#[test]
fn a_version_that_is_worse_is_rolled_back_where_the_plan_says_so() {
    let mut scene = judged(TooFew::Ask);
    rules(&mut scene, Decision::RollBack, Ground::Evidence);
    assert_eq!(scene.web().phase, RolloutPhase::RollingBack);
}

#[test]
fn where_the_plan_asks_or_automation_is_off_a_person_decides() {
    let mut scene = judged(TooFew::Ask);
    scene.plan.rollouts[0].judge.as_mut().expect("judge").worse = vec![Action::Ask];
    rules(&mut scene, Decision::RollBack, Ground::Evidence);
    assert_eq!((scene.web().phase, asked(&scene)), (RolloutPhase::Soaking, vec![Proposal::RollBack]));
    let mut scene = judged(TooFew::Ask);
    scene.wish(Wish::Hold { rollout: None, reason: "".into() });
    rules(&mut scene, Decision::RollBack, Ground::Evidence);
    assert_eq!((scene.web().phase, asked(&scene)), (RolloutPhase::Soaking, vec![Proposal::RollBack]));
}

#[test]
fn a_plan_that_only_tells_people_leaves_the_choice_to_them() {
    let mut scene = judged(TooFew::Ask);
    scene.plan.rollouts[0].judge.as_mut().expect("judge").worse = vec![Action::Page];
    rules(&mut scene, Decision::RollBack, Ground::Evidence);
    assert_eq!(asked(&scene), [Proposal::RollBack]);
}

#[test]
fn the_next_step_waits_for_the_judge_and_then_for_a_person() {
    let mut scene = judged(TooFew::Ask);
    scene.later(600);
    assert!(scene.promote().expect_err("silent").message.contains("has not seen enough"));
    rules(&mut scene, Decision::Hold, Ground::Rule);
    assert!(scene.promote().expect_err("held").message.contains("holds: hold by Rule"));
    rules(&mut scene, Decision::Promote, Ground::Evidence);
    assert_eq!(asked(&scene), [Proposal::Promote { to: to(50.0) }]);
    scene.promote().expect("a person answers by going on");
    assert_eq!((scene.web().phase, asked(&scene)), (RolloutPhase::Shifting, vec![]));
}

#[test]
fn a_step_that_goes_on_by_itself_does_so_on_the_judges_word_alone() {
    let mut scene = judged(TooFew::Ask);
    scene.plan.rollouts[0].steps[0].auto = true;
    scene.later(600);
    assert_eq!(scene.web().phase, RolloutPhase::Soaking, "a soak alone is not enough");
    rules(&mut scene, Decision::Promote, Ground::Evidence);
    assert_eq!(scene.web().phase, RolloutPhase::Shifting);
}

#[test]
fn an_engine_that_comes_anew_needs_the_judges_word_anew() {
    let mut scene = judged(TooFew::Ask);
    scene.plan.rollouts[0].steps[0].auto = true;
    rules(&mut scene, Decision::Promote, Ground::Evidence);
    scene.report(Report::EngineStarted { epoch: 7 });
    scene.data(true);
    scene.later(1200);
    assert_eq!(scene.web().phase, RolloutPhase::Soaking);
    rules(&mut scene, Decision::Promote, Ground::Evidence);
    assert_eq!(scene.web().phase, RolloutPhase::Shifting);
}

#[test]
fn too_few_events_at_the_end_of_a_soak_are_said_and_asked_about_once() {
    let mut scene = judged(TooFew::Ask);
    rules(&mut scene, Decision::Hold, Ground::TooFew);
    assert_eq!(asked(&scene), [], "the soak is not over");
    scene.later(600);
    assert_eq!(asked(&scene), [], "the numbers at the end are not known yet");
    rules(&mut scene, Decision::Hold, Ground::TooFew);
    assert_eq!(asked(&scene), [Proposal::Raise { to: to(50.0) }]);
    let leap = scene.try_wish(Wish::Promote { rollout: "web".into(), to: Some(to(100.0)) });
    assert!(leap.is_err(), "asked for one step, not for all");
    let request = scene.state.requests[0].number;
    scene.wish(Wish::Decline { request, reason: "let us wait".into() });
    rules(&mut scene, Decision::Hold, Ground::TooFew);
    assert_eq!(asked(&scene), [], "it asks once");
    assert!(scene.promote().is_err());
}

#[test]
fn a_doubt_at_the_end_of_a_soak_is_asked_about_and_never_answered_with_more_traffic() {
    let mut scene = judged(TooFew::Raise);
    scene.later(600);
    rules(&mut scene, Decision::Hold, Ground::Doubt);
    assert_eq!(
        (scene.web().phase, asked(&scene)),
        (RolloutPhase::Soaking, vec![Proposal::Raise { to: to(50.0) }])
    );
}

#[test]
fn what_a_rule_did_is_not_done_again_by_the_judge() {
    let mut scene = judged(TooFew::Ask);
    rules(&mut scene, Decision::RollBack, Ground::Rule);
    assert_eq!(scene.web().phase, RolloutPhase::Soaking);
}

#[test]
fn a_person_goes_on_with_too_few_events_when_asked() {
    let mut scene = judged(TooFew::Ask);
    scene.later(600);
    rules(&mut scene, Decision::Hold, Ground::TooFew);
    scene.promote().expect("asked");
    assert_eq!((scene.web().phase, asked(&scene)), (RolloutPhase::Shifting, vec![]));
}

#[test]
fn the_plan_may_raise_the_share_or_wait_for_more_events() {
    let mut scene = judged(TooFew::Raise);
    scene.later(600);
    rules(&mut scene, Decision::Hold, Ground::TooFew);
    assert_eq!(scene.web().desired, Weight::percent(50.0));
    scene.end(Outcome::Done, Some(50.0), Some(50.0));
    scene.later(600);
    rules(&mut scene, Decision::Hold, Ground::TooFew);
    assert_eq!(scene.web().desired, Weight::percent(50.0), "never to all traffic without a verdict");
    assert_eq!(asked(&scene), [Proposal::Raise { to: to(100.0) }]);
    let mut scene = judged(TooFew::Extend);
    scene.later(6000);
    rules(&mut scene, Decision::Hold, Ground::TooFew);
    assert_eq!((scene.web().phase, asked(&scene)), (RolloutPhase::Soaking, vec![]));
}

#[test]
fn what_the_judge_asks_is_withdrawn_when_it_rules_otherwise() {
    let mut scene = judged(TooFew::Ask);
    scene.later(600);
    rules(&mut scene, Decision::Promote, Ground::Evidence);
    let events = rules(&mut scene, Decision::Hold, Ground::Data);
    assert!(
        events.iter().any(|event| {
            matches!(event, Event::RequestAnswered { answer: RequestAnswer::Withdrawn, .. })
        })
    );
    rules(&mut scene, Decision::Promote, Ground::Evidence);
    assert_eq!(asked(&scene).len(), 1, "and asked for again when it is so again");
}

#[test]
fn the_same_ruling_is_recorded_once() {
    let mut scene = judged(TooFew::Ask);
    assert_eq!(rules(&mut scene, Decision::Hold, Ground::Data).len(), 1);
    assert_eq!(rules(&mut scene, Decision::Hold, Ground::Data), []);
}
