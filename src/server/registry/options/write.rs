//! Options of creates, updates and patches.

use machinery::{ApiError, FieldErrors, FieldValidation};

use super::{dry_run, refuse};
use crate::query::Query;
use crate::request::Verb;

/// The longest name of a field manager, as in Kubernetes.
const FIELD_MANAGER_CHARS_MAX: usize = 128;

/// Options of creates, updates and patches.
#[derive(Debug, Clone)]
pub(crate) struct WriteOptions {
    /// Everything happens except the write.
    pub(crate) dry_run: bool,
    pub(crate) validation: FieldValidation,
}

impl WriteOptions {
    pub(crate) fn read(verb: Verb, query: &Query<'_>) -> Result<Self, ApiError> {
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
        let manager = query.text("fieldManager").unwrap_or_default();
        if manager.chars().count() > FIELD_MANAGER_CHARS_MAX {
            errors.root().too_long("fieldManager", FIELD_MANAGER_CHARS_MAX);
        }
        let dry_run = dry_run(query.all("dryRun"), &errors);
        let kind = match verb {
            Verb::Create => "CreateOptions",
            Verb::Patch => "PatchOptions",
            _ => "UpdateOptions",
        };
        refuse(kind, errors)?;
        Ok(Self { dry_run, validation })
    }
}
