use serde_json::json;

use super::*;

#[test]
fn a_mirror_pod_refers_to_nothing_of_the_api() {
    let container =
        |field: &str, value: Value| json!({"containers": [{"name": "m", field: value}]});
    let volume = |field: &str, value: Value| json!({"volumes": [{"name": "v", field: value}]});
    let projected = |source: Value| volume("projected", json!({"sources": [source]}));
    let cases = [
        (json!({"containers": [{"name": "m"}]}), None),
        (volume("hostPath", json!({"path": "/"})), None),
        (projected(json!({"downwardAPI": {}})), None),
        (json!({"serviceAccountName": "admin"}), Some("serviceaccounts")),
        (json!({"imagePullSecrets": [{"name": "s"}]}), Some("secrets")),
        (volume("secret", json!({"secretName": "s"})), Some("secrets")),
        (projected(json!({"secret": {"name": "s"}})), Some("secrets")),
        (container("envFrom", json!([{"secretRef": {"name": "s"}}])), Some("secrets")),
        (container("envFrom", json!([{"configMapRef": {"name": "c"}}])), Some("configmaps")),
        (volume("configMap", json!({"name": "c"})), Some("configmaps")),
        (json!({"resourceClaims": [{"name": "r"}]}), Some("resourceclaims")),
        (
            volume("persistentVolumeClaim", json!({"claimName": "c"})),
            Some("persistentvolumeclaims"),
        ),
        (
            volume("ephemeral", json!({"volumeClaimTemplate": {}})),
            Some("persistentvolumeclaims (via ephemeral volumes)"),
        ),
        (volume("csi", json!({"driver": "d"})), Some("csidrivers (via CSI volumes)")),
        (
            projected(json!({"serviceAccountToken": {"path": "token"}})),
            Some("serviceaccounts (via projected volumes)"),
        ),
        (projected(json!({"clusterTrustBundle": {"path": "bundle"}})), Some("clustertrustbundles")),
    ];
    for (spec, resource) in cases {
        let pod = json!({ "spec": spec });
        assert_eq!(reference(&referents(&pod).unwrap(), &pod), resource, "{pod}");
    }
}

#[test]
fn a_mirror_pod_is_its_nodes() {
    let owner = json!({"apiVersion": "v1", "kind": "Node", "name": "one", "controller": true});
    let with = |field: &str, value: Value| {
        let mut owner = owner.clone();
        owner[field] = value;
        owner
    };
    let only = |what: &str| format!("node \"one\" can only create pods with {what} set to itself");
    let cases = [
        (vec![owner.clone()], None),
        (vec![], Some(only("an owner reference"))),
        (vec![owner.clone(), owner.clone()], Some(only("a single owner reference"))),
        (vec![with("name", "two".into())], Some(only("an owner reference"))),
        (vec![with("kind", "Pod".into())], Some(only("an owner reference"))),
        (vec![with("controller", false.into())], Some(only("a controller owner reference"))),
        (
            vec![with("blockOwnerDeletion", true.into())],
            Some("node \"one\" must not set blockOwnerDeletion on an owner reference".to_owned()),
        ),
    ];
    for (owners, refusal) in cases {
        assert_eq!(foreign_owner("one", &owners), refusal, "{owners:?}");
    }
}
