//! Whole canaries through the engine, whose traffic a flag service, a flag file or a program splits; and flags that
//! are turned beside traffic.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tminus::base::{FlagId, Seconds, Weight};
use tminus::engine::client::{Client, Reply};
use tminus::engine::clock::WallClock;
use tminus::engine::ports::Clock;
use tminus::engine::{Engine, Nature, Setup};
use tminus::plan::{Flag, FlagStore, Plan, Router, RouterKind, Step};
use tminus::release::{Act, Outcome, Reach, RolloutPhase, View, Wish};
use tminus::world::cluster::{Access, Cluster};
use tminus::world::flags::{RealFlags, Tokens};
use tminus::world::http::Http;
use tminus::world::routers::{Known, Leave, Means, Routers};

use super::service::Service;
use super::{flag, http};
use crate::engine::world::{Fake, adopt, command, journal, plan, promote, roll_back};

/// A plan whose one rollout goes by this router, in the steps of the playbooks, each when a person says so.
fn stepped(kind: Option<RouterKind>, flags: Vec<Flag>) -> Plan {
    let mut plan = Plan {
        gates: Vec::new(),
        triggers: Vec::new(),
        metrics: Vec::new(),
        sources: Vec::new(),
        flags,
        ..plan()
    };
    let step = |weight| Step {
        weight: Weight::percent(weight).expect("a share"),
        soak: Seconds(0),
        gates: Vec::new(),
        auto: false,
    };
    plan.rollouts[0].steps = [5.0, 25.0, 50.0, 100.0].map(step).to_vec();
    plan.rollouts[0].router = kind.map(|kind| Router { kind, observed: None });
    plan.rollouts[0].blind = None;
    plan
}

/// A small world whose router and flags are the real ones, in this folder.
struct Room {
    fake: Fake,
    folder: tempfile::TempDir,
    client: Client,
    engine: tokio::task::JoinHandle<()>,
    sent: u128,
}

