//! The HTTP API of Prometheus and of the servers that speak it.
//!
//! A window is asked for on a grid of whole multiples of its step, so that the same window asked later gives the
//! same points. Servers leave out steps without a value, refuse more than 11 000 points at once, and answer more
//! bytes than are read when there are many series: all three are made good here. Queries are posted, for their
//! length.

mod grid;
mod manners;
mod reply;

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;

use crate::base::Timestamp;
use crate::engine::ports::{DEADLINE, Fault};
use crate::plan::{Dialect, Source, SourceKind};
use crate::world::http::{Answer, Http, Limits, address, place};

pub use grid::Grid;
use manners::Manners;
pub use reply::{Point, Reply, Series, read};

use super::exposition::Labels;

/// Points of one reading; a longer window is a mistake.
const MOST: i64 = 100_000;
/// Points of all series of one reading together: what fits in memory.
const ALL: usize = 4_000_000;
/// Bytes of an answer that are read.
const BODY: usize = 8 * 1024 * 1024;

/// Asks servers of the API.
#[derive(Clone, Debug)]
pub struct Api {
    http: Http,
}

/// All series of a window, each with a value or a gap at every step of its grid. A value may be NaN or infinite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// By labels; the name is the label `__name__`.
    pub series: BTreeMap<Labels, Vec<Option<f64>>>,
    /// Why it may not be whole.
    pub warnings: Vec<String>,
    /// The server's clock, when it told.
    pub server_time: Option<Timestamp>,
    /// True when a native histogram was in the answer, which has no number.
    pub native: bool,
}

impl Api {
    /// Asks over this HTTP client.
    pub fn new(http: Http) -> Self {
        Self { http }
    }

    /// What a query says at one moment, as a window of one step.
    ///
    /// # Errors
    /// Who did not answer, refused, or answered something else.
    pub async fn moment(&self, source: &Source, query: &str, at: Timestamp) -> Result<Window, Fault> {
        let time = format!("{}.{:03}", at.as_second(), at.subsec_millisecond());
        let form = [("query", query.to_owned()), ("time", time)];
        let (name, answer) = self.post(source, "api/v1/query", &form).await?;
        if answer.cut {
            return Err(too_much(&name));
        }
        let reply = reply::read(&name, &answer)?;
        let mut window =
            Window { warnings: reply.warnings, server_time: reply.server_time, ..Window::default() };
        for Series { labels, points, native } in reply.series {
            window.native |= native;
            window.series.insert(labels, vec![points.last().map(|point| point.1)]);
        }
        Ok(window)
    }

    /// What a query says at every step of a grid.
    ///
    /// # Errors
    /// As for one moment; [`Fault::Unsupported`] when it is more than anybody reads.
    pub async fn window(&self, source: &Source, query: &str, grid: Grid) -> Result<Window, Fault> {
        if grid.points() > MOST {
            let text =
                format!("{} points are more than anybody reads; ask for a shorter window", grid.points());
            return Err(Fault::Unsupported(text));
        }
        let steps = usize::try_from(grid.points()).unwrap_or(0);
        let mut window = Window::default();
        let mut strays = 0;
        // The newest part last, so that parts are taken from the end in their order.
        let mut parts: Vec<Grid> = grid.parts().collect();
        parts.reverse();
        while let Some(part) = parts.pop() {
            let form = [
                ("query", query.to_owned()),
                ("start", part.first.to_string()),
                ("end", part.last.to_string()),
                ("step", part.every.to_string()),
            ];
            let (name, answer) = self.post(source, "api/v1/query_range", &form).await?;
            if answer.cut {
                let (first, second) = part.halves().ok_or_else(|| too_much(&name))?;
                parts.extend([second, first]);
                continue;
            }
            let reply = reply::read(&name, &answer)?;
            window.server_time = reply.server_time.or(window.server_time);
            for warning in reply.warnings {
                if !window.warnings.contains(&warning) {
                    window.warnings.push(warning);
                }
            }
            for Series { labels, points, native } in reply.series {
                window.native |= native;
                if !window.series.contains_key(&labels) && (window.series.len() + 1) * steps > ALL {
                    let text = format!(
                        "{name} answers {} series and more; write a narrower selector or ask for a shorter window",
                        window.series.len()
                    );
                    return Err(Fault::Unsupported(text));
                }
                let held = window.series.entry(labels).or_insert_with(|| vec![None; steps]);
                strays += grid.fill(held, &points);
            }
        }
        if strays > 0 {
            window.warnings.push(format!("{strays} samples between the steps were left out"));
        }
        Ok(window)
    }

    async fn post(
        &self,
        source: &Source,
        path: &str,
        form: &[(&str, String)],
    ) -> Result<(String, Answer), Fault> {
        let SourceKind::Prometheus { url: base, dialect } = &source.kind else {
            return Err(Fault::Unsupported(format!("{} is no Prometheus server", source.id)));
        };
        let manners = Manners::of(dialect);
        let url = endpoint(base, &manners, path)?;
        let name = place(&url);
        let limits = Limits { time: Duration::from_secs(DEADLINE.0), body: BODY };
        let also = manners.form.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let form: Vec<(&str, String)> = form.iter().cloned().chain(also).collect();
        Ok((name, self.http.post_form(url, &form, &manners.headers, limits).await?))
    }
}

/// True when servers of this kind leave out a value that is not a number, as if there were none.
pub fn drops_nan(dialect: &Dialect) -> bool {
    Manners::of(dialect).drops_nan
}

fn too_much(name: &str) -> Fault {
    Fault::Foreign(name.to_owned(), format!("more than {} MiB; ask for fewer series", BODY >> 20))
}

/// The address of an API path below the source's own.
fn endpoint(base: &str, manners: &Manners, path: &str) -> Result<Url, Fault> {
    let mut url = address(base)?;
    url.set_query(None);
    url.set_fragment(None);
    let own = url.path().trim_end_matches('/').to_owned();
    // The prefix may be part of the address already.
    let prefix = if own.ends_with(manners.prefix) { "" } else { manners.prefix };
    url.set_path(&format!("{own}{prefix}/{path}"));
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_lies_below_the_address() {
        let url = |base: &str, dialect: &Dialect| {
            endpoint(base, &Manners::of(dialect), "api/v1/query").map(|url| url.to_string())
        };
        let (plain, mimir) = (Dialect::Prometheus, Dialect::Mimir { tenant: None });
        assert_eq!(url("http://prom:9090", &plain).as_deref(), Ok("http://prom:9090/api/v1/query"));
        assert_eq!(
            url("https://x.example.com/prom/?a=b#c", &plain).as_deref(),
            Ok("https://x.example.com/prom/api/v1/query")
        );
        for base in ["http://mimir:8080", "http://mimir:8080/", "http://mimir:8080/prometheus/"] {
            assert_eq!(url(base, &mimir).as_deref(), Ok("http://mimir:8080/prometheus/api/v1/query"));
        }
        assert!(url("http://169.254.169.254/", &plain).is_err());
    }
}
