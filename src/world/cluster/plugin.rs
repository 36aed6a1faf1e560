//! Credential plugins of a kubeconfig (`exec:`), run by us.
//!
//! Invariants: an argument vector, never a shell; nothing to read and no terminal, so a plugin that asks is stopped
//! and not waited for; both outputs captured and capped; the answer never printed, in no error either.

use std::path::Path;
use std::time::Duration;

use kube::config::{Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

use crate::base::{Timestamp, Untrusted};
use crate::world::checks::{End, start};

/// Characters kept of what it wrote to its standard error, from the end.
const SAID: usize = 2000;
/// The versions of the protocol we speak.
const VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/// Credentials that a plugin gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    pub(super) token: Option<SecretString>,
    /// A client certificate and its key, in PEM.
    pub(super) certificate: Option<(String, SecretString)>,
    pub(super) until: Option<Timestamp>,
}

/// Why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) why: String,
    pub(super) said: Untrusted,
}

impl Failed {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), said: Untrusted::default() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    api_version: Option<String>,
    kind: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<Timestamp>,
    token: Option<SecretString>,
    client_certificate_data: Option<String>,
    client_key_data: Option<SecretString>,
}

/// Runs a plugin and reads its answer.
pub(super) async fn run(exec: &ExecConfig, cluster: &Cluster, time: Duration) -> Result<Pass, Failed> {
    let program = exec.command.as_deref().filter(|it| !it.is_empty());
    let Some(program) = program else {
        return Err(Failed::new("the kubeconfig names a plugin without a command"));
    };
    let name = by_hand(program, exec);
    let version = version(exec)?;
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
        let why =
            format!("the plugin wants to ask in a terminal, and has none here: run `{name}` by hand first");
        return Err(Failed::new(why));
    }
    let mut command = Command::new(program);
    command.args(exec.args.iter().flatten());
    for pair in exec.env.iter().flatten() {
        let (Some(key), Some(value)) = (pair.get("name"), pair.get("value")) else { continue };
        if key.is_empty() || key.contains(['=', '\0']) || value.contains('\0') {
            return Err(Failed::new(format!(
                "the plugin's variable `{}` cannot be set",
                key.escape_default()
            )));
        }
        command.env(key, value);
    }
    command.env("KUBERNETES_EXEC_INFO", info(version, exec, cluster)?);
    let ran = match start(command, time).await {
        Ok(ran) => ran,
        Err(error) => {
            let hint = exec.install_hint.as_deref().map(|it| Untrusted::new(it).line()).unwrap_or_default();
            let why = format!("the plugin `{}` does not start: {error}", shown(program));
            return Err(Failed { why, said: hint.into() });
        }
    };
    let said = tail(&ran.err.text());
    let failed = |why: String| Failed { why, said: said.clone() };
    match ran.end {
        End::Late => {
            let why =
                format!("the plugin did not end in {} s: run `{name}` by hand to see why", time.as_secs());
            Err(failed(why))
        }
        End::Flood => Err(failed(format!("the plugin wrote without end: run `{name}` by hand to see why"))),
        End::Exit(status) if !status.success() => {
            Err(failed(format!("the plugin failed ({status}): run `{name}` by hand to see why")))
        }
        End::Exit(_) => {
            read(&ran.out.text(), version).map_err(|why| failed(format!("the plugin `{name}` {why}")))
        }
    }
}

fn version(exec: &ExecConfig) -> Result<&'static str, Failed> {
    let wanted = exec.api_version.as_deref().unwrap_or_default();
    VERSIONS.into_iter().find(|it| *it == wanted).ok_or_else(|| {
        let text = format!("the plugin speaks `{}`, which is no longer spoken", wanted.escape_default());
        Failed::new(format!("{text}: renew the kubeconfig with your provider's tool"))
    })
}

/// What a plugin is told about who asks.
fn info(version: &str, exec: &ExecConfig, cluster: &Cluster) -> Result<String, Failed> {
    let mut spec = json!({ "interactive": false });
    if exec.provide_cluster_info {
        let told = ExecAuthCluster::try_from(cluster)
            .map_err(|error| error.to_string())
            .and_then(|it| serde_json::to_value(it).map_err(|error| error.to_string()))
            .map_err(Failed::new)?;
        if let Some(spec) = spec.as_object_mut() {
            spec.insert("cluster".to_owned(), told);
        }
    }
    Ok(json!({ "kind": "ExecCredential", "apiVersion": version, "spec": spec }).to_string())
}

/// Reads an answer. The reasons never quote it.
fn read(text: &str, version: &str) -> Result<Pass, &'static str> {
    let answer: Credential = serde_json::from_str(text).map_err(|_| "answered what is no ExecCredential")?;
    if answer.kind.as_deref() != Some("ExecCredential") || answer.api_version.as_deref() != Some(version) {
        return Err("answered in another version than the kubeconfig says");
    }
    let status = answer.status.ok_or("answered without a status")?;
    let certificate = match (status.client_certificate_data, status.client_key_data) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return Err("answered a certificate without its key, or a key without its certificate"),
    };
    if status.token.is_none() && certificate.is_none() {
        return Err("answered neither a token nor a certificate");
    }
    Ok(Pass { token: status.token, certificate, until: status.expiration_timestamp })
}

/// The command as a person would run it; its variables are left out, for they may hold a secret.
fn by_hand(program: &str, exec: &ExecConfig) -> String {
    let words = std::iter::once(program).chain(exec.args.iter().flatten().map(String::as_str));
    let words: Vec<String> = words
        .map(|word| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
            if !word.is_empty() && word.chars().all(plain) {
                word.to_owned()
            } else {
                format!("'{}'", shown(word).replace('\'', "'\\''"))
            }
        })
        .collect();
    Untrusted::new(words.join(" ")).cell(200)
}

fn shown(text: &str) -> String {
    Untrusted::new(Path::new(text).to_string_lossy()).line()
}

fn tail(text: &str) -> Untrusted {
    let text = text.trim();
    let skip = text.chars().count().saturating_sub(SAID);
    Untrusted::new(text.chars().skip(skip).collect::<String>())
}
