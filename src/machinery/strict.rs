//! Unknown and duplicate fields: failing, warning, or silence.

use crate::path::Path;
use crate::short::short;
use crate::{ApiError, FieldValidation};

/// Enough to see what is wrong; a hostile body must not make a reply of its own size (upstream's number).
const MAX_PROBLEMS: usize = 100;

/// Collects what strict decoding objects to.
#[derive(Debug)]
pub(crate) struct Strictness {
    validation: FieldValidation,
    problems: Vec<String>,
}

impl Strictness {
    pub(crate) fn new(validation: FieldValidation) -> Self {
        Self { validation, problems: Vec::new() }
    }

    pub(crate) fn unknown_field(&mut self, path: &Path<'_>) {
        self.note(|| format!("unknown field \"{}\"", short(path)));
    }

    pub(crate) fn duplicate_field(&mut self, path: &Path<'_>) {
        self.note(|| format!("duplicate field \"{}\"", short(path)));
    }

    /// The warnings, or the error of strict decoding.
    pub(crate) fn finish(self) -> Result<Vec<String>, ApiError> {
        if self.validation == FieldValidation::Strict && !self.problems.is_empty() {
            let problems = self.problems.join(", ");
            return Err(ApiError::bad_request(format!("strict decoding error: {problems}")));
        }
        Ok(self.problems)
    }

    fn note(&mut self, problem: impl FnOnce() -> String) {
        if self.validation != FieldValidation::Ignore && self.problems.len() < MAX_PROBLEMS {
            let problem = problem();
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }
}

#[cfg(test)]
mod tests;
