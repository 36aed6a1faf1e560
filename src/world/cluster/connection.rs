//! The warm connection to one cluster, and the credentials it shows.
//!
//! Invariants: one client per cluster, made anew only when what the handshake shows has changed; credentials are
//! got once for all who wait, and go on being got when one of them stops waiting; a failure is remembered for a
//! moment, so that nobody starts a plugin in a loop; nothing is sent with credentials that are over; once a context
//! and its server were used, no other is: somebody who switches the current context moves no traffic elsewhere.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::HeaderValue;
use kube::config::{Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};
use kube::{Client, Config};
use tokio::time::Instant;

use crate::base::{Digest, Timestamp, Untrusted};
use crate::engine::ports::Clock;
use crate::release::{ClusterHealth, Credentials};

use super::access::{Access, Entry, IN_CLUSTER};
use super::deadline::Deadline;
use super::identity::{self, Shown};
use super::plugin::Failed;
use super::refusal::Why;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);
/// How long before their end credentials are got anew.
const AHEAD: Duration = Duration::from_secs(20);
/// How long a failure to get credentials stands before it is tried again.
const COOL: Duration = Duration::from_secs(2);

/// A client, and what it shows with each request.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) header: Option<HeaderValue>,
    /// The namespace of the context.
    pub(super) namespace: Option<String>,
    /// Counts up with each renewal.
    pub(super) number: u64,
    shown: Shown,
    /// Of everything the client was made of.
    print: Digest,
    renew_at: Option<Instant>,
}

/// Whether what is there will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// What is there, as long as it is not over.
    Any,
    /// Anything but the one of this number, which was not taken.
    NewerThan(u64),
}

/// Makes and keeps the connection.
pub(super) struct Keeper {
    access: Access,
    clock: Arc<dyn Clock>,
    warm: Mutex<Warm>,
    /// Held by whoever makes a connection.
    making: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Warm {
    connection: Option<Connection>,
    failure: Option<(Instant, Why)>,
    /// The context that is used, and its server.
    pinned: Option<(String, String)>,
    unverified: bool,
    good: Option<Timestamp>,
    fault: Option<Untrusted>,
    credentials: Credentials,
}

impl Keeper {
    pub(super) fn new(access: Access, clock: Arc<dyn Clock>) -> Self {
        Self { access, clock, warm: Mutex::default(), making: Arc::default() }
    }

    /// The name of the cluster in messages.
    pub(super) fn name(&self) -> String {
        self.with(|warm| Some(warm.pinned.as_ref()?.0.clone())).unwrap_or_else(|| self.access.name())
    }

    /// What is known of the cluster.
    pub(super) fn health(&self) -> ClusterHealth {
        let context = self.name();
        self.with(|warm| ClusterHealth {
            context,
            good: warm.good,
            fault: warm.fault.clone(),
            credentials: warm.credentials.clone(),
            trouble: None,
            unverified: warm.unverified,
        })
    }

    /// It answered, whatever it said.
    pub(super) fn answered(&self) {
        let now = self.clock.now();
        self.with(|warm| (warm.good, warm.fault) = (Some(now), None));
    }

    /// It did not answer.
    pub(super) fn failed(&self, text: String) {
        self.with(|warm| warm.fault = Some(Untrusted::new(text)));
    }

    /// It did not take the credentials, not even fresh ones.
    pub(super) fn expired(&self) {
        let now = self.clock.now();
        self.with(|warm| {
            if !matches!(warm.credentials, Credentials::Expired { .. }) {
                warm.credentials = Credentials::Expired { since: now, remedy: REMEDY.into() };
            }
        });
    }

    /// It took them.
    pub(super) fn taken(&self, connection: &Connection) {
        let until = connection.shown.until;
        self.with(|warm| warm.credentials = Credentials::Good { until });
    }

    /// A connection with credentials that are not over.
    pub(super) async fn get(self: &Arc<Self>, want: Want, deadline: Deadline) -> Result<Connection, Why> {
        if let Some(found) = self.there(want) {
            return found;
        }
        let (this, making) = (self.clone(), self.making.clone());
        // A task of its own: a plugin that is slower than whoever asked first still serves the next.
        let work = tokio::spawn(async move {
            let _alone = making.lock_owned().await;
            match this.there(want) {
                Some(found) => found,
                None => this.make().await,
            }
        });
        match deadline.hold(work).await {
            Some(Ok(made)) => made,
            Some(Err(_)) => Err(Why::NotSent("the engine is stopping".to_owned())),
            None => Err(Why::NotSent("the credentials were not there in time".to_owned())),
        }
    }

    fn there(&self, want: Want) -> Option<Result<Connection, Why>> {
        let now = self.clock.now();
        self.with(|warm| {
            if let Some((at, why)) = &warm.failure
                && at.elapsed() < COOL
            {
                return Some(Err(why.clone()));
            }
            let connection = warm.connection.as_ref()?;
            let wanted = want != Want::NewerThan(connection.number);
            let due = connection.renew_at.is_some_and(|at| at <= Instant::now());
            (wanted && !due && !over(connection.shown.until, now)).then(|| Ok(connection.clone()))
        })
    }

    async fn make(&self) -> Result<Connection, Why> {
        let made = self.fresh().await;
        self.with(|warm| match &made {
            Ok(connection) => (warm.failure, warm.connection) = (None, Some(connection.clone())),
            Err(why) => warm.failure = Some((Instant::now(), why.clone())),
        });
        made
    }

