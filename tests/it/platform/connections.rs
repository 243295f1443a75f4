//! Certificates that an operator brings.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::cluster::{Cluster, choose_provider};
use crate::support::patience::until;

/// Writes a certificate for these names, and its key; gives the certificate.
fn write_pair(folder: &Path, file: &str, names: &[&str]) -> CertificateDer<'static> {
    let key = KeyPair::generate().expect("a key");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let params = CertificateParams::new(names).expect("names");
    let certificate = params.self_signed(&key).expect("a certificate");
    let write = |end: &str, text: String| {
        fs::write(folder.join(format!("{file}.{end}")), text).expect("the folder is writable");
    };
    write("crt", certificate.pem());
    write("key", key.serialize_pem());
    certificate.der().clone()
}

/// Trusts anybody: what is shown is what the tests are about.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// The certificate that a client is shown who asks for a name in a version of TLS.
async fn shown(
    address: &str,
    name: &str,
    version: &'static SupportedProtocolVersion,
) -> Result<CertificateDer<'static>, String> {
    let config = ClientConfig::builder_with_protocol_versions(&[version])
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.expect("it listens");
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let connected = connected.map_err(|error| error.to_string())?;
    let chain = connected.get_ref().1.peer_certificates().unwrap_or_default();
    Ok(chain[0].clone().into_owned())
}

#[tokio::test]
async fn an_operators_certificates_are_shown_and_taken_up_when_they_change() {
    choose_provider();
    let mut cluster = Cluster::stopped();
    let folder = cluster.folder().to_owned();
    let default = write_pair(&folder, "default", &["api.example.com", "127.0.0.1"]);
    let other = write_pair(&folder, "other", &["unused.example.com"]);
    let path = |name: &str| folder.join(name).display().to_string();
    let named = format!("{},{}:*.other.example.com", path("other.crt"), path("other.key"));
    let (certificate, key) = (path("default.crt"), path("default.key"));
    let flags = [
        "--tls-cert-file",
        &certificate,
        "--tls-private-key-file",
        &key,
        "--tls-sni-cert-key",
        &named,
        "--tls-min-version",
        "VersionTLS13",
        "--goaway-chance",
        "0.02",
    ];
    cluster.run(&flags).await;
    // The kubeconfig knows by which name the cluster's own certificate is shown.
    let client = cluster.client().await;
    for _ in 0..200 {
        client.apiserver_version().await.expect("a client that is sent away comes back");
    }
    let url = cluster.config().await.cluster_url;
    let address = url.authority().expect("an address").to_string();
    let new = &rustls::version::TLS13;
    assert_eq!(shown(&address, "api.example.com", new).await.as_ref(), Ok(&default));
    assert_eq!(shown(&address, "127.0.0.1", new).await.as_ref(), Ok(&default));
    assert_eq!(shown(&address, "a.other.example.com", new).await.as_ref(), Ok(&other));
    let own = shown(&address, "kubernetes.default.svc", new).await.expect("a certificate");
    assert!(own != default && own != other);
    shown(&address, "api.example.com", &rustls::version::TLS12).await.expect_err("it is too old");

    let renewed = write_pair(&folder, "default", &["api.example.com"]);
    until("the new certificate", async || match shown(&address, "api.example.com", new).await {
        Ok(found) if found == renewed => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    // It is for no address now, so that nobody who comes by one could verify it.
    let by_address = shown(&address, "127.0.0.1", new).await.expect("a certificate");
    assert!(by_address != default && by_address != renewed);

    cluster.signal("TERM");
    cluster.ended().await;
    let refused = cluster.isopod(&[
        "up",
        "--listen",
        "127.0.0.1:0",
        "--tls-cert-file",
        &certificate,
        "--tls-private-key-file",
        &path("other.key"),
    ]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("tls: private key does not match public key"), "{said}");
}
