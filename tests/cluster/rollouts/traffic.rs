//! Promotion, abort and step back of a real Argo Rollout.

use serde_json::json;
use tminus::engine::ports::{Fault, Router as _};
use tminus::release::Owner;
use tminus::world::cluster::{Effect, Kind, Part, Patch};
use tminus::world::routers::hold::{Hold, hold};

use super::scene::{Scene, image, percent, phase, said, soon, text};

#[tokio::test]
async fn a_canary_goes_from_5_to_100_and_back() {
    let Some(scene) = Scene::running("all-steps").await else { return };
    assert_eq!(scene.read().await.configured, Some(percent(0.0)), "nothing has gone out yet");
    scene.goes_out("2").await;
    let mut seen = scene.at(5.0).await;
    assert_eq!(seen.desired, Some(percent(5.0)));
    assert_eq!(seen.owner, Owner::Rollout { name: format!("{}/pay", scene.namespace) });
    for (weight, written) in [(25.0, json!([75, 25])), (50.0, json!([50, 50]))] {
        scene.write(weight, Some(&seen)).await.expect("promoted");
        seen = scene.at(weight).await;
        assert_eq!(scene.weights().await, written);
    }
    scene.write(100.0, Some(&seen)).await.expect("promoted");
    scene.at(100.0).await;
    let value = scene.settled("2").await;
    assert_eq!(text(&value, "/metadata/annotations/tminus.dev~1operation"), "operation-1");
    // The controller knows nothing to abort any more; what served before comes back all the same, and at once.
    scene.back().await.expect("back");
    scene.back().await.expect("pressed again, it does not come back to the bad one");
    scene.at(0.0).await;
    scene.settled("1").await;
    assert_eq!(scene.read().await.configured, Some(percent(0.0)));
}

#[tokio::test]
async fn two_presses_make_one_step() {
    let Some(scene) = Scene::running("two-presses").await else { return };
    scene.goes_out("2").await;
    let seen = scene.at(5.0).await;
    let (first, second) = tokio::join!(scene.write(25.0, Some(&seen)), scene.write(25.0, Some(&seen)));
    let done = [&first, &second].iter().filter(|it| it.is_ok()).count();
    assert_eq!(done, 1, "{first:?} {second:?}");
    let third = scene.write(25.0, Some(&seen)).await;
    assert!(matches!(third, Err(Fault::Conflict(..))), "{third:?}");
    let now = scene.at(25.0).await;
    assert_eq!(scene.weights().await, json!([75, 25]));
    // Asked for where it is, it stays.
    scene.write(25.0, Some(&now)).await.expect("there");
    assert_eq!(scene.get(&scene.rollout()).await["status"]["currentStepIndex"], json!(3));
}

#[tokio::test]
async fn an_outdated_screen_promotes_nothing() {
    let Some(scene) = Scene::running("outdated").await else { return };
    scene.goes_out("2").await;
    let seen = scene.at(5.0).await;
    let second = text(&scene.get(&scene.rollout()).await, "/status/currentPodHash").to_owned();
    scene.goes_out("3").await;
    scene.until("the third goes out", |value| text(value, "/status/currentPodHash") != second).await;
    scene.at(5.0).await;
    let refused = scene.write(25.0, Some(&seen)).await;
    assert!(matches!(refused, Err(Fault::Conflict(..))), "another version goes out: {refused:?}");
    let now = scene.at(5.0).await;
    let text = said(scene.write(50.0, Some(&now)).await);
    assert!(text.contains("the next is 25 %"), "{text}");
}

#[tokio::test]
async fn an_abort_brings_all_traffic_back_and_is_read_back() {
    let Some(scene) = Scene::running("abort").await else { return };
    let text = said(scene.back().await);
    assert!(text.contains("nothing is in progress"), "{text}");
    let pods = scene.get(&scene.rollout()).await["status"]["availableReplicas"].clone();
    assert_eq!(pods, json!(4), "an abort with nothing in progress touches no pod");
    scene.goes_out("2").await;
    let seen = scene.at(5.0).await;
    scene.write(25.0, Some(&seen)).await.expect("promoted");
    scene.at(25.0).await;
    // Also when a person holds it.
    scene.set(&scene.rollout(), "/spec/paused", json!(true)).await;
    scene.back().await.expect("aborted");
    let split = scene.at(0.0).await;
    assert_eq!(split.desired, Some(percent(0.0)));
    assert_eq!(scene.weights().await, json!([100, 0]));
    let value =
        scene.until("degraded", |value| phase(value) == "Degraded" || value["status"]["abort"] == true).await;
    scene.back().await.expect("again");
    let again = scene.get(&scene.rollout()).await;
    assert_eq!(again["status"]["abortedAt"], value["status"]["abortedAt"], "the first abort stands");
    let text = said(scene.write(25.0, None).await);
    assert!(text.contains("kubectl argo rollouts retry rollout pay"), "{text}");
}

