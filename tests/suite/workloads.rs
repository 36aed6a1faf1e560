//! Deploys that need no cluster: a commit pushed to a real repository, a workflow of a forge, a program; and the
//! steps of a procedure that send something.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use futures::future::BoxFuture;
use tempfile::TempDir;
use tminus::base::{OperationId, Seconds, Weight};
use tminus::engine::clock::WallClock;
use tminus::engine::ports::{Errand, Fault, Fence, Workloads};
use tminus::plan::{
    Deploy, DeployBy, GitOps, IncidentCall, ProcedureStep, Rollout, StepKind, Strategy, Workflow,
};
use tminus::release::Outcome;
use tminus::world::cluster::{Access, Cluster};
use tminus::world::http::Http;
use tminus::world::routers::Leave;
use tminus::world::workloads::Running;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const OLD: &str = "r.example.com/web:3.1.4";
const NEW: &str = "r.example.com/web:3.2.0";
/// Set in every test process, with a value that a header may hold: it stands for a token.
const TOKEN: &str = "CARGO_PKG_NAME";

/// Whether somebody else acts by now.
struct Gate(bool);

impl Fence for Gate {
    fn holds(&self) -> BoxFuture<'_, bool> {
        Box::pin(async move { self.0 })
    }
}

fn rollout(by: DeployBy) -> Rollout {
    Rollout {
        id: "web".into(),
        stage: None,
        strategy: Strategy::Canary,
        router: None,
        deploy: Deploy { by, workload: None, stable: None },
        flags: Vec::new(),
        warm: None,
        steps: vec![tminus::plan::Step {
            weight: Weight::percent(100.0).expect("share"),
            soak: Seconds(0),
            gates: Vec::new(),
            auto: false,
        }],
        blind: None,
        judge: None,
        rollback: None,
        budget: Rollout::BUDGET,
    }
}

/// Workloads whose plan lies in this folder; no cluster is asked.
fn running(folder: &Path) -> Running {
    let cluster = Cluster::new(Access::file(folder.join("no-kubeconfig"), None), Arc::new(WallClock));
    Running::new(
        cluster,
        Leave::Granted { folder: folder.to_owned(), http: Http::new(None).expect("client") },
    )
}

async fn deploy(folder: &Path, by: DeployBy, operation: &str, fence: &Gate) -> Result<String, Fault> {
    let operation = OperationId::new(operation);
    let errand = Errand { operation: &operation, fence, time: Seconds(60) };
    running(folder).deploy(&rollout(by), errand).await.map(|said| said.line())
}

fn git(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"])
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git");
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A bare remote, and a clone of it that has one file.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().expect("folder");
    let at = folder.path();
    git(at, &["init", "-q", "--bare", "remote.git"]);
    let remote = format!("file://{}", at.join("remote.git").display());
    git(at, &["clone", "-q", &remote, "config"]);
    let clone = at.join("config");
    git(&clone, &["checkout", "-q", "-B", "main"]);
    for (key, value) in [("user.name", "ada"), ("user.email", "ada@example.com")] {
        git(&clone, &["config", key, value]);
    }
    std::fs::write(clone.join("web.yaml"), format!("# ours\nimage: \"{OLD}\"  # keep\n")).expect("written");
    git(&clone, &["add", "."]);
    git(&clone, &["commit", "-q", "-m", "begin"]);
    git(&clone, &["push", "-q", "-u", "origin", "main"]);
    folder
}

fn gitops() -> DeployBy {
    DeployBy::GitOps(GitOps {
        repository: "config".to_owned(),
        branch: "main".to_owned(),
        file: "web.yaml".to_owned(),
        image: NEW.to_owned(),
        follows: None,
    })
}

#[tokio::test]
async fn a_commit_is_pushed_once_and_names_its_operation() {
    let folder = repository();
    let remote = folder.path().join("remote.git");
    let said = deploy(folder.path(), gitops(), "op-1", &Gate(true)).await.expect("pushed");
    assert!(said.contains("committed as"), "{said}");
    assert_eq!(git(&remote, &["show", "main:web.yaml"]), format!("# ours\nimage: \"{NEW}\"  # keep"));
    let message = git(&remote, &["log", "-1", "--format=%B", "main"]);
    assert!(message.contains("Tminus-Operation: op-1"), "{message}");
    let said = deploy(folder.path(), gitops(), "op-1", &Gate(true)).await.expect("already so");
    assert!(said.contains("there already"), "{said}");
    assert_eq!(git(&remote, &["rev-list", "--count", "main"]), "2", "one commit, whatever is done again");
}

