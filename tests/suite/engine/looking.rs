//! What the engine shows beside its polls: what a watch tells, pods, the preview of a change and the log of a pod.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use tminus::base::{Timestamp, Untrusted, Weight};
use tminus::engine::client::{Client, Reply};
use tminus::engine::clock::VirtualClock;
use tminus::engine::ports::{
    Change, Clock, Errand, Fault, Moved, Preview, Router, Split, Workloads, World, Written,
};
use tminus::engine::{Engine, Setup, socket};
use tminus::plan::{ProcedureStep, Rollout};
use tminus::release::{Outcome, PodCard, PodSide, Presence, Readiness, Trouble, View, WatchHealth, Wish};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::serving::Place;
use super::world::{Fake, Knobs, adopt, at, command, journal, plan};

async fn shows(client: &mut Client, wanted: impl Fn(&View) -> bool) -> Arc<View> {
    loop {
        let view = client.view();
        if wanted(&view) {
            return view;
        }
        assert!(client.changed().await, "the engine ended before it showed");
    }
}

/// Gives every task its turn, several times over.
async fn turns() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// A world whose router tells when it moves, and whose pods are counted how often they are read.
#[derive(Clone)]
struct Seen {
    fake: Fake,
    moves: Arc<Mutex<Vec<UnboundedSender<Moved>>>>,
    pods_read: Arc<AtomicU32>,
    /// A preview never ends.
    hangs: Arc<AtomicBool>,
}

impl Seen {
    /// Tells everybody who watches the router.
    fn moved(&self, moved: Moved) {
        let moves = self.moves.lock().unwrap();
        assert!(!moves.is_empty(), "nobody watches");
        moves.iter().for_each(|watch| drop(watch.unbounded_send(moved.clone())));
    }
    fn set(&self, change: impl FnOnce(&mut Knobs)) {
        self.fake.set(change);
    }
    fn reads(&self) -> u32 {
        self.fake.get(|knobs| knobs.reads)
    }
    fn pods_read(&self) -> u32 {
        self.pods_read.load(Ordering::SeqCst)
    }
}

impl Router for Seen {
    fn read<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Split, Fault>> {
        Router::read(&self.fake, rollout)
    }
    fn write<'a>(
        &'a self,
        rollout: &'a Rollout,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Written, Fault>> {
        self.fake.write(rollout, change)
    }
    fn preview<'a>(&'a self, rollout: &'a Rollout, weight: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        Box::pin(async move {
            if self.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            self.fake.preview(rollout, weight).await
        })
    }
    fn moves<'a>(&'a self, _: &'a Rollout) -> BoxStream<'a, Moved> {
        let (sender, told) = unbounded();
        self.moves.lock().unwrap().push(sender);
        Box::pin(told)
    }
}

/// The workloads of a [`Fake`] whose pods can be read.
struct Listed(Seen);

impl Workloads for Listed {
    fn deploy<'a>(
        &'a self,
        rollout: &'a Rollout,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        self.0.fake.deploy(rollout, errand)
    }
    fn scale_down<'a>(
        &'a self,
        rollout: &'a Rollout,
        to: Option<&'a str>,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        self.0.fake.scale_down(rollout, to, errand)
    }
    fn step<'a>(
        &'a self,
        rollout: &'a Rollout,
        step: &'a ProcedureStep,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<(Outcome, Untrusted), Fault>> {
        self.0.fake.step(rollout, step, errand)
    }
    fn readiness<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Readiness, Fault>> {
        self.0.fake.readiness(rollout)
    }
    fn pods<'a>(&'a self, _: &'a Rollout) -> BoxFuture<'a, Result<Vec<PodCard>, Fault>> {
        Box::pin(async move {
            self.0.pods_read.fetch_add(1, Ordering::SeqCst);
            Ok(vec![pod("payments-b", PodSide::Canary), pod("payments-a", PodSide::Stable)])
        })
    }
    fn logs<'a>(
        &'a self,
        _: &'a Rollout,
        pod: &'a str,
        lines: u32,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        let text: Vec<String> = (1..=lines).map(|line| format!("{pod} {line}")).collect();
        Box::pin(async move { Ok(text.join("\n").into()) })
    }
}

fn pod(name: &str, side: PodSide) -> PodCard {
    PodCard {
        name: name.into(),
        side,
        ready: true,
        phase: "Running".into(),
        restarts: 0,
        image: "registry.example.com/payments:3.2.0".into(),
        digest: None,
        node: None,
        since: None,
    }
}

