//! Nobody grants what they do not have: the check behind every write of a role or a binding.

use machinery::{ApiError, Resource};
use serde_json::Value;

use super::rbac::{GROUP, RoleKey};
use super::rules::{Quoted, missing};
use super::{Action, Authorizer, Rule};
use crate::identity::Identity;

/// A role or a binding that somebody is about to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant<'a> {
    /// The plural of its kind.
    pub(crate) resource: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) object: &'a Value,
    pub(crate) old: Option<&'a Value>,
}

/// Refuses a grant of more than the writer has, unless the verb `escalate` (roles) or `bind` (bindings) is theirs.
pub(crate) async fn check_grant(
    authorizer: &Authorizer,
    identity: &Identity,
    grant: &Grant<'_>,
) -> Result<(), ApiError> {
    if identity.trusted || grant.old.is_some_and(|old| changes_lifetime_only(grant.object, old)) {
        return Ok(());
    }
    match grant.resource {
        "roles" | "clusterroles" => check_role(authorizer, identity, grant).await,
        "rolebindings" | "clusterrolebindings" => check_binding(authorizer, identity, grant).await,
        _ => Ok(()),
    }
}

async fn check_role(
    authorizer: &Authorizer,
    identity: &Identity,
    grant: &Grant<'_>,
) -> Result<(), ApiError> {
    let escalate = Action {
        verb: "escalate",
        group: GROUP,
        version: "v1",
        resource: grant.resource,
        namespace: grant.namespace.unwrap_or_default(),
        name: grant.name,
        ..Action::default()
    };
    if authorizer.allows(identity, &escalate).await {
        return Ok(());
    }
    let rules = grant.object.get("rules").cloned().unwrap_or_default();
    let rules: Option<Vec<Rule>> = serde_json::from_value(rules)
        .map_err(|error| ApiError::bad_request(format!("the rules cannot be read: {error}")))?;
    let wanted = rules.unwrap_or_default();
    let held = authorizer.rbac().rules_of(&identity.user, grant.namespace.unwrap_or_default());
    confirm(identity, grant, &held, &wanted)?;
    // An aggregated role gathers whatever others write, so only who has everything may make one.
    let gathers = |object: &Value| !object["aggregationRule"].is_null();
    if (gathers(grant.object) || grant.old.is_some_and(gathers))
        && !missing(&held, &Rule::everything()).is_empty()
    {
        let message = "must have cluster-admin privileges to use the aggregationRule";
        return Err(forbidden(grant, message));
    }
    Ok(())
}

async fn check_binding(
    authorizer: &Authorizer,
    identity: &Identity,
    grant: &Grant<'_>,
) -> Result<(), ApiError> {
    let text = |field: &str| grant.object["roleRef"][field].as_str().unwrap_or_default();
    let role = RoleKey::new(text("kind"), text("name"), grant.namespace);
    let resource = match role {
        RoleKey::Cluster(_) => "clusterroles",
        RoleKey::Namespaced(_) => "roles",
    };
    let bind = Action {
        verb: "bind",
        group: GROUP,
        version: "v1",
        resource,
        namespace: grant.namespace.unwrap_or_default(),
        name: text("name"),
        ..Action::default()
    };
    if authorizer.allows(identity, &bind).await {
        return Ok(());
    }
    let wanted = authorizer.rbac().rules_of_role(&role);
    let wanted =
        wanted.ok_or_else(|| ApiError::not_found(&Resource::new(GROUP, resource), text("name")))?;
    let held = authorizer.rbac().rules_of(&identity.user, grant.namespace.unwrap_or_default());
    confirm(identity, grant, &held, &wanted)
}

fn confirm(
    identity: &Identity,
    grant: &Grant<'_>,
    held: &[Rule],
    wanted: &[Rule],
) -> Result<(), ApiError> {
    let missing = missing(held, wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let mut lines: Vec<String> = missing.iter().map(Rule::to_string).collect();
    lines.sort();
    lines.dedup();
    let user = &identity.user;
    Err(forbidden(
        grant,
        &format!(
            "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
            user.name,
            Quoted(&user.groups),
            lines.join("\n")
        ),
    ))
}

fn forbidden(grant: &Grant<'_>, message: &str) -> ApiError {
    ApiError::forbidden(&Resource::new(GROUP, grant.resource.to_owned()), grant.name, message)
}

/// Whether only owners and finalizers change, as when the garbage collector works: that grants nothing.
fn changes_lifetime_only(new: &Value, old: &Value) -> bool {
    let rest = |object: &Value| {
        let mut object = object.clone();
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            for field in ["finalizers", "managedFields", "ownerReferences", "resourceVersion"] {
                metadata.remove(field);
            }
        }
        object
    };
    new["roleRef"] == old["roleRef"] && rest(new) == rest(old)
}
