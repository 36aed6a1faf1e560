//! Numbers in a file: a JSON array, or one number a line. `NaN`, `Inf` and `Infinity` are numbers here, bare or, in an
//! array, as texts, and `null` is no number, because that is what metric systems write.

use std::path::Path;

use crate::base::Untrusted;
use crate::cli::exit::{Exit, Failure};
use crate::cli::files;

/// Every number of a file, in its order; `null` is NaN.
///
/// # Errors
/// When it cannot be read, or something in it is not a number.
pub fn read(path: &Path) -> Result<Vec<f64>, Failure> {
    let bytes = files::read(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| fault(path, 1, "it is not UTF-8").help("save the file as UTF-8"))?;
    parse(path, text.trim_start_matches('\u{feff}'))
}

fn parse(path: &Path, text: &str) -> Result<Vec<f64>, Failure> {
    let Some(inside) = text.trim_start().strip_prefix('[') else {
        return text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(place, line)| number(line).ok_or_else(|| no_number(path, place + 1, line)))
            .collect();
    };
    let head = text.len() - inside.len();
    let mut line = 1 + text.get(..head).unwrap_or_default().matches('\n').count();
    let Some(inside) = inside.trim_end().strip_suffix(']') else {
        return Err(fault(path, text.lines().count(), "the array has no end").help("close it with `]`"));
    };
    if inside.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut numbers = Vec::new();
    for field in inside.split(',') {
        let before = field.len() - field.trim_start().len();
        let at = line + field.get(..before).unwrap_or_default().matches('\n').count();
        numbers.push(element(field.trim()).ok_or_else(|| no_number(path, at, field))?);
        line += field.matches('\n').count();
    }
    Ok(numbers)
}

/// An element of an array: a number, a text that is one, or `null`.
fn element(text: &str) -> Option<f64> {
    if text == "null" {
        return Some(f64::NAN);
    }
    number(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text))
}

/// A number as metric systems and languages write it.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

fn no_number(path: &Path, line: usize, text: &str) -> Failure {
    fault(path, line, &format!("`{}` is not a number", Untrusted::new(text.trim()).cell(30)))
        .help("write a JSON array of numbers, or one number a line; NaN and Inf are allowed")
}

fn fault(path: &Path, line: usize, message: &str) -> Failure {
    Failure::new(Exit::NotUnderstood, message).at(path.display().to_string(), u32::try_from(line).ok())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn parsed(text: &str) -> Result<String, Failure> {
        parse(Path::new("x.json"), text).map(|numbers| format!("{numbers:?}"))
    }

    #[rstest]
    #[case("", "[]")]
    #[case(" [ ] \n", "[]")]
    #[case("[1, 2.5,\n-3e-2]", "[1.0, 2.5, -0.03]")]
    #[case("[NaN, Infinity, -Infinity, \"NaN\", \"+Inf\", null]", "[NaN, inf, -inf, NaN, inf, NaN]")]
    #[case("1\n\n2\r\nNaN\n+Inf\n-Inf\n .5 \n", "[1.0, 2.0, NaN, inf, -inf, 0.5]")]
    #[case("[0.1000000000000000055511151231257827]", "[0.1]")]
    fn numbers_are_read_as_they_are_written(#[case] text: &str, #[case] read: &str) {
        assert_eq!(parsed(text).expect("understood"), read);
    }

    #[rstest]
    #[case("1\nsoon\n", 2, "`soon`")]
    #[case("1 2\n", 1, "`1 2`")]
    #[case("[1,\n2,\n\"x\"]", 3, "x")]
    #[case("[1,]", 1, "``")]
    #[case("[1, 2", 1, "no end")]
    #[case("\n[[1, \"2\"]]", 2, "[1")]
    fn what_is_no_number_has_a_line_and_a_remedy(#[case] text: &str, #[case] line: u32, #[case] word: &str) {
        let failure = parsed(text).expect_err(text);
        assert_eq!((failure.exit, failure.line), (Exit::NotUnderstood, Some(line)), "{text}");
        assert!(failure.message.contains(word) && failure.help.is_some(), "{text}: {}", failure.message);
    }
}
