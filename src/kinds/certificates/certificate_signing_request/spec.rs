//! Whether a request can be signed.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use machinery::{FieldPath, names};
use serde_json::Value;

use crate::read::{items, text};

/// A certificate that lives shorter could not be renewed in time.
const MIN_SECONDS: i64 = 600;

/// What a request looks like (RFC 7468).
const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE REQUEST-----";

/// Requests of the first version of the API may name it, this one's may not.
const LEGACY_SIGNER: &str = "kubernetes.io/legacy-unknown";

const USAGES: &[&str] = &[
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

pub(super) fn validate(spec: &Value, path: &FieldPath<'_>) {
    let request = text(spec, "request");
    let decoded = BASE64_STANDARD.decode(request).unwrap_or_default();
    if !String::from_utf8_lossy(&decoded).contains(PEM_BEGIN) {
        path.invalid("request", request, "PEM block type must be CERTIFICATE REQUEST");
    }
    validate_usages(spec, path);
    match text(spec, "signerName") {
        LEGACY_SIGNER => {
            let detail = "the legacy signerName is not allowed via this API version";
            path.invalid("signerName", LEGACY_SIGNER, detail);
        }
        name => validate_signer(name, path),
    }
    if let Some(seconds) = spec["expirationSeconds"].as_i64().filter(|s| *s < MIN_SECONDS) {
        let detail = "may not specify a duration less than 600 seconds (10 minutes)";
        path.invalid("expirationSeconds", seconds, detail);
    }
}

fn validate_usages(spec: &Value, path: &FieldPath<'_>) {
    let mut seen = BTreeSet::new();
    if items(spec, "usages").next().is_none() {
        path.required("usages", "");
    }
    for (index, usage) in items(spec, "usages").filter_map(Value::as_str).enumerate() {
        let path = path.at("usages").index(index);
        if !USAGES.contains(&usage) {
            path.not_supported("", usage, USAGES);
        }
        if !seen.insert(usage) {
            path.duplicate("", usage);
        }
    }
}

fn validate_signer(name: &str, path: &FieldPath<'_>) {
    let parts: Vec<&str> = name.split('/').collect();
    match parts.as_slice() {
        [""] => path.required("signerName", ""),
        [domain, own] => {
            path.check("signerName", domain, names::dns1123_subdomain(domain));
            if !domain.contains('.') {
                let detail = "should be a domain with at least two segments separated by dots";
                path.invalid("signerName", *domain, detail);
            }
            path.check("signerName", own, names::dns1123_subdomain(own));
        }
        _ => path.invalid(
            "signerName",
            name,
            "must be a fully qualified domain and path of the form 'example.com/signer-name'",
        ),
    }
}
