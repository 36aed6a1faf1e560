//! What a Prometheus-compatible server answers (HTTP API v1), read with suspicion.
//!
//! Invariants: an answer that is not whole says so; an answer of another shape is a fault, never an empty one; a
//! native histogram is no number.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::base::Timestamp;
use crate::engine::ports::Fault;
use crate::world::http::Answer;
use crate::world::metrics::exposition::Labels;

/// One sample: seconds since 1970 and a number, which may be NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point(pub f64, pub f64);

/// One series of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its labels; the name is the label `__name__`.
    pub labels: Labels,
    /// Its samples, in the order they came.
    pub points: Vec<Point>,
    /// True when it has native histograms, which are no numbers.
    pub native: bool,
}

/// What an answer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// Every series; a scalar is one without labels.
    pub series: Vec<Series>,
    /// Why the answer may not be whole.
    pub warnings: Vec<String>,
    /// The server's clock, when it told.
    pub server_time: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    status: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(rename = "errorType", default)]
    kind: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    result_type: String,
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    metric: Labels,
    value: Option<Point>,
    #[serde(default)]
    values: Vec<Point>,
    histogram: Option<de::IgnoredAny>,
    histograms: Option<de::IgnoredAny>,
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Pair<'a>(f64, #[serde(borrow)] Cow<'a, str>);
        let Pair(at, text) = Pair::deserialize(from)?;
        let value = text.parse().map_err(|_| {
            de::Error::custom(format!("`{}` where a number was meant", text.escape_default()))
        })?;
        Ok(Self(at, value))
    }
}

/// Reads a whole answer of the server that goes by this name.
///
/// # Errors
/// Who refused, or what is not understood.
pub fn read(name: &str, answer: &Answer) -> Result<Reply, Fault> {
    let foreign = |why: String| Err(Fault::Foreign(name.to_owned(), why));
    let status = answer.status;
    let envelope: Envelope<'_> = match serde_json::from_slice(&answer.body) {
        Ok(envelope) => envelope,
        Err(error) => return Err(stranger(name, answer, &error)),
    };
    if envelope.status != "success" {
        return Err(Fault::Refused(
            name.to_owned(),
            format!("HTTP {status} {}: {}", envelope.kind, envelope.error),
        ));
    }
    if !(200..300).contains(&status) {
        return foreign(format!("HTTP {status} that says success"));
    }
    let Some(data) = envelope.data else { return foreign("success without data".to_owned()) };
    let series = match series(data) {
        Ok(series) => series,
        Err(why) => return foreign(why),
    };
    Ok(Reply { series, warnings: envelope.warnings, server_time: answer.date })
}

fn series(data: &RawValue) -> Result<Vec<Series>, String> {
    fn parsed<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, String> {
        serde_json::from_str(raw.get()).map_err(|error| error.to_string())
    }
    let Data { result_type, result } = parsed(data)?;
    match result_type.as_str() {
        "vector" | "matrix" => {
            let written: Vec<Written> = parsed(result)?;
            let one = |Written { metric, value, values, histogram, histograms }| Series {
                labels: metric,
                points: value.into_iter().chain(values).collect(),
                native: histogram.is_some() || histograms.is_some(),
            };
            Ok(written.into_iter().map(one).collect())
        }
        "scalar" => Ok(vec![Series { labels: Labels::new(), points: vec![parsed(result)?], native: false }]),
        "string" => Err(format!("the text {} where a number was meant", result.get())),
        other => Err(format!("a result of type `{}`", other.escape_default())),
    }
}

/// What it means that an answer is not the API's JSON.
fn stranger(name: &str, answer: &Answer, error: &serde_json::Error) -> Fault {
    let (name, status) = (name.to_owned(), answer.status);
    match status {
        401 | 403 => Fault::Refused(
            name,
            format!("HTTP {status}: it asks who we are; say so in config.toml, below [server.\"https://…\"]"),
        ),
        502..=504 => Fault::Unreachable(name, format!("HTTP {status} from something in between")),
        300..=399 => {
            Fault::Foreign(name, format!("HTTP {status}: it sends us elsewhere, and we do not follow"))
        }
        _ => {
            let kind = if answer.kind.is_empty() { "no media type" } else { answer.kind.as_str() };
            Fault::Foreign(name, format!("HTTP {status} with {kind}, not the API's JSON: {error}"))
        }
    }
}
