//! TLS: whom we believe, and the certificates we show.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tminus::world::cluster::Why;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::{Desk, kubeconfig, route, soon};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("key")).expect("authority")
}

/// A certificate that an authority signed, and its key, in PEM.
fn signed(by: &Authority) -> (String, String) {
    let key = KeyPair::generate().expect("key");
    let leaf = CertificateParams::new(vec!["alice".to_owned()]).expect("names");
    (leaf.signed_by(&key, by).expect("signed").pem(), key.serialize_pem())
}

/// A server for `localhost` that lets in whoever shows a certificate of its authority.
async fn strict(by: &Authority) -> u16 {
    let key = KeyPair::generate().expect("key");
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
    let leaf = leaf.signed_by(&key, by).expect("signed");
    let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(by.der().clone()).expect("an authority");
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .expect("clients");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![leaf.der().clone()], secret)
        .expect("certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = listener.local_addr().expect("address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

#[tokio::test]
async fn a_certificate_of_a_kubeconfig_is_shown_whether_it_is_a_file_or_not() {
    let own = authority();
    let server = format!("https://localhost:{}", strict(&own).await);
    let (certificate, key) = signed(&own);
    let desk = Desk::new(&server, json!({}));
    // Paths are relative to the file that names them.
    std::fs::write(desk.path("ca.pem"), own.pem()).expect("written");
    std::fs::write(desk.path("me.pem"), &certificate).expect("written");
    std::fs::write(desk.path("me.key"), &key).expect("written");
    let files = json!({ "client-certificate": "me.pem", "client-key": "me.key" });
    let believed = json!({ "server": server, "certificate-authority": "ca.pem" });
    desk.write("config", &kubeconfig("test", believed.clone(), files));
    desk.cluster().get::<Value>(&route(), soon()).await.expect("let in");
    let data = json!({
        "client-certificate-data": BASE64_STANDARD.encode(&certificate),
        "client-key-data": BASE64_STANDARD.encode(&key),
    });
    desk.write("config", &kubeconfig("test", believed.clone(), data.clone()));
    let cluster = desk.cluster();
    cluster.get::<Value>(&route(), soon()).await.expect("let in");
    assert!(!cluster.health().unverified);
    // Without it nobody is let in; and a server that is not believed is shown nothing.
    desk.write("config", &kubeconfig("test", believed, json!({})));
    desk.cluster().get::<Value>(&route(), soon()).await.expect_err("not let in");
    std::fs::write(desk.path("ca.pem"), authority().pem()).expect("written");
    let stranger = json!({ "server": server, "certificate-authority": "ca.pem" });
    desk.write("config", &kubeconfig("test", stranger, data));
    let refusal = desk.cluster().get::<Value>(&route(), soon()).await.expect_err("not believed");
    assert!(matches!(&refusal.why, Why::NotSent(why) if why.contains("certificate")), "{refusal:?}");
}

#[tokio::test]
async fn a_plugin_may_give_a_certificate_and_its_key_is_never_printed() {
    let own = authority();
    let server = format!("https://localhost:{}", strict(&own).await);
    let (certificate, key) = signed(&own);
    let desk = Desk::new(&server, json!({}));
    std::fs::write(desk.path("ca.pem"), own.pem()).expect("written");
    let version = "client.authentication.k8s.io/v1beta1";
    let answer = json!({ "apiVersion": version, "kind": "ExecCredential",
        "status": { "clientCertificateData": certificate, "clientKeyData": key } });
    let program = desk.script("plugin", &format!("cat <<'END'\n{answer}\nEND"));
    let user = json!({ "exec": { "apiVersion": version, "command": program } });
    let believed = json!({ "server": server, "certificate-authority": "ca.pem" });
    desk.write("config", &kubeconfig("test", believed, user));
    let cluster = desk.cluster();
    cluster.get::<Value>(&route(), soon()).await.expect("let in");
    let shown = format!("{cluster:?} {:?}", cluster.health());
    assert!(!shown.contains("PRIVATE KEY"), "{shown}");
}
