//! Names that begin with a domain, or are one.

use machinery::{FieldPath, names};

/// `*.example.com`.
pub(crate) fn wildcard(value: &str) -> Option<String> {
    const MESSAGE: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which \
        must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. \
        '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*\
        [a-z0-9])?)*')";
    let fits =
        value.strip_prefix("*.").is_some_and(|rest| names::dns1123_subdomain(rest).is_none());
    (!fits).then(|| MESSAGE.to_owned())
}

/// `acme.io/foo`: who made it, and what it is called there.
pub fn validate_prefixed_path(value: &str, field: &str, path: &FieldPath<'_>) {
    if value.is_empty() {
        path.required(field, "");
        return;
    }
    let Some((domain, rest)) =
        value.split_once('/').filter(|(domain, rest)| !domain.is_empty() && !rest.is_empty())
    else {
        path.invalid(field, value, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        return;
    };
    path.check(field, domain, names::dns1123_subdomain(domain));
    if !rest.bytes().all(is_path_byte) {
        let detail =
            "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
        path.invalid(field, rest, detail);
    }
}

/// What a path of a URL may hold (RFC 3986).
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte)
}

/// `policy.example.com`: at least three labels.
pub(crate) fn validate_fully_qualified(value: &str, field: &str, path: &FieldPath<'_>) {
    if value.is_empty() {
        path.required(field, "");
    } else if let Some(problem) = names::dns1123_subdomain(value) {
        path.invalid(field, value, &problem);
    } else if value.split('.').count() < 3 {
        path.invalid(
            field,
            value,
            "should be a domain with at least three segments separated by dots",
        );
    }
}
