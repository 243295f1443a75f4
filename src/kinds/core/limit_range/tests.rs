use expect_test::expect;
use serde_json::{Value, json};

use super::LimitRange;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "limits", "namespace": "default",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"limits": [{"type": "Container",
        "max": {"cpu": "2"}, "min": {"cpu": "100m"}, "default": {"cpu": "1"},
        "defaultRequest": {"cpu": "500m"}}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let huge_pages = json!({"type": "Container", "default": {"hugepages-2Mi": "4Mi"},
        "defaultRequest": {"hugepages-2Mi": "2Mi"}});
    let changes = &[
        ("/spec/limits/0/max/cpu", json!("50m")),
        ("/spec/limits/0/default/cpu", json!("3")),
        ("/spec/limits/0/defaultRequest/cpu", json!("50m")),
        ("/spec/limits/0/defaultRequest/cpu", json!("1500m")),
        ("/spec/limits/0/maxLimitRequestRatio", json!({"cpu": "500m"})),
        ("/spec/limits/0/type", json!("Pod")),
        ("/spec/limits/0/type", json!("PersistentVolumeClaim")),
        ("/spec/limits/1", json!({"type": "Container"})),
        ("/spec/limits/0/min/cpu", json!("-1")),
        ("/spec/limits/0/max/cpus", json!("1")),
        ("/spec/limits/0/max/storage", json!("1")),
        ("/spec/limits/0/max/example.dev~1disks", json!("1")),
        ("/spec/limits/0/max/no name", json!("1")),
        ("/spec/limits/0/maxLimitRequestRatio", json!({"cpu": "25"})),
        ("/spec/limits/0", huge_pages),
    ];
    expect![[r#"
        no /spec/limits
            is fine
        no /spec/limits/0/type
            spec.limits[0].type: Required value
        /spec/limits/0/max/cpu = "50m"
            spec.limits[0].min[cpu]: Invalid value: "100m": min value 100m is greater than max value 50m
            spec.limits[0].defaultRequest[cpu]: Invalid value: "500m": default request value 500m is greater than max value 50m
            spec.limits[0].default[cpu]: Invalid value: "1": default value 1 is greater than max value 50m
        /spec/limits/0/default/cpu = "3"
            spec.limits[0].default[cpu]: Invalid value: "3": default value 3 is greater than max value 2
        /spec/limits/0/defaultRequest/cpu = "50m"
            spec.limits[0].defaultRequest[cpu]: Invalid value: "50m": min value 100m is greater than default request value 50m
        /spec/limits/0/defaultRequest/cpu = "1500m"
            spec.limits[0].defaultRequest[cpu]: Invalid value: "1500m": default request value 1500m is greater than default limit value 1
        /spec/limits/0/maxLimitRequestRatio = {"cpu":"500m"}
            spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1
        /spec/limits/0/type = "Pod"
            spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'
            spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'
        /spec/limits/0/type = "PersistentVolumeClaim"
            spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided
        /spec/limits/1 = {"type":"Container"}
            spec.limits[1].type: Duplicate value: "Container"
        /spec/limits/0/min/cpu = "-1"
            spec.limits[0].min[cpu]: Invalid value: "-1": must be greater than or equal to 0
        /spec/limits/0/max/cpus = "1"
            spec.limits[0].max[cpus]: Invalid value: "cpus": must be a standard resource type or fully qualified
            spec.limits[0].max[cpus]: Invalid value: "cpus": must be a standard resource for containers
        /spec/limits/0/max/storage = "1"
            spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers
        /spec/limits/0/max/example.dev~1disks = "1"
            is fine
        /spec/limits/0/max/no name = "1"
            spec.limits[0].max[no name]: Invalid value: "no name": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            spec.limits[0].max[no name]: Invalid value: "no name": must be a standard resource for containers
        /spec/limits/0/maxLimitRequestRatio = {"cpu":"25"}
            spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "25": ratio 25 is greater than max/min = 20.000000
        /spec/limits/0 = {"default":{"hugepages-2Mi":"4Mi"},"defaultRequest":{"hugepages-2Mi":"2Mi"},"type":"Container"}
            spec.limits[0].defaultRequest[hugepages-2Mi]: Invalid value: "2Mi": default value 4Mi must equal to defaultRequest value 2Mi in hugepages-2Mi
    "#]].assert_eq(&refusals(&LimitRange, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: limits
        Created At: 2026-01-02T03:00:00Z
    "]]
    .assert_eq(&row(&LimitRange, &admitted(&LimitRange, valid())));
}

#[test]
fn the_most_is_the_default_and_the_default_is_what_is_asked_for() {
    let mut range = valid();
    range["spec"] = json!({"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "1", "memory": "1Gi"}}]});
    let limit = &admitted(&LimitRange, range)["spec"]["limits"][0];
    assert_eq!(limit["default"], json!({"cpu": "2"}));
    assert_eq!(limit["defaultRequest"], json!({"cpu": "2", "memory": "1Gi"}));
}
