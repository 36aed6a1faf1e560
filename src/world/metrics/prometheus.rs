//! Numbers from Prometheus, and from what speaks its HTTP API: a number as it is, counts of events, or how long
//! they took, of each side that the metric has.

use std::sync::Arc;

use futures::future::{BoxFuture, try_join, try_join_all};

use crate::analysis::histogram::same;
use crate::analysis::{Arm, Measure, Quality, Sample};
use crate::base::{Quantity, Timestamp};
use crate::engine::ports::{Ask, Clock, Fault, Numbers, Reading};
use crate::plan::{Counts, Histogram, Metric, Source, SourceKind};
use crate::world::http::Http;

use super::answer::Gathered;
use super::api::{Api, Grid, Window};
use super::buckets;
use super::counts::{Part, Track, tallies};
use super::promql::{Counted, Selector};
use super::sides::{Side, sides};

/// Reads numbers from servers of the Prometheus HTTP API.
#[derive(Clone)]
pub struct Prometheus {
    api: Api,
    clock: Arc<dyn Clock>,
}

impl Prometheus {
    /// A reader over this HTTP client; the clock is held against the servers'.
    pub fn new(http: Http, clock: Arc<dyn Clock>) -> Self {
        Self { api: Api::new(http), clock }
    }

    /// The number of a side on a grid, or at one moment when no step of the grid is in the window.
    async fn number(&self, ask: &Ask<'_>, query: &str, grid: Option<Grid>) -> Result<Gathered, Fault> {
        let mut gathered = Gathered::default();
        for side in sides(ask.metric, query) {
            let query = side.fill(query);
            let (moments, window) = match grid {
                Some(grid) => (grid.moments().collect(), self.api.window(ask.source, &query, grid).await?),
                None => (vec![ask.to], self.api.moment(ask.source, &query, ask.to).await?),
            };
            let samples = self.one(ask.source, &moments, &window, &mut gathered);
            take(&mut gathered, window);
            gathered.arms.insert(side.arm, samples);
        }
        Ok(gathered)
    }

    /// The samples of the one series that is meant; of several, none is taken.
    fn one(&self, source: &Source, moments: &[Timestamp], window: &Window, to: &mut Gathered) -> Vec<Sample> {
        let nothing = |at: &Timestamp, quality| Sample { at: *at, measure: Measure::None, quality };
        if window.native {
            to.doubt("a native histogram where a number was meant; write histogram_quantile(...)");
        }
        let mut all = window.series.values();
        match (all.next(), window.series.len()) {
            (None, _) => moments.iter().map(|at| nothing(at, Quality::NoSeries)).collect(),
            (Some(values), 1) => {
                let absent = if drops_nan(source) { Quality::NoTraffic } else { Quality::NoSeries };
                let one = |(at, value): (&Timestamp, &Option<f64>)| match value {
                    None => nothing(at, absent),
                    Some(value) => number(*at, *value),
                };
                moments.iter().zip(values).map(one).collect()
            }
            (Some(_), count) => {
                to.doubt(format!(
                    "{count} series where one was meant; write sum(...), max(...) or a narrower selector"
                ));
                moments.iter().map(|at| nothing(at, Quality::Partial)).collect()
            }
        }
    }

    /// What each side counted at each step.
    async fn counts(&self, ask: &Ask<'_>, counts: &Counts, grid: Grid) -> Result<Gathered, Fault> {
        let mut gathered = Gathered::default();
        for side in sides(ask.metric, &counts.total) {
            let (total, bad) = try_join(
                self.counters(ask, &side, &counts.total, grid, Part::Total),
                self.counters(ask, &side, &counts.bad, grid, Part::Bad(0)),
            )
            .await?;
            let mut tracks = Vec::new();
            for (found, answered) in total.into_iter().chain(bad) {
                if answered {
                    gathered.note("counts are approximate: restarts are hidden in what was asked; write sum(…) of a counter");
                }
                tracks.extend(found.tracks);
                take(&mut gathered, found.window);
            }
            insert(&mut gathered, &side, grid, &tracks);
        }
        Ok(gathered)
    }

    /// The counters of a query, and whether they are the answer of a query that is more than a sum of counters.
    async fn counters(
        &self,
        ask: &Ask<'_>,
        side: &Side<'_>,
        query: &str,
        grid: Grid,
        part: Part,
    ) -> Result<Vec<(Found, bool)>, Fault> {
        let wrong = |why: String| Fault::Unsupported(format!("metric {}: {why}", ask.metric.id));
        let (queries, answered) = match Counted::read(&side.fill(query)).map_err(wrong)? {
            Counted::Counters(selectors) => (selectors.iter().map(ToString::to_string).collect(), false),
            Counted::Answered(query) => (vec![query], true),
        };
        let one = async |query: String| {
            let mut window = self.api.window(ask.source, &query, grid).await?;
            let series = std::mem::take(&mut window.series);
            let tracks = series.into_iter().map(|(labels, values)| Track { part, labels, values });
            Ok((Found { tracks: tracks.collect(), window }, answered))
        };
        try_join_all(queries.into_iter().map(one)).await
    }

