//! Flags in a file: nothing else changes, nobody is overwritten, and a crash leaves the old file or the new one.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tminus::base::{OperationId, Weight};
use tminus::engine::ports::{Fault, FlagChange, FlagReading, Flags as _};
use tminus::plan::{Flag, FlagStore};
use tminus::world::flags::{RealFlags, Tokens};
use tminus::world::http::Http;

use super::{flag, operation};

const FILE: &str = "{\n    \"zeta\": {\"enabled\": false, \"rollout_percentage\": 0,   \"environments\": [\"dev\"]},\n\
                    \t\"alpha\": { \"enabled\": false, \"rollout_percentage\": \"0\" },\n  \"note\": \"kept by hand é\"\n}\n";

fn keeper(folder: &Path) -> RealFlags {
    RealFlags::new(folder.to_owned(), Http::new(None).expect("a client"), Tokens::default())
}

fn kept(name: &str) -> Flag {
    flag(name, FlagStore::File { path: "flags.json".to_owned(), pointer: format!("/{name}") })
}

fn weight(percent: f64) -> Weight {
    Weight::percent(percent).expect("a share")
}

async fn set(keeper: &RealFlags, flag: &Flag, percent: f64, read: Option<&FlagReading>) -> Result<(), Fault> {
    let operation = operation();
    keeper.set(flag, FlagChange { percent: weight(percent), operation: &operation, read }).await
}

#[tokio::test]
async fn only_the_flag_changes_and_every_other_byte_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("flags.json");
    fs::write(&path, FILE).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
    let keeper = keeper(folder.path());
    set(&keeper, &kept("zeta"), 25.0, None).await.expect("set");
    set(&keeper, &kept("alpha"), 5.0, None).await.expect("set");
    let wanted = FILE
        .replace(
            "{\"enabled\": false, \"rollout_percentage\": 0,",
            "{\"enabled\": true, \"rollout_percentage\": 25,",
        )
        .replace(
            "{ \"enabled\": false, \"rollout_percentage\": \"0\"",
            "{ \"enabled\": true, \"rollout_percentage\": \"5\"",
        );
    assert_eq!(fs::read_to_string(&path).expect("read"), wanted);
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1, "nothing is left beside it");
    let seen = keeper.read(&kept("zeta")).await.expect("read").seen;
    assert_eq!((seen.share(), seen.environments), (Some(weight(25.0)), Some(vec!["dev".to_owned()])));
    keeper.kill(&kept("zeta"), &operation()).await.expect("killed");
    assert_eq!(keeper.read(&kept("zeta")).await.expect("read").seen.is_on(), Some(false));
    let said = keeper.clear(&kept("zeta"), &operation()).await.expect("all off");
    assert_eq!(said.line(), "turned off in flags.json: zeta, alpha");
    assert_eq!(fs::read_to_string(&path).expect("read"), FILE);
    let preview = keeper.preview(&kept("zeta"), weight(10.0)).await.expect("a preview").patch;
    assert!(
        preview.raw().contains("\n+ \"zeta\": {\"enabled\": true, \"rollout_percentage\": 10,"),
        "{}",
        preview.raw()
    );
}

#[tokio::test]
async fn what_moved_since_it_was_read_is_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("flags.json"), FILE).expect("written");
    let keeper = keeper(folder.path());
    let read = keeper.read(&kept("zeta")).await.expect("read");
    set(&keeper, &kept("alpha"), 5.0, None).await.expect("another flag");
    set(&keeper, &kept("zeta"), 5.0, Some(&read)).await.expect("another flag of the file is no conflict");
    let fault = set(&keeper, &kept("zeta"), 25.0, Some(&read)).await.expect_err("it moved");
    assert!(matches!(fault, Fault::Conflict(..)), "{fault}");
    assert_eq!(keeper.read(&kept("zeta")).await.expect("read").seen.share(), Some(weight(5.0)));
}

