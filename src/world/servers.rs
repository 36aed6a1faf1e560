//! What this user set about servers: how to be let in, and whom to believe. A plan never says this.
//!
//! Invariants: a setting belongs to one origin (scheme, host and port) and is used for no other; a secret is named
//! by where it is (an environment variable or a file), read each time it is needed, so that a renewed token counts
//! at once, and never printed.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::engine::ports::Fault;

/// Bytes of a file with a secret that are read.
const SECRET: u64 = 64 * 1024;
/// Bytes of a file with certificates that are read.
const CERTIFICATES: u64 = 1024 * 1024;

/// Settings by origin, such as `https://prometheus.example.com`.
#[derive(Clone, Debug, Default)]
pub struct Servers(BTreeMap<String, Server>);

/// What is set about one origin.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// A bearer token.
    bearer: Option<Secret>,
    /// A name and a password.
    basic: Option<Basic>,
    /// The certificate authorities that count for it, in a PEM file; the system's do not, then.
    ca: Option<PathBuf>,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secret {
    /// In an environment variable of this name.
    Env(String),
    /// In a file, without the line end at its end.
    File(PathBuf),
}

/// A name and a password.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    user: String,
    password: Secret,
}

impl Servers {
    /// Settings by origin, as the user wrote them; paths are relative to `folder`.
    ///
    /// # Errors
    /// What is wrong with the first that cannot be used, with its key.
    pub fn new(folder: &Path, written: impl IntoIterator<Item = (String, Server)>) -> Result<Self, String> {
        let mut servers = BTreeMap::new();
        for (key, server) in written {
            let url = Url::parse(&key).map_err(|error| format!("`{key}` is no address: {error}"))?;
            let of = origin(&url);
            let bare =
                key.trim_end_matches('/').eq_ignore_ascii_case(&of) || is_default_port(&url, &key, &of);
            if !matches!(url.scheme(), "http" | "https") || !bare {
                return Err(format!("`{key}` is more than an origin; write `{of}`"));
            }
            if server.bearer.is_some() && server.basic.is_some() {
                return Err(format!("`{key}` has a bearer token and a password; keep one"));
            }
            if server.ca.is_some() && url.scheme() == "http" {
                return Err(format!("`{key}` has a ca and no TLS to use it for; write https://"));
            }
            let server = server.below(folder);
            if servers.insert(of.clone(), server).is_some() {
                return Err(format!("`{of}` is set twice"));
            }
        }
        Ok(Self(servers))
    }

    /// What is set about each origin.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Server)> {
        self.0.iter()
    }
}

impl Server {
    fn below(mut self, folder: &Path) -> Self {
        let secrets = [self.bearer.as_mut(), self.basic.as_mut().map(|basic| &mut basic.password)];
        for secret in secrets.into_iter().flatten() {
            if let Secret::File(path) = secret {
                *path = folder.join(&*path);
            }
        }
        self.ca = self.ca.map(|path| folder.join(path));
        self
    }

    /// The certificate authorities that count, as PEM; none when the system's do.
    pub(super) fn authorities(&self) -> Option<Result<Vec<u8>, Fault>> {
        self.ca.as_ref().map(|path| read(path, CERTIFICATES))
    }

    /// What a request says of who asks; none when nothing is set.
    pub(super) fn authorization(&self) -> Option<Result<HeaderValue, Fault>> {
        match (&self.bearer, &self.basic) {
            (Some(token), _) => Some(token.read().and_then(|token| header("Bearer", token.expose_secret()))),
            (None, Some(Basic { user, password })) => Some(password.read().and_then(|password| {
                header("Basic", &base64(format!("{user}:{}", password.expose_secret()).as_bytes()))
            })),
            (None, None) => None,
        }
    }
}

impl Secret {
    fn read(&self) -> Result<SecretString, Fault> {
        let text = match self {
            Self::Env(name) => std::env::var(name).map_err(|_| {
                let text = format!("the secret in ${name} is not there; set it before the engine starts");
                Fault::Unsupported(text)
            })?,
            Self::File(path) => String::from_utf8(read(path, SECRET)?)
                .map_err(|_| Fault::Unsupported(format!("{} holds no text", path.display())))?,
        };
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(Fault::Unsupported("a secret is empty; put it where config.toml says".to_owned()));
        }
        Ok(SecretString::from(secret.to_owned()))
    }
}

