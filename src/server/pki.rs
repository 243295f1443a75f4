//! The cluster's own certificate authority: made on first start, kept on disk, never sent anywhere.
//!
//! Only the authority and the service-account key live on disk. Leaf certificates are signed at each
//! start, which costs a millisecond and leaves nothing to expire on a machine that is switched off, and again
//! while the server runs, which leaves nothing to expire on one that never is.

mod current;
mod der;
mod files;
mod given;
mod issue;
mod serving;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::client::ResolvesClientCert;
use rustls::server::ResolvesServerCert;
use rustls::version::TLS13;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509Certificate};

pub(crate) use issue::{Signer, Wanted, is_alternative_names};
pub(crate) use serving::{Serving, start};

use crate::advertise::advertised;
use crate::authenticate::AnyCertificate;
use crate::pki::files::Files;
use crate::pki::given::Given;
use crate::{BoxError, Config, Error, TlsVersion};

/// The authority outlives every leaf; replacing it means new kubeconfigs for everybody. Ten years.
const AUTHORITY_VALIDITY: Duration = Duration::from_hours(3_652 * 24);
/// From when certificates are valid, before they are made: a client whose clock is behind accepts them.
const BACKDATED: Duration = Duration::from_hours(24);
/// The folder of the data directory that holds keys.
const FOLDER: &str = "pki";

/// The file and the name of the authority that everybody trusts.
const CLUSTER: (&str, &str) = ("ca", "isopod-ca");
/// And of the one by which other API servers know that it is this server that says who asks. It is another one, so
/// that nobody with a certificate of the cluster can say so.
const FRONT_PROXY: (&str, &str) = ("front-proxy-ca", "isopod-front-proxy-ca");
/// Whom those servers expect.
pub(crate) const PROXY_CLIENT: &str = "front-proxy-client";

/// The names clients may reach the server by, besides its addresses.
const SERVER_NAMES: &[&str] = &[
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];
/// Those of them that mean this server nowhere but in this cluster.
const OWN_NAMES: &[&str] = SERVER_NAMES.split_at(1).1;
/// By which the administrator's kubeconfig asks for the server's own certificate, where it is not what all are shown.
const OWN_NAME: &str = "kubernetes.default.svc";

/// The authority and what it has signed for this server.
#[derive(Debug)]
pub(crate) struct Pki {
    server: Arc<ServerConfig>,
    authority_pem: String,
    service_account_key_pem: String,
    retired_service_account_keys: Vec<String>,
    signer: Arc<Signer>,
    front_proxy_pem: String,
    serving: Arc<Serving>,
    /// Whether most clients are shown another certificate than the server's own.
    given: bool,
}

/// A certificate with its private key.
struct Leaf {
    certificate_pem: String,
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl std::fmt::Debug for Leaf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Leaf")
    }
}

/// Makes a new key for service-account tokens in a data directory that no server uses at the moment. The tokens that
/// the old one has signed are still accepted.
pub fn rotate_service_account_key(data_dir: &Path, clock: &Clock) -> Result<(), Error> {
    let files = Files::open(Some(data_dir.join(FOLDER))).map_err(Error::Pki)?;
    files.rotate_service_account_key(clock.now()).map_err(Error::Pki)
}

/// Until when a certificate is valid, PEM.
pub fn certificate_end(pem: &str) -> Result<Timestamp, BoxError> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes())?;
    let (_, certificate) = X509Certificate::from_der(&der)?;
    Ok(Timestamp::from_second(certificate.validity().not_after.timestamp())?)
}

/// From when on it is.
fn certificate_begin(pem: &str) -> Result<Timestamp, BoxError> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes())?;
    let (_, certificate) = X509Certificate::from_der(&der)?;
    Ok(Timestamp::from_second(certificate.validity().not_before.timestamp())?)
}

