//! The file of samples: `tminus-samples VERSION DIGEST`, then for each metric the lines `metric NAME`,
//! `question DIGEST` and `answer HOW`, and for each of its sides `SIDE LENGTH` with so many bytes of packed samples
//! and the end of the line behind it.
//!
//! The digest is of everything after the first line.

use std::collections::BTreeMap;

use super::{Kept, KeptSeries};
use crate::analysis::Arm;
use crate::analysis::threshold::Answer;
use crate::base::{Digest, MetricId, Untrusted};

const MAGIC: &str = "tminus-samples";
const VERSION: u32 = 2;
const ARMS: [(Arm, &str); 3] =
    [(Arm::Canary, "canary "), (Arm::Baseline, "baseline "), (Arm::Whole, "whole ")];

/// Why a file of samples counts as nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotRead {
    /// It is something else.
    #[error("it is not a file of samples")]
    Foreign,
    /// Another build wrote it.
    #[error("its format is {0}, this build reads {VERSION}")]
    Another(u32),
    /// It is not as it was written.
    #[error("it is not whole")]
    Torn,
    /// It is whole and yet not understood.
    #[error("its byte {0} is not understood")]
    Byte(usize),
}

/// The bytes of what is kept.
pub(super) fn write(kept: &Kept) -> Vec<u8> {
    let mut body = Vec::new();
    for (metric, KeptSeries { question, answer, arms }) in kept {
        let answer = match answer {
            Answer::None => "none".to_owned(),
            Answer::Whole => "whole".to_owned(),
            Answer::Partial(why) => format!("partial {}", Untrusted::new(why.as_str()).line()),
            Answer::Fault(why) => format!("fault {}", Untrusted::new(why.as_str()).line()),
        };
        body.extend(format!("metric {metric}\nquestion {question}\nanswer {answer}\n").bytes());
        for (arm, word) in ARMS {
            let Some(packed) = arms.get(&arm) else { continue };
            body.extend(format!("{word}{}\n", packed.len()).bytes());
            body.extend_from_slice(packed);
            body.push(b'\n');
        }
    }
    let mut out = format!("{MAGIC} {VERSION} {}\n", Digest::of(&body)).into_bytes();
    out.append(&mut body);
    out
}

/// What some bytes keep.
pub(super) fn read(bytes: &[u8]) -> Result<Kept, NotRead> {
    let mut rest = bytes;
    let mut words = line(&mut rest, MAGIC).ok_or(NotRead::Foreign)?.split_whitespace();
    let version = words.next().and_then(|word| word.parse().ok()).ok_or(NotRead::Foreign)?;
    if version != VERSION {
        return Err(NotRead::Another(version));
    }
    if words.next().and_then(Digest::parse) != Some(Digest::of(rest)) {
        return Err(NotRead::Torn);
    }
    let mut kept = Kept::new();
    while !rest.is_empty() {
        let Some((name, series)) = series(&mut rest) else {
            return Err(NotRead::Byte(bytes.len() - rest.len()));
        };
        kept.insert(name, series);
    }
    Ok(kept)
}

fn series(rest: &mut &[u8]) -> Option<(MetricId, KeptSeries)> {
    let name = MetricId::new(line(rest, "metric ")?);
    let question = line(rest, "question ").and_then(Digest::parse)?;
    let answer = line(rest, "answer ").and_then(answer)?;
    let mut arms = BTreeMap::new();
    while !rest.is_empty() && !rest.starts_with(b"metric ") {
        let (arm, length) = ARMS.iter().find_map(|(arm, word)| Some((*arm, line(rest, word)?)))?;
        let (packed, after) = rest.split_at_checked(length.parse().ok()?)?;
        *rest = after.strip_prefix(b"\n")?;
        arms.insert(arm, packed.to_vec());
    }
    Some((name, KeptSeries { question, answer, arms }))
}

/// The rest of a line that begins with these words, and the line taken away.
fn line<'a>(rest: &mut &'a [u8], begin: &str) -> Option<&'a str> {
    let after = rest.strip_prefix(begin.as_bytes())?;
    let end = after.iter().position(|byte| *byte == b'\n')?;
    let (line, left) = after.split_at_checked(end)?;
    let line = std::str::from_utf8(line).ok()?;
    *rest = left.strip_prefix(b"\n")?;
    Some(line)
}

fn answer(text: &str) -> Option<Answer> {
    let (word, why) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "none" => Some(Answer::None),
        "whole" => Some(Answer::Whole),
        "partial" => Some(Answer::Partial(why.to_owned())),
        "fault" => Some(Answer::Fault(why.to_owned())),
        _ => None,
    }
}
