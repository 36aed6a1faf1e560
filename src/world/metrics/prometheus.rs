//! Prometheus, and what speaks its HTTP API.
//!
//! A window is asked for on a grid of the source's interval, aligned to whole multiples of it, so that the same
//! window asked later gives the same points. Servers leave out steps without a value and refuse more than 11 000
//! points at once; both are made good here. Queries are posted, for their length.

use std::time::Duration;

use futures::future::BoxFuture;
use reqwest::Url;

use crate::base::{Timestamp, Untrusted};
use crate::engine::ports::{Ask, DEADLINE, Fault, Numbers, Reading};
use crate::plan::{Source, SourceKind};
use crate::world::http::{Answer, Http, Limits, address, place};

use super::reply::{self, Reply, Sample};

/// Points of one request: under the 11 000 a server allows.
const POINTS: i64 = 10_000;
/// Points of one reading; a longer window is a mistake.
const MOST: i64 = 100_000;
/// Bytes of an answer that are read.
const BODY: usize = 8 * 1024 * 1024;

/// A reader of Prometheus servers.
#[derive(Clone, Debug)]
pub struct Prometheus {
    http: Http,
}

impl Prometheus {
    /// A reader over this HTTP client.
    pub fn new(http: Http) -> Self {
        Self { http }
    }

    /// The value of a query at one moment, as a reading of one sample; none when the server has nothing to say.
    ///
    /// # Errors
    /// As for a window: who did not answer, refused, or answered something else.
    pub async fn instant(&self, source: &Source, query: &str, at: Timestamp) -> Result<Reading, Fault> {
        let form = [("query", query.to_owned()), ("time", seconds(at))];
        let (name, answer) = self.post(source, "api/v1/query", &form).await?;
        let reply = reply::read(&name, &answer)?;
        let samples = reply.samples.iter().map(|(_, value)| (at, *value));
        Ok(Reading { partial: partial(reply.partial), server_time: answer.date, ..Reading::whole(samples) })
    }

    async fn window(&self, source: &Source, query: &str, grid: Grid) -> Result<Reading, Fault> {
        if grid.points() > MOST {
            let text =
                format!("{} points are more than anybody reads; ask for a shorter window", grid.points());
            return Err(Fault::Unsupported(text));
        }
        let mut reading = Reading::default();
        let mut points = Vec::new();
        let mut doubts: Vec<String> = Vec::new();
        for part in grid.parts() {
            let form = [
                ("query", query.to_owned()),
                ("start", part.first.to_string()),
                ("end", part.last.to_string()),
                ("step", part.every.to_string()),
            ];
            let (name, answer) = self.post(source, "api/v1/query_range", &form).await?;
            let Reply { samples, partial } = reply::read(&name, &answer)?;
            let (filled, strays) = part.fill(&samples);
            points.extend(filled);
            reading.server_time = answer.date.or(reading.server_time);
            doubts.extend(partial.into_iter().filter(|doubt| !doubts.contains(doubt)).collect::<Vec<_>>());
            if strays > 0 {
                doubts.push(format!("{strays} samples between the steps were left out"));
            }
        }
        reading.partial = partial(doubts);
        Ok(Reading { arms: Reading::whole(points).arms, ..reading })
    }

    async fn post(
        &self,
        source: &Source,
        path: &str,
        form: &[(&str, String)],
    ) -> Result<(String, Answer), Fault> {
        let SourceKind::Prometheus { url: base, .. } = &source.kind else {
            return Err(Fault::Unsupported(format!("{} is no Prometheus server", source.id)));
        };
        let url = endpoint(base, path)?;
        let name = place(&url);
        let limits = Limits { time: Duration::from_secs(DEADLINE.0), body: BODY };
        Ok((name, self.http.post_form(url, form, &[], limits).await?))
    }
}

impl Numbers for Prometheus {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move {
            let Some(query) = ask.metric.query.as_deref().filter(|query| !query.trim().is_empty()) else {
                let text = format!("metric {} has no query; write query = \"...\"", ask.metric.id);
                return Err(Fault::Unsupported(text));
            };
            match Grid::new(ask.from, ask.to, ask.source.every.signed()) {
                Some(grid) => self.window(ask.source, query, grid).await,
                None => self.instant(ask.source, query, ask.to).await,
            }
        })
    }
}

/// Moments at whole multiples of an interval, both ends included; in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grid {
    first: i64,
    last: i64,
    every: i64,
}

