//! A flag kept by a service: read by GET, written by PUT, killed by POST.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{number, seen};
use crate::base::{Seconds, Untrusted, Weight};
use crate::engine::ports::{DEADLINE, Fault, FlagReading, Stamp};
use crate::plan::{Flag, FlagApi};
use crate::world::http::{Answer, Call, Http, Limits, address, place};

/// How long one request may take: a second less than who asks waits, so that it ends and is not abandoned.
const LIMITS: Limits = Limits { time: Duration::from_secs(DEADLINE.0 - 1), body: 1024 * 1024 };
/// The wait a server that wants one is given when it does not say how long.
const WAIT: Seconds = Seconds(30);
/// How much of what a server says is told on.
const SAID: usize = 160;

/// Where tokens are.
#[derive(Clone, Debug, Default)]
pub enum Tokens {
    /// In the environment of this process.
    #[default]
    Environment,
    /// In here, by the name of their variable.
    Given(BTreeMap<String, SecretString>),
}

impl Tokens {
    fn read(&self, name: &str) -> Result<SecretString, Fault> {
        let found = match self {
            Self::Environment => std::env::var(name).ok().map(SecretString::from),
            Self::Given(known) => known.get(name).cloned(),
        };
        match found {
            Some(secret) if !secret.expose_secret().trim().is_empty() => Ok(secret),
            Some(_) => Err(Fault::Unsupported(format!(
                "the token in ${name} is empty; set it before the engine starts"
            ))),
            None => Err(Fault::Unsupported(format!(
                "the token in ${name} is not there; set it before the engine starts"
            ))),
        }
    }
}

/// One flag of a service.
pub(super) struct Api<'a> {
    pub(super) http: &'a Http,
    pub(super) tokens: &'a Tokens,
    pub(super) flag: &'a Flag,
    pub(super) api: &'a FlagApi,
}

