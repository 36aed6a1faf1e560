//! A home with a plan in it, the real program as a process, and its engine.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::testbed::{Testbed, wait};

/// A user's home with one plan file.
pub struct Home<'a> {
    bed: &'a Testbed,
    folder: TempDir,
    engine: Option<Child>,
}

impl<'a> Home<'a> {
    /// A home without a plan.
    pub fn new(bed: &'a Testbed) -> Self {
        Self { bed, folder: tempfile::tempdir().expect("a folder"), engine: None }
    }

    /// Where the plan lies.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file beside the plan.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("written");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tminus"));
        self.bed.prepare(&mut command).args(arguments).current_dir(self.path());
        command
            .env("TMINUS_HOME", self.path().join("home"))
            .env("TMINUS_OPERATOR", "alice@example.com")
            .env("FLAGS_TOKEN", "open-sesame");
        command
    }

    /// Code, standard output and standard error of a verb.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let ended = self.command(arguments).output().expect("it ran");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (ended.status.code().unwrap_or(-1), text(ended.stdout), text(ended.stderr))
    }

    /// What a verb that ends well says, as JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let (code, out, err) = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code, 0, "{arguments:?}: {err}{out}");
        serde_json::from_str(out.lines().last().unwrap_or_default()).expect("JSON")
    }

    /// The code and the error of a verb that does not.
    pub fn fails(&self, arguments: &[&str]) -> (i32, Value) {
        let (code, out, err) = self.run(&[arguments, &["--json"]].concat());
        assert_ne!(code, 0, "{arguments:?}: {out}");
        let error: Value =
            serde_json::from_str(err.lines().last().unwrap_or_default()).unwrap_or(Value::Null);
        (code, error["error"].clone())
    }

    /// Opens and trusts the plan, and starts the engine on it.
    pub fn open(&mut self, plan: &str) {
        self.write("web.tminus.toml", plan);
        self.json(&["open", "web.tminus.toml", "--no-screen"]);
        self.json(&["trust", "web.tminus.toml"]);
        let quiet = self
            .command(&["engine"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.engine = Some(quiet.expect("an engine"));
        self.until("an engine is alive", |status| status["engine"] == "alive");
    }

    /// Where the release stands.
    pub fn status(&self) -> Value {
        self.json(&["status"])
    }

    /// Waits until the release stands as wanted.
    pub fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait(what, || {
                last = self.status();
                wanted(&last).then(|| last.clone())
            })
        }));
        found.unwrap_or_else(|_| {
            let (_, log, _) = self.run(&["log", "--limit", "40"]);
            panic!("never: {what}\n{last:#}\n{log}")
        })
    }

    /// Does it as soon as nothing stands in its way.
    pub fn soon(&self, arguments: &[&str]) {
        let mut last = String::new();
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait("it is allowed", || {
                let (code, out, err) = self.run(arguments);
                last = format!("{out}{err}");
                (code == 0).then_some(())
            });
        }));
        if done.is_err() {
            panic!("{arguments:?}: {last}\n{:#}\n{}", self.status(), self.run(&["log", "--limit", "40"]).1);
        }
    }
}

impl Drop for Home<'_> {
    fn drop(&mut self) {
        if let Some(mut engine) = self.engine.take() {
            let _ = engine.kill();
            let _ = engine.wait();
        }
    }
}
