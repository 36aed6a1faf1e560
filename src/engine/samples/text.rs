//! The file of samples: `tminus-samples VERSION DIGEST`, then for each metric its name, the digest of its question,
//! how its source last answered, and one sample a line.
//!
//! A sample is `VALUE`, as far from the one before as that was from its own, or `STEP VALUE` with the new step in
//! nanoseconds; the first step is from 1970. A gap's value is `-`. The digest is of everything after the first line.

use super::{Kept, KeptSeries};
use crate::analysis::threshold::Answer;
use crate::base::{Digest, MetricId, Timestamp, Untrusted};

const MAGIC: &str = "tminus-samples";
const VERSION: u32 = 1;

/// Why a file of samples counts as nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotRead {
    /// It is something else.
    #[error("it is not a file of samples")]
    Foreign,
    /// Another build wrote it.
    #[error("its format is {0}, this build reads {VERSION}")]
    Newer(u32),
    /// It is not as it was written.
    #[error("it is not whole")]
    Torn,
    /// It is whole and yet not understood.
    #[error("its line {0} is not understood")]
    Line(usize),
}

/// The text of what is kept.
pub(super) fn write(kept: &Kept) -> String {
    let mut body = String::new();
    for (metric, KeptSeries { question, answer, samples }) in kept {
        let answer = match answer {
            Answer::None => "none".to_owned(),
            Answer::Whole => "whole".to_owned(),
            Answer::Partial(why) => format!("partial {}", Untrusted::new(why.as_str()).line()),
            Answer::Fault(why) => format!("fault {}", Untrusted::new(why.as_str()).line()),
        };
        body.push_str(&format!("metric {metric}\nquestion {question}\nanswer {answer}\n"));
        let (mut last, mut step) = (0, 0);
        for (at, value) in samples {
            let now = at.as_nanosecond();
            if now - last != step {
                step = now - last;
                body.push_str(&format!("{step} "));
            }
            last = now;
            match value {
                Some(value) => body.push_str(&format!("{value}\n")),
                None => body.push_str("-\n"),
            }
        }
    }
    format!("{MAGIC} {VERSION} {}\n{body}", Digest::of(&body))
}

/// What a text keeps.
pub(super) fn read(bytes: &[u8]) -> Result<Kept, NotRead> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotRead::Foreign)?;
    let (first, body) = text.split_once('\n').ok_or(NotRead::Foreign)?;
    let mut words = first.strip_prefix(MAGIC).ok_or(NotRead::Foreign)?.split_whitespace();
    let version = words.next().and_then(|word| word.parse().ok()).ok_or(NotRead::Foreign)?;
    if version != VERSION {
        return Err(NotRead::Newer(version));
    }
    if words.next().and_then(Digest::parse) != Some(Digest::of(body)) {
        return Err(NotRead::Torn);
    }
    let mut kept = Kept::new();
    let mut lines = body.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        // The first line is not part of the body.
        let wrong = NotRead::Line(number + 2);
        let mut rest = |word: &str| lines.next().and_then(|(_, line)| line.strip_prefix(word));
        let name = line.strip_prefix("metric ").ok_or(wrong.clone())?;
        let question = rest("question ").and_then(Digest::parse).ok_or(wrong.clone())?;
        let answer = rest("answer ").and_then(answer).ok_or(wrong)?;
        let (mut at, mut step) = (0i128, 0i128);
        let mut samples = Vec::new();
        while let Some((number, line)) = lines.next_if(|(_, line)| !line.starts_with("metric ")) {
            let wrong = || NotRead::Line(number + 2);
            let value = match line.split_once(' ') {
                Some((new, value)) => {
                    step = new.parse().map_err(|_| wrong())?;
                    value
                }
                None => line,
            };
            at = at.checked_add(step).ok_or_else(wrong)?;
            let moment = Timestamp::from_nanosecond(at).map_err(|_| wrong())?;
            let value = match value {
                "-" => None,
                number => Some(number.parse().map_err(|_| wrong())?),
            };
            samples.push((moment, value));
        }
        kept.insert(MetricId::new(name), KeptSeries { question, answer, samples });
    }
    Ok(kept)
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
