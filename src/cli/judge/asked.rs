//! A time of which the journal kept no samples: the plan's sources are asked for it, with trust as for any other
//! question, and what they say is made into the same record that a live judge keeps.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::SignedDuration;

use crate::base::{Digest, MetricId, Timestamp, Untrusted};
use crate::cli::Context;
use crate::cli::cockpit::runtime;
use crate::cli::exit::{Exit, Failure};
use crate::cli::grants::Grants;
use crate::cli::shelf::{self, Found};
use crate::cli::{metric, worlds};
use crate::engine::ports::{Ask, Numbers, Reading};
use crate::engine::record::Record;
use crate::engine::retrospect;
use crate::journal::{OpenMode, SqliteStore, Store};
use crate::plan::{Metric, Plan, Rollout, Source, SourceKind, Sources};

/// The longest time that is judged: with what is asked of before it, as long as an engine keeps samples.
const LONGEST: SignedDuration = SignedDuration::from_hours(22);
/// So long before it both sides are looked at to see how much they scatter, as an engine does before a release.
const BEFORE: SignedDuration = SignedDuration::from_hours(2);

/// A judged rollout, and its signals with who tells of them.
struct Case<'a> {
    rollout: &'a Rollout,
    signals: Vec<(&'a Metric, &'a Source)>,
}

/// What the sources say of every judged rollout of a release, with the digest of each.
///
/// # Errors
/// When the time is not one to judge, the plan has no judge or is not trusted, or a source does not tell.
pub(super) fn records(
    context: &Context,
    found: &Found,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(Digest, Record)>, Failure> {
    span((from, to), Timestamp::now())?;
    let refused = |error| shelf::refused(&found.journal, &error);
    let store = SqliteStore::open(&found.journal, OpenMode::Read).map_err(refused)?;
    let plan = shelf::adopted(&store, &found.state)?;
    let cases = cases(&plan).map_err(|failure| at_home(failure, &store, found))?;
    Grants::load(&context.home)?.allow(&plan)?;
    let numbers = worlds::of(&context.home, found, &plan)?.ports.numbers;
    let runtime = runtime()?;
    let mut records = Vec::new();
    for Case { rollout, signals } in cases {
        let known = found.state.rollouts.get(&rollout.id).map(|known| known.stages.as_slice());
        let (before, after): (Vec<Timestamp>, Vec<Timestamp>) =
            known.unwrap_or_default().iter().partition(|at| **at <= from);
        let stages: Vec<Timestamp> =
            [from].into_iter().chain(after.into_iter().filter(|at| *at < to)).collect();
        // What both sides showed while they were of two versions already says nothing of chance.
        let start = from.checked_sub(BEFORE).unwrap_or(Timestamp::MIN);
        let start = if before.iter().any(|at| *at > start && *at < from) { from } else { start };
        let answers = runtime.block_on(answers(numbers.as_ref(), &signals, (start, to)))?;
        answers.iter().try_for_each(|(id, reading)| stood_in(&plan, id, reading))?;
        let record = retrospect(&plan, rollout, (&stages, to), answers)
            .ok_or_else(|| Failure::new(Exit::Bug, format!("{} cannot be judged", rollout.id)))?;
        if !record.signals.iter().any(|signal| signal.steps.iter().any(|step| step.both().is_some())) {
            let ids: Vec<String> = signals.iter().map(|(_, source)| source.id.to_string()).collect();
            let message = format!("{} told nothing of both versions in that time", ids.join(" and "));
            return Err(Failure::new(Exit::Unreachable, message)
                .help("look with `tminus metric query` whether the counters of both sides were there then"));
        }
        records.push((Digest::of(record.text()), record));
    }
    Ok(records)
}

/// Refuses a time that cannot be judged, or would be judged otherwise later.
fn span((from, to): (Timestamp, Timestamp), now: Timestamp) -> Result<(), Failure> {
    if to > now {
        return Err(Failure::usage(format!("{to} has not come yet")).help("end with a time that has passed"));
    }
    if from.duration_until(to) > LONGEST {
        return Err(Failure::usage(
            "from --from to --to is more than 22 hours, which no source is asked for",
        )
        .help("judge a shorter time: the hours after a step of the rollout"));
    }
    Ok(())
}

/// Every rollout that has a judge, with who tells of its signals.
fn cases(plan: &Plan) -> Result<Vec<Case<'_>>, Failure> {
    let mut cases = Vec::new();
    for rollout in &plan.rollouts {
        let Some(judge) = &rollout.judge else { continue };
        let signals =
            judge.signals.iter().map(|signal| told(plan, &signal.metric)).collect::<Result<_, _>>()?;
        cases.push(Case { rollout, signals });
    }
    if cases.is_empty() {
        return Err(Failure::new(Exit::Refused, "no rollout of this plan has a judge").word("no-judge").help(
            "write [rollout.NAME.judge] with signals, metrics that count requests of both sides, and open it again",
        ));
    }
    Ok(cases)
}

