//! Who we are to a real API server: contexts, plugins, certificates, service accounts.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tminus::base::Timestamp;
use tminus::release::Credentials;
use tminus::world::cluster::{Access, Account, Kind, Object, Why};

use crate::clusters::{account, admin, credential, kubeconfig, of, plugin, runtime, soon};
use crate::testbed::{Part, Testbed};

fn system() -> Object {
    Object::new(Kind::NAMESPACE, "", "kube-system")
}

#[test]
fn a_context_of_a_kubeconfig_leads_to_the_cluster() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    runtime().block_on(async {
        let cluster = admin(bed);
        let found: Value = cluster.get(&system(), soon()).await.expect("read");
        assert_eq!(found["metadata"]["name"], "kube-system");
        let health = cluster.health();
        assert_eq!((health.context.as_str(), health.unverified), ("testbed", false));
        assert!(matches!(health.credentials, Credentials::Good { .. }), "{health:?}");
        assert!(health.good.is_some() && health.fault.is_none(), "{health:?}");
        let other = of(Access::file(bed.kubeconfig(), Some("prod")));
        let refusal = other.get::<Value>(&system(), soon()).await.expect_err("no such context");
        assert!(refusal.text().contains("there are: testbed"), "{refusal}");
    });
}

#[test]
fn a_server_that_another_authority_vouches_for_is_not_believed() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let folder = tempfile::tempdir().expect("folder");
    let user = json!({ "token": bed.setting("TMINUS_TESTBED_TOKEN") });
    let access = kubeconfig(bed, folder.path(), &user);
    let stranger =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("certificate").cert.pem();
    let mut config: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("config")).expect("read")).expect("JSON");
    config["clusters"][0]["cluster"]["certificate-authority-data"] = json!(BASE64_STANDARD.encode(stranger));
    std::fs::write(folder.path().join("config"), config.to_string()).expect("written");
    runtime().block_on(async {
        let refusal = of(access).get::<Value>(&system(), soon()).await.expect_err("not believed");
        assert!(matches!(&refusal.why, Why::NotSent(why) if why.contains("certificate")), "{refusal:?}");
    });
}

#[test]
fn a_plugin_lets_us_in_and_its_end_is_shown() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let folder = tempfile::tempdir().expect("folder");
    let until = Timestamp::from_second(Timestamp::now().as_second() + 900).expect("a time");
    let status =
        json!({ "token": bed.setting("TMINUS_TESTBED_TOKEN"), "expirationTimestamp": until.to_string() });
    let access = kubeconfig(bed, folder.path(), &plugin(folder.path(), &credential(&status)));
    runtime().block_on(async {
        let cluster = of(access);
        cluster.get::<Value>(&system(), soon()).await.expect("read");
        assert_eq!(cluster.health().credentials, Credentials::Good { until: Some(until) });
    });
}

#[test]
fn a_token_the_server_does_not_know_is_an_expired_login() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let folder = tempfile::tempdir().expect("folder");
    let log = folder.path().join("log");
    let text = format!("echo x >> '{}'\n{}", log.display(), credential(&json!({ "token": "old" })));
    let access = kubeconfig(bed, folder.path(), &plugin(folder.path(), &text));
    runtime().block_on(async {
        let cluster = of(access);
        let refusal = cluster.get::<Value>(&system(), soon()).await.expect_err("not known");
        assert!(refusal.text().contains("log in to the cluster again"), "{refusal}");
        assert!(
            matches!(cluster.health().credentials, Credentials::Expired { .. }),
            "{:?}",
            cluster.health()
        );
        assert_eq!(std::fs::read_to_string(&log).expect("run").lines().count(), 2, "asked once more");
        // Somebody logs in, and it is noticed without anything being started anew.
        let status = json!({ "token": bed.setting("TMINUS_TESTBED_TOKEN") });
        plugin(folder.path(), &credential(&status));
        cluster.get::<Value>(&system(), soon()).await.expect("read");
        assert_eq!(cluster.health().credentials, Credentials::Good { until: None });
    });
}

#[test]
fn a_pod_is_let_in_by_its_service_account() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let space = bed.namespace("pod");
    let token = account(bed, &space, "tminus");
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("token"), format!("{token}\n")).expect("written");
    std::fs::write(folder.path().join("namespace"), &space.name).expect("written");
    std::fs::copy(bed.setting("TMINUS_TESTBED_CA"), folder.path().join("ca.crt")).expect("copied");
    let server = bed.setting("TMINUS_TESTBED_API").to_owned();
    let cluster = of(Access::pod(Account { folder: folder.path().into(), server }));
    runtime().block_on(async {
        assert_eq!(cluster.namespace(soon()).await.expect("known"), space.name);
        let services = tminus::world::cluster::Objects::of(Kind::SERVICE, &space.name);
        let refusal = cluster.list::<Value>(&services, soon()).await.expect_err("no rights yet");
        let who = format!("system:serviceaccount:{}:tminus", space.name);
        assert_eq!(
            refusal.text(),
            format!(
                "may not list services in namespace {} as {who}: ask for the role in assets/rbac/read-only.yaml",
                space.name
            )
        );
        // A token of a service account says itself when it ends.
        let Credentials::Good { until: Some(until) } = cluster.health().credentials else {
            panic!("{:?}", cluster.health())
        };
        let left = until.as_second() - Timestamp::now().as_second();
        assert!((300..=960).contains(&left), "{left}");
        space.apply(include_str!("../../assets/rbac/read-only.yaml"));
        space.kubectl(&["create", "rolebinding", "tminus", "--role=tminus-read-only", &format!("--user={who}")]);
        let until = std::time::Instant::now() + crate::testbed::PATIENCE;
        while cluster.list::<Value>(&services, soon()).await.is_err() {
            assert!(std::time::Instant::now() < until, "the role does not count");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
}
