//! An engine in another place, spoken to over its socket.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tminus::base::ReleaseId;
use tminus::engine::client::{Client, Reply};
use tminus::engine::clock::WallClock;
use tminus::engine::{Hosting, Joining, Lock, ServeError, Server, Wiring, join};
use tminus::journal::{Genesis, OpenMode, SqliteStore, Store};
use tminus::release::{EngineHealth, Presence, RefusalCode, RolloutPhase, View, Wish};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::world::{Fake, Fixed, adopt, at, command, plan, promote, roll_back, stream};

/// A journal in a directory of its own, and a world.
pub(super) struct Place {
    home: TempDir,
    fake: Fake,
}

struct Wired {
    journal: PathBuf,
    fake: Fake,
}

impl Wiring for Wired {
    fn hosting(&self, _: &ReleaseId) -> Result<Hosting, String> {
        let store = SqliteStore::open(&self.journal, OpenMode::Write).map_err(|error| error.to_string())?;
        let setup = self.fake.setup(Box::new(store), plan());
        Ok(Hosting { setup, clock: Arc::new(WallClock), cast: None })
    }
}

impl Place {
    pub(super) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let genesis = Genesis { journal: Uuid::from_u128(7), test: true, at: at(0) };
        let mut store = SqliteStore::create(&home.path().join("journal.db"), &genesis).unwrap();
        store.put_blob(b"sources").unwrap();
        Self { home, fake: Fake::new(Arc::new(WallClock)) }
    }
    pub(super) fn journal(&self) -> PathBuf {
        self.home.path().join("journal.db")
    }
    pub(super) fn runtime(&self) -> &Path {
        self.home.path()
    }
    fn wiring(&self) -> Arc<dyn Wiring> {
        Arc::new(Wired { journal: self.journal(), fake: self.fake.clone() })
    }
    fn bind(&self) -> Result<Server, ServeError> {
        Server::bind(&self.journal(), self.runtime(), "one", self.wiring())
    }
    pub(super) fn serve(&self) -> JoinHandle<Result<(), ServeError>> {
        let server = self.bind().unwrap().lingering(Duration::ZERO);
        tokio::spawn(async move { server.run(&[]).await })
    }
    pub(super) async fn join(&self, who: &str, build: &str) -> Client {
        let joining = Joining {
            journal: self.journal(),
            runtime: self.runtime().to_owned(),
            store: Box::new(SqliteStore::open(&self.journal(), OpenMode::Read).unwrap()),
            stream: stream(),
            reader: Arc::new(Fixed(plan())),
            build: build.to_owned(),
            who: Presence { name: who.to_owned(), from: "tty1".to_owned() },
            rescue: self.wiring(),
            samples: None,
        };
        join(joining).await.unwrap()
    }
}

async fn shows(client: &mut Client, wanted: impl Fn(&View) -> bool) -> Arc<View> {
    loop {
        let view = client.view();
        if wanted(&view) {
            return view;
        }
        assert!(client.changed().await, "nobody tells any more");
    }
}

fn done(reply: &Reply) {
    assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
}

#[tokio::test]
async fn two_cockpits_see_each_other_and_what_each_does() {
    let place = Place::new();
    let server = place.serve();
    let ada = place.join("ada", "one").await;
    let mut bo = place.join("bo", "one").await;
    done(&ada.send(command(1, "ada", adopt())).await);
    assert!(
        ada.view().state.identity.is_some(),
        "what was done is in the picture when its author hears of it"
    );
    shows(&mut bo, |view| view.state.identity.is_some()).await;
    let view = shows(&mut bo, |view| view.presence.len() == 2 && !view.seen.traffic.is_empty()).await;
    let names: Vec<&str> = view.presence.iter().map(|who| who.name.as_str()).collect();
    assert_eq!(names, ["ada", "bo"]);
    assert!(matches!(view.health.engine, EngineHealth::Alive { .. }));
    assert_eq!(view.plan.release.name, "payments");

    let kept = bo.keep(b"\x00evidence\xff".to_vec()).await.unwrap();
    assert_eq!(ada.fetch(kept).await.as_deref(), Some(&b"\x00evidence\xff"[..]));
    assert_eq!(ada.page(1, 1).await.len(), 1);

    drop(ada);
    shows(&mut bo, |view| view.presence.len() == 1).await;
    drop(bo);
    server.await.unwrap().unwrap();
    assert!(!Lock::is_held(&place.journal()).unwrap(), "it ends after its last client");
}

