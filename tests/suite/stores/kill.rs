//! Another process, and what is left when it is killed in the middle of its work.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tminus::journal::{Judgement, OpenMode, SqliteStore, Store, StoreError, Watcher, Woken, verify_file};

use super::{all, genesis, note, stream};

/// Names the journal to the test below when it runs as a child.
const JOURNAL: &str = "TMINUS_TEST_APPENDER";

/// Not a test of its own: the other process of the tests here, which start it with the variable set. It records
/// events, one more for ever, and says each number after it is durable.
#[test]
fn appender() {
    let Some(path) = std::env::var_os(JOURNAL) else { return };
    let mut store = SqliteStore::open(Path::new(&path), OpenMode::Write).expect("opens");
    let mut version = store.read(&stream(), 1, usize::MAX).expect("reads").len() as u64;
    loop {
        let number = u32::try_from(version).expect("fits") + 1;
        match store.append(&stream(), version, &[note(number), note(number + 1)]) {
            Ok(recorded) => version = recorded[1].version,
            Err(StoreError::Conflict { actual, .. }) => version = actual,
            Err(other) => panic!("{other}"),
        }
        writeln!(std::io::stdout(), "recorded {version}").expect("says so");
    }
}

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "stores::kill::appender", "--nocapture", "--test-threads=1"])
        .env(JOURNAL, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

/// The number of a line that acknowledges one.
fn acknowledged(line: &str) -> Option<u64> {
    line.trim().strip_prefix("recorded ")?.parse().ok()
}

#[test]
fn what_was_acknowledged_outlives_any_kill() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("journal.db");
    SqliteStore::create(&path, &genesis()).expect("creates");
    let mut total = 0;
    for round in 0..20 {
        let mut child = start(&path);
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut last = 0;
        let mut heard = 0;
        let mut line = String::new();
        // Killed after another number of events each round, in the middle of whatever it does then.
        while heard <= round % 7 && lines.read_line(&mut line).expect("reads") > 0 {
            if let Some(version) = acknowledged(&line) {
                (last, heard) = (version, heard + 1);
            }
            line.clear();
        }
        child.kill().expect("kills");
        child.wait().expect("ends");
        let mut rest = String::new();
        lines.read_to_string(&mut rest).expect("reads");
        // A last line without its end is one the child did not finish saying.
        let whole = rest.rsplit_once('\n').map_or("", |(whole, _)| whole);
        last = whole.lines().filter_map(acknowledged).next_back().unwrap_or(last);
        assert!(heard > 0, "the child said nothing in round {round}");
        let store = SqliteStore::open(&path, OpenMode::Write).expect("opens");
        let events = all(&store);
        assert!(events.len() as u64 >= last, "round {round}: {last} acknowledged, {} there", events.len());
        assert_eq!(events.len() % 2, 0, "a batch is there whole or not at all");
        total = events.len();
    }
    let found = verify_file(&path, &[]).expect("checks");
    assert_eq!((found.judgement(), found.events()), (Judgement::Holds, total as u64 + 1));
}

#[test]
fn another_process_is_seen_when_it_records() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("journal.db");
    SqliteStore::create(&path, &genesis()).expect("creates");
    let reader = SqliteStore::open(&path, OpenMode::Read).expect("opens");
    let mut watcher = Watcher::new(&path).expect("watches");
    let before = reader.change_counter().expect("reads");
    let mut child = start(&path);
    assert_eq!(watcher.wait(Duration::from_secs(60)).expect("looks"), Woken::Changed);
    child.kill().expect("kills");
    child.wait().expect("ends");
    assert_ne!(reader.change_counter().expect("reads"), before);
    assert!(!all(&reader).is_empty(), "what was told of is there to be read");
}
