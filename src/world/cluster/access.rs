//! Which cluster is meant: a context of the user's kubeconfig, or the cluster this process runs in.
//!
//! Invariants: files are read up to a size, and each time anew, so that a renewed login counts at once; a file that
//! `KUBECONFIG` names and that is not there is passed over, as kubectl does; the first file that says something wins.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{AuthInfo, Cluster, Kubeconfig};

/// Bytes of a kubeconfig that are read.
const MOST: u64 = 4 * 1024 * 1024;
/// How long a plugin may take to get credentials, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(15);
/// Where a pod finds its service account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The name of the cluster this process runs in.
pub(super) const IN_CLUSTER: &str = "in-cluster";

/// Where it is written how a cluster is reached, and which one is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Kubeconfig files; the first that says something wins.
    pub files: Vec<PathBuf>,
    /// The context; the files' current one when none is named.
    pub context: Option<String>,
    /// The service account of the pod this process runs in, for when there is no file.
    pub account: Option<Account>,
    /// How long a plugin may take to get credentials.
    pub patience: Duration,
}

/// The service account of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Holds `token`, `ca.crt` and `namespace`.
    pub folder: PathBuf,
    /// The API server, as `https://host:port`.
    pub server: String,
}

/// What of the surroundings of this process matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `$KUBECONFIG`.
    pub kubeconfig: Option<OsString>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// `$KUBERNETES_SERVICE_HOST`.
    pub host: Option<String>,
    /// `$KUBERNETES_SERVICE_PORT`.
    pub port: Option<String>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG"),
            home: std::env::var_os("HOME").map(PathBuf::from),
            host: std::env::var("KUBERNETES_SERVICE_HOST").ok(),
            port: std::env::var("KUBERNETES_SERVICE_PORT").ok(),
        }
    }
}

impl Access {
    /// The cluster this user means: of this context, or of the current one.
    pub fn of(context: Option<&str>, around: &Surroundings) -> Self {
        let named = around.kubeconfig.as_ref().filter(|it| !it.is_empty());
        let files = match named {
            Some(list) => std::env::split_paths(list).filter(|it| !it.as_os_str().is_empty()).collect(),
            None => around.home.iter().map(|home| home.join(".kube/config")).collect(),
        };
        let account = around.host.as_deref().filter(|host| !host.is_empty()).map(|host| {
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            let port = around.port.as_deref().filter(|port| !port.is_empty()).unwrap_or("443");
            Account { folder: ACCOUNT.into(), server: format!("https://{host}:{port}") }
        });
        Self { files, context: context.map(str::to_owned), account, patience: PATIENCE }
    }

    /// A context of one kubeconfig, or its current one.
    pub fn file(path: impl Into<PathBuf>, context: Option<&str>) -> Self {
        let files = vec![path.into()];
        Self { files, context: context.map(str::to_owned), account: None, patience: PATIENCE }
    }

    /// The cluster of a pod, by its service account alone.
    pub fn pod(account: Account) -> Self {
        Self { files: Vec::new(), context: None, account: Some(account), patience: PATIENCE }
    }

    /// The name it goes by before anything was read.
    pub(super) fn name(&self) -> String {
        self.context.clone().unwrap_or_else(|| "the cluster".to_owned())
    }

    /// Reads how it is reached.
    ///
    /// # Errors
    /// What is missing or wrong, and what to do about it.
    pub(super) fn read(&self) -> Result<Entry, String> {
        let mut whole = Kubeconfig::default();
        let mut found = false;
        for path in &self.files {
            if let Some(one) = file(path)? {
                whole = whole.merge(one).map_err(|error| format!("{}: {error}", path.display()))?;
                found = true;
            }
        }
        match &self.account {
            Some(account) if !found && self.context.is_none() => Ok(account.entry()),
            _ if !found => Err(match self.files.as_slice() {
                [] => "no cluster is known: set KUBECONFIG to your kubeconfig".to_owned(),
                files => {
                    let names: Vec<String> = files.iter().map(|it| it.display().to_string()).collect();
                    format!("no kubeconfig at {}: log in to the cluster, or set KUBECONFIG", names.join(", "))
                }
            }),
            _ => entry(whole, self.context.as_deref()),
        }
    }
}

