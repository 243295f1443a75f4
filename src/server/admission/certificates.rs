//! Who may ask for, approve and sign certificates (`CertificateApproval`, `CertificateSigning`,
//! `CertificateSubjectRestriction`).

use machinery::{ApiError, FieldErrors};
use serde_json::Value;

use super::Attributes;
use crate::authorize::{Action, Authorizer};
use crate::identity::MASTERS;
use crate::request::Verb;
use crate::signing::organizations;

const GROUP: &str = "certificates.k8s.io";
const PLURAL: &str = "certificatesigningrequests";
/// The signer whose certificates make users.
const CLIENT_SIGNER: &str = "kubernetes.io/kube-apiserver-client";

pub(super) async fn check(
    authorizer: &Authorizer,
    attributes: &Attributes<'_>,
) -> Result<(), ApiError> {
    if !attributes.is(GROUP, PLURAL) {
        return Ok(());
    }
    match (attributes.verb, attributes.subresource) {
        (Verb::Create, None) => may_ask(attributes),
        (Verb::Update, Some("approval")) => may(authorizer, attributes, "approve").await,
        (Verb::Update, Some("status")) if signs(attributes) => {
            may(authorizer, attributes, "sign").await
        }
        _ => Ok(()),
    }
}

/// The request must be one, and a certificate that makes an administrator is not for asking.
fn may_ask(attributes: &Attributes<'_>) -> Result<(), ApiError> {
    let spec = &attributes.object["spec"];
    let groups = organizations(attributes.object).map_err(|why| {
        let errors = FieldErrors::new();
        errors.at("spec").invalid("request", spec["request"].clone(), &why);
        ApiError::invalid(GROUP, "CertificateSigningRequest", attributes.name, errors)
    })?;
    if spec["signerName"] != CLIENT_SIGNER {
        return Ok(());
    }
    if groups.iter().any(|group| group == MASTERS) {
        let detail = format!("use of {CLIENT_SIGNER} signer with {MASTERS} group is not allowed");
        return Err(attributes.forbidden(&detail));
    }
    Ok(())
}

/// Whether a write to the status issues a certificate or says that none will be.
fn signs(attributes: &Attributes<'_>) -> bool {
    let changes = |field: &str| {
        let before = attributes.old.map_or(&Value::Null, |old| &old["status"][field]);
        attributes.object["status"][field] != *before
    };
    changes("certificate") || changes("conditions")
}

/// Permission is given for a signer, or for all of a domain.
async fn may(
    authorizer: &Authorizer,
    attributes: &Attributes<'_>,
    verb: &str,
) -> Result<(), ApiError> {
    // What is stored counts: a writer of the status cannot change the signer.
    let object = attributes.old.unwrap_or(attributes.object);
    let signer = object["spec"]["signerName"].as_str().unwrap_or_default();
    let domain = signer.split('/').next().unwrap_or_default();
    let whole_domain = format!("{domain}/*");
    for name in [signer, &whole_domain] {
        let action = Action {
            verb,
            group: GROUP,
            version: "*",
            resource: "signers",
            name,
            ..Action::default()
        };
        if authorizer.allows(attributes.identity, &action).await {
            return Ok(());
        }
    }
    let detail = format!("user not permitted to {verb} requests with signerName {signer:?}");
    Err(attributes.forbidden(&detail))
}
