//! What a user set about servers: who gets the token, who never does, and whom to believe.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tminus::engine::ports::Fault;
use tminus::world::http::{Http, Limits};
use tminus::world::servers::{Server, Servers};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const LIMITS: Limits = Limits { time: Duration::from_secs(10), body: 1024 };

fn http(folder: &Path, config: &str) -> Http {
    let written: BTreeMap<String, Server> = toml::from_str(config).expect("config");
    let servers = Servers::new(folder, written).expect("usable");
    Http::new(None).expect("client").with(None, &servers)
}

async fn serving(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// What a server was told of who asks.
async fn told(server: &MockServer) -> Vec<Option<String>> {
    let requests = server.received_requests().await.expect("recorded");
    let header = |request: &wiremock::Request| {
        request.headers.get("authorization").map(|value| value.to_str().expect("text").to_owned())
    };
    requests.iter().map(header).collect()
}

#[tokio::test]
async fn a_token_goes_to_its_origin_and_to_no_other() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("token"), "s3cret\n").expect("token");
    let other = serving(ResponseTemplate::new(200)).await;
    let elsewhere = ResponseTemplate::new(302).insert_header("Location", format!("{}/stolen", other.uri()));
    let ours = serving(elsewhere).await;
    let http = http(folder.path(), &format!("[\"{}\"]\nbearer = {{ file = \"token\" }}\n", ours.uri()));
    assert_eq!(http.get(&format!("{}/a", ours.uri()), LIMITS).await.expect("answer").status, 302);
    let url = format!("{}/b", ours.uri()).parse().expect("address");
    http.post_form(url, &[("query", "up".to_owned())], &[], LIMITS).await.expect("answer");
    assert_eq!(told(&ours).await, [Some("Bearer s3cret".to_owned()), Some("Bearer s3cret".to_owned())]);
    assert_eq!(told(&other).await, [], "a redirect is not followed");
    // The same machine by another name or another port is another origin.
    http.get(&format!("{}/a", other.uri()), LIMITS).await.expect("answer");
    let by_name = ours.uri().replace("127.0.0.1", "localhost");
    http.get(&by_name, LIMITS).await.expect("answer");
    assert_eq!(told(&other).await, [None]);
    assert_eq!(told(&ours).await.last(), Some(&None));
}

#[tokio::test]
async fn a_password_is_sent_as_basic_and_a_lost_secret_asks_nobody() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("pw"), "open sesame").expect("password");
    let server = serving(ResponseTemplate::new(200)).await;
    let config =
        format!("[\"{}\"]\nbasic = {{ user = \"ada\", password = {{ file = \"pw\" }} }}\n", server.uri());
    let http = http(folder.path(), &config);
    http.get(&server.uri(), LIMITS).await.expect("answer");
    assert_eq!(told(&server).await, [Some("Basic YWRhOm9wZW4gc2VzYW1l".to_owned())]);
    std::fs::remove_file(folder.path().join("pw")).expect("gone");
    let fault = http.get(&server.uri(), LIMITS).await.expect_err("no password");
    assert!(matches!(&fault, Fault::Unsupported(why) if why.contains("cannot be read")), "{fault}");
    assert_eq!(told(&server).await.len(), 1, "nobody was asked without it");
}

/// A TLS server for `localhost` whose certificate an authority of its own signed; gives its port and that authority.
async fn secured() -> (u16, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority =
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("key")).expect("authority");
    let key = KeyPair::generate().expect("key");
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
    let leaf = leaf.signed_by(&key, &authority).expect("signed");
    let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], secret)
        .expect("certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = listener.local_addr().expect("address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever does not believe us leaves during the handshake.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..read]).to_lowercase();
            let status = if request.contains("authorization: bearer s3cret") { "200 OK" } else { "401 No" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.expect("answered");
            let _ = stream.shutdown().await;
        }
    });
    (port, authority.pem())
}

#[tokio::test]
async fn an_own_authority_counts_for_its_origin_only() {
    let folder = tempfile::tempdir().expect("folder");
    let (port, authority) = secured().await;
    let (stranger, _) = secured().await;
    std::fs::write(folder.path().join("ca.pem"), authority).expect("authority");
    std::fs::write(folder.path().join("token"), "s3cret").expect("token");
    std::fs::write(folder.path().join("none.pem"), "nothing").expect("no authority");
    let config = format!(
        "[\"https://localhost:{port}\"]\nca = \"ca.pem\"\nbearer = {{ file = \"token\" }}\n\
         [\"https://localhost:{stranger}\"]\nca = \"ca.pem\"\nbearer = {{ file = \"token\" }}\n\
         [\"https://127.0.0.1:{port}\"]\nca = \"none.pem\"\n"
    );
    let http = http(folder.path(), &config);
    let at = async |url: String| http.get(&url, LIMITS).await;
    assert_eq!(at(format!("https://localhost:{port}/")).await.expect("believed").status, 200);
    let fault = at(format!("https://localhost:{stranger}/")).await.expect_err("signed by somebody else");
    assert!(
        matches!(&fault, Fault::Unreachable(_, why) if why.to_lowercase().contains("certificate")),
        "{fault}"
    );
    let fault = at(format!("https://127.0.0.1:{port}/")).await.expect_err("no authority in the file");
    assert!(fault.to_string().contains("no certificate in PEM"), "{fault}");
    let plain = Http::new(None).expect("client");
    let fault = plain.get(&format!("https://localhost:{port}/"), LIMITS).await.expect_err("the system's");
    assert!(matches!(fault, Fault::Unreachable(..)), "{fault}");
}