/// An engine on a clock that stands still, after its first look at the router.
async fn begun(presence: Vec<Presence>) -> (Seen, VirtualClock, Client) {
    let clock = VirtualClock::new(at(0));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let fake = Fake::new(shared.clone());
    let setup = Setup { presence, ..fake.setup(Box::new(journal()), plan()) };
    let fake = Seen { fake, moves: Arc::default(), pods_read: Arc::default(), hangs: Arc::default() };
    let world =
        World { router: Arc::new(fake.clone()), workloads: Arc::new(Listed(fake.clone())), ..setup.world };
    let setup = Setup { world, ..setup };
    let (mut client, _) = Engine::start(setup, shared, None).unwrap();
    let reply = client.send(command(1, "ada", adopt())).await;
    assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
    shows(&mut client, |view| view.seen.traffic.get("payments").is_some_and(|seen| seen.at.is_some())).await;
    (fake, clock, client)
}

fn configured(view: &View) -> Option<f64> {
    view.seen.traffic.get("payments")?.configured.map(Weight::value)
}

fn later(from: Timestamp, milliseconds: i64) -> Timestamp {
    from.checked_add(jiff::SignedDuration::from_millis(milliseconds)).unwrap()
}

#[tokio::test]
async fn a_flood_of_changes_is_one_reading_at_once_and_one_a_quarter_of_a_second_later() {
    let (fake, clock, mut client) = begun(Vec::new()).await;
    let reads = || fake.reads();
    let before = reads();
    fake.set(|knobs| knobs.weight = 40.0);
    for _ in 0..100 {
        fake.moved(Moved::Changed);
    }
    let view = shows(&mut client, |view| configured(view) == Some(40.0)).await;
    assert_eq!(reads(), before + 1, "a hundred words are one reason to read");
    assert!(matches!(view.health.watches["payments"], WatchHealth::Live { .. }));

    fake.set(|knobs| knobs.weight = 41.0);
    fake.moved(Moved::Changed);
    turns().await;
    assert_eq!(reads(), before + 1, "not more often than every quarter of a second");
    clock.advance_to(later(at(0), 250));
    shows(&mut client, |view| configured(view) == Some(41.0)).await;
    assert_eq!(reads(), before + 2);
}

#[tokio::test]
async fn a_lost_watch_is_said_and_polling_goes_on() {
    let (fake, clock, mut client) = begun(Vec::new()).await;
    fake.moved(Moved::Lost("410 gone".into()));
    let view = shows(&mut client, |view| view.health.watches.contains_key("payments")).await;
    let WatchHealth::Lost { why, .. } = &view.health.watches["payments"] else { panic!("not lost") };
    assert_eq!(why.line(), "410 gone");
    fake.set(|knobs| knobs.weight = 33.0);
    clock.advance_to(at(15));
    shows(&mut client, |view| configured(view) == Some(33.0)).await;
    fake.moved(Moved::Changed);
    clock.advance_to(at(16));
    shows(&mut client, |view| matches!(view.health.watches["payments"], WatchHealth::Live { .. })).await;
}

#[tokio::test]
async fn what_cannot_be_read_keeps_its_numbers_and_grows_old() {
    let (fake, clock, mut client) = begun(Vec::new()).await;
    let first = client.view().seen.traffic["payments"].clone();
    assert_eq!((first.at, first.fault.clone()), (Some(at(0)), None));
    fake.set(|knobs| knobs.unreadable = true);
    clock.advance_to(at(15));
    let view = shows(&mut client, |view| view.seen.traffic["payments"].fault.is_some()).await;
    let seen = &view.seen.traffic["payments"];
    assert_eq!(
        (seen.at, seen.configured),
        (first.at, first.configured),
        "old numbers, and as old as they are"
    );
    let cluster = view.health.cluster.as_ref().unwrap();
    assert_eq!((cluster.trouble, cluster.good), (Some(Trouble::Unreachable), Some(at(0))));
    fake.set(|knobs| knobs.unreadable = false);
    clock.advance_to(at(30));
    let view = shows(&mut client, |view| view.seen.traffic["payments"].fault.is_none()).await;
    assert_eq!(view.health.cluster.as_ref().unwrap().trouble, None);
}

#[tokio::test]
async fn pods_are_read_while_somebody_looks_and_only_then() {
    let (fake, _, _alone) = begun(Vec::new()).await;
    turns().await;
    assert_eq!(fake.pods_read(), 0, "nobody looks");
    let ada = Presence { name: "ada".to_owned(), from: "tty1".to_owned() };
    let (fake, clock, mut client) = begun(vec![ada]).await;
    let view = shows(&mut client, |view| view.seen.pods.contains_key("payments")).await;
    let pods = &view.seen.pods["payments"];
    let names: Vec<String> = pods.iter().map(|pod| pod.name.line()).collect();
    assert_eq!(names, ["payments-a", "payments-b"], "by name");
    assert_eq!(pods[1].side, PodSide::Canary);
    let before = fake.pods_read();
    turns().await;
    let quiet = client.view();
    clock.advance_to(at(5));
    turns().await;
    assert_eq!(fake.pods_read(), before + 1, "read again");
    assert!(Arc::ptr_eq(&quiet, &client.view()), "and nothing new is shown of what is as it was");
}

