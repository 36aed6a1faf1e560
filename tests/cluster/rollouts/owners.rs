//! Who owns a weight on a real control plane. Argo CD and Flagger themselves do not run here: a stand-in in this
//! file writes the wish of the repository again, as their controllers do, for as long as their settings say so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tminus::engine::ports::Fault;
use tminus::release::{GitOpsTool, Owner};
use tminus::world::cluster::{Cluster, Effect, Kind, Object, Part, Patch};
use tminus::world::routers::owner::{self, Ownership, Subject, Writer};
use tminus::world::routers::suspend;

use super::scene::{Scene, lines, soon};

async fn find(scene: &Scene, object: &Object) -> Ownership {
    let value = scene.get(object).await;
    let fields = ["/spec/http/0/route/0/weight".to_owned(), "/spec/http/0/route/1/weight".to_owned()];
    owner::find(&scene.cluster, Subject { object, value: &value, fields: &fields }, soon()).await
}

#[tokio::test]
async fn a_route_that_a_rollout_moves_is_its_own() {
    let Some(scene) = Scene::running("owned").await else { return };
    scene.goes_out("2").await;
    scene.at(5.0).await;
    let route = scene.object(Kind::VIRTUAL_SERVICE, "pay");
    // What is written by hand does not stay: this is why it is refused.
    scene.set(&route, "/spec/http/0/route/1/weight", json!(40)).await;
    scene
        .until_of(&route, "written again", |value| value["spec"]["http"][0]["route"][1]["weight"] == json!(5))
        .await;
    for (kind, name) in [(Kind::VIRTUAL_SERVICE, "pay"), (Kind::SERVICE, "pay-canary")] {
        let object = scene.object(kind, name);
        let found = find(&scene, &object).await;
        assert_eq!(found.owner(), Owner::Rollout { name: format!("{}/pay", scene.namespace) });
        let Some(Fault::Owned { help, .. }) = found.refusal(&object) else { panic!("refused") };
        assert!(
            help.contains(&format!("kubectl argo rollouts promote pay -n {}", scene.namespace)),
            "{help}"
        );
    }
    let way = find(&scene, &route).await.give_way(&scene.cluster, &route, &scene.operation, soon()).await;
    assert_eq!(way.expect("given").writer, Writer::Owner);
    scene.at(0.0).await;
    assert_eq!(scene.weights().await, json!([100, 0]));
}

#[tokio::test]
async fn a_route_that_nobody_moves_is_nobodys() {
    let Some(scene) = Scene::new("nobody").await else { return };
    let route = make_route(&scene, json!({})).await;
    let found = find(&scene, &route).await;
    assert_eq!(found.owner(), Owner::Nobody);
    assert!(found.refusal(&route).is_none() && found.warnings().next().is_none());
}

async fn make_route(scene: &Scene, metadata: Value) -> Object {
    let route = json!([
        {"destination": {"host": "pay-stable"}, "weight": 75},
        {"destination": {"host": "pay-canary"}, "weight": 25},
    ]);
    let spec = json!({"hosts": ["pay.example.com"], "http": [{"name": "primary", "route": route}]});
    scene.make(Kind::VIRTUAL_SERVICE, "edge", json!({"metadata": metadata, "spec": spec})).await;
    scene.object(Kind::VIRTUAL_SERVICE, "edge")
}

async fn put(cluster: &Cluster, route: &Object, weight: u64) {
    let one = |place: usize, weight: u64| json!({"op": "replace", "path": format!("/spec/http/0/route/{place}/weight"), "value": weight});
    let patch = Patch::Json(vec![one(0, 100 - weight), one(1, weight)]);
    cluster.patch(route, Part::Whole, &patch, Effect::Real, soon()).await.expect("written");
}

