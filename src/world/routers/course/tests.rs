use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// A Rollout with steps 5, pause, 25, analysis, 50, pause, at a step, waiting.
fn rollout(index: usize, change: Value) -> Value {
    let mut value = json!({
        "metadata": {"generation": 3, "resourceVersion": "70",
            "annotations": {"rollout.argoproj.io/revision": "2"}},
        "spec": {"strategy": {"canary": {
            "trafficRouting": {"istio": {}},
            "steps": [
                {"setWeight": 5}, {"pause": {}}, {"setWeight": 25}, {"analysis": {}},
                {"setWeight": 50}, {"pause": {}},
            ],
        }}},
        "status": {
            "observedGeneration": "3", "currentPodHash": "new", "stableRS": "old", "currentStepIndex": index,
            "controllerPause": true, "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "t"}],
            "canary": {"weights": {"canary": {"weight": 5}, "stable": {"weight": 95}}},
        },
    });
    merge(&mut value, &change);
    value
}

fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change.clone(),
    }
}

fn at(percent: f64) -> Weight {
    Weight::percent(percent).expect("a share")
}

fn read(index: usize, change: Value) -> Course {
    Course::read(&rollout(index, change)).expect("a course")
}

#[rstest]
#[case::waits(json!({}), Phase::Paused)]
#[case::unseen(json!({"metadata": {"generation": 4}}), Phase::Unseen)]
#[case::unpausing(json!({"status": {"pauseConditions": null}}), Phase::Unpausing)]
#[case::busy(json!({"status": {"pauseConditions": null, "controllerPause": false}}), Phase::Busy)]
#[case::aborted(json!({"status": {"abort": true}}), Phase::Aborted)]
#[case::idle(json!({"status": {"stableRS": "new"}}), Phase::Idle)]
#[case::full(json!({"status": {"promoteFull": true}}), Phase::Full)]
#[case::held(json!({"spec": {"paused": true}}), Phase::Held)]
#[case::inconclusive(json!({"status": {"pauseConditions": [{"reason": "InconclusiveAnalysisRun"}]}}), Phase::Inconclusive)]
fn the_phase_is_read(#[case] change: Value, #[case] wanted: Phase) {
    assert_eq!(read(1, change).phase, wanted);
}

#[rstest]
#[case::as_written(json!({}), Some(5.0))]
#[case::unseen(json!({"metadata": {"generation": 4}}), None)]
#[case::unpausing(json!({"status": {"pauseConditions": null}}), None)]
#[case::all(json!({"status": {"stableRS": "new", "canary": {"weights": {"canary": {"weight": 0}}}}}), Some(100.0))]
#[case::not_yet_back(json!({"status": {"abort": true}}), Some(5.0))]
#[case::back(json!({"status": {"abort": true, "canary": {"weights": {"canary": {"weight": 0}}}}}), Some(0.0))]
#[case::thousands(json!({"spec": {"strategy": {"canary": {"trafficRouting": {"maxTrafficWeight": 1000}}}}}), Some(0.5))]
fn the_share_is_what_was_written(#[case] change: Value, #[case] wanted: Option<f64>) {
    assert_eq!(read(1, change).share(None), wanted.map(at));
}

