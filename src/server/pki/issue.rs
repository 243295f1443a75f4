//! Certificates for requests of clients (RFC 2986): the subject and the key as they were asked for, to the byte.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, SigningKey};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry::Oid;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::der;
use crate::BoxError;

const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const AUTHORITY_KEY: &[u8] = &[0x55, 0x1d, 0x23];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// The bits of the key usage.
const FLAGS: &[(&str, u8)] = &[("digital signature", 1 << 7), ("key encipherment", 1 << 5)];
/// The purposes of the extended key usage.
const PURPOSES: &[(&str, &[u8])] = &[
    ("server auth", &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]),
    ("client auth", &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02]),
];
/// The largest serial number is 20 bytes (RFC 5280); this many random ones are unique.
const SERIAL_BYTES: usize = 16;

/// What goes into a certificate.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// The subject, encoded.
    pub(crate) subject: &'a [u8],
    /// The public key with its algorithm, encoded.
    pub(crate) public_key: &'a [u8],
    /// The alternative names, as the extension holds them.
    pub(crate) alternative_names: Option<&'a [u8]>,
    /// What it is good for, in the API's words: one of those of [`FLAGS`] and [`PURPOSES`].
    pub(crate) usages: &'a BTreeSet<&'a str>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

/// The authority's key, for certificates of others.
pub(crate) struct Signer {
    key: KeyPair,
    algorithm: Vec<u8>,
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    not_after: Timestamp,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    pub(super) fn new(authority_pem: &str, key_pem: &str) -> Result<Self, BoxError> {
        let key = KeyPair::from_pem(key_pem)?;
        let der = CertificateDer::from_pem_slice(authority_pem.as_bytes())?;
        let (_, certificate) = X509Certificate::from_der(&der)?;
        let key_id = certificate.extensions().iter().find_map(|extension| {
            match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                _ => None,
            }
        });
        Ok(Self {
            algorithm: algorithm(&key)?,
            subject: certificate.subject().as_raw().to_vec(),
            key_id,
            not_after: Timestamp::from_second(certificate.validity().not_after.timestamp())?,
            key,
        })
    }

    /// When the authority's own certificate ends.
    pub(crate) fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Signs; gives the certificate as PEM.
    pub(crate) fn issue(
        &self,
        wanted: &Wanted<'_>,
        random: &base::Random,
    ) -> Result<String, BoxError> {
        let mut serial = [0; SERIAL_BYTES];
        random.fill(&mut serial);
        // Not zero, and not longer than it looks.
        serial[0] = serial[0] & 0x7f | 0x40;
        let body = der::sequence(&[
            &der::explicit(0, &der::integer(&[2])),
            &der::integer(&serial),
            &self.algorithm,
            &self.subject,
            &der::sequence(&[&der::time(wanted.not_before), &der::time(wanted.not_after)]),
            wanted.subject,
            wanted.public_key,
            &der::explicit(3, &self.extensions(wanted)),
        ]);
        let signature = self.key.sign(&body)?;
        let certificate = der::sequence(&[&body, &self.algorithm, &der::bits(&signature)]);
        Ok(pem(&certificate))
    }

    fn extensions(&self, wanted: &Wanted<'_>) -> Vec<u8> {
        let mut all = Vec::new();
        let asked = FLAGS.iter().filter(|(usage, _)| wanted.usages.contains(usage));
        let flags = asked.fold(0, |flags, (_, bit)| flags | bit);
        if flags != 0 {
            all.push(der::extension(KEY_USAGE, true, &der::named_bits(flags)));
        }
        let asked = PURPOSES.iter().filter(|(usage, _)| wanted.usages.contains(usage));
        let purposes: Vec<Vec<u8>> = asked.map(|(_, id)| der::identifier(id)).collect();
        if !purposes.is_empty() {
            let list = der::sequence(&[&purposes.concat()]);
            all.push(der::extension(EXTENDED_KEY_USAGE, false, &list));
        }
        // Empty: it is no authority.
        all.push(der::extension(BASIC_CONSTRAINTS, true, &der::sequence(&[])));
        if let Some(id) = &self.key_id {
            let value = der::sequence(&[&der::tagged(0x80, id)]);
            all.push(der::extension(AUTHORITY_KEY, false, &value));
        }
        if let Some(names) = wanted.alternative_names {
            // They are all there is to say who it is when there is no subject.
            let critical = wanted.subject == der::sequence(&[]);
            all.push(der::extension(ALTERNATIVE_NAMES, critical, names));
        }
        der::sequence(&[&all.concat()])
    }
}

/// Whether an extension holds alternative names.
pub(crate) fn is_alternative_names(id: &Oid<'_>) -> bool {
    id.as_bytes() == ALTERNATIVE_NAMES
}

fn algorithm(key: &KeyPair) -> Result<Vec<u8>, BoxError> {
    if key.is_compatible(&PKCS_ECDSA_P256_SHA256) {
        Ok(der::sequence(&[&der::identifier(ECDSA_SHA256)]))
    } else if key.is_compatible(&PKCS_ECDSA_P384_SHA384) {
        Ok(der::sequence(&[&der::identifier(ECDSA_SHA384)]))
    } else if key.is_compatible(&PKCS_RSA_SHA256) {
        Ok(der::sequence(&[&der::identifier(RSA_SHA256), der::NULL]))
    } else {
        Err("the authority's key is neither RSA nor ECDSA with P-256 or P-384".into())
    }
}

fn pem(der: &[u8]) -> String {
    use base64::Engine;
    use std::fmt::Write as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        let _ = writeln!(pem, "{line}");
        rest = more;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests;
