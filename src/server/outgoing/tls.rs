//! TLS towards what the server calls.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::TlsConnector;

use super::Failure;
use crate::nodes::NodeStream;

/// A stream with TLS on it.
pub(crate) type TlsStream = tokio_rustls::client::TlsStream<NodeStream>;

/// Whose certificates are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those signed by the authorities that the machine trusts.
    System,
    /// Those signed by one of these authorities, PEM.
    Authorities(Vec<u8>),
    /// Any, which protects from listeners but not from impostors.
    Anything,
}

/// What the server proves itself with.
#[derive(Clone)]
pub(crate) enum ClientCertificate {
    /// What a file says, PEM.
    Pem { chain: Vec<u8>, key: Vec<u8> },
    /// One of the server's own, which are replaced now and then.
    Current(Arc<dyn ResolvesClientCert>),
}

impl PartialEq for ClientCertificate {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pem { chain, key }, Self::Pem { chain: other_chain, key: other_key }) => {
                chain == other_chain && key == other_key
            }
            (Self::Current(own), Self::Current(other)) => Arc::ptr_eq(own, other),
            _ => false,
        }
    }
}

impl Eq for ClientCertificate {}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientCertificate")
    }
}

/// What TLS needs to know towards one destination.
pub(crate) fn config(
    trust: &Trust,
    certificate: Option<&ClientCertificate>,
    protocols: &[&[u8]],
) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match trust {
        Trust::System => builder.with_root_certificates(system()),
        Trust::Authorities(pem) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Listed::new(pem, provider)?)),
        Trust::Anything => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AcceptAnything { provider })),
    };
    let mut config = match certificate {
        None => builder.with_no_client_auth(),
        Some(ClientCertificate::Current(certificate)) => {
            builder.with_client_cert_resolver(Arc::clone(certificate))
        }
        Some(ClientCertificate::Pem { chain, key }) => {
            let (chain, key) = client(chain, key)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("the client certificate cannot be used: {error}"))?
        }
    };
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Arc::new(config))
}

/// Speaks TLS on a stream, to a server of this name.
pub(crate) async fn wrap(
    config: Arc<ClientConfig>,
    server_name: &str,
    stream: NodeStream,
) -> Result<TlsStream, Failure> {
    let name = ServerName::try_from(server_name.to_owned())
        .map_err(|_| Failure::new(format!("tls: {server_name:?} cannot be in a certificate")))?;
    let connected = TlsConnector::from(config).connect(name, stream).await;
    connected.map_err(|error| Failure::of_tls(&error))
}

/// What the machine trusts; nothing, where that cannot be read.
fn system() -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    store
}

fn client(
    chain: &[u8],
    key: &[u8],
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let chain = chain.map_err(|error| format!("the client certificate is no PEM: {error}"))?;
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|error| format!("the client key is no PEM: {error}"))?;
    Ok((chain, key))
}

/// Accepts what an authority of a list has signed, and what is itself in the list, even if it is an authority: as Go does,
/// and as whoever makes a single certificate for a webhook needs it.
#[derive(Debug)]
pub(super) struct Listed {
    list: Vec<CertificateDer<'static>>,
    signed: Arc<WebPkiServerVerifier>,
}

impl Listed {
    pub(super) fn new(pem: &[u8], provider: Arc<CryptoProvider>) -> Result<Self, String> {
        let mut list = Vec::new();
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| format!("no certificates: {error}"))?;
            store.add(certificate.clone()).map_err(|error| format!("no authority: {error}"))?;
            list.push(certificate);
        }
        if list.is_empty() {
            let why = "unable to load root certificates: no certificate in the bundle";
            return Err(why.to_owned());
        }
        let signed = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build();
        Ok(Self { list, signed: signed.map_err(|error| error.to_string())? })
    }
}

/// Checks a certificate that nobody needs to vouch for.
fn check_itself(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), CertificateError> {
    let parsed = x509_parser::parse_x509_certificate(certificate);
    let validity = parsed.map_err(|_| CertificateError::BadEncoding)?.1.validity().clone();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < validity.not_before.timestamp() {
        return Err(CertificateError::NotValidYet);
    }
    if now > validity.not_after.timestamp() {
        return Err(CertificateError::Expired);
    }
    let parsed = ParsedCertificate::try_from(certificate);
    let parsed = parsed.map_err(|_| CertificateError::BadEncoding)?;
    verify_server_name(&parsed, name).map_err(|_| CertificateError::NotValidForName)
}

impl ServerCertVerifier for Listed {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.list.iter().any(|own| own.as_ref() == end_entity.as_ref()) {
            check_itself(end_entity, server_name, now)?;
            return Ok(ServerCertVerified::assertion());
        }
        self.signed.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signed.supported_verify_schemes()
    }
}

/// Accepts every certificate, but only from whoever holds its key.
#[derive(Debug)]
struct AcceptAnything {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AcceptAnything {
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
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
