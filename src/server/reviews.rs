//! Answers the kinds that are questions: who am I, what may I do, what may somebody else do.

use machinery::{ApiError, FieldErrors};
use serde_json::{Value, json};

use crate::api::Api;
use crate::authorize::{self, Action};
use crate::catalog::Served;
use crate::identity::{Identity, User};

/// Fills in the status of a review.
pub(crate) fn answer(
    api: &Api,
    served: &Served,
    identity: &Identity,
    mut review: Value,
) -> Result<Value, ApiError> {
    let spec = &review["spec"];
    review["status"] = match served.kind_name() {
        "SelfSubjectReview" => json!({ "userInfo": user_info(&identity.user) }),
        "SelfSubjectRulesReview" => rules(identity),
        "SelfSubjectAccessReview" => verdict(identity, spec),
        "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            verdict(&Identity::new(subject(served.kind_name(), spec)?), spec)
        }
        "TokenReview" => token_status(api, spec),
        _ => return Err(ApiError::method_not_supported(served.resource(), "create")),
    };
    Ok(review)
}

/// Whom a review asks about.
fn subject(kind: &str, spec: &Value) -> Result<User, ApiError> {
    let text = |field: &str| spec[field].as_str().unwrap_or_default().to_owned();
    let groups = spec["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let groups: Vec<&str> = groups.collect();
    let name = text("user");
    if name.is_empty() && groups.is_empty() {
        let errors = FieldErrors::new();
        errors.at("spec").required("user", "at least one of user or group must be specified");
        return Err(ApiError::invalid("authorization.k8s.io", kind, "", errors));
    }
    let mut user = User::new(name, &groups);
    user.uid = text("uid");
    Ok(user)
}

fn verdict(identity: &Identity, spec: &Value) -> Value {
    let path = &spec["nonResourceAttributes"];
    let resource = &spec["resourceAttributes"];
    let about = if path.is_object() { path } else { resource };
    let text = |field: &str| about[field].as_str().unwrap_or_default();
    let allowed = if path.is_object() {
        authorize::authorize_path(identity, text("verb"), text("path")).is_ok()
    } else {
        let action = Action {
            verb: text("verb"),
            group: text("group"),
            resource: text("resource"),
            subresource: text("subresource"),
            namespace: text("namespace"),
            name: text("name"),
        };
        authorize::allows(identity, &action)
    };
    json!({ "allowed": allowed })
}

/// Everything a user may do, as `kubectl auth can-i --list` prints it.
fn rules(identity: &Identity) -> Value {
    if identity.trusted {
        return json!({
            "resourceRules": [{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }],
            "nonResourceRules": [{ "verbs": ["*"], "nonResourceURLs": ["*"] }],
            "incomplete": false,
        });
    }
    let own = |(group, resource): &(&str, &str)| json!({ "verbs": ["create"], "apiGroups": [group], "resources": [resource] });
    let resource_rules: Vec<Value> = authorize::SELF_REVIEWS.iter().map(own).collect();
    let paths = authorize::PUBLIC.iter().chain(authorize::DISCOVERY);
    let paths: Vec<String> =
        paths.flat_map(|path| [(*path).to_owned(), format!("{path}/*")]).collect();
    json!({
        "resourceRules": resource_rules,
        "nonResourceRules": [{ "verbs": ["get"], "nonResourceURLs": paths }],
        "incomplete": false,
    })
}

fn token_status(api: &Api, spec: &Value) -> Value {
    match api.tokens().authenticate(spec["token"].as_str().unwrap_or_default()) {
        Some(user) => {
            let user = Identity::new(user).user;
            let audiences = [crate::tokens::ISSUER];
            json!({ "authenticated": true, "user": user_info(&user), "audiences": audiences })
        }
        None => json!({ "authenticated": false, "error": "invalid bearer token" }),
    }
}

fn user_info(user: &User) -> Value {
    let mut info = json!({ "username": user.name, "groups": user.groups });
    if !user.uid.is_empty() {
        info["uid"] = user.uid.clone().into();
    }
    if !user.extra.is_empty() {
        info["extra"] = json!(user.extra);
    }
    info
}
