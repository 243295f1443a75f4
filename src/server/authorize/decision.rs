//! What comes of asking.

use std::collections::BTreeSet;

use machinery::{ApiError, Resource};

use super::{Action, Asked};
use crate::identity::User;

/// An answer, with its reason, which may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
    /// Who should have been asked could not be.
    pub(crate) error: Option<String>,
}

/// What somebody who is asked thinks of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    Deny,
    /// The next one decides; after the last one, nobody has allowed it.
    #[default]
    NoOpinion,
}

impl Decision {
    pub(crate) fn allow(reason: String) -> Self {
        Self { verdict: Verdict::Allow, reason, error: None }
    }

    pub(super) fn none(reason: String) -> Self {
        Self { reason, ..Self::default() }
    }

    pub(super) fn failed(why: String) -> Self {
        Self { error: Some(why), ..Self::default() }
    }

    pub(crate) fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// What a user is told who may not do what was asked.
    pub(crate) fn refusal(&self, user: &User, asked: &Asked<'_>) -> ApiError {
        let reason = match self.reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        match asked {
            Asked::Action(action) => {
                let message = format!("{}{reason}", refused(user, action));
                let about = Resource::new(action.group.to_owned(), action.resource.to_owned());
                ApiError::forbidden(&about, action.name, &message)
            }
            Asked::Path { verb, path } => {
                let message = format!("User {:?} cannot {verb} path {path:?}{reason}", user.name);
                ApiError::forbidden(&Resource::new("", ""), "", &message)
            }
        }
    }
}

fn refused(user: &User, action: &Action<'_>) -> String {
    let resource = match action.subresource {
        "" => action.resource.to_owned(),
        subresource => format!("{}/{subresource}", action.resource),
    };
    let place = match action.namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {namespace:?}"),
    };
    format!(
        "User {:?} cannot {} resource {resource:?} in API group {:?} {place}",
        user.name, action.verb, action.group
    )
}

/// Several errors as one, each told once; `None` without any.
pub(super) fn aggregate(mut errors: Vec<String>) -> Option<String> {
    let mut seen = BTreeSet::new();
    errors.retain(|error| seen.insert(error.clone()));
    match errors.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        all => Some(format!("[{}]", all.join(", "))),
    }
}