#[tokio::test]
async fn files_that_are_not_what_they_should_be_are_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let outside = tempfile::tempdir().expect("another");
    fs::write(outside.path().join("flags.json"), FILE).expect("written");
    let path = folder.path().join("flags.json");
    let keeper = keeper(folder.path());
    let says = async |why: &str| {
        for fault in [
            keeper.read(&kept("zeta")).await.expect_err(why),
            set(&keeper, &kept("zeta"), 5.0, None).await.expect_err(why),
        ] {
            assert!(fault.to_string().contains(why), "{why}: {fault}");
        }
    };
    says("is not there").await;
    symlink(outside.path().join("flags.json"), &path).expect("a link");
    says("symbolic link").await;
    fs::remove_file(&path).expect("gone");
    fs::create_dir(&path).expect("a folder");
    says("is no file").await;
    fs::remove_dir(&path).expect("gone");
    fs::File::create(&path).and_then(|file| file.set_len(5 << 20)).expect("large");
    says("larger than 4 MiB").await;
    fs::write(&path, "{\"zeta\": ").expect("written");
    says("no JSON").await;
    fs::write(&path, "{\"zeta\": {\"enabled\": true}}").expect("written");
    says("/rollout_percentage").await;
    fs::write(&path, "{\"zeta\": {}, \"zeta\": {}}").expect("written");
    says("twice").await;
    symlink(outside.path(), folder.path().join("way")).expect("a link");
    let away =
        flag("zeta", FlagStore::File { path: "way/flags.json".to_owned(), pointer: "/zeta".to_owned() });
    let fault = keeper.read(&away).await.expect_err("outside");
    assert!(fault.to_string().contains("out of the plan's folder"), "{fault}");
    assert_eq!(fs::read_to_string(outside.path().join("flags.json")).expect("read"), FILE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_once_lose_nothing_of_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = (0..8).map(|n| format!("flag{n}")).collect();
    let flags: Vec<String> = names
        .iter()
        .map(|name| format!("\"{name}\": {{\"enabled\": false, \"rollout_percentage\": 0}}"))
        .collect();
    fs::write(folder.path().join("flags.json"), format!("{{{}}}", flags.join(",\n"))).expect("written");
    let tasks = names.iter().map(|name| {
        let (keeper, flag) = (keeper(folder.path()), kept(name));
        tokio::spawn(async move {
            for percent in [10.0, 20.0, 30.0] {
                set(&keeper, &flag, percent, None).await.expect("set");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("it ended");
    }
    let keeper = keeper(folder.path());
    for name in &names {
        let seen = keeper.read(&kept(name)).await.expect("read").seen;
        assert_eq!(seen.share(), Some(weight(30.0)), "{name}");
    }
}

/// Names the folder to the test below when it runs as a child.
const FOLDER: &str = "TMINUS_TEST_FLAGS";

/// Not a test of its own: the other process of the test here, which starts it with the variable set. It writes for
/// ever.
#[tokio::test]
async fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let keeper = keeper(Path::new(&folder));
    for percent in (1..=100).cycle() {
        set(&keeper, &kept("zeta"), f64::from(percent), None).await.expect("set");
    }
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "flags::file::writer", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

#[tokio::test]
async fn a_writer_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("flags.json");
    fs::write(&path, FILE).expect("written");
    for round in 0..12 {
        let before = fs::read_to_string(&path).expect("read");
        let mut child = start(folder.path());
        let began = Instant::now();
        // It is at work: killed in the middle of whatever it does then.
        while fs::read_to_string(&path).expect("there") == before {
            assert!(began.elapsed() < Duration::from_secs(60), "round {round}: the writer writes nothing");
            tokio::time::sleep(Duration::from_millis(1 + round % 5)).await;
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
        let text = fs::read_to_string(&path).expect("read");
        let value: serde_json::Value = serde_json::from_str(&text).expect("whole");
        assert!(value["zeta"]["rollout_percentage"].as_f64().is_some_and(|it| it >= 1.0), "{text}");
        assert!(text.ends_with("\"note\": \"kept by hand é\"\n}\n"), "{text}");
    }
    // What a killed writer may have left beside the file goes with the next write.
    fs::write(folder.path().join(".flags.json.tminus-dead"), "{").expect("left");
    let keeper = keeper(folder.path());
    let operation = OperationId::new("after");
    let change = FlagChange { percent: weight(77.0), operation: &operation, read: None };
    keeper.set(&kept("zeta"), change).await.expect("the lock died with its holder");
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1);
    assert_eq!(keeper.read(&kept("zeta")).await.expect("read").seen.share(), Some(weight(77.0)));
}
