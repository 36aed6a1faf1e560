//! `tminus judge --from --to`: what the judge said of a release, judged again from the samples kept in its journal, or
//! from what the plan's sources say of that time.
//!
//! The same record gives the same log every time; its digest is printed beside it, as the journal has it.

use serde::Serialize;

use crate::analysis::judge::{Decision, Judge, Ruling};
use crate::analysis::sequential;
use crate::base::{Digest, MetricId, RolloutId, Timestamp};
use crate::cli::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::judge::asked;
use crate::cli::shelf::{self, Found, Kind};
use crate::engine::record::{Record, SignalRecord, begun};
use crate::journal::{OpenMode, SqliteStore, Store};
use crate::release::Event;

/// How many events are read at a time.
const PAGE: usize = 1000;

/// Judges what was recorded of a release.
#[derive(Debug, clap::Args)]
pub struct Past {
    /// Judge samples from this moment on, RFC 3339
    #[arg(long, value_name = "TIME", requires = "to")]
    from: Option<Timestamp>,
    /// Up to this moment
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<Timestamp>,
    /// Ask the plan's sources, though the journal kept samples of that time; without any it asks anyway
    #[arg(long, requires = "from")]
    ask: bool,
}

/// Where samples came from.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Basis {
    Journal,
    Sources,
}

/// One line of the log.
#[derive(Debug, Serialize)]
struct Line<'a> {
    t: Timestamp,
    rollout: &'a RolloutId,
    metric: &'a MetricId,
    decision: Decision,
    log_e_bad: f64,
    log_e_ok: f64,
    ratio: sequential::Ratio,
    reason: String,
    inputs: Digest,
    basis: Basis,
    /// What was wrong with the samples.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    troubles: Vec<&'a str>,
}

impl Past {
    /// Judges, and prints the log: the first ruling of each signal, each that changes its decision, and the last.
    ///
    /// # Errors
    /// When there is no release, nothing was ruled in that time and nobody can be asked, or a source does not tell.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let (Some(from), Some(to)) = (self.from, self.to) else {
            return Err(Failure::usage("from when to when is not said")
                .help("write --from and --to, or one of the verbs `ratio` and `compare`"));
        };
        if from >= to {
            return Err(Failure::usage("the time ends before it begins")
                .help("write the earlier time after --from and the later after --to"));
        }
        let found = shelf::to_read(&context.home, context.release.as_deref())?;
        let kept = if self.ask { Vec::new() } else { records(&found, (from, to))? };
        let (basis, records) = match (kept.is_empty(), found.kind) {
            (false, _) => (Basis::Journal, kept),
            (true, Kind::Live) => (Basis::Sources, asked::records(context, &found, (from, to))?),
            (true, Kind::World | Kind::Demo) => return Err(nothing(self.ask)),
        };
        for (inputs, record) in &records {
            for signal in &record.signals {
                for (at, ruling) in rulings(record, signal, (from, to))? {
                    print(context, (*inputs, record, signal, basis), at, &ruling)?;
                }
            }
            troubles(record).for_each(|trouble| context.out.remark(trouble));
        }
        if matches!(basis, Basis::Sources) {
            context.out.remark("judged from what the sources say now; the journal was not read for it");
        }
        Ok(Exit::Ok)
    }
}

/// Why a simulated release says nothing: it has no sources that could be asked.
fn nothing(ask: bool) -> Failure {
    let message = if ask {
        "a simulated release has no sources to ask for the past"
    } else {
        "the judge ruled on nothing in that time"
    };
    Failure::new(Exit::Refused, message)
        .word("unknown")
        .help("name a time in which a rollout with a judge was under way; `tminus log` shows what it said")
}

/// What was wrong with the samples of a record.
fn troubles(record: &Record) -> impl Iterator<Item = &str> {
    record.notes.iter().filter_map(|note| note.strip_prefix("trouble: "))
}

/// The newest record of each rollout that was ruled on in that time, with its digest.
fn records(found: &Found, (from, to): (Timestamp, Timestamp)) -> Result<Vec<(Digest, Record)>, Failure> {
    let refused = |error| shelf::refused(&found.journal, &error);
    let store = SqliteStore::open(&found.journal, OpenMode::Read).map_err(refused)?;
    let mut newest: Vec<(RolloutId, Digest)> = Vec::new();
    let mut next = 1;
    loop {
        let page = store.read(&found.stream, next, PAGE).map_err(refused)?;
        for recorded in &page {
            next = recorded.version + 1;
            let Some(Event::Ruled { rollout, ruling }) = &recorded.event else { continue };
            if recorded.at < from || recorded.at > to {
                continue;
            }
            newest.retain(|(known, _)| known != rollout);
            newest.push((rollout.clone(), ruling.inputs));
        }
        if page.len() < PAGE {
            break;
        }
    }
    let mut records = Vec::new();
    for (rollout, inputs) in newest {
        let gone = |why: String| {
            Failure::new(Exit::Refused, format!("the samples behind the ruling on {rollout} {why}"))
                .word("evidence")
                .help("`tminus verify` says what else the journal lacks")
        };
        let bytes = store.blob(&inputs).map_err(refused)?.ok_or_else(|| gone("were not kept".to_owned()))?;
        let text = String::from_utf8(bytes).map_err(|_| gone("are no text".to_owned()))?;
        let record = Record::read(&text).map_err(|error| gone(format!("cannot be read: {error}")))?;
        records.push((inputs, record));
    }
    Ok(records)
}

/// What a signal's judge says of the steps in that time.
fn rulings(
    record: &Record,
    signal: &SignalRecord,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(Timestamp, Ruling)>, Failure> {
    let within = |at: Timestamp| at >= from && at <= to;
    let stages: Vec<Timestamp> = record.stages.iter().copied().filter(|at| within(*at)).collect();
    let fit = begun(signal.settings, &stages);
    let mut judge: Judge = fit.map_err(|error| Failure::usage(error.to_string()))?;
    let mut later = stages.iter().skip(1).peekable();
    let mut out: Vec<(Timestamp, Ruling)> = Vec::new();
    let mut last = None;
    for step in signal.steps.iter().filter(|step| within(step.at)) {
        while let Some(stage) = later.next_if(|stage| **stage <= step.at) {
            judge.stage(*stage);
        }
        let before = judge.decision();
        if judge.take(*step) != before || out.is_empty() {
            out.push((step.at, judge.ruling()));
        }
        last = Some(step.at);
    }
    if let Some(at) = last.filter(|at| out.last().is_some_and(|(ruled, _)| ruled != at)) {
        out.push((at, judge.ruling()));
    }
    Ok(out)
}

fn print(
    context: &Context,
    (inputs, record, signal, basis): (Digest, &Record, &SignalRecord, Basis),
    at: Timestamp,
    ruling: &Ruling,
) -> Result<(), Failure> {
    if context.out.is_json() {
        return context.out.json(&Line {
            t: at,
            rollout: &record.rollout,
            metric: &signal.metric,
            decision: ruling.decision,
            log_e_bad: ruling.log_e_bad,
            log_e_ok: ruling.log_e_ok,
            ratio: ruling.ratio,
            reason: ruling.to_string(),
            inputs,
            basis,
            troubles: troubles(record).collect(),
        });
    }
    context.out.text(format!(
        "{at}  {} {:<12} {:<9}  worse {:6.2}  fine {:6.2}  {ruling}  [{}]",
        record.rollout,
        signal.metric,
        ruling.decision,
        ruling.log_e_bad,
        ruling.log_e_ok,
        inputs.short()
    ))
}