#[tokio::test]
async fn what_an_engine_committed_and_did_not_push_is_pushed_by_the_next() {
    let folder = repository();
    let clone = folder.path().join("config");
    std::fs::write(clone.join("web.yaml"), format!("image: {NEW}\n")).expect("written");
    git(&clone, &["commit", "-q", "-a", "-m", "Deploy\n\nTminus-Operation: op-1"]);
    let fault = deploy(folder.path(), gitops(), "op-2", &Gate(true)).await.expect_err("not ours");
    assert!(fault.to_string().contains("1 commits that origin does not have"), "{fault}");
    deploy(folder.path(), gitops(), "op-1", &Gate(true)).await.expect("pushed");
    let remote = folder.path().join("remote.git");
    assert_eq!(git(&remote, &["rev-parse", "main"]), git(&clone, &["rev-parse", "HEAD"]));
}

#[tokio::test]
async fn a_clone_that_is_not_clean_or_behind_is_left_alone() {
    let folder = repository();
    let clone = folder.path().join("config");
    std::fs::write(clone.join("note.txt"), "mine").expect("written");
    let fault = deploy(folder.path(), gitops(), "op-1", &Gate(true)).await.expect_err("not clean");
    assert!(fault.to_string().contains("not clean (note.txt)"), "{fault}");
    std::fs::remove_file(clone.join("note.txt")).expect("removed");
    let remote = format!("file://{}", folder.path().join("remote.git").display());
    git(folder.path(), &["clone", "-q", "-b", "main", &remote, "other"]);
    git(&folder.path().join("other"), &["commit", "-q", "--allow-empty", "-m", "theirs"]);
    git(&folder.path().join("other"), &["push", "-q", "origin", "HEAD:main"]);
    let fault = deploy(folder.path(), gitops(), "op-1", &Gate(true)).await.expect_err("behind");
    assert!(fault.to_string().contains("1 commits behind origin: git pull"), "{fault}");
    git(&clone, &["pull", "-q", "--ff-only"]);
    let fault = deploy(folder.path(), gitops(), "op-1", &Gate(false)).await.expect_err("fenced");
    assert!(matches!(fault, Fault::Superseded(_)), "{fault}");
    assert_eq!(git(&clone, &["log", "-1", "--format=%s"]), "theirs", "nothing was committed");
    git(&clone, &["checkout", "-q", "-b", "mine"]);
    let fault = deploy(folder.path(), gitops(), "op-1", &Gate(true)).await.expect_err("another branch");
    assert!(fault.to_string().contains("not on the branch main"), "{fault}");
}

#[tokio::test]
async fn a_commit_that_the_remote_does_not_take_is_taken_back() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = repository();
    let hook = folder.path().join("remote.git/hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho 'main is frozen' >&2\nexit 1\n").expect("hook");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("mode");
    let fault = deploy(folder.path(), gitops(), "op-1", &Gate(true)).await.expect_err("frozen");
    let text = fault.to_string();
    assert!(text.contains("main is frozen") && text.contains("the commit was taken back"), "{text}");
    let clone = folder.path().join("config");
    assert_eq!(git(&clone, &["log", "-1", "--format=%s"]), "begin");
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
}

fn workflow(server: &MockServer) -> DeployBy {
    DeployBy::Workflow(Workflow {
        url: format!("{}/repos/shop/web/actions/workflows/deploy.yml/dispatches", server.uri()),
        reference: "main".to_owned(),
        token_env: TOKEN.to_owned(),
        inputs: BTreeMap::from([("operation".to_owned(), "{{operation}}".to_owned())]),
    })
}

