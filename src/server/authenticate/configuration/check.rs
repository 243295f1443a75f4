//! What a file about providers may say.

use std::collections::HashSet;

use http::Uri;
use machinery::{FieldErrors, FieldPath};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::{ClaimRule, Configuration, ExtraMapping, Issuer, Mapping, Mappings, Provider};
use crate::authenticate::oidc::expression::{self, Kind};

/// Providers of one server, as on Kubernetes.
const PROVIDERS_MAX: usize = 64;
/// Keys whose domains are these, or below them, are for Kubernetes' own use.
const RESERVED_DOMAINS: [&str; 2] = ["k8s.io", "kubernetes.io"];
/// How several audiences match: one suffices.
const MATCH_ANY: &str = "MatchAny";
const BOTH: &str = "claim and expression can't both be set";
const NEITHER: &str = "claim or expression is required";

/// Everything that is wrong with a configuration; no provider may have one of the `reserved` addresses.
pub(super) fn check(configuration: &Configuration, reserved: &[String]) -> Result<(), String> {
    let errors = FieldErrors::new();
    let jwt = errors.at("jwt");
    if configuration.jwt.len() > PROVIDERS_MAX {
        jwt.too_many("", configuration.jwt.len(), PROVIDERS_MAX);
    }
    let (mut urls, mut documents) = (HashSet::new(), HashSet::new());
    for (index, provider) in configuration.jwt.iter().enumerate().take(PROVIDERS_MAX) {
        let at = jwt.index(index);
        let Issuer { url, discovery_url, .. } = &provider.issuer;
        check_issuer(&at.at("issuer"), &provider.issuer, reserved);
        if !urls.insert(url) && !url.is_empty() {
            at.at("issuer").duplicate("url", url.as_str());
        }
        if !discovery_url.is_empty() && !documents.insert(discovery_url) {
            at.at("issuer").duplicate("discoveryURL", discovery_url.as_str());
        }
        check_claim_rules(&at.at("claimValidationRules"), &provider.claim_validation_rules);
        check_mappings(&at, provider);
        check_user_rules(&at.at("userValidationRules"), provider);
    }
    let anonymous = configuration.anonymous.as_ref();
    if let Some(anonymous) = anonymous.filter(|it| !it.enabled && !it.conditions.is_empty()) {
        let detail = "enabled should be set to true when conditions are defined";
        errors.at("anonymous").invalid("conditions", anonymous.conditions.len(), detail);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.to_string()) }
}

fn check_issuer(at: &FieldPath<'_>, issuer: &Issuer, reserved: &[String]) {
    check_url(at, "url", &issuer.url);
    if reserved.contains(&issuer.url) {
        let detail = format!("URL must not overlap with disallowed issuers: {reserved:?}");
        at.invalid("url", issuer.url.as_str(), &detail);
    }
    if !issuer.discovery_url.is_empty() {
        let same = issuer.discovery_url.trim_end_matches('/') == issuer.url.trim_end_matches('/');
        if same {
            let detail = "discoveryURL must be different from URL";
            at.invalid("discoveryURL", issuer.discovery_url.as_str(), detail);
        }
        check_url(at, "discoveryURL", &issuer.discovery_url);
    }
    let authority = &issuer.certificate_authority;
    let mut roots = RootCertStore::empty();
    let readable = CertificateDer::pem_slice_iter(authority.as_bytes())
        .all(|one| one.is_ok_and(|one| roots.add(one).is_ok()));
    let readable = readable && !roots.is_empty();
    if !authority.is_empty() && !readable {
        let detail = "data does not contain any valid RSA or ECDSA certificates";
        at.invalid("certificateAuthority", "<omitted>", detail);
    }
    check_audiences(at, issuer);
}

fn check_url(at: &FieldPath<'_>, field: &str, url: &str) {
    if url.is_empty() {
        return at.required(field, "URL is required");
    }
    let wrong = match url.parse::<Uri>() {
        Err(_) => "must be a URL",
        Ok(uri) if uri.scheme_str() != Some("https") => "URL scheme must be https",
        Ok(uri) if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            "URL must not contain a username or password"
        }
        Ok(uri) if uri.query().is_some() => "URL must not contain a query",
        // The parser leaves fragments out.
        Ok(_) if url.contains('#') => "URL must not contain a fragment",
        Ok(_) => return,
    };
    at.invalid(field, url, wrong);
}

fn check_audiences(at: &FieldPath<'_>, issuer: &Issuer) {
    let Issuer { audiences, audience_match_policy: policy, .. } = issuer;
    if audiences.is_empty() {
        at.required("audiences", "at least one jwt[*].issuer.audiences is required");
    }
    let mut seen = HashSet::new();
    for (index, audience) in audiences.iter().enumerate() {
        let item = at.at("audiences").index(index);
        if audience.is_empty() {
            item.required("", "audience can't be empty");
        } else if !seen.insert(audience) {
            item.duplicate("", audience.as_str());
        }
    }
    if audiences.len() > 1 && policy != MATCH_ANY {
        let detail = "audienceMatchPolicy must be MatchAny for multiple audiences";
        at.invalid("audienceMatchPolicy", policy.as_str(), detail);
    } else if !policy.is_empty() && policy != MATCH_ANY {
        let detail = "audienceMatchPolicy must be empty or MatchAny for single audience";
        at.invalid("audienceMatchPolicy", policy.as_str(), detail);
    }
}

