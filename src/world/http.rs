//! HTTP as everything here uses it: no redirects, no proxy unless the user's own configuration names one, bounded
//! in time and size, and never to the addresses where clouds keep the secrets of a machine.
//!
//! A name is checked after it was resolved and those very addresses are connected to, so a name that changes
//! between check and use changes nothing.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret as _, SecretString};

use crate::base::{Seconds, Timestamp};
use crate::engine::ports::Fault;
use crate::world::servers::{Server, Servers, header, origin};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);

/// A client; clones share its connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    /// By the origins this user said something about.
    own: Arc<BTreeMap<String, Own>>,
}

/// What this user said about one origin, and the client that believes whom it said.
#[derive(Clone, Debug)]
struct Own {
    server: Server,
    client: Result<Client, Fault>,
}

/// How long an answer may take and how large it may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first byte sent to the last one read.
    pub time: Duration,
    /// Bytes of the body that are read; what is more is left.
    pub body: usize,
}

/// An answer, as far as it was read.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The media type, lower case, without parameters; empty when not told.
    pub kind: String,
    /// The server's clock, when it told.
    pub date: Option<Timestamp>,
    /// The tag of what was answered, when it told.
    pub etag: Option<String>,
    /// How long the server wants to be left alone, when it told.
    pub retry_after: Option<Seconds>,
    /// The body, at most as long as allowed.
    pub body: Vec<u8>,
    /// True when there was more.
    pub cut: bool,
}

/// A request with what a plan says of it.
#[derive(Debug)]
pub struct Call<'a> {
    method: Method,
    url: &'a str,
    body: Option<String>,
    headers: Vec<(&'static str, &'a str)>,
    token: Option<&'a SecretString>,
    limits: Limits,
}

impl<'a> Call<'a> {
    /// Gets an address.
    pub fn get(url: &'a str, limits: Limits) -> Self {
        Self { method: Method::GET, url, body: None, headers: Vec::new(), token: None, limits }
    }
    /// Posts JSON to it.
    pub fn post(url: &'a str, body: &serde_json::Value, limits: Limits) -> Self {
        Self::of(Method::POST, url, limits).body(body.to_string())
    }
    /// Asks it by another method.
    pub fn of(method: Method, url: &'a str, limits: Limits) -> Self {
        Self { method, ..Self::get(url, limits) }
    }
    /// With this JSON.
    #[must_use]
    pub fn body(self, json: String) -> Self {
        Self { body: Some(json), ..self }
    }
    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }
    /// Wants an answer of these media types.
    #[must_use]
    pub fn accept(self, kinds: &'a str) -> Self {
        self.header("accept", kinds)
    }
    /// With this bearer token, in place of what the user set for the server.
    #[must_use]
    pub fn bearer(self, token: &'a SecretString) -> Self {
        Self { token: Some(token), ..self }
    }
}

impl Http {
    /// A client; `proxy` is the address the user's own configuration names.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] when the proxy is no address or the system has no TLS roots.
    pub fn new(proxy: Option<&str>) -> Result<Self, Fault> {
        Ok(Self { client: client(proxy, &[])?, own: Arc::default() })
    }

    /// The same, with what this user said about some origins. What cannot be used of it is a fault when that origin
    /// is asked, and does not keep the others from being asked.
    #[must_use]
    pub fn with(self, proxy: Option<&str>, servers: &Servers) -> Self {
        let one = |(origin, server): (&String, &Server)| {
            let client = match server.authorities() {
                None => Ok(self.client.clone()),
                Some(pem) => pem.and_then(|pem| authorities(&pem)).and_then(|own| client(proxy, &own)),
            };
            (origin.clone(), Own { server: server.clone(), client })
        };
        Self { own: Arc::new(servers.iter().map(one).collect()), ..self }
    }

    /// A request to an address, with what its very origin may know of us.
    fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, Fault> {
        let Some(Own { server, client }) = self.own.get(&origin(&url)) else {
            return Ok(self.client.request(method, url));
        };
        let request = client.clone()?.request(method, url);
        Ok(match server.authorization() {
            Some(value) => request.header(AUTHORIZATION, value?),
            None => request,
        })
    }

