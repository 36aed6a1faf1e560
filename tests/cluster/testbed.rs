//! The testbed as tests see it: real parts, started once for the process, a namespace for each test.
//!
//! The parts live in a `tests/testbed/run` whose command reads a pipe of ours: when this process ends,
//! however it ends, the pipe closes and the run takes everything down. Inside a `tests/testbed/run … --
//! cargo test` the parts of that run are used.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a condition may take before a test gives up: generous, for a machine that builds meanwhile.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A part of the testbed a test may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The control plane, with nodes, Gateway API, Istio, Flagger and Argo CD kinds.
    Kubernetes,
    /// The Argo Rollouts controller and its `kubectl` plugin.
    ArgoRollouts,
    /// Prometheus, which scrapes the rest each second.
    Prometheus,
    /// The service in two versions behind haproxy, with steady load.
    Proxy,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::ArgoRollouts => "argo-rollouts",
            Self::Prometheus => "prometheus",
            Self::Proxy => "proxy",
        }
    }

    /// The Debian program that must be here, with its package; the others are built.
    const fn wants(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Prometheus => Some(("prometheus", "prometheus")),
            Self::Proxy => Some(("haproxy", "haproxy")),
            Self::Kubernetes | Self::ArgoRollouts => None,
        }
    }
}

const ALL: [Part; 4] = [Part::Kubernetes, Part::ArgoRollouts, Part::Prometheus, Part::Proxy];

/// Running parts.
pub struct Testbed {
    settings: BTreeMap<String, String>,
    parts: Vec<String>,
    _run: Option<Run>,
}

impl Testbed {
    /// The testbed of this process with these parts among others; none, said by name, where it cannot be had.
    pub fn shared(needed: &[Part]) -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Testbed, String>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            let here: Vec<Part> = ALL.into_iter().filter(|part| missing(*part).is_none()).collect();
            Self::around_us(&here).map_or_else(|| Self::start(&here), Ok)
        });
        if let Some(reason) = needed.iter().find_map(|part| missing(*part)) {
            return skip(&reason);
        }
        match shared {
            Ok(testbed) => Some(testbed),
            Err(reason) => skip(reason),
        }
    }

    /// A testbed of the caller's own, taken down when it is dropped: for tests that break its parts.
    pub fn own(needed: &[Part]) -> Option<Self> {
        if let Some(reason) = needed.iter().find_map(|part| missing(*part)) {
            return skip(&reason);
        }
        match Self::start(needed) {
            Ok(testbed) => Some(testbed),
            Err(reason) => skip(&reason),
        }
    }

    /// The testbed whose command we are, when it has what is needed.
    fn around_us(needed: &[Part]) -> Option<Self> {
        let parts: Vec<String> =
            std::env::var("TMINUS_TESTBED_PARTS").ok()?.split(' ').map(str::to_owned).collect();
        let enough = needed.iter().all(|part| parts.iter().any(|name| name == part.name()));
        enough.then(|| Self { settings: std::env::vars().collect(), parts, _run: None })
    }

    fn start(parts: &[Part]) -> Result<Self, String> {
        let run = Run::start(parts)?;
        let settings = run.settings()?;
        let parts =
            settings.get("TMINUS_TESTBED_PARTS").map(|text| text.split(' ').map(str::to_owned).collect());
        Ok(Self { settings, parts: parts.unwrap_or_default(), _run: Some(run) })
    }

    /// A variable of the run.
    pub fn setting(&self, name: &str) -> &str {
        self.settings
            .get(name)
            .unwrap_or_else(|| panic!("the testbed sets no {name}; it has {:?}", self.parts))
    }

    /// The admin's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        Path::new(self.setting("KUBECONFIG"))
    }

    /// The kubeconfig of `testbed-plain`, who may do nothing until a test binds a role.
    pub fn plain_kubeconfig(&self) -> &Path {
        Path::new(self.setting("TMINUS_TESTBED_KUBECONFIG_PLAIN"))
    }

    /// The folder of the run, with the logs of its parts.
    pub fn folder(&self) -> &Path {
        Path::new(self.setting("TMINUS_TESTBED_DIR"))
    }

    /// Where Prometheus answers.
    pub fn prometheus(&self) -> &str {
        self.setting("PROMETHEUS_URL")
    }

    /// Gives a command the variables of the run (`KUBECONFIG`, `PATH` with `kubectl` and the like).
    pub fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.settings.iter().filter(|(name, _)| is_ours(name)))
    }

    /// A namespace of the caller's own, deleted when dropped.
    pub fn namespace(&self, topic: &str) -> Namespace<'_> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{topic}-{}-{count}", std::process::id());
        self.kubectl(&["create", "namespace", &name]);
        Namespace { testbed: self, name }
    }

    /// Runs `kubectl`, which must succeed, and gives back what it printed.
    pub fn kubectl(&self, args: &[&str]) -> String {
        let output = self.try_kubectl(args, "");
        assert!(output.status.success(), "kubectl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs `kubectl` with something on its standard input.
    pub fn try_kubectl(&self, args: &[&str], input: &str) -> Output {
        let mut command = Command::new(self.setting("TMINUS_TESTBED_KUBECTL"));
        self.prepare(&mut command).args(args);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("kubectl starts");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("kubectl reads");
        child.wait_with_output().expect("kubectl ends")
    }

    /// What Prometheus answers to an instant query that gives one number.
    pub fn query(&self, query: &str) -> Option<f64> {
        let url = format!("{}/api/v1/query", self.prometheus());
        let answer: Value = get(&url, &[("query", query)])?;
        answer["data"]["result"][0]["value"][1]
            .as_str()?
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
    }

    /// Makes a side (`stable` or `canary`) answer a share of the requests on one route (`KIND/NS/NAME`) by 500.
    pub fn make_bad(&self, side: &str, route: &str, errors: f64) {
        let url = format!("{}/admin/bad", self.setting(&format!("TMINUS_TESTBED_{}", side.to_uppercase())));
        let told = serde_json::json!({"route": route, "errors": errors});
        send(client().put(url).json(&told));
    }

    /// Tells a part to `stop`, `start`, `restart`, `kill`, `pause` or `resume`; after a start, it is ready again.
    /// Only on a testbed of one's own.
    pub fn tell(&self, part: &str, action: &str) {
        let url = format!("{}/parts/{part}/{action}", self.setting("TMINUS_TESTBED_CONTROL"));
        send(client().post(url));
    }
}

/// A namespace of one test.
pub struct Namespace<'a> {
    testbed: &'a Testbed,
    /// Its name.
    pub name: String,
}

