//! Pages of metrics as programs show them: looked at again and again, counters by their growth.
//!
//! A query is a selector, or `sum` of one. A gauge is the number itself; a counter is how fast it grows, a second.
//! Metrics of one page share a look at it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync;

use crate::analysis::Quality;
use crate::analysis::counter::Count;
use crate::analysis::histogram::same;
use crate::base::Timestamp;
use crate::engine::ports::{Ask, Clock, DEADLINE, Fault, Numbers, Reading};
use crate::plan::{Histogram, SourceKind};
use crate::world::http::{Http, Limits, address, place};

use super::buckets;
use super::counts::Part;
use super::exposition::{self, Dialect, Exposition, Kind, Labels, Sample};
use super::looks::{Counter, Look, Looks, Seen, Show, What};
use super::promql::{Counted, Selector};
use super::sides::Side;

/// What we would like to get, best first.
const KINDS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

/// A page, as it was read.
#[derive(Clone, Debug)]
pub struct Page {
    /// What it says.
    pub exposition: Arc<Exposition>,
    /// The server's clock, when it told.
    pub server_time: Option<Timestamp>,
}

/// Reads a page once.
///
/// # Errors
/// Who did not answer, refused, or showed what is no page of metrics.
pub async fn scrape(http: &Http, url: &str) -> Result<Page, Fault> {
    let url = address(url)?;
    let name = place(&url);
    let limits = Limits { time: Duration::from_secs(DEADLINE.0), body: exposition::Limits::USUAL.bytes };
    let answer = http.get_as(url, KINDS, limits).await?;
    let foreign = |why: String| Fault::Foreign(name.clone(), why);
    match answer.status {
        200 => {}
        401 | 403 => {
            let why = format!("HTTP {}: it asks who we are; say so in config.toml", answer.status);
            return Err(Fault::Refused(name, why));
        }
        500..=599 => return Err(Fault::Unreachable(name, format!("HTTP {}", answer.status))),
        status => return Err(foreign(format!("HTTP {status} where a page of metrics was meant"))),
    }
    if answer.cut {
        return Err(foreign(format!("more than {} MiB", limits.body >> 20)));
    }
    let dialect = Dialect::of(&answer.kind).ok_or_else(|| {
        foreign(format!("{} where text was meant; let the exporter show its text format", answer.kind))
    })?;
    let read = Exposition::read(&answer.body, dialect, &exposition::Limits::USUAL);
    let exposition = Arc::new(read.map_err(|error| foreign(error.to_string()))?);
    Ok(Page { exposition, server_time: answer.date })
}

/// Reads numbers off pages of metrics.
pub struct Pages {
    http: Http,
    clock: Arc<dyn Clock>,
    looks: Looks,
    /// The newest look at each address.
    newest: Mutex<BTreeMap<String, Newest>>,
}

/// The newest look at an address, taken by one reader at a time.
type Newest = Arc<sync::Mutex<Option<(Timestamp, Page)>>>;

impl Pages {
    /// A reader over this HTTP client.
    pub fn new(http: Http, clock: Arc<dyn Clock>) -> Self {
        Self { http, clock, looks: Looks::default(), newest: Mutex::default() }
    }

    /// A page as it is now, or as another metric just saw it.
    async fn page(&self, url: &str, at: Timestamp, every: i64) -> Result<Page, Fault> {
        let newest = {
            let mut all = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(url.to_owned()).or_default().clone()
        };
        let mut newest = newest.lock().await;
        match newest.as_ref() {
            Some((seen, page)) if (at.as_millisecond() - seen.as_millisecond()).abs() < every * 500 => {
                Ok(page.clone())
            }
            _ => {
                let page = scrape(&self.http, url).await?;
                *newest = Some((at, page.clone()));
                Ok(page)
            }
        }
    }
}

impl Numbers for Pages {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move { self.looks.read(self, &ask, self.clock.now()).await })
    }
}

impl Look for Pages {
    fn texts(&self, ask: &Ask<'_>) -> String {
        let metric = ask.metric;
        let counts = metric.counts.iter().flat_map(|counts| [counts.bad.as_str(), &counts.total]);
        let histogram = metric.histogram.iter().map(|histogram| histogram.selector.as_str());
        let texts = metric.query.as_deref().into_iter().chain(counts).chain(histogram);
        texts.chain(url(ask)).collect::<Vec<_>>().join(" ")
    }