impl Grid {
    /// The grid inside a window; none when no multiple falls into it.
    fn new(from: Timestamp, to: Timestamp, every: i64) -> Option<Self> {
        let every = every.max(1);
        let from = from.as_second() + i64::from(from.subsec_nanosecond() > 0);
        let first = from + (-from).rem_euclid(every);
        let last = to.as_second() - to.as_second().rem_euclid(every);
        (first <= last).then_some(Self { first, last, every })
    }

    fn points(self) -> i64 {
        (self.last - self.first) / self.every + 1
    }

    /// The same grid in pieces that a server answers.
    fn parts(self) -> impl Iterator<Item = Self> {
        let stride = self.every * POINTS;
        (0..).map(move |part| self.first + part * stride).take_while(move |first| *first <= self.last).map(
            move |first| Self { first, last: self.last.min(first + stride - self.every), every: self.every },
        )
    }

    /// Every moment of the grid with its value, and how many samples lie on none.
    fn fill(self, samples: &[Sample]) -> (Vec<(Timestamp, Option<f64>)>, usize) {
        let mut values = vec![None; usize::try_from(self.points()).unwrap_or(0)];
        let mut strays = 0;
        for (at, value) in samples {
            let step = (at - self.first as f64) / self.every as f64;
            let near = (step - step.round()).abs() * (self.every as f64) < 0.5 && step.round() >= 0.0;
            match values.get_mut(step.round() as usize).filter(|_| near) {
                Some(place) => *place = *value,
                None => strays += 1,
            }
        }
        let moments = (0..).map(|step| Timestamp::from_second(self.first + step * self.every));
        let filled = moments.zip(values).filter_map(|(at, value)| Some((at.ok()?, value)));
        (filled.collect(), strays)
    }
}

/// The address of an API path below the source's own.
fn endpoint(base: &str, path: &str) -> Result<Url, Fault> {
    let mut url = address(base)?;
    url.set_query(None);
    url.set_fragment(None);
    let prefix = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{prefix}/{path}"));
    Ok(url)
}

fn seconds(at: Timestamp) -> String {
    format!("{}.{:03}", at.as_second(), at.subsec_millisecond())
}

fn partial(doubts: Vec<String>) -> Option<Untrusted> {
    (!doubts.is_empty()).then(|| Untrusted::new(doubts.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("time")
    }

    #[test]
    fn a_grid_is_aligned_and_inside_the_window() {
        assert_eq!(Grid::new(at(7), at(61), 15), Some(Grid { first: 15, last: 60, every: 15 }));
        assert_eq!(Grid::new(at(15), at(15), 15).map(Grid::points), Some(1));
        assert_eq!(Grid::new(at(16), at(29), 15), None);
        assert_eq!(Grid::new(at(30), at(15), 15), None);
    }

    #[test]
    fn parts_cover_the_grid_once_and_none_is_too_long() {
        let grid = Grid::new(at(0), at(25_000 * 15), 15).expect("grid");
        let parts: Vec<Grid> = grid.parts().collect();
        assert_eq!(parts.iter().map(|part| part.points()).sum::<i64>(), grid.points());
        assert!(parts.iter().all(|part| (part.last - part.first) / part.every <= 11_000));
        assert!(parts.windows(2).all(|pair| matches!(pair, [a, b] if b.first == a.last + 15)));
    }

    #[test]
    fn steps_left_out_are_gaps_and_strays_are_counted() {
        let grid = Grid::new(at(0), at(60), 15).expect("grid");
        let (filled, strays) = grid.fill(&[
            (0.0, Some(1.0)),
            (30.0, None),
            (45.001, Some(4.0)),
            (52.0, Some(9.0)),
            (90.0, Some(1.0)),
        ]);
        let values: Vec<Option<f64>> = filled.iter().map(|(_, value)| *value).collect();
        assert_eq!(values, [Some(1.0), None, None, Some(4.0), None]);
        assert_eq!(strays, 2);
    }

    #[test]
    fn the_api_lies_below_the_address() {
        let url = |base: &str| endpoint(base, "api/v1/query").map(|url| url.to_string());
        assert_eq!(url("http://prom:9090").as_deref(), Ok("http://prom:9090/api/v1/query"));
        assert_eq!(
            url("https://x.example.com/prom/?a=b#c").as_deref(),
            Ok("https://x.example.com/prom/api/v1/query")
        );
        assert!(url("http://169.254.169.254/").is_err());
    }
}
