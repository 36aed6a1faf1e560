//! A change of traffic that belongs to no release, kept in a stream of its own: `adhoc/ROUTER`.
//!
//! Invariants: the intent is durable before anything is sent, the outcome before anybody is told; whoever intends
//! something on the same router in between takes its place; without an outcome the journal says that nobody knows.

use std::sync::Arc;

use tokio::sync::mpsc;
use uuid::Uuid;

use crate::base::{Actor, Assurance, OperationId, ReleaseId, Timestamp, Untrusted, Via, Weight};
use crate::engine::executor::{Before, Hands, Order, Seen};
use crate::engine::ports::{Clock, Split, World};
use crate::journal::{NewEvent, Store, StoreError};
use crate::plan::{Plan, Rollout};
use crate::release::{Act, Event, Outcome};

/// The namespace of ids of operations without a release.
const OPERATIONS: Uuid = Uuid::from_u128(0x9d1c_6a52_04e7_4f0b_8d3a_7b1f_52c9_e0a6);
/// How many answers may wait.
const HEARD: usize = 8;

/// Where changes without a release are made and kept.
pub struct Adhoc {
    /// The journal.
    pub store: Box<dyn Store>,
    /// Everything outside.
    pub world: World,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who acts.
    pub actor: Actor,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The router, as a rollout of its own without steps; its id is the router's name.
    pub rollout: Rollout,
    /// The canary's share.
    pub weight: Weight,
    /// Why.
    pub reason: Untrusted,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Turned {
    /// The operation, as the object and the journal name it.
    pub operation: OperationId,
    /// How.
    pub outcome: Outcome,
    /// One line for people.
    pub summary: Untrusted,
    /// How traffic is split after it.
    pub split: Split,
}

impl Adhoc {
    /// Gives the canary a share: intends it, does it, reads it back and records how it ended.
    ///
    /// # Errors
    /// The journal did not take the intent, and nothing was sent; or it did not take the outcome.
    pub async fn set_weight(mut self, turn: Turn) -> Result<Turned, StoreError> {
        let Turn { rollout, weight, reason } = turn;
        let stream = ReleaseId::new(format!("adhoc/{}", rollout.id));
        let version = self.version(&stream)?;
        let name = format!("{}\0{stream}\0{version}\0{}", self.store.id(), weight.value());
        let operation = OperationId::new(Uuid::new_v5(&OPERATIONS, name.as_bytes()).to_string());
        // A step that is not the way back: ownership and conflicts count.
        let act = Act::SetWeight { rollout: rollout.id.clone(), step: 1, weight, reason: Some(reason) };
        let epoch = self.store.epoch()?;
        let intent = [Event::OperationIntended { operation: operation.clone(), act: act.clone(), epoch }];
        let intended = self.append(&stream, version, &intent)?;

        let (out, mut seen) = mpsc::channel(HEARD);
        let hands = Hands { world: self.world.clone(), clock: self.clock.clone(), out };
        let mut plan = Plan::blank(stream.as_str(), "");
        plan.rollouts.push(rollout.clone());
        let order = Order { operation: operation.clone(), act, before: Before::Fresh };
        hands.operate(order, Arc::new(plan));
        drop(hands);
        let mut turned = Turned {
            operation: operation.clone(),
            outcome: Outcome::Unknown,
            summary: Untrusted::new("it broke down on the way; look at the router before going on"),
            split: Split::default(),
        };
        let mut restore = Vec::new();
        while let Some(said) = seen.recv().await {
            match said {
                Seen::MaySend { answer, .. } => {
                    let may = self.version(&stream).is_ok_and(|now| now == intended);
                    // The task that asked may have run out of time.
                    let _ = answer.send(may);
                }
                Seen::Operation { end, .. } => {
                    restore = end.restore;
                    turned.outcome = end.outcome;
                    turned.summary = end.summary;
                    turned.split = end.split;
                    break;
                }
                _ => {}
            }
        }
        let (outcome, summary) = (turned.outcome, turned.summary.clone());
        let mut ended = vec![
            Event::OperationEnded { operation, outcome, summary, evidence: None },
            Event::TrafficObserved {
                rollout: rollout.id,
                configured: turned.split.configured,
                observed: turned.split.observed,
            },
        ];
        ended.extend(restore.into_iter().map(|note| Event::Noted { note }));
        let now = self.version(&stream)?;
        self.append(&stream, now, &ended)?;
        Ok(turned)
    }

    fn version(&self, stream: &ReleaseId) -> Result<u64, StoreError> {
        let heads = self.store.streams()?;
        Ok(heads.iter().find(|head| &head.stream == stream).map_or(0, |head| head.version))
    }

    fn append(&mut self, stream: &ReleaseId, expected: u64, events: &[Event]) -> Result<u64, StoreError> {
        let at: Timestamp = self.clock.now();
        let (journal, actor) = (self.store.id(), self.actor.clone());
        let batch: Vec<NewEvent> = (expected..)
            .zip(events)
            .map(|(place, event)| NewEvent {
                id: Uuid::new_v5(&journal, format!("{stream}\0{place}\0adhoc").as_bytes()),
                at,
                actor: actor.clone(),
                assurance: Assurance::L0,
                via: Via::Verb,
                event: event.clone(),
            })
            .collect();
        let recorded = self.store.append(stream, expected, &batch)?;
        Ok(recorded.last().map_or(expected, |last| last.version))
    }
}