#[tokio::test]
async fn a_preview_that_hangs_holds_nobody_up_and_only_a_few_may() {
    let (fake, _, client) = begun(Vec::new()).await;
    fake.hangs.store(true, Ordering::SeqCst);
    let weight = Weight::percent(25.0).unwrap();
    let ask = || {
        let client = client.clone();
        tokio::spawn(async move { client.preview("payments".into(), weight).await })
    };
    let hung: Vec<_> = (0..4).map(|_| ask()).collect();
    turns().await;
    let reply = client.send(command(2, "ada", Wish::Note { item: None, note: "hello".into() })).await;
    assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
    let refused = ask().await.unwrap().unwrap_err();
    assert!(refused.line().contains("too many"), "{}", refused.line());
    assert!(hung.iter().all(|asked| !asked.is_finished()));
    hung.iter().for_each(tokio::task::JoinHandle::abort);
    turns().await;
    let log = client.log("payments".into(), "payments-b".to_owned(), 2).await.unwrap();
    assert_eq!(log.lines(), "payments-b 1\npayments-b 2");
    let missing = client.log("other".into(), "pod".to_owned(), 10).await;
    assert!(missing.is_err());
}

#[tokio::test]
async fn previews_and_logs_go_over_the_socket() {
    let place = Place::new();
    let _server = place.serve();
    let mut ada = place.join("ada", "one").await;
    ada.send(command(1, "ada", adopt())).await;
    shows(&mut ada, |view| view.state.identity.is_some()).await;
    let weight = Weight::percent(25.0).unwrap();
    let preview = ada.preview("payments".into(), weight).await.unwrap();
    assert_eq!(preview.patch.line(), "weight: 25 %");
    let none = ada.log("payments".into(), "payments-b".to_owned(), 2).await.unwrap_err();
    assert!(none.line().contains("there is no log of payments-b"), "{}", none.line());
    let missing = ada.log("nothing".into(), "x".to_owned(), 2).await.unwrap_err();
    assert!(missing.line().contains("no rollout nothing"), "{}", missing.line());

    let bo = place.join("bo", "two").await;
    let mut looks = bo.clone();
    shows(&mut looks, |view| matches!(view.health.engine, tminus::release::EngineHealth::OtherBuild { .. }))
        .await;
    let refused = bo.preview("payments".into(), weight).await.unwrap_err();
    assert!(refused.line().contains("engine --replace"), "{}", refused.line());
}

#[tokio::test]
async fn with_no_engine_a_change_is_shown_from_here() {
    let place = Place::new();
    let mut ada = place.join("ada", "one").await;
    ada.send(command(1, "ada", adopt())).await;
    shows(&mut ada, |view| view.state.identity.is_some()).await;
    let preview = ada.preview("payments".into(), Weight::FULL).await.unwrap();
    assert_eq!(preview.patch.line(), "weight: 100 %");
}

async fn write(to: &mut UnixStream, text: &str) {
    to.write_all(&u32::try_from(text.len()).unwrap().to_be_bytes()).await.unwrap();
    to.write_all(text.as_bytes()).await.unwrap();
}

async fn read(from: &mut UnixStream) -> String {
    let length = from.read_u32().await.unwrap();
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

async fn connected(path: &Path) -> UnixStream {
    loop {
        match UnixStream::connect(path).await {
            Ok(stream) => return stream,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

#[tokio::test]
async fn a_request_of_a_later_build_is_answered_as_unknown_and_the_line_stays() {
    let place = Place::new();
    let _server = place.serve();
    let mut line = connected(&socket(place.runtime(), &place.journal())).await;
    write(
        &mut line,
        r#"{"ask":"hello","build":"three","who":{"name":"cyd","from":"x"},"stream":"payments/prod"}"#,
    )
    .await;
    write(&mut line, r#"{"ask":"teleport","number":7,"where":"mars"}"#).await;
    let unknown = loop {
        let told = read(&mut line).await;
        if told.contains(r#""tell":"unknown""#) {
            break told;
        }
    };
    assert!(unknown.contains(r#""number":7"#) && unknown.contains("unknown request `teleport`"), "{unknown}");
    write(&mut line, r#"{"ask":"preview","number":8,"rollout":"payments","weight":5.0}"#).await;
    loop {
        let told = read(&mut line).await;
        if told.contains(r#""number":8"#) {
            assert!(told.contains("no rollout payments"), "nothing is adopted: {told}");
            break;
        }
    }
}
