//! Client certificates: who signed the one a connection came with, and whom it names.
//!
//! The handshake accepts any certificate whose key its bearer has; whether it means anything is decided here, once
//! for a connection. So a request with a foreign certificate gets an answer that says so, and one with a token
//! besides is not refused for the certificate.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use jiff::Timestamp;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::BoxError;
use crate::identity::{CREDENTIAL_ID, Identity, User};

/// What the certificate of a connection means.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The user, if an authority for clients has signed it.
    pub(crate) client: Option<Arc<Identity>>,
    /// The proxy, if the authority for proxies has signed it.
    pub(crate) proxy: Option<String>,
    /// From then on it means nothing.
    not_after: Timestamp,
}

impl Certificate {
    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        now < self.not_after
    }
}

/// The authorities whose certificates mean something.
#[derive(Debug)]
pub(crate) struct Authorities {
    clients: Arc<dyn ClientCertVerifier>,
    proxies: Option<Arc<dyn ClientCertVerifier>>,
    client_pem: String,
    proxy_pem: String,
    clock: Clock,
}

impl Authorities {
    /// Those of clients and those of proxies, PEM with any number of certificates each.
    pub(crate) fn new(
        clients: &[String],
        proxies: Option<&str>,
        clock: Clock,
    ) -> Result<Self, BoxError> {
        let proxy_pem = proxies.unwrap_or_default().to_owned();
        let proxies = proxies.map(|pem| verifier(&[pem.to_owned()])).transpose()?;
        Ok(Self {
            clients: verifier(clients)?,
            proxies,
            client_pem: clients.concat(),
            proxy_pem,
            clock,
        })
    }

    /// The certificates of the authorities for clients.
    pub(crate) fn client_pem(&self) -> &str {
        &self.client_pem
    }

    /// The certificates of the authorities for proxies.
    pub(crate) fn proxy_pem(&self) -> &str {
        &self.proxy_pem
    }

    /// What a chain, its own certificate first, means.
    pub(crate) fn examine(&self, chain: &[CertificateDer<'_>]) -> Option<Certificate> {
        let (own, others) = chain.split_first()?;
        let now = self.clock.now();
        let seconds = u64::try_from(now.as_second()).ok()?;
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let trusted = |verifier: &Arc<dyn ClientCertVerifier>| {
            verifier.verify_client_cert(own, others, time).is_ok()
        };
        let (_, parsed) = X509Certificate::from_der(own).ok()?;
        let user = user(&parsed, own);
        let proxy = self.proxies.as_ref().filter(|verifier| trusted(verifier));
        let client = user.clone().filter(|_| trusted(&self.clients));
        Some(Certificate {
            client: client.map(|user| Arc::new(Identity::new(user))),
            proxy: proxy.map(|_| user.map(|user| user.name).unwrap_or_default()),
            not_after: Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()?,
        })
    }
}

/// The user a certificate stands for: its common name, in its organisations' groups. Which certificate it was goes to
/// the audit log (KEP-4193).
fn user(certificate: &X509Certificate<'_>, bytes: &[u8]) -> Option<User> {
    let subject = certificate.subject();
    // The last one counts, for the signer too, should there be several.
    let name = subject.iter_common_name().last()?.as_str().ok()?;
    if name.is_empty() {
        return None;
    }
    let groups = subject.iter_organization().filter_map(|group| group.as_str().ok());
    let groups = groups.map(str::to_owned).collect();
    let mut credential = "X509SHA256=".to_owned();
    for byte in Sha256::digest(bytes) {
        let _ = write!(credential, "{byte:02x}");
    }
    let extra = [(CREDENTIAL_ID.to_owned(), vec![credential])].into();
    Some(User { name: name.to_owned(), groups, extra, ..User::default() })
}

fn verifier(pems: &[String]) -> Result<Arc<dyn ClientCertVerifier>, BoxError> {
    let mut roots = RootCertStore::empty();
    for pem in pems {
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate?)?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build()?)
}

/// Lets every client certificate through whose key the client has.
#[derive(Debug)]
pub(crate) struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl AnyCertificate {
    pub(crate) fn new(provider: Arc<CryptoProvider>) -> Arc<Self> {
        Arc::new(Self { provider })
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// None: a client that has one certificate sends it whoever signed it.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _own: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, own, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, own, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
