//! Real checks: commands, health addresses, git repositories, and names that mean harm.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rstest::rstest;
use tminus::analysis::Verdict;
use tminus::base::{Seconds, Untrusted};
use tminus::engine::clock::WallClock;
use tminus::engine::ports::{Checks, Finding};
use tminus::plan::rule::Rule;
use tminus::plan::{Check, CommandCheck, Expect, Gate, GitCheck, GitFact, HttpCheck, Otherwise, Plan};
use tminus::world::Unconnected;
use tminus::world::checks::RealChecks;
use tminus::world::http::Http;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

fn plan() -> Plan {
    Plan::blank("payments", "prod")
}

async fn run(folder: &Path, check: Check, pass: Option<&str>, timeout: u64) -> Finding {
    let gate = Gate {
        id: "gate".into(),
        title: Untrusted::new("gate"),
        item: None,
        stage: None,
        check,
        pass: pass.map(|rule| Rule::parse(rule).expect(rule)),
        otherwise: Otherwise::Block,
        timeout: Seconds(timeout),
        fresh: None,
        every: None,
    };
    let http = Http::new(None).expect("client");
    let checks = RealChecks::new(
        folder.to_owned(),
        Arc::new(plan()),
        http,
        Arc::new(Unconnected),
        Arc::new(WallClock),
    );
    checks.run(&gate).await
}

fn command(run: &[&str], expect: Option<Expect>) -> Check {
    let run = run.iter().map(|word| (*word).to_owned()).collect();
    Check::Command(CommandCheck { run, env: Default::default(), expect })
}

fn printed(finding: &Finding) -> String {
    String::from_utf8_lossy(finding.evidence.as_deref().unwrap_or_default()).into_owned()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("folder")
}

#[rstest]
#[case::ok(&["true"], None, None, Verdict::Pass)]
#[case::fails(&["false"], None, None, Verdict::Fail)]
#[case::killed(&["sh", "-c", "kill -9 $$"], None, None, Verdict::Fail)]
#[case::nobody(&["no-such-program-anywhere"], None, None, Verdict::Error)]
#[case::empty_wanted(&["true"], Some(Expect::Empty), None, Verdict::Pass)]
#[case::empty_not_given(&["echo", "M file"], Some(Expect::Empty), None, Verdict::Fail)]
#[case::some_wanted(&["true"], Some(Expect::Some), None, Verdict::Fail)]
#[case::some_given(&["echo", "x"], Some(Expect::Some), None, Verdict::Pass)]
#[case::contains(&["echo", "0 vulnerabilities"], Some(Expect::Contains("0 vuln".to_owned())), None, Verdict::Pass)]
#[case::contains_not(&["echo", "3 vulnerabilities"], Some(Expect::Contains("0 vuln".to_owned())), None, Verdict::Fail)]
#[case::numbers(&["printf", "tests: 12\nfailed: 0\n"], None, Some("failed = 0 and tests > 0"), Verdict::Pass)]
#[case::numbers_bad(&["printf", "tests: 12\nfailed: 1\n"], None, Some("failed = 0 and tests > 0"), Verdict::Fail)]
#[case::no_numbers(&["true"], None, Some("failed = 0 and tests > 0"), Verdict::NoData)]
#[case::numbers_but_failed(&["sh", "-c", "echo failed: 0; exit 3"], None, Some("failed = 0"), Verdict::Fail)]
#[case::by_exit(&["sh", "-c", "exit 3"], None, Some("exit = 3"), Verdict::Pass)]
#[case::by_duration(&["true"], None, Some("duration < 1h"), Verdict::Pass)]
#[case::nothing_to_read(&["cat"], Some(Expect::Empty), None, Verdict::Pass)]
#[tokio::test]
async fn a_command_passes_only_on_its_answer(
    #[case] words: &[&str],
    #[case] expect: Option<Expect>,
    #[case] pass: Option<&str>,
    #[case] wanted: Verdict,
) {
    let finding = run(folder().path(), command(words, expect), pass, 30).await;
    assert_eq!(finding.verdict, wanted, "{:?}", finding.summary);
}

