//! What the tests of the adapter share: a cluster as one user or another, and service accounts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tminus::engine::clock::WallClock;
use tminus::world::cluster::{Access, Cluster, Deadline};

use crate::testbed::{Namespace, Testbed};

/// The cluster as whoever may do everything.
pub fn admin(bed: &Testbed) -> Cluster {
    of(Access::file(bed.kubeconfig(), None))
}

pub fn of(access: Access) -> Cluster {
    Cluster::new(access, Arc::new(WallClock))
}

pub fn soon() -> Deadline {
    Deadline::within(Duration::from_secs(20))
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// A kubeconfig for the testbed's server with this user, in a folder of the test's own.
pub fn kubeconfig(bed: &Testbed, folder: &Path, user: &Value) -> Access {
    let authority = std::fs::read(bed.setting("TMINUS_TESTBED_CA")).expect("the authority");
    let server = bed.setting("TMINUS_TESTBED_API");
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "own",
        "clusters": [{ "name": "c", "cluster": {
            "server": server, "certificate-authority-data": BASE64_STANDARD.encode(authority) } }],
        "users": [{ "name": "u", "user": user }],
        "contexts": [{ "name": "own", "context": { "cluster": "c", "user": "u" } }],
    });
    let path = folder.join("config");
    std::fs::write(&path, text.to_string()).expect("written");
    Access::file(path, None)
}

/// A service account of this namespace, and a token of it.
pub fn account(bed: &Testbed, space: &Namespace<'_>, name: &str) -> String {
    space.kubectl(&["create", "serviceaccount", name]);
    bed.kubectl(&["create", "token", name, "-n", &space.name, "--duration=15m"]).trim().to_owned()
}

/// A plugin that answers this, as a user of a kubeconfig.
pub fn plugin(folder: &Path, text: &str) -> Value {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("plugin");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("may be run");
    json!({ "exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": path, "interactiveMode": "Never",
    } })
}

/// A plugin's answer.
pub fn credential(status: &Value) -> String {
    let answer = json!({ "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status });
    format!("cat <<'END'\n{answer}\nEND")
}
