//! The bundled worlds, played whole by the real engine on a virtual clock: what is told of them is a picture.

use std::sync::Arc;

use tminus::base::{Actor, ReleaseId, Timestamp};
use tminus::engine::clock::VirtualClock;
use tminus::engine::ports::Cast;
use tminus::engine::{Ending, Nature, Setup, SourcesReader, line, simulate};
use tminus::journal::{Genesis, MemoryStore, Store};
use tminus::plan::{bundled, resolve};
use tminus::release::{Event, State, View, Wish, explain};
use tminus::world::sim::{self, SimWorld};
use uuid::Uuid;

/// Somebody adopts the plan, then the world's own people act.
struct Opened<C> {
    adopt: Option<Wish>,
    cast: C,
}

impl<C: Cast> Cast for Opened<C> {
    fn wishes(&mut self, view: &View) -> Vec<(Actor, Wish)> {
        match self.adopt.take() {
            Some(wish) => vec![(Actor::Script("ada@example.com".into()), wish)],
            None => self.cast.wishes(view),
        }
    }
    fn next(&self) -> Option<Timestamp> {
        self.cast.next()
    }
    fn over(&self, view: &View) -> bool {
        self.adopt.is_none() && self.cast.over(view)
    }
}

fn stream() -> ReleaseId {
    ReleaseId::new("payments/prod")
}

fn play(name: &str, seed: u64) -> Ending {
    let script = sim::bundled(name).expect("a bundled world");
    let world = SimWorld::load(name, script, seed).expect("a world that reads");
    let clock = VirtualClock::new(world.start());
    let genesis = Genesis { journal: Uuid::from_u128(u128::from(seed)), test: true, at: world.start() };
    let mut store = MemoryStore::create(genesis).expect("a journal");
    let sources = bundled::demo();
    let resolved = resolve(&sources).expect("the bundled plan");
    let blob = store.put_blob(&sources.to_bytes()).expect("kept");
    let adopt = Wish::AdoptPlan { plan: resolved.plan.digest, sources: blob, matched: Vec::new() };
    let play = world.play(Arc::new(clock.clone()), world.start());
    let setup = Setup {
        store: Box::new(store),
        stream: stream(),
        world: play.world(),
        reader: Arc::new(SourcesReader),
        nature: Nature::Simulated,
        presence: Vec::new(),
        samples: None,
    };
    let cast = Opened { adopt: Some(adopt), cast: world.cast(world.start()) };
    simulate(setup, Box::new(cast), &clock).expect("played")
}

/// What moved the release, one line each, and why it waits at the end.
fn story(name: &str) -> String {
    let ending = play(name, 7);
    let events = ending.store.read(&stream(), 1, 100_000).expect("read");
    let replayed = State::replay(&events);
    assert_eq!(&replayed, &*ending.view.state, "what is read back is what was");
    let matters = |event: &&tminus::release::Recorded| {
        !matches!(
            event.event,
            Some(
                Event::GateStarted { .. }
                    | Event::GateFinished { .. }
                    | Event::ItemTicked { .. }
                    | Event::TrafficObserved { .. }
                    | Event::ApprovalRequested { .. }
            )
        )
    };
    let mut lines: Vec<String> = events
        .iter()
        .filter(matters)
        .map(|event| {
            format!(
                "{} {:<16} {}",
                event.at.strftime("%H:%M:%S"),
                event.actor.name(),
                line(event, &ending.view.plan)
            )
        })
        .collect();
    lines.push(String::new());
    let why = explain(&ending.view.state, &ending.view.plan, ending.view.now);
    lines.extend(why.iter().map(|blocker| format!("{}: {}", blocker.code, blocker.message)));
    lines.join("\n")
}

#[test]
fn a_good_canary_is_promoted() {
    insta::assert_snapshot!(story("good-canary"));
}

#[test]
fn a_bad_canary_is_rolled_back() {
    insta::assert_snapshot!(story("bad-canary"));
}

#[test]
fn a_silent_source_holds() {
    insta::assert_snapshot!(story("no-data"));
}

#[test]
fn a_flapping_canary_holds() {
    insta::assert_snapshot!(story("flapping"));
}

#[test]
fn an_incident_of_both_versions_holds_and_pages_and_rolls_nothing_back() {
    insta::assert_snapshot!(story("shared-incident"));
}

#[test]
fn too_little_traffic_is_asked_about_with_numbers() {
    insta::assert_snapshot!(story("low-traffic"));
}

#[test]
fn the_same_seed_gives_the_same_head_and_another_does_not() {
    let head = |seed| play("bad-canary", seed).head;
    assert_eq!(head(3), head(3));
    assert_ne!(head(3), head(4));
}