/// The keys and certificates of a data directory that cannot be made again: their paths in it, and their texts.
pub(crate) fn files_to_keep(data_dir: Option<&Path>) -> Result<Vec<(String, String)>, BoxError> {
    let Some(folder) = data_dir.map(|dir| dir.join(FOLDER)) else { return Ok(Vec::new()) };
    let texts = files::texts(&folder)?;
    Ok(texts.into_iter().map(|(name, text)| (format!("{FOLDER}/{name}"), text)).collect())
}

impl Pki {
    /// Makes or reads the certificates of a server at this address.
    pub(crate) fn open(config: &Config, address: SocketAddr) -> Result<Self, Error> {
        Self::make(config, address).map_err(Error::Pki)
    }

    fn make(config: &Config, address: SocketAddr) -> Result<Self, BoxError> {
        let files = Files::open(config.data_dir.as_ref().map(|dir| dir.join(FOLDER)))?;
        let open = |name| {
            let validity = config.operations.certificate_validity;
            Authority::open(&files, name, &config.clock, validity)
        };
        let (authority, front_proxy) = (open(CLUSTER)?, open(FRONT_PROXY)?);
        let service_account_key_pem = files.key(files::SERVICE_ACCOUNT_KEY)?.serialize_pem();
        let signer = Arc::new(authority.signer()?);
        // The first address of the Service network belongs to the `kubernetes` Service.
        let service = config.service_cidr.hosts().next();
        let advertised = advertised(address).ip();
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let addresses = [Some(address.ip()), Some(advertised), service, Some(loopback)];
        let addresses = addresses.into_iter().flatten().collect();
        let serving = Serving::new(authority, front_proxy, addresses)?;
        let settings = &config.operations.serving;
        let given = Given::open(settings, serving.server())?;
        given.keep(&config.tasks);
        Ok(Self {
            server: Arc::new(server_config(Arc::new(given), settings.min_version)?),
            given: settings.default.is_some(),
            authority_pem: serving.authority().pem.clone(),
            front_proxy_pem: serving.front_proxy().pem.clone(),
            service_account_key_pem,
            retired_service_account_keys: files.retired_keys()?,
            signer,
            serving: Arc::new(serving),
        })
    }

    /// TLS with optional client certificates, HTTP/2 and HTTP/1.1.
    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }

    /// The authority's certificate, PEM: what every client pins.
    pub(crate) fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// The certificate of the authority that vouches for this server towards other API servers, PEM.
    pub(crate) fn front_proxy_pem(&self) -> &str {
        &self.front_proxy_pem
    }

    /// What this server shows other API servers.
    pub(crate) fn proxy_client(&self) -> Arc<dyn ResolvesClientCert> {
        self.serving.proxy_client()
    }

    /// Signs what clients ask for.
    pub(crate) fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer)
    }

    /// The private key that signs service-account tokens, PEM.
    pub(crate) fn service_account_key_pem(&self) -> &str {
        &self.service_account_key_pem
    }

    /// The public keys of those it replaced, PEM.
    pub(crate) fn retired_service_account_keys(&self) -> &[String] {
        &self.retired_service_account_keys
    }

    /// The certificates that change while the server runs.
    pub(crate) fn serving(&self) -> Arc<Serving> {
        Arc::clone(&self.serving)
    }

    /// Has clients of a cluster in a kubeconfig ask for a certificate that they can verify, when others see another.
    pub(crate) fn name_server(&self, cluster: &mut Value) {
        if self.given {
            cluster["tls-server-name"] = OWN_NAME.into();
        }
    }

    /// A kubeconfig for the administrator.
    pub(crate) fn admin_kubeconfig(&self, address: SocketAddr) -> String {
        let reachable = reachable(address);
        let admin = self.serving.admin();
        let mut config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": "isopod", "cluster": {
                "server": format!("https://{reachable}"),
                "certificate-authority-data": STANDARD.encode(&self.authority_pem),
            }}],
            "users": [{ "name": "isopod", "user": {
                "client-certificate-data": STANDARD.encode(&admin.certificate_pem),
                "client-key-data": STANDARD.encode(admin.key.serialize_pem()),
            }}],
            "contexts": [{ "name": "isopod", "context": {
                "cluster": "isopod", "user": "isopod", "namespace": "default",
            }}],
            "current-context": "isopod",
        });
        self.name_server(&mut config["clusters"][0]["cluster"]);
        // JSON is YAML, and every client reads it.
        format!("{config:#}\n")
    }
}

