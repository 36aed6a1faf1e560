//! Samples outlive the process that took them, in the cache and nowhere else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use assert_cmd::Command;
use tempfile::TempDir;

struct House(TempDir);

impl House {
    fn run(&self, arguments: &[&str]) -> String {
        let ended = Command::cargo_bin("tminus")
            .expect("built")
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("TMINUS_HOME", self.0.path())
            .output()
            .expect("it ran");
        assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).expect("UTF-8")
    }
    /// The last line of a play: how it ended, and its head.
    fn play(&self) -> String {
        let out = self.run(&["demo", "--headless", "--script", "bad-canary", "--seed", "1", "--json"]);
        out.lines().last().expect("a line").to_owned()
    }
    fn error_rate(&self) -> String {
        let shown = self.run(&["snapshot", "--size", "120x40"]);
        let line = shown.lines().find(|line| line.contains("Error rate") && line.contains("0.1 %"));
        line.unwrap_or_else(|| panic!("no error rate in\n{shown}")).to_owned()
    }
    fn caches(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.path().join("cache")).expect("listed");
        entries.map(|entry| entry.expect("readable").path()).collect()
    }
}

#[test]
fn a_snapshot_after_a_play_shows_its_numbers() {
    let house = House(tempfile::tempdir().expect("a home"));
    let first = house.play();
    let line = house.error_rate();
    let glyphs = line.chars().filter(|glyph| "▁▂▃▄▅▆▇█".contains(*glyph)).count();
    assert!(glyphs >= 10, "{line}");
    assert!(line.contains('▁') && line.contains('█'), "from good to bad: {line}");
    assert!(line.contains("stale"), "the new version is gone, and so are its numbers: {line}");
    let [cache] = &house.caches()[..] else { panic!("one file: {:?}", house.caches()) };
    assert_eq!(fs::metadata(cache).expect("there").permissions().mode() & 0o777, 0o600);

    let kept = fs::read(cache).expect("readable");
    assert_eq!(house.play(), first, "a cache from before changes nothing");
    assert_eq!(fs::read(cache).expect("readable"), kept);
    fs::write(cache, "torn").expect("written");
    assert!(house.error_rate().contains("no data"), "a broken cache counts as none");
    assert_eq!(house.play(), first, "nor does a broken one");
}
