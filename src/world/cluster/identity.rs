//! As whom a cluster is asked: what a kubeconfig's user gives us to show.
//!
//! Invariants: secrets are `SecretString` or sensitive headers and never print; what is over is not shown any more.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::header::HeaderValue;
use kube::config::AuthInfo;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::base::{Timestamp, Untrusted};

use super::access::Entry;
use super::plugin::{self, Failed};

/// Bytes of a file with a token that are read.
const TOKEN: u64 = 64 * 1024;
/// How often a file with a token is read again: whoever renews it writes it in place.
const REREAD: Duration = Duration::from_secs(30);

/// What is shown to the server, and for how long it counts.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The `Authorization` header.
    pub(super) header: Option<HeaderValue>,
    /// What the TLS handshake shows, and whom we act for: the parts of the kubeconfig that say so.
    pub(super) user: AuthInfo,
    /// When it expires, where that is told.
    pub(super) until: Option<Timestamp>,
    /// How soon it is asked for anew in any case.
    pub(super) renew: Option<Duration>,
}

/// Gets what is to be shown; a plugin is run for it.
pub(super) async fn of(entry: &Entry, patience: Duration) -> Result<Shown, Failed> {
    let failed = |why: String| Failed { why, said: Untrusted::default() };
    let user = &entry.user;
    if let Some(provider) = &user.auth_provider {
        let name = provider.name.escape_default();
        return Err(failed(format!(
            "the kubeconfig uses the auth-provider `{name}`, which Kubernetes gave up: renew it with your \
             provider's tool, which writes an exec plugin"
        )));
    }
    let mut tls = AuthInfo {
        client_certificate: user.client_certificate.clone(),
        client_certificate_data: user.client_certificate_data.clone(),
        client_key: user.client_key.clone(),
        client_key_data: user.client_key_data.clone(),
        impersonate: user.impersonate.clone(),
        impersonate_uid: user.impersonate_uid.clone(),
        impersonate_groups: user.impersonate_groups.clone(),
        impersonate_user_extra: user.impersonate_user_extra.clone(),
        ..AuthInfo::default()
    };
    let mut until = None;
    let mut renew = None;
    let token = if let Some(path) = user.token_file.as_deref().filter(|it| !it.is_empty()) {
        renew = Some(REREAD);
        Some(token(Path::new(path)).map_err(failed)?)
    } else if let Some(token) = user.token.as_ref().filter(|it| !it.expose_secret().is_empty()) {
        Some(token.clone())
    } else if let Some(exec) = &user.exec {
        let pass = plugin::run(exec, &entry.cluster, patience).await?;
        until = pass.until;
        if let Some((certificate, key)) = pass.certificate {
            tls.client_certificate_data = Some(BASE64_STANDARD.encode(certificate));
            tls.client_key_data = Some(SecretString::from(BASE64_STANDARD.encode(key.expose_secret())));
            (tls.client_certificate, tls.client_key) = (None, None);
        }
        pass.token
    } else {
        None
    };
    until = until.or_else(|| token.as_ref().and_then(|it| expiry(it.expose_secret())));
    let header = match (&token, &user.username) {
        (Some(token), _) => Some(header("Bearer", token.expose_secret()).map_err(failed)?),
        (None, Some(name)) => {
            let password = user.password.as_ref().map(|it| it.expose_secret()).unwrap_or_default();
            Some(header("Basic", &BASE64_STANDARD.encode(format!("{name}:{password}"))).map_err(failed)?)
        }
        (None, None) => None,
    };
    Ok(Shown { header, user: tls, until, renew })
}

fn token(path: &Path) -> Result<SecretString, String> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(TOKEN).read_to_string(&mut text));
    read.map_err(|error| format!("the token in {} cannot be read: {error}", path.display()))?;
    match text.trim() {
        "" => Err(format!("the token in {} is empty", path.display())),
        token => Ok(SecretString::from(token.to_owned())),
    }
}

fn header(scheme: &str, secret: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {secret}"))
        .map_err(|_| "the credentials hold a character that no header may".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// When a token expires, if it is one that says so.
fn expiry(token: &str) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Claims {
        exp: Option<i64>,
    }
    let payload = token.split('.').nth(1)?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&bytes).ok()?;
    Timestamp::from_second(claims.exp?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_says_when_it_ends_is_understood() {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(r#"{"iss":"x","exp":1795000000}"#);
        let found = expiry(&format!("e30.{payload}.sig")).map(|it| it.as_second());
        assert_eq!(found, Some(1_795_000_000));
        assert_eq!(expiry("opaque"), None);
        assert_eq!(expiry("a.!!.c"), None);
    }
}
