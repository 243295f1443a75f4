use serde_json::{Value, json};

use crate::admission::tests::claim;
use crate::testing::Fixture;

const CLASSES: &str = "/apis/storage.k8s.io/v1/storageclasses";
const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

fn class(name: &str, default: &str, expands: bool) -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "example.com/disk",
        "allowVolumeExpansion": expands,
        "metadata": {
            "name": name,
            "annotations": {"storageclass.kubernetes.io/is-default-class": default},
        },
    })
}

#[tokio::test]
async fn a_claim_without_a_class_gets_the_default() {
    let server = Fixture::new().await;
    let none = server.post(CLAIMS, &claim("none", "1Gi")).await.expect(201);
    assert_eq!(none["spec"]["storageClassName"], Value::Null);
    for (name, default) in [("plain", "false"), ("fast", "true")] {
        server.post(CLASSES, &class(name, default, false)).await.expect(201);
    }
    let given = server.post(CLAIMS, &claim("given", "1Gi")).await.expect(201);
    assert_eq!(given["spec"]["storageClassName"], "fast");
    let mut own = claim("own", "1Gi");
    own["spec"]["storageClassName"] = "".into();
    let own = server.post(CLAIMS, &own).await.expect(201);
    assert_eq!(own["spec"]["storageClassName"], "");
}
