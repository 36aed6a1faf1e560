//! What a Prometheus-compatible server answers (HTTP API v1), read with suspicion.
//!
//! Invariants: a value that is no finite number is `None`; an answer that is not whole says so; an answer of
//! another shape is a fault, never an empty one.

use serde::Deserialize;
use serde_json::Value;

use crate::engine::ports::Fault;
use crate::world::http::Answer;

/// One sample: seconds since 1970 and a number, when it was one.
pub(super) type Sample = (f64, Option<f64>);

/// What an answer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reply {
    /// The samples of the one series; empty when there was none or more than one.
    pub(super) samples: Vec<Sample>,
    /// Why the answer is not whole.
    pub(super) partial: Vec<String>,
}

#[derive(Deserialize)]
struct Envelope {
    status: String,
    data: Option<Value>,
    #[serde(rename = "errorType", default)]
    kind: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<Series>),
    Matrix(Vec<Series>),
    Scalar((f64, String)),
    String(Value),
}

#[derive(Deserialize)]
struct Series {
    value: Option<(f64, String)>,
    #[serde(default)]
    values: Vec<(f64, String)>,
    histogram: Option<Value>,
    histograms: Option<Value>,
}

/// Reads an answer of the server that goes by this name.
pub(super) fn read(name: &str, answer: &Answer) -> Result<Reply, Fault> {
    let foreign = |why: String| Err(Fault::Foreign(name.to_owned(), why));
    if answer.cut {
        return foreign(format!("more than {} MiB; ask for fewer series", answer.body.len() >> 20));
    }
    let status = answer.status;
    let envelope: Envelope = match serde_json::from_slice(&answer.body) {
        Ok(envelope) => envelope,
        Err(_) if matches!(status, 401 | 403) => {
            return Err(Fault::Refused(name.to_owned(), format!("HTTP {status}: it asks who we are")));
        }
        Err(_) if matches!(status, 502..=504) => {
            return Err(Fault::Unreachable(
                name.to_owned(),
                format!("HTTP {status} from something in between"),
            ));
        }
        Err(_) if (300..400).contains(&status) => {
            return foreign(format!("HTTP {status}: it sends us elsewhere, and we do not follow"));
        }
        Err(error) => {
            let kind = if answer.kind.is_empty() { "no media type" } else { answer.kind.as_str() };
            return foreign(format!("HTTP {status} with {kind}, not the API's JSON: {error}"));
        }
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
    let data = match envelope.data.map(serde_json::from_value::<Data>) {
        Some(Ok(data)) => data,
        Some(Err(error)) => return foreign(error.to_string()),
        None => return foreign("success without data".to_owned()),
    };
    let mut reply = match data {
        Data::Vector(series) | Data::Matrix(series) => one(name, series)?,
        Data::Scalar(sample) => Reply { samples: vec![number(name, sample)?], partial: Vec::new() },
        Data::String(text) => return foreign(format!("the text {text} where a number was meant")),
    };
    reply.partial.extend(envelope.warnings);
    Ok(reply)
}

/// The one series that is meant; of several, none is taken.
fn one(name: &str, mut series: Vec<Series>) -> Result<Reply, Fault> {
    let count = series.len();
    let Some(only) = series.pop() else { return Ok(Reply::default()) };
    if count > 1 {
        let why =
            format!("{count} series where one was meant; write sum(...), max(...) or a narrower selector");
        return Ok(Reply { samples: Vec::new(), partial: vec![why] });
    }
    let mut partial = Vec::new();
    if only.histogram.is_some() || only.histograms.is_some() {
        partial.push("a native histogram where a number was meant; write histogram_quantile(...)".to_owned());
    }
    let samples = only.value.into_iter().chain(only.values).map(|sample| number(name, sample));
    Ok(Reply { samples: samples.collect::<Result<_, _>>()?, partial })
}

fn number(name: &str, (at, text): (f64, String)) -> Result<Sample, Fault> {
    let value = match text.as_str() {
        "NaN" | "+Inf" | "-Inf" | "Inf" => None,
        other => match other.parse::<f64>() {
            Ok(value) => Some(value).filter(|value| value.is_finite()),
            Err(_) => {
                let why = format!("`{}` where a number was meant", text.escape_default());
                return Err(Fault::Foreign(name.to_owned(), why));
            }
        },
    };
    Ok((at, value))
}
