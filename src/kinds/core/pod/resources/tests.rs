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
                "spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": must be a standard resource type or fully \
                 qualified\n\
                 spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": must be a standard resource for containers",
            ),
            (
                "/spec/containers/0/resources/requests/example.com~1gpu",
                json!("1"),
                "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources",
            ),
            ("/spec/containers/0/resources/limits/example.com~1gpu", json!("1"), ""),
            (
                "/spec/containers/0/resources/limits/example.com~1gpu",
                json!("500m"),
                "spec.containers[0].resources.limits[example.com/gpu]: Invalid value: \"500m\": must be an integer",
            ),
        ],
    );
}

/// KEP-2837.
#[test]
fn a_pod_as_a_whole_covers_its_containers() {
    check(
        &Pod,
        &valid(),
        &[
            ("/spec/resources", json!({"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}), ""),
            (
                "/spec/resources",
                json!({"limits": {"cpu": "500m"}, "requests": {"cpu": "50m", "memory": "1Mi"}}),
                "spec.resources.requests[cpu]: Invalid value: \"50m\": must be greater than or equal to aggregate container \
                 requests of 100m\n\
                 spec.resources.requests[memory]: Invalid value: \"1Mi\": must be greater than or equal to aggregate \
                 container requests of 64Mi\n\
                 spec.resources.containers[0].limits[cpu]: Invalid value: \"1\": must be less than or equal to pod limits \
                 of 500m",
            ),
            (
                "/spec/resources",
                json!({"limits": {"cpu": "2"}, "requests": {"cpu": "3"}}),
                "spec.resources.requests: Invalid value: \"3\": must be less than or equal to cpu limit of 2",
            ),
            (
                "/spec/resources",
                json!({"limits": {"ephemeral-storage": "2"}}),
                "spec.resources.limits[ephemeral-storage]: Unsupported value: \"ephemeral-storage\": supported values: \"cpu\", \"hugepages-\", \
                 \"memory\"",
            ),
        ],
    );
}