#[tokio::test]
async fn commands_run_in_the_plans_folder_and_never_meet_a_shell() {
    let folder = folder();
    let script = folder.path().join("own.sh");
    std::fs::write(&script, "#!/bin/sh\npwd\n").expect("script");
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("mode");
    let finding = run(folder.path(), command(&["./own.sh"], None), None, 30).await;
    let place = folder.path().canonicalize().expect("place");
    assert_eq!(printed(&finding).trim(), place.to_string_lossy());

    for hostile in
        ["$(touch pwn)", "`touch pwn`", "a;touch pwn", "a\ntouch pwn", "&& touch pwn", "| touch pwn"]
    {
        let finding = run(folder.path(), command(&["printf", "%s", hostile], None), None, 30).await;
        assert_eq!(printed(&finding), hostile);
    }
    assert!(!folder.path().join("pwn").exists());
    let finding = run(folder.path(), command(&["echo", "a\0b"], None), None, 30).await;
    assert_eq!(finding.verdict, Verdict::Error);
}

/// True while a process lives; one that only waits to be buried does not.
fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

#[tokio::test]
async fn a_timeout_ends_everything_that_was_started() {
    let script = "sleep 600 & echo $!; sleep 600";
    let finding = run(folder().path(), command(&["sh", "-c", script], None), None, 1).await;
    assert_eq!(finding.verdict, Verdict::Error);
    assert!(finding.summary.line().contains("no end in 1 s"), "{:?}", finding.summary);
    let pid = printed(&finding).trim().to_owned();
    assert!(pid.parse::<u32>().is_ok(), "{pid}");
    assert!(!lives(&pid), "{pid} was left behind");
}

#[tokio::test]
async fn a_child_left_behind_keeps_nobody_waiting() {
    let finding = run(folder().path(), command(&["sh", "-c", "sleep 600 & echo $!"], None), None, 60).await;
    assert_eq!(finding.verdict, Verdict::Pass);
    assert!(finding.took_ms < 30_000, "{}", finding.took_ms);
    assert!(!lives(printed(&finding).trim()));
}

#[tokio::test]
async fn a_flood_is_stopped_and_what_is_kept_is_bounded() {
    for script in ["yes", "yes >&2", "head -c 20000000 /dev/zero; sleep 600"] {
        let finding = run(folder().path(), command(&["sh", "-c", script], None), None, 60).await;
        assert_eq!(finding.verdict, Verdict::Error, "{script}");
        assert!(finding.summary.line().contains("10 MiB"), "{script}: {:?}", finding.summary);
        assert!(finding.evidence.expect("evidence").len() < 1_100_000, "{script}");
    }
    let long = "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the end";
    let finding = run(folder().path(), command(&["sh", "-c", long], None), None, 60).await;
    assert_eq!(finding.verdict, Verdict::Pass);
    let text = printed(&finding);
    assert!(text.ends_with("the end\n") && text.contains("bytes left out") && text.len() < 600_000);
}

#[tokio::test]
async fn bytes_that_are_no_text_and_escapes_stay_evidence() {
    let script = "printf '\\377\\000\\033]52;c;AAAA\\007\\n'";
    let finding = run(folder().path(), command(&["sh", "-c", script], None), None, 30).await;
    assert_eq!(finding.evidence.as_deref(), Some(&b"\xff\0\x1b]52;c;AAAA\x07\n"[..]));
    assert!(finding.summary.line().chars().all(|c| !c.is_control()));
}

#[rstest]
#[case::fine(200, "ok", 200, Some("ok"), Verdict::Pass)]
#[case::other_status(503, "ok", 200, None, Verdict::Fail)]
#[case::other_words(200, "degraded", 200, Some("ok"), Verdict::Fail)]
#[case::wanted_status(204, "", 204, None, Verdict::Pass)]
#[case::empty_words(200, "ok", 200, Some(""), Verdict::Fail)]
#[tokio::test]
async fn a_health_address_is_compared(
    #[case] status: u16,
    #[case] body: &str,
    #[case] wanted: u16,
    #[case] contains: Option<&str>,
    #[case] verdict: Verdict,
) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_string(body);
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    let check = HttpCheck { url: server.uri(), status: wanted, contains: contains.map(str::to_owned) };
    let finding = run(folder().path(), Check::Http(check), None, 30).await;
    assert_eq!(finding.verdict, verdict, "{:?}", finding.summary);
}