    async fn fresh(&self) -> Result<Connection, Why> {
        let mut access = self.access.clone();
        let pinned = self.with(|warm| warm.pinned.clone());
        if let Some((context, _)) = pinned.as_ref().filter(|(context, _)| context != IN_CLUSTER) {
            access.context = Some(context.clone());
        }
        let entry = tokio::task::spawn_blocking(move || access.read())
            .await
            .map_err(|error| Why::NotSent(error.to_string()))?
            .map_err(Why::Setup)?;
        check(&entry).map_err(Why::Setup)?;
        let server = entry.cluster.server.clone().unwrap_or_default();
        if pinned.is_some_and(|(_, before)| before != server) {
            return Err(Why::Setup(format!(
                "context `{}` now leads to another server than it did: start the engine anew if that is meant",
                entry.context.escape_default()
            )));
        }
        self.with(|warm| {
            warm.unverified =
                entry.cluster.insecure_skip_tls_verify == Some(true) || server.starts_with("http://");
            warm.pinned = Some((entry.context.clone(), server.clone()));
        });
        let shown =
            identity::of(&entry, self.access.patience).await.map_err(|failed| self.without(failed))?;
        let now = self.clock.now();
        if let Some(since) = shown.until.filter(|until| *until <= now) {
            self.with(|warm| warm.credentials = Credentials::Expired { since, remedy: REMEDY.into() });
            return Err(Why::Credentials(format!("the credentials expired at {since}: {REMEDY}")));
        }
        self.with(|warm| warm.credentials = Credentials::Good { until: shown.until });
        let before = self.with(|warm| warm.connection.clone());
        let number = before.as_ref().map_or(0, |it| it.number + 1);
        let print = fingerprint(&entry, &shown);
        let client = match before {
            Some(before) if before.print == print => before.client,
            _ => client(&entry, &shown).await.map_err(Why::Setup)?,
        };
        Ok(Connection {
            client,
            header: shown.header.clone(),
            namespace: entry.namespace,
            number,
            print,
            renew_at: shown.renew.map(|after| Instant::now() + after),
            shown,
        })
    }

    fn without(&self, Failed { why, said }: Failed) -> Why {
        let quoted = if said.is_empty() { String::new() } else { format!("; it said: {}", said.cell(200)) };
        let text = format!("no credentials: {why}{quoted}");
        self.with(|warm| warm.credentials = Credentials::Failed { why: why.into(), said });
        Why::Credentials(text)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Warm) -> T) -> T {
        look(&mut self.warm.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a person does about credentials that are over.
pub(super) const REMEDY: &str = "log in to the cluster again; it is noticed at once";

/// Whether credentials are over, or nearly: those that are to be had for less than a minute are used to their end.
fn over(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| {
        let left = until.duration_since(now);
        left <= jiff::SignedDuration::try_from(AHEAD).unwrap_or_default()
    })
}

/// Of everything a client is made of: what the handshake shows and believes, files by what is in them.
fn fingerprint(entry: &Entry, shown: &Shown) -> Digest {
    let (cluster, user) = (&entry.cluster, &shown.user);
    let mut text = serde_json::to_vec(&(cluster, user)).unwrap_or_default();
    let files = [&cluster.certificate_authority, &user.client_certificate, &user.client_key];
    for path in files.into_iter().flatten() {
        text.extend(std::fs::read(path).unwrap_or_default());
    }
    Digest::of(&text)
}

fn check(entry: &Entry) -> Result<(), String> {
    let name = entry.context.escape_default();
    let server = entry.cluster.server.as_deref().unwrap_or_default();
    let whole = server.starts_with("https://") || server.starts_with("http://");
    if !whole || server.contains(['@', '?', '#']) || server.chars().any(|c| c.is_control() || c == ' ') {
        return Err(format!("context `{name}` has no usable server address; write server: https://…"));
    }
    if entry.cluster.proxy_url.as_ref().is_some_and(|it| !it.is_empty()) {
        return Err(format!(
            "context `{name}` has a proxy-url, which this build does not support: use a context without one"
        ));
    }
    Ok(())
}

async fn client(entry: &Entry, shown: &Shown) -> Result<Client, String> {
    const ONE: &str = "one";
    let mut cluster = entry.cluster.clone();
    // With any proxy here the environment's own is not looked at; it is taken out again below.
    cluster.proxy_url = Some("http://proxy.invalid".to_owned());
    let config = Kubeconfig {
        clusters: vec![NamedCluster { name: ONE.into(), cluster: Some(cluster), ..NamedCluster::default() }],
        auth_infos: vec![NamedAuthInfo {
            name: ONE.into(),
            auth_info: Some(shown.user.clone()),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: ONE.into(),
            context: Some(Context { cluster: ONE.into(), user: Some(ONE.into()), ..Context::default() }),
            ..NamedContext::default()
        }],
        current_context: Some(ONE.into()),
        ..Kubeconfig::default()
    };
    let unusable = |error: &dyn std::error::Error| {
        format!(
            "context `{}` cannot be used: {}",
            entry.context.escape_default(),
            Untrusted::new(error.to_string()).line()
        )
    };
    let mut config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
        .await
        .map_err(|error| unusable(&error))?;
    config.proxy_url = None;
    config.connect_timeout = Some(CONNECT);
    // Every call has a deadline of its own, and a watch is silent for long.
    config.read_timeout = None;
    // A write is never repeated by machinery below us.
    config.default_retry = false;
    Client::try_from(config).map_err(|error| unusable(&error))
}
