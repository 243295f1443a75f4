use serde_json::{Value, json};

use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::{admitted, problems};
use crate::kind::Kind;

fn spread(constraint: Value) -> Value {
    let mut pod = valid();
    pod["metadata"]["labels"] = json!({"app": "web", "pod-template-hash": "a1"});
    let mut whole = json!({
        "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    });
    for (field, value) in constraint.as_object().unwrap() {
        whole[field] = value.clone();
    }
    pod["spec"]["topologySpreadConstraints"] = json!([whole]);
    pod
}

fn made(pod: Value) -> Value {
    let mut pod = admitted(&Pod, pod);
    Pod.complete(&mut pod);
    pod
}

#[test]
fn a_new_pod_is_spread_among_those_of_its_own_revision() {
    let pod = made(spread(json!({"matchLabelKeys": ["pod-template-hash", "absent"]})));
    let selector = &pod["spec"]["topologySpreadConstraints"][0]["labelSelector"];
    assert_eq!(
        selector["matchExpressions"],
        json!([{"key": "pod-template-hash", "operator": "In", "values": ["a1"]}])
    );
    assert_eq!(problems(&Pod, &pod), "");
}

#[test]
fn terms_of_affinity_are_narrowed_both_ways() {
    let mut pod = spread(json!({}));
    let term = |field: &str| json!({"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}, field: ["app"]});
    pod["spec"]["affinity"] = json!({
        "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term("matchLabelKeys")]},
        "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": term("mismatchLabelKeys")},
        ]},
    });
    let pod = made(pod);
    assert_eq!(problems(&Pod, &pod), "");
    let affinity = &pod["spec"]["affinity"];
    for (place, operator) in [
        ("/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/0", "In"),
        (
            "/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/podAffinityTerm",
            "NotIn",
        ),
    ] {
        assert_eq!(
            affinity.pointer(place).unwrap()["labelSelector"]["matchExpressions"],
            json!([{"key": "app", "operator": operator, "values": ["web"]}])
        );
    }
}

#[test]
fn keys_narrow_a_selector_that_is_there_and_does_not_name_them() {
    let path = "spec.topologySpreadConstraints[0].matchLabelKeys";
    for (constraint, problem) in [
        (
            json!({"matchLabelKeys": ["a"], "labelSelector": null}),
            format!("{path}: Forbidden: must not be specified when labelSelector is not set"),
        ),
        (
            json!({"matchLabelKeys": ["app"]}),
            format!(
                "{path}[0]: Invalid value: \"app\": exists in both matchLabelKeys and labelSelector"
            ),
        ),
    ] {
        assert_eq!(problems(&Pod, &admitted(&Pod, spread(constraint))), problem);
    }
}
