//! The single writer.

use std::sync::Arc;

use tminus::base::{Digest, OperationId};
use tminus::engine::PlanReader;
use tminus::engine::client::Reply;
use tminus::engine::dispatcher::Dispatcher;
use tminus::journal::Store;
use tminus::plan::Plan;
use tminus::release::{Act, Input, Outcome, RefusalCode, Report, RolloutPhase, State, Wish};

use super::world::{Fixed, adopt, at, command, input, journal, plan, promote, roll_back, stream};

fn open(store: impl Store + 'static) -> Dispatcher {
    Dispatcher::open(Box::new(store), stream(), Arc::new(Fixed(plan()))).unwrap()
}

fn ready() -> Report {
    Report::Readiness { rollout: "payments".into(), version: "3.1.4".to_owned(), ready: 10, of: 10 }
}

/// Adopted, ready to go back to 3.1.4, and on its way to the first step.
fn under_way(writer: &mut Dispatcher) {
    let done = |answered: tminus::engine::dispatcher::Answered| {
        assert!(matches!(answered.reply, Reply::Done { .. }), "{:?}", answered.reply);
    };
    done(writer.submit(&input(1, "ada", adopt()), at(1)));
    done(writer.submit(&Input::Report(ready()), at(2)));
    done(writer.submit(&input(2, "ada", promote()), at(3)));
}

fn open_operations(state: &State) -> Vec<(OperationId, Act)> {
    let open = state.operations.iter().filter(|(_, known)| known.outcome.is_none());
    open.map(|(id, known)| (id.clone(), known.act.clone())).collect()
}

#[test]
fn a_command_that_comes_twice_is_done_once_and_answers_the_same() {
    let mut writer = open(journal());
    let first = writer.submit(&input(1, "ada", adopt()), at(1));
    let version = writer.state().version;
    let second = writer.submit(&input(1, "ada", adopt()), at(9));
    assert_eq!(first.reply, second.reply);
    assert_eq!(writer.state().version, version);
    let Reply::Done { lines, .. } = first.reply else { panic!("refused") };
    assert!(lines.iter().any(|line| line.contains("payments 3.2.0")), "{lines:?}");
}

#[test]
fn the_same_inputs_give_the_same_head() {
    let run = || {
        let mut writer = open(journal());
        under_way(&mut writer);
        writer.state().head
    };
    assert_eq!(run(), run());
}

#[test]
fn what_is_folded_is_what_is_recorded() {
    let store = journal();
    let mut writer = open(store.another());
    under_way(&mut writer);
    let events = store.read(&stream(), 1, 1000).unwrap();
    assert_eq!(&State::replay(&events), &**writer.state());
}

#[test]
fn a_conflict_is_decided_anew_on_what_the_other_recorded() {
    let store = journal();
    let mut ours = open(store.another());
    under_way(&mut ours);
    let mut theirs = open(store.another());
    let note = Wish::Note { item: None, note: "look".into() };
    theirs.submit(&input(20, "bo", note), at(4));
    // Ours has not seen the note; its own batch lands after it.
    let answered = ours.submit(&input(21, "ada", roll_back()), at(5));
    assert!(matches!(answered.reply, Reply::Done { .. }), "{:?}", answered.reply);
    let events = store.read(&stream(), 1, 1000).unwrap();
    assert_eq!(&State::replay(&events), &**ours.state());
}

/// Sources are the name of the plan's digest; "sources" is the plan of this file.
struct ByName;

impl PlanReader for ByName {
    fn read(&self, sources: &[u8]) -> Result<Plan, String> {
        let mut found = plan();
        if sources != b"sources" {
            found.digest = Digest::of(sources);
            found.sources_digest = found.digest;
            found.triggers.clear();
        }
        Ok(found)
    }
}

#[test]
fn a_conflict_with_a_new_plan_is_decided_on_the_new_plan() {
    let store = journal();
    let writer = || Dispatcher::open(Box::new(store.another()), stream(), Arc::new(ByName)).unwrap();
    let mut ours = writer();
    under_way(&mut ours);
    let mut theirs = writer();
    let sources = theirs.keep(b"another").unwrap();
    let wish = Wish::AdoptPlan { plan: Digest::of("another"), sources, matched: Vec::new() };
    let answered = theirs.submit(&input(20, "bo", wish), at(4));
    assert!(matches!(answered.reply, Reply::Done { .. }), "{:?}", answered.reply);
    // A report does not read what others recorded before it is decided: its batch meets theirs.
    let fewer =
        Report::Readiness { rollout: "payments".into(), version: "3.1.4".to_owned(), ready: 9, of: 10 };
    ours.submit(&Input::Report(fewer), at(5));
    assert_eq!(ours.state().plan, Some(ours.plan().digest));
    assert!(ours.plan().triggers.is_empty());
}

