//! Two Deployments behind one Service: the share is that of their ready pods.
//!
//! Invariants: the side that grows does so first, and the other gives up pods only as far as those are ready, so that
//! there are never fewer than a rolling update leaves; traffic is as near to a weight as whole pods come. It takes
//! several writes, one for the mark and one for each Deployment: doing it again after any of them goes on from
//! there, since the total is kept with the mark.

use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::adapter::{Adapter, OPERATION, refused, unsupported};
use super::managed;
use super::object::trimmed;
use super::owner::{Ownership, Subject, Writer};
use super::owners::Owners;
use super::patch::{Draft, address};
use crate::base::{ObjectName, OperationId, Untrusted, Weight};
use crate::engine::ports::{Change, Fault, Preview, Split, Stamp, Way, Written};
use crate::plan::SideNames;
use crate::world::cluster::{Cluster, Deadline, Effect, Kind, Object, Objects, Part, Patch};

/// The annotation that says how many pods both sides had when the operation of [`OPERATION`] began.
const REPLICAS: &str = "tminus.dev/replicas";
/// How long a write waits for pods: a little less than who asks for it waits.
const PATIENCE: Duration = Duration::from_millis(8_500);
/// The pause between two looks at them.
const PAUSE: Duration = Duration::from_millis(250);
/// Which fields say how many pods there are.
const FIELDS: &[&[&str]] = &[&["f:spec", "f:replicas"]];

/// Two Deployments that share the traffic.
pub(super) struct Pair<'a> {
    cluster: &'a Cluster,
    owners: &'a Owners,
    title: String,
    stable: Object,
    canary: Object,
    /// How many pods there are in all, where the plan says.
    replicas: Option<u32>,
}

/// One Deployment as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    value: Value,
    /// How many pods are wanted.
    wanted: u32,
    /// How many are ready; none while its controller has not caught up with what is wanted.
    ready: Option<u32>,
}

/// Both Deployments as they were read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Both {
    stable: Seen,
    canary: Seen,
}

/// The adapter of two Deployments of one namespace.
pub(super) fn adapter<'a>(
    cluster: &'a Cluster,
    owners: &'a Owners,
    object: &ObjectName,
    sides: &SideNames,
    replicas: Option<u32>,
) -> Pair<'a> {
    let one = |name: &str| Object::new(Kind::DEPLOYMENT, &object.namespace, name);
    let title = format!("deployment {object}");
    Pair { cluster, owners, title, stable: one(&sides.stable), canary: one(&sides.canary), replicas }
}

impl Seen {
    /// Reads a Deployment.
    pub(super) fn of(value: &Value) -> Self {
        let number = |at: &str| value.pointer(at).and_then(Value::as_u64);
        let count = |at: &str| number(at).map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let current = number("/status/observedGeneration") >= number("/metadata/generation");
        Self {
            value: trimmed(value),
            // What the API server takes a missing count for.
            wanted: count("/spec/replicas").unwrap_or(1),
            ready: current.then(|| count("/status/readyReplicas").unwrap_or(0)),
        }
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.value.pointer("/metadata/annotations")?.get(key)?.as_str()
    }

    fn version(&self) -> Option<&str> {
        self.value.pointer("/metadata/resourceVersion").and_then(Value::as_str)
    }
}

impl Both {
    fn share(&self) -> Option<Weight> {
        Weight::of_parts(self.stable.ready?, self.canary.ready?)
    }

    fn sum(&self) -> u32 {
        self.stable.wanted.saturating_add(self.canary.wanted)
    }

    /// How many pods there were when the newest operation began.
    fn kept(&self) -> Option<u32> {
        self.stable.annotation(REPLICAS)?.parse().ok()
    }

    /// How many pods the operation has to give out.
    fn total(&self, given: Option<u32>, operation: &OperationId) -> u32 {
        let ours = self.stable.annotation(OPERATION) == Some(operation.as_str());
        given.or(self.kept().filter(|_| ours)).unwrap_or(self.sum())
    }

    fn notes(&self) -> Vec<Untrusted> {
        let one = |side: &str, seen: &Seen| match seen.ready {
            Some(ready) if ready == seen.wanted => None,
            Some(ready) => Some(Untrusted::new(format!("{side}: {ready} of {} pods are ready", seen.wanted))),
            None => Some(Untrusted::new(format!("{side}: its controller has not caught up"))),
        };
        [one("stable", &self.stable), one("canary", &self.canary)].into_iter().flatten().collect()
    }
}

/// How few pods a side may have while the other has so many ready ones of those it is to have: as a rolling update
/// does, a quarter may be missing on the way.
pub(super) fn allowed(wanted: u32, other_ready: u32, other_wanted: u32, total: u32) -> u32 {
    if other_ready >= other_wanted {
        return wanted;
    }
    let missing = total / 4;
    total.saturating_sub(other_ready).saturating_sub(missing).max(wanted)
}

