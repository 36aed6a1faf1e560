//! `tminus judge compare`: two files of numbers in, the rank test's word out.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;

use super::numbers;
use crate::analysis::rank::{
    Alternative, Class, Demand, Method, Pair, Question, RankTest, Side, ask, classify, mean_ratio,
};
use crate::cli::Context;
use crate::cli::exit::{Exit, Failure};

/// What is wrong with the test, for people who are used to it.
pub const DEFECTS: &str = "\
It is here because people know it; no decision of a release rests on it. Its known defects:
- It takes points for independent, which those of a gauge are not: of healthy pairs whose
  points hang together by 0.9 from one to the next it calls a quarter high.
- It knows nothing of looking twice: asked every ten minutes, it calls nearly half of
  those pairs high.
- It counts points, not requests: rare errors pass, and a point of one request weighs as much
  as one of ten thousand.
- It has no floor for what matters: with enough points 1 % more latency is high.
- Its interval ends at the largest difference seen: with four values a side or fewer the class
  can be high or low although p is not small.
Where there are counts, ask `tminus judge ratio`.";

/// Compares two samples by rank.
#[derive(Debug, clap::Args)]
pub struct Compare {
    /// The canary's numbers: a JSON array or one number a line; NaN and Inf are allowed
    #[arg(long, value_name = "FILE")]
    experiment: PathBuf,
    /// The baseline's numbers
    #[arg(long, value_name = "FILE")]
    control: PathBuf,
    /// The test
    #[arg(long, value_enum, default_value_t = Test::MannWhitney)]
    method: Test,
    /// The differences that count; this changes the class alone
    #[arg(long, value_enum, default_value_t = Counted::Either)]
    direction: Counted,
    /// How far from 0 the interval must lie, as a share of the estimate
    #[arg(long, default_value_t = 0.25, value_name = "SHARE")]
    tolerance: f64,
    /// The confidence of the interval
    #[arg(long, default_value_t = 0.98, value_name = "SHARE")]
    confidence: f64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Test {
    /// Mann and Whitney's, by the normal approximation with corrections for ties and continuity
    MannWhitney,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Counted {
    /// More is worse
    Increase,
    /// Less is worse
    Decrease,
    /// Both are
    Either,
}

/// What a script reads; null where there is no number, or none that is finite.
#[derive(Debug, Serialize)]
struct Answer {
    class: &'static str,
    lower: Option<f64>,
    upper: Option<f64>,
    estimate: Option<f64>,
    effect: Option<f64>,
    p: Option<f64>,
}

impl Compare {
    /// Compares, and prints the answer.
    ///
    /// # Errors
    /// When a file cannot be read or is not understood, or a share is none.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let demand = self.demand()?;
        let method = match self.method {
            Test::MannWhitney => Method::Normal,
        };
        let question = Question { alternative: Alternative::TwoSided, confidence: self.confidence, method };
        let (x, y) = (numbers::read(&self.experiment)?, numbers::read(&self.control)?);
        let pair = Pair::new(&x, &y);
        let test = pair.as_ref().map(|pair| ask(pair, &question));
        let class = match (&pair, &test) {
            (Some(pair), Some(test)) => classify(pair, test, &demand),
            _ => Class::NoData,
        };
        let answer = answer(class, pair.as_ref(), test);
        if context.out.is_json() {
            context.out.json(&answer)?;
        } else {
            context.out.text(sentence(&answer, self.confidence))?;
        }
        Ok(Exit::Ok)
    }

    fn demand(&self) -> Result<Demand, Failure> {
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            return Err(Failure::usage("the tolerance is a share from 0 up").help("write --tolerance 0.25"));
        }
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return Err(Failure::usage("the confidence lies between 0 and 1").help("write --confidence 0.98"));
        }
        let side = match self.direction {
            Counted::Increase => Side::Increase,
            Counted::Decrease => Side::Decrease,
            Counted::Either => Side::Either,
        };
        Ok(Demand { side, tolerance: self.tolerance })
    }
}

fn answer(class: Class, pair: Option<&Pair>, test: Option<RankTest>) -> Answer {
    let finite = |number: fn(&RankTest) -> f64| test.as_ref().map(number).filter(|number| number.is_finite());
    // Without a class there is no interval: any shift is possible.
    let bound = |number| if class == Class::NoData { None } else { finite(number) };
    Answer {
        class: class.as_str(),
        lower: bound(|test| test.lower),
        upper: bound(|test| test.upper),
        estimate: finite(|test| test.estimate),
        effect: pair.and_then(mean_ratio),
        p: finite(|test| test.p),
    }
}

fn sentence(answer: &Answer, confidence: f64) -> String {
    let Some(p) = answer.p else {
        return format!("{}: a file holds no number", answer.class);
    };
    let shown =
        |number: Option<f64>| number.map_or_else(|| "unbounded".to_owned(), |number| number.to_string());
    let effect = answer.effect.map(|effect| format!(", {effect:.3} times the mean")).unwrap_or_default();
    format!(
        "{}: experiment minus control {}, from {} to {} with {} % confidence{effect}; p {p:.4}",
        answer.class,
        shown(answer.estimate),
        shown(answer.lower),
        shown(answer.upper),
        confidence * 100.0,
    )
}
