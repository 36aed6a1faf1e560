//! What exporters say of themselves: the Prometheus text format (0.0.4 and 1.0.0) and OpenMetrics 1.0.
//!
//! Invariants: pure, a function of the bytes; hostile input ends in an error that names its line and never in more
//! memory than [`Limits`] allow; an OpenMetrics answer without its `# EOF` is no answer, because it may be cut; the
//! same series may come twice and is given as often, for the reader to judge.

mod cursor;
mod line;
mod number;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use number::number;

/// What an exporter's answer is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The Prometheus text format: times in milliseconds, no exemplars, no end mark.
    Text,
    /// OpenMetrics: times in seconds, exemplars, an end mark.
    OpenMetrics,
}

impl Dialect {
    /// The dialect of a media type, lower case and without parameters; none when it is no text we read.
    pub fn of(kind: &str) -> Option<Self> {
        match kind {
            "application/openmetrics-text" => Some(Self::OpenMetrics),
            // Small exporters often say nothing, or say what their web framework says.
            "text/plain" | "" | "application/octet-stream" => Some(Self::Text),
            _ => None,
        }
    }
}

/// How much is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in all.
    pub bytes: usize,
    /// Series in all.
    pub series: usize,
    /// Labels of one series.
    pub labels: usize,
    /// Bytes of one name.
    pub name: usize,
    /// Bytes of one label's value.
    pub value: usize,
}

impl Limits {
    /// What a large exporter needs, several times over.
    pub const USUAL: Self =
        Self { bytes: 16 * 1024 * 1024, series: 200_000, labels: 64, name: 1024, value: 16 * 1024 };
}

/// What kind of number a family holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, until it starts anew.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Cumulative buckets with a sum and a count.
    Histogram,
    /// Buckets that go up and down.
    GaugeHistogram,
    /// Quantiles that nobody can add up.
    Summary,
    /// One of several states is 1.
    StateSet,
    /// Text in labels.
    Info,
    /// Nobody said.
    #[default]
    Unknown,
}

impl Kind {
    /// The word the formats have for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::StateSet => "stateset",
            Self::Info => "info",
            Self::Unknown => "unknown",
        }
    }

    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "counter" => Self::Counter,
            "gauge" => Self::Gauge,
            "histogram" => Self::Histogram,
            "gaugehistogram" => Self::GaugeHistogram,
            "summary" => Self::Summary,
            "stateset" => Self::StateSet,
            "info" => Self::Info,
            "unknown" | "untyped" => Self::Unknown,
            _ => return None,
        })
    }

    /// What the names of its series may end in, after the family's own name.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "_created"],
            Self::Histogram => &["_bucket", "_count", "_sum", "_created"],
            Self::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
            Self::Summary => &["_count", "_sum", "_created"],
            Self::Info => &["_info"],
            _ => &[],
        }
    }
}

/// The labels of a series, by name.
pub type Labels = BTreeMap<String, String>;

/// One line with a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The series' name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// The number; NaN and the infinities are possible.
    pub value: f64,
    /// The exporter's own time for it, in milliseconds since 1970, when it gives one.
    pub at_ms: Option<i64>,
}

/// Everything an exporter said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposition {
    /// The samples, in the order they came.
    pub samples: Vec<Sample>,
    /// What was said of families, by name.
    pub kinds: BTreeMap<String, Kind>,
}

/// What is wrong with an answer, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ExpositionError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it, and what to write.
    pub what: String,
}

impl Exposition {
    /// Reads an answer.
    ///
    /// # Errors
    /// What is wrong with the first line that is not understood, or which limit was passed.
    pub fn read(bytes: &[u8], dialect: Dialect, limits: &Limits) -> Result<Self, ExpositionError> {
        let at = |line: usize| move |what: String| ExpositionError { line, what };
        if bytes.len() > limits.bytes {
            return Err(at(1)(format!("{} bytes are more than the {} read", bytes.len(), limits.bytes)));
        }
        let mut read = Self::default();
        let mut ended = false;
        let mut number = 0;
        for (place, raw) in bytes.split(|byte| *byte == b'\n').enumerate() {
            number = place + 1;
            let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
            let text = std::str::from_utf8(raw).map_err(|_| at(number)("not UTF-8".to_owned()))?;
            if ended && !text.is_empty() {
                return Err(at(number)("something after `# EOF`".to_owned()));
            }
            match line::read(text, dialect, limits).map_err(at(number))? {
                line::Line::Nothing => {}
                line::Line::End => ended = dialect == Dialect::OpenMetrics,
                line::Line::Kind(name, kind) => {
                    if read.kinds.len() >= limits.series {
                        return Err(at(number)(format!("more than {} families", limits.series)));
                    }
                    read.kinds.insert(name, kind);
                }
                line::Line::Sample(sample) => {
                    if read.samples.len() >= limits.series {
                        return Err(at(number)(format!(
                            "more than {} series; let the exporter tell fewer, or ask another address",
                            limits.series
                        )));
                    }
                    read.samples.push(sample);
                }
            }
        }
        if dialect == Dialect::OpenMetrics && !ended {
            return Err(at(number)("the answer ends without `# EOF`: it was cut".to_owned()));
        }
        Ok(read)
    }

    /// The kind of the family a series belongs to.
    pub fn kind(&self, name: &str) -> Kind {
        if let Some(kind) = self.kinds.get(name) {
            return *kind;
        }
        let family = |kind: &Kind| {
            kind.endings()
                .iter()
                .filter_map(|ending| name.strip_suffix(ending))
                .any(|family| self.kinds.get(family) == Some(kind))
        };
        let all = [Kind::Counter, Kind::Histogram, Kind::GaugeHistogram, Kind::Summary, Kind::Info];
        all.into_iter().find(family).unwrap_or_default()
    }

    /// When the process behind the exporter began, in seconds since 1970, when it says so.
    pub fn process_start(&self) -> Option<f64> {
        let told = |sample: &&Sample| sample.name == "process_start_time_seconds" && sample.labels.is_empty();
        self.samples.iter().find(told).map(|sample| sample.value).filter(|value| value.is_finite())
    }
}
