//! Pins the messages clients match on.

use serde_json::json;

use super::{ApiError, Resource};
use crate::FieldErrors;

fn pods() -> Resource {
    Resource::new("", "pods")
}

#[test]
fn messages_read_as_kubernetes_says_them() {
    let deployments = Resource::new("apps", "deployments");
    for (error, code, message) in [
        (ApiError::not_found(&pods(), "x"), 404, r#"pods "x" not found"#),
        (
            ApiError::already_exists(&deployments, "x"),
            409,
            r#"deployments.apps "x" already exists"#,
        ),
        (
            ApiError::modified(&pods(), "x"),
            409,
            "Operation cannot be fulfilled on pods \"x\": the object has been modified; \
             please apply your changes to the latest version and try again",
        ),
        (ApiError::forbidden(&pods(), "", "no"), 403, "pods is forbidden: no"),
        (ApiError::forbidden(&pods(), "x", "no"), 403, r#"pods "x" is forbidden: no"#),
        (ApiError::unauthorized(), 401, "Unauthorized"),
        (
            ApiError::method_not_supported(&pods(), "patch"),
            405,
            r#"patch is not supported on resources of kind "pods""#,
        ),
        (ApiError::internal("secret"), 500, "Internal error occurred"),
    ] {
        assert_eq!((error.code(), error.message.as_str()), (code, message));
    }
}

#[test]
fn a_status_names_the_object() {
    let status = ApiError::not_found(&Resource::new("apps", "deployments"), "web").to_status();
    assert_eq!(
        status,
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "deployments.apps \"web\" not found", "reason": "NotFound", "code": 404,
            "details": {"name": "web", "group": "apps", "kind": "deployments"},
        })
    );
}

#[test]
fn an_invalid_object_lists_its_causes() {
    let errors = FieldErrors::new();
    errors.at("spec").at("containers").index(0).required("image", "");
    let status = ApiError::invalid("", "Pod", "x", errors).to_status();
    assert_eq!(status["message"], "Pod \"x\" is invalid: spec.containers[0].image: Required value");
    assert_eq!(
        status["details"],
        json!({"name": "x", "kind": "Pod", "causes": [{
            "reason": "FieldValueRequired",
            "message": "Required value",
            "field": "spec.containers[0].image",
        }]})
    );
}

#[test]
fn a_future_revision_asks_for_patience() {
    let status = ApiError::too_large_resource_version(9, 5).to_status();
    assert_eq!(status["message"], "Too large resource version: 9, current: 5");
    assert_eq!(status["details"]["retryAfterSeconds"], 1);
    assert_eq!(status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
}