/// Writes 25 % again as long as the settings say that it heals, and counts how often it has looked.
fn stand_in(scene: &Scene, settings: Object, route: Object, heals: fn(&Value) -> bool) -> Arc<AtomicUsize> {
    let looks = Arc::new(AtomicUsize::new(0));
    let (cluster, counted) = (scene.cluster.clone(), looks.clone());
    tokio::spawn(async move {
        loop {
            let Ok(value) = cluster.get::<Value>(&settings, soon()).await else { return };
            if heals(&value) {
                put(&cluster, &route, 25).await;
            }
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    looks
}

async fn looked(looks: &AtomicUsize, times: usize) {
    let before = looks.load(Ordering::Relaxed);
    let began = Instant::now();
    while looks.load(Ordering::Relaxed) < before + times {
        assert!(began.elapsed() < Duration::from_secs(30), "the stand-in does not look any more");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn canary_weight(scene: &Scene, route: &Object) -> Value {
    scene.get(route).await["spec"]["http"][0]["route"][1]["weight"].clone()
}

#[tokio::test]
async fn auto_sync_is_suspended_for_a_rollback_and_restored() {
    let Some(scene) = Scene::new("argocd").await else { return };
    let id = format!("shop:networking.istio.io/VirtualService:{}/edge", scene.namespace);
    let route = make_route(&scene, json!({"annotations": {"argocd.argoproj.io/tracking-id": id}})).await;
    // Its mark is enough to be careful: the application may be in another cluster.
    let far = find(&scene, &route).await;
    assert!(far.owner().reverts() && far.refusal(&route).is_some(), "{far:?}");
    let policy =
        json!({"automated": {"prune": true, "selfHeal": true}, "syncOptions": ["CreateNamespace=true"]});
    let source = json!({"repoURL": "https://git.example.com/shop", "path": "prod"});
    let spec = json!({"project": "default", "source": source, "destination": {}, "syncPolicy": policy});
    scene.make(Kind::APPLICATION, "shop", json!({"spec": spec})).await;
    let application = scene.object(Kind::APPLICATION, "shop");
    let looks = stand_in(&scene, application.clone(), route.clone(), |value| {
        value.pointer("/spec/syncPolicy/automated/selfHeal") == Some(&json!(true))
    });
    put(&scene.cluster, &route, 60).await;
    looked(&looks, 3).await;
    assert_eq!(canary_weight(&scene, &route).await, json!(25), "the stand-in heals");

    let found = find(&scene, &route).await;
    let name = format!("{}/shop", scene.namespace);
    assert_eq!(
        found.owner(),
        Owner::GitOps { tool: GitOpsTool::Argocd, name: name.clone(), automatic: true }
    );
    let Some(Fault::Owned { help, .. }) = found.refusal(&route) else { panic!("refused") };
    assert!(help.contains(&format!("argocd app set {name} --sync-policy none")), "{help}");
    assert!(help.contains("https://git.example.com/shop prod"), "{help}");

    let way = found.give_way(&scene.cluster, &route, &scene.operation, soon()).await.expect("given");
    assert_eq!(way.writer, Writer::Us);
    let told = lines(&way.restore);
    assert!(told.contains("\"automated\":{\"prune\":true,\"selfHeal\":true}"), "{told}");
    assert!(told.contains("revert the commit in https://git.example.com/shop prod"), "{told}");
    // A look that began before it was stopped still writes, as a sync under way does.
    looked(&looks, 2).await;
    put(&scene.cluster, &route, 0).await;
    looked(&looks, 5).await;
    assert_eq!(canary_weight(&scene, &route).await, json!(0), "what was written stays");
    // Again: the same, and what it was is not forgotten.
    let again = find(&scene, &route).await;
    assert!(again.refusal(&route).is_none());
    let way = again.give_way(&scene.cluster, &route, &scene.operation, soon()).await.expect("given");
    assert_eq!(lines(&way.restore), told);

    assert!(suspend::restore(&scene.cluster, &application, soon()).await.expect("restored").is_some());
    let value = scene.get(&application).await;
    assert_eq!(value["spec"]["syncPolicy"], policy);
    assert!(suspend::restore(&scene.cluster, &application, soon()).await.expect("nothing to do").is_none());
}

#[tokio::test]
async fn a_flagger_canary_is_suspended_for_a_rollback_and_restored() {
    let Some(scene) = Scene::new("flagger").await else { return };
    let route = make_route(&scene, json!({})).await;
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "edge"});
    let spec =
        json!({"targetRef": target, "service": {"port": 80}, "analysis": {"interval": "1m", "threshold": 5}});
    scene.make(Kind::CANARY, "edge", json!({"spec": spec})).await;
    let canary = scene.object(Kind::CANARY, "edge");
    let found = find(&scene, &route).await;
    assert_eq!(found.owner(), Owner::Flagger { name: format!("{}/edge", scene.namespace) });
    assert!(found.refusal(&route).is_some());
    let way = found.give_way(&scene.cluster, &route, &scene.operation, soon()).await.expect("given");
    assert_eq!(way.writer, Writer::Us);
    assert!(lines(&way.restore).contains("kubectl patch canary edge"), "{}", lines(&way.restore));
    assert_eq!(scene.get(&canary).await["spec"]["suspend"], json!(true));
    assert_eq!(find(&scene, &route).await.owner(), Owner::Nobody);
    suspend::restore(&scene.cluster, &canary, soon()).await.expect("restored").expect("ours");
    assert_eq!(scene.get(&canary).await["spec"].get("suspend"), None);
}

#[tokio::test]
async fn a_kustomization_is_suspended_for_a_rollback_and_resumed() {
    let Some(scene) = Scene::new("flux").await else { return };
    let labels = json!({
        "kustomize.toolkit.fluxcd.io/name": "shop",
        "kustomize.toolkit.fluxcd.io/namespace": scene.namespace,
    });
    let route = make_route(&scene, json!({"labels": labels})).await;
    let source = json!({"kind": "GitRepository", "name": "fleet"});
    let spec = json!({"interval": "10m", "path": "./prod", "prune": true, "sourceRef": source});
    scene.make(Kind::KUSTOMIZATION, "shop", json!({"spec": spec})).await;
    let settings = scene.object(Kind::KUSTOMIZATION, "shop");
    let looks = stand_in(&scene, settings.clone(), route.clone(), |value| {
        value.pointer("/spec/suspend") != Some(&json!(true))
    });
    let found = find(&scene, &route).await;
    let name = format!("{}/shop", scene.namespace);
    assert_eq!(found.owner(), Owner::GitOps { tool: GitOpsTool::Flux, name, automatic: true });
    let Some(Fault::Owned { help, .. }) = found.refusal(&route) else { panic!("refused") };
    assert!(help.contains(&format!("flux suspend kustomization shop -n {}", scene.namespace)), "{help}");
    let way = found.give_way(&scene.cluster, &route, &scene.operation, soon()).await.expect("given");
    let told = lines(&way.restore);
    assert!(told.contains(&format!("flux resume kustomization shop -n {}", scene.namespace)), "{told}");
    // A look that began before it was stopped still writes, as a sync under way does.
    looked(&looks, 2).await;
    put(&scene.cluster, &route, 0).await;
    looked(&looks, 5).await;
    assert_eq!(canary_weight(&scene, &route).await, json!(0), "what was written stays");
    suspend::restore(&scene.cluster, &settings, soon()).await.expect("resumed").expect("ours");
    scene
        .until_of(&route, "written again", |value| {
            value["spec"]["http"][0]["route"][1]["weight"] == json!(25)
        })
        .await;
}
