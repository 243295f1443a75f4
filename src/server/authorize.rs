//! Decides what a user may do.

use machinery::{ApiError, Resource};

use crate::identity::Identity;
use crate::request::Target;

/// Kinds through which users ask about themselves.
pub(crate) const SELF_REVIEWS: &[(&str, &str)] = &[
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
];

/// Paths that everybody may read who proved who they are: what the server is and serves.
pub(crate) const DISCOVERY: &[&str] =
    &["/api", "/apis", "/openapi", "/version", "/.well-known", "/openid"];

/// Paths that need no proof.
pub(crate) const PUBLIC: &[&str] = &["/healthz", "/livez", "/readyz", "/version"];

/// What somebody wants to do to a resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl<'a> Action<'a> {
    pub(crate) fn of(target: &'a Target<'_>) -> Self {
        Self {
            verb: target.verb.as_str(),
            group: target.group,
            resource: target.resource,
            subresource: target.subresource.unwrap_or_default(),
            namespace: target.namespace.as_deref().unwrap_or_default(),
            name: target.name.as_deref().unwrap_or_default(),
        }
    }
}

/// Whether a user may do this.
///
/// Administrators and the platform's own parts may do everything, everybody else may only ask about
/// themselves.
pub(crate) fn allows(identity: &Identity, action: &Action<'_>) -> bool {
    identity.trusted
        || (!identity.anonymous
            && action.verb == "create"
            && SELF_REVIEWS.contains(&(action.group, action.resource)))
}

/// Refuses what the user may not do.
pub(crate) fn authorize(identity: &Identity, target: &Target<'_>) -> Result<(), ApiError> {
    if identity.trusted {
        return Ok(());
    }
    authorize_action(identity, &Action::of(target))
}

/// Refuses an action the user may not do.
pub(crate) fn authorize_action(identity: &Identity, action: &Action<'_>) -> Result<(), ApiError> {
    if allows(identity, action) { Ok(()) } else { Err(denial(identity, action)) }
}

/// Whether a user may use a path that is no resource's.
pub(crate) fn authorize_path(identity: &Identity, verb: &str, path: &str) -> Result<(), ApiError> {
    let open = identity.trusted
        || is_under(path, PUBLIC)
        || (!identity.anonymous && is_under(path, DISCOVERY));
    if open {
        return Ok(());
    }
    let message = format!("User {:?} cannot {verb} path {path:?}", identity.user.name);
    Err(ApiError::forbidden(&Resource::new("", ""), "", &message))
}

/// Whether a path needs no proof of who asks.
pub(crate) fn is_public(path: &str) -> bool {
    is_under(path, PUBLIC)
}

fn is_under(path: &str, roots: &[&str]) -> bool {
    roots.iter().any(|root| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn denial(identity: &Identity, action: &Action<'_>) -> ApiError {
    let resource = match action.subresource {
        "" => action.resource.to_owned(),
        subresource => format!("{}/{subresource}", action.resource),
    };
    let place = match action.namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {namespace:?}"),
    };
    let message = format!(
        "User {:?} cannot {} resource {resource:?} in API group {:?} {place}",
        identity.user.name, action.verb, action.group
    );
    let about = Resource::new(action.group.to_owned(), action.resource.to_owned());
    ApiError::forbidden(&about, action.name, &message)
}
