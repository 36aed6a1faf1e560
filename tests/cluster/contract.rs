//! What `tests/testbed/run` promises to whoever calls it.

use std::process::{Command, Output};

use crate::testbed::{Part, Testbed, program};

/// Runs a command with no parts at all: what the contract says of the command itself.
fn bare(command: &[&str]) -> Output {
    Command::new(program()).arg("--").args(command).output().expect("it runs")
}

#[test]
fn the_status_is_that_of_the_command() {
    if Testbed::shared(&[]).is_none() {
        return;
    }
    assert_eq!(bare(&["true"]).status.code(), Some(0));
    assert_eq!(bare(&["sh", "-c", "exit 7"]).status.code(), Some(7));
    assert_eq!(bare(&["sh", "-c", "kill -TERM $$"]).status.code(), Some(143));
    assert_eq!(bare(&["no-such-program-anywhere"]).status.code(), Some(127));
}

#[test]
fn streams_folder_and_environment_pass_through() {
    if Testbed::shared(&[]).is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let output = Command::new(program())
        .args(["--", "sh", "-c", "pwd; echo $GREETING; echo aside >&2"])
        .current_dir(folder.path())
        .env("GREETING", "good morning")
        .output()
        .expect("it runs");
    let expected = format!("{}\ngood morning\n", folder.path().canonicalize().expect("path").display());
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "aside\n");
}

#[test]
fn nothing_is_left_when_the_command_ends() {
    if Testbed::shared(&[]).is_none() {
        return;
    }
    let output = bare(&["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!; echo $TMINUS_TESTBED_DIR"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines();
    let (orphan, folder) = (lines.next().expect("a process"), lines.next().expect("a folder"));
    assert!(!std::path::Path::new(&format!("/proc/{orphan}")).exists(), "{orphan} still runs");
    assert!(!std::path::Path::new(folder).exists(), "{folder} is still there");
}

#[test]
fn the_kinds_are_listed_when_the_command_starts() {
    let Some(bed) = Testbed::shared(&[Part::Kubernetes]) else { return };
    let resources = "httproutes.gateway.networking.k8s.io,virtualservices.networking.istio.io,\
                     destinationrules.networking.istio.io,rollouts.argoproj.io,canaries.flagger.app,\
                     applications.argoproj.io,deployments.apps,services";
    bed.kubectl(&["get", resources, "--namespace=default", "--ignore-not-found"]);
    assert!(bed.kubeconfig().starts_with(bed.folder()) && bed.folder().join("run.log").is_file());
    let plain = format!("--kubeconfig={}", bed.plain_kubeconfig().display());
    let refused = bed.try_kubectl(&[&plain, "get", "deployments"], "");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("forbidden") && said.contains("testbed-plain"), "{said}");
}
