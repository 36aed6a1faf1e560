//! Counts of two sides in a file of comma-separated values: `t,canary_total,canary_bad,baseline_total,baseline_bad`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Number, Value};

use crate::analysis::Tally;
use crate::analysis::judge::{Covers, Step};
use crate::base::{Seconds, Timestamp, Untrusted};
use crate::cli::exit::{Exit, Failure};
use crate::cli::files;

/// The columns, as a file names them.
const COLUMNS: [&str; 5] = ["t", "canary_total", "canary_bad", "baseline_total", "baseline_bad"];
/// The largest count a 64-bit float still has exactly: 2^53.
const MOST: u64 = 1 << 53;

/// The steps of a file, oldest first, and how it writes their times.
#[derive(Debug)]
pub struct Recorded {
    /// The steps.
    pub steps: Vec<Step>,
    written: BTreeMap<Timestamp, Value>,
}

impl Recorded {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or a line of it is not understood.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = files::read(path)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(good).filter(|byte| **byte == b'\n');
            fault(path, line.count() + 1, "it is not UTF-8").help("save the file as UTF-8")
        })?;
        Self::parse(path, text.trim_start_matches('\u{feff}'))
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(place, line)| (place + 1, line))
            .filter(|(_, l)| !l.trim().is_empty());
        let head = lines.next().ok_or_else(|| {
            fault(path, 1, "the file is empty")
                .help(format!("write a line of headings, {}", COLUMNS.join(",")))
        })?;
        let places = headings(path, head)?;
        let mut read: BTreeMap<Timestamp, (usize, Step, Value)> = BTreeMap::new();
        for (number, line) in lines {
            let (step, value) = row(path, number, line, &places)?;
            if let Some((first, other, _)) = read.get(&step.at) {
                if *other == step {
                    continue;
                }
                return Err(fault(path, number, &format!("line {first} has other counts of the same time"))
                    .help("keep the one that is right"));
            }
            read.insert(step.at, (number, step, value));
        }
        if read.is_empty() {
            return Err(fault(path, head.0 + 1, "there are no counts").help("write one line a step"));
        }
        let written = read.iter().map(|(at, (_, _, value))| (*at, value.clone())).collect();
        Ok(Self { steps: read.into_values().map(|(_, step, _)| step).collect(), written })
    }

    /// A time as the file writes it.
    pub fn written(&self, at: Timestamp) -> Value {
        self.written.get(&at).cloned().unwrap_or_else(|| Value::from(at.to_string()))
    }

    /// How far apart the steps are meant to be: the twentieth part of the distances is not longer, so that neither a
    /// hole nor a late sample makes it longer than it is. None for a single step.
    pub fn every(&self) -> Option<Seconds> {
        let pairs = self.steps.iter().zip(self.steps.iter().skip(1));
        let mut apart: Vec<i64> = pairs.map(|(a, b)| b.at.as_millisecond() - a.at.as_millisecond()).collect();
        apart.sort_unstable();
        let usual = *apart.get(apart.len() / 20)?;
        u64::try_from((usual + 500) / 1000).ok().map(|seconds| Seconds(seconds.max(1)))
    }
}

fn fault(path: &Path, line: usize, message: &str) -> Failure {
    Failure::new(Exit::NotUnderstood, message).at(path.display().to_string(), u32::try_from(line).ok())
}

/// Where each column is.
fn headings(path: &Path, (number, line): (usize, &str)) -> Result<[usize; 5], Failure> {
    let names: Vec<String> = line.split(',').map(|name| clean(name).to_ascii_lowercase()).collect();
    let mut places = [0; 5];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        *place = names.iter().position(|name| name == column).ok_or_else(|| {
            fault(path, number, &format!("there is no column `{column}`"))
                .help(format!("write the headings {} in the first line", COLUMNS.join(",")))
        })?;
    }
    Ok(places)
}

fn clean(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|field| field.strip_suffix('"')).unwrap_or(field).trim()
}

