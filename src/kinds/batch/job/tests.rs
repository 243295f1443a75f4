use expect_test::expect;
use serde_json::{Value, json};

use super::Job;
use crate::fixture::{
    admitted, problems, problems_of_update, refusals, refused_updates, row, with,
};

fn valid() -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "sum", "namespace": "default",
        "creationTimestamp": "2026-01-02T03:00:00Z", "uid": "1234"},
        "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "b:1"}],
        "restartPolicy": "Never"}}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/template/spec/restartPolicy", json!("Always")),
        ("/spec/template/spec/restartPolicy", json!("Sometimes")),
        ("/spec/completions", json!(-1)),
        ("/spec/backoffLimit", json!(-1)),
        ("/spec/completionMode", json!("Magic")),
        ("/spec/completionMode", json!("Indexed")),
        ("/spec/backoffLimitPerIndex", json!(1)),
        ("/spec/maxFailedIndexes", json!(1)),
        ("/spec/podReplacementPolicy", json!("Magic")),
        ("/spec/managedBy", json!("me")),
        ("/spec/managedBy", json!("example.com/me")),
        ("/spec/selector", json!(null)),
        ("/spec/selector/matchLabels", json!({"app": "other"})),
        ("/spec/template/metadata/labels", json!({"job-name": "other"})),
        (
            "/spec/podFailurePolicy",
            json!({"rules": [{"action": "Magic", "onExitCodes": {"operator": "In", "values": [0]}}]}),
        ),
        ("/spec/podFailurePolicy", json!({"rules": [{"action": "FailJob"}]})),
        ("/spec/podFailurePolicy", json!({"rules": [{"onPodConditions": [{"type": "a"}]}]})),
        ("/spec/successPolicy", json!({"rules": [{"succeededCount": 1}]})),
    ];
    expect![[r#"
        /spec/template/spec/restartPolicy = "Always"
            spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"
        /spec/template/spec/restartPolicy = "Sometimes"
            spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"
            spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Never", "OnFailure"
        /spec/completions = -1
            spec.completions: Invalid value: -1: must be greater than or equal to 0
        /spec/backoffLimit = -1
            spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0
        /spec/completionMode = "Magic"
            spec.completionMode: Unsupported value: "Magic": supported values: "Indexed", "NonIndexed"
        /spec/completionMode = "Indexed"
            is fine
        /spec/backoffLimitPerIndex = 1
            spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode
        /spec/maxFailedIndexes = 1
            spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified
            spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode
        /spec/podReplacementPolicy = "Magic"
            spec.podReplacementPolicy: Unsupported value: "Magic": supported values: "Failed", "TerminatingOrFailed"
        /spec/managedBy = "me"
            spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")
        /spec/managedBy = "example.com/me"
            is fine
        no /spec/selector
            spec.selector: Required value
        /spec/selector/matchLabels = {"app":"other"}
            spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: `selector` not auto-generated
            spec.template.metadata.labels: Invalid value: {"batch.kubernetes.io/controller-uid":"1234","batch.kubernetes.io/job-name":"sum","controller-uid":"1234","job-name":"sum"}: `selector` does not match template `labels`
        /spec/template/metadata/labels = {"job-name":"other"}
            spec.template.metadata.labels[batch.kubernetes.io/controller-uid]: Required value: must be '1234'
            spec.template.metadata.labels[controller-uid]: Required value: must be '1234'
            spec.template.metadata.labels[batch.kubernetes.io/job-name]: Required value: must be 'sum'
            spec.template.metadata.labels: Invalid value: {"job-name":"other"}: must be 'sum'
            spec.template.metadata.labels: Invalid value: {"job-name":"other"}: `selector` does not match template `labels`
        /spec/podFailurePolicy = {"rules":[{"action":"Magic","onExitCodes":{"operator":"In","values":[0]}}]}
            spec.podFailurePolicy.rules[0].action: Unsupported value: "Magic": supported values: "Count", "FailIndex", "FailJob", "Ignore"
            spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator
            spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"
        /spec/podFailurePolicy = {"rules":[{"action":"FailJob"}]}
            spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required
            spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"
        /spec/podFailurePolicy = {"rules":[{"onPodConditions":[{"type":"a"}]}]}
            spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]
            spec.podFailurePolicy.rules[0].onPodConditions[0].status: Required value: valid values: ["False" "True" "Unknown"]
            spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"
        /spec/successPolicy = {"rules":[{"succeededCount":1}]}
            spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires indexed completion mode
    "#]].assert_eq(&refusals(&Job, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/spec/parallelism", json!(3)),
        ("/spec/completions", json!(3)),
        ("/spec/suspend", json!(true)),
        ("/spec/template/spec/containers/0/image", json!("c:1")),
        ("/spec/selector/matchLabels", json!({"a": "b"})),
        ("/spec/completionMode", json!("Indexed")),
        ("/spec/template/spec/nodeSelector", json!({"a": "b"})),
    ];
    expect![[r#"
        /spec/parallelism = 3
            is fine
        /spec/completions = 3
            spec.completions: Invalid value: 3: field is immutable
        /spec/suspend = true
            is fine
        /spec/template/spec/containers/0/image = "c:1"
            spec.template: Invalid value: {"metadata":{"labels":{"batch.kubernetes.io/controller-uid":"1234","batch.kubernetes.io/job-name":"sum","controller-uid":"1234","job-name":"sum"}},"spec":{"containers":[{"image":"c:1","imagePullPolicy":"IfNotPresent","name":"a","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"dnsPolicy":"ClusterFirst","restartPolicy":"Never","schedulerName":"default-scheduler","securityContext":{},"terminationGracePeriodSeconds":30}}: field is immutable
        /spec/selector/matchLabels = {"a":"b"}
            spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` not auto-generated
            spec.template.metadata.labels: Invalid value: {"batch.kubernetes.io/controller-uid":"1234","batch.kubernetes.io/job-name":"sum","controller-uid":"1234","job-name":"sum"}: `selector` does not match template `labels`
            spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable
        /spec/completionMode = "Indexed"
            spec.completionMode: Invalid value: "Indexed": field is immutable
        /spec/template/spec/nodeSelector = {"a":"b"}
            spec.template: Invalid value: {"metadata":{"labels":{"batch.kubernetes.io/controller-uid":"1234","batch.kubernetes.io/job-name":"sum","controller-uid":"1234","job-name":"sum"}},"spec":{"containers":[{"image":"b:1","imagePullPolicy":"IfNotPresent","name":"a","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"dnsPolicy":"ClusterFirst","nodeSelector":{"a":"b"},"restartPolicy":"Never","schedulerName":"default-scheduler","securityContext":{},"terminationGracePeriodSeconds":30}}: field is immutable
    "#]].assert_eq(&refused_updates(&Job, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&Job, valid());
    object["status"] = json!({"startTime": "2026-01-02T03:01:00Z", "completionTime": "2026-01-02T03:02:30Z", "succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]});
    expect![[r"
        Name: sum
        Status: Complete
        Completions: 1/1
        Duration: 90s
        Age: 4m5s
        | Containers: a
        | Images: b:1
        | Selector: batch.kubernetes.io/controller-uid=1234
    "]]
    .assert_eq(&row(&Job, &object));
}

#[test]
fn a_job_knows_its_pods_by_its_identity() {
    let job = admitted(&Job, valid());
    let labels = json!({"batch.kubernetes.io/controller-uid": "1234", "controller-uid": "1234",
        "batch.kubernetes.io/job-name": "sum", "job-name": "sum"});
    assert_eq!(job["spec"]["template"]["metadata"]["labels"], labels);
    assert_eq!(job["metadata"]["labels"], labels);
    let selector = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": "1234"}});
    assert_eq!(job["spec"]["selector"], selector);
}

#[test]
fn who_selects_pods_by_hand_gets_no_labels() {
    let mut job = valid();
    job["spec"]["manualSelector"] = json!(true);
    job["spec"]["selector"] = json!({"matchLabels": {"a": "b"}});
    job["spec"]["template"]["metadata"] = json!({"labels": {"a": "b"}});
    let job = admitted(&Job, job);
    assert_eq!(job["spec"]["template"]["metadata"]["labels"], json!({"a": "b"}));
    assert_eq!(problems(&Job, &job), "");
}

#[test]
fn a_bare_job_runs_one_pod_to_its_end() {
    let mut spec = admitted(&Job, valid())["spec"].clone();
    spec["template"] = json!(null);
    assert_eq!(
        spec,
        json!({"completions": 1, "parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": false,
            "manualSelector": false, "podReplacementPolicy": "TerminatingOrFailed", "template": null,
            "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "1234"}}})
    );
}

#[test]
fn the_limit_of_a_whole_job_yields_to_one_of_its_indexes() {
    let mut job = valid();
    job["spec"]["completionMode"] = json!("Indexed");
    job["spec"]["backoffLimitPerIndex"] = json!(1);
    job["spec"]["completions"] = json!(2);
    let job = admitted(&Job, job);
    assert_eq!(job["spec"]["backoffLimit"], i32::MAX);
    assert_eq!(problems(&Job, &job), "");
}

#[test]
fn an_indexed_job_grows_with_its_parallelism() {
    let mut job = valid();
    job["spec"]["completionMode"] = json!("Indexed");
    job["spec"]["completions"] = json!(2);
    job["spec"]["parallelism"] = json!(2);
    let old = admitted(&Job, job);
    let mut new = old.clone();
    new["spec"]["completions"] = json!(3);
    assert_eq!(
        problems_of_update(&Job, &new, &old),
        "spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism"
    );
    new["spec"]["parallelism"] = json!(3);
    assert_eq!(problems_of_update(&Job, &new, &old), "");
}

#[test]
fn a_job_that_waits_may_still_be_placed() {
    let mut old = admitted(&Job, valid());
    old["spec"]["suspend"] = json!(true);
    let mut new = old.clone();
    new["spec"]["template"]["spec"]["nodeSelector"] = json!({"a": "b"});
    assert_eq!(problems_of_update(&Job, &new, &old), "");
}

#[test]
fn only_nodes_may_still_be_chosen_for_a_job_that_waits() {
    let mut old = admitted(&Job, valid());
    old["spec"]["suspend"] = json!(true);
    let with_affinity = |affinity: Value| {
        let new = with(&old, "/spec/template/spec/affinity", affinity);
        problems_of_update(&Job, &new, &old)
    };
    let term =
        json!({"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]});
    let nodes = json!({"requiredDuringSchedulingIgnoredDuringExecution": term});
    assert_eq!(with_affinity(json!({"nodeAffinity": nodes})), "");
    assert_eq!(with_affinity(json!({})), "");
    let refused = with_affinity(json!({"nodeAffinity": nodes, "podAffinity": {}}));
    assert!(refused.ends_with("field is immutable"), "{refused}");
}

#[test]
fn indexes_that_may_fail_or_have_to_succeed_are_checked() {
    let mut job = valid();
    job["spec"]["completionMode"] = json!("Indexed");
    job["spec"]["completions"] = json!(200_000);
    job["spec"]["backoffLimitPerIndex"] = json!(1);
    job["spec"]["maxFailedIndexes"] = json!(10);
    let changes = &[
        ("/spec/maxFailedIndexes", json!(null)),
        ("/spec/maxFailedIndexes", json!(20_000)),
        ("/spec/maxFailedIndexes", json!(200_001)),
        ("/spec/parallelism", json!(20_000)),
        (
            "/spec/successPolicy",
            json!({"rules": [{"succeededIndexes": "0-9", "succeededCount": 10}]}),
        ),
        (
            "/spec/successPolicy",
            json!({"rules": [{"succeededIndexes": "0-9", "succeededCount": 11}]}),
        ),
        ("/spec/successPolicy", json!({"rules": [{"succeededIndexes": "9-0"}]})),
    ];
    expect![[r#"
        no /spec/maxFailedIndexes
            spec.maxFailedIndexes: Required value: must be specified when completions is above 100000
        /spec/maxFailedIndexes = 20000
            spec.maxFailedIndexes: Invalid value: 20000: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index
        /spec/maxFailedIndexes = 200001
            spec.maxFailedIndexes: Invalid value: 200001: must be less than or equal to completions
            spec.maxFailedIndexes: Invalid value: 200001: must be less than or equal to 100000
            spec.maxFailedIndexes: Invalid value: 200001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index
        /spec/parallelism = 20000
            spec.parallelism: Invalid value: 20000: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index
        /spec/successPolicy = {"rules":[{"succeededCount":10,"succeededIndexes":"0-9"}]}
            is fine
        /spec/successPolicy = {"rules":[{"succeededCount":11,"succeededIndexes":"0-9"}]}
            spec.successPolicy.rules[0].succeededCount: Invalid value: 11: must be less than or equal to 10 (the number of indexes in the specified succeededIndexes field)
        /spec/successPolicy = {"rules":[{"succeededIndexes":"9-0"}]}
            spec.successPolicy.rules[0].succeededIndexes: Invalid value: "9-0": error parsing succeededIndexes: non-increasing order, previous: 9, current: 0
    "#]].assert_eq(&refusals(&Job, &job, changes));
}

#[test]
fn conditions_of_a_pod_are_few() {
    let mut job = valid();
    let condition = json!({"type": "a", "status": "True"});
    job["spec"]["podFailurePolicy"] =
        json!({"rules": [{"action": "Ignore", "onPodConditions": vec![condition; 21]}]});
    assert_eq!(
        problems(&Job, &admitted(&Job, job)),
        "spec.podFailurePolicy.rules[0].onPodConditions: Too many: 21: must have at most 20 items"
    );
}
