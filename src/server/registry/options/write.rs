//! Options of creates, updates and patches.

use http::HeaderMap;
use http::header::USER_AGENT;
use machinery::{ApiError, FieldErrors, FieldValidation};
use serde_json::{Value, json};

use super::{dry_run, refuse};
use crate::identity::Identity;
use crate::query::Query;
use crate::request::Verb;

/// The longest name of a field manager, as in Kubernetes.
const FIELD_MANAGER_BYTES_MAX: usize = 128;
/// Who owns the fields of objects that the server makes itself.
const SERVER: &str = "kube-apiserver";

/// Options of creates, updates and patches.
#[derive(Debug, Clone)]
pub(crate) struct WriteOptions {
    /// Everything happens except the write.
    pub(crate) dry_run: bool,
    pub(crate) validation: FieldValidation,
    /// Who owns the fields that are written.
    pub(crate) manager: String,
    /// Whether the client said itself who that is.
    names_manager: bool,
    /// Whether an apply may take fields from others.
    force: Option<bool>,
}

impl WriteOptions {
    /// Of a write by the server itself.
    pub(crate) fn internal() -> Self {
        Self {
            dry_run: false,
            validation: FieldValidation::Strict,
            manager: SERVER.to_owned(),
            names_manager: true,
            force: None,
        }
    }

    /// The options as a document, which webhooks see.
    pub(crate) fn to_document(&self, kind: &str) -> Value {
        let mut options = json!({ "apiVersion": "meta.k8s.io/v1", "kind": kind });
        if self.dry_run {
            options["dryRun"] = json!(["All"]);
        }
        if self.names_manager {
            options["fieldManager"] = self.manager.clone().into();
        }
        options["fieldValidation"] = match self.validation {
            FieldValidation::Strict => "Strict",
            FieldValidation::Warn => "Warn",
            FieldValidation::Ignore => "Ignore",
        }
        .into();
        options
    }

    pub(crate) fn read(
        verb: Verb,
        query: &Query<'_>,
        headers: &HeaderMap,
        identity: &Identity,
    ) -> Result<Self, ApiError> {
        let errors = FieldErrors::new();
        let validation = match query.text("fieldValidation") {
            None | Some("Warn") => FieldValidation::Warn,
            Some("Strict") => FieldValidation::Strict,
            Some("Ignore") => FieldValidation::Ignore,
            Some(other) => {
                errors.root().not_supported(
                    "fieldValidation",
                    other,
                    &["Ignore", "Strict", "Warn"],
                );
                FieldValidation::Warn
            }
        };
        let named = query.text("fieldManager");
        check_manager(named.unwrap_or_default(), &errors);
        let dry_run = dry_run(query.all("dryRun"), &errors);
        let kind = match verb {
            Verb::Create => "CreateOptions",
            Verb::Patch => "PatchOptions",
            _ => "UpdateOptions",
        };
        refuse(kind, errors)?;
        let manager = match (named, verb) {
            (Some(named), _) => named.to_owned(),
            (None, Verb::Create | Verb::Update | Verb::Patch) => agent(headers, identity),
            (None, _) => String::new(),
        };
        let force = query.maybe_flag("force");
        Ok(Self { dry_run, validation, manager, names_manager: named.is_some(), force })
    }

    /// Checks what only an apply takes and needs; says whether it is forced.
    pub(crate) fn check_patch(&self, applies: bool) -> Result<bool, ApiError> {
        let errors = FieldErrors::new();
        if applies && !self.names_manager {
            errors.root().required("fieldManager", "is required for apply patch");
        }
        if !applies && self.force.is_some() {
            errors.root().forbidden("force", "may not be specified for non-apply patch");
        }
        refuse("PatchOptions", errors)?;
        Ok(self.force.unwrap_or(false))
    }
}

fn check_manager(manager: &str, errors: &FieldErrors) {
    if manager.len() > FIELD_MANAGER_BYTES_MAX {
        errors.root().too_long("fieldManager", FIELD_MANAGER_BYTES_MAX);
    }
    for (position, character) in manager.char_indices().filter(|(_, char)| char.is_control()) {
        let code = u32::from(character);
        let detail = format!("invalid character U+{code:04X} (at position {position})");
        errors.root().invalid("fieldManager", manager, &detail);
    }
}

/// Who writes when the request does not say: the program, or the part of the platform it comes from.
fn agent(headers: &HeaderMap, identity: &Identity) -> String {
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let program = match agent.split('/').next().unwrap_or_default() {
        "" => component(&identity.user.name),
        program => program,
    };
    let mut name = String::new();
    for character in program.chars().filter(|character| !character.is_control()) {
        if name.len() + character.len_utf8() > FIELD_MANAGER_BYTES_MAX {
            break;
        }
        name.push(character);
    }
    name
}

/// Parts of the platform speak without an agent when they run in the server's process.
fn component(user: &str) -> &str {
    match user.strip_prefix("system:") {
        Some("apiserver") => SERVER,
        Some(node) if node.starts_with("node:") => "kubelet",
        Some(component) => component,
        None => user,
    }
}