impl Room {
    async fn new(folder: tempfile::TempDir, plan: Plan, trusted: bool) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(WallClock);
        let fake = Fake::new(clock.clone());
        let client = Http::new(None).expect("a client");
        let nowhere =
            Access { files: Vec::new(), context: None, account: None, patience: Duration::from_secs(1) };
        let means = Means {
            cluster: Cluster::new(nowhere, clock.clone()),
            numbers: Arc::new(fake.clone()),
            clock: clock.clone(),
            leave: match trusted {
                true => Leave::Granted { folder: folder.path().to_owned(), http: client.clone() },
                false => Leave::Withheld("it was not trusted".to_owned()),
            },
        };
        let mut setup = fake.setup(Box::new(journal()), plan.clone());
        setup.world.router = Arc::new(Routers::new(Known::from(&plan), means));
        setup.world.flags = Arc::new(RealFlags::new(folder.path().to_owned(), client, Tokens::default()));
        let setup = Setup { nature: Nature::Real, ..setup };
        let (client, engine) = Engine::start(setup, clock, None).expect("started");
        let engine = tokio::spawn(async move {
            engine.await.expect("it ended");
        });
        let mut room = Self { fake, folder, client, engine, sent: 0 };
        room.send(adopt()).await;
        room
    }

    async fn send(&mut self, wish: Wish) -> Reply {
        self.sent += 1;
        let reply = self.client.send(command(self.sent, "ada", wish)).await;
        if let Reply::Done { version, .. } = reply {
            self.shows(|view| view.state.version >= version).await;
        }
        reply
    }

    async fn shows(&mut self, wanted: impl Fn(&View) -> bool) -> Arc<View> {
        let looked = async {
            loop {
                let view = self.client.view();
                if wanted(&view) {
                    return view;
                }
                assert!(self.client.changed().await, "the engine ended before it showed");
            }
        };
        match tokio::time::timeout(Duration::from_secs(60), looked).await {
            Ok(view) => view,
            Err(_) => panic!("not shown in a minute: {:#?}", self.client.view().recent),
        }
    }

    /// The newest operation on flags, when it has ended.
    async fn turned(&mut self) -> (Outcome, String) {
        let newest = |view: &View| {
            let on_flags = view.state.operations.values().filter(|known| !known.act.flags().is_empty());
            on_flags
                .max_by_key(|known| known.version)
                .and_then(|known| Some((known.outcome?, known.summary.line())))
        };
        let view = self.shows(|view| newest(view).is_some()).await;
        newest(&view).expect("it ended")
    }

    /// The canary goes up step by step and all the way back; `share` asks the other side each time.
    async fn up_and_back(&mut self, share: impl AsyncFn(&Path) -> f64) {
        for (step, weight) in (1..).zip([5.0, 25.0, 50.0, 100.0]) {
            let reply = self.send(promote()).await;
            assert!(matches!(reply, Reply::Done { .. }), "{weight}: {reply:?}");
            let view = self
                .shows(|view| {
                    let known = &view.state.rollouts["payments"];
                    known.step == step && known.operation.is_none() || !known.holds.is_empty()
                })
                .await;
            let known = &view.state.rollouts["payments"];
            assert!(known.holds.is_empty(), "{weight}: {:?}", known.holds);
            assert_eq!(known.configured.map(Weight::value), Some(weight));
            assert!((share(self.folder.path()).await - weight).abs() < 1e-9, "{weight}");
        }
        self.send(roll_back()).await;
        let back = |view: &View| view.state.rollouts["payments"].phase == RolloutPhase::RolledBack;
        self.shows(back).await;
        assert!(share(self.folder.path()).await.abs() < 1e-9);
    }

    async fn leave(self) {
        drop(self.client);
        self.engine.await.expect("it ended");
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[tokio::test]
async fn a_canary_on_a_flag_service_goes_up_and_all_the_way_back() {
    let service = Service::with(&["payments"]).await;
    let mut api = http("payments", &service.url());
    api.kill = Some(format!("{}/flags/payments/kill", service.url()));
    let kind = RouterKind::Flag { flag: "payments".into() };
    let plan = stepped(Some(kind), vec![flag("payments", FlagStore::Http(api))]);
    let mut room = Room::new(folder(), plan, true).await;
    room.up_and_back(
        async |_| if service.is_on("payments") { service.percent("payments") as f64 } else { 0.0 },
    )
    .await;
    let asked = service.set(|shelf| shelf.asked.clone());
    assert_eq!(asked.iter().filter(|line| line.starts_with("PUT")).count(), 4, "{asked:?}");
    assert_eq!(asked.iter().filter(|line| line.ends_with("/kill")).count(), 1, "{asked:?}");
    room.leave().await;
}

#[tokio::test]
async fn a_canary_on_a_flag_file_goes_up_and_all_the_way_back() {
    let folder = folder();
    let path = folder.path().join("flags.json");
    fs::write(&path, "{\"payments\": {\"enabled\": false, \"rollout_percentage\": 0}}").expect("written");
    let kind = RouterKind::Flag { flag: "payments".into() };
    let store = FlagStore::File { path: "flags.json".to_owned(), pointer: "/payments".to_owned() };
    let mut room = Room::new(folder, stepped(Some(kind), vec![flag("payments", store)]), true).await;
    room.up_and_back(async |folder| {
        let text = fs::read_to_string(folder.join("flags.json")).expect("there");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let on = value["payments"]["enabled"].as_bool().expect("a switch");
        if on { value["payments"]["rollout_percentage"].as_f64().expect("a number") } else { 0.0 }
    })
    .await;
    room.leave().await;
}

/// Programs of a service that keeps its weight in a file, as a cloud keeps it.
fn programs(folder: &Path) -> RouterKind {
    let script = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    };
    script(
        "promote_canary.sh",
        "#!/bin/sh\n[ \"$1\" = \"$TMINUS_WEIGHT\" ] || exit 3\n\
         printf '{\"traffic\": {\"canary\": %s, \"rest\": \"%s\"}}' \"$1\" \"$2\" > weight.json\n",
    );
    fs::write(folder.join("weight.json"), "{\"traffic\": {\"canary\": 0}}").expect("written");
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    RouterKind::Command {
        write: words(&["./promote_canary.sh", "{{weight}}", "to-revisions=stable={{stable-weight}}"]),
        read: words(&["cat", "weight.json"]),
        pointer: Some("/traffic/canary".to_owned()),
    }
}

