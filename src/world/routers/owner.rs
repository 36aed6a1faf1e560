//! Who writes the weight of an object beside us, found out before anything is written.
//!
//! Invariants: what could not be looked at is said, and never counts as nobody; a promotion that would be reverted is
//! refused with what would work; traffic that goes back is never refused: the owner brings it back, or is stopped and
//! the way to start it again is told.

use serde_json::Value;

use crate::base::{OperationId, Untrusted};
use crate::engine::ports::Fault;
use crate::release::{GitOpsTool, Owner};
use crate::world::cluster::{Cluster, Deadline, Object};

use super::abort;
use super::gitops::Habit;
pub use super::lookup::find;
use super::suspend::{self, Suspension};

/// What is going to be written.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The object.
    pub object: &'a Object,
    /// The object as it was read.
    pub value: &'a Value,
    /// The fields that are going to be written, as JSON pointers, such as `/spec/http/0/route/0/weight`.
    pub fields: &'a [String],
}

/// Who writes an object beside us.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ownership {
    /// Whose it is, the one that writes most eagerly first.
    pub(super) claims: Vec<Claim>,
    /// What could not be looked at.
    pub(super) unseen: Vec<Untrusted>,
    /// What a person should know beside that.
    pub(super) notes: Vec<Untrusted>,
    /// How those are started again that we stopped before.
    pub(super) stopped: Vec<Untrusted>,
}

/// One controller that writes an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    owner: Owner,
    /// Its own settings, where it can be stopped or sent back; none when they are not in this cluster or may not be read.
    settings: Option<Object>,
    /// What works instead of writing the object.
    help: String,
    /// Where its wish is kept.
    source: Option<String>,
}

/// How the way was made free for traffic to go back.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenWay {
    /// Who writes now.
    pub writer: Writer,
    /// What a person has to undo later.
    pub restore: Vec<Untrusted>,
}

/// Who brings traffic back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Us: write the object.
    Us,
    /// The owner was told to: do not write, read until it is back.
    Owner,
}

impl Ownership {
    /// The one that matters most.
    pub fn owner(&self) -> Owner {
        let reverting = self.claims.iter().find(|claim| claim.owner.reverts());
        match reverting {
            Some(claim) => claim.owner.clone(),
            None if !self.unseen.is_empty() => Owner::Unknown,
            None => self.claims.first().map_or(Owner::Nobody, |claim| claim.owner.clone()),
        }
    }

    /// What a person should know: what could not be looked at, and what happens later.
    pub fn warnings(&self) -> impl Iterator<Item = &Untrusted> {
        self.unseen.iter().chain(&self.notes)
    }

    /// Why a promotion by writing the object is refused; none when it would stay.
    pub fn refusal(&self, object: &Object) -> Option<Fault> {
        let claim = self.claims.iter().find(|claim| claim.owner.reverts())?;
        Some(Fault::Owned {
            what: object.to_string(),
            owner: claim.owner.title().unwrap_or_default(),
            help: claim.help.clone(),
        })
    }

    /// Makes the way free for traffic to go back: an Argo Rollout is aborted, everybody else who would revert it is
    /// stopped. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the one that must bring traffic back could not be told to. One that could not be stopped is no error:
    /// the traffic is written all the same, and what it may do is told.
    pub async fn give_way(
        &self,
        cluster: &Cluster,
        object: &Object,
        operation: &OperationId,
        deadline: Deadline,
    ) -> Result<GivenWay, Fault> {
        let mut writer = Writer::Us;
        for claim in &self.claims {
            if let (Owner::Rollout { .. }, Some(rollout)) = (&claim.owner, &claim.settings) {
                abort::abort(cluster, rollout, operation, deadline).await?;
                writer = Writer::Owner;
            }
        }
        Ok(GivenWay { writer, restore: self.stop(cluster, object, operation, deadline).await })
    }

    /// Stops everybody who would write the object again, but for Argo Rollouts, and says what a person has to undo
    /// later. Doing it again changes nothing.
    pub async fn stop(
        &self,
        cluster: &Cluster,
        object: &Object,
        operation: &OperationId,
        deadline: Deadline,
    ) -> Vec<Untrusted> {
        let mut restore = self.stopped.clone();
        let others = self.claims.iter().filter(|claim| !matches!(claim.owner, Owner::Rollout { .. }));
        for claim in others {
            if claim.owner.reverts() {
                let stopped = match &claim.settings {
                    Some(settings) => {
                        let suspension = Suspension { settings, operation };
                        suspend::suspend(cluster, suspension, deadline).await.map_err(|it| it.to_string())
                    }
                    None => Err("its settings are not to be read here".to_owned()),
                };
                restore.extend(stopped.unwrap_or_else(|why| Some(claim.goes_on(object, &why))));
            }
            restore.push(claim.commit(object));
        }
        restore
    }
}

impl Claim {
    fn goes_on(&self, object: &Object, why: &str) -> Untrusted {
        let title = self.owner.title().unwrap_or_default();
        Untrusted::new(format!(
            "{title} could not be stopped ({why}) and may write {object} again: {}",
            self.help
        ))
    }

    fn commit(&self, object: &Object) -> Untrusted {
        let title = self.owner.title().unwrap_or_default();
        Untrusted::new(match (&self.owner, &self.source) {
            (Owner::Flagger { .. }, _) => format!("see that {title} agrees with what {object} says now"),
            (_, Some(source)) => {
                format!("revert the commit in {source}: {title} still wants the old {object}")
            }
            (_, None) => format!("revert the commit that {title} follows: it still wants the old {object}"),
        })
    }

    pub(super) fn rollout(rollout: Object) -> Self {
        let Object { namespace, name, .. } = &rollout;
        Self {
            owner: Owner::Rollout { name: format!("{namespace}/{name}") },
            help: format!(
                "promote it: kubectl argo rollouts promote {name} -n {namespace}, or name rollout:{namespace}/{name} \
                 as the router"
            ),
            settings: Some(rollout),
            source: None,
        }
    }

    pub(super) fn canary(canary: Object) -> Self {
        let Object { namespace, name, .. } = &canary;
        Self {
            owner: Owner::Flagger { name: format!("{namespace}/{name}") },
            help: format!(
                "let its analysis go on, or stop it: kubectl patch canary {name} -n {namespace} --type merge \
                 -p '{{\"spec\":{{\"suspend\":true}}}}'"
            ),
            settings: Some(canary),
            source: None,
        }
    }

    pub(super) fn argocd(name: String, settings: Option<Object>, habit: Habit) -> Self {
        let source = habit.source.as_deref().unwrap_or("its repository");
        Self {
            help: format!(
                "commit the weight to {}, or stop it first: argocd app set {name} --sync-policy none",
                Untrusted::new(source).cell(200)
            ),
            owner: Owner::GitOps { tool: GitOpsTool::Argocd, name, automatic: habit.automatic },
            settings,
            source: habit.source.map(|it| Untrusted::new(it).cell(200)),
        }
    }

    pub(super) fn flux(object: Object, settings: Option<Object>, habit: Habit) -> Self {
        let Object { namespace, name, .. } = &object;
        let kind = object.kind.to_string();
        let source = habit.source.as_deref().unwrap_or("its repository");
        Self {
            help: format!(
                "commit the weight to {}, or stop it first: flux suspend {kind} {name} -n {namespace}",
                Untrusted::new(source).cell(200)
            ),
            owner: Owner::GitOps {
                tool: GitOpsTool::Flux,
                name: format!("{namespace}/{name}"),
                automatic: habit.automatic,
            },
            settings,
            source: habit.source.map(|it| Untrusted::new(it).cell(200)),
        }
    }
}
