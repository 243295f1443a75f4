//! Questions to webhooks, as `SubjectAccessReview` of `authorization.k8s.io`, and their answers.

use machinery::{FieldOperator, FieldSelector, LabelSelector, Operator};
use serde_json::{Map, Value, json};

use super::{Action, Asked, Decision, Verdict};
use crate::identity::User;

/// What is asked, as the spec of a review of v1; what is empty is not said.
pub(super) fn spec(user: &User, asked: &Asked<'_>) -> Value {
    let mut spec = texts(&[("user", &user.name), ("uid", &user.uid)]);
    match asked {
        Asked::Action(action) => spec.insert("resourceAttributes".to_owned(), resource(action)),
        Asked::Path { verb, path } => {
            let attributes = texts(&[("path", path), ("verb", verb)]);
            spec.insert("nonResourceAttributes".to_owned(), attributes.into())
        }
    };
    if !user.groups.is_empty() {
        spec.insert("groups".to_owned(), json!(user.groups));
    }
    if !user.extra.is_empty() {
        spec.insert("extra".to_owned(), json!(user.extra));
    }
    spec.into()
}

fn resource(action: &Action<'_>) -> Value {
    let mut attributes = texts(&[
        ("namespace", action.namespace),
        ("verb", action.verb),
        ("group", action.group),
        ("version", action.version),
        ("resource", action.resource),
        ("subresource", action.subresource),
        ("name", action.name),
    ]);
    // A selector that cannot be read only widens what is asked about.
    for (field, requirements) in
        [("fieldSelector", fields(action.fields)), ("labelSelector", labels(action.labels))]
    {
        if !requirements.is_empty() {
            attributes.insert(field.to_owned(), json!({ "requirements": requirements }));
        }
    }
    attributes.into()
}

fn fields(selector: &str) -> Vec<Value> {
    let parsed = FieldSelector::parse(selector).unwrap_or_default();
    let requirement = |found: machinery::FieldRequirement| {
        let operator = match found.operator {
            FieldOperator::Equals => "In",
            FieldOperator::NotEquals => "NotIn",
        };
        json!({ "key": found.label, "operator": operator, "values": [found.value] })
    };
    parsed.requirements.into_iter().map(requirement).collect()
}

fn labels(selector: &str) -> Vec<Value> {
    let parsed = LabelSelector::parse(selector).unwrap_or_default();
    let requirement = |found: machinery::Requirement| {
        let operator = match found.operator {
            Operator::Equals | Operator::In => "In",
            Operator::NotEquals | Operator::NotIn => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
            // Reviews have no word for these, and without them the question is only wider.
            Operator::GreaterThan | Operator::LessThan => return None,
        };
        let mut requirement = json!({ "key": found.key, "operator": operator });
        if !found.values.is_empty() {
            requirement["values"] = json!(found.values);
        }
        Some(requirement)
    };
    parsed.requirements.into_iter().filter_map(requirement).collect()
}

fn texts(fields: &[(&str, &str)]) -> Map<String, Value> {
    let said = fields.iter().filter(|(_, text)| !text.is_empty());
    said.map(|(field, text)| ((*field).to_owned(), json!(text))).collect()
}

/// A whole review in the version that a webhook wants; in v1beta1, groups have another name.
pub(super) fn question(mut spec: Value, version: &str) -> String {
    if let Some(fields) = spec.as_object_mut().filter(|_| version == "v1beta1")
        && let Some(groups) = fields.remove("groups")
    {
        fields.insert("group".to_owned(), groups);
    }
    let review = json!({
        "apiVersion": format!("authorization.k8s.io/{version}"),
        "kind": "SubjectAccessReview",
        "metadata": { "creationTimestamp": null },
        "spec": spec,
        "status": { "allowed": false },
    });
    review.to_string()
}

/// What an answered review decides.
pub(super) fn decision(answer: &[u8]) -> Result<Decision, String> {
    let answer: Value = serde_json::from_slice(answer).map_err(|error| error.to_string())?;
    if let Some(kind) = answer["kind"].as_str().filter(|kind| *kind != "SubjectAccessReview") {
        return Err(format!("expected a SubjectAccessReview, got {kind:?}"));
    }
    let status = &answer["status"];
    let (allowed, denied) = (status["allowed"] == true, status["denied"] == true);
    let both = "webhook subject access review returned both allow and deny response";
    Ok(Decision {
        verdict: match (allowed, denied) {
            (_, true) => Verdict::Deny,
            (true, false) => Verdict::Allow,
            (false, false) => Verdict::NoOpinion,
        },
        reason: status["reason"].as_str().unwrap_or_default().to_owned(),
        error: (allowed && denied).then(|| both.to_owned()),
    })
}

#[cfg(test)]
mod tests;
