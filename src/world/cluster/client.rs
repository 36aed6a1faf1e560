//! A Kubernetes cluster as everything here asks it.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::base::Untrusted;
use crate::engine::ports::Clock;
use crate::release::ClusterHealth;

use super::access::Access;
use super::answer;
use super::connection::{Connection, Keeper, REMEDY, Want};
use super::deadline::Deadline;
use super::exchange::{self, Answer, Loss, Sent};
use super::kind::{Kind, Object, Objects};
use super::path;
use super::refusal::{Asked, Refusal, Verb, Why};

/// As whom our writes are recorded on an object.
pub const FIELD_MANAGER: &str = "tminus";

/// Bytes of one answer that are read.
const ANSWER: usize = 16 * 1024 * 1024;
/// Objects on one page of a list.
const PAGE: usize = 250;
/// Objects of a list that are read.
const MOST: usize = 10_000;
/// The longest pause for a server that is too busy, whatever it asks for.
const PAUSE: Duration = Duration::from_secs(5);

/// A cluster; clones share its connection, its credentials and its health.
#[derive(Clone)]
pub struct Cluster {
    keeper: Arc<Keeper>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cluster").field(&self.keeper.name()).finish()
    }
}

/// A change to an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// A list of operations (RFC 6902): `test` makes it conditional.
    Json(Vec<Value>),
    /// The changed fields (RFC 7396): `metadata.resourceVersion` makes it conditional.
    Merge(Value),
}

impl Patch {
    /// Whether what it tested was not so. The server says of operations that do not apply only that they do not: no
    /// field, no cause. Either way the object is not as it was read.
    fn is_untrue(&self, refusal: &Refusal) -> bool {
        let Self::Json(operations) = self else { return false };
        let tests = operations.iter().any(|it| it.get("op").and_then(Value::as_str) == Some("test"));
        tests
            && matches!(&refusal.why, Why::Invalid { said, causes } if causes.is_empty() && said.raw() == UNAPPLIED)
    }
}

/// What the API server says of operations that do not apply.
const UNAPPLIED: &str = "the server rejected our request due to an error in our request";

/// Which part of an object is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The object itself.
    Whole,
    /// Its status.
    Status,
    /// Its replica count.
    Scale,
}

/// Whether a write is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is done.
    Real,
    /// The server says what it would do, and does nothing.
    DryRun,
}

impl Effect {
    fn query(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Real => &[("fieldManager", FIELD_MANAGER)],
            Self::DryRun => &[("fieldManager", FIELD_MANAGER), ("dryRun", "All")],
        }
    }
}

/// The replica count of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// How many are wanted.
    pub wanted: u32,
    /// How many there are.
    pub there: u32,
    /// What makes a change conditional on this being read.
    pub version: String,
}

impl Part {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Status => Some("status"),
            Self::Scale => Some("scale"),
        }
    }
}

impl Cluster {
    /// A cluster; nothing is read or connected before the first call.
    pub fn new(access: Access, clock: Arc<dyn Clock>) -> Self {
        Self { keeper: Arc::new(Keeper::new(access, clock)) }
    }

    /// How it is reached and with which credentials, as far as is known.
    pub fn health(&self) -> ClusterHealth {
        self.keeper.health()
    }

    /// Its name in messages: the context.
    pub fn name(&self) -> String {
        self.keeper.name()
    }

    /// The namespace of its context, or `default`.
    ///
    /// # Errors
    /// When there is no such context, or no credentials.
    pub async fn namespace(&self, deadline: Deadline) -> Result<String, Refusal> {
        let connection = self.keeper.get(Want::Any, deadline).await;
        let connection = connection.map_err(|why| self.refusal(None, why))?;
        Ok(connection.namespace.unwrap_or_else(|| "default".to_owned()))
    }

    /// Reads an object.
    ///
    /// # Errors
    /// Why not.
    pub async fn get<T: DeserializeOwned>(&self, object: &Object, deadline: Deadline) -> Result<T, Refusal> {
        self.get_part(object, Part::Whole, deadline).await
    }

    /// Reads a part of an object.
    ///
    /// # Errors
    /// Why not.
    pub async fn get_part<T: DeserializeOwned>(
        &self,
        object: &Object,
        part: Part,
        deadline: Deadline,
    ) -> Result<T, Refusal> {
        let asked = asked(Verb::Get, object, part.word());
        let address =
            path::object(object, part.word(), &[]).map_err(|why| self.refusal(Some(&asked), why))?;
        let answer = self.ask(&asked, &get(address), deadline).await?;
        self.parse(&asked, &answer)
    }

