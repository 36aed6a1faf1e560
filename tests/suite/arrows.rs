//! The arrows between rooms, and the size of files, held by reading the source.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each room may name besides itself: a room, or a part of one.
const ARROWS: [(&str, &[&str]); 9] = [
    ("base", &[]),
    ("plan", &["base"]),
    ("analysis", &["plan::rule", "base"]),
    ("release", &["analysis", "plan", "base"]),
    ("journal", &["release", "base"]),
    ("engine", &["journal", "release", "analysis", "plan", "base"]),
    ("world", &["engine::ports", "release", "analysis", "plan", "base"]),
    ("report", &["journal", "release", "analysis", "plan", "base"]),
    ("tui", &["engine::client", "report::status", "report::card", "release", "analysis", "plan", "base"]),
];

/// Words that no pure room may hold: what does I/O, reads a clock or runs tasks.
const IMPURE: [&str; 17] = [
    "tokio",
    "rusqlite",
    "reqwest",
    "ratatui",
    "crossterm",
    "git2",
    "rustix",
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::new_v4",
];

const PURE: [&str; 4] = ["base", "plan", "analysis", "release"];
const LONGEST: usize = 600;

struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of ours") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&root).expect("below src");
                let room =
                    below.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
                let text = fs::read_to_string(&path).expect("UTF-8");
                found.push(Source { path: below.to_owned(), room, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The code of a file: comments are gone, and so is everything from its first test module on.
fn code(source: &Source) -> String {
    let tests = |part: std::path::Component<'_>| {
        Path::new(part.as_os_str()).file_stem().is_some_and(|stem| stem == "tests")
    };
    if source.path.components().any(tests) {
        return String::new();
    }
    let lines = source.text.lines().map(|line| match line.trim_start() {
        comment if comment.starts_with("//") => "",
        _ => line.split(" // ").next().unwrap_or(line),
    });
    lines.take_while(|line| !line.trim_start().starts_with("#[cfg(test)]")).collect::<Vec<_>>().join("\n")
}

/// Every path that begins with `crate::`, with its groups written out.
fn named(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` in a macro is the same place; `some_crate::` is not.
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        expand("", &mut code[at + "crate::".len()..].chars().peekable(), &mut found);
    }
    found
}

/// Reads one path, or a `{…}` group of them, each put behind `prefix`.
fn expand(prefix: &str, rest: &mut std::iter::Peekable<std::str::Chars<'_>>, found: &mut Vec<String>) {
    let mut path = prefix.to_owned();
    while let Some(&c) = rest.peek() {
        if c.is_alphanumeric() || c == '_' || c == ':' {
            path.push(c);
            rest.next();
        } else if c == '{' && (path.is_empty() || path.ends_with("::")) {
            rest.next();
            loop {
                while rest.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
                match rest.peek() {
                    None => return,
                    Some('}') => {
                        rest.next();
                        return;
                    }
                    Some(c) if c.is_alphanumeric() || matches!(c, '_' | ':' | '{') => {
                        expand(&path, rest, found)
                    }
                    Some(_) => {
                        rest.next();
                    }
                }
            }
        } else {
            break;
        }
    }
    found.push(path);
}

#[test]
fn a_room_names_only_the_rooms_behind_its_arrow() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources() {
        let Some(allowed) = arrows.get(source.room.as_str()) else { continue };
        for path in named(&code(&source)) {
            let first = path.split("::").next().unwrap_or_default();
            let is_room = arrows.contains_key(first) || first == "cli";
            let within = |arrow: &&str| path == **arrow || path.starts_with(&format!("{arrow}::"));
            seen += usize::from(is_room);
            if is_room && first != source.room && !allowed.iter().any(within) {
                wrong.push(format!("src/{} names crate::{path}", source.path.display()));
            }
        }
    }
    assert!(seen > 20, "only {seen} paths were found: the reader of this test is broken");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_do_no_io_and_read_no_clock() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.room.as_str())) {
        let code = code(source);
        for word in IMPURE.into_iter().filter(|word| code.contains(word)) {
            wrong.push(format!("src/{} holds {word}", source.path.display()));
        }
        if code.contains("async fn") || code.contains(".await") {
            wrong.push(format!("src/{} is asynchronous", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_do_not_panic_on_purpose() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LONGEST {
            wrong.push(format!("src/{} has {lines} lines, more than {LONGEST}", source.path.display()));
        }
        let code = code(&source);
        for word in [
            ".unwrap()",
            "panic!(",
            "todo!(",
            "unimplemented!(",
            "clippy::unwrap_used",
            "clippy::expect_used",
        ] {
            if code.contains(word) {
                wrong.push(format!("src/{} holds {word}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn groups_and_nested_groups_are_read() {
    let found =
        named("use crate::{base::{Digest, id::ItemId}, plan};\nlet x = crate::engine::client::Client;");
    assert_eq!(found, ["base::Digest", "base::id::ItemId", "plan", "engine::client::Client"]);
}