/// Signs certificates for this cluster.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    clock: Clock,
    /// How long its leaves are valid.
    validity: Duration,
}

impl Authority {
    fn open(
        files: &Files,
        (file, name): (&str, &str),
        clock: &Clock,
        validity: Duration,
    ) -> Result<Self, BoxError> {
        let key = files.key(&format!("{file}.key"))?;
        let pem = files.text(&format!("{file}.crt"), || {
            let mut params = CertificateParams::new(Vec::new())?;
            params.distinguished_name = distinguished_name(name, "");
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            params.key_usages = vec![
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::KeyCertSign,
                KeyUsagePurpose::CrlSign,
            ];
            set_validity(&mut params, clock.now(), AUTHORITY_VALIDITY);
            Ok(params.self_signed(&key)?.pem())
        })?;
        let issuer = Issuer::from_ca_cert_pem(&pem, key)?;
        Ok(Self { issuer, pem, clock: clock.clone(), validity })
    }

    /// The same key, for certificates that clients ask for.
    fn signer(&self) -> Result<Signer, BoxError> {
        Signer::new(&self.pem, &self.issuer.key().serialize_pem())
    }

    fn server(&self, addresses: &[IpAddr]) -> Result<Leaf, BoxError> {
        let mut params = self.params("kube-apiserver", "", ExtendedKeyUsagePurpose::ServerAuth)?;
        for name in SERVER_NAMES {
            params.subject_alt_names.push(SanType::DnsName((*name).try_into()?));
        }
        params.subject_alt_names.extend(addresses.iter().copied().map(SanType::IpAddress));
        self.sign(&params)
    }

    /// The common name is the user, the organization is the group.
    fn client(&self, user: &str, group: &str) -> Result<Leaf, BoxError> {
        self.sign(&self.params(user, group, ExtendedKeyUsagePurpose::ClientAuth)?)
    }

    fn params(
        &self,
        name: &str,
        organization: &str,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<CertificateParams, BoxError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = distinguished_name(name, organization);
        params.extended_key_usages = vec![usage];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        set_validity(&mut params, self.clock.now(), self.validity);
        Ok(params)
    }

    fn sign(&self, params: &CertificateParams) -> Result<Leaf, BoxError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let (certificate_pem, certificate) = (certificate.pem(), certificate.der().clone());
        Ok(Leaf { certificate_pem, certificate, key })
    }
}

/// Where a client on this machine finds a server that listens there.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if ip.is_unspecified() && ip.is_ipv4() => {
            SocketAddr::from(([127, 0, 0, 1], address.port()))
        }
        ip if ip.is_unspecified() => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], address.port())),
        _ => address,
    }
}

fn server_config(
    certificates: Arc<dyn ResolvesServerCert>,
    min_version: TlsVersion,
) -> Result<ServerConfig, BoxError> {
    let versions = match min_version {
        TlsVersion::Tls12 => rustls::ALL_VERSIONS,
        TlsVersion::Tls13 => const { &[&TLS13] },
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // What a client's certificate means is decided behind the handshake.
    let clients = AnyCertificate::new(Arc::clone(&provider));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// With one organization at most: rcgen keeps only the last of several.
fn distinguished_name(name: &str, organization: &str) -> DistinguishedName {
    let mut dn = DistinguishedName::new();
    if !organization.is_empty() {
        dn.push(DnType::OrganizationName, organization);
    }
    dn.push(DnType::CommonName, name);
    dn
}

fn set_validity(params: &mut CertificateParams, now: Timestamp, validity: Duration) {
    let now = Duration::from_secs(u64::try_from(now.as_second()).unwrap_or_default());
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(BACKDATED);
    params.not_after = epoch + now + validity;
}

#[cfg(test)]
mod tests;