fn kept(folder: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(folder.join("weight.json")).expect("there")).expect("JSON")
}

#[tokio::test]
async fn a_canary_on_a_program_goes_up_and_all_the_way_back() {
    let folder = folder();
    let kind = programs(folder.path());
    let mut room = Room::new(folder, stepped(Some(kind), Vec::new()), true).await;
    room.up_and_back(async |folder| kept(folder)["traffic"]["canary"].as_f64().expect("a number")).await;
    assert_eq!(kept(room.folder.path())["traffic"]["rest"], "to-revisions=stable=100");
    room.leave().await;
}

#[tokio::test]
async fn a_program_of_an_untrusted_plan_is_listed_and_not_run() {
    let folder = folder();
    let kind = programs(folder.path());
    let mut room = Room::new(folder, stepped(Some(kind), Vec::new()), false).await;
    room.send(promote()).await;
    room.shows(|view| !view.state.rollouts["payments"].holds.is_empty()).await;
    room.send(roll_back()).await;
    let listed = |view: &View| {
        let back = |act: &Act| matches!(act, Act::SetWeight { step: 0, .. });
        view.state
            .operations
            .values()
            .any(|known| back(&known.act) && known.outcome == Some(Outcome::Skipped))
    };
    room.shows(listed).await;
    assert_eq!(kept(room.folder.path())["traffic"]["canary"], 0);
    room.leave().await;
}

/// Two flags of a service beside traffic, one of which requires the other.
async fn beside(service: &Service) -> Room {
    let mut first = flag("sampling", FlagStore::Http(http("sampling", &service.url())));
    let mut second = flag("tasks", FlagStore::Http(http("tasks", &service.url())));
    second.requires = vec![FlagId::new("sampling")];
    if let FlagStore::Http(api) = &mut first.kept {
        api.kill = Some(format!("{}/flags/sampling/kill", service.url()));
    }
    Room::new(folder(), stepped(None, vec![first, second]), true).await
}

fn set(flag: &str, percent: f64) -> Wish {
    let percent = Weight::percent(percent).expect("a share");
    Wish::SetFlag { flag: flag.into(), percent, reason: "it is time".into() }
}

fn off(reach: Reach) -> Wish {
    Wish::FlagsOff { flags: Vec::new(), reach, reason: "".into() }
}

#[tokio::test]
async fn a_flag_waits_for_what_it_requires_and_goes_off_whatever_requires_it() {
    let service = Service::with(&["sampling", "tasks"]).await;
    let mut room = beside(&service).await;
    room.send(set("tasks", 100.0)).await;
    let (outcome, said) = room.turned().await;
    assert_eq!(
        (outcome, said.as_str()),
        (Outcome::Failed, "tasks requires sampling, which is off; nothing was sent")
    );
    assert!(!service.is_on("tasks"));
    for (name, percent) in [("sampling", 10.0), ("sampling", 100.0), ("tasks", 25.0)] {
        room.send(set(name, percent)).await;
        assert_eq!(room.turned().await.0, Outcome::Done, "{name} {percent}");
        assert_eq!(service.percent(name), percent as i64);
    }
    let view = room.shows(|view| view.seen.flags.len() == 2).await;
    assert!(view.state.flags["sampling"].raised && view.state.flags["tasks"].raised);
    room.send(set("sampling", 0.0)).await;
    let (outcome, said) = room.turned().await;
    assert_eq!(outcome, Outcome::Done);
    assert!(said.ends_with("still on and require it: tasks"), "{said}");
    let view = room.shows(|view| !view.state.flags["sampling"].raised).await;
    assert_eq!(view.state.flags["sampling"].seen.is_on(), Some(false));
    room.leave().await;
}

