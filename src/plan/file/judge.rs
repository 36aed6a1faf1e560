//! How the new version is judged against the old one: `[rollout.*.judge]`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor, value};

use crate::plan::TooFew;

use super::at::{At, OneOrMany};

/// How the new version is judged against the old one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    /// The metrics it looks at, a list or a table; every metric with counts or a histogram without it.
    #[serde(default)]
    pub signals: Signals,
    /// How often it may call a good version bad, at most; 0.01 without it.
    pub alpha: Option<At<f64>>,
    /// How often it may call a bad version good, at most; 0.05 without it.
    pub beta: Option<At<f64>>,
    /// How many times the old version's rate is still harmless; 1.1 without it.
    pub harmless: Option<At<f64>>,
    /// It promotes nothing before this time in a step; `10m` without it.
    pub dwell: Option<At<String>>,
    /// Samples so soon after a step do not count; `3m` without it.
    #[serde(rename = "warm-up")]
    pub warm_up: Option<At<String>>,
    /// What is done when the new version is worse, in order; `hold` and `ask` without it.
    pub worse: Option<OneOrMany>,
    /// What is done when there are too few events to tell; `ask` without it.
    #[serde(rename = "too-few", default)]
    pub too_few: TooFew,
}

/// The metrics a judge looks at, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signals(pub Vec<(At<String>, Signal)>);

/// What is said of one of them.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
pub struct Signal {
    /// Its part of the error allowed, against the others; 1 without it, and 0 only shows it.
    pub weight: Option<At<f64>>,
    /// How many times the old version's rate is not acceptable; 2 without it, and 1.5 of a histogram.
    pub unacceptable: Option<At<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    weight: Option<At<f64>>,
    unacceptable: Option<At<f64>>,
}

/// A number, which is the weight, or a table.
impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Signal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a weight, or `{ weight = 1, unacceptable = 2 }`")
            }
            fn visit_f64<E: serde::de::Error>(self, weight: f64) -> Result<Signal, E> {
                Ok(Signal { weight: Some(At { value: weight, start: 0 }), unacceptable: None })
            }
            fn visit_i64<E: serde::de::Error>(self, weight: i64) -> Result<Signal, E> {
                // A weight beyond 2^53 is refused later; below it nothing is lost.
                self.visit_f64(weight as f64)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Signal, A::Error> {
                let Fields { weight, unacceptable } =
                    Fields::deserialize(value::MapAccessDeserializer::new(map))?;
                Ok(Signal { weight, unacceptable })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Signals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Signals;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of metrics, or a table `{ errors = 2, latency = 1 }`")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Signals, A::Error> {
                let mut list = Vec::new();
                while let Some(name) = seq.next_element::<At<String>>()? {
                    list.push((name, Signal::default()));
                }
                Ok(Signals(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Signals, A::Error> {
                let mut list: Vec<(At<String>, Signal)> = Vec::new();
                while let Some((name, mut signal)) = map.next_entry::<At<String>, Signal>()? {
                    if let Some(weight) = signal.weight.as_mut().filter(|weight| weight.start == 0) {
                        weight.start = name.start;
                    }
                    list.push((name, signal));
                }
                list.sort_by_key(|(name, _)| name.start);
                Ok(Signals(list))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Signals {
    fn schema_name() -> Cow<'static, str> {
        "Signals".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let signal = generator.subschema_for::<Signal>();
        schemars::json_schema!({
            "oneOf": [
                { "type": "array", "items": { "type": "string" } },
                { "type": "object", "additionalProperties": { "anyOf": [{ "type": "number" }, signal] } }
            ]
        })
    }
}
