//! `CertificateSigningRequest`: asks for a certificate, which somebody approves and somebody signs.

mod decision;
mod spec;

use std::time::Duration;

use jiff::Timestamp;
use machinery::FieldErrors;
use machinery::document::scalar_at;
use serde_json::{Value, json};

use crate::column::{Column, NONE, or_none};
use crate::fill::{copy, object, present, remove, set};
use crate::kind::{FieldLabel, Kind, Scope};
use crate::metadata::NameRule;
use crate::names::{BuiltIn, Names};
use crate::read::text;
use crate::status;
use crate::subresource::Subresource;

/// Asks for a certificate, which somebody approves and somebody signs.
#[derive(Debug)]
pub(crate) struct CertificateSigningRequest;

static NAMES: Names = BuiltIn {
    group: "certificates.k8s.io",
    version: "v1",
    kind: "CertificateSigningRequest",
    plural: "certificatesigningrequests",
    singular: "certificatesigningrequest",
    short: &["csr"],
    categories: &[],
}
.names();

static SELECTABLE: &[FieldLabel] =
    &[FieldLabel::new("spec.signerName", |request| scalar_at(request, "/spec/signerName"))];

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::AGE,
    Column::text("SignerName", "Who is to sign it.", |request, _| {
        or_none(text(&request["spec"], "signerName"))
    }),
    Column::text("Requestor", "Who asks.", |request, _| text(&request["spec"], "username").into()),
    Column::text("RequestedDuration", "How long it is to be valid.", |request, _| {
        match request["spec"]["expirationSeconds"].as_u64() {
            None => NONE.into(),
            Some(seconds) => machinery::table::duration_human(Duration::from_secs(seconds)).into(),
        }
    }),
    Column::text("Condition", "What was decided, and whether it was signed.", |request, _| {
        decision::shown(request).into()
    }),
];

impl Kind for CertificateSigningRequest {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.certificates.v1.CertificateSigningRequest"
    }

    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Approval, Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn selectable(&self) -> &[FieldLabel] {
        SELECTABLE
    }

    /// Who asks is for the server to say, not for the writer.
    fn prepare_create(&self, request: &mut Value) {
        set(request, "status", json!({}));
        let Some(spec) = present(request, "spec") else { return };
        for field in ["username", "uid", "groups", "extra"] {
            remove(spec, field);
        }
    }

    fn prepare_update(&self, new: &mut Value, old: &Value) {
        copy(new, "spec", old);
        copy(new, "status", old);
    }

    /// The signer sets the certificate; approval has a path of its own.
    fn prepare_status_update(&self, new: &mut Value, old: &Value) {
        status::keep_all_but_status(new, old);
        decision::keep(new, old);
    }

    fn prepare_approval(&self, new: &mut Value, old: &Value) {
        status::keep_all_but_status(new, old);
        let conditions = new["status"]["conditions"].take();
        copy(new, "status", old);
        if let Some(status) = object(new, "status") {
            if conditions.is_null() {
                remove(status, "conditions");
            } else {
                set(status, "conditions", conditions);
            }
        }
    }

    fn date_status(&self, new: &mut Value, old: &Value, now: Timestamp) {
        decision::date(new, old, now);
    }

    fn validate(&self, request: &Value, errors: &FieldErrors) {
        spec::validate(&request["spec"], &errors.at("spec"));
    }

    fn validate_status(&self, request: &Value, errors: &FieldErrors) {
        decision::validate(request, &errors.at("status").at("conditions"));
    }

    fn validate_status_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        self.validate_status(new, errors);
        decision::validate_kept(new, old, &errors.at("status"));
    }
}

#[cfg(test)]
mod tests;