#[test]
fn two_people_who_roll_back_at_once_make_one_operation() {
    let store = journal();
    let mut ours = open(store.another());
    under_way(&mut ours);
    let mut theirs = open(store.another());
    theirs.submit(&input(20, "bo", roll_back()), at(4));
    let answered = ours.submit(&input(21, "ada", roll_back()), at(4));
    assert!(matches!(answered.reply, Reply::Done { .. }), "{:?}", answered.reply);
    let back: Vec<_> = ours
        .state()
        .operations
        .values()
        .filter(|known| matches!(known.act, Act::SetWeight { step: 0, .. }))
        .collect();
    assert_eq!(back.len(), 1);
    assert_eq!(back[0].mark.by.name(), "bo");
}

#[test]
fn a_hazardous_wish_on_an_old_screen_is_refused_after_a_conflict() {
    let store = journal();
    let mut ours = open(store.another());
    under_way(&mut ours);
    let seen = ours.state().version;
    let mut theirs = open(store.another());
    theirs.submit(&input(20, "bo", Wish::Hold { rollout: None, reason: "wait".into() }), at(4));
    let mut wish = command(21, "ada", Wish::Resume { rollout: None });
    wish.seen = Some(seen);
    let answered = ours.submit(&Input::Command(wish), at(5));
    let Reply::Refused(refusal) = answered.reply else { panic!("not refused: {:?}", answered.reply) };
    assert_eq!(refusal.code, RefusalCode::Moved);
    assert!(refusal.message.contains("bo"), "{}", refusal.message);
}

#[test]
fn an_intent_is_fenced_by_a_higher_epoch_and_only_by_that() {
    let store = journal();
    let mut ours = open(store.another());
    under_way(&mut ours);
    let (deploy, _) = open_operations(ours.state()).remove(0);
    assert!(!ours.may_send(&deploy).unwrap(), "nobody took the release yet");
    ours.take(at(4)).unwrap();
    assert!(ours.may_send(&deploy).unwrap());
    // A person who could not reach this engine takes over elsewhere.
    let mut theirs = open(store.another());
    theirs.submit(&input(20, "bo", roll_back()), at(5));
    assert!(!ours.may_send(&deploy).unwrap());
    let (back, act) = open_operations(ours.state()).remove(0);
    assert!(matches!(act, Act::SetWeight { step: 0, .. }));
    assert!(!ours.may_send(&back).unwrap(), "who raised the epoch carries it out");
    theirs.take(at(6)).unwrap();
    assert!(theirs.may_send(&back).unwrap());
}

#[test]
fn a_rollback_through_this_writer_goes_on_under_its_own_epoch() {
    let mut ours = open(journal());
    under_way(&mut ours);
    ours.take(at(4)).unwrap();
    let (deploy, _) = open_operations(ours.state()).remove(0);
    ours.submit(&input(20, "ada", roll_back()), at(5));
    assert!(!ours.may_send(&deploy).unwrap(), "what was in flight is superseded");
    assert_eq!(ours.state().operations[&deploy].outcome, Some(Outcome::Superseded));
    let (back, _) = open_operations(ours.state()).remove(0);
    assert!(ours.may_send(&back).unwrap());
    assert_eq!(ours.state().rollouts["payments"].phase, RolloutPhase::RollingBack);
}

#[test]
fn a_plan_whose_sources_say_otherwise_is_refused() {
    let mut writer = open(journal());
    let wish = Wish::AdoptPlan {
        plan: tminus::base::Digest::of("another plan"),
        sources: tminus::base::Digest::of("sources"),
        matched: Vec::new(),
    };
    let answered = writer.submit(&input(1, "ada", wish), at(1));
    let Reply::Refused(refusal) = answered.reply else { panic!("not refused") };
    assert!(refusal.message.contains("its sources give plan"), "{}", refusal.message);
    assert_eq!(writer.state().version, 0);
}