fn check_claim_rules(at: &FieldPath<'_>, rules: &[ClaimRule]) {
    let (mut claims, mut expressions) = (HashSet::new(), HashSet::new());
    for (index, rule) in rules.iter().enumerate() {
        let at = at.index(index);
        match (rule.claim.as_str(), rule.expression.as_str()) {
            ("", "") => at.required("", NEITHER),
            ("", source) => {
                if !rule.required_value.is_empty() {
                    let detail = "requiredValue can't be set when expression is set";
                    at.invalid("requiredValue", rule.required_value.as_str(), detail);
                }
                if !expressions.insert(source) {
                    at.duplicate("expression", source);
                }
                check_expression(&at, "expression", source, Kind::ClaimRule);
            }
            (claim, "") => {
                if !rule.message.is_empty() {
                    let detail = "message can't be set when claim is set";
                    at.invalid("message", rule.message.as_str(), detail);
                }
                if !claims.insert(claim) {
                    at.duplicate("claim", claim);
                }
            }
            (_, source) => at.invalid("", source, BOTH),
        }
    }
}

fn check_mappings(provider_at: &FieldPath<'_>, provider: &Provider) {
    let at = provider_at.at("claimMappings");
    let Mappings { username, groups, uid, extra } = &provider.claim_mappings;
    if username.claim.is_empty() && username.expression.is_empty() {
        at.required("username", NEITHER);
    }
    check_mapping(&at.at("username"), username);
    check_mapping(&at.at("groups"), groups);
    match (uid.claim.as_str(), uid.expression.as_str()) {
        (_, "") => {}
        ("", source) => check_expression(&at.at("uid"), "expression", source, Kind::Mapping),
        (_, source) => at.invalid("uid", source, BOTH),
    }
    let mut keys = HashSet::new();
    for (index, mapping) in extra.iter().enumerate() {
        let at = at.at("extra").index(index);
        check_extra(&at, mapping);
        if !mapping.key.is_empty() && !keys.insert(&mapping.key) {
            at.duplicate("key", mapping.key.as_str());
        }
    }
    if expression::reads_claim(&username.expression, "email") && !verifies_email(provider) {
        let detail = "claims.email_verified must be used in claimMappings.username.expression or \
                      claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when \
                      claims.email is used in claimMappings.username.expression";
        at.at("username").invalid("expression", username.expression.as_str(), detail);
    }
}

/// Whether something asks if an address is the user's own.
fn verifies_email(provider: &Provider) -> bool {
    let mappings = &provider.claim_mappings;
    let extra = mappings.extra.iter().map(|mapping| &mapping.value_expression);
    let rules = provider.claim_validation_rules.iter().map(|rule| &rule.expression);
    let mut sources = std::iter::once(&mappings.username.expression).chain(extra).chain(rules);
    sources.any(|source| expression::reads_claim(source, "email_verified"))
}

fn check_mapping(at: &FieldPath<'_>, mapping: &Mapping) {
    let Mapping { claim, prefix, expression } = mapping;
    match (claim.as_str(), prefix, expression.as_str()) {
        ("", None, "") | (_, Some(_), "") => {}
        (_, None, "") => at.required(
            "prefix",
            "prefix is required when claim is set. It can be set to an empty string to disable prefixing",
        ),
        ("", None, source) => check_expression(at, "expression", source, Kind::Mapping),
        ("", Some(prefix), _) => {
            at.invalid("prefix", prefix.as_str(), "prefix can't be set when expression is set");
        }
        (_, _, source) => at.invalid("", source, BOTH),
    }
}

fn check_extra(at: &FieldPath<'_>, mapping: &ExtraMapping) {
    let key = mapping.key.as_str();
    if key.to_lowercase() != key {
        at.invalid("key", key, "key must be lowercase");
    }
    kinds::validate_prefixed_path(key, "key", at);
    let domain = key.split('/').next().unwrap_or_default();
    let is_below = |own: &str| {
        domain.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if RESERVED_DOMAINS.into_iter().any(is_below) {
        let detail = "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use";
        at.invalid("key", key, detail);
    }
    match mapping.value_expression.as_str() {
        "" => at.required("valueExpression", "valueExpression is required"),
        source => check_expression(at, "valueExpression", source, Kind::Mapping),
    }
}

fn check_user_rules(at: &FieldPath<'_>, provider: &Provider) {
    let mut seen = HashSet::new();
    for (index, rule) in provider.user_validation_rules.iter().enumerate() {
        let at = at.index(index);
        match rule.expression.as_str() {
            "" => at.required("expression", "expression is required"),
            source if !seen.insert(source) => at.duplicate("expression", source),
            source => check_expression(&at, "expression", source, Kind::UserRule),
        }
    }
}

fn check_expression(at: &FieldPath<'_>, field: &str, source: &str, kind: Kind) {
    if let Err(why) = expression::compile(source, kind) {
        at.invalid(field, source, &why);
    }
}
