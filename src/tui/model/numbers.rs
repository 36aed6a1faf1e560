//! What the screens say of numbers and of where they come from. Pure; nothing here draws.

use super::facts::{Look, verdict_look};
use crate::analysis::{Quality, Verdict};
use crate::base::{SourceId, Timestamp};
use crate::plan::{Metric, Source};
use crate::release::{Series, View};
use crate::tui::theme::Symbols;

/// A source that has not answered for so many seconds is silent, however seldom it is asked.
const SILENT: i64 = 60;

/// The word for how good an answer was; none when it was good.
pub fn quality_word(quality: Quality) -> Option<&'static str> {
    match quality {
        Quality::Ok => None,
        Quality::WarmUp => Some("warm-up"),
        Quality::NoTraffic => Some("no traffic"),
        Quality::NoSeries => Some("no series"),
        Quality::Stale => Some("stale"),
        Quality::Partial => Some("partial"),
        Quality::Error => Some("error"),
    }
}

/// How a metric stands: its verdict, or why there is none.
pub fn metric_look(series: Option<&Series>, symbols: &Symbols) -> Look {
    let verdict = series.map_or(Verdict::NoData, |series| series.verdict);
    let look = verdict_look(verdict, symbols);
    let why = series.filter(|_| !verdict.is_known()).and_then(|series| quality_word(series.quality));
    Look { word: why.unwrap_or(look.word), ..look }
}

/// The newest number of a metric that counts.
pub fn newest(series: Option<&Series>) -> Option<f64> {
    let series = series.filter(|series| series.verdict.is_known())?;
    series.samples.iter().rev().find_map(|(_, value)| *value)
}

/// What to do about a metric that is not told well; none when it is.
pub fn advice(view: &View, metric: &Metric, now: Timestamp) -> Option<String> {
    let series = view.seen.metrics.get(&metric.id);
    let reason = series.map(|series| series.reason.line()).filter(|reason| !reason.is_empty());
    let with = |todo: String| match &reason {
        Some(reason) => format!("{reason}: {todo}"),
        None => todo,
    };
    let Some(id) = &metric.source else {
        let typed = series.is_some_and(|series| series.quality == Quality::Ok && series.verdict.is_known());
        return (!typed).then(|| "nobody measures it: type the number that you read".to_owned());
    };
    let silent = silences(view, now).into_iter().find(|silence| &silence.source == id);
    let quality = series.map_or(Quality::NoSeries, |series| series.quality);
    match (quality, silent) {
        (Quality::Ok | Quality::WarmUp | Quality::NoTraffic | Quality::Partial, _) | (_, None) => {
            match quality {
                Quality::Ok if series.is_some_and(|series| series.verdict.is_known()) => None,
                Quality::Ok => reason,
                Quality::WarmUp => Some("so soon after a step numbers do not count: wait".to_owned()),
                Quality::NoTraffic => {
                    Some(with("wait for requests, or give the canary a larger share".to_owned()))
                }
                Quality::NoSeries => {
                    Some(with(format!("look at the query's names and labels, and whether {id} scrapes it")))
                }
                Quality::Stale => Some(with(format!("look whether {id} still scrapes the service"))),
                Quality::Partial => Some(with("it is never green while a part is missing".to_owned())),
                Quality::Error => Some(with(format!("look at the query, and at {id}"))),
            }
        }
        (_, Some(silence)) => Some(silence.todo()),
    }
}

/// A source that does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Which.
    pub source: SourceId,
    /// For how many seconds; none when it never answered.
    pub lasting: Option<i64>,
    /// Whom to turn to.
    pub owner: Option<String>,
    /// The source that is asked instead and answers.
    pub instead: Option<SourceId>,
    /// What was wrong last; empty when it just does not answer.
    pub why: String,
}

impl Silence {
    /// What is so and what to do, in one sentence.
    pub fn todo(&self) -> String {
        let why = if self.why.is_empty() { String::new() } else { format!(" ({})", self.why) };
        let source = &self.source;
        match (&self.instead, &self.owner) {
            (Some(instead), Some(owner)) => {
                format!("{source} is silent{why}; {instead} answers instead; tell {owner}")
            }
            (Some(instead), None) => format!("{source} is silent{why}; {instead} answers instead"),
            (None, Some(owner)) => format!("{source} is silent{why}; ask {owner}"),
            (None, None) => format!("{source} is silent{why}; nobody is named for it in the plan"),
        }
    }
}

/// The sources that do not answer, those that nobody stands in for first.
pub fn silences(view: &View, now: Timestamp) -> Vec<Silence> {
    let planned = |id: &SourceId| view.plan.sources.iter().find(|source| &source.id == id);
    let every = |source: Option<&Source>| source.map_or(0, |source| source.every.signed());
    let answers = |id: &SourceId| {
        view.health.sources.get(id).is_some_and(|known| {
            let age = known.good.map(|good| now.as_second() - good.as_second());
            known.fault.is_none() && age.is_some_and(|age| age <= SILENT.max(3 * every(planned(id))))
        })
    };
    let mut all: Vec<Silence> = view
        .health
        .sources
        .iter()
        .filter(|(id, _)| !answers(id))
        .map(|(id, known)| Silence {
            source: id.clone(),
            lasting: known.good.map(|good| (now.as_second() - good.as_second()).max(0)),
            owner: planned(id).and_then(|source| source.owner.clone()),
            instead: planned(id).and_then(|source| source.fallback.clone()).filter(|other| answers(other)),
            why: known.fault.as_ref().map(|fault| fault.line()).unwrap_or_default(),
        })
        .collect();
    all.sort_by_key(|silence| silence.instead.is_some());
    all
}