fn row(path: &Path, number: usize, line: &str, places: &[usize; 5]) -> Result<(Step, Value), Failure> {
    let fields: Vec<&str> = line.split(',').map(clean).collect();
    let field = |column: usize| {
        let name = COLUMNS.get(column).copied().unwrap_or_default();
        let place = places.get(column).copied().unwrap_or_default();
        fields.get(place).copied().ok_or_else(|| {
            fault(path, number, &format!("the line has {} fields and none for `{name}`", fields.len()))
                .help("leave the field empty when there is no sample, and keep its comma")
        })
    };
    let (at, value) = time(field(0)?).ok_or_else(|| {
        let shown = Untrusted::new(fields.first().copied().unwrap_or_default()).cell(30);
        fault(path, number, &format!("`{shown}` is not a time"))
            .help("write seconds or RFC 3339, as 2026-12-01T10:00:00Z")
    })?;
    let count = |column: usize| count(path, number, field(column)?);
    let side = |total: Option<u64>, bad: Option<u64>, name: &str| match (total, bad) {
        (Some(total), Some(bad)) if bad > total => {
            Err(fault(path, number, &format!("{name}: {bad} bad of {total}"))
                .help("count the bad requests among all of them, in the same step"))
        }
        (Some(total), Some(bad)) => Ok(Some(Tally::ratio(total, bad))),
        _ => Ok(None),
    };
    let canary = side(count(1)?, count(2)?, "canary")?;
    let baseline = side(count(3)?, count(4)?, "baseline")?;
    Ok((Step { at, canary, baseline, covers: Covers::Interval }, value))
}

/// A time, and how it was written.
fn time(text: &str) -> Option<(Timestamp, Value)> {
    if let Ok(seconds) = text.parse::<f64>() {
        let at = Timestamp::from_millisecond(whole((seconds * 1000.0).round())?).ok()?;
        return Some((at, text.parse::<Number>().map_or_else(|_| Value::from(seconds), Value::Number)));
    }
    Some((text.parse().ok()?, Value::from(text)))
}

fn whole(number: f64) -> Option<i64> {
    (number.is_finite() && number.abs() < MOST as f64).then_some(number as i64)
}

/// A count; none when the field is empty.
fn count(path: &Path, number: usize, text: &str) -> Result<Option<u64>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |what: &str| {
        fault(path, number, &format!("`{}` {what}", Untrusted::new(text).cell(30)))
            .help("write how many there were in this step, or leave the field empty when there is no sample")
    };
    let count = match text.parse::<u64>() {
        Ok(count) => count,
        // Exporters write whole numbers as floats.
        Err(_) => match text.parse::<f64>() {
            Ok(float) if float.fract() == 0.0 && (0.0..=MOST as f64).contains(&float) => float as u64,
            Ok(_) => return Err(wrong("is not a count")),
            Err(_) => return Err(wrong("is not a number")),
        },
    };
    if count > MOST {
        return Err(wrong("is too large for a count"));
    }
    Ok(Some(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "t,canary_total,canary_bad,baseline_total,baseline_bad\n";

    fn parse(rows: &str) -> Result<Recorded, Failure> {
        Recorded::parse(Path::new("counts.csv"), &format!("{HEAD}{rows}"))
    }

    #[test]
    fn counts_are_read_in_any_order_and_gaps_stay_gaps() {
        let read = parse("30,10,,90,0\r\n0,10,1,90,2\n\n15,10.0,0,90,0\n15,10,0,90,0\n").expect("understood");
        let bad: Vec<_> = read.steps.iter().map(|step| step.canary.map(|counts| counts.bad[0])).collect();
        assert_eq!(bad, [Some(1), Some(0), None]);
        assert_eq!(read.every(), Some(Seconds(15)));
        assert_eq!(read.written(read.steps[1].at), Value::from(15));
        let dated = parse("2026-12-01T10:00:00Z,1,0,1,0\n").expect("understood");
        assert_eq!(dated.written(dated.steps[0].at), Value::from("2026-12-01T10:00:00Z"));
        assert_eq!(dated.every(), None);
    }

    #[test]
    fn what_is_wrong_has_a_line_and_a_remedy() {
        for (rows, line, word) in [
            ("0,1,0,1\n", 2, "baseline_bad"),
            ("0,1,0,1,0\n15,1,2,1,0\n", 3, "2 bad of 1"),
            ("0,1,NaN,1,0\n", 2, "not a count"),
            ("0,1,-1,1,0\n", 2, "not a count"),
            ("0,1,0.5,1,0\n", 2, "not a count"),
            ("0,1,x,1,0\n", 2, "not a number"),
            ("0,1e300,0,1,0\n", 2, "not a count"),
            ("soon,1,0,1,0\n", 2, "not a time"),
            ("NaN,1,0,1,0\n", 2, "not a time"),
            ("0,1,0,1,0\n0,1,0,1,1\n", 3, "line 2"),
            ("", 2, "no counts"),
        ] {
            let failure = parse(rows).expect_err(rows);
            assert_eq!((failure.exit, failure.line), (Exit::NotUnderstood, Some(line)), "{rows}");
            assert!(failure.message.contains(word), "{rows}: {}", failure.message);
            assert!(failure.help.is_some(), "{rows}");
        }
        let failure = Recorded::parse(Path::new("counts.csv"), "0,1,0,1,0\n").expect_err("no headings");
        assert!(failure.message.contains("`t`"), "{}", failure.message);
    }
}
