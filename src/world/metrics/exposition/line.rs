//! One line of an answer.

use super::cursor::Cursor;
use super::{Dialect, Kind, Labels, Limits, Sample, number};

/// What a line says.
#[derive(Debug)]
pub(super) enum Line {
    /// Nothing that matters here: a comment, a help text, a unit.
    Nothing,
    /// What kind a family is.
    Kind(String, Kind),
    /// A number.
    Sample(Sample),
    /// The end of the answer.
    End,
}

pub(super) fn read(text: &str, dialect: Dialect, limits: &Limits) -> Result<Line, String> {
    let mut cursor = Cursor::new(text);
    cursor.blanks();
    match cursor.peek() {
        None => Ok(Line::Nothing),
        Some('#') => remark(cursor, text, limits),
        Some(_) => sample(cursor, dialect, limits).map(Line::Sample),
    }
}

fn remark(mut cursor: Cursor<'_>, text: &str, limits: &Limits) -> Result<Line, String> {
    if text == "# EOF" {
        return Ok(Line::End);
    }
    cursor.take('#');
    cursor.blanks();
    if cursor.word(&[]) != "TYPE" || !cursor.blanks() {
        return Ok(Line::Nothing);
    }
    let name = match cursor.peek() {
        Some('"') => cursor.quoted(limits.name, "the family's name")?,
        _ => plain(cursor.word(&[]), limits)?,
    };
    cursor.blanks();
    let word = cursor.rest().trim_end();
    let kind = Kind::read(word).ok_or_else(|| {
        format!("`{}` is no type; write counter, gauge, histogram, summary or unknown", shown(word))
    })?;
    Ok(Line::Kind(name, kind))
}

fn sample(mut cursor: Cursor<'_>, dialect: Dialect, limits: &Limits) -> Result<Sample, String> {
    let mut name = String::new();
    if cursor.peek() != Some('{') {
        name = plain(cursor.word(&['{', '"', '#']), limits)?;
    }
    cursor.blanks();
    let mut labels = Labels::new();
    if cursor.take('{') {
        braces(&mut cursor, &mut name, &mut labels, limits)?;
    }
    if name.is_empty() {
        return Err("a number without a name; write `name{label=\"value\"} 1`".to_owned());
    }
    cursor.blanks();
    let word = cursor.word(&[]);
    let value = number(word).ok_or_else(|| format!("`{}` where a number was meant", shown(word)))?;
    cursor.blanks();
    let mut at_ms = None;
    if !matches!(cursor.peek(), None | Some('#')) {
        let word = cursor.word(&[]);
        let time = match dialect {
            Dialect::Text => word.parse().ok(),
            Dialect::OpenMetrics => milliseconds(word),
        };
        let unit = if dialect == Dialect::Text { "whole milliseconds" } else { "seconds" };
        at_ms = Some(time.ok_or_else(|| format!("`{}` where a time in {unit} was meant", shown(word)))?);
        cursor.blanks();
    }
    match (cursor.peek(), dialect) {
        (None, _) => {}
        (Some('#'), Dialect::OpenMetrics) => exemplar(cursor, limits)?,
        _ => return Err(format!("`{}` after the number", shown(cursor.rest()))),
    }
    Ok(Sample { name, labels, value, at_ms })
}

/// The labels up to the closing brace; a quoted text without a value is the series' own name.
fn braces(
    cursor: &mut Cursor<'_>,
    name: &mut String,
    labels: &mut Labels,
    limits: &Limits,
) -> Result<(), String> {
    loop {
        cursor.blanks();
        if cursor.take('}') {
            return Ok(());
        }
        let quoted = cursor.peek() == Some('"');
        let label = if quoted {
            cursor.quoted(limits.name, "a name")?
        } else {
            let word = cursor.word(&['=', ',', '}', '"', '{']);
            if !is_name(word, false) {
                return Err(format!("`{}` is no label's name; put it in double quotes", shown(word)));
            }
            within(word, limits)?.to_owned()
        };
        cursor.blanks();
        if cursor.take('=') {
            cursor.blanks();
            let value = cursor.quoted(limits.value, &format!("the value of label `{}`", shown(&label)))?;
            if labels.len() >= limits.labels {
                return Err(format!("more than {} labels", limits.labels));
            }
            if label.is_empty() {
                return Err("a label without a name".to_owned());
            }
            if let Some(twice) = labels.insert(label.clone(), value) {
                return Err(format!("label `{}` comes twice (`{}` first)", shown(&label), shown(&twice)));
            }
        } else if quoted && name.is_empty() {
            *name = label;
        } else {
            return Err(format!("label `{}` has no value", shown(&label)));
        }
        cursor.blanks();
        // A comma may be missing between labels and may follow the last: real exporters do both.
        cursor.take(',');
        if cursor.rest().is_empty() {
            return Err("no closing `}` after the labels".to_owned());
        }
    }
}

/// An exemplar is read, so that nonsense is found, and let go.
fn exemplar(mut cursor: Cursor<'_>, limits: &Limits) -> Result<(), String> {
    cursor.take('#');
    cursor.blanks();
    if !cursor.take('{') {
        return Err("an exemplar without labels; write `# {trace_id=\"…\"} 1`".to_owned());
    }
    // Its own name would be a second name for the series.
    let mut name = "exemplar".to_owned();
    braces(&mut cursor, &mut name, &mut Labels::new(), limits)?;
    cursor.blanks();
    let word = cursor.word(&[]);
    number(word).ok_or_else(|| format!("`{}` where an exemplar's number was meant", shown(word)))?;
    cursor.blanks();
    let word = cursor.word(&[]);
    if !word.is_empty() {
        milliseconds(word).ok_or_else(|| format!("`{}` where an exemplar's time was meant", shown(word)))?;
    }
    cursor.blanks();
    match cursor.peek() {
        None => Ok(()),
        Some(_) => Err(format!("`{}` after the exemplar", shown(cursor.rest()))),
    }
}

fn milliseconds(word: &str) -> Option<i64> {
    // Far beyond any clock, and far below what would wrap.
    number(word).filter(|seconds| seconds.abs() < 1e13).map(|seconds| (seconds * 1000.0).round() as i64)
}

/// A name without quotes.
fn plain(word: &str, limits: &Limits) -> Result<String, String> {
    if !is_name(word, true) {
        return Err(format!("`{}` is no name; write it as {{\"…\"}}", shown(word)));
    }
    Ok(within(word, limits)?.to_owned())
}

fn within<'a>(word: &'a str, limits: &Limits) -> Result<&'a str, String> {
    if word.len() > limits.name {
        return Err(format!("a name is longer than {} bytes", limits.name));
    }
    Ok(word)
}

fn is_name(word: &str, colons: bool) -> bool {
    let fits = |c: char, first: bool| {
        c.is_ascii_alphabetic() || c == '_' || (c == ':' && colons) || (c.is_ascii_digit() && !first)
    };
    !word.is_empty() && word.chars().enumerate().all(|(place, c)| fits(c, place == 0))
}

/// The beginning of a text from outside, for a message.
fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}
