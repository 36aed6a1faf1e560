//! Traffic goes up and back through the engine while the way to the real API server breaks in every way it can.
//!
//! The engine, its policy, the journal and the router are the real ones; everything beside the router answers well.
//! The storm counts the writes the server took, so "once" is counted and not believed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tminus::base::ObjectName;
use tminus::engine::client::{Client, Reply};
use tminus::engine::clock::WallClock;
use tminus::engine::ports::{Clock, World};
use tminus::engine::{Engine, Setup};
use tminus::journal::{MemoryStore, Store as _};
use tminus::plan::{Plan, Router, RouterKind, SideNames};
use tminus::release::{Act, Outcome, State, View, Wish};
use tminus::world::cluster::{Access, Cluster};
use tminus::world::http::Http;
use tminus::world::metrics::Prometheus;
use tminus::world::routers::{Known, Leave, Means, Routers};
use tokio::runtime::Runtime;

use crate::storm::{Fault, Storm, Taken};
use crate::testbed::{Namespace, Part, Testbed};
use crate::world::{Fake, adopt, command, journal, plan, promote, roll_back, stream};

/// How long an outcome may take on a machine that builds meanwhile: past every deadline of the engine.
const PATIENCE: Duration = Duration::from_secs(240);

const ROUTE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  parentRefs: [ { name: gate } ]
  rules:
    - backendRefs:
        - { name: web-stable, port: 80, weight: 100 }
        - { name: web-canary, port: 80, weight: 0 }
";

/// A cockpit whose way to the cluster leads through the storm.
struct Sea<'a> {
    space: Namespace<'a>,
    storm: Storm,
    store: MemoryStore,
    client: Client,
    runtime: Runtime,
    _home: tempfile::TempDir,
}

impl<'a> Sea<'a> {
    /// On a calm sea, the release is adopted and its route has no canary.
    fn calm(bed: &'a Testbed, topic: &str) -> Self {
        let space = bed.namespace(topic);
        space.apply(ROUTE);
        let builder = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = builder.expect("a runtime");
        let ca = std::fs::read(bed.setting("TMINUS_TESTBED_CA")).expect("a certificate");
        let (server, token) = (bed.setting("TMINUS_TESTBED_API"), bed.setting("TMINUS_TESTBED_TOKEN"));
        let storm = runtime.block_on(Storm::before(server, token, &ca));
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("kubeconfig");
        std::fs::write(&file, storm.kubeconfig().to_string()).expect("written");
        let store = journal();
        let setup = setup(&store, &space.name, &file);
        let started = runtime.block_on(async { Engine::start(setup, Arc::new(WallClock), None) });
        let (client, _) = started.expect("an engine");
        let sea = Self { space, storm, store, client, runtime, _home: home };
        sea.done(1, adopt());
        sea.sees("somewhere to go back to", |view| {
            view.seen.traffic.values().any(|seen| seen.configured.is_some())
                && view.state.rollouts.values().any(|known| known.last_known_good.is_some())
        });
        sea
    }

    /// The same with a quarter of the traffic on the canary.
    fn under_way(bed: &'a Testbed, topic: &str) -> Self {
        let sea = Self::calm(bed, topic);
        sea.done(2, promote());
        assert_eq!(sea.outcome(1), Outcome::Done);
        assert_eq!((sea.canary(), sea.writes()), (25, 1));
        sea
    }

    fn send(&self, number: u128, wish: Wish) -> Reply {
        self.runtime.block_on(self.client.send(command(number, "ada", wish)))
    }

    fn done(&self, number: u128, wish: Wish) {
        let reply = self.send(number, wish);
        assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
    }