    /// Reads several objects, page by page.
    ///
    /// # Errors
    /// Why not; also when there are too many.
    pub async fn list<T: DeserializeOwned>(
        &self,
        objects: &Objects,
        deadline: Deadline,
    ) -> Result<Vec<T>, Refusal> {
        self.pages(objects, Verb::List, deadline).await.map(|(items, _)| items)
    }

    /// Reads several objects, with the version of the whole list.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        objects: &Objects,
        verb: Verb,
        deadline: Deadline,
    ) -> Result<(Vec<T>, String), Refusal> {
        let asked = asked_all(verb, objects);
        let mut items = Vec::new();
        let mut next = String::new();
        loop {
            let page = PAGE.to_string();
            let mut query = vec![("limit", page.as_str())];
            if !next.is_empty() {
                query.push(("continue", next.as_str()));
            }
            let address = path::objects(objects, &query).map_err(|why| self.refusal(Some(&asked), why))?;
            let answer = self.ask(&asked, &get(address), deadline).await?;
            let page: Page<T> = self.parse(&asked, &answer)?;
            items.extend(page.items);
            if page.metadata.next.is_empty() {
                return Ok((items, page.metadata.resource_version));
            }
            if items.len() >= MOST {
                let text = format!("there are more than {MOST}: ask for fewer by their labels");
                return Err(self.refusal(Some(&asked), Why::Foreign(text.into())));
            }
            next = page.metadata.next;
        }
    }

    /// Changes an object, once, and answers it as it is then.
    ///
    /// # Errors
    /// Why not. [`Refusal::is_unknown`] tells when it may have been done all the same.
    pub async fn patch(
        &self,
        object: &Object,
        part: Part,
        patch: &Patch,
        effect: Effect,
        deadline: Deadline,
    ) -> Result<Value, Refusal> {
        let asked = asked(Verb::Patch, object, part.word());
        let address = path::object(object, part.word(), effect.query())
            .map_err(|why| self.refusal(Some(&asked), why))?;
        let body = match patch {
            Patch::Json(operations) => ("application/json-patch+json", json!(operations).to_string()),
            Patch::Merge(fields) => ("application/merge-patch+json", fields.to_string()),
        };
        let sent =
            Sent { method: Method::PATCH, address, accept: JSON, body: Some((body.0, body.1.into_bytes())) };
        let answer = self.ask(&asked, &sent, deadline).await;
        let answer = answer
            .map_err(|refusal| if patch.is_untrue(&refusal) { refusal.into_conflict() } else { refusal })?;
        self.parse(&asked, &answer)
    }

    /// Makes an object and answers it as it is then.
    ///
    /// # Errors
    /// Why not. [`Refusal::is_unknown`] tells when it may have been made all the same.
    pub async fn create(
        &self,
        object: &Object,
        manifest: &Value,
        effect: Effect,
        deadline: Deadline,
    ) -> Result<Value, Refusal> {
        let asked = asked(Verb::Create, object, None);
        let all = Objects::of(object.kind, &object.namespace);
        let address = path::objects(&all, effect.query()).map_err(|why| self.refusal(Some(&asked), why))?;
        let body = Some((JSON, manifest.to_string().into_bytes()));
        let sent = Sent { method: Method::POST, address, accept: JSON, body };
        let answer = self.ask(&asked, &sent, deadline).await?;
        self.parse(&asked, &answer)
    }

    /// The replica count of a workload.
    ///
    /// # Errors
    /// Why not.
    pub async fn scale(&self, object: &Object, deadline: Deadline) -> Result<Scale, Refusal> {
        let value: Value = self.get_part(object, Part::Scale, deadline).await?;
        Ok(scale(&value))
    }

    /// Sets the replica count of a workload; with a version only if nothing changed since.
    ///
    /// # Errors
    /// Why not. [`Refusal::is_unknown`] tells when it may have been done all the same.
    pub async fn set_scale(
        &self,
        object: &Object,
        replicas: u32,
        version: Option<&str>,
        effect: Effect,
        deadline: Deadline,
    ) -> Result<Scale, Refusal> {
        let mut fields = json!({ "spec": { "replicas": replicas } });
        if let (Some(version), Some(fields)) = (version, fields.as_object_mut()) {
            fields.insert("metadata".to_owned(), json!({ "resourceVersion": version }));
        }
        let value = self.patch(object, Part::Scale, &Patch::Merge(fields), effect, deadline).await?;
        Ok(scale(&value))
    }

    pub(super) fn refusal(&self, asked: Option<&Asked>, why: Why) -> Refusal {
        Refusal { cluster: self.keeper.name(), asked: asked.cloned().map(Box::new), why }
    }

    /// Asks once and answers what came back well. What was certainly not done may be asked again: with fresh
    /// credentials after a 401, after a pause when the server is too busy, and a read whose connection broke.
    pub(super) async fn ask(
        &self,
        asked: &Asked,
        sent: &Sent,
        deadline: Deadline,
    ) -> Result<Answer, Refusal> {
        let mut want = Want::Any;
        let mut again = !asked.verb.is_write();
        loop {
            let connection = match self.keeper.get(want, deadline).await {
                Ok(connection) => connection,
                Err(why) => return Err(self.refusal(Some(asked), why)),
            };
            let Connection { client, header, .. } = &connection;
            let answer = exchange::exchange(client, header.as_ref(), sent, ANSWER, deadline).await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(Loss::Lost(_)) if again && !deadline.left().is_zero() => {
                    again = false;
                    continue;
                }
                Err(loss) => return Err(self.lost(asked, loss)),
            };
            self.keeper.answered();
            if answer.status == 401 && want == Want::Any {
                want = Want::NewerThan(connection.number);
                continue;
            }
            if (200..300).contains(&answer.status) {
                self.keeper.taken(&connection);
                return Ok(answer);
            }
            match answer::why(&answer) {
                Why::Throttled { wait } if wait.min(PAUSE) < deadline.left() => {
                    tokio::time::sleep(wait.min(PAUSE)).await;
                }
                why => return Err(self.refuse(asked, why)),
            }
        }
    }

    /// An answer that is a no.
    pub(super) fn refuse(&self, asked: &Asked, why: Why) -> Refusal {
        let why = match why {
            Why::Credentials(_) => {
                self.keeper.expired();
                Why::Credentials(format!("the cluster does not take the credentials: {REMEDY}"))
            }
            why => why,
        };
        self.refusal(Some(asked), why)
    }

    /// No whole answer.
    pub(super) fn lost(&self, asked: &Asked, loss: Loss) -> Refusal {
        let why = match loss {
            Loss::NotSent(text) => Why::NotSent(text),
            Loss::Lost(text) => Why::Unknown(text.into()),
            Loss::TooLong => Why::Foreign(format!("the answer is larger than {} MiB", ANSWER >> 20).into()),
        };
        let refusal = self.refusal(Some(asked), why);
        self.keeper.failed(refusal.text());
        refusal
    }

    fn parse<T: DeserializeOwned>(&self, asked: &Asked, answer: &Answer) -> Result<T, Refusal> {
        serde_json::from_slice(&answer.body)
            .map_err(|error| self.refusal(Some(asked), Why::Foreign(Untrusted::new(error.to_string()))))
    }

    pub(super) fn keeper(&self) -> &Arc<Keeper> {
        &self.keeper
    }
}

