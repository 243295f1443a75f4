//! What answers are understood, and how refusals read.

use serde_json::{Value, json};

use super::{denial, verdict, version};

fn read(mutating: bool, response: Value) -> Result<bool, String> {
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response,
    });
    verdict("v1", "u", mutating, review.to_string().as_bytes()).map(|verdict| verdict.allowed)
}

#[test]
fn an_answer_is_to_the_question_and_in_its_form() {
    assert_eq!(read(true, json!({"uid": "u", "allowed": true})), Ok(true));
    assert_eq!(read(true, json!({"uid": "u"})), Ok(false));
    let cases = [
        (true, Value::Null, "webhook response was absent"),
        (true, json!({"uid": "x"}), "expected response.uid=\"u\", got \"x\""),
        (
            true,
            json!({"uid": "u", "patchType": "JSONPatch"}),
            "webhook returned response.patchType but not response.patch",
        ),
        (
            true,
            json!({"uid": "u", "patch": "W10=", "patchType": "Merge"}),
            "webhook returned invalid response.patchType of \"Merge\"",
        ),
        (
            false,
            json!({"uid": "u", "patch": "W10="}),
            "webhook may not return response.patch: it only validates",
        ),
    ];
    for (mutating, response, why) in cases {
        assert_eq!(read(mutating, response), Err(why.to_owned()));
    }
    let empty = verdict("v1", "u", true, b"{\"response\":{}}").unwrap_err();
    assert_eq!(
        empty,
        "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind="
    );
}

#[test]
fn the_first_version_that_both_know_is_spoken() {
    assert_eq!(version(&json!(["v7", "v1beta1", "v1"])), Some("v1beta1"));
    assert_eq!(version(&json!(["v7"])), None);
}

#[test]
fn a_refusal_is_never_a_success() {
    let status = json!({"status": "Success", "code": 200, "reason": "Because"});
    let denied = denial("w", status);
    assert_eq!((&denied["code"], &denied["status"]), (&400.into(), &"Failure".into()));
    assert_eq!(denied["message"], "admission webhook \"w\" denied the request: Because");
}