    /// Waits for a picture that shows it.
    fn sees(&self, what: &str, wanted: impl Fn(&View) -> bool) -> Arc<View> {
        let mut client = self.client.clone();
        let shown = async {
            loop {
                let view = client.view();
                if wanted(&view) {
                    return view;
                }
                assert!(client.changed().await, "the engine ended");
            }
        };
        let shown = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, shown).await });
        shown.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}; {:?}", self.client.view().state))
    }

    /// How the newest move of traffic to this step ended, once none is open.
    fn outcome(&self, step: usize) -> Outcome {
        let moves = |view: &View| -> Vec<Option<Outcome>> {
            let all = view.state.operations.values();
            all.filter(|known| matches!(known.act, Act::SetWeight { step: to, .. } if to as usize == step))
                .map(|known| known.outcome)
                .collect()
        };
        let view = self.sees("the move has ended", |view| {
            let moves = moves(view);
            !moves.is_empty() && moves.iter().all(Option::is_some)
        });
        let ended: Vec<Outcome> = moves(&view).into_iter().flatten().collect();
        if ended.contains(&Outcome::Done) { Outcome::Done } else { ended[0] }
    }

    /// The canary's weight as the API server has it.
    fn canary(&self) -> i64 {
        let route = self.space.get("httproute/web");
        route["spec"]["rules"][0]["backendRefs"][1]["weight"].as_i64().expect("a weight")
    }

    /// How many writes of the route the server took.
    fn writes(&self) -> usize {
        self.storm.applied().iter().filter(|what| what.contains("/httproutes/")).count()
    }

    /// Nothing is left open, and what is folded is what is recorded.
    fn consistent(&self) {
        let settled = |state: &State| state.operations.values().all(|known| known.outcome.is_some());
        self.sees("everything has ended", |view| settled(&view.state));
        let events = self.store.read(&stream(), 1, 10_000).expect("a journal");
        let replayed = State::replay(&events);
        assert!(settled(&replayed), "{:?}", replayed.operations);
        assert!(self.storm.is_over(), "a fault was never met");
    }
}

fn through(file: &std::path::Path) -> Routers {
    let clock = Arc::new(WallClock);
    Routers::new(
        Known::default(),
        Means {
            cluster: Cluster::new(Access::file(file, None), clock.clone()),
            numbers: Arc::new(Prometheus::new(Http::new(None).expect("a client"), clock.clone())),
            clock,
            leave: Leave::Withheld("not needed here".to_owned()),
        },
    )
}

fn routed(space: &str) -> Plan {
    let mut plan = plan();
    let object = ObjectName::parse(&format!("{space}/web")).expect("a name");
    let sides = SideNames { stable: "web-stable".into(), canary: "web-canary".into() };
    plan.rollouts[0].router =
        Some(Router { kind: RouterKind::HttpRoute { object, rule: None, sides }, observed: None });
    plan
}

fn setup(store: &MemoryStore, space: &str, kubeconfig: &std::path::Path) -> Setup {
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let setup = Fake::new(clock).setup(Box::new(store.another()), routed(space));
    let world = World { router: Arc::new(through(kubeconfig)), ..setup.world };
    Setup { world, ..setup }
}

/// One fault on the way up: how it ends, what the canary has then, how many writes the server took.
fn up(topic: &str, fault: Fault, (outcome, canary, writes): (Outcome, i64, usize)) {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let sea = Sea::calm(bed, topic);
    sea.storm.next(Taken::Write, [fault]);
    sea.done(2, promote());
    assert_eq!((sea.outcome(1), sea.canary(), sea.writes()), (outcome, canary, writes));
    sea.consistent();
}

/// One fault on the way back: it comes back all the same, by one write.
fn back(topic: &str, fault: Fault) {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let sea = Sea::under_way(bed, topic);
    sea.storm.next(Taken::Write, [fault]);
    sea.done(3, roll_back());
    assert_eq!((sea.outcome(0), sea.canary(), sea.writes()), (Outcome::Done, 0, 2));
    sea.consistent();
}

const CONFLICT: Fault = Fault::Instead { status: 409, reason: "Conflict", retry_after: None };
const BUSY: Fault = Fault::Instead { status: 429, reason: "TooManyRequests", retry_after: Some(3600) };
const BROKEN: Fault = Fault::Instead { status: 500, reason: "InternalError", retry_after: None };
const LATE: Fault = Fault::AppliedThen { status: 504, reason: "Timeout" };

#[test]
fn a_promotion_that_meets_another_write_reads_again_and_is_written_once() {
    up("up-409", CONFLICT, (Outcome::Done, 25, 1));
}

#[test]
fn a_promotion_that_is_asked_to_wait_an_hour_is_asked_again_within_its_time_and_written_once() {
    up("up-429", BUSY, (Outcome::Done, 25, 1));
}

#[test]
fn a_promotion_that_meets_an_error_is_unknown_and_not_sent_again() {
    up("up-500", BROKEN, (Outcome::Unknown, 0, 0));
}