#[tokio::test]
async fn redirects_are_not_followed_and_bodies_are_cut() {
    let secret = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&secret).await;
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(302).insert_header("Location", secret.uri());
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    let check = |url: String, contains: Option<&str>| {
        Check::Http(HttpCheck { url, status: 200, contains: contains.map(str::to_owned) })
    };
    let finding = run(folder().path(), check(server.uri(), None), None, 30).await;
    assert_eq!((finding.verdict, finding.summary.raw()), (Verdict::Fail, "HTTP 302, wanted 200"));

    let large = MockServer::start().await;
    let body = format!("{}ok", "x".repeat(5_000_000));
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string(body))
        .mount(&large)
        .await;
    let finding = run(folder().path(), check(large.uri(), Some("ok")), None, 30).await;
    assert_eq!(finding.verdict, Verdict::NoData, "what was not read is not known");
    assert_eq!(finding.evidence.map(|body| body.len()), Some(1 << 20));
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_left_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let url = format!("http://{}/", silent.local_addr().expect("address"));
    let check = Check::Http(HttpCheck { url, status: 200, contains: None });
    let finding = run(folder().path(), check, None, 1).await;
    assert_eq!(finding.verdict, Verdict::Fail);
    assert!(finding.took_ms < 10_000);
    for forbidden in ["http://169.254.169.254/", "file:///etc/passwd", "http://u:p@localhost/"] {
        let check = Check::Http(HttpCheck { url: forbidden.to_owned(), status: 200, contains: None });
        assert_eq!(run(folder().path(), check, None, 5).await.verdict, Verdict::Error, "{forbidden}");
    }
}