#[tokio::test]
async fn there_is_one_engine_for_a_journal() {
    let place = Place::new();
    let first = place.bind().unwrap();
    assert!(matches!(place.bind(), Err(ServeError::Held)));
    drop(first);
    assert!(place.bind().is_ok());
}

#[tokio::test]
async fn another_build_only_looks_but_for_hold_and_rollback() {
    let place = Place::new();
    let _server = place.serve();
    let mut ada = place.join("ada", "one").await;
    done(&ada.send(command(1, "ada", adopt())).await);
    shows(&mut ada, |view| view.state.rollouts.values().any(|known| known.last_known_good.is_some())).await;
    done(&ada.send(command(2, "ada", promote())).await);
    shows(&mut ada, |view| view.state.rollouts["payments"].phase == RolloutPhase::Soaking).await;

    let mut bo = place.join("bo", "two").await;
    let view = shows(&mut bo, |view| matches!(view.health.engine, EngineHealth::OtherBuild { .. })).await;
    assert_eq!(view.health.engine, EngineHealth::OtherBuild { version: "one".to_owned() });
    let note = Wish::Note { item: None, note: "hello".into() };
    let Reply::Refused(refusal) = bo.send(command(3, "bo", note)).await else { panic!("not refused") };
    assert_eq!(refusal.code, RefusalCode::ReadOnly);
    assert!(refusal.help.contains("engine"), "{}", refusal.help);

    done(&bo.send(command(4, "bo", roll_back())).await);
    shows(&mut ada, |view| view.state.rollouts["payments"].phase == RolloutPhase::RolledBack).await;
    assert_eq!(place.fake.get(|knobs| knobs.weight), 0.0);
}

#[tokio::test]
async fn with_nobody_alive_it_says_so_and_a_command_is_done_here() {
    let place = Place::new();
    let mut ada = place.join("ada", "one").await;
    assert_eq!(ada.view().health.engine, EngineHealth::Nobody);
    done(&ada.send(command(1, "ada", adopt())).await);
    shows(&mut ada, |view| view.state.identity.is_some()).await;
    let kept = ada.keep(b"evidence".to_vec()).await.unwrap();
    assert_eq!(ada.fetch(kept).await.as_deref(), Some(&b"evidence"[..]));
}

#[tokio::test]
async fn a_rollback_that_a_silent_engine_does_not_answer_is_done_here() {
    let place = Place::new();
    let mut ada = place.join("ada", "one").await;
    done(&ada.send(command(1, "ada", adopt())).await);
    shows(&mut ada, |view| view.state.identity.is_some()).await;
    // Something holds the lock and does not speak.
    let silent = loop {
        if let Some(lock) = Lock::take(&place.journal()).unwrap() {
            break lock;
        }
        tokio::task::yield_now().await;
    };
    let mut bo = place.join("bo", "one").await;
    assert!(matches!(bo.view().health.engine, EngineHealth::Silent { .. }));
    let reply = bo.send(command(2, "bo", Wish::Note { item: None, note: "hello".into() })).await;
    assert!(matches!(reply, Reply::Failed { .. }), "{reply:?}");
    let reply = bo.send(command(3, "bo", Wish::Hold { rollout: None, reason: "look".into() })).await;
    done(&reply);
    let view = shows(&mut bo, |view| !view.state.rollouts.is_empty()).await;
    assert!(view.state.rollouts["payments"].automation_off);
    drop(silent);
}