    fn look<'a>(&'a self, ask: &'a Ask<'a>, side: &'a Side<'a>) -> BoxFuture<'a, Result<Seen, Fault>> {
        Box::pin(async move {
            let Some(url) = url(ask) else {
                return Err(Fault::Unsupported(format!("{} shows no page of metrics", ask.source.id)));
            };
            let every = ask.source.every.signed().max(1);
            let page = self.page(&side.fill(url), ask.to, every).await?;
            let wrong = |why: String| Fault::Unsupported(format!("metric {}: {why}", ask.metric.id));
            let metric = ask.metric;
            let mut seen = match (&metric.counts, &metric.histogram, &metric.query) {
                (Some(counts), _, _) => {
                    let mut all = counters(&page.exposition, &side.fill(&counts.total), Part::Total)?;
                    all.extend(counters(&page.exposition, &side.fill(&counts.bad), Part::Bad(0))?);
                    Seen { what: What::Counters(Show::Tally, all), ..Seen::default() }
                }
                (None, Some(histogram), _) => {
                    let what = slow(&page.exposition, histogram, side).map_err(wrong)?;
                    Seen { what, ..Seen::default() }
                }
                (None, None, Some(query)) => plain(&page.exposition, &side.fill(query))?,
                (None, None, None) => return Err(wrong("no query; write query = \"name{…}\"".to_owned())),
            };
            seen.server_time = page.server_time;
            Ok(seen)
        })
    }
}

fn url<'a>(ask: &Ask<'a>) -> Option<&'a str> {
    match &ask.source.kind {
        SourceKind::Exposition { url } => Some(url),
        _ => None,
    }
}

/// The series that a query adds up.
fn meant<'a>(page: &'a Exposition, query: &str) -> Result<(Vec<&'a Sample>, bool), Fault> {
    let selectors = match Counted::read(query).map_err(Fault::Unsupported)? {
        Counted::Counters(selectors) => selectors,
        Counted::Answered(_) => {
            let text =
                format!("a page of metrics cannot answer `{query}`; write name{{…}} or sum(name{{…}})");
            return Err(Fault::Unsupported(text));
        }
    };
    let alone = Selector::read(query).is_ok();
    let taken = |sample: &&Sample| selectors.iter().any(|one| one.takes(&sample.name, &sample.labels));
    Ok((page.samples.iter().filter(taken).collect(), alone))
}

/// When the series of a page began to count.
struct Starts<'a> {
    /// By family and labels, as OpenMetrics tells it.
    created: BTreeMap<(&'a str, &'a Labels), f64>,
    /// Of the whole process.
    process: Option<f64>,
}

impl<'a> Starts<'a> {
    fn of(page: &'a Exposition) -> Self {
        let created = page
            .samples
            .iter()
            .filter_map(|it| Some(((it.name.strip_suffix("_created")?, &it.labels), it.value)));
        Self { created: created.collect(), process: page.process_start() }
    }

    /// One counter, with when it began.
    fn counter(&self, sample: &Sample, part: Part) -> Count<Counter> {
        let family = sample.name.strip_suffix("_total").unwrap_or(&sample.name);
        let created = self.created.get(&(family, &sample.labels)).copied();
        Count {
            series: (part, sample.name.clone(), sample.labels.clone()),
            value: sample.value,
            since: created.or(self.process),
        }
    }
}

fn counters(page: &Exposition, query: &str, part: Part) -> Result<Vec<Count<Counter>>, Fault> {
    let (samples, _) = meant(page, query)?;
    let starts = Starts::of(page);
    Ok(samples.into_iter().map(|sample| starts.counter(sample, part)).collect())
}

/// A gauge's number, or a counter's growth.
fn plain(page: &Exposition, query: &str) -> Result<Seen, Fault> {
    let (samples, alone) = meant(page, query)?;
    let Some(first) = samples.first() else { return Ok(Seen::default()) };
    let kind = page.kind(&first.name);
    let grows = kind == Kind::Counter
        || matches!(kind, Kind::Histogram | Kind::Summary) && !first.labels.contains_key("quantile")
        || kind == Kind::Unknown && first.name.ends_with("_total");
    if alone && samples.len() > 1 {
        let doubt =
            format!("{} series where one was meant; write sum(...) or a narrower selector", samples.len());
        return Ok(Seen { what: What::Not(Quality::Partial), doubts: vec![doubt], ..Seen::default() });
    }
    let what = if grows {
        let starts = Starts::of(page);
        let all = samples.iter().map(|sample| starts.counter(sample, Part::Total));
        What::Counters(Show::PerSecond, all.collect())
    } else {
        What::Number(samples.iter().map(|sample| sample.value).sum())
    };
    Ok(Seen { what, ..Seen::default() })
}

/// The buckets of a histogram that its bounds need.
fn slow(page: &Exposition, of: &Histogram, side: &Side<'_>) -> Result<What, String> {
    let selector = Selector::read(&side.fill(&of.selector)).and_then(Selector::buckets)?;
    let taken = |sample: &&Sample| selector.takes(&sample.name, &sample.labels);
    let buckets: Vec<(&Sample, f64)> = page
        .samples
        .iter()
        .filter(taken)
        .filter_map(|sample| Some((sample, sample.labels.get("le")?.parse().ok()?)))
        .collect();
    buckets::check(&of.bounds, buckets.iter().map(|(_, end)| *end))?;
    let part = |end: f64| match of.bounds.iter().position(|bound| same(bound.value, end)) {
        _ if end == f64::INFINITY => Some(Part::Total),
        place => place.map(Part::Fine),
    };
    let starts = Starts::of(page);
    let counts = buckets.iter().filter_map(|(sample, end)| Some(starts.counter(sample, part(*end)?)));
    Ok(What::Counters(Show::Tally, counts.collect()))
}
