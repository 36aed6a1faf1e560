//! What an engine remembers of the one before, and what it may not make of it.

use super::*;
use crate::analysis::Verdict;
use crate::base::Digest;
use crate::plan::{Watched, bundled, resolve};
use crate::release::{Event, MetricState, Recorded};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).expect("in range")
}

fn plan() -> Plan {
    resolve(&bundled::demo()).expect("the bundled plan").plan
}

fn started() -> State {
    State { started: Some(at(0)), ..State::default() }
}

/// What an engine keeps that saw a bad number every 15 s from the start on.
fn bad_for(plan: &Plan, seconds: i64) -> Kept {
    let id = MetricId::new("error-rate");
    let (metric, source) = sourced(plan, &id).expect("it is read from a source");
    let mut before = Assessor::default();
    let samples = (0..=seconds / 15).map(|n| (at(n * 15), Some(0.05)));
    before.take(metric, source, Ok(Reading::whole(samples)));
    before.kept(plan)
}

/// The phases told of the trigger over the error rate.
fn told(edges: &[Edge]) -> Vec<TriggerPhase> {
    let phase = |edge: &Edge| match &edge.report {
        Report::Trigger { trigger, phase, .. } if trigger.as_str() == "error-rate" => Some(*phase),
        _ => None,
    };
    edges.iter().filter_map(phase).collect()
}

/// The edges after one more answer.
fn after(
    assessor: &mut Assessor,
    plan: &Plan,
    reading: Result<Reading, Fault>,
    now: i64,
) -> Vec<TriggerPhase> {
    let (metric, source) = sourced(plan, &MetricId::new("error-rate")).expect("known");
    assessor.take(metric, source, reading);
    told(&assessor.edges(metric, plan, &started(), at(now)))
}

fn bad_at(second: i64) -> Result<Reading, Fault> {
    Ok(Reading::whole([(at(second), Some(0.05))]))
}

#[test]
fn old_samples_are_shown_as_stale_and_let_nothing_through() {
    let plan = plan();
    let kept = bad_for(&plan, 600);
    let now = at(1500);
    let picture = Assessor::recalled(kept.clone(), &plan).picture(&plan, &started(), now);
    let series = picture.metrics.get("error-rate").expect("it is shown");
    assert_eq!((series.verdict, series.samples.len()), (Verdict::Stale, 41));
    let resumed = Assessor::resumed(kept, &plan);
    let gate = plan.gates.first().expect("a gate");
    let found = resumed.gate(gate, &MetricId::new("error-rate"), (&plan, &started()), now);
    assert_eq!(found.verdict, Verdict::Stale);
}

#[test]
fn time_goes_on_after_a_short_break_and_begins_anew_after_a_long_one() {
    let plan = plan();
    // 105 s of 120 were seen by the engine before.
    let mut short = Assessor::resumed(bad_for(&plan, 105), &plan);
    assert_eq!(after(&mut short, &plan, bad_at(120), 120), [TriggerPhase::Fired]);
    // All of it was, and long ago: neither silence nor one bad number fires.
    let kept = bad_for(&plan, 600);
    let mut long = Assessor::resumed(kept.clone(), &plan);
    let silent = Fault::Unreachable("prom".to_owned(), "refused".to_owned());
    assert_eq!(after(&mut long, &plan, Err(silent), 1500), [TriggerPhase::Unknown]);
    assert_eq!(after(&mut long, &plan, bad_at(1500), 1500), [TriggerPhase::Pending]);
    // An answer without news leaves it at that.
    let mut empty = Assessor::resumed(kept, &plan);
    assert_eq!(after(&mut empty, &plan, Ok(Reading::default()), 1500), [TriggerPhase::Unknown]);
}

#[test]
fn another_question_begins_without_a_past() {
    let mut plan = plan();
    let kept = bad_for(&plan, 60);
    assert_eq!(Assessor::recalled(kept.clone(), &plan).kept(&plan), kept);
    for metric in &mut plan.metrics {
        metric.query = Some("up".to_owned());
    }
    assert!(Assessor::recalled(kept, &plan).kept(&plan).is_empty());
}

#[test]
fn runs_of_a_gate_count_from_the_start_of_the_release_on() {
    let mut plan = plan();
    let gate = plan.gates.first().expect("a gate").clone();
    let trigger = plan.triggers.first_mut().expect("a trigger");
    trigger.id = TriggerId::new("health");
    trigger.when = Watched::Gate { gate: gate.id.clone(), lasting: Seconds(60) };
    let told = |state: &State, ended: i64| -> Vec<TriggerPhase> {
        let edges = Assessor::default().gate_edges(&gate, &plan, state, at(ended));
        let phase = |edge: Edge| match edge.report {
            Report::Trigger { phase, .. } => Some(phase),
            _ => None,
        };
        edges.into_iter().filter_map(phase).collect()
    };
    let mut state = State::default();
    let mut version = 0;
    let mut record = |state: &mut State, second: i64, event: Event| {
        version += 1;
        state.apply(&Recorded {
            version,
            at: at(second),
            actor: crate::base::Actor::Engine,
            assurance: Default::default(),
            via: Default::default(),
            kind: String::new(),
            hash: Digest::of(""),
            event: Some(event),
        });
    };
    let id = || gate.id.clone();
    let mut run = |state: &mut State, number: u32, second: i64, verdict: Verdict| {
        record(state, second, Event::GateStarted { gate: id(), run: number });
        let end = Event::GateFinished {
            gate: id(),
            run: number,
            verdict,
            summary: Default::default(),
            evidence: None,
            took_ms: 1,
        };
        record(state, second, end);
        if number == 1 {
            record(state, 600, Event::ReleaseStarted { first_release: false });
        }
    };
    // It failed ten minutes before the start, and never since.
    run(&mut state, 1, 0, Verdict::Fail);
    assert_eq!(told(&state, 600), []);
    run(&mut state, 2, 630, Verdict::Fail);
    assert_eq!(told(&state, 630), [TriggerPhase::Pending]);
    // However many runs there are, the row is as long as it is, and the state keeps the newest.
    for number in 3..60 {
        run(&mut state, number, 630, Verdict::Error);
    }
    let known = &state.gates[&gate.id];
    assert_eq!((known.runs.len(), known.count()), (crate::release::GateState::KEPT, 59));
    assert_eq!(told(&state, 690), [TriggerPhase::Fired]);
    run(&mut state, 60, 700, Verdict::Pass);
    assert_eq!(told(&state, 700), []);
}

#[test]
fn a_number_that_comes_and_goes_is_told_as_bad_and_not_at_every_sample() {
    let plan = plan();
    let (metric, source) = sourced(&plan, &MetricId::new("error-rate")).expect("known");
    let (mut assessor, mut state, mut verdicts) = (Assessor::default(), started(), Vec::new());
    for n in 0..40 {
        let value = if n < 20 && n % 2 == 1 { 0.05 } else { 0.0001 };
        assessor.take(metric, source, Ok(Reading::whole([(at(n * 15), Some(value))])));
        for edge in assessor.edges(metric, &plan, &state, at(n * 15)) {
            if let Report::Assessed { verdict, since, value, .. } = edge.report {
                verdicts.push(verdict);
                state.metrics.insert(metric.id.clone(), MetricState { verdict, since, value });
            }
        }
    }
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail, Verdict::Pass]);
}
