//! Feature flags of a plan: kept by services that are asked over HTTP, or in JSON files.
//!
//! Invariants: a write goes out once and is never repeated here; it is bound to what was read where the other side
//! can hold it to that; a token is read from the environment when it is needed and shown nowhere.

mod api;
mod edit;
mod file;
mod seen;

use std::path::PathBuf;

use futures::future::BoxFuture;

use crate::base::{OperationId, Untrusted, Weight};
use crate::engine::ports::{Fault, FlagChange, FlagReading, Flags, Preview};
use crate::plan::{Flag, FlagStore};
use crate::world::http::Http;

use api::Api;
pub use api::Tokens;
use file::{Kept, Turn};

/// Turns the features of a plan on and off. Who makes one has made sure that the plan is trusted.
#[derive(Clone, Debug)]
pub struct RealFlags {
    folder: PathBuf,
    http: Http,
    tokens: Tokens,
}

/// Where a flag is kept.
enum Place<'a> {
    /// At a service.
    Service(Api<'a>),
    /// In a file.
    File(Box<Kept>),
}

impl RealFlags {
    /// The flags of a plan whose folder this is.
    pub fn new(folder: PathBuf, http: Http, tokens: Tokens) -> Self {
        Self { folder, http, tokens }
    }

    fn place<'a>(&'a self, flag: &'a Flag) -> Place<'a> {
        match &flag.kept {
            FlagStore::Http(api) => Place::Service(Api { http: &self.http, tokens: &self.tokens, flag, api }),
            FlagStore::File { path, pointer } => Place::File(Box::new(Kept {
                id: flag.id.clone(),
                folder: self.folder.clone(),
                path: path.clone(),
                pointer: pointer.clone(),
                at: flag.at.clone(),
            })),
        }
    }
}

impl Flags for RealFlags {
    fn read<'a>(&'a self, flag: &'a Flag) -> BoxFuture<'a, Result<FlagReading, Fault>> {
        Box::pin(async move {
            match self.place(flag) {
                Place::Service(api) => api.read().await,
                Place::File(kept) => aside(move || kept.read()).await,
            }
        })
    }

    fn set<'a>(&'a self, flag: &'a Flag, change: FlagChange<'a>) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let stamp = change.read.and_then(|read| read.stamp.clone());
            match self.place(flag) {
                Place::Service(api) => api.set(change.percent, stamp).await,
                Place::File(kept) => {
                    let (turn, operation) = (Turn::To(change.percent), change.operation.clone());
                    aside(move || kept.write(turn, stamp.as_ref(), &operation)).await.map(drop)
                }
            }
        })
    }

    fn kill<'a>(&'a self, flag: &'a Flag, operation: &'a OperationId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            match self.place(flag) {
                Place::Service(api) => api.kill().await,
                Place::File(kept) => {
                    let operation = operation.clone();
                    aside(move || kept.write(Turn::Kill, None, &operation)).await.map(drop)
                }
            }
        })
    }

    fn clear<'a>(
        &'a self,
        flag: &'a Flag,
        operation: &'a OperationId,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            match self.place(flag) {
                Place::Service(api) => api.clear().await,
                Place::File(kept) => {
                    let operation = operation.clone();
                    aside(move || kept.write(Turn::Clear, None, &operation)).await
                }
            }
        })
    }

    fn preview<'a>(&'a self, flag: &'a Flag, percent: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        Box::pin(async move {
            let patch = match self.place(flag) {
                Place::Service(api) => api.preview(percent)?,
                Place::File(kept) => aside(move || kept.preview(percent)).await?,
            };
            Ok(Preview { patch: Untrusted::new(patch), ..Preview::default() })
        })
    }
}

/// Files are read and written off the engine's thread.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Fault::Foreign("the flag file".to_owned(), error.to_string())),
    }
}

/// A percentage as a number of JSON.
fn number(percent: Weight) -> String {
    let text = format!("{:.3}", percent.value());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_written_as_people_would() {
        for (percent, wanted) in [(0.0, "0"), (5.0, "5"), (12.5, "12.5"), (33.333, "33.333"), (100.0, "100")]
        {
            assert_eq!(number(Weight::percent(percent).expect("a share")), wanted);
        }
    }
}
