use expect_test::expect;
use machinery::FieldErrors;
use serde_json::{Value, json};

use super::StatefulSet;
use crate::fixture::{
    admitted, problems, problems_of_update, refusals, refused_statuses, refused_updates, row, with,
};
use crate::kind::Kind;
use crate::read::items;

fn valid() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "default",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"serviceName": "db",
        "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "a", "image": "b:1", "volumeMounts": [{"name": "data",
        "mountPath": "/data"}]}]}}, "volumeClaimTemplates": [{"metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/podManagementPolicy", json!("Magic")),
        ("/spec/updateStrategy/type", json!("Magic")),
        ("/spec/updateStrategy/type", json!("OnDelete")),
        ("/spec/updateStrategy/rollingUpdate/partition", json!(-1)),
        ("/spec/updateStrategy/rollingUpdate/maxUnavailable", json!(0)),
        ("/spec/updateStrategy/rollingUpdate/maxUnavailable", json!("200%")),
        ("/spec/persistentVolumeClaimRetentionPolicy/whenScaled", json!("Keep")),
        ("/spec/replicas", json!(-1)),
        ("/spec/ordinals", json!({"start": -1})),
        ("/spec/selector", json!({})),
        ("/spec/template/metadata/labels/app", json!("other")),
        ("/spec/template/metadata/labels/b", json!("no value")),
        ("/spec/template/spec/restartPolicy", json!("Never")),
        ("/spec/template/spec/activeDeadlineSeconds", json!(5)),
        ("/spec/volumeClaimTemplates", json!(null)),
    ];
    expect![[r#"
        no /spec/selector
            spec.selector: Required value
            spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`
        /spec/podManagementPolicy = "Magic"
            spec.podManagementPolicy: Invalid value: "Magic": must be 'OrderedReady' or 'Parallel'
        /spec/updateStrategy/type = "Magic"
            spec.updateStrategy: Invalid value: {"rollingUpdate":{"partition":0},"type":"Magic"}: must be 'RollingUpdate' or 'OnDelete'
        /spec/updateStrategy/type = "OnDelete"
            spec.updateStrategy.rollingUpdate: Invalid value: {"partition":0}: only allowed for updateStrategy 'RollingUpdate'
        /spec/updateStrategy/rollingUpdate/partition = -1
            spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0
        /spec/updateStrategy/rollingUpdate/maxUnavailable = 0
            spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0
        /spec/updateStrategy/rollingUpdate/maxUnavailable = "200%"
            spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "200%": must not be greater than 100%
        /spec/persistentVolumeClaimRetentionPolicy/whenScaled = "Keep"
            spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Delete", "Retain"
        /spec/replicas = -1
            spec.replicas: Invalid value: -1: must be greater than or equal to 0
        /spec/ordinals = {"start":-1}
            spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0
        /spec/selector = {}
            spec.selector: Invalid value: {}: empty selector is invalid for statefulset
        /spec/template/metadata/labels/app = "other"
            spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`
        /spec/template/metadata/labels/b = "no value"
            spec.template.labels: Invalid value: "no value": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
        /spec/template/spec/restartPolicy = "Never"
            spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"
        /spec/template/spec/activeDeadlineSeconds = 5
            spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported
        no /spec/volumeClaimTemplates
            spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"
    "#]].assert_eq(&refusals(&StatefulSet, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/spec/replicas", json!(3)),
        ("/spec/serviceName", json!("other")),
        ("/spec/podManagementPolicy", json!("Parallel")),
        ("/spec/revisionHistoryLimit", json!(3)),
    ];
    expect![[r#"
        /spec/replicas = 3
            is fine
        /spec/serviceName = "other"
            spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden
        /spec/podManagementPolicy = "Parallel"
            spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden
        /spec/revisionHistoryLimit = 3
            is fine
    "#]].assert_eq(&refused_updates(&StatefulSet, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&StatefulSet, valid());
    object["status"]["readyReplicas"] = json!(1);
    expect![[r"
        Name: db
        Ready: 1/1
        Age: 4m5s
        | Containers: a
        | Images: b:1
    "]]
    .assert_eq(&row(&StatefulSet, &object));
}

#[test]
fn claims_are_filled_as_if_they_stood_alone() {
    let set = admitted(&StatefulSet, valid());
    assert_eq!(
        set["spec"]["volumeClaimTemplates"],
        json!([{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
                "volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}])
    );
    assert_eq!(
        set["spec"]["updateStrategy"],
        json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
    );
    assert_eq!(set["status"], json!({"availableReplicas": 0, "replicas": 0}));
}

#[test]
fn a_strategy_that_has_a_name_keeps_the_numbers_it_has() {
    let strategy = |given: Value| {
        let mut set = valid();
        set["spec"]["updateStrategy"] = given;
        admitted(&StatefulSet, set)["spec"]["updateStrategy"].clone()
    };
    let named = json!({"type": "RollingUpdate"});
    assert_eq!(strategy(named.clone()), named);
    assert_eq!(
        strategy(json!({"type": "RollingUpdate", "rollingUpdate": {}})),
        json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
    );
    assert_eq!(strategy(json!({"type": "OnDelete"})), json!({"type": "OnDelete"}));
}

#[test]
fn a_negative_number_of_revisions_keeps_them_all_and_is_talked_about() {
    let mut set = valid();
    set["spec"]["revisionHistoryLimit"] = json!(-1);
    let set = admitted(&StatefulSet, set);
    assert_eq!(problems(&StatefulSet, &set), "");
    assert_eq!(
        StatefulSet.warnings(&set),
        [
            "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"
        ]
    );
}

#[test]
fn a_new_name_is_a_label_and_an_old_one_may_have_dots() {
    let old = admitted(&StatefulSet, with(&valid(), "/metadata/name", json!("redis.v1")));
    let errors = FieldErrors::new();
    crate::validate_create(&StatefulSet, &old, &errors);
    assert_eq!(
        errors.to_string(),
        "metadata.name: Invalid value: \"redis.v1\": must not contain dots"
    );
    assert_eq!(problems_of_update(&StatefulSet, &old, &old), "");
}

#[test]
fn as_many_claims_as_a_body_can_bring_are_checked_in_no_time() {
    let claim = |number: u32| json!({ "metadata": { "name": format!("c{number}") } });
    let mut spec = json!({ "template": { "spec": { "volumes": [{ "name": "c7" }] } } });
    spec["volumeClaimTemplates"] = (0..100_000).map(claim).collect();
    let template = super::with_claims(&spec);
    assert_eq!(items(&template["spec"], "volumes").count(), 100_000);
}

#[test]
fn the_counts_of_a_status_agree() {
    let changes = &[(
        "/status",
        json!({"replicas": 1, "currentReplicas": 2, "updatedReplicas": 2, "availableReplicas": 1}),
    )];
    expect![[r#"
        /status = {"availableReplicas":1,"currentReplicas":2,"replicas":1,"updatedReplicas":2}
            status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas
            status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas
            status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas
    "#]]
    .assert_eq(&refused_statuses(&StatefulSet, &valid(), changes));
}

#[test]
fn the_name_of_the_service_is_checked_once() {
    let mut new = admitted(&StatefulSet, valid());
    new["spec"]["serviceName"] = json!("no name");
    let errors = machinery::FieldErrors::new();
    crate::validate_create(&StatefulSet, &new, &errors);
    assert!(errors.to_string().starts_with("spec.serviceName: Invalid value"), "{errors}");
    let mut scaled = new.clone();
    scaled["spec"]["replicas"] = json!(3);
    assert_eq!(problems_of_update(&StatefulSet, &scaled, &new), "");
}
