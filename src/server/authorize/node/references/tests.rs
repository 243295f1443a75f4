use serde_json::json;

use super::*;

#[test]
fn everything_a_pod_names_is_found() {
    let pod = json!({"spec": {
        "nodeName": "one",
        "serviceAccountName": "account",
        "imagePullSecrets": [{"name": "pull"}],
        "volumes": [
            {"name": "a", "secret": {"secretName": "files"}},
            {"name": "b", "configMap": {"name": "settings"}},
            {"name": "c", "persistentVolumeClaim": {"claimName": "claim"}},
            {"name": "d", "projected": {"sources": [
                {"secret": {"name": "projected"}},
                {"configMap": {"name": "kube-root-ca.crt"}},
                {"serviceAccountToken": {"path": "token"}},
            ]}},
            {"name": "e", "ephemeral": {"volumeClaimTemplate": {}}},
            {"name": "f", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "driver"}}},
            {"name": "g", "emptyDir": {}},
        ],
        "initContainers": [{"name": "i", "env": [
            {"name": "V", "value": "escaped \"text\""},
            {"name": "S", "valueFrom": {"secretKeyRef": {"name": "variable", "key": "k"}}},
        ]}],
        "containers": [{"name": "m", "envFrom": [
            {"configMapRef": {"name": "all"}}, {"secretRef": {"name": "every"}},
        ]}],
    }});
    let found = References::parse("web", pod.to_string().as_bytes()).unwrap();
    assert_eq!(&*found.node, "one");
    for secret in ["pull", "files", "projected", "driver", "variable", "every"] {
        assert!(found.has(Referent::Secret, secret), "{secret}");
        assert!(!found.has(Referent::ConfigMap, secret), "{secret}");
    }
    for map in ["settings", "kube-root-ca.crt", "all"] {
        assert!(found.has(Referent::ConfigMap, map), "{map}");
    }
    assert!(found.has(Referent::Claim, "claim") && found.has(Referent::Claim, "web-e"));
    assert!(found.has(Referent::Account, "account") && !found.has(Referent::Account, "default"));
    assert_eq!(found.names.len(), 12);
}

#[test]
fn a_pod_without_node_is_nobodys() {
    for spec in [json!({}), json!({"nodeName": ""})] {
        let pod = json!({"spec": spec}).to_string();
        assert_eq!(References::parse("web", pod.as_bytes()), None);
    }
}
