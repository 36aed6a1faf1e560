//! The judges of a rollout over a time that is past: fed with what the sources say of it, as one answer.
//!
//! Invariants: the same judges on the same steps as a live rollout's; the same answers give the same record, whoever
//! answered first and whenever it was asked.

use std::collections::BTreeMap;

use crate::base::{MetricId, Timestamp};
use crate::engine::assessor::bench::Bench;
use crate::engine::assessor::{Assessor, sourced};
use crate::engine::ports::Reading;
use crate::engine::record::Record;
use crate::plan::{Plan, Rollout};

/// What the judges of a rollout rest on from the first of these stages up to a moment; none when it has no judge, no
/// stage, or a signal that no source tells of. What the answers say of the two hours before calibrates the judges.
pub fn retrospect(
    plan: &Plan,
    rollout: &Rollout,
    (stages, to): (&[Timestamp], Timestamp),
    answers: BTreeMap<MetricId, Reading>,
) -> Option<Record> {
    let mut of = Assessor::default();
    let mut notes = Vec::new();
    for (id, answer) in answers {
        let (metric, source) = sourced(plan, &id)?;
        if let Some(why) = &answer.partial {
            notes.push(format!("trouble: the answer for {id} was not whole: {}", why.line()));
        }
        if let Some(other) = &answer.instead {
            notes.push(format!("{other} answered for {id} instead of {}", source.id));
        }
        of.take(metric, source, Ok(answer));
    }
    let mut bench = Bench::new(&of, plan, rollout, stages)?;
    bench.feed(&of, stages, to);
    for seat in &bench.seats {
        notes.push(match seat.calibrated {
            Some(found) => format!("{} scattered {:.2} before", seat.metric, found.phi),
            None => format!("{} is taken to scatter by chance alone", seat.metric),
        });
    }
    Some(Record { rollout: rollout.id.clone(), stages: stages.to_vec(), notes, signals: bench.record(&of) })
}
