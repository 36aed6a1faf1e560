//! Whole releases on a virtual clock.

use std::sync::Arc;

use tminus::analysis::Verdict;
use tminus::base::Timestamp;
use tminus::engine::clock::VirtualClock;
use tminus::engine::{End, Ending, SamplesCache, simulate};
use tminus::release::{Act, Event, HoldCause, Outcome, Recorded, RolloutPhase, Status, TriggerPhase, Wish};

use super::world::{Fake, Script, adopt, at, journal, plan, promote, roll_back, stream};

/// Plays these lines against this world until `ends`.
fn play(fake: &Fake, clock: &VirtualClock, mut lines: Vec<(Timestamp, Wish)>, ends: i64) -> Ending {
    lines.insert(0, (at(0), adopt()));
    let script = Script { lines, ends: at(ends), clock: Arc::new(clock.clone()) };
    simulate(fake.setup(Box::new(journal()), plan()), Box::new(script), clock).unwrap()
}

fn world() -> (Fake, VirtualClock) {
    let clock = VirtualClock::new(at(0));
    (Fake::new(Arc::new(clock.clone())), clock)
}

fn events(ending: &Ending) -> Vec<Recorded> {
    ending.store.read(&stream(), 1, 100_000).unwrap()
}

fn count(ending: &Ending, wanted: impl Fn(&Event) -> bool) -> usize {
    events(ending).iter().filter(|recorded| recorded.event.as_ref().is_some_and(&wanted)).count()
}

#[test]
fn a_good_canary_goes_all_the_way_and_is_read_back_at_each_step() {
    let (fake, clock) = world();
    let ending = play(&fake, &clock, vec![(at(60), promote())], 1200);
    assert_eq!(ending.why, End::Over);
    assert_eq!(ending.view.state.status, Status::Watching, "{:#?}", ending.view.recent);
    let written: Vec<f64> = fake.get(|knobs| knobs.writes.iter().map(|(weight, _)| *weight).collect());
    assert_eq!(written, [25.0, 100.0]);
    assert_eq!(fake.get(|knobs| knobs.deploys), 1);
    let rollout = &ending.view.state.rollouts["payments"];
    assert_eq!(rollout.configured.map(|weight| weight.value()), Some(100.0));
    assert_eq!(ending.view.state.metrics["error-rate"].verdict, Verdict::Pass);
    assert_eq!(ending.events, events(&ending).len() as u64);
}

#[test]
fn the_same_play_gives_the_same_head() {
    let head = || {
        let (fake, clock) = world();
        play(&fake, &clock, vec![(at(60), promote())], 1200).head
    };
    assert!(head().is_some());
    assert_eq!(head(), head());
}

#[test]
fn a_bad_canary_is_rolled_back_after_its_minute_by_sample_time() {
    let (fake, clock) = world();
    let knobs = fake.clone();
    let lines = vec![(at(60), promote())];
    knobs.set(|knobs| knobs.error_rate = 0.05);
    let ending = play(&fake, &clock, lines, 1200);
    let state = &ending.view.state;
    assert_eq!(state.status, Status::RolledBack, "{:#?}", ending.view.recent);
    assert_eq!(state.triggers["error-rate"].phase, TriggerPhase::Fired);
    assert_eq!(fake.get(|knobs| knobs.weight), 0.0);
    assert_eq!(count(&ending, |event| matches!(event, Event::RollbackStarted { .. })), 1);
    let log = events(&ending);
    let time = |wanted: &dyn Fn(&Event) -> bool| {
        log.iter().find(|recorded| recorded.event.as_ref().is_some_and(wanted)).unwrap().at.as_second()
    };
    let pending = time(&|event| matches!(event, Event::TriggerMoved { to: TriggerPhase::Pending, .. }));
    let fired = time(&|event| matches!(event, Event::TriggerMoved { to: TriggerPhase::Fired, .. }));
    assert!((45..=75).contains(&(fired - pending)), "fired {} s after pending", fired - pending);
}

#[test]
fn with_no_data_the_blind_rule_holds_and_nothing_is_promoted() {
    let (fake, clock) = world();
    fake.set(|knobs| knobs.silent = true);
    let ending = play(&fake, &clock, vec![(at(60), promote())], 2400);
    let rollout = &ending.view.state.rollouts["payments"];
    assert!(rollout.holds.iter().any(|hold| hold.cause == HoldCause::Blind), "{:#?}", ending.view.recent);
    assert_eq!(rollout.step, 1);
    assert!(!ending.view.state.metrics.contains_key("error-rate"), "it never said anything");
    let written: Vec<f64> = fake.get(|knobs| knobs.writes.iter().map(|(weight, _)| *weight).collect());
    assert_eq!(written, [25.0]);
}

#[test]
fn a_person_who_rolls_back_gets_the_traffic_back_in_the_same_second() {
    let (fake, clock) = world();
    let ending = play(&fake, &clock, vec![(at(60), promote()), (at(130), roll_back())], 600);
    let state = &ending.view.state;
    assert_eq!(state.rollouts["payments"].phase, RolloutPhase::RolledBack, "{:#?}", ending.view.recent);
    let back = state.rollouts["payments"].rollback.as_ref().unwrap();
    assert_eq!(back.done.map(|done| done.as_second()), Some(at(130).as_second()));
    assert!(back.proven);
}