impl Account {
    fn entry(&self) -> Entry {
        let inside = |name: &str| self.folder.join(name).to_string_lossy().into_owned();
        let namespace = std::fs::read_to_string(self.folder.join("namespace")).unwrap_or_default();
        Entry {
            context: IN_CLUSTER.to_owned(),
            namespace: Some(namespace.trim().to_owned()).filter(|it| !it.is_empty()),
            cluster: Cluster {
                server: Some(self.server.clone()),
                certificate_authority: Some(inside("ca.crt")),
                ..Cluster::default()
            },
            user: AuthInfo { token_file: Some(inside("token")), ..AuthInfo::default() },
        }
    }
}

/// How one cluster is reached, and as whom.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) context: String,
    pub(super) namespace: Option<String>,
    pub(super) cluster: Cluster,
    pub(super) user: AuthInfo,
}

fn entry(config: Kubeconfig, context: Option<&str>) -> Result<Entry, String> {
    let Some(name) = context.or(config.current_context.as_deref()).filter(|it| !it.is_empty()) else {
        return Err(
            "the kubeconfig has no current context: write context = \"…\" into the plan's environment, or \
                    run kubectl config use-context NAME"
                .to_owned(),
        );
    };
    let named = |names: Vec<&String>| match names.as_slice() {
        [] => "there are none".to_owned(),
        names => {
            let names: Vec<&str> = names.iter().take(12).map(|it| it.as_str()).collect();
            format!("there are: {}", names.join(", "))
        }
    };
    let shown = name.escape_default();
    let Some(context) = config.contexts.iter().find(|it| it.name == name).and_then(|it| it.context.as_ref())
    else {
        let known = named(config.contexts.iter().map(|it| &it.name).collect());
        return Err(format!("the kubeconfig has no context `{shown}`; {known}"));
    };
    let wanted = &context.cluster;
    let Some(cluster) =
        config.clusters.iter().find(|it| &it.name == wanted).and_then(|it| it.cluster.clone())
    else {
        let wanted = wanted.escape_default();
        return Err(format!(
            "context `{shown}` names the cluster `{wanted}`, and the kubeconfig has no such cluster"
        ));
    };
    let user = match context.user.as_deref().filter(|it| !it.is_empty()) {
        None => AuthInfo::default(),
        Some(wanted) => {
            let found = config.auth_infos.iter().find(|it| it.name == wanted);
            found.map(|it| it.auth_info.clone().unwrap_or_default()).ok_or_else(|| {
                let wanted = wanted.escape_default();
                format!("context `{shown}` names the user `{wanted}`, and the kubeconfig has no such user")
            })?
        }
    };
    Ok(Entry {
        context: name.to_owned(),
        namespace: context.namespace.clone().filter(|it| !it.is_empty()),
        cluster,
        user,
    })
}

/// Reads one kubeconfig; none when there is no such file. Its paths are relative to its own folder.
fn file(path: &Path) -> Result<Option<Kubeconfig>, String> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let mut bytes = Vec::new();
    match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
        Ok(file) => file.take(MOST + 1).read_to_end(&mut bytes).map_err(unreadable)?,
    };
    if bytes.len() as u64 > MOST {
        return Err(format!("{} is larger than {} MiB: that is no kubeconfig", path.display(), MOST >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", path.display()))?;
    // The parser's own message quotes the lines around the fault, and those may hold a token.
    let mut config = Kubeconfig::from_yaml(&text).map_err(|_| {
        format!("{} is no kubeconfig that can be read: see kubectl config view", path.display())
    })?;
    if let Some(folder) = path.parent() {
        absolute(&mut config, folder);
    }
    Ok(Some(config))
}

fn absolute(config: &mut Kubeconfig, folder: &Path) {
    let fix = |path: &mut Option<String>| {
        if let Some(path) = path.as_mut().filter(|it| !it.is_empty() && Path::new(it.as_str()).is_relative())
        {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
    };
    for cluster in config.clusters.iter_mut().filter_map(|it| it.cluster.as_mut()) {
        fix(&mut cluster.certificate_authority);
    }
    for user in config.auth_infos.iter_mut().filter_map(|it| it.auth_info.as_mut()) {
        fix(&mut user.client_certificate);
        fix(&mut user.client_key);
        fix(&mut user.token_file);
        // A bare name is looked for on the path.
        if let Some(exec) =
            user.exec.as_mut().filter(|it| it.command.as_ref().is_some_and(|it| it.contains('/')))
        {
            fix(&mut exec.command);
        }
    }
}
