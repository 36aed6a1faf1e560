use super::scene::{Scene, gate};
use crate::analysis::Verdict;
use crate::base::Seconds;
use crate::plan::{Check, Otherwise};
use crate::release::*;

#[test]
fn only_pass_lets_a_blocking_gate_through() {
    for verdict in
        [Verdict::Warn, Verdict::TooFew, Verdict::Stale, Verdict::NoData, Verdict::Error, Verdict::Fail]
    {
        let mut scene = Scene::planned();
        scene.finish("unit-tests", verdict);
        let planned = scene.plan.gates[0].clone();
        assert!(!standing(&scene.state, &planned, scene.now).allows, "{verdict}");
    }
}

#[test]
fn a_warning_gate_goes_on_and_never_shows_green() {
    let scene = Scene::planned();
    let planned = scene.plan.gates[1].clone();
    let now = standing(&scene.state, &planned, scene.now);
    assert!(now.allows);
    assert_eq!(now.word, Word::Pending);
}

#[test]
fn an_item_bound_to_a_warning_gate_stays_open_and_holds_nothing() {
    let mut scene = Scene::planned();
    scene.plan.gates[0].otherwise = Otherwise::Warn;
    scene.finish("unit-tests", Verdict::Fail);
    scene.wish(Wish::Tick { item: "validation/docs".into(), evidence: None, waiver: None });
    assert_eq!(scene.state.stage, Some("release".into()));
    assert!(!scene.state.items.contains_key("validation/tests"));
}

#[test]
fn a_review_counts_for_the_run_it_was_made_on() {
    let mut scene = Scene::planned();
    scene.plan.gates[0] = gate("unit-tests", Otherwise::Review("qa".into()));
    scene.finish("unit-tests", Verdict::Fail);
    let accept =
        || Wish::ReviewGate { gate: "unit-tests".into(), accepted: true, reason: "known flake".into() };
    scene.wish(accept());
    let planned = scene.plan.gates[0].clone();
    assert!(standing(&scene.state, &planned, scene.now).allows);
    scene.finish("unit-tests", Verdict::Fail);
    assert!(!standing(&scene.state, &planned, scene.now).allows);
}

#[test]
fn required_evidence_must_exist_and_be_fresh() {
    let mut scene = Scene::planned();
    let mut required = gate("unit-tests", Otherwise::Require);
    required.fresh = Some(Seconds(60));
    scene.plan.gates[0] = required.clone();
    scene.finish("unit-tests", Verdict::Fail);
    assert!(!standing(&scene.state, &required, scene.now).allows);
}

#[test]
fn a_pass_grows_stale() {
    let mut scene = Scene::planned();
    scene.plan.gates[0].fresh = Some(Seconds(60));
    scene.pass("unit-tests");
    scene.later(61);
    let planned = scene.plan.gates[0].clone();
    assert_eq!(standing(&scene.state, &planned, scene.now).word, Word::Verdict(Verdict::Stale));
}

#[test]
fn a_manual_gate_is_answered_with_a_reason() {
    let mut scene = Scene::planned();
    scene.plan.gates[0].check = Check::Manual;
    let run = scene.try_wish(Wish::RunGate { gate: "unit-tests".into() });
    assert_eq!(run.expect_err("manual").code, RefusalCode::Incomplete);
    scene.wish(Wish::ReviewGate { gate: "unit-tests".into(), accepted: true, reason: "looked".into() });
    let planned = scene.plan.gates[0].clone();
    assert_eq!(standing(&scene.state, &planned, scene.now).word, Word::Verdict(Verdict::Pass));
}

#[test]
fn a_gate_by_the_clock_runs_while_its_stage_is_current() {
    let mut scene = Scene::planned();
    scene.plan.gates[0].every = Some(Seconds(600));
    scene.later(1);
    assert!(scene.state.gates["unit-tests"].is_running());
    scene.report(Report::GateFinished {
        gate: "unit-tests".into(),
        run: 1,
        verdict: Verdict::Fail,
        summary: "".into(),
        evidence: None,
        took_ms: 5,
    });
    assert_eq!(scene.wake_at.map(|at| at.as_second() - scene.now.as_second()), Some(600));
    scene.later(600);
    assert_eq!(scene.state.gates["unit-tests"].runs.len(), 2);
}