#[tokio::test]
async fn disable_all_has_one_outcome_for_each_flag_and_stops_at_none() {
    let service = Service::with(&["sampling", "tasks", "another-release"]).await;
    let mut room = beside(&service).await;
    service.set(|shelf| shelf.flags.get_mut("another-release").unwrap()["enabled"] = true.into());
    for name in ["sampling", "tasks"] {
        room.send(set(name, 50.0)).await;
        assert_eq!(room.turned().await.0, Outcome::Done);
    }
    // The percentages cannot be written; one of the two has a switch.
    service.set(|shelf| shelf.broken.insert("PUT".to_owned(), (403, Vec::new())));
    room.send(off(Reach::Named)).await;
    let (outcome, said) = room.turned().await;
    assert_eq!(outcome, Outcome::Failed);
    assert!(said.contains("sampling is off") && said.contains("tasks may still be on"), "{said}");
    assert_eq!((service.is_on("sampling"), service.is_on("tasks")), (false, true));
    assert!(service.is_on("another-release"), "flags of other releases stay");
    service.set(|shelf| shelf.broken.clear());
    room.send(off(Reach::Named)).await;
    assert_eq!(room.turned().await.0, Outcome::Done);
    assert!(!service.is_on("tasks"));
    room.send(off(Reach::Named)).await;
    assert_eq!(room.turned().await.0, Outcome::Adopted);
    room.leave().await;
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_read_back_and_one_that_did_nothing_is_not_called_done() {
    let service = Service::with(&["sampling", "tasks"]).await;
    let mut room = beside(&service).await;
    service.set(|shelf| shelf.lost.insert("PUT".to_owned(), 504));
    room.send(set("sampling", 25.0)).await;
    assert_eq!(room.turned().await.0, Outcome::Done);
    let puts = service.set(|shelf| shelf.asked.iter().filter(|line| line.starts_with("PUT")).count());
    assert_eq!(puts, 1, "it is not sent again");
    service.set(|shelf| {
        shelf.lost.clear();
        shelf.stuck.insert("sampling".to_owned());
    });
    room.send(Wish::KillFlag { flag: "sampling".into(), reason: "".into() }).await;
    assert_eq!(room.turned().await.0, Outcome::Done, "the switch works all the same");
    let view = room.shows(|view| view.state.flags["sampling"].pulled).await;
    assert!(!view.state.flags["sampling"].raised);
    room.leave().await;
}

#[tokio::test]
async fn what_the_plan_does_not_allow_is_refused_before_anything_is_recorded() {
    let service = Service::with(&["sampling"]).await;
    let mut here = flag("sampling", FlagStore::Http(http("sampling", &service.url())));
    here.environments = vec!["staging".to_owned()];
    let mut room = Room::new(folder(), stepped(None, vec![here]), true).await;
    let refused = async |room: &mut Room, wish: Wish| match room.send(wish).await {
        Reply::Refused(refusal) => refusal.message,
        other => panic!("{other:?}"),
    };
    let text = refused(&mut room, set("sampling", 5.0)).await;
    assert_eq!(text, "`sampling` is for staging, and this release goes to prod");
    assert_eq!(refused(&mut room, set("smapling", 5.0)).await, "there is no flag `smapling`");
    let hasty = Wish::SetFlag { flag: "sampling".into(), percent: Weight::FULL, reason: " ".into() };
    assert!(refused(&mut room, hasty).await.contains("without a reason"));
    room.send(set("sampling", 0.0)).await;
    assert_eq!(room.turned().await.0, Outcome::Adopted, "off is never refused");
    assert!(room.fake.get(|knobs| knobs.flag_writes.is_empty()));
    room.leave().await;
}
