//! Bytes to text: byte order marks, UTF-16, Windows-1252, text that was encoded twice, NULs and line ends.
//!
//! Invariants: the result has `\n` line ends only, no NUL and no byte order mark; lines are those an editor shows.

use super::error::ReadError;
use super::notes::{Notes, codes};
use crate::base::Untrusted;

/// More than any playbook people write; keeps memory bounded.
const LIMIT: usize = 64 << 20;

/// Decodes a file, noting what it had to repair.
pub(super) fn decode(name: &str, bytes: &[u8], notes: &mut Notes) -> Result<String, ReadError> {
    if bytes.len() > LIMIT {
        return Err(ReadError::TooLong { file: Untrusted::new(name), size: bytes.len(), limit: LIMIT });
    }
    let text = match wide(bytes) {
        Some(encoding) => {
            let (text, _, broken) = encoding.decode(bytes);
            let message = format!("this file is {}, read as such", encoding.name());
            notes.info(codes::ENCODING, 0, message, "save it as UTF-8");
            if broken {
                notes.warning(
                    codes::BROKEN_TEXT,
                    0,
                    "some characters could not be decoded and are shown as \u{fffd}".to_owned(),
                    "save the file as UTF-8",
                );
            }
            text.into_owned()
        }
        None => narrow(bytes, notes),
    };
    // Half controls means an executable or an image, not a page somebody typed.
    let controls = text.chars().take(4096).filter(|c| c.is_control() && !c.is_whitespace()).count();
    if controls * 4 > text.chars().take(4096).count() {
        return Err(ReadError::Binary { file: Untrusted::new(name) });
    }
    let text = if text.contains('\0') {
        let line = line_of(&text, text.find('\0').unwrap_or(0));
        notes.warning(
            codes::NUL,
            line,
            "the file holds NUL bytes, shown as \u{fffd}".to_owned(),
            "remove them",
        );
        text.replace('\0', "\u{fffd}")
    } else {
        text
    };
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
    Ok(repair(text, notes))
}

fn line_of(text: &str, at: usize) -> u32 {
    let breaks = text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
    u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
}

/// The text a file holds, as [`read`](super::read) sees it, for whoever needs its lines beside the pieces.
pub fn text(name: &str, bytes: &[u8]) -> Result<String, ReadError> {
    decode(name, bytes, &mut Notes::new(name))
}

/// UTF-16 by its mark, or by every second byte of the beginning being zero.
fn wide(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    match bytes {
        [0xff, 0xfe, ..] => return Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => return Some(encoding_rs::UTF_16BE),
        _ => {}
    }
    let head = bytes.get(..bytes.len().min(512)).unwrap_or(bytes);
    if head.len() < 8 {
        return None;
    }
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = head.len() / 2 * 7 / 10;
    if odd >= most && even * 10 < most {
        Some(encoding_rs::UTF_16LE)
    } else if even >= most && odd * 10 < most {
        Some(encoding_rs::UTF_16BE)
    } else {
        None
    }
}

fn narrow(bytes: &[u8], notes: &mut Notes) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) => {
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
            let line = line_of(&text, error.valid_up_to());
            let message = "this file is not UTF-8, read as Windows-1252".to_owned();
            notes.warning(codes::ENCODING, line, message, "save it as UTF-8");
            text.into_owned()
        }
    }
}

/// Puts right what was UTF-8 once, was read as Windows-1252 and saved again (`â†’` for `→`).
///
/// Only whole runs of characters outside ASCII that are valid UTF-8 when taken back are changed, so text that
/// is merely French stays.
fn repair(text: String, notes: &mut Notes) -> String {
    if text.is_ascii() || !text.contains(['Â', 'Ã', 'â', 'ð', 'Î', 'Ð', 'ï']) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let (mut repaired, mut broken) = (Vec::new(), Vec::new());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let number = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        let mut rest = line;
        while let Some(start) = rest.find(|c: char| !c.is_ascii()) {
            let (ascii, tail) = rest.split_at(start);
            out.push_str(ascii);
            let len = tail.find(|c: char| c.is_ascii()).unwrap_or(tail.len());
            let (run, after) = tail.split_at(len);
            rest = after;
            let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(run);
            match std::str::from_utf8(&bytes) {
                Ok(original) if !lossy => {
                    out.push_str(original);
                    repaired.push(number);
                }
                _ => {
                    if run.starts_with("ðŸ") || run.starts_with("â€") {
                        broken.push(number);
                    }
                    out.push_str(run);
                }
            }
        }
        out.push_str(rest);
    }
    repaired.dedup();
    if let Some(first) = repaired.first() {
        let message = format!("text was encoded twice on {} lines, put right here", repaired.len());
        notes.warning(
            codes::MOJIBAKE,
            *first,
            message,
            "save the file as UTF-8 once more, from the original",
        );
    }
    if let Some(first) = broken.first() {
        let message = "text was encoded twice and lost a byte, so it stays as it is".to_owned();
        notes.warning(codes::MOJIBAKE, *first, message, "type these characters again");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (String, Vec<&'static str>) {
        let mut notes = Notes::new("a.md");
        let text = decode("a.md", bytes, &mut notes).expect("text");
        (text, notes.into_findings().iter().map(|finding| finding.code.as_str()).collect())
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let wanted = "- [ ] Prüfen → los\n";
        let wide = |order: fn(u16) -> [u8; 2]| wanted.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        assert_eq!(text(wanted.as_bytes()), (wanted.to_owned(), vec![]));
        assert_eq!(text(format!("\u{feff}{wanted}").as_bytes()), (wanted.to_owned(), vec![]));
        assert_eq!(text(&wanted.replace('\n', "\r\n").into_bytes()).0, wanted);
        for (mark, bytes) in
            [(vec![0xff, 0xfe], wide(u16::to_le_bytes)), (vec![0xfe, 0xff], wide(u16::to_be_bytes))]
        {
            assert_eq!(text(&[mark, bytes.clone()].concat()), (wanted.to_owned(), vec!["encoding"]));
            assert_eq!(text(&bytes).0, wanted, "without a mark");
        }
    }

    #[test]
    fn windows_1252_and_double_encoding_are_put_right_and_said() {
        assert_eq!(text(b"Pr\xfcfen \x96 los"), ("Prüfen – los".to_owned(), vec!["encoding"]));
        assert_eq!(text("5.0 â†’ 5.1".as_bytes()), ("5.0 → 5.1".to_owned(), vec!["mojibake"]));
        assert_eq!(text("âge et façade".as_bytes()), ("âge et façade".to_owned(), vec![]));
        assert_eq!(text(b"a\0b\n"), ("a\u{fffd}b\n".to_owned(), vec!["nul"]));
    }

    #[test]
    fn a_binary_file_is_refused_by_name() {
        let error = decode("x.bin", &[1u8; 100], &mut Notes::new("x.bin")).expect_err("binary");
        assert!(error.to_string().starts_with("x.bin: "), "{error}");
    }
}
