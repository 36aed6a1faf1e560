//! How ready the last known good is for traffic to come back.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use serde_json::Value;
use tokio::time::Instant;

use crate::analysis::Verdict;
use crate::base::Untrusted;
use crate::engine::ports::Fault;
use crate::plan::{Rollout, WorkloadKind};
use crate::release::{Credentials, Owner, PodSide, Readiness, Ready};
use crate::world::cluster::{Cluster, Deadline, Pod};
use crate::world::http::{Http, Limits};
use crate::world::routers::owner::{self, Subject};

use super::pods::{self, Seen};
use super::target::{Sides, Target};
use super::wait::digests;

/// How long what a registry said stands.
const STANDS: Duration = Duration::from_secs(60);
/// How long a registry may take.
const REGISTRY: Limits = Limits { time: Duration::from_secs(4), body: 4096 };
/// What a registry is asked for.
const KINDS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                     application/vnd.docker.distribution.manifest.list.v2+json, \
                     application/vnd.docker.distribution.manifest.v2+json";

/// What registries said lately.
pub(super) struct Registry {
    http: Option<Http>,
    said: Mutex<BTreeMap<String, (Instant, Verdict, String)>>,
}

/// Looks at what a rollback would go to.
pub(super) async fn look(
    cluster: &Cluster,
    registry: &Registry,
    rollout: &Rollout,
) -> Result<Readiness, Fault> {
    let deadline = Deadline::usual();
    let sides = Sides::of(rollout)?;
    let target = match &sides {
        Sides::Apart { stable, .. } => stable,
        Sides::Together(target) => target,
    };
    let object: Value = cluster.get(&target.object, deadline).await?;
    let seen = pods::of(cluster, rollout, deadline).await?;
    let stable: Vec<&Pod> =
        seen.iter().filter(|it| it.side == PodSide::Stable && it.pod.live).map(|it| &it.pod).collect();
    let ready = stable.iter().filter(|pod| pod.ready).count();
    let of = wanted(&sides, &object, &seen, stable.len());
    let image = common(&stable);
    let running = digests(&stable);
    let digest = running.first().map(|it| (*it).to_owned());
    let mut needs =
        vec![credentials(cluster), pullable(registry, image.as_deref(), digest.as_deref(), &stable).await];
    needs.push(owner(cluster, target, &object, deadline).await);
    if running.len() > 1 {
        let said = format!("{} different digests run", running.len());
        needs.push(need("one version", Verdict::Fail, said));
    }
    let version = image.as_deref().and_then(version).or_else(|| digest.clone()).unwrap_or_default();
    Ok(Readiness { version, digest, needs, ready: count(ready), of })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// How many pods of it there should be: what its workload wants, less what the new version took of one they share.
fn wanted(sides: &Sides, object: &Value, seen: &[Seen], stable: usize) -> u32 {
    let scheduled = object.pointer("/status/desiredNumberScheduled");
    let wanted = object.pointer("/spec/replicas").or(scheduled).and_then(Value::as_u64);
    let wanted = u32::try_from(wanted.unwrap_or(1)).unwrap_or(u32::MAX);
    let beside = seen.iter().any(|it| it.side == PodSide::Canary && it.pod.live);
    match sides {
        Sides::Together(_) if beside => count(stable),
        Sides::Apart { .. } | Sides::Together(_) => wanted,
    }
}

/// The image most of them have.
fn common(pods: &[&Pod]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in pods {
        *counts.entry(pod.image.raw()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(image, _)| image.to_owned())
}

/// The tag of an image.
fn version(image: &str) -> Option<String> {
    let name = image.split('@').next()?.rsplit('/').next()?;
    let (_, tag) = name.split_once(':')?;
    Some(Untrusted::new(tag).cell(40))
}

fn need(what: &str, verdict: Verdict, said: impl Into<String>) -> Ready {
    Ready { what: what.to_owned(), verdict, said: Untrusted::new(said) }
}

fn credentials(cluster: &Cluster) -> Ready {
    let one = |verdict, said: String| need("credentials", verdict, said);
    match cluster.health().credentials {
        Credentials::Good { until: Some(until) } => one(Verdict::Pass, format!("good until {until}")),
        Credentials::Good { until: None } => one(Verdict::Pass, "the cluster takes them".to_owned()),
        Credentials::Unasked => one(Verdict::NoData, "not asked for yet".to_owned()),
        Credentials::Expired { remedy, .. } => one(Verdict::Fail, format!("expired: {}", remedy.raw())),
        Credentials::Failed { why, .. } => one(Verdict::Fail, why.raw().to_owned()),
    }
}

/// Who would stand in the way, and that a rollback gets past it.
async fn owner(cluster: &Cluster, target: &Target, object: &Value, deadline: Deadline) -> Ready {
    let one = |verdict, said: String| need("owner", verdict, said);
    if target.kind == WorkloadKind::Deployment
        && object.pointer("/spec/paused").and_then(Value::as_bool) == Some(true)
    {
        return one(Verdict::Fail, "the deployment is paused: kubectl rollout resume".to_owned());
    }
    let fields = ["/spec/template".to_owned(), "/spec/replicas".to_owned()];
    let subject = Subject { object: &target.object, value: object, fields: &fields };
    let found = owner::find(cluster, subject, deadline).await;
    let whose = found.owner();
    let title = whose.title().unwrap_or_default();
    match &whose {
        Owner::Unknown => {
            let why = found.warnings().next().map_or_else(String::new, |text| format!(": {}", text.line()));
            one(Verdict::NoData, format!("who else writes it could not be found out{why}"))
        }
        Owner::Nobody => one(Verdict::Pass, "nobody else writes it".to_owned()),
        _ if whose.reverts() => one(Verdict::Pass, format!("{title} is stopped or told by the rollback")),
        _ => one(Verdict::Pass, format!("{title} does not write it by itself")),
    }
}

async fn pullable(registry: &Registry, image: Option<&str>, digest: Option<&str>, stable: &[&Pod]) -> Ready {
    let one = |verdict, said: String| need("image pullable", verdict, said);
    let Some(image) = image else { return one(Verdict::NoData, "none of its pods is there".to_owned()) };
    let nodes: std::collections::BTreeSet<&str> = stable
        .iter()
        .filter(|pod| pod.ready)
        .filter_map(|pod| pod.node.as_ref().map(Untrusted::raw))
        .collect();
    let (verdict, said) = registry.has(image, digest).await;
    match verdict {
        Verdict::Pass | Verdict::Fail => one(verdict, said),
        _ if !nodes.is_empty() => one(Verdict::Pass, format!("{} nodes have it; {said}", nodes.len())),
        _ => one(Verdict::NoData, said),
    }
}

impl Registry {
    pub(super) fn new(http: Option<Http>) -> Self {
        Self { http, said: Mutex::default() }
    }

    /// Whether the registry still has an image, as it said within the last minute.
    async fn has(&self, image: &str, digest: Option<&str>) -> (Verdict, String) {
        let key = format!("{image} {}", digest.unwrap_or_default());
        let known = self.said.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((at, verdict, said)) = known
            && at.elapsed() < STANDS
        {
            return (verdict, said);
        }
        let (verdict, said) = self.ask(image, digest).await;
        let mut all = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (at, _, _)| at.elapsed() < STANDS);
        all.insert(key, (Instant::now(), verdict, said.clone()));
        (verdict, said)
    }

    async fn ask(&self, image: &str, digest: Option<&str>) -> (Verdict, String) {
        let unread = |why: &str| (Verdict::NoData, format!("the registry was not asked: {why}"));
        let Some(http) = &self.http else { return unread("the plan is not trusted here") };
        let Some(place) = Place::parse(image, digest) else {
            return unread("the image names no registry host");
        };
        let Ok(url) = Url::parse(&place.address()) else { return unread("its address is none") };
        match http.get_as(url, KINDS, REGISTRY).await {
            Ok(answer) => match answer.status {
                200..300 => (Verdict::Pass, format!("{} has it", place.host)),
                404 => (Verdict::Fail, format!("{} does not have it any more", place.host)),
                401 | 403 => (Verdict::NoData, format!("{} wants credentials we do not have", place.host)),
                status => (Verdict::NoData, format!("{} answered {status}", place.host)),
            },
            Err(fault) => (Verdict::NoData, fault.to_string()),
        }
    }
}

/// Where an image lies.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    scheme: &'static str,
    host: String,
    name: String,
    /// A digest or a tag.
    reference: String,
}

