//! The Kubernetes adapter: contexts, credentials and faults against servers of a test's own, and everything else
//! against a real control plane.

mod certificates;
mod contexts;
mod faults;
mod plugins;
mod watching;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tminus::engine::clock::WallClock;
use tminus::world::cluster::{Access, Cluster, Deadline, Kind, Object};
use wiremock::ResponseTemplate;

/// A folder with a kubeconfig in it.
struct Desk {
    folder: TempDir,
}

impl Desk {
    /// One context, `test`, of this server and this user.
    fn new(server: &str, user: Value) -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("folder") };
        desk.write("config", &kubeconfig("test", json!({ "server": server }), user));
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.path(name), value.to_string()).expect("written");
    }

    /// A shell script that may be run.
    fn script(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("may be run");
        path.to_string_lossy().into_owned()
    }

    fn cluster(&self) -> Cluster {
        cluster(Access::file(self.path("config"), None))
    }
}

fn cluster(access: Access) -> Cluster {
    Cluster::new(access, Arc::new(WallClock))
}

/// A kubeconfig in JSON, which is YAML too, with one context that is the current one.
fn kubeconfig(name: &str, cluster: Value, user: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{ "name": name, "cluster": cluster }],
        "users": [{ "name": name, "user": user }],
        "contexts": [{ "name": name, "context": { "cluster": name, "user": name } }],
    })
}

fn route() -> Object {
    Object::new(Kind::HTTP_ROUTE, "shop", "payments")
}

fn soon() -> Deadline {
    Deadline::within(Duration::from_secs(10))
}

/// What the API server answers when it says no.
fn status(code: u16, reason: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(code).set_body_json(json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
        "reason": reason, "message": message,
    }))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
