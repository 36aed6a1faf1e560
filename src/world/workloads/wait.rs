//! Following a workload until it is up, and reading back what really runs.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use serde_json::Value;

use crate::base::Untrusted;
use crate::engine::ports::Fault;
use crate::plan::Rollout;
use crate::world::cluster::{Change, Cluster, Deadline, Objects, Pod};

use super::image::CALL;
use super::status::{self, Progress};
use super::target::{self, Target};

/// Follows a workload until it is up, and says how many pods it has.
///
/// # Errors
/// [`Fault::Refused`] when it does not get there, or not in time, with the reason of its worst pod.
pub(super) async fn until_up(
    cluster: &Cluster,
    target: &Target,
    deadline: Deadline,
) -> Result<String, Fault> {
    let mut newest = "nothing was heard of it".to_owned();
    let end = tokio::time::timeout(deadline.left(), follow(cluster, target, &mut newest)).await;
    let why = match end {
        Ok(Ok(text)) => return Ok(text),
        Ok(Err(why)) => why,
        Err(_) => format!("it was not up in time: {newest}"),
    };
    let worst = worst(cluster, target).await.map_or_else(String::new, |text| format!("; {text}"));
    Err(Fault::Refused(target.object.to_string(), format!("{why}{worst}")))
}

async fn follow(cluster: &Cluster, target: &Target, newest: &mut String) -> Result<String, String> {
    let only = Objects::of(target.object.kind, &target.object.namespace).named(&target.object.name);
    let mut changes = cluster.watch::<Value>(only);
    while let Some(change) = changes.next().await {
        let objects = match change {
            Change::Listed(objects) if objects.is_empty() => return Err("it is not there".to_owned()),
            Change::Listed(objects) => objects,
            Change::Applied(object) => vec![object],
            Change::Deleted(_) => return Err("somebody deleted it".to_owned()),
            Change::Lost(refusal) => {
                *newest = refusal.to_string();
                continue;
            }
            Change::Fresh | Change::Back => continue,
        };
        for object in &objects {
            match status::of(target.kind, object) {
                Progress::Up { available, wanted } => {
                    return Ok(format!("{available} of {wanted} pods up"));
                }
                Progress::Failed(why) => return Err(why),
                Progress::Waiting(why) => *newest = why,
            }
        }
    }
    Err("it is not followed any more".to_owned())
}

/// The pod that keeps it most, and why.
async fn worst(cluster: &Cluster, target: &Target) -> Option<String> {
    let pods = cluster.pods(&target.object, Deadline::within(CALL)).await.ok()?;
    let held = |pod: &&Pod| pod.live && !pod.ready;
    let rank = |pod: &Pod| (!matches!(pod.phase.raw(), "Running" | "Pending"), pod.restarts, pod.since);
    let pod = pods.iter().filter(held).max_by_key(|pod| rank(pod))?;
    let word = match pod.phase.raw() {
        "Running" => "runs and is not ready".to_owned(),
        _ => pod.phase.cell(60),
    };
    let restarts = if pod.restarts > 0 { format!(", {} restarts", pod.restarts) } else { String::new() };
    Some(format!(
        "pod {}: {word} ({}{restarts})",
        Untrusted::new(pod.name.as_str()).cell(80),
        pod.image.cell(120)
    ))
}

/// Which digest runs in the pods of an image.
///
/// # Errors
/// [`Fault::Refused`] when several do, or another one than the image says.
pub(super) async fn read_back(
    cluster: &Cluster,
    target: &Target,
    image: &str,
    deadline: Deadline,
) -> Result<String, Fault> {
    let pods = cluster.pods(&target.object, deadline.at_most(CALL)).await?;
    let refused = |why: String| Fault::Refused(target.object.to_string(), why);
    let ours: Vec<&Pod> = pods.iter().filter(|pod| pod.live && pod.image.raw() == image).collect();
    match digests(&ours).as_slice() {
        [] => Ok("its nodes do not tell the digest".to_owned()),
        [one] => match image.split_once('@') {
            Some((_, wanted)) if wanted != *one => {
                Err(refused(format!("{} runs, not {wanted}", Untrusted::new(*one).cell(80))))
            }
            _ => Ok(Untrusted::new(*one).cell(80)),
        },
        several => Err(refused(format!(
            "{} different digests run as {image}: the tag was moved; deploy by digest",
            several.len()
        ))),
    }
}

/// Which digests run, where the plan does not say which image it should be.
pub(super) async fn told(cluster: &Cluster, target: &Target, deadline: Deadline) -> Result<String, Fault> {
    let pods = cluster.pods(&target.object, deadline.at_most(CALL)).await?;
    let ours: Vec<&Pod> = pods.iter().filter(|pod| pod.live).collect();
    let shown: Vec<String> =
        digests(&ours).into_iter().take(3).map(|it| Untrusted::new(it).cell(80)).collect();
    Ok(if shown.is_empty() { "its nodes do not tell the digest".to_owned() } else { shown.join(", ") })
}

/// The digests that run, the most frequent first.
pub(super) fn digests<'a>(pods: &[&'a Pod]) -> Vec<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for digest in pods.iter().filter_map(|pod| pod.digest.as_ref()) {
        *counts.entry(digest.raw()).or_default() += 1;
    }
    let mut all: Vec<(&str, usize)> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    all.into_iter().map(|(digest, _)| digest).collect()
}

/// Nobody deploys it: it has to be there.
pub(super) async fn present(
    cluster: &Cluster,
    rollout: &Rollout,
    deadline: Deadline,
) -> Result<Untrusted, Fault> {
    let Ok(target) = target::deployed(rollout) else {
        return Ok(Untrusted::new("nothing to do: the plan deploys nothing and names no workload"));
    };
    let seen = until_up(cluster, &target, deadline).await?;
    Ok(Untrusted::new(format!("{} is there: {seen}", target.object)))
}