#[tokio::test]
async fn a_step_back_goes_to_the_weight_of_before_and_waits_there() {
    let Some(scene) = Scene::running("step-back").await else { return };
    scene.goes_out("2").await;
    let seen = scene.at(5.0).await;
    scene.write(25.0, Some(&seen)).await.expect("promoted");
    let seen = scene.at(25.0).await;
    scene.write(5.0, Some(&seen)).await.expect("stepped back");
    scene.at(5.0).await;
    assert_eq!(scene.weights().await, json!([95, 5]));
    let value = scene.until("held again", |value| phase(value) == "Paused").await;
    assert_eq!(value["status"]["currentStepIndex"], json!(1));
}

#[tokio::test]
async fn the_preview_is_the_exact_request_and_changes_nothing() {
    let Some(scene) = Scene::running("preview").await else { return };
    scene.goes_out("2").await;
    scene.at(5.0).await;
    for (weight, part) in
        [(25.0, "\"path\":\"/status/pauseConditions\""), (0.0, "\"path\":\"/status/abort\"")]
    {
        let preview = scene.routers.preview(&scene.plan, percent(weight)).await.expect("previewed");
        let patch = preview.patch.raw();
        assert!(patch.starts_with("PATCH /apis/argoproj.io/v1alpha1/namespaces/"), "{patch}");
        assert!(patch.contains("/rollouts/pay/status") && patch.contains(part), "{patch}");
        assert!(matches!(preview.answer, Some(Ok(_))), "{:?}", preview.answer);
    }
    assert_eq!(scene.at(5.0).await.desired, Some(percent(5.0)));
}

#[tokio::test]
async fn the_server_refuses_a_promotion_whose_step_has_passed() {
    let Some(scene) = Scene::running("swap").await else { return };
    scene.goes_out("2").await;
    let object = scene.rollout();
    let stale = json!({"op": "test", "path": "/status/currentStepIndex", "value": 0});
    let patch = Patch::Json(vec![stale, json!({"op": "remove", "path": "/status/pauseConditions"})]);
    let refused = scene.cluster.patch(&object, Part::Status, &patch, Effect::Real, soon()).await;
    assert!(refused.is_err());
    assert_eq!(scene.get(&object).await["status"]["currentStepIndex"], json!(1));
}

#[tokio::test]
async fn without_a_router_the_pods_are_the_share() {
    let Some(scene) = Scene::new("counted").await else { return };
    let canary = json!({"steps": [{"setWeight": 25}, {"pause": {}}], "maxSurge": 1, "maxUnavailable": 0});
    scene.make(Kind::ROLLOUT, "pay", super::scene::workload(json!({"strategy": {"canary": canary}}))).await;
    scene.settled("1").await;
    scene.goes_out("2").await;
    assert!(super::scene::runs(&scene.get(&scene.rollout()).await, "2"), "{}", image("2"));
    scene.at(25.0).await;
    scene.back().await.expect("aborted");
    scene.at(0.0).await;
}

#[tokio::test]
async fn a_hold_keeps_the_weight_until_it_is_let_on() {
    let Some(scene) = Scene::running("hold").await else { return };
    scene.goes_out("2").await;
    let object = scene.rollout();
    for _ in 0..2 {
        hold(&scene.cluster, &object, Hold::Held, &scene.operation, soon()).await.expect("held");
    }
    let seen = scene.at(5.0).await;
    let text = said(scene.write(25.0, Some(&seen)).await);
    assert!(text.contains("a person holds it"), "{text}");
    hold(&scene.cluster, &object, Hold::Released, &scene.operation, soon()).await.expect("let on");
    let seen = scene.at(5.0).await;
    scene.write(25.0, Some(&seen)).await.expect("promoted");
    scene.at(25.0).await;
}
