//! Plan files: what is wrong with each of a corpus, in words; and what every playbook gives with and without one.

use std::path::{Path, PathBuf};

use tminus::plan::{SourceFile, Sources, resolve};

/// The corpus of plan files with one thing wrong each, by name.
fn invalid() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/invalid");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("corpus").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    files
}

fn only_plan(name: &str, bytes: Vec<u8>) -> Sources {
    Sources { playbook: None, plan: Some(SourceFile::new(name, bytes)) }
}

#[test]
fn every_invalid_plan_says_where_what_and_what_to_write() {
    let said: Vec<String> = invalid()
        .iter()
        .map(|path| {
            let name = path.file_name().expect("name").to_string_lossy().into_owned();
            let error = resolve(&only_plan(&name, std::fs::read(path).expect("file"))).expect_err(&name);
            assert!(
                error.line > 0 && !error.message.is_empty() && !error.help.is_empty(),
                "{name}: {error:?}"
            );
            error.to_string()
        })
        .collect();
    assert!(said.len() > 40, "the corpus is there");
    insta::assert_snapshot!(said.join("\n"));
}
