//! What a certificate signing request asks for (RFC 2986).

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;

use crate::pki::is_alternative_names;

/// A request whose signature proves that its writer has the key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) common_name: String,
    pub(super) organizations: Vec<String>,
    pub(super) dns_names: usize,
    pub(super) addresses: usize,
    pub(super) emails: usize,
    pub(super) uris: usize,
    /// Alternative names of other sorts.
    pub(super) other_names: usize,
    /// The subject, encoded.
    pub(super) subject: Vec<u8>,
    /// The public key with its algorithm, encoded.
    pub(super) public_key: Vec<u8>,
    /// The alternative names, as the extension holds them.
    pub(super) alternative_names: Option<Vec<u8>>,
}

impl Request {
    /// Reads the request of a `CertificateSigningRequest`.
    pub(super) fn read(object: &Value) -> Result<Self, String> {
        let text = object["spec"]["request"].as_str().unwrap_or_default();
        let pem = STANDARD.decode(text).map_err(|_| "the request is not base64".to_owned())?;
        let mut sections = Pem::iter_from_buffer(&pem);
        let section = sections.next().and_then(Result::ok);
        let section = section.filter(|section| section.label == "CERTIFICATE REQUEST");
        let section = section.ok_or("PEM block type must be CERTIFICATE REQUEST")?;
        Self::decode(&section.contents)
    }

    fn decode(der: &[u8]) -> Result<Self, String> {
        let unreadable = |_| "unable to parse csr".to_owned();
        let (rest, parsed) = X509CertificationRequest::from_der(der).map_err(unreadable)?;
        if !rest.is_empty() {
            return Err("unable to parse csr: something follows it".to_owned());
        }
        parsed.verify_signature().map_err(|_| "the csr's signature does not fit".to_owned())?;
        let info = &parsed.certification_request_info;
        let text = |value: &x509_parser::x509::AttributeTypeAndValue<'_>| {
            value.as_str().map(str::to_owned).map_err(|_| "the subject is not text".to_owned())
        };
        let mut request = Self {
            common_name: info
                .subject
                .iter_common_name()
                .last()
                .map(text)
                .transpose()?
                .unwrap_or_default(),
            organizations: info.subject.iter_organization().map(text).collect::<Result<_, _>>()?,
            subject: info.subject.as_raw().to_vec(),
            public_key: info.subject_pki.raw.to_vec(),
            ..Self::default()
        };
        for attribute in info.attributes() {
            let ParsedCriAttribute::ExtensionRequest(wanted) = attribute.parsed_attribute() else {
                continue;
            };
            for extension in &wanted.extensions {
                if is_alternative_names(&extension.oid) {
                    request.take_names(extension.parsed_extension(), extension.value)?;
                }
            }
        }
        Ok(request)
    }

    fn take_names(&mut self, parsed: &ParsedExtension<'_>, value: &[u8]) -> Result<(), String> {
        let ParsedExtension::SubjectAlternativeName(names) = parsed else {
            return Err("unable to parse the subjectAltName".to_owned());
        };
        if self.alternative_names.is_some() {
            return Err("there are two subjectAltName extensions".to_owned());
        }
        for name in &names.general_names {
            let count = match name {
                GeneralName::DNSName(_) => &mut self.dns_names,
                GeneralName::IPAddress(_) => &mut self.addresses,
                GeneralName::RFC822Name(_) => &mut self.emails,
                GeneralName::URI(_) => &mut self.uris,
                _ => &mut self.other_names,
            };
            *count += 1;
        }
        self.alternative_names = Some(value.to_vec());
        Ok(())
    }
}

/// The uses that an object asks for, in order.
pub(super) fn usages(object: &Value) -> BTreeSet<&str> {
    let usages = object["spec"]["usages"].as_array().into_iter().flatten();
    usages.filter_map(Value::as_str).collect()
}