impl Api<'_> {
    pub(super) async fn read(&self) -> Result<FlagReading, Fault> {
        let answer = self.send(Method::GET, &self.api.url, None, None).await?;
        if answer.cut {
            return Err(Fault::Foreign(
                self.name(),
                "it is longer than 1 MiB; name the flag's own address".to_owned(),
            ));
        }
        let foreign = |text: String| Fault::Foreign(self.name(), text);
        let value: Value = serde_json::from_slice(&answer.body)
            .map_err(|error| foreign(format!("it is no JSON: {error}")))?;
        let seen = seen::seen(&value, &self.flag.at).map_err(foreign)?;
        // A weak tag says that two answers mean the same, and cannot bind a write (RFC 9110, 13.1.1).
        let strong = answer.etag.filter(|tag| tag.starts_with('"'));
        Ok(FlagReading { seen, stamp: strong.map(Stamp) })
    }

    pub(super) async fn set(&self, percent: Weight, stamp: Option<Stamp>) -> Result<(), Fault> {
        let body = self.body(percent)?;
        self.send(Method::PUT, &self.api.url, Some(body), stamp).await.map(drop)
    }

    pub(super) async fn kill(&self) -> Result<(), Fault> {
        match &self.api.kill {
            Some(url) => self.send(Method::POST, url, None, None).await.map(drop),
            None => self.set(Weight::ZERO, None).await,
        }
    }

    pub(super) async fn clear(&self) -> Result<Untrusted, Fault> {
        let Some(url) = &self.api.disable_all else {
            let text = format!(
                "{} has no `disable-all` in the plan: only the named flags are turned off",
                self.name()
            );
            return Err(Fault::Unsupported(text));
        };
        self.send(Method::POST, url, None, None).await?;
        Ok(Untrusted::new(format!("every flag of {} was told to go off", site(url))))
    }

    /// The request as it would go out, with the token by its name.
    pub(super) fn preview(&self, percent: Weight) -> Result<String, Fault> {
        let token = match &self.api.token_env {
            Some(name) => format!("\nAuthorization: Bearer ${name}"),
            None => String::new(),
        };
        let url = &self.api.url;
        match &self.api.kill {
            Some(kill) if percent.is_near(Weight::ZERO) => Ok(format!(
                "POST {kill}{token}\n\nPUT {url}{token}\nContent-Type: application/json\n\n{}",
                self.body(percent)?
            )),
            _ => Ok(format!("PUT {url}{token}\nContent-Type: application/json\n\n{}", self.body(percent)?)),
        }
    }

    fn body(&self, percent: Weight) -> Result<String, Fault> {
        let off = percent.is_near(Weight::ZERO);
        if self.flag.at.percent.is_none() && !off && !percent.is_near(Weight::FULL) {
            let text = format!("{} is only on or off: {percent} of it cannot be set", self.flag.id);
            return Err(Fault::Unsupported(text));
        }
        Ok(match &self.api.off {
            Some(body) if off => body.clone(),
            _ => self
                .api
                .body
                .replace("{{percent}}", &number(percent))
                .replace("{{enabled}}", if off { "false" } else { "true" }),
        })
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        body: Option<String>,
        stamp: Option<Stamp>,
    ) -> Result<Answer, Fault> {
        let token = self.api.token_env.as_deref().map(|name| self.tokens.read(name)).transpose()?;
        let tag = stamp.map(|stamp| stamp.0);
        let mut call = Call::of(method, url, LIMITS).accept("application/json");
        call = body.into_iter().fold(call, Call::body);
        call = token.iter().fold(call, Call::bearer);
        call = tag.iter().fold(call, |call, tag| call.header("if-match", tag));
        let answer = self.http.send(call).await?;
        if (200..300).contains(&answer.status) {
            Ok(answer)
        } else {
            Err(self.refused(&answer, token.as_ref()))
        }
    }

    /// What an answer that is no yes means.
    fn refused(&self, answer: &Answer, token: Option<&SecretString>) -> Fault {
        let name = self.name();
        let status = answer.status;
        let said = self.said(answer, token);
        match status {
            300..=399 => Fault::Refused(
                name,
                format!(
                    "{status}: it sends on to another address, which is not followed; write the one it ends at"
                ),
            ),
            401 => Fault::Refused(
                name,
                match &self.api.token_env {
                    Some(env) => format!(
                        "401: the token in ${env} does not count; set a new one and start the engine again"
                    ),
                    None => "401: it wants a token; add `token-env = \"…\"` to the flag".to_owned(),
                },
            ),
            403 => Fault::Forbidden(
                name,
                match &self.api.token_env {
                    Some(env) => format!("403: the token in ${env} may not do this{said}"),
                    None => format!("403{said}"),
                },
            ),
            404 | 410 => Fault::Refused(
                name,
                format!("{status}: there is no such flag at this address; look at `[flag.{}]`", self.flag.id),
            ),
            409 | 412 => Fault::Conflict(name, format!("{status}{said}")),
            429 => Fault::Throttled(name, answer.retry_after.unwrap_or(WAIT)),
            // It may have been done all the same: who asks looks.
            500..=599 => Fault::Unreachable(name, format!("{status}{said}")),
            _ => Fault::Refused(name, format!("{status}{said}")),
        }
    }

    /// The beginning of what a server says, without the token should it say that.
    fn said(&self, answer: &Answer, token: Option<&SecretString>) -> String {
        let text = String::from_utf8_lossy(&answer.body);
        let text = match (token, &self.api.token_env) {
            (Some(token), Some(env)) => text.replace(token.expose_secret().trim(), &format!("${env}")),
            _ => text.into_owned(),
        };
        let text = Untrusted::new(text.trim()).cell(SAID);
        if text.is_empty() { String::new() } else { format!(": {text}") }
    }

    fn name(&self) -> String {
        format!("flag {} at {}", self.flag.id, site(&self.api.url))
    }
}

/// Scheme, host and port.
fn site(url: &str) -> String {
    address(url).map_or_else(|_| "an address that is none".to_owned(), |url| place(&url))
}