#[test]
fn a_rollback_does_not_wait_for_a_router_that_cannot_be_read() {
    let (fake, clock) = world();
    let breaks = fake.clone();
    // The router stops answering questions; it still takes orders.
    let lines = vec![(at(60), promote()), (at(130), roll_back())];
    let ending = {
        struct Breaks(Script, Fake);
        impl tminus::engine::ports::Cast for Breaks {
            fn wishes(&mut self, view: &tminus::release::View) -> Vec<(tminus::base::Actor, Wish)> {
                if self.0.clock.now() >= at(130) {
                    self.1.set(|knobs| knobs.unreadable = true);
                }
                self.0.wishes(view)
            }
            fn next(&self) -> Option<Timestamp> {
                self.0.next()
            }
            fn over(&self, _: &tminus::release::View) -> bool {
                self.0.clock.now() >= self.0.ends
            }
        }
        let mut all = lines;
        all.insert(0, (at(0), adopt()));
        let script = Script { lines: all, ends: at(200), clock: Arc::new(clock.clone()) };
        let cast = Breaks(script, breaks);
        simulate(fake.setup(Box::new(journal()), plan()), Box::new(cast), &clock).unwrap()
    };
    assert_eq!(fake.get(|knobs| knobs.weight), 0.0, "the order was sent");
    let state = &ending.view.state;
    assert_ne!(state.rollouts["payments"].phase, RolloutPhase::RolledBack, "nobody read it back");
}

#[test]
fn a_refused_conditional_write_is_read_and_tried_anew() {
    let (fake, clock) = world();
    fake.set(|knobs| knobs.refuse_writes = 2);
    let ending = play(&fake, &clock, vec![(at(60), promote())], 200);
    assert_eq!(ending.view.state.rollouts["payments"].step, 1, "{:#?}", ending.view.recent);
    assert_eq!(fake.get(|knobs| knobs.writes.len()), 3);
}

#[test]
fn an_answer_that_is_lost_is_settled_by_reading_and_written_once() {
    let (fake, clock) = world();
    fake.set(|knobs| knobs.lose_answers = 1);
    let ending = play(&fake, &clock, vec![(at(60), promote())], 200);
    assert_eq!(ending.view.state.rollouts["payments"].step, 1, "{:#?}", ending.view.recent);
    assert_eq!(fake.get(|knobs| knobs.writes.len()), 1);
    let moved =
        ending.view.state.operations.values().find(|known| matches!(known.act, Act::SetWeight { .. }));
    assert_eq!(moved.and_then(|known| known.outcome), Some(Outcome::Done));
}

#[test]
fn a_gate_takes_the_time_of_the_world_and_not_more_than_its_own() {
    let (fake, clock) = world();
    fake.set(|knobs| knobs.gate_takes = 30);
    let ending = play(&fake, &clock, vec![(at(10), Wish::RunGate { gate: "tests".into() })], 300);
    let run = &ending.view.state.gates["tests"].runs[0];
    assert_eq!(run.verdict, Some(Verdict::Pass));
    assert_eq!(run.ended.map(|ended| ended.as_second()), Some(at(40).as_second()));

    let (fake, clock) = world();
    fake.set(|knobs| knobs.gate_takes = 1000);
    let ending = play(&fake, &clock, vec![(at(10), Wish::RunGate { gate: "tests".into() })], 300);
    let run = &ending.view.state.gates["tests"].runs[0];
    assert_eq!(run.verdict, Some(Verdict::Error));
    assert_eq!(run.ended.map(|ended| ended.as_second()), Some(at(70).as_second()));
}

#[test]
fn a_check_that_breaks_down_is_an_error_and_not_an_end() {
    let (fake, clock) = world();
    fake.set(|knobs| knobs.panics = true);
    let ending = play(&fake, &clock, vec![(at(10), Wish::RunGate { gate: "tests".into() })], 60);
    let run = &ending.view.state.gates["tests"].runs[0];
    assert_eq!(run.verdict, Some(Verdict::Error));
    assert!(run.summary.line().contains("broke down"), "{:?}", run.summary);
}

#[test]
fn the_next_engine_goes_on_with_the_samples_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let cache = SamplesCache::of(folder.path(), uuid::Uuid::nil(), &stream());
    let (fake, clock) = world();
    let script = |lines, ends| Script { lines, ends: at(ends), clock: Arc::new(clock.clone()) };
    let mut setup = fake.setup(Box::new(journal()), plan());
    setup.samples = Some(cache.clone());
    let first = simulate(setup, Box::new(script(vec![(at(0), adopt())], 300)), &clock).unwrap();
    let before = first.view.seen.metrics["error-rate"].samples.clone();
    assert!(before.len() > 10, "{before:?}");

    let mut setup = fake.setup(first.store, plan());
    setup.samples = Some(cache);
    let second = simulate(setup, Box::new(script(Vec::new(), 360)), &clock).unwrap();
    let samples = second.view.seen.metrics["error-rate"].samples.clone();
    assert!(samples.len() > before.len() && samples.starts_with(&before), "{samples:?}");
}