impl Pair<'_> {
    async fn get(&self, deadline: Deadline) -> Result<(Both, Option<Untrusted>), Fault> {
        let (stable, canary) = futures::join!(
            self.cluster.get::<Value>(&self.stable, deadline),
            self.cluster.get::<Value>(&self.canary, deadline)
        );
        let (stable, canary) = (stable?, canary?);
        let by = managed::by(&canary, FIELDS).or_else(|| managed::by(&stable, FIELDS));
        Ok((Both { stable: Seen::of(&stable), canary: Seen::of(&canary) }, by))
    }

    async fn one(&self, object: &Object, deadline: Deadline) -> Result<Seen, Fault> {
        Ok(Seen::of(&self.cluster.get::<Value>(object, deadline).await?))
    }

    /// Who owns each of the two.
    async fn owned(&self, both: &Both, way: Way, deadline: Deadline) -> [(&Object, Ownership); 2] {
        let fields = ["/spec/replicas".to_owned()];
        let subject = |object, seen: &'_ Seen| (object, seen.value.clone());
        let (stable, canary) = (subject(&self.stable, &both.stable), subject(&self.canary, &both.canary));
        let find = async |(object, value): (&Object, Value)| {
            let subject = Subject { object, value: &value, fields: &fields };
            match way {
                Way::Forward => self.owners.now(self.cluster, subject, deadline).await,
                Way::Back => self.owners.recent(self.cluster, subject, deadline).await,
            }
        };
        let (of_stable, of_canary) = futures::join!(find(stable), find(canary));
        [(&self.stable, of_stable), (&self.canary, of_canary)]
    }

    fn draft(&self, both: &Both, total: u32, operation: &OperationId) -> Draft {
        let mut draft = Draft::of(&both.stable.value);
        draft.mark(
            &both.stable.value,
            &[(OPERATION, operation.as_str()), (REPLICAS, total.to_string().as_str())],
        );
        draft
    }

    /// Marks the stable side: it fails when somebody has changed that since it was read.
    async fn mark(
        &self,
        both: &Both,
        total: u32,
        operation: &OperationId,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let ours = both.stable.annotation(OPERATION) == Some(operation.as_str());
        if ours && both.kept() == Some(total) {
            return Ok(());
        }
        let patch = Patch::Json(self.draft(both, total, operation).operations().to_vec());
        let done = self.cluster.patch(&self.stable, Part::Whole, &patch, Effect::Real, deadline).await;
        done.map(|_| ()).map_err(|refusal| refused(&self.stable, refusal))
    }

    async fn scale(
        &self,
        object: &Object,
        to: u32,
        version: Option<&str>,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let done = self.cluster.set_scale(object, to, version, Effect::Real, deadline).await;
        done.map(|_| ()).map_err(|refusal| refused(object, refusal))
    }

    /// Gives each side its pods, the growing one first.
    async fn give(
        &self,
        both: &Both,
        (stable, canary): (u32, u32),
        way: Way,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let sides = [
            (&self.stable, &both.stable, stable, &self.canary, canary),
            (&self.canary, &both.canary, canary, &self.stable, stable),
        ];
        for (object, seen, to, _, _) in sides {
            if to > seen.wanted {
                // Back, nothing somebody else did to it is worth waiting for.
                let version = seen.version().filter(|_| way == Way::Forward && object == &self.canary);
                self.scale(object, to, version, deadline).await?;
            }
        }
        for (object, seen, to, other, other_to) in sides {
            if to < seen.wanted {
                self.shrink((object, seen.wanted, to), (other, other_to), way, deadline).await?;
            }
        }
        Ok(())
    }

    /// Takes pods away from one side as those of the other become ready.
    async fn shrink(
        &self,
        (object, mut now, to): (&Object, u32, u32),
        (other, other_to): (&Object, u32),
        way: Way,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let total = to.saturating_add(other_to);
        loop {
            let seen = self.one(other, deadline).await?;
            let ready = seen.ready.unwrap_or(0);
            // On the way forward the last pod goes only when all of the other side are there; on the way back one of
            // the old version must be.
            let last = match way {
                Way::Forward => ready < other_to,
                Way::Back => ready == 0 && other_to > 0,
            };
            let fewest = allowed(to, ready, other_to, total).max(u32::from(last));
            if fewest < now {
                self.scale(object, fewest, None, deadline).await?;
                now = fewest;
            }
            if now <= to {
                return Ok(());
            }
            if deadline.left() < PAUSE * 4 {
                let text = format!(
                    "{ready} of {other_to} pods are ready, so {} keeps {now} for now; it goes on from there",
                    object.name
                );
                return Err(Fault::Refused(other.to_string(), text));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn parts(&self, total: u32, weight: Weight, way: Way) -> Result<(u32, u32), Fault> {
        match (total, way) {
            (0, Way::Forward) => Err(unsupported(
                &self.title,
                "both Deployments have no pods, so there is nothing to split: write `replicas = 10`, or scale stable up",
            )),
            (0, Way::Back) => Ok(weight.parts(1)),
            (total, _) => Ok(weight.parts(total)),
        }
    }
}

impl Adapter for Pair<'_> {
    fn read(&self) -> BoxFuture<'_, Result<Split, Fault>> {
        Box::pin(async move {
            let deadline = Deadline::usual();
            let (both, by) = self.get(deadline).await?;
            let owned = self.owned(&both, Way::Back, deadline).await;
            let owners = owned.iter().map(|(_, ownership)| ownership.owner());
            let mut notes = both.notes();
            notes.extend(owned.iter().flat_map(|(_, ownership)| ownership.warnings().cloned()));
            notes.sort_unstable();
            notes.dedup();
            let owner = owners.reduce(|one, other| if one.reverts() { one } else { other });
            Ok(Split {
                configured: both.share(),
                whole: Some(self.replicas.or(both.kept()).unwrap_or(both.sum())),
                owner: owner.unwrap_or_default(),
                by,
                notes,
                stamp: serde_json::to_string(&both).ok().map(Stamp),
                ..Split::default()
            })
        })
    }

    fn write<'a>(&'a self, change: Change<'a>) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move {
            let deadline = Deadline::within(PATIENCE);
            let stamp = change.read.and_then(|split| split.stamp.as_ref());
            let both = match stamp.and_then(|stamp| serde_json::from_str(&stamp.0).ok()) {
                Some(both) => both,
                None => self.get(deadline).await?.0,
            };
            let total = both.total(self.replicas, change.operation);
            let parts = self.parts(total, change.weight, change.way)?;
            let mut written = Written::default();
            for (object, ownership) in self.owned(&both, change.way, deadline).await {
                match (change.way, ownership.refusal(object)) {
                    (Way::Forward, Some(fault)) => return Err(fault),
                    (Way::Forward, None) => {}
                    (Way::Back, _) => {
                        let given =
                            ownership.give_way(self.cluster, object, change.operation, deadline).await?;
                        written.restore.extend(given.restore);
                        if given.writer == Writer::Owner {
                            return Ok(written);
                        }
                    }
                }
            }
            let marked = self.mark(&both, total, change.operation, deadline).await;
            match (marked, change.way) {
                // Traffic goes back without a mark where we may scale and not mark.
                (Ok(()), _) | (Err(Fault::Refused(..) | Fault::Forbidden(..)), Way::Back) => {}
                (Err(fault), _) => return Err(fault),
            }
            self.give(&both, parts, change.way, deadline).await?;
            Ok(written)
        })
    }

    fn preview(&self, weight: Weight) -> BoxFuture<'_, Result<Preview, Fault>> {
        Box::pin(async move {
            let deadline = Deadline::usual();
            let way = if weight == Weight::ZERO { Way::Back } else { Way::Forward };
            let (both, _) = self.get(deadline).await?;
            let total = self.replicas.unwrap_or(both.sum());
            let (stable, canary) = self.parts(total, weight, way)?;
            let mut steps =
                vec![(&self.stable, both.stable.wanted, stable), (&self.canary, both.canary.wanted, canary)];
            // The growing side first.
            steps.sort_by_key(|(_, now, to)| to <= now);
            let mut text = self.draft(&both, total, &OperationId::new("preview")).shown(&self.stable);
            for (object, now, to) in steps.iter().filter(|(_, now, to)| now != to) {
                let body = json!({ "spec": { "replicas": to } });
                text.push_str(&format!(
                    "\nPATCH {}/scale\nContent-Type: application/merge-patch+json\n{body}\n- {}: {now} → {to} pods",
                    address(object),
                    object.name
                ));
            }
            let mut warnings = both.notes();
            if let Some(share) = Weight::of_parts(stable, canary).filter(|share| !share.is_near(weight)) {
                let text = format!("{total} pods come no nearer to {weight} than {share}");
                warnings.push(text.into());
            }
            let mut answer: Result<Untrusted, Untrusted> =
                Ok(format!("stable {stable} pods, canary {canary}").into());
            for (object, ownership) in self.owned(&both, Way::Back, deadline).await {
                warnings.extend(ownership.warnings().cloned());
                match ownership.refusal(object) {
                    Some(owned) if way == Way::Forward => answer = Err(owned.to_string().into()),
                    Some(owned) => warnings.push(owned.to_string().into()),
                    None => {}
                }
            }
            warnings.sort_unstable();
            warnings.dedup();
            for (object, _, to) in steps {
                let asked = self.cluster.set_scale(object, to, None, Effect::DryRun, deadline).await;
                if let Err(refusal) = asked {
                    answer = Err(refused(object, refusal).to_string().into());
                }
            }
            Ok(Preview { patch: text.into(), answer: Some(answer), warnings })
        })
    }

    fn watched(&self) -> Vec<Objects> {
        let one = |object: &Object| Objects::of(Kind::DEPLOYMENT, &object.namespace).named(&object.name);
        vec![one(&self.stable), one(&self.canary)]
    }
}