/// Scheme, host and port; the port only where it is not the scheme's own.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether a key says the scheme's own port outright, as `https://example.com:443` does.
fn is_default_port(url: &Url, key: &str, origin: &str) -> bool {
    let port = url.port_or_known_default().map(|port| format!("{origin}:{port}"));
    port.is_some_and(|full| key.trim_end_matches('/').eq_ignore_ascii_case(&full))
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Fault::Unsupported(format!("{} cannot be read: {error}", path.display()))),
    }
}

pub(super) fn header(scheme: &str, secret: &str) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {secret}")).map_err(|_| {
        Fault::Unsupported("a secret holds a character that no header may; write it on one line".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Base64 of RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| chunk.get(place).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * place) & 63) as usize);
            text.push(if place <= chunk.len() { letter.map_or('=', |it| char::from(*it)) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(text: &str) -> Result<Servers, String> {
        let written: BTreeMap<String, Server> = toml::from_str(text).map_err(|error| error.to_string())?;
        Servers::new(Path::new("/etc/tminus"), written)
    }

    #[test]
    fn a_setting_belongs_to_one_origin() {
        let set = servers(
            "[\"https://Prom.example.com:443/\"]\nbearer = { env = \"PROM_TOKEN\" }\nca = \"ca.pem\"\n\
             [\"http://127.0.0.1:9090\"]\nbasic = { user = \"ada\", password = { file = \"/run/pw\" } }\n",
        )
        .expect("usable");
        let origins: Vec<&str> = set.iter().map(|(origin, _)| origin.as_str()).collect();
        assert_eq!(origins, ["http://127.0.0.1:9090", "https://prom.example.com"]);
        let own = set.0.get("https://prom.example.com").expect("set");
        assert_eq!(own.ca.as_deref(), Some(Path::new("/etc/tminus/ca.pem")));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (text, why) in [
            ("[\"prom\"]\n", "`prom` is no address"),
            ("[\"https://a.example.com/prom\"]\n", "more than an origin; write `https://a.example.com`"),
            ("[\"https://ada@a.example.com\"]\n", "more than an origin"),
            ("[\"ftp://a.example.com\"]\n", "more than an origin"),
            ("[\"http://a.example.com\"]\nca = \"x\"\n", "no TLS to use it for"),
            (
                "[\"https://a.example.com\"]\nbearer = { env = \"A\" }\nbasic = { user = \"a\", password = { env = \"A\" } }\n",
                "keep one",
            ),
            ("[\"https://a.example.com\"]\n[\"https://a.example.com:443\"]\n", "set twice"),
            ("[\"https://a.example.com\"]\nbearer = \"hunter2\"\n", "unknown variant"),
        ] {
            let error = servers(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn secrets_are_read_where_they_are_and_do_not_print() {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join("token"), "s3cret\n").expect("written");
        let bearer = Secret::File(PathBuf::from("token"));
        let server = Server { bearer: Some(bearer), ..Server::default() }.below(folder.path());
        let value = server.authorization().expect("set").expect("readable");
        assert_eq!(value.to_str().ok(), Some("Bearer s3cret"));
        assert!(!format!("{value:?} {server:?}").contains("s3cret"));
        std::fs::write(folder.path().join("token"), "renewed").expect("written");
        let value = server.authorization().expect("set").expect("readable");
        assert_eq!(value.to_str().ok(), Some("Bearer renewed"));
        std::fs::write(folder.path().join("token"), "two\nlines").expect("written");
        let fault = server.authorization().expect("set").expect_err("no header").to_string();
        assert!(!fault.contains("two"), "{fault}");
        for secret in ["", "\n"] {
            std::fs::write(folder.path().join("token"), secret).expect("written");
            assert!(server.authorization().expect("set").is_err(), "empty");
        }
        let gone = Server { bearer: Some(Secret::Env("TMINUS_NO_SUCH".to_owned())), ..Server::default() };
        let fault = gone.authorization().expect("set").expect_err("not set").to_string();
        assert!(fault.contains("$TMINUS_NO_SUCH"), "{fault}");
    }

    #[test]
    fn base64_by_the_examples_of_its_rfc() {
        for (text, wanted) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
            ("ada:open sesame", "YWRhOm9wZW4gc2VzYW1l"),
        ] {
            assert_eq!(base64(text.as_bytes()), wanted);
        }
    }
}
