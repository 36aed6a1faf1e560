//! What the containers of a pod wrote.

use crate::base::Untrusted;

use super::client::{Cluster, asked_part, get};
use super::deadline::Deadline;
use super::exchange::{self, Cut};
use super::kind::{Kind, Object};
use super::path;
use super::refusal::Refusal;

/// How much of a log is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The container; the pod's only or default one when none is named.
    pub container: Option<String>,
    /// The newest lines.
    pub lines: u32,
    /// Bytes at most.
    pub bytes: u32,
    /// Which life of the container.
    pub life: Life,
}

/// A container's lives are told apart by its restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Life {
    /// The one it has.
    #[default]
    Now,
    /// The one before its last restart.
    Before,
}

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// What was written.
    pub text: Untrusted,
    /// True when there was more than was wanted.
    pub cut: bool,
}

impl Cluster {
    /// The end of a pod's log.
    ///
    /// # Errors
    /// Why not.
    pub async fn log(
        &self,
        namespace: &str,
        pod: &str,
        tail: &Tail,
        deadline: Deadline,
    ) -> Result<Log, Refusal> {
        let asked = asked_part(Kind::POD, namespace, pod, "log");
        let (lines, bytes) = (tail.lines.to_string(), tail.bytes.to_string());
        let mut query = vec![("tailLines", lines.as_str()), ("limitBytes", bytes.as_str())];
        query.extend(tail.container.as_deref().map(|it| ("container", it)));
        if tail.life == Life::Before {
            query.push(("previous", "true"));
        }
        let address = path::object(&Object::new(Kind::POD, namespace, pod), Some("log"), &query);
        let address = address.map_err(|why| self.refusal(Some(&asked), why))?;
        let mut sent = get(address);
        sent.accept = "*/*";
        let body = self.follow(&asked, &sent, deadline).await?;
        let read = exchange::read(body, tail.bytes as usize, deadline).await;
        let (bytes, cut) = read.map_err(|loss| self.lost(&asked, loss))?;
        let cut = cut == Cut::Short || bytes.len() >= tail.bytes as usize;
        Ok(Log { text: String::from_utf8_lossy(&bytes).into_owned().into(), cut })
    }
}
