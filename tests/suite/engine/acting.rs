//! An engine in this process, and what the next one makes of what it left open.

use std::sync::Arc;

use tminus::analysis::Verdict;
use tminus::engine::client::{Client, Reply};
use tminus::engine::clock::{VirtualClock, WallClock};
use tminus::engine::dispatcher::Dispatcher;
use tminus::engine::ports::Clock;
use tminus::engine::{End, Engine};
use tminus::journal::Store;
use tminus::release::{Act, EngineHealth, Event, Input, Outcome, Report, View, Wish};

use super::world::{Fake, Fixed, adopt, at, command, input, journal, plan, promote, stream};

/// Waits for a picture that shows it.
async fn shows(client: &mut Client, wanted: impl Fn(&View) -> bool) -> Arc<View> {
    loop {
        let view = client.view();
        if wanted(&view) {
            return view;
        }
        assert!(client.changed().await, "the engine ended before it showed");
    }
}

#[tokio::test]
async fn a_client_asks_looks_and_leaves() {
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let fake = Fake::new(clock.clone());
    let (mut client, engine) = Engine::start(fake.setup(Box::new(journal()), plan()), clock, None).unwrap();
    let reply = client.send(command(1, "ada", adopt())).await;
    assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
    let view =
        shows(&mut client, |view| view.state.identity.is_some() && !view.seen.traffic.is_empty()).await;
    assert!(matches!(view.health.engine, EngineHealth::Alive { simulated: true, .. }));
    assert_eq!(view.plan.release.version, "3.2.0");

    let kept = client.keep(b"evidence".to_vec()).await.unwrap();
    assert_eq!(client.fetch(kept).await.as_deref(), Some(&b"evidence"[..]));
    let page = client.page(1, 2).await;
    assert_eq!(page.iter().map(|event| event.version).collect::<Vec<_>>(), [1, 2]);

    let reply = client.send(command(2, "ada", Wish::RunGate { gate: "tests".into() })).await;
    assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
    let view =
        shows(&mut client, |view| view.state.gates.get("tests").is_some_and(|gate| !gate.is_running())).await;
    let run = &view.state.gates["tests"].runs[0];
    assert_eq!(run.verdict, Some(Verdict::Pass));
    assert_eq!(client.fetch(run.evidence.unwrap()).await.as_deref(), Some(&b"12 passed\n"[..]));

    drop(client);
    let ending = engine.await.unwrap();
    assert_eq!(ending.why, End::Left);
    assert_eq!(ending.head, ending.view.state.head);
}

/// A journal in which an engine stopped at this point of its first operations.
fn left_open(until: impl Fn(&Act) -> bool) -> Box<dyn Store> {
    let store = journal();
    let mut writer = Dispatcher::open(Box::new(store.another()), stream(), Arc::new(Fixed(plan()))).unwrap();
    writer.submit(&input(1, "ada", adopt()), at(1));
    let ready =
        Report::Readiness { rollout: "payments".into(), version: "3.1.4".to_owned(), ready: 10, of: 10 };
    writer.submit(&Input::Report(ready), at(2));
    writer.submit(&input(2, "ada", Wish::RunGate { gate: "tests".into() }), at(2));
    writer.submit(&input(3, "ada", promote()), at(3));
    writer.take(at(3)).unwrap();
    loop {
        let open = writer.state().operations.iter().find(|(_, known)| known.outcome.is_none());
        let (operation, act) = open.map(|(id, known)| (id.clone(), known.act.clone())).unwrap();
        if until(&act) {
            return Box::new(store);
        }
        writer.submit(
            &Input::Report(Report::OperationEnded {
                operation,
                outcome: Outcome::Done,
                summary: "done".into(),
                configured: None,
                observed: None,
                evidence: None,
                restore: Vec::new(),
            }),
            at(4),
        );
    }
}

fn weight_outcome(view: &View) -> Option<Outcome> {
    view.state.operations.values().find(|known| matches!(known.act, Act::SetWeight { .. }))?.outcome
}

async fn resumed(fake: &Fake, clock: VirtualClock) -> Arc<View> {
    let store = left_open(|act| matches!(act, Act::SetWeight { .. }));
    let (mut client, engine) = Engine::start(fake.setup(store, plan()), Arc::new(clock), None).unwrap();
    let view = shows(&mut client, |view| weight_outcome(view).is_some()).await;
    drop(client);
    engine.await.unwrap();
    view
}

#[tokio::test]
async fn an_open_intent_that_is_so_already_is_adopted() {
    let clock = VirtualClock::new(at(100));
    let fake = Fake::new(Arc::new(clock.clone()));
    fake.set(|knobs| knobs.weight = 25.0);
    let view = resumed(&fake, clock).await;
    assert_eq!(weight_outcome(&view), Some(Outcome::Adopted));
    assert!(fake.get(|knobs| knobs.writes.is_empty()), "nothing is sent twice");
    let run = &view.state.gates["tests"].runs[0];
    assert_eq!(run.verdict, Some(Verdict::Error));
    assert_eq!(run.summary.line(), "the engine stopped during the run");
}

#[tokio::test]
async fn an_open_intent_on_an_unchanged_world_is_carried_out_under_its_own_id() {
    let clock = VirtualClock::new(at(100));
    let fake = Fake::new(Arc::new(clock.clone()));
    let view = resumed(&fake, clock).await;
    assert_eq!(weight_outcome(&view), Some(Outcome::Done));
    let writes = fake.get(|knobs| knobs.writes.clone());
    assert_eq!(writes.len(), 1);
    assert!(view.state.operations.keys().any(|id| id.as_str() == writes[0].1));
}

#[tokio::test]
async fn the_time_between_two_engines_is_said() {
    let clock = VirtualClock::new(at(100));
    let fake = Fake::new(Arc::new(clock.clone()));
    let store = left_open(|act| matches!(act, Act::SetWeight { .. }));
    let (client, engine) = Engine::start(fake.setup(store, plan()), Arc::new(clock), None).unwrap();
    drop(client);
    let ending = engine.await.unwrap();
    let log = ending.store.read(&stream(), 1, 1000).unwrap();
    let took: Vec<u64> = log
        .iter()
        .filter_map(|recorded| match recorded.event {
            Some(Event::EngineStarted { epoch }) => Some(epoch),
            _ => None,
        })
        .collect();
    assert_eq!(took, [1, 2], "each engine takes its own epoch");
}
