//! What holds for every input.

use proptest::prelude::*;

use super::super::{Playbook, read};
use super::{book, ids};

/// Lines of the kinds that make a reader stumble.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "#{1,4} [A-Za-z0-9 .:()]{0,12}",
        " {0,6}[-*+] \\[[ xX]\\] [a-z]{0,6}",
        " {0,6}[0-9]{1,2}[.)] [a-z]{1,6}",
        " {0,4}- [a-z*:> ]{0,10}",
        "\\|[ a-zA-Z|]{0,16}\\|",
        "\\|(-+\\|){1,3}",
        "(```|~~~)(markdown|yaml|bash|)",
        "(<!--|-->|<details>|</details>|<summary>x</summary>|---|===)",
        "\\*\\*[a-z ]{1,8}:?\\*\\*[ a-z_]{0,8}",
        "[a-z]{1,4}: ?[|a-z]{0,6}",
        "> {0,1}[-a-z]{1,8}",
        "T[-+][0-9]{1,3} ?(hours|d|week)? [(){}<>\\[\\]$_]{0,5}",
        Just(String::new()),
        "\\PC{0,12}",
    ]
}

fn document() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..40).prop_map(|lines| lines.join("\n"))
}

/// Every text a book holds, one after the other.
fn everything(book: &Playbook) -> String {
    let json = serde_json::to_value(book).expect("plain data");
    let mut out = String::new();
    let mut left = vec![&json];
    while let Some(value) = left.pop() {
        match value {
            serde_json::Value::String(text) => {
                out.push_str(text);
                out.push('\n');
            }
            serde_json::Value::Array(list) => left.extend(list),
            serde_json::Value::Object(map) => left.extend(map.values()),
            _ => {}
        }
    }
    out
}

proptest! {
    // A failing input becomes a test of its own here; no files are written beside the sources.
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read("any", &bytes);
    }

    #[test]
    fn every_line_is_found_again(text in document()) {
        let book = book(&text);
        let all = everything(&book);
        for (number, line) in text.split(['\n', '\r']).enumerate() {
            // The word behind a fence says only what kind of block it is.
            // And the tags of a page are markup, not words.
            if ["```", "~~~", "summary>", "details>"].iter().any(|mark| line.contains(mark)) {
                continue;
            }
            for word in line.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1) {
                prop_assert!(all.contains(word), "line {}: {word:?} of {line:?} is in no piece", number + 1);
            }
        }
    }

    #[test]
    fn lines_and_ids_are_sound(text in document()) {
        let book = book(&text);
        let last = text.split('\n').count();
        let mut seen = std::collections::HashSet::new();
        for item in book.items.iter().chain(&book.template_items) {
            prop_assert!(seen.insert(item.id.clone()), "{} twice", item.id);
            prop_assert!(item.line >= 1 && item.line as usize <= last, "line {} of {last}", item.line);
        }
        for item in &book.items {
            prop_assert!(book.stages.iter().any(|stage| stage.id == item.stage));
            if let Some(parent) = &item.parent {
                prop_assert!(seen.contains(parent));
            }
        }
        let stages: std::collections::HashSet<_> = book.stages.iter().map(|stage| &stage.id).collect();
        prop_assert_eq!(stages.len(), book.stages.len());
    }

    #[test]
    fn an_edit_in_one_section_changes_no_id_in_another(
        here in prop::collection::vec(" {0,2}- \\[ \\] [a-c]{1,2}|\\*\\*[a-c]\\*\\*|[a-c]{1,3}|### [a-b]", 0..12),
        there in prop::collection::vec(" {0,2}- \\[ \\] [a-c]{1,2}|\\*\\*[a-c]\\*\\*|[a-c]{1,3}|### [a-b]", 0..12),
        new in prop::collection::vec("- \\[ \\] [a-c]{1,2}|\\*\\*[a-c]\\*\\*|[a-c]{1,3}|### [a-b]", 0..12),
    ) {
        let text = |first: &[String]| format!("# T\n## First\n{}\n## Second\n- [ ] z\n{}\n", first.join("\n"), there.join("\n"));
        let second = |text: &str| -> Vec<String> {
            ids(&book(text)).into_iter().filter(|id| id.starts_with("second/")).map(str::to_owned).collect()
        };
        prop_assert_eq!(second(&text(&here)), second(&text(&new)));
    }
}
