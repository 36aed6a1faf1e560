//! `tminus metric scrape|query`: a look at a source, with how good each sample is.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::{Serialize, Serializer};

use crate::analysis::Quality;
use crate::base::{Seconds, SourceId, Timestamp, Untrusted};
use crate::cli::Context;
use crate::cli::cockpit::runtime;
use crate::cli::config::Config;
use crate::cli::exit::{Exit, Failure};
use crate::engine::ports::Fault;
use crate::plan::{Dialect, Source, SourceKind};
use crate::world::metrics::api::{Api, Grid, Window, drops_nan};
use crate::world::metrics::exposition::{Exposition, Kind, Labels};
use crate::world::metrics::{number, scrape};

/// An exporter's own time for a sample may be so much older than the look at it, in seconds: as in Prometheus.
const FRESH: i64 = 300;
/// How far a server's clock may be from ours before it is told, in seconds.
const SKEW: i64 = 5;

/// A page of metrics, looked at once.
#[derive(Debug, clap::Args)]
pub(super) struct Scrape {
    /// The address of the page
    url: String,
}

/// A question to a server of the Prometheus HTTP API.
#[derive(Debug, clap::Args)]
pub(super) struct Query {
    /// The server's address
    #[arg(long, value_name = "URL")]
    source: String,
    /// What is asked
    query: String,
    /// How far back, such as 1h; only now without it
    #[arg(long, value_name = "LENGTH")]
    range: Option<String>,
    /// From one sample to the next
    #[arg(long, value_name = "LENGTH", default_value = "15s", requires = "range")]
    step: String,
    /// Whose server it is
    #[arg(long, value_enum, default_value_t)]
    dialect: Kinds,
    /// The tenant of a Mimir server
    #[arg(long)]
    tenant: Option<String>,
}

/// Whose server of the API it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Kinds {
    /// Prometheus itself
    #[default]
    Prometheus,
    /// Thanos Query
    Thanos,
    /// Grafana Mimir
    Mimir,
    /// VictoriaMetrics
    VictoriaMetrics,
}

/// Everything that was seen, for scripts.
#[derive(Debug, Serialize)]
struct Shown {
    /// Who was asked.
    source: String,
    /// When, by our clock.
    at: Timestamp,
    /// How good the answer is as a whole.
    quality: Quality,
    /// Why, when it is not good.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Everything a person should know besides.
    warnings: Vec<String>,
    series: Vec<Series>,
}

#[derive(Debug, Serialize)]
struct Series {
    name: String,
    labels: Labels,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Sample {
    /// Seconds since 1970.
    t: Number,
    value: Option<Number>,
    quality: Quality,
}

/// A number of JSON; what is none there is a text: `NaN`, `+Inf`, `-Inf`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_nan() => to.serialize_str("NaN"),
            f64::INFINITY => to.serialize_str("+Inf"),
            f64::NEG_INFINITY => to.serialize_str("-Inf"),
            // Whole numbers as such: counters are read as they are.
            value if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 => {
                to.serialize_i64(value as i64)
            }
            value => to.serialize_f64(value),
        }
    }
}

impl Scrape {
    /// Does it.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let http = Config::load(&context.home)?.http()?;
        let now = Timestamp::now();
        let page = runtime()?.block_on(scrape(&http, &self.url)).map_err(failure)?;
        let mut shown = scraped(&page.exposition, now);
        shown.skew(page.server_time, now);
        shown.show(context, self.url)
    }
}

impl Query {
    /// Does it.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let Self { source: url, query, range, step, dialect, tenant } = self;
        let api = Api::new(Config::load(&context.home)?.http()?);
        let (runtime, now) = (runtime()?, Timestamp::now());
        let source = source(&url, dialect, tenant);
        let mut shown;
        let window;
        match range {
            None => {
                window = runtime.block_on(api.moment(&source, &query, now)).map_err(failure)?;
                shown = windowed(&window, &[now], &source, now);
            }
            Some(range) => {
                let grid = grid(&range, &step, now)?;
                window = runtime.block_on(api.window(&source, &query, grid)).map_err(failure)?;
                shown = windowed(&window, &grid.moments().collect::<Vec<_>>(), &source, now);
                shown.stale(3 * grid.every, now);
            }
        }
        shown.skew(window.server_time, now);
        shown.show(context, url)
    }
}

