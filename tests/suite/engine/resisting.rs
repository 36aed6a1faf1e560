//! A world that resists: routers that say no, ask to wait or change their minds, and people who write beside us.

use std::sync::Arc;

use tminus::base::{Actor, Seconds, Timestamp, Untrusted};
use tminus::engine::clock::VirtualClock;
use tminus::engine::ports::{Cast, Fault};
use tminus::engine::{Ending, simulate};
use tminus::release::{Act, HoldCause, Outcome, RolloutPhase, RolloutState, View, Wish};

use super::world::{Fake, Knobs, Script, adopt, at, journal, plan, promote, roll_back};

/// People who act by a script, and a world that changes at one moment of it.
struct Resisting {
    script: Script,
    fake: Fake,
    when: Timestamp,
    change: Option<fn(&mut Knobs)>,
}

impl Cast for Resisting {
    fn wishes(&mut self, view: &View) -> Vec<(Actor, Wish)> {
        if self.script.clock.now() >= self.when
            && let Some(change) = self.change.take()
        {
            self.fake.set(change);
        }
        self.script.wishes(view)
    }
    fn next(&self) -> Option<Timestamp> {
        self.script.next()
    }
    fn over(&self, _: &View) -> bool {
        self.script.clock.now() >= self.script.ends
    }
}

/// Promotes after a minute; at the given second the world changes and the wishes follow.
fn play((when, change): (i64, fn(&mut Knobs)), wishes: Vec<Wish>, ends: i64) -> (Fake, Ending) {
    let clock = VirtualClock::new(at(0));
    let fake = Fake::new(Arc::new(clock.clone()));
    let note = Wish::Note { item: None, note: Untrusted::from("now") };
    let mut lines = vec![(at(0), adopt()), (at(60), promote()), (at(when), note)];
    lines.extend(wishes.into_iter().map(|wish| (at(when), wish)));
    let script = Script { lines, ends: at(ends), clock: Arc::new(clock.clone()) };
    let cast = Resisting { script, fake: fake.clone(), when: at(when), change: Some(change) };
    let setup = fake.setup(Box::new(journal()), plan());
    let ending = simulate(setup, Box::new(cast), &clock).unwrap();
    (fake, ending)
}

fn rollout(ending: &Ending) -> &RolloutState {
    &ending.view.state.rollouts["payments"]
}

fn first_weight(ending: &Ending) -> (Option<Outcome>, i64) {
    let operations = ending.view.state.operations.values();
    let first = operations
        .filter(|known| matches!(known.act, Act::SetWeight { .. }))
        .min_by_key(|known| known.version)
        .unwrap();
    let took = first.ended.map_or(-1, |ended| ended.as_second() - first.mark.at.as_second());
    (first.outcome, took)
}

fn router() -> String {
    "the router".to_owned()
}

#[test]
fn a_clear_no_ends_a_promotion_without_asking_again() {
    let (fake, ending) =
        play((1, |knobs| knobs.answers.push(Fault::Refused(router(), "forbidden".to_owned()))), vec![], 200);
    assert_eq!(first_weight(&ending).0, Some(Outcome::Failed), "{:#?}", ending.view.recent);
    assert_eq!(fake.get(|knobs| knobs.writes.len()), 1);
    assert!(matches!(rollout(&ending).holds[0].cause, HoldCause::Operation { .. }));
}

#[test]
fn one_that_asks_to_wait_for_longer_than_the_operation_may_take_is_not_waited_for() {
    let (fake, ending) =
        play((1, |knobs| knobs.answers.push(Fault::Throttled(router(), Seconds(3600)))), vec![], 400);
    assert_eq!(first_weight(&ending), (Some(Outcome::Failed), 0), "{:#?}", ending.view.recent);
    assert_eq!(fake.get(|knobs| knobs.writes.len()), 1);
}

#[test]
fn what_moved_since_it_was_read_is_decided_anew_at_once_and_not_for_ever() {
    let conflicts = |knobs: &mut Knobs| {
        knobs
            .answers
            .extend((0..9).map(|_| Fault::Conflict(router(), "another write came first".to_owned())));
    };
    let (fake, ending) = play((1, conflicts), vec![], 200);
    assert_eq!(first_weight(&ending), (Some(Outcome::Failed), 0), "{:#?}", ending.view.recent);
    assert_eq!(fake.get(|knobs| knobs.writes.len()), 5);
}

#[test]
fn a_way_back_that_is_refused_asks_again_until_it_is_let_through() {
    let refuses = |knobs: &mut Knobs| {
        knobs.answers.extend((0..7).map(|_| Fault::Refused(router(), "forbidden".to_owned())));
    };
    let (fake, ending) = play((130, refuses), vec![roll_back()], 200);
    assert_eq!(rollout(&ending).phase, RolloutPhase::RolledBack, "{:#?}", ending.view.recent);
    assert_eq!(fake.get(|knobs| knobs.weight), 0.0);
}

#[test]
fn a_share_that_somebody_else_wrote_holds_the_rollout() {
    let (fake, ending) = play((130, |knobs| knobs.weight = 40.0), vec![], 200);
    assert_eq!(rollout(&ending).holds[0].cause, HoldCause::Drift, "{:#?}", ending.view.recent);
    assert_eq!(fake.get(|knobs| knobs.writes.len()), 1, "nothing is written against it");
}

#[test]
fn what_a_write_suspended_becomes_an_item_or_a_note() {
    let (_, ending) =
        play((130, |knobs| knobs.restore.push("restore auto-sync of shop".into())), vec![roll_back()], 200);
    let told = ending.view.recent.iter().any(|line| line.text.contains("restore auto-sync of shop"));
    assert!(told, "{:#?}", ending.view.recent);
}