#[test]
fn a_promotion_that_was_written_is_adopted_by_reading_whatever_was_answered() {
    up("up-504", LATE, (Outcome::Done, 25, 1));
}

#[test]
fn a_promotion_nobody_answers_is_unknown_and_not_sent_again() {
    up("up-hole", Fault::BlackHole, (Outcome::Unknown, 0, 0));
}

#[test]
fn a_promotion_whose_connection_breaks_before_it_arrives_is_not_sent_again() {
    up("up-reset", Fault::Reset, (Outcome::Unknown, 0, 0));
}

#[test]
fn a_promotion_whose_answer_is_lost_is_adopted_by_reading() {
    up("up-lost", Fault::AppliedThenReset, (Outcome::Done, 25, 1));
}

#[test]
fn traffic_comes_back_when_another_write_comes_first() {
    back("back-409", CONFLICT);
}

#[test]
fn traffic_comes_back_though_the_server_asks_to_wait_an_hour() {
    back("back-429", BUSY);
}

#[test]
fn traffic_comes_back_though_the_server_errs() {
    back("back-500", BROKEN);
}

#[test]
fn traffic_comes_back_once_when_the_answer_is_late() {
    back("back-504", LATE);
}

#[test]
fn traffic_comes_back_though_nobody_answers_at_first() {
    back("back-hole", Fault::BlackHole);
}

#[test]
fn traffic_comes_back_though_the_connection_breaks() {
    back("back-reset", Fault::Reset);
}

#[test]
fn traffic_comes_back_once_when_the_answer_is_lost() {
    back("back-lost", Fault::AppliedThenReset);
}

#[test]
fn a_watch_that_is_too_old_is_taken_up_again_and_shows_what_others_did() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let sea = Sea::under_way(bed, "watch-410");
    sea.storm.break_watches();
    sea.storm.next(Taken::Watch, [Fault::Gone]);
    sea.sees("the fault was met", |_| sea.storm.is_over());
    let theirs: Value = json!([
        { "op": "replace", "path": "/spec/rules/0/backendRefs/0/weight", "value": 60 },
        { "op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 40 },
    ]);
    sea.space.kubectl(&["patch", "httproute/web", "--type=json", "-p", &theirs.to_string()]);
    sea.sees("40 %", |view| {
        let seen = view.seen.traffic.values().filter_map(|seen| seen.configured);
        seen.into_iter().any(|weight| (weight.value() - 40.0).abs() < 0.01)
    });
    sea.done(3, roll_back());
    assert_eq!((sea.outcome(0), sea.canary()), (Outcome::Done, 0));
    sea.consistent();
}

#[test]
fn traffic_comes_back_while_the_api_server_restarts() {
    let Some(bed) = Testbed::own(&[Part::Kubernetes]) else { return };
    let sea = Sea::under_way(&bed, "restart");
    bed.tell("kube-apiserver", "stop");
    sea.done(3, roll_back());
    sea.sees("the way back is on its way", |view| {
        view.state.operations.values().any(|known| matches!(known.act, Act::SetWeight { step: 0, .. }))
    });
    bed.tell("kube-apiserver", "start");
    assert_eq!((sea.outcome(0), sea.canary(), sea.writes()), (Outcome::Done, 0, 2));
    sea.consistent();
}

#[test]
fn of_two_cockpits_that_roll_back_and_promote_at_once_traffic_is_back_once() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let sea = Sea::under_way(bed, "two");
    let other = sea.client.clone();
    let (ours, theirs, third) = sea.runtime.block_on(async {
        let back = |number, who| sea.client.send(command(number, who, roll_back()));
        tokio::join!(back(3, "ada"), back(4, "bo"), other.send(command(5, "cy", promote())))
    });
    assert!(matches!(ours, Reply::Done { .. }), "{ours:?}");
    assert!(matches!(theirs, Reply::Done { .. }), "{theirs:?}");
    assert!(!matches!(third, Reply::Failed { .. }), "{third:?}");
    assert_eq!((sea.outcome(0), sea.canary(), sea.writes()), (Outcome::Done, 0, 2));
    sea.consistent();
    let backs = |state: &State| {
        let all = state.operations.values();
        all.filter(|known| matches!(known.act, Act::SetWeight { step: 0, .. })).count()
    };
    assert_eq!(backs(&sea.client.view().state), 1);
}
