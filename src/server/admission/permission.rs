//! Permissions that are known only once the object is: to create what a PUT or an apply found absent, and to grant
//! what a role or a binding grants.

use machinery::ApiError;

use super::Attributes;
use crate::authorize::{Action, Authorizer, GROUP, Grant, check_grant};
use crate::request::Verb;

/// Whoever may only update or patch does not create by it. Who posts has been asked for that already.
pub(super) async fn may_create(
    authorizer: &Authorizer,
    attributes: &Attributes<'_>,
) -> Result<(), ApiError> {
    if !attributes.upserts || attributes.identity.trusted {
        return Ok(());
    }
    let resource = attributes.served.resource();
    let create = Action {
        verb: "create",
        group: &resource.group,
        version: &attributes.served.kind().names().version,
        resource: &resource.resource,
        subresource: attributes.subresource.unwrap_or_default(),
        namespace: attributes.namespace.unwrap_or_default(),
        name: attributes.name,
        ..Action::default()
    };
    authorizer.require(attributes.identity, &create).await
}

/// Nobody grants what they do not have.
pub(super) async fn may_grant(
    authorizer: &Authorizer,
    attributes: &Attributes<'_>,
) -> Result<(), ApiError> {
    let resource = attributes.served.resource();
    if resource.group != GROUP || attributes.verb == Verb::Delete {
        return Ok(());
    }
    let grant = Grant {
        resource: &resource.resource,
        namespace: attributes.namespace,
        name: attributes.name,
        object: attributes.object,
        old: attributes.old,
    };
    check_grant(authorizer, attributes.identity, &grant).await
}