#[rstest]
#[case::here(1, 5.0, Ok(Move::Stay))]
#[case::next(1, 25.0, Ok(Move::Promote))]
#[case::too_far(1, 50.0, Err("its steps are 5 %, 25 %, 50 %, then all; the next is 25 %"))]
#[case::to_the_end(1, 100.0, Ok(Move::Full))]
#[case::last_pause(5, 100.0, Ok(Move::Promote))]
#[case::step_back(5, 5.0, Ok(Move::StepBack(0)))]
#[case::step_back_one(5, 25.0, Ok(Move::StepBack(2)))]
#[case::no_such_step(5, 33.0, Err("its steps are"))]
fn a_weight_is_reached_by_the_steps(
    #[case] index: usize,
    #[case] weight: f64,
    #[case] wanted: Result<Move, &str>,
) {
    match (read(index, json!({})).towards(at(weight), "pay -n shop"), wanted) {
        (Ok(found), Ok(wanted)) => assert_eq!(found, wanted),
        (Err(Stuck::Never(text)), Err(wanted)) => assert!(text.contains(wanted), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::analysis_runs(3, json!({"status": {"pauseConditions": null, "controllerPause": false}}), 50.0, true)]
#[case::just_let_on(1, json!({"status": {"pauseConditions": null}}), 25.0, true)]
#[case::unseen(1, json!({"metadata": {"generation": 9}}), 25.0, true)]
#[case::held(1, json!({"spec": {"paused": true}}), 25.0, false)]
#[case::held_from_the_end(1, json!({"spec": {"paused": true}}), 100.0, false)]
#[case::aborted(1, json!({"status": {"abort": true}}), 25.0, false)]
#[case::nothing_goes_out(1, json!({"status": {"stableRS": "new"}}), 25.0, false)]
#[case::inconclusive(3, json!({"status": {"pauseConditions": [{"reason": "InconclusiveAnalysisRun"}]}}), 50.0, false)]
fn no_gate_is_skipped(#[case] index: usize, #[case] change: Value, #[case] weight: f64, #[case] soon: bool) {
    let stuck = read(index, change).towards(at(weight), "pay -n shop").expect_err("stuck");
    assert_eq!(matches!(stuck, Stuck::Soon(_)), soon, "{stuck:?}");
}

#[test]
fn a_second_pause_before_the_weight_is_not_skipped() {
    let steps = json!([{"setWeight": 5}, {"pause": {}}, {"pause": {}}, {"setWeight": 25}]);
    let course = read(1, json!({"spec": {"strategy": {"canary": {"steps": steps}}}}));
    assert!(matches!(course.towards(at(25.0), "pay"), Err(Stuck::Never(_))));
}

#[test]
fn a_promotion_rests_on_step_version_and_pause() {
    let patch = read(1, json!({})).patch(&Move::Promote);
    let tested: Vec<&str> =
        patch.iter().filter(|it| it["op"] == "test").filter_map(|it| it["path"].as_str()).collect();
    assert_eq!(
        tested,
        [
            "/status/currentPodHash",
            "/metadata/resourceVersion",
            "/status/stableRS",
            "/status/currentStepIndex",
            "/status/pauseConditions",
        ]
    );
    assert_eq!(patch.last(), Some(&json!({"op": "remove", "path": "/status/pauseConditions"})));
}

#[test]
fn an_abort_rests_on_the_version_only() {
    let patch = read(1, json!({})).patch(&Move::Abort);
    assert_eq!(
        patch,
        [
            json!({"op": "test", "path": "/status/currentPodHash", "value": "new"}),
            json!({"op": "add", "path": "/status/abort", "value": true}),
        ]
    );
}

#[test]
fn the_moment_changes_with_what_matters_only() {
    let here = read(1, json!({})).moment();
    assert_eq!(read(1, json!({"metadata": {"resourceVersion": "71"}})).moment(), here);
    assert_ne!(read(2, json!({})).moment(), here);
    assert_ne!(read(1, json!({"status": {"pauseConditions": null}})).moment(), here);
}

#[rstest]
#[case::the_pause_has_begun(2, 3, true)]
#[case::a_pause_further(2, 5, false)]
#[case::stepped_back(2, 1, false)]
fn a_step_that_was_worked_on_may_be_done_since(
    #[case] then: usize,
    #[case] now: usize,
    #[case] wanted: bool,
) {
    let busy = read(then, json!({"status": {"pauseConditions": null, "controllerPause": false}}));
    assert_eq!(read(now, json!({})).is_still(&busy.moment()), wanted);
    assert!(!read(now, json!({"status": {"currentPodHash": "newer"}})).is_still(&busy.moment()));
    // What was decided at a pause is bound to it.
    assert_eq!(read(now, json!({})).is_still(&read(then, json!({})).moment()), then == now);
}

#[test]
fn traffic_is_back_when_the_router_says_so() {
    let weights = json!({"weights": {"canary": {"weight": 5, "podTemplateHash": "bad"}}});
    let back = json!({"status": {"stableRS": "new", "canary": weights}});
    assert_eq!(read(6, back).share(None), Some(at(95.0)));
}

#[rstest]
#[case::not_over("old", 0.0, Ok(Move::Promote))]
#[case::over("new", 100.0, Ok(Move::Stay))]
fn blue_green_is_all_or_nothing(
    #[case] active: &str,
    #[case] share: f64,
    #[case] wanted: Result<Move, Stuck>,
) {
    let mut value = rollout(0, json!({"status": {"blueGreen": {"activeSelector": active}}}));
    value["spec"]["strategy"] = json!({"blueGreen": {"activeService": "pay"}});
    value["status"]["pauseConditions"] = json!([{"reason": "BlueGreenPause"}]);
    let course = Course::read(&value).expect("a course");
    assert_eq!(course.share(None), Some(at(share)));
    assert_eq!(course.towards(Weight::FULL, "pay"), wanted);
    assert!(course.towards(at(25.0), "pay").is_err());
}
