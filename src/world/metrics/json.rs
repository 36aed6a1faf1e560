//! Numbers in JSON documents, by path.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;

use crate::analysis::Quality;
use crate::analysis::counter::Count;
use crate::engine::ports::{Ask, Clock, DEADLINE, Fault, Numbers, Reading};
use crate::plan::{Metric, SourceKind};
use crate::world::http::{Http, Limits, address, place};

use super::counts::Part;
use super::exposition::Labels;
use super::looks::{Counter, Look, Looks, Seen, Show, What};
use super::sides::Side;

/// Bytes of a document that are read.
const BODY: usize = 4 * 1024 * 1024;

/// Reads numbers out of JSON documents.
pub struct Documents {
    http: Http,
    clock: Arc<dyn Clock>,
    looks: Looks,
}

impl Documents {
    /// A reader over this HTTP client.
    pub fn new(http: Http, clock: Arc<dyn Clock>) -> Self {
        Self { http, clock, looks: Looks::default() }
    }
}

impl Numbers for Documents {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move { self.looks.read(self, &ask, self.clock.now()).await })
    }
}

impl Look for Documents {
    fn texts(&self, ask: &Ask<'_>) -> String {
        let url = if let SourceKind::Json { url } = &ask.source.kind { url.as_str() } else { "" };
        format!("{url} {}", texts(ask.metric))
    }

    fn look<'a>(&'a self, ask: &'a Ask<'a>, side: &'a Side<'a>) -> BoxFuture<'a, Result<Seen, Fault>> {
        Box::pin(async move {
            let SourceKind::Json { url } = &ask.source.kind else {
                return Err(Fault::Unsupported(format!("{} is no JSON document", ask.source.id)));
            };
            let url = address(&side.fill(url))?;
            let name = place(&url);
            let limits = Limits { time: Duration::from_secs(DEADLINE.0), body: BODY };
            let answer = self.http.get_as(url, "application/json", limits).await?;
            let status = answer.status;
            match status {
                200..=299 if answer.cut => {
                    return Err(Fault::Foreign(name, format!("more than {} MiB", BODY >> 20)));
                }
                200..=299 => {}
                401 | 403 => return Err(Fault::Refused(name, format!("HTTP {status}: it asks who we are"))),
                500..=599 => return Err(Fault::Unreachable(name, format!("HTTP {status}"))),
                _ => return Err(Fault::Foreign(name, format!("HTTP {status} where a document was meant"))),
            }
            let document: Value = serde_json::from_slice(&answer.body)
                .map_err(|error| Fault::Foreign(name.clone(), format!("no JSON: {error}")))?;
            let what = seen(&document, ask.metric, side).map_err(|why| Fault::Foreign(name, why))?;
            Ok(Seen { what, server_time: answer.date, ..Seen::default() })
        })
    }
}

/// Every path a metric asks for.
pub(super) fn texts(metric: &Metric) -> String {
    let counts = metric.counts.iter().flat_map(|counts| [counts.bad.as_str(), &counts.total]);
    metric.query.as_deref().into_iter().chain(counts).collect::<Vec<_>>().join(" ")
}

/// What a document says of a metric: its number, or its counters.
pub(super) fn seen(document: &Value, metric: &Metric, side: &Side<'_>) -> Result<What, String> {
    let Some(counts) = &metric.counts else {
        let path = metric.query.as_deref().unwrap_or_default();
        return Ok(field(document, &side.fill(path))?.map_or(What::Not(Quality::NoSeries), What::Number));
    };
    let mut all: Vec<Count<Counter>> = Vec::new();
    for (part, path) in [(Part::Total, &counts.total), (Part::Bad(0), &counts.bad)] {
        let path = side.fill(path);
        if let Some(value) = field(document, &path)? {
            all.push(Count { series: (part, path, Labels::new()), value, since: None });
        }
    }
    Ok(What::Counters(Show::Tally, all))
}

/// The number at a path; none when nothing is there. True is 1 and false is 0.
fn field(document: &Value, path: &str) -> Result<Option<f64>, String> {
    match find(document, path)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(is)) => Ok(Some(f64::from(u8::from(*is)))),
        Some(Value::Number(number)) => Ok(number.as_f64()),
        Some(other) => {
            let kind = match other {
                Value::String(_) => "a text",
                Value::Array(_) => "a list",
                _ => "an object",
            };
            Err(format!("{kind} at `{path}` where a number was meant"))
        }
    }
}

/// What is at a path: `a.b[0]`, `$.a["b.c"]`, or a JSON pointer such as `/a/b/0`. An empty path is the document.
fn find<'a>(document: &'a Value, path: &str) -> Result<Option<&'a Value>, String> {
    if path.starts_with('/') {
        return Ok(document.pointer(path));
    }
    let wrong = || format!("`{path}` is no path; write a.b[0] or /a/b/0");
    let mut rest = path.trim().strip_prefix('$').unwrap_or(path.trim());
    let mut here = Some(document);
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix("[\"") {
            let (name, after) = inside.split_once("\"]").ok_or_else(wrong)?;
            (here, rest) = (here.and_then(|value| value.get(name)), after);
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (place, after) = inside.split_once(']').ok_or_else(wrong)?;
            let place: usize = place.parse().map_err(|_| wrong())?;
            (here, rest) = (here.and_then(|value| value.get(place)), after);
        } else {
            let inside = rest.strip_prefix('.').unwrap_or(rest);
            let end = inside.find(['.', '[']).unwrap_or(inside.len());
            let (name, after) = inside.split_at(end);
            if name.is_empty() {
                return Err(wrong());
            }
            let step = |value: &'a Value| match name.parse::<usize>() {
                Ok(place) if value.is_array() => value.get(place),
                _ => value.get(name),
            };
            (here, rest) = (here.and_then(step), after);
        }
    }
    Ok(here)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_found_by_path() {
        let document = json!({"a": {"b.c": [1, 2.5], "ok": true, "none": null, "word": "7"}, "n": -3});
        for (path, wanted) in [
            ("a[\"b.c\"][1]", Some(2.5)),
            ("$.a.ok", Some(1.0)),
            ("/a/b.c/0", Some(1.0)),
            ("n", Some(-3.0)),
            ("a.none", None),
            ("a.nothing.here", None),
            ("a[\"b.c\"].1", Some(2.5)),
            ("/nothing", None),
        ] {
            assert_eq!(field(&document, path), Ok(wanted), "{path}");
        }
        assert_eq!(field(&json!(42), ""), Ok(Some(42.0)));
        for (path, why) in [
            ("a.word", "a text at `a.word` where a number was meant"),
            ("a", "an object"),
            ("a..b", "is no path"),
            ("a[x]", "is no path"),
            ("a[\"b", "is no path"),
        ] {
            assert!(field(&document, path).expect_err(path).contains(why), "{path}");
        }
    }
}
