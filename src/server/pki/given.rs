//! Certificates that an operator brings, which are shown instead of the server's own, and are read again when their
//! files change.
//!
//! By the name that a client asks for: whole names go before wildcards, and names that flags give before those in the
//! certificates. Under the names that only pods and this cluster's own kubeconfig use, the cluster's certificate is
//! shown, since its authority is what they know, unless a flag says otherwise. Everybody else sees the default; so does
//! who comes by address and says no name, provided that the default is for addresses.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use base::Tasks;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::OWN_NAMES;
use crate::reload::{self, Digest, Reload};
use crate::{BoxError, CertificateFiles, ServingSettings};

/// Bytes of a certificate with its chain, or of a key.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What is shown to whom.
pub(super) struct Given {
    default: Option<Arc<Pair>>,
    named: Vec<Arc<Pair>>,
    own: Arc<dyn ResolvesServerCert>,
}

/// A certificate with its key, as its files are now.
struct Pair {
    files: CertificateFiles,
    current: ArcSwap<Loaded>,
}

struct Loaded {
    certified: Arc<CertifiedKey>,
    /// The names in the certificate.
    names: Vec<String>,
    /// Whether there are addresses in it.
    has_addresses: bool,
    digest: Digest,
}

/// Keeps a pair in step with its files.
struct Keeper(Arc<Pair>);

impl Given {
    /// Reads all of them.
    pub(super) fn open(
        settings: &ServingSettings,
        own: Arc<dyn ResolvesServerCert>,
    ) -> Result<Self, BoxError> {
        let open = |files: &CertificateFiles| Pair::open(files).map(Arc::new);
        Ok(Self {
            default: settings.default.as_ref().map(open).transpose()?,
            named: settings.named.iter().map(open).collect::<Result<_, _>>()?,
            own,
        })
    }

    /// Starts to look at their files.
    pub(super) fn keep(&self, tasks: &Tasks) {
        for pair in self.default.iter().chain(&self.named) {
            let file = pair.files.certificate.clone();
            reload::keep(tasks, "serving certificate", file, Keeper(Arc::clone(pair)), None);
        }
    }

    fn find(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        let is_own = OWN_NAMES.contains(&name.as_str());
        let wildcard = name.split_once('.').map(|(_, domain)| format!("*.{domain}"));
        for wanted in [Some(name), wildcard].into_iter().flatten() {
            for explicit in [true, false] {
                if is_own && !explicit {
                    continue;
                }
                let found = self.named.iter().map(|pair| (pair, pair.current.load_full()));
                let mut found = found.filter(|(pair, loaded)| {
                    let given = &pair.files.names;
                    let names = if given.is_empty() { &loaded.names } else { given };
                    given.is_empty() != explicit
                        && names.iter().any(|own| own.eq_ignore_ascii_case(&wanted))
                });
                if let Some((_, loaded)) = found.next() {
                    return Some(Arc::clone(&loaded.certified));
                }
            }
        }
        None
    }
}

impl ResolvesServerCert for Given {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name();
        if let Some(found) = name.and_then(|name| self.find(name)) {
            return Some(found);
        }
        let default = self.default.as_ref().map(|default| default.current.load());
        let default = default.filter(|default| match name {
            Some(name) => !OWN_NAMES.contains(&name),
            // Who does without a name checks an address.
            None => default.has_addresses,
        });
        match default {
            Some(default) => Some(Arc::clone(&default.certified)),
            None => self.own.resolve(hello),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("named", &self.named.len()).finish_non_exhaustive()
    }
}

impl Pair {
    fn open(files: &CertificateFiles) -> Result<Self, BoxError> {
        let loaded = Loaded::read(files).map_err(|error| {
            let (certificate, key) = (files.certificate.display(), files.key.display());
            format!("unable to load server certificate {certificate} with the key {key}: {error}")
        })?;
        Ok(Self { files: files.clone(), current: ArcSwap::from_pointee(loaded) })
    }
}

impl Reload for Keeper {
    async fn look(&mut self) -> Result<Option<Digest>, BoxError> {
        let (certificate, key) = texts(&self.0.files)?;
        let digest = digest(&certificate, &key);
        if self.0.current.load().digest == digest {
            return Ok(None);
        }
        self.0.current.store(Arc::new(Loaded::new(&certificate, &key)?));
        Ok(Some(digest))
    }
}

impl Loaded {
    fn read(files: &CertificateFiles) -> Result<Self, BoxError> {
        let (certificate, key) = texts(files)?;
        Self::new(&certificate, &key)
    }

    fn new(certificate: &[u8], key: &[u8]) -> Result<Self, BoxError> {
        let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
        let chain: Vec<CertificateDer<'static>> = chain?;
        let Some(first) = chain.first() else {
            return Err("tls: failed to find any PEM data in certificate input".into());
        };
        let (names, has_addresses) = names(first)?;
        let found = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| "tls: failed to find any PEM data in key input")?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let certified =
            CertifiedKey::from_der(chain, found, &provider).map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => {
                    BoxError::from("tls: private key does not match public key")
                }
                other => other.into(),
            })?;
        let digest = digest(certificate, key);
        Ok(Self { certified: Arc::new(certified), names, has_addresses, digest })
    }
}

fn texts(files: &CertificateFiles) -> Result<(Vec<u8>, Vec<u8>), BoxError> {
    Ok((read(&files.certificate)?, read(&files.key)?))
}

fn read(file: &Path) -> Result<Vec<u8>, BoxError> {
    let named = |error: std::io::Error| format!("{}: {error}", file.display());
    if std::fs::metadata(file).map_err(named)?.len() > FILE_BYTES_MAX {
        return Err(format!("{} is longer than {FILE_BYTES_MAX} bytes", file.display()).into());
    }
    Ok(std::fs::read(file).map_err(named)?)
}

fn digest(certificate: &[u8], key: &[u8]) -> Digest {
    let mut digest = Sha256::new();
    // Each by itself: what moves from one file to the other is a change.
    digest.update(Sha256::digest(certificate));
    digest.update(Sha256::digest(key));
    digest.finalize().into()
}

/// The names that a certificate is for, and whether it is for addresses, too.
fn names(certificate: &[u8]) -> Result<(Vec<String>, bool), BoxError> {
    let (_, certificate) = X509Certificate::from_der(certificate)?;
    let Some(found) = certificate.subject_alternative_name()? else {
        return Ok((Vec::new(), false));
    };
    let is_address = |name: &GeneralName<'_>| matches!(name, GeneralName::IPAddress(_));
    let has_addresses = found.value.general_names.iter().any(is_address);
    let names = found.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    Ok((names.collect(), has_addresses))
}

impl CertificateFiles {
    /// Reads `certificate,key` or `certificate,key:name,name`, as the flag has it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (files, names) = match text.rsplit_once(':') {
            Some((files, names)) => (files, names.split(',').map(str::to_owned).collect()),
            None => (text, Vec::new()),
        };
        let parts: Vec<&str> = files.split(',').collect();
        let [certificate, key] = parts[..] else {
            return Err("expected comma separated certificate and key file paths".to_owned());
        };
        if certificate.is_empty() || key.is_empty() {
            return Err("expected comma separated certificate and key file paths".to_owned());
        }
        if names.iter().any(String::is_empty) {
            return Err("domain patterns must not be empty".to_owned());
        }
        Ok(Self { certificate: PathBuf::from(certificate), key: PathBuf::from(key), names })
    }
}

#[cfg(test)]
mod tests;
