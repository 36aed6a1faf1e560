//! Back to a named version of a real workload.

use serde_json::json;
use tminus::plan::{Workload, WorkloadKind};
use tminus::world::cluster::Kind;
use tminus::world::workloads::undo::{Change, serving};

use super::scene::{Scene, image, runs, said, soon, text, workload};

#[tokio::test]
async fn undo_twice_ends_at_the_same_version() {
    let Some(scene) = Scene::running("twice").await else { return };
    scene.goes_out("2").await;
    let seen = scene.at(5.0).await;
    scene.write(100.0, Some(&seen)).await.expect("full promotion");
    scene.settled("2").await;
    let good = image("1");
    let (first, second) =
        tokio::join!(scene.undo(WorkloadKind::Rollout, &good), scene.undo(WorkloadKind::Rollout, &good));
    let changes = [first.expect("undone").change, second.expect("undone").change];
    assert!(changes.contains(&Change::Template), "{changes:?}");
    // Without the steps of a release: the good version does not wait at 5 %.
    scene.settled("1").await;
    let third = scene.undo(WorkloadKind::Rollout, &image("1")).await.expect("there");
    assert_eq!(third.change, Change::Already);
    assert!(runs(&scene.get(&scene.rollout()).await, "1"));
}

#[tokio::test]
async fn undo_passes_over_a_version_that_was_aborted() {
    let Some(scene) = Scene::running("aborted").await else { return };
    scene.goes_out("2").await;
    scene.at(5.0).await;
    scene.back().await.expect("aborted");
    scene.at(0.0).await;
    scene.goes_out("3").await;
    scene.at(5.0).await;
    let undone = scene.undo(WorkloadKind::Rollout, &image("1")).await.expect("undone");
    assert_eq!(undone.change, Change::Template);
    scene.settled("1").await;
    // Healthy is said before the traffic has left the version that was going out.
    scene.at(0.0).await;
    assert_eq!(scene.weights().await, json!([100, 0]));
}

#[tokio::test]
async fn a_removed_field_is_a_difference() {
    let Some(scene) = Scene::running("removed").await else { return };
    let good = text(&scene.get(&scene.rollout()).await, "/status/stableRS").to_owned();
    let name = Workload::parse(&format!("rollout/{}/pay", scene.namespace)).expect("a workload");
    let known = serving(&scene.cluster, &name, soon()).await.expect("read").expect("known");
    assert_eq!(known, format!("{}#{good}", image("1")));
    scene.set(&scene.rollout(), "/spec/template/spec/containers/0/env", json!([])).await;
    scene.until("held", |value| super::scene::phase(value) == "Paused").await;
    let seen = scene.at(5.0).await;
    scene.write(100.0, Some(&seen)).await.expect("full promotion");
    scene
        .until("promoted", |value| {
            text(value, "/status/stableRS") != good
                && text(value, "/status/stableRS") == text(value, "/status/currentPodHash")
        })
        .await;
    let unclear = said(scene.undo(WorkloadKind::Rollout, &image("1")).await);
    assert!(unclear.contains("IMAGE#HASH"), "the image alone does not tell: {unclear}");
    let undone = scene.undo(WorkloadKind::Rollout, &known).await.expect("undone");
    assert_eq!(undone.change, Change::Template);
    let value = scene.until("back", |value| text(value, "/status/stableRS") == good).await;
    assert_eq!(text(&value, "/spec/template/spec/containers/0/env/0/name"), "MODE");
}

#[tokio::test]
async fn a_deployment_goes_back_to_the_version_that_is_named() {
    let Some(scene) = Scene::new("deployment").await else { return };
    let object = scene.object(Kind::DEPLOYMENT, "pay");
    scene.make(Kind::DEPLOYMENT, "pay", workload(json!({}))).await;
    let place = "/spec/template/spec/containers/0/image";
    for tag in ["2", "3"] {
        let done = |value: &serde_json::Value| {
            value["status"]["observedGeneration"] == value["metadata"]["generation"]
                && value["status"]["updatedReplicas"] == json!(4)
        };
        scene.until_of(&object, "rolled out", done).await;
        scene.set(&object, place, json!(image(tag))).await;
    }
    let good = format!("{}@sha256:{}", image("1"), "0".repeat(64));
    for wanted in [Change::Template, Change::Already, Change::Already] {
        let undone = scene.undo(WorkloadKind::Deployment, &good).await.expect("undone");
        assert_eq!(undone.change, wanted, "{}", undone.said.line());
        assert!(runs(&scene.get(&object).await, "1"));
    }
    let unknown = scene.undo(WorkloadKind::Deployment, &image("9")).await.expect("set");
    assert_eq!(unknown.change, Change::Image);
    assert!(unknown.said.line().contains("only the image was set"));
    let text = said(scene.undo(WorkloadKind::Deployment, "elsewhere.example.com/other:1").await);
    assert!(text.contains("kubectl set image deployment/pay"), "{text}");
}
