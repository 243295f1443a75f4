use serde_json::{Value, json};

use crate::testing::Fixture;

const CLASSES: &str = "/apis/networking.k8s.io/v1/ingressclasses";
const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";

fn ingress(name: &str, annotations: Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}},
    })
}

#[tokio::test]
async fn an_ingress_without_a_class_gets_the_default() {
    let server = Fixture::new().await;
    let class = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
        "metadata": {
            "name": "edge",
            "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"},
        },
        "spec": {"controller": "example.com/edge"},
    });
    server.post(CLASSES, &class).await.expect(201);
    let given = server.post(INGRESSES, &ingress("given", json!({}))).await.expect(201);
    assert_eq!(given["spec"]["ingressClassName"], "edge");
    let named = json!({"kubernetes.io/ingress.class": "other"});
    let own = server.post(INGRESSES, &ingress("own", named)).await.expect(201);
    assert_eq!(own["spec"]["ingressClassName"], Value::Null);
}