/// Runs git for a test, away from whatever this machine configured.
fn git(folder: &Path, words: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"])
        .args(["-c", "tag.gpgsign=false", "-c", "init.defaultBranch=main"])
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git");
    assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A repository on a release branch with one commit, and a bare remote beside it.
fn repository() -> tempfile::TempDir {
    let folder = folder();
    git(folder.path(), &["init", "-q", "--bare", "remote.git"]);
    git(folder.path(), &["init", "-q", "work"]);
    let work = folder.path().join("work");
    git(&work, &["checkout", "-q", "-b", "release/v3.2.0"]);
    std::fs::write(work.join("file"), "one\n").expect("file");
    git(&work, &["add", "file"]);
    git(&work, &["commit", "-q", "-m", "one"]);
    git(&work, &["remote", "add", "origin", "../remote.git"]);
    folder
}

async fn facts(folder: &Path, facts: Vec<GitFact>) -> (Verdict, String) {
    let check = GitCheck { repository: "work".to_owned(), facts };
    let finding = run(folder, Check::Git(check), None, 30).await;
    (finding.verdict, finding.summary.line())
}

fn pushed(tag: &str, remote: &str) -> GitFact {
    GitFact::Pushed { tag: tag.to_owned(), remote: remote.to_owned() }
}

#[tokio::test]
async fn git_facts_are_true_or_say_why_not() {
    let folder = repository();
    let work = folder.path().join("work");
    let look = async |fact: GitFact| facts(folder.path(), vec![fact]).await;
    let tag = || GitFact::Tag("v3.2.0".to_owned());

    assert_eq!(look(GitFact::Clean).await, (Verdict::Pass, "clean".to_owned()));
    assert_eq!(look(GitFact::Branch("release/v*".to_owned())).await.0, Verdict::Pass);
    assert_eq!(look(GitFact::Branch("main".to_owned())).await.0, Verdict::Fail);
    assert_eq!(look(tag()).await, (Verdict::Fail, "there is no tag v3.2.0".to_owned()));

    git(&work, &["tag", "v3.2.0"]);
    assert!(look(tag()).await.1.contains("not annotated"));
    git(&work, &["tag", "-f", "-a", "v3.2.0", "-m", "v3.2.0"]);
    assert_eq!(look(tag()).await.0, Verdict::Pass);
    assert!(look(pushed("v3.2.0", "origin")).await.1.contains("is not on origin"));
    git(&work, &["push", "-q", "origin", "v3.2.0"]);
    assert_eq!(look(pushed("v3.2.0", "origin")).await.0, Verdict::Pass);
    let all =
        vec![GitFact::Clean, GitFact::Branch("release/v3.2.0".to_owned()), tag(), pushed("v3.2.0", "origin")];
    assert_eq!(facts(folder.path(), all.clone()).await.0, Verdict::Pass);

    git(&work, &["tag", "-f", "-a", "v3.2.0", "-m", "again"]);
    assert!(look(pushed("v3.2.0", "origin")).await.1.contains("another tag"));
    std::fs::write(work.join("new"), "x").expect("file");
    let (verdict, why) = facts(folder.path(), all).await;
    assert_eq!(verdict, Verdict::Fail);
    assert!(why.contains("not clean: new") && why.contains("another tag"), "{why}");
    git(&work, &["add", "new"]);
    assert_eq!(look(GitFact::Clean).await.0, Verdict::Fail, "staged is not clean");
    git(&work, &["commit", "-q", "-m", "two"]);
    assert!(look(tag()).await.1.contains("not on HEAD"));
    git(&work, &["checkout", "-q", "--detach"]);
    assert!(look(GitFact::Branch("release/v*".to_owned())).await.1.contains("no branch"));
}

#[tokio::test]
async fn a_remote_that_does_not_answer_is_no_pass() {
    let folder = repository();
    let work = folder.path().join("work");
    git(&work, &["tag", "-a", "v3.2.0", "-m", "v3.2.0"]);
    std::fs::remove_dir_all(folder.path().join("remote.git")).expect("remove");
    assert_eq!(facts(folder.path(), vec![pushed("v3.2.0", "origin")]).await.0, Verdict::Error);
    assert!(facts(folder.path(), vec![pushed("v3.2.0", "upstream")]).await.1.contains("no remote"));
    assert_eq!(facts(folder.path(), Vec::new()).await.0, Verdict::NoData);
    let elsewhere = GitCheck { repository: "../..".to_owned(), facts: vec![GitFact::Clean] };
    assert_eq!(run(&work, Check::Git(elsewhere), None, 30).await.verdict, Verdict::Error);
}

#[tokio::test]
async fn names_that_mean_harm_do_none() {
    let folder = repository();
    let work = folder.path().join("work");
    for name in [
        "--upload-pack=touch pwn",
        "-oProxyCommand=touch pwn",
        "$(touch pwn)",
        "v1;touch pwn",
        "v1\ntouch pwn",
        "v*",
        "v1^{}",
        "../../heads/main",
        "\u{1b}]52;c;AAAA\u{7}",
        "",
    ] {
        for fact in [GitFact::Tag(name.to_owned()), pushed(name, "origin"), pushed("v1", name)] {
            let (verdict, why) = facts(folder.path(), vec![fact]).await;
            assert!(matches!(verdict, Verdict::Fail | Verdict::Error), "{name:?}: {verdict} {why}");
            assert!(why.chars().all(|c| !c.is_control()), "{why:?}");
        }
    }
    // A file and a remote whose names would be commands and escapes.
    git(&work, &["tag", "-a", "v1", "-m", "v1"]);
    git(&work, &["remote", "add", "evil", "ext::sh -c touch% pwn"]);
    assert_eq!(facts(folder.path(), vec![pushed("v1", "evil")]).await.0, Verdict::Error);
    std::fs::write(work.join("\u{1b}[2Jx\n;touch pwn"), "x").expect("file");
    let (verdict, why) = facts(folder.path(), vec![GitFact::Clean]).await;
    assert_eq!(verdict, Verdict::Fail);
    assert!(why.chars().all(|c| !c.is_control()), "{why:?}");
    for place in [folder.path(), &work] {
        assert!(!place.join("pwn").exists());
    }
}