fn source(url: &str, kind: Kinds, tenant: Option<String>) -> Source {
    let dialect = match kind {
        Kinds::Prometheus => Dialect::Prometheus,
        Kinds::Thanos => Dialect::Thanos,
        Kinds::Mimir => Dialect::Mimir { tenant },
        Kinds::VictoriaMetrics => Dialect::VictoriaMetrics,
    };
    Source {
        id: SourceId::new("source"),
        kind: SourceKind::Prometheus { url: url.to_owned(), dialect },
        every: Seconds(15),
        fallback: None,
        owner: None,
    }
}

fn grid(range: &str, step: &str, now: Timestamp) -> Result<Grid, Failure> {
    let length = |text: &str| {
        Seconds::parse(text).filter(|length| length.0 > 0).ok_or_else(|| {
            let shown = Untrusted::new(text).line();
            Failure::usage(format!("`{shown}` is no length of time")).help("write 15s, 5m or 1h")
        })
    };
    let (range, step) = (length(range)?, length(step)?);
    let from = now.checked_sub(jiff::SignedDuration::from_secs(range.signed()));
    from.ok().and_then(|from| Grid::new(from, now, step.signed())).ok_or_else(|| {
        Failure::usage("the range is shorter than its step").help("write --range 1h --step 15s")
    })
}

/// How the verb ends when there is no answer.
pub(in crate::cli) fn failure(fault: Fault) -> Failure {
    let exit = match &fault {
        Fault::Unreachable(..) | Fault::Throttled(..) => Exit::Unreachable,
        Fault::Forbidden(..) | Fault::Conflict(..) | Fault::Owned { .. } | Fault::Superseded(_) => {
            Exit::Refused
        }
        Fault::Untrusted(..) => Exit::NotTrusted,
        Fault::Refused(..) | Fault::Foreign(..) => Exit::NotUnderstood,
        Fault::Unsupported(_) => Exit::Usage,
    };
    Failure::new(exit, fault.to_string())
}

/// What a page says.
fn scraped(page: &Exposition, now: Timestamp) -> Shown {
    let mut shown = Draft::new(now);
    let mut places: BTreeMap<(&str, &Labels), usize> = BTreeMap::new();
    for line in &page.samples {
        let at = line.at_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(now);
        let mut one = sample(at, Some(line.value), Quality::NoSeries);
        if now.as_second() - at.as_second() > FRESH {
            one.quality = Quality::Stale;
        }
        let place = *places.entry((&line.name, &line.labels)).or_insert_with(|| {
            let kind = Some(page.kind(&line.name)).filter(|kind| *kind != Kind::Unknown);
            let (name, labels) = (line.name.clone(), line.labels.clone());
            shown.series.push(Series { name, labels, kind: kind.map(Kind::as_str), samples: Vec::new() });
            shown.series.len() - 1
        });
        let Some(series) = shown.series.get_mut(place) else { continue };
        match series.samples.iter().find(|known| known.t == one.t) {
            None => series.samples.push(one),
            Some(known) if known.value == one.value => {}
            Some(_) => {
                let name = Untrusted::new(line.name.as_str()).line();
                shown.doubts.push(format!("{name} comes twice with different values; the first is kept"));
            }
        }
    }
    shown.done()
}

/// What a server answers for these moments.
fn windowed(window: &Window, moments: &[Timestamp], source: &Source, now: Timestamp) -> Shown {
    let latest = window.server_time.map_or(i64::MAX, |theirs| theirs.as_second() + 1);
    let absent = match &source.kind {
        SourceKind::Prometheus { dialect, .. } if drops_nan(dialect) => Quality::NoTraffic,
        _ => Quality::NoSeries,
    };
    let mut shown = Draft::new(now);
    shown.doubts.extend(window.warnings.iter().cloned());
    if window.native {
        shown.doubts.push("a native histogram has no number; ask histogram_quantile(…) of it".to_owned());
    }
    for (labels, values) in &window.series {
        let mut labels = labels.clone();
        let name = labels.remove("__name__").unwrap_or_default();
        // A time to come is answered with what was known last: that is no sample.
        let known =
            moments.iter().zip(values).filter(|(at, _)| at.as_second() <= latest || moments.len() == 1);
        let samples = known.map(|(at, value)| sample(*at, *value, absent)).collect();
        shown.series.push(Series { name, labels, kind: None, samples });
    }
    shown.done()
}