impl Namespace<'_> {
    /// Applies objects written as YAML here.
    pub fn apply(&self, yaml: &str) {
        let output = self.testbed.try_kubectl(&["apply", "-n", &self.name, "-f", "-"], yaml);
        assert!(output.status.success(), "apply: {}\n{yaml}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs `kubectl` here, which must succeed, and gives back what it printed.
    pub fn kubectl(&self, args: &[&str]) -> String {
        self.testbed.kubectl(&[args, &["-n", self.name.as_str()]].concat())
    }

    /// An object of this namespace as it is now; null when there is none.
    pub fn get(&self, object: &str) -> Value {
        let text = self.kubectl(&["get", object, "-o", "json", "--ignore-not-found"]);
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Waits until an object of this namespace is as wanted, and gives it back.
    pub fn wait(&self, object: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        wait(&format!("{object}: {what}"), || Some(self.get(object)).filter(|found| wanted(found)))
    }
}

impl Drop for Namespace<'_> {
    fn drop(&mut self) {
        let _ = self.testbed.try_kubectl(&["delete", "namespace", &self.name, "--wait=false"], "");
    }
}

/// Asks again until there is an answer, and gives up after a while.
pub fn wait<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// `tests/testbed/run` with a command that lasts as long as we hold its standard input.
struct Run {
    child: Child,
    folder: tempfile::TempDir,
}

impl Run {
    fn start(parts: &[Part]) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let said = std::fs::File::create(folder.path().join("said")).map_err(|error| error.to_string())?;
        let child = Command::new(program())
            .args(parts.iter().map(|part| format!("--{}", part.name())))
            .args(["--", "sh", "-c", "env -0 >\"$1.new\" && mv \"$1.new\" \"$1\" && exec cat", "sh"])
            .arg(folder.path().join("settings"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .map_err(|error| format!("tests/testbed/run cannot be started: {error}"))?;
        Ok(Self { child, folder })
    }

    /// The variables of the run, once its parts are ready. It may have to build them first.
    fn settings(&self) -> Result<BTreeMap<String, String>, String> {
        let file = self.folder.path().join("settings");
        let process = PathBuf::from(format!("/proc/{}/stat", self.child.id()));
        while !file.exists() {
            let ended = std::fs::read_to_string(&process).map_or(true, |text| text.contains(") Z "));
            if ended && !file.exists() {
                let said = std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default();
                return Err(format!("the testbed did not start: {}", said.trim()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The program that starts the parts.
pub fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testbed/run")
}

/// Why a part cannot be had here.
fn missing(part: Part) -> Option<String> {
    let (program, package) = part.wants()?;
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&paths).chain([PathBuf::from("/usr/sbin")]);
    let here = places.map(|folder| folder.join(program)).any(|file| file.is_file());
    (!here).then(|| format!("{program} is not here (Debian has it in {package})"))
}

/// Says which test is skipped and why; where everything must be there (`CI` is set), fails instead.
fn skip<T>(reason: &str) -> Option<T> {
    let mut line = String::from("skipped: ");
    let _ = write!(line, "{}: {reason}", std::thread::current().name().unwrap_or("a test"));
    assert!(std::env::var_os("CI").is_none(), "{line}");
    println!("{line}");
    None
}

fn is_ours(name: &str) -> bool {
    name.starts_with("TMINUS_TESTBED_")
        || ["KUBECONFIG", "KUBECACHEDIR", "PATH", "PROMETHEUS_URL"].contains(&name)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client")
}

fn send(request: reqwest::RequestBuilder) {
    let answer = runtime().block_on(async {
        let answer = request.send().await?;
        let status = answer.status();
        answer.text().await.map(|text| (status, text))
    });
    assert!(answer.as_ref().is_ok_and(|(status, _)| status.is_success()), "the testbed says: {answer:?}");
}

fn get(url: &str, query: &[(&str, &str)]) -> Option<Value> {
    let url = reqwest::Url::parse_with_params(url, query).ok()?;
    runtime().block_on(async { client().get(url).send().await.ok()?.json().await.ok() })
}