pub(super) const JSON: &str = "application/json";

pub(super) fn get(address: String) -> Sent {
    Sent { method: Method::GET, address, accept: JSON, body: None }
}

fn asked(verb: Verb, object: &Object, part: Option<&str>) -> Asked {
    Asked {
        verb,
        kind: object.kind,
        namespace: object.namespace.clone(),
        name: Some(object.name.clone()),
        part: part.map(str::to_owned),
    }
}

pub(super) fn asked_all(verb: Verb, objects: &Objects) -> Asked {
    Asked {
        verb,
        kind: objects.kind,
        namespace: objects.namespace.clone(),
        name: objects.name.clone(),
        part: None,
    }
}

pub(super) fn asked_part(kind: Kind, namespace: &str, name: &str, part: &str) -> Asked {
    asked(Verb::Get, &Object::new(kind, namespace, name), Some(part))
}

fn scale(value: &Value) -> Scale {
    let count = |at: &str| value.pointer(at).and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
    let version = value.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
    Scale {
        wanted: count("/spec/replicas").unwrap_or(0),
        there: count("/status/replicas").unwrap_or(0),
        version: version.to_owned(),
    }
}

#[derive(serde::Deserialize)]
struct Page<T> {
    #[serde(default = "Vec::new")]
    items: Vec<T>,
    metadata: PageMeta,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageMeta {
    #[serde(default, rename = "continue")]
    next: String,
    #[serde(default)]
    resource_version: String,
}