/// A metric, and its source, which must know the past.
fn told<'a>(plan: &'a Plan, id: &MetricId) -> Result<(&'a Metric, &'a Source), Failure> {
    let metric = plan.metric(id);
    let source =
        metric.and_then(|it| plan.sources.iter().find(|known| Some(&known.id) == it.source.as_ref()));
    let (Some(metric), Some(source)) = (metric, source) else {
        return Err(Failure::new(Exit::Refused, format!("the judge looks at {id}, which has no source"))
            .help(format!("write source = \"...\" in [metric.{id}]")));
    };
    if !remembers(source) {
        let message = format!("{} tells {id} as it is now and nothing of the past", source.id);
        return Err(Failure::new(Exit::Refused, message)
            .help(format!("let [metric.{id}] ask a source with prometheus = \"https://...\"")));
    }
    Ok((metric, source))
}

/// True when a source can be asked for a time that is past.
fn remembers(source: &Source) -> bool {
    matches!(source.kind, SourceKind::Prometheus { .. })
}

/// What each signal's source says; the first that does not tell ends it, as half the signals are no judgement.
async fn answers(
    numbers: &dyn Numbers,
    signals: &[(&Metric, &Source)],
    (from, to): (Timestamp, Timestamp),
) -> Result<BTreeMap<MetricId, Reading>, Failure> {
    let asked = signals.iter().map(|(metric, source)| numbers.read(Ask { source, metric, from, to }));
    let mut answers = BTreeMap::new();
    for ((metric, _), answer) in signals.iter().zip(join_all(asked).await) {
        answers.insert(metric.id.clone(), answer.map_err(metric::failure)?);
    }
    Ok(answers)
}

/// Refuses what stood in for a source and knows only how it is now.
fn stood_in(plan: &Plan, id: &MetricId, reading: &Reading) -> Result<(), Failure> {
    let Some(other) = &reading.instead else { return Ok(()) };
    if plan.sources.iter().any(|source| &source.id == other && remembers(source)) {
        return Ok(());
    }
    let why = reading.notes.iter().map(Untrusted::line).collect::<Vec<_>>().join("; ");
    Err(Failure::new(Exit::Unreachable, format!("nobody told {id} of the past: {why}"))
        .help(format!("{other} stands in only for how it is now; ask again when the source answers")))
}

/// Names the plan's file, which is where such a thing is put right.
fn at_home(failure: Failure, store: &dyn Store, found: &Found) -> Failure {
    let bytes = found.state.sources.and_then(|digest| store.blob(&digest).ok().flatten());
    let sources = bytes.and_then(|bytes| Sources::from_bytes(&bytes).ok());
    let Some(file) = sources.and_then(|sources| sources.plan.or(sources.playbook)) else { return failure };
    let text = String::from_utf8_lossy(&file.bytes);
    let line = (1..).zip(text.lines()).find(|(_, line)| line.trim_start().starts_with("[rollout."));
    failure.at(Untrusted::new(file.name).line(), line.map(|(number, _)| number))
}