/// A forge that answers as GitHub's API does.
async fn forge(conclusion: &str, known: bool) -> MockServer {
    let server = MockServer::start().await;
    let run = |status: &str, conclusion: Option<&str>| {
        serde_json::json!({ "id": 7, "display_title": "deploy op-1", "status": status, "conclusion": conclusion,
                            "html_url": "https://forge.example.com/runs/7" })
    };
    let runs = "/repos/shop/web/actions/workflows/deploy.yml/runs";
    let json = |value: serde_json::Value| ResponseTemplate::new(200).set_body_json(value);
    if !known {
        Mock::given(method("GET"))
            .and(path(runs))
            .respond_with(json(
                serde_json::json!({ "workflow_runs": [{ "id": 6, "display_title": "other" }] }),
            ))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let list =
        serde_json::json!({ "workflow_runs": [run("queued", None), { "id": 6, "display_title": "other" }] });
    Mock::given(method("GET")).and(path(runs)).respond_with(json(list)).mount(&server).await;
    Mock::given(method("POST"))
        .and(path("/repos/shop/web/actions/workflows/deploy.yml/dispatches"))
        .and(header("authorization", format!("Bearer {}", std::env::var(TOKEN).expect("set")).as_str()))
        .and(body_partial_json(serde_json::json!({ "ref": "main", "inputs": { "operation": "op-1" } })))
        .respond_with(ResponseTemplate::new(204))
        .expect(u64::from(!known))
        .mount(&server)
        .await;
    let one = "/repos/shop/web/actions/runs/7";
    Mock::given(method("GET"))
        .and(path(one))
        .respond_with(json(run("in_progress", None)))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path(one))
        .respond_with(json(run("completed", Some(conclusion))))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_workflow_is_started_found_and_followed_to_its_end() {
    let folder = tempfile::tempdir().expect("folder");
    let server = forge("success", false).await;
    let said = deploy(folder.path(), workflow(&server), "op-1", &Gate(true)).await.expect("success");
    assert!(said.contains("run 7 https://forge.example.com/runs/7: success"), "{said}");
    let server = forge("failure", false).await;
    let fault = deploy(folder.path(), workflow(&server), "op-1", &Gate(true)).await.expect_err("failure");
    assert!(
        matches!(fault, Fault::Refused(..)) && fault.to_string().contains("ended with failure"),
        "{fault}"
    );
}

#[tokio::test]
async fn a_workflow_that_was_started_for_the_operation_is_not_started_again() {
    let folder = tempfile::tempdir().expect("folder");
    let server = forge("success", true).await;
    let said = deploy(folder.path(), workflow(&server), "op-1", &Gate(true)).await.expect("found");
    assert!(said.contains("started before"), "{said}");
}

#[tokio::test]
async fn a_program_is_told_its_operation_and_its_failure_is_ours() {
    let folder = tempfile::tempdir().expect("folder");
    let run = |text: &str| DeployBy::Command { run: vec!["sh".into(), "-c".into(), text.into()] };
    deploy(folder.path(), run("printf %s \"$TMINUS_OP_ID\" > told"), "op-1", &Gate(true)).await.expect("ran");
    assert_eq!(std::fs::read_to_string(folder.path().join("told")).expect("told"), "op-1");
    let fault = deploy(folder.path(), run("echo no quota >&2; exit 3"), "op-1", &Gate(true)).await;
    let text = fault.expect_err("exit 3").to_string();
    assert!(text.contains("exit 3: no quota"), "{text}");
    let fault = deploy(folder.path(), run("touch late"), "op-1", &Gate(false)).await.expect_err("fenced");
    assert!(matches!(fault, Fault::Superseded(_)) && !folder.path().join("late").exists(), "{fault}");
}

#[tokio::test]
async fn an_incident_is_opened_once_and_skipped_without_trust() {
    let folder = tempfile::tempdir().expect("folder");
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(header("idempotency-key", "op-1"))
        .and(body_partial_json(serde_json::json!({ "title": "rollback of web", "severity": "critical" })))
        .respond_with(ResponseTemplate::new(201))
        .expect(1)
        .mount(&server)
        .await;
    let call = IncidentCall {
        url: format!("{}/incidents", server.uri()),
        title: None,
        severity: "critical".to_owned(),
        token_env: Some(TOKEN.to_owned()),
    };
    let step = ProcedureStep::new(StepKind::Incident(call)).within(20);
    let operation = OperationId::new("op-1");
    let errand = Errand { operation: &operation, fence: &Gate(true), time: Seconds(20) };
    let rollout = rollout(DeployBy::Nobody);
    let (outcome, said) = running(folder.path()).step(&rollout, &step, errand).await.expect("opened");
    assert_eq!(outcome, Outcome::Done, "{}", said.line());
    let cluster = Cluster::new(Access::file(folder.path().join("none"), None), Arc::new(WallClock));
    let closed = Running::new(cluster, Leave::Withheld("not trusted".to_owned()));
    let (outcome, said) = closed.step(&rollout, &step, errand).await.expect("listed");
    assert!(outcome == Outcome::Skipped && said.line().contains("not trusted"), "{}", said.line());
}