fn sample(at: Timestamp, value: Option<f64>, absent: Quality) -> Sample {
    let quality = value.map_or(absent, |value| number(at, value).quality);
    Sample { t: Number(at.as_millisecond() as f64 / 1000.0), value: value.map(Number), quality }
}

/// What is being put together.
struct Draft {
    at: Timestamp,
    doubts: Vec<String>,
    series: Vec<Series>,
}

impl Draft {
    fn new(at: Timestamp) -> Self {
        Self { at, doubts: Vec::new(), series: Vec::new() }
    }

    /// How good it is as a whole: what is missing comes before what is doubtful.
    fn done(self) -> Shown {
        let Self { at, mut doubts, mut series } = self;
        doubts.dedup();
        if !doubts.is_empty() {
            let good = series.iter_mut().flat_map(|series| &mut series.samples);
            good.filter(|sample| sample.quality == Quality::Ok).for_each(|it| it.quality = Quality::Partial);
        }
        let all = || series.iter().flat_map(|series| &series.samples);
        let only = |quality: Quality| all().next().is_some() && all().all(|sample| sample.quality == quality);
        let (quality, reason) = if !doubts.is_empty() {
            (Quality::Partial, doubts.first().cloned())
        } else if all().next().is_none() {
            (Quality::NoSeries, Some("there is no such series".to_owned()))
        } else if only(Quality::NoTraffic) {
            (Quality::NoTraffic, Some("no number: nothing happened that could be divided by".to_owned()))
        } else if only(Quality::Stale) {
            (Quality::Stale, Some(format!("every sample is older than {FRESH} s")))
        } else if only(Quality::Error) {
            (Quality::Error, Some("no number is finite".to_owned()))
        } else {
            (Quality::Ok, None)
        };
        Shown { source: String::new(), at, quality, reason, warnings: doubts, series }
    }
}

impl Shown {
    /// A window whose newest number is too old says nothing of now.
    fn stale(&mut self, most: i64, now: Timestamp) {
        let numbers = self.series.iter().flat_map(|series| &series.samples).filter(|it| it.value.is_some());
        let newest = numbers.map(|sample| sample.t.0).fold(f64::NEG_INFINITY, f64::max);
        let age = now.as_second() as f64 - newest;
        if self.quality == Quality::Ok && age > most as f64 {
            self.quality = Quality::Stale;
            self.reason = Some(format!("the newest sample is {age:.0} s old"));
        }
    }

    /// Prints it.
    fn show(self, context: &Context, source: String) -> Result<Exit, Failure> {
        let shown = Self { source, ..self };
        if context.out.is_json() {
            context.out.json(&shown)?;
        } else {
            context.out.text(shown.text())?;
        }
        Ok(Exit::Ok)
    }

    /// Tells when the other side's clock is not ours.
    fn skew(&mut self, theirs: Option<Timestamp>, now: Timestamp) {
        let ahead = theirs.map_or(0, |theirs| theirs.as_second() - now.as_second());
        if ahead.abs() > SKEW {
            let side = if ahead > 0 { "ahead of" } else { "behind" };
            self.warnings.push(format!("the server's clock is {} s {side} ours", ahead.abs()));
        }
    }

    /// For people: the newest sample of each series.
    fn text(&self) -> String {
        let mut lines = vec![match &self.reason {
            Some(reason) => format!("{} {}: {reason}", self.source, self.quality),
            None => format!("{} {}", self.source, self.quality),
        }];
        lines.extend(self.warnings.iter().map(|warning| format!("! {warning}")));
        for Series { name, labels, samples, .. } in &self.series {
            let labels: Vec<String> =
                labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let newest = samples.last();
            let value = newest.and_then(|it| it.value).map_or_else(|| "-".to_owned(), |it| it.0.to_string());
            let quality = newest.map_or(Quality::NoSeries, |sample| sample.quality);
            lines.push(format!("{name}{labels} {value} {quality} ({} samples)", samples.len()));
        }
        lines.join("\n")
    }
}
