//! The options of each verb, read from query and body and checked.

mod delete;
mod list;
mod write;

use machinery::{ApiError, FieldErrors};

pub(super) use delete::uid_mismatch;
pub(crate) use delete::{DeleteOptions, Propagation};
pub(crate) use list::{ListOptions, VersionMatch, parse_version};
pub(crate) use write::WriteOptions;

/// Reads every value of `dryRun`, of which there is only one.
fn dry_run<'a>(values: impl Iterator<Item = &'a str>, errors: &FieldErrors) -> bool {
    let mut dry_run = false;
    for value in values.filter(|value| !value.is_empty()) {
        if value == "All" {
            dry_run = true;
        } else {
            errors.root().not_supported("dryRun", value, &["All"]);
        }
    }
    dry_run
}

fn refuse(kind: &str, errors: FieldErrors) -> Result<(), ApiError> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid("meta.k8s.io", kind, "", errors))
}
