use serde_json::json;

use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::check;

#[test]
fn nobody_asks_for_more_than_the_limit() {
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/containers/0/resources/requests/cpu",
                json!("2"),
                "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit \
                 of 1",
            ),
            (
                "/spec/containers/0/resources/requests/memory",
                json!("-1"),
                "spec.containers[0].resources.requests[memory]: Invalid value: \"-1\": must be greater than or equal \
                 to 0",
            ),
            (
                "/spec/containers/0/resources/limits/gpu",
                json!("1"),
                "spec.containers[0].resources.limits: Invalid value: \"gpu\": must be a standard resource for containers",
            ),
            (
                "/spec/containers/0/resources/requests/example.com~1gpu",
                json!("1"),
                "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources",
            ),
            ("/spec/containers/0/resources/limits/example.com~1gpu", json!("1"), ""),
        ],
    );
}