    /// How many events of each side took longer than each bound, at each step.
    async fn histogram(&self, ask: &Ask<'_>, of: &Histogram, grid: Grid) -> Result<Gathered, Fault> {
        let wrong = |why: String| Fault::Unsupported(format!("metric {}: {why}", ask.metric.id));
        let mut gathered = Gathered::default();
        for side in sides(ask.metric, &of.selector) {
            let selector = side.fill(&of.selector);
            let buckets = Selector::read(&selector).and_then(Selector::buckets).map_err(wrong)?;
            let mut window = self.api.window(ask.source, &buckets.to_string(), grid).await?;
            let series = std::mem::take(&mut window.series);
            if series.is_empty() && self.api.moment(ask.source, &selector, ask.to).await?.native {
                return Err(wrong(
                    "it is a native histogram, which is not read; let Prometheus keep its classic buckets too \
                     (always_scrape_classic_histograms), or write a count of slow requests as `bad`"
                        .to_owned(),
                ));
            }
            let tracks = bucket_tracks(&of.bounds, series).map_err(wrong)?;
            take(&mut gathered, window);
            insert(&mut gathered, &side, grid, &tracks);
        }
        Ok(gathered)
    }
}

/// Counters, and what came with them.
struct Found {
    tracks: Vec<Track>,
    window: Window,
}

impl Numbers for Prometheus {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move {
            let Metric { id, query, counts, histogram, .. } = ask.metric;
            let grid = Grid::new(ask.from, ask.to, ask.source.every.signed());
            let gathered = match (counts, histogram, query.as_deref(), grid) {
                (Some(counts), _, _, Some(grid)) => self.counts(&ask, counts, grid).await?,
                (None, Some(histogram), _, Some(grid)) => self.histogram(&ask, histogram, grid).await?,
                // No step has passed, so nothing was counted.
                (Some(_), _, _, None) | (_, Some(_), _, None) => Gathered::default(),
                (None, None, Some(query), grid) if !query.trim().is_empty() => {
                    self.number(&ask, query, grid).await?
                }
                _ => {
                    let text = format!("metric {id} has no query; write query = \"...\"");
                    return Err(Fault::Unsupported(text));
                }
            };
            Ok(gathered.reading(self.clock.now()))
        })
    }
}

/// A number as a sample: what is not one says why.
pub fn number(at: Timestamp, value: f64) -> Sample {
    let nothing = |quality| Sample { at, measure: Measure::None, quality };
    if value.is_nan() {
        // Nothing divided by nothing.
        return nothing(Quality::NoTraffic);
    }
    if value.is_infinite() { nothing(Quality::Error) } else { Sample::of(at, Some(value)) }
}

fn drops_nan(source: &Source) -> bool {
    matches!(&source.kind, SourceKind::Prometheus { dialect, .. } if super::api::drops_nan(dialect))
}

fn take(gathered: &mut Gathered, window: Window) {
    window.warnings.into_iter().for_each(|warning| gathered.doubt(warning));
    gathered.server_time = window.server_time.or(gathered.server_time);
}

/// The counts of a side, and what is to be said of them.
fn insert(gathered: &mut Gathered, side: &Side<'_>, grid: Grid, tracks: &[Track]) {
    let moments: Vec<Timestamp> = grid.moments().collect();
    let (samples, said) = tallies(&moments, tracks);
    said.into_iter().for_each(|said| gathered.note(said));
    let of = match side.arm {
        Arm::Canary => "the new version's ",
        Arm::Baseline => "the old version's ",
        Arm::Whole => "",
    };
    let seen = |part: fn(&Part) -> bool| tracks.iter().any(|track| part(&track.part));
    if !seen(|part| *part == Part::Total) {
        gathered.note(format!("{of}counters were never seen here; are its labels the ones it has now?"));
    } else if !seen(|part| *part != Part::Total) {
        gathered.note(format!("no series of {of}bad events was seen: that is read as none of them"));
    }
    gathered.arms.insert(side.arm, samples);
}

/// The buckets of a histogram, each as what it counts; those that no bound needs are left.
fn bucket_tracks(
    bounds: &[Quantity],
    series: impl IntoIterator<Item = (super::exposition::Labels, Vec<Option<f64>>)>,
) -> Result<Vec<Track>, String> {
    let mut tracks = Vec::new();
    let mut ends: Vec<f64> = Vec::new();
    for (labels, values) in series {
        let Some(end) = labels.get("le").and_then(|le| le.parse::<f64>().ok()) else { continue };
        ends.push(end);
        let place = bounds.iter().position(|bound| same(bound.value, end));
        if end == f64::INFINITY {
            tracks.push(Track { part: Part::Total, labels, values });
        } else if let Some(place) = place {
            tracks.push(Track { part: Part::Fine(place), labels, values });
        }
    }
    buckets::check(bounds, ends)?;
    Ok(tracks)
}
