//! What a judgement of a rollout rests on, as text: settings, stages, the steps of each signal, where rules stood.
//!
//! It is kept as the evidence of each ruling, whose `inputs` is its digest. Who reads it back and judges it again gets
//! the same: one fact a line, in an order that does not depend on who was asked first.

use std::fmt::Write as _;

use crate::analysis::Tally;
use crate::analysis::judge::{Judge, Settings, Step, Unfit};
use crate::base::{MetricId, RolloutId, Timestamp};

const MAGIC: &str = "tminus-judgement 1";

/// What a judgement of a rollout rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Which rollout.
    pub rollout: RolloutId,
    /// When each stage began, oldest first; the first is the beginning.
    pub stages: Vec<Timestamp>,
    /// Where rules and data stood, one a line, for people.
    pub notes: Vec<String>,
    /// The signals.
    pub signals: Vec<SignalRecord>,
}

/// One signal.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalRecord {
    /// Which metric.
    pub metric: MetricId,
    /// Its part of the error allowed, against the others.
    pub weight: f64,
    /// What its judge was told before it began.
    pub settings: Settings,
    /// What was counted, oldest first.
    pub steps: Vec<Step>,
}

/// Why a text is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotARecord {
    /// It is something else.
    #[error("it is not the record of a judgement; give one that an event of the judge names")]
    Foreign,
    /// A line of it is not understood.
    #[error("line {0} of the record is not understood")]
    Line(usize),
}

impl Record {
    /// As text.
    pub fn text(&self) -> String {
        let mut out = format!("{MAGIC}\nrollout {}\n", self.rollout);
        self.stages.iter().for_each(|at| line(&mut out, &format!("stage {at}")));
        let mut notes = self.notes.clone();
        notes.sort();
        notes.iter().for_each(|note| line(&mut out, &format!("note {}", note.replace(['\n', '\r'], " "))));
        for SignalRecord { metric, weight, settings, steps } in &self.signals {
            // Settings are plain numbers: they always have a text.
            let settings = serde_json::to_string(settings).unwrap_or_default();
            line(&mut out, &format!("signal {metric} {weight} {settings}"));
            for step in steps {
                let side = |side: &Option<Tally>| side.map_or_else(|| "-".to_owned(), |tally| counts(&tally));
                line(&mut out, &format!("{} {} {}", step.at, side(&step.canary), side(&step.baseline)));
            }
        }
        out
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When it is no record, with the first line that is not understood.
    pub fn read(text: &str) -> Result<Self, NotARecord> {
        let mut lines = text.lines();
        if lines.next() != Some(MAGIC) {
            return Err(NotARecord::Foreign);
        }
        let mut record =
            Self { rollout: RolloutId::new(""), stages: Vec::new(), notes: Vec::new(), signals: Vec::new() };
        for (number, line) in (2..).zip(lines) {
            record.take(line).ok_or(NotARecord::Line(number))?;
        }
        Ok(record)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "rollout" => self.rollout = RolloutId::new(rest),
            "stage" => self.stages.push(rest.parse().ok()?),
            "note" => self.notes.push(rest.to_owned()),
            "signal" => {
                let (metric, rest) = rest.split_once(' ')?;
                let (weight, settings) = rest.split_once(' ')?;
                self.signals.push(SignalRecord {
                    metric: MetricId::new(metric),
                    weight: weight.parse().ok()?,
                    settings: serde_json::from_str(settings).ok()?,
                    steps: Vec::new(),
                });
            }
            at => {
                let at: Timestamp = at.parse().ok()?;
                let (canary, baseline) = rest.split_once(' ')?;
                let (canary, baseline) = (side(canary)?, side(baseline)?);
                self.signals.last_mut()?.steps.push(Step { canary, baseline, ..Step::missing(at) });
            }
        }
        Some(())
    }
}

impl SignalRecord {
    /// A judge that has seen all of it, with the stages of its rollout.
    ///
    /// # Errors
    /// When nothing can be judged with the settings.
    pub fn judge(&self, stages: &[Timestamp]) -> Result<Judge, Unfit> {
        let mut judge = begun(self.settings, stages)?;
        let mut stages = stages.iter().skip(1).peekable();
        for step in &self.steps {
            while let Some(stage) = stages.next_if(|stage| **stage <= step.at) {
                judge.stage(*stage);
            }
            judge.take(*step);
        }
        stages.for_each(|stage| judge.stage(*stage));
        Ok(judge)
    }
}

/// A judge that has seen nothing since the first stage began.
///
/// # Errors
/// When nothing can be judged with the settings.
pub fn begun(settings: Settings, stages: &[Timestamp]) -> Result<Judge, Unfit> {
    let judge = Judge::new(settings)?;
    Ok(match stages.first() {
        Some(first) => judge.begun(*first),
        None => judge,
    })
}

fn line(out: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}

fn counts(tally: &Tally) -> String {
    let [first, second, third] = tally.bad;
    match (second, third) {
        (0, 0) => format!("{first}/{}", tally.total),
        _ => format!("{first},{second},{third}/{}", tally.total),
    }
}

fn side(text: &str) -> Option<Option<Tally>> {
    if text == "-" {
        return Some(None);
    }
    let (bad, total) = text.split_once('/')?;
    let mut tally = Tally { total: total.parse().ok()?, ..Tally::default() };
    let mut places = tally.bad.iter_mut();
    for count in bad.split(',') {
        *places.next()? = count.parse().ok()?;
    }
    Some(Some(tally))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn record() -> Record {
        let steps = |bad: u64| {
            let step = |n: i64| Step::new(at(n * 15), Tally::ratio(200, bad), Tally::ratio(1800, 2));
            (0..40).map(step).chain([Step::missing(at(600))]).collect()
        };
        let signal = |metric: &str, bad| SignalRecord {
            metric: metric.into(),
            weight: 2.0,
            settings: Settings::default(),
            steps: steps(bad),
        };
        Record {
            rollout: "payments".into(),
            stages: vec![at(0), at(300)],
            notes: vec!["rule error-rate armed".into(), "soak over".into()],
            signals: vec![signal("errors", 4), signal("slow", 0)],
        }
    }

    #[test]
    fn what_is_written_is_read_and_judged_alike() {
        let record = record();
        let read = Record::read(&record.text()).expect("a record");
        assert_eq!(read, record);
        for (one, other) in record.signals.iter().zip(&read.signals) {
            let ruling = |signal: &SignalRecord| signal.judge(&record.stages).expect("fit").ruling();
            assert_eq!(ruling(one), ruling(other));
        }
        let three = Tally { total: 9, bad: [3, 2, 0] };
        assert_eq!(side(&counts(&three)), Some(Some(three)));
    }

    #[test]
    fn what_is_no_record_says_where() {
        assert_eq!(Record::read("something else"), Err(NotARecord::Foreign));
        let broken = record().text().replacen("4/200", "four/200", 1);
        assert_eq!(Record::read(&broken), Err(NotARecord::Line(8)));
    }
}