impl Place {
    /// Reads an image; none when it has no host of its own, for what is asked then depends on each node.
    fn parse(image: &str, digest: Option<&str>) -> Option<Self> {
        let (bare, own) = image.split_once('@').map_or((image, None), |(bare, own)| (bare, Some(own)));
        let (host, rest) = bare.split_once('/')?;
        if !(host.contains(['.', ':']) || host == "localhost") {
            return None;
        }
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let fine = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_/:".contains(c));
        let reference = own.or(digest).or(tag).unwrap_or("latest");
        if !fine(name) || !fine(reference) || name.split('/').any(|part| part.is_empty() || part == "..") {
            return None;
        }
        let bare_host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        let near = matches!(bare_host, "localhost" | "127.0.0.1");
        let scheme = if near { "http" } else { "https" };
        let host = if host == "docker.io" { "registry-1.docker.io" } else { host };
        Some(Self { scheme, host: host.to_owned(), name: name.to_owned(), reference: reference.to_owned() })
    }

    fn address(&self) -> String {
        format!("{}://{}/v2/{}/manifests/{}", self.scheme, self.host, self.name, self.reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_says_where_it_lies() {
        let at = |image: &str, digest: Option<&str>| Place::parse(image, digest).map(|it| it.address());
        assert_eq!(
            at("registry.example.com/shop/web:3.1.4", Some("sha256:ab")).as_deref(),
            Some("https://registry.example.com/v2/shop/web/manifests/sha256:ab")
        );
        assert_eq!(
            at("localhost:5000/web:3", None).as_deref(),
            Some("http://localhost:5000/v2/web/manifests/3")
        );
        assert_eq!(
            at("registry.example.com/web@sha256:cd", Some("sha256:ab")).as_deref(),
            Some("https://registry.example.com/v2/web/manifests/sha256:cd")
        );
        for bare in ["web:3", "library/web", "registry.example.com/../x:1", "registry.example.com/a b:1"] {
            assert_eq!(at(bare, None), None, "{bare}");
        }
    }

    #[test]
    fn the_version_is_the_tag() {
        assert_eq!(version("registry.example.com:5000/web:3.1.4").as_deref(), Some("3.1.4"));
        assert_eq!(version("web:3.1.4@sha256:ab").as_deref(), Some("3.1.4"));
        assert_eq!(version("registry.example.com:5000/web@sha256:ab"), None);
    }
}