    /// Gets an address.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] for an address that may not be asked, [`Fault::Unreachable`] when nobody answered whole.
    pub async fn get(&self, url: &str, limits: Limits) -> Result<Answer, Fault> {
        let url = address(url)?;
        let name = place(&url);
        answer(self.request(Method::GET, url)?, limits, &name).await
    }

    /// Gets an address in one of these media types.
    ///
    /// # Errors
    /// As [`Http::get`].
    pub async fn get_as(&self, url: Url, kinds: &'static str, limits: Limits) -> Result<Answer, Fault> {
        let url = address(url.as_str())?;
        let name = place(&url);
        answer(self.request(Method::GET, url)?.header(ACCEPT, kinds), limits, &name).await
    }

    /// Posts a form, with these headers beside the usual ones.
    ///
    /// # Errors
    /// As [`Http::get`].
    pub async fn post_form(
        &self,
        url: Url,
        form: &[(&str, String)],
        headers: &[(&'static str, String)],
        limits: Limits,
    ) -> Result<Answer, Fault> {
        let url = address(url.as_str())?;
        let name = place(&url);
        let mut body = Url::parse("form:").map_err(|error| Fault::Unsupported(error.to_string()))?;
        body.query_pairs_mut().extend_pairs(form);
        let mut request = self
            .request(Method::POST, url)?
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.query().unwrap_or_default().to_owned());
        for (header, value) in headers {
            let value = HeaderValue::from_str(value)
                .map_err(|_| Fault::Unsupported(format!("no header {header} may hold this value")))?;
            request = request.header(*header, value);
        }
        answer(request, limits, &name).await
    }

    /// Sends a request, once.
    ///
    /// # Errors
    /// As [`Http::get`].
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, Fault> {
        let url = address(call.url)?;
        let name = place(&url);
        let mut headers = HeaderMap::new();
        for (name, value) in call.headers {
            let value = HeaderValue::from_str(value)
                .map_err(|_| Fault::Unsupported(format!("no header {name} may hold this value")))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        if let Some(token) = call.token {
            headers.insert(AUTHORIZATION, header("Bearer", token.expose_secret())?);
        }
        let mut request = self.request(call.method, url)?.headers(headers);
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        answer(request, call.limits, &name).await
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// As [`Http::get`].
    pub async fn post_json(
        &self,
        url: &str,
        body: &serde_json::Value,
        limits: Limits,
    ) -> Result<Answer, Fault> {
        let url = address(url)?;
        let name = place(&url);
        answer(self.request(Method::POST, url)?.json(body), limits, &name).await
    }
}

/// A client that believes these authorities, or the system's when there are none.
fn client(proxy: Option<&str>, authorities: &[Certificate]) -> Result<Client, Fault> {
    let unusable = |error: reqwest::Error| Fault::Unsupported(format!("no HTTP here: {}", reason(&error)));
    let mut builder = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(CONNECT)
        .dns_resolver(Arc::new(Guarded))
        .user_agent(concat!("tminus/", env!("CARGO_PKG_VERSION")))
        .no_proxy();
    if let Some(proxy) = proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(unusable)?);
    }
    if !authorities.is_empty() {
        builder = builder.tls_certs_only(authorities.iter().cloned());
    }
    builder.build().map_err(unusable)
}

/// The certificates in a PEM file.
fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, Fault> {
    match Certificate::from_pem_bundle(pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(Fault::Unsupported("the file of `ca` holds no certificate in PEM".to_owned())),
    }
}

/// Reads an address that may be asked.
///
/// # Errors
/// [`Fault::Unsupported`] with what is wrong with it.
pub fn address(text: &str) -> Result<Url, Fault> {
    let refuse = |why: &str| Fault::Unsupported(format!("`{}` is not asked: {why}", text.escape_default()));
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(refuse("there is a blank or a control character in it"));
    }
    let url = Url::parse(text).map_err(|error| refuse(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("write http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Fault::Unsupported(
            "an address with a password in it is not asked: it would be logged".to_owned(),
        ));
    }
    let literal = url.host_str().map(|host| host.trim_matches(['[', ']'])).and_then(|host| host.parse().ok());
    match literal {
        Some(ip) if is_forbidden(ip) => Err(refuse("that is where clouds keep a machine's secrets")),
        _ => Ok(url),
    }
}

