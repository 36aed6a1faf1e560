//! Rules over time.

mod proofs;
mod properties;
mod rules;
mod shapes;
mod vectors;

use crate::analysis::threshold::{Course, Reads, Sides, Standing, Terms, Watched, stand};
use crate::analysis::{Measure, Quality, Sample, Samples, Tally};
use crate::base::{Quantity, Seconds, Timestamp, Unit};
use crate::plan::rule::{Check, Op, Rule, Test};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn rule(op: Op, value: f64, lasting: Option<u64>) -> Rule {
    let value = Quantity::new(value, Unit::Ratio);
    Rule { any: vec![vec![Test::new(Check::Compare { op, value })]], lasting: lasting.map(Seconds) }
}

fn text(text: &str) -> Rule {
    Rule::parse(text).expect(text)
}

fn day() -> Samples {
    Samples::new(Seconds(15), Seconds(24 * 3600))
}

fn gap(second: i64, quality: Quality) -> Sample {
    Sample { at: at(second), measure: Measure::None, quality }
}

fn tally(second: i64, total: u64, bad: u64) -> Sample {
    let quality = if total == 0 { Quality::NoTraffic } else { Quality::Ok };
    Sample { at: at(second), measure: Measure::Tally(Tally::ratio(total, bad)), quality }
}

fn watched(rule: &Rule) -> Watched<'_> {
    Watched {
        name: "error-rate",
        rule,
        terms: Terms::default(),
        reads: Reads::Plain,
        course: Course::default(),
        fired: false,
    }
}

fn stands(samples: &Samples, what: &Watched<'_>, now: i64) -> Standing {
    stand(&Sides::of(samples), what, at(now))
}
