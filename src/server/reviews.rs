//! Answers the kinds that are questions: who am I, what may I do, what may somebody else do.

use machinery::{ApiError, FieldErrors, document};
use serde_json::{Value, json};

use crate::api::Api;
use crate::authorize::{Action, Asked, Decision, Verdict, selects};
use crate::catalog::Served;
use crate::identity::{Identity, User};

/// Fills in the status of a review.
pub(crate) async fn answer(
    api: &Api,
    served: &Served,
    identity: &Identity,
    mut review: Value,
) -> Result<Value, ApiError> {
    let kind = served.kind();
    let errors = FieldErrors::new();
    kind.validate(&review, &errors);
    if !errors.is_empty() {
        let names = kind.names();
        return Err(ApiError::invalid(&names.group, &names.kind, "", errors));
    }
    let spec = &review["spec"];
    review["status"] = match served.kind_name() {
        "SelfSubjectReview" => json!({ "userInfo": user_info(&identity.user) }),
        "SelfSubjectRulesReview" => rules(api, identity, spec),
        "SelfSubjectAccessReview" => verdict(api, identity, spec).await,
        "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            verdict(api, &Identity::exactly(subject(spec)), spec).await
        }
        "TokenReview" => token_status(api, spec).await?,
        _ => return Err(ApiError::method_not_supported(served.resource(), "create")),
    };
    Ok(review)
}

/// Whom a review asks about: in these groups and no others.
pub(crate) fn subject(spec: &Value) -> User {
    let text = |field: &str| spec[field].as_str().unwrap_or_default().to_owned();
    let extra = spec["extra"].as_object().into_iter().flatten();
    User {
        name: text("user"),
        uid: text("uid"),
        groups: texts(&spec["groups"]),
        extra: extra.map(|(key, values)| (key.clone(), texts(values))).collect(),
    }
}

async fn verdict(api: &Api, identity: &Identity, spec: &Value) -> Value {
    let path = &spec["nonResourceAttributes"];
    let resource = &spec["resourceAttributes"];
    let about = if path.is_object() { path } else { resource };
    let text = |field: &str| about[field].as_str().unwrap_or_default();
    let selector = |field: &str, written: fn(&Value) -> Option<String>| {
        let wanted = selects(text("verb"));
        if wanted { selector(&about[field], written) } else { String::new() }
    };
    let (fields, labels) = (selector("fieldSelector", field), selector("labelSelector", label));
    let asked = if path.is_object() {
        Asked::Path { verb: text("verb"), path: text("path") }
    } else {
        Asked::Action(Action {
            verb: text("verb"),
            group: text("group"),
            version: text("version"),
            resource: text("resource"),
            subresource: text("subresource"),
            namespace: text("namespace"),
            name: text("name"),
            fields: &fields,
            labels: &labels,
        })
    };
    let decision = api.authorizer().decide(identity, &asked).await;
    let Decision { verdict, reason, error } = decision;
    let mut status = json!({ "allowed": verdict == Verdict::Allow });
    if verdict == Verdict::Deny {
        status["denied"] = true.into();
    }
    if !reason.is_empty() {
        status["reason"] = reason.into();
    }
    if let Some(error) = error {
        status["evaluationError"] = error.into();
    }
    status
}

/// What a review says of a selector, as requests write one. What cannot be written so is left out, which asks for more.
fn selector(selector: &Value, written: fn(&Value) -> Option<String>) -> String {
    if let Some(raw) = selector["rawSelector"].as_str().filter(|raw| !raw.is_empty()) {
        return raw.to_owned();
    }
    let requirements = document::list_at(selector, "/requirements").iter();
    requirements.filter_map(written).collect::<Vec<_>>().join(",")
}

/// A requirement on a field, which knows only single values.
fn field(requirement: &Value) -> Option<String> {
    let [value] = document::list_at(requirement, "/values") else { return None };
    let (key, value) = (document::str_at(requirement, "/key"), value.as_str()?);
    let operator = match document::str_at(requirement, "/operator") {
        "In" => "=",
        "NotIn" => "!=",
        _ => return None,
    };
    (!value.contains([',', '=', '\\'])).then(|| format!("{key}{operator}{value}"))
}

/// A requirement on a label.
fn label(requirement: &Value) -> Option<String> {
    let key = document::str_at(requirement, "/key");
    let values = || texts(&requirement["values"]).join(",");
    match document::str_at(requirement, "/operator") {
        "In" => Some(format!("{key} in ({})", values())),
        "NotIn" => Some(format!("{key} notin ({})", values())),
        "Exists" => Some(key.to_owned()),
        "DoesNotExist" => Some(format!("!{key}")),
        _ => None,
    }
}

/// Everything a user may do, as `kubectl auth can-i --list` prints it.
fn rules(api: &Api, identity: &Identity, spec: &Value) -> Value {
    let namespace = spec["namespace"].as_str().unwrap_or_default();
    let rights = api.authorizer().rights(identity, namespace);
    let (paths, resources): (Vec<_>, Vec<_>) =
        rights.rules.iter().partition(|rule| rule.resources.is_empty());
    let mut status = json!({
        "resourceRules": resources,
        "nonResourceRules": paths,
        "incomplete": rights.incomplete.is_some(),
    });
    if let Some(problem) = rights.incomplete {
        status["evaluationError"] = problem.into();
    }
    status
}

async fn token_status(api: &Api, spec: &Value) -> Result<Value, ApiError> {
    let token = spec["token"].as_str().unwrap_or_default();
    if token.is_empty() {
        let message = "token is required for TokenReview in authentication";
        return Err(ApiError::bad_request(message));
    }
    let audiences = texts(&spec["audiences"]);
    Ok(match api.authenticators().review(token, &audiences).await {
        Ok((identity, audiences)) => {
            let user = user_info(&identity.user);
            json!({ "authenticated": true, "user": user, "audiences": audiences })
        }
        Err(error) => json!({ "error": error }),
    })
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
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
