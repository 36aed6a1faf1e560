//! Telling people: the journal's own record is enough, and a webhook gets it as JSON when the user names one.

use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::json;

use crate::base::Untrusted;
use crate::engine::ports::{DEADLINE, Fault, Notifier};
use crate::plan::rule::Action;
use crate::world::http::{Http, Limits, address, place};

/// Bytes of an answer that are read; nobody looks at them.
const BODY: usize = 64 * 1024;

/// Says things by recording them only.
#[derive(Clone, Copy, Debug, Default)]
pub struct JournalOnly;

impl Notifier for JournalOnly {
    fn tell<'a>(&'a self, action: Action, _text: &'a Untrusted) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move { Ok(Untrusted::new(format!("{action}: in the journal; nobody else was told"))) })
    }
}

/// Posts `{"action": "...", "text": "..."}` to one address. Nothing is sent twice.
#[derive(Clone, Debug)]
pub struct Webhook {
    http: Http,
    url: String,
}

impl Webhook {
    /// A webhook at this address.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] for an address that may not be asked.
    pub fn new(http: Http, url: &str) -> Result<Self, Fault> {
        address(url)?;
        Ok(Self { http, url: url.to_owned() })
    }
}

impl Notifier for Webhook {
    fn tell<'a>(&'a self, action: Action, text: &'a Untrusted) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            // The address may hold a secret in its path: only its host is ever shown.
            let name = place(&address(&self.url)?);
            let body = json!({ "action": action.as_str(), "text": text.lines() });
            let limits = Limits { time: Duration::from_secs(DEADLINE.0), body: BODY };
            let answer = self.http.post_json(&self.url, &body, limits).await?;
            match answer.status {
                200..300 => Ok(Untrusted::new(format!("{action}: {name} took it"))),
                status => Err(Fault::Refused(name, format!("HTTP {status}"))),
            }
        })
    }
}
