use expect_test::expect;
use serde_json::{Value, json};

use super::APIService;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100,
        "versionPriority": 10, "insecureSkipTLSVerify": true, "service": {"namespace": "kube-system",
        "name": "metrics"}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/metadata/name", json!("other")),
        ("/spec/groupPriorityMinimum", json!(30000)),
        ("/spec/versionPriority", json!(0)),
        ("/spec/version", json!("V!")),
        ("/spec/service", json!(null)),
        ("/spec/service/name", json!(null)),
        ("/spec/service/port", json!(0)),
        ("/spec/caBundle", json!("AAAA")),
    ];
    expect![[r#"
        no /spec/groupPriorityMinimum
            spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000
        no /spec/versionPriority
            spec.versionPriority: Invalid value: 0: must be positive and less than 1000
        /metadata/name = "other"
            metadata.name: Invalid value: "other": must be `spec.version+"."+spec.group`: "v1beta1.metrics.k8s.io"
        /spec/groupPriorityMinimum = 30000
            spec.groupPriorityMinimum: Invalid value: 30000: must be positive and less than 20000
        /spec/versionPriority = 0
            spec.versionPriority: Invalid value: 0: must be positive and less than 1000
        /spec/version = "V!"
            metadata.name: Invalid value: "v1beta1.metrics.k8s.io": must be `spec.version+"."+spec.group`: "V!.metrics.k8s.io"
            spec.version: Invalid value: "V!": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        no /spec/service
            spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify
        no /spec/service/name
            spec.service.name: Required value
        /spec/service/port = 0
            spec.service.port: Invalid value: 0: must be between 1 and 65535, inclusive
        /spec/caBundle = "AAAA"
            spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present
    "#]].assert_eq(&refusals(&APIService, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&APIService, valid());
    object["status"] = json!({"conditions": [{"type": "Available", "status": "False", "reason": "MissingEndpoints"}]});
    expect![[r"
        Name: v1beta1.metrics.k8s.io
        Service: kube-system/metrics
        Available: False (MissingEndpoints)
        Age: 4m5s
    "]]
    .assert_eq(&row(&APIService, &object));
}
