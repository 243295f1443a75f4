//! A certificate that can be replaced while it is in use.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Leaf;
use crate::BoxError;

/// What this server shows on new connections, of whichever end it is.
pub(super) struct Current(ArcSwap<CertifiedKey>);

impl Current {
    pub(super) fn new(leaf: &Leaf) -> Result<Self, BoxError> {
        Ok(Self(ArcSwap::from_pointee(certified(leaf)?)))
    }

    pub(super) fn replace(&self, leaf: &Leaf) -> Result<(), BoxError> {
        self.0.store(Arc::new(certified(leaf)?));
        Ok(())
    }

    pub(super) fn get(&self) -> Arc<CertifiedKey> {
        self.0.load_full()
    }
}

fn certified(leaf: &Leaf) -> Result<CertifiedKey, BoxError> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf.key.serialize_der()));
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)?;
    Ok(CertifiedKey::new(vec![leaf.certificate.clone()], key))
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }
}

impl ResolvesClientCert for Current {
    fn resolve(
        &self,
        _issuers: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Current")
    }
}
