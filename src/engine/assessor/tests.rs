//! What an engine remembers of the one before, and what it may not make of it.

use super::*;
use crate::plan::{bundled, resolve};

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
    let found = resumed.gate(gate, &MetricId::new("error-rate"), &plan, now);
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