/// The name an address goes by in messages: no path, no query.
pub fn place(url: &Url) -> String {
    origin(url)
}

async fn answer(request: RequestBuilder, limits: Limits, name: &str) -> Result<Answer, Fault> {
    let late =
        || Fault::Unreachable(name.to_owned(), format!("no whole answer in {} s", limits.time.as_secs()));
    let lost = |error: reqwest::Error| Fault::Unreachable(name.to_owned(), reason(&error));
    let whole = async {
        let mut response = request.send().await.map_err(lost)?;
        let (body, cut) = body(&mut response, limits.body).await.map_err(lost)?;
        let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let kind = header(CONTENT_TYPE).and_then(|kind| kind.split(';').next()).unwrap_or_default();
        Ok(Answer {
            status: response.status().as_u16(),
            kind: kind.trim().to_ascii_lowercase(),
            date: header(DATE).and_then(date),
            etag: header(ETAG).map(str::to_owned),
            retry_after: header(RETRY_AFTER).and_then(|text| text.trim().parse().ok()).map(Seconds),
            body,
            cut,
        })
    };
    tokio::time::timeout(limits.time, whole).await.unwrap_or_else(|_| Err(late()))
}

async fn body(response: &mut Response, most: usize) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = most - body.len();
        if chunk.len() > room {
            body.extend(chunk.iter().take(room));
            return Ok((body, true));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, false))
}

/// The time of a `Date` header (RFC 9110, the form all servers send).
fn date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// What went wrong, down to the cause, without the address.
fn reason(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "not in time".to_owned() } else { String::new() };
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    if text.is_empty() { "the request failed".to_owned() } else { text }
}

/// Resolves names and leaves out the addresses nobody may ask.
struct Guarded;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            if let Some(bad) = found.iter().find(|address| is_forbidden(address.ip())) {
                let text = format!("{host} leads to {}, where clouds keep a machine's secrets", bad.ip());
                return Err(text.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Link-local addresses and those where cloud providers answer with credentials.
fn is_forbidden(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            ip.is_link_local()
                || ip == Ipv4Addr::new(100, 100, 100, 200)
                || ip == Ipv4Addr::new(192, 0, 0, 192)
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(inner) => is_forbidden(IpAddr::V4(inner)),
            None => ip.is_unicast_link_local() || ip == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_asked() {
        for text in [
            "file:///etc/passwd",
            "ftp://example.com/",
            "http://169.254.169.254/latest/meta-data",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[fe80::1]/",
            "http://2852039166/",
            "http://0xa9.0xfe.0xa9.0xfe/",
            "http://100.100.100.200/",
            "http://ada:secret@example.com/",
            "http://example.com/\r\nX-Evil: 1",
            "http://exa\tmple.com/",
            "not an address",
            "",
        ] {
            let error = address(text).expect_err(text).to_string();
            assert!(!error.contains("secret@"), "{error}");
            assert!(error.chars().all(|c| !c.is_control()), "{error:?}");
        }
        for text in ["http://localhost:9090", "https://example.com/healthz?x=1", "http://10.0.0.7:8080/"] {
            assert!(address(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_date_header_is_read() {
        let date = date("Sun, 06 Nov 1994 08:49:37 GMT").expect("date");
        assert_eq!(date.to_string(), "1994-11-06T08:49:37Z");
        assert_eq!(super::date("yesterday"), None);
    }

    #[tokio::test]
    async fn a_name_is_checked_after_it_was_resolved() {
        let name: Name = "169.254.169.254".parse().expect("name");
        assert!(Guarded.resolve(name).await.is_err());
        let name: Name = "127.0.0.1".parse().expect("name");
        assert_eq!(Guarded.resolve(name).await.expect("addresses").count(), 1);
    }
}
